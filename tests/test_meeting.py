"""Workers that wait for each other say for whom, and not for ever."""

import os
import socket
import threading
import time

import pytest

from mlpkit import WorkersError, WorkersWarning
from mlpkit.devices import Cluster, meeting
from mlpkit.devices.meeting import meet, reach_directly


@pytest.fixture
def addresses():
    """Addresses on which nothing listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return tuple(f"127.0.0.1:{port}" for port in ports)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    monkeypatch.setenv("no_grpc_proxy", "")


def test_all_go_on_when_the_last_has_come(addresses):
    met = []

    def run(index, after):
        time.sleep(after)
        meet(Cluster(addresses, index))
        met.append(time.monotonic())
        with socket.create_server(("127.0.0.1", int(addresses[index].split(":")[1]))):
            done.wait(10)  # TensorFlow's server

    done, began = threading.Event(), time.monotonic()
    threads = [threading.Thread(target=run, args=(i, after)) for i, after in enumerate((0, 0.1, 1))]
    for thread in threads:
        thread.start()
    while len(met) < 3 and time.monotonic() < began + 10:
        time.sleep(0.01)
    done.set()
    for thread in threads:
        thread.join()
    assert len(met) == 3
    assert min(met) - began > 0.9


def test_who_does_not_come_is_named(addresses, monkeypatch):
    monkeypatch.setattr(meeting, "TOLD_SECONDS", 0.0)
    monkeypatch.setattr(meeting, "WAIT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", int(addresses[2].split(":")[1]))):
        missing = f"worker 0 \\({addresses[0]}\\)"
        with (
            pytest.warns(WorkersWarning, match=f"Worker 1 waits for {missing}, up to"),
            pytest.raises(WorkersError, match=f"Worker 1 got no answer from {missing}: see"),
        ):
            meet(Cluster(addresses, 1))
    socket.create_server(("127.0.0.1", int(addresses[1].split(":")[1]))).close()  # free again
    meet(Cluster(addresses[:1], 0))  # there is nobody to wait for


def test_those_who_only_look_in_keep_nobody_out(addresses):
    with meeting._listening(Cluster(addresses, 0)):
        assert all(meeting._answers(addresses[0]) for _ in range(60))


def test_a_port_that_is_taken_is_told(addresses):
    port = int(addresses[0].split(":")[1])
    with (
        socket.create_server(("", port)),
        pytest.raises(WorkersError, match=f"Worker 0 must listen on port {port} .* in use"),
    ):
        meet(Cluster(addresses, 0))


@pytest.mark.parametrize(
    "own, shared, expected",
    [
        ("", "", "a,::1"),
        ("", "localhost,.corp", "localhost,.corp,a,::1"),
        ("a,b", "localhost", "a,b,::1"),
    ],
)
def test_no_proxy_stands_between_workers(own, shared, expected, monkeypatch):
    monkeypatch.setenv("no_grpc_proxy", own)
    monkeypatch.setenv("no_proxy", shared)
    reach_directly(Cluster(("a:1", "[::1]:2", "a:3"), 0))
    assert os.environ["no_grpc_proxy"] == expected
