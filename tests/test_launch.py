"""The launcher, with scripts that load no TensorFlow: each run takes a fraction of a second."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from mlpkit.devices.machine import processor
from mlpkit.launch.command import read_plan
from mlpkit.launch.environment import environments
from mlpkit.launch.output import Lines
from mlpkit.launch.ports import held_ports

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the launcher needs Linux or macOS")

LIMIT = 30  # seconds; a launcher that hangs is a failure and not a wait
PRELUDE = """
import json, os, signal, subprocess, sys, time
config = json.loads(os.environ["TF_CONFIG"])
index, restarts = config["task"]["index"], int(os.environ["MLPKIT_RESTARTS"])

def die(number):
    os.kill(os.getpid(), number)

def ready():
    open(f"ready{index}", "w").close()
"""


@pytest.fixture
def start(root, tmp_path):
    """A function that starts the launcher on a script; what it leaves is killed afterwards."""
    started = []

    def begin(script, *options, arguments=(), workers=2, **more):
        path = tmp_path / "script.py"
        path.write_text(PRELUDE + script)
        own = ["--workers", str(workers), *map(str, options)]
        environment = {**os.environ, "PYTHONPATH": str(root), **more.pop("env", {})}
        process = subprocess.Popen(
            [sys.executable, "-m", "mlpkit.launch", *own, str(path), *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # As from a terminal, whatever runs the tests.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            **more,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate(timeout=LIMIT)


@pytest.fixture
def run(start):
    """A function that runs the launcher to its end: exit status, output, errors."""

    def finish(*arguments, **options):
        process = start(*arguments, **options)
        out, err = process.communicate(timeout=LIMIT)
        return process.returncode, out.decode(), err.decode()

    return finish


def wait_for(condition, what):
    limit = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < limit, f"waited in vain for {what}"
        time.sleep(0.01)


def all_ready(folder, workers=2):
    wait_for(lambda: len(list(folder.glob("ready*"))) == workers, "the workers")


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Without an init that reaps, as in a container, the dead stay as zombies.
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def numbers_in(folder, pattern):
    return [int(path.read_text()) for path in folder.glob(pattern) if path.read_text()]


def test_workers_print_under_their_names(run):
    status, out, err = run("print('out', index); print('err', index, file=sys.stderr)")
    assert status == 0
    assert sorted(out.splitlines()) == ["[worker 0] out 0", "[worker 1] out 1"]
    assert sorted(err.splitlines()) == ["[worker 0] err 0", "[worker 1] err 1"]


def test_each_worker_has_its_place_and_its_arguments(run):
    script = "print(json.dumps([config, sys.argv[1:], restarts, sys.stdin.read()]))"
    status, out, _ = run(script, arguments=["--workers", "9", "-m", "--", "--help"], workers=3)
    told = [json.loads(line.split("] ", 1)[1]) for line in sorted(out.splitlines())]
    assert status == 0
    assert [config["task"] for config, *_ in told] == [
        {"type": "worker", "index": index} for index in range(3)
    ]
    (addresses,) = {tuple(config["cluster"]["worker"]) for config, *_ in told}
    assert len(set(addresses)) == 3
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", address) for address in addresses)
    assert all(rest == [["--workers", "9", "-m", "--", "--help"], 0, ""] for _, *rest in told)


def test_a_module_is_run_as_python_runs_it(start, tmp_path, root):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "train.py").write_text("import sys; print(__name__, sys.argv[1:])")
    command = [sys.executable, "-m", "mlpkit.launch", "--workers=1", "-m", "package.train", "-m"]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=LIMIT
    )
    assert (done.returncode, done.stdout) == (0, "[worker 0] __main__ ['-m']\n"), done.stderr


def test_cores_are_shared_out_unless_the_user_has_done_it(run, monkeypatch):
    script = "print(os.environ['OMP_NUM_THREADS'], os.environ['TF_NUM_INTRAOP_THREADS'])"
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    _, out, _ = run(script, env={"OMP_NUM_THREADS": "7"}, workers=1)
    assert out == f"[worker 0] 7 {processor()['usable']}\n"


@pytest.mark.parametrize(
    "visible, shares",
    [
        ("0,1,2,3", ["0,1", "2,3"]),
        ("GPU-a,GPU-b,GPU-c", ["GPU-a", "GPU-b"]),
        ("0", ["0", "0"]),
        ("", ["", ""]),
        ("-1", ["-1", "-1"]),
    ],
)
def test_gpus_are_shared_out_where_there_are_enough(visible, shares):
    made = environments([1, 2], 0, {"CUDA_VISIBLE_DEVICES": visible})
    assert [environment["CUDA_VISIBLE_DEVICES"] for environment in made] == shares


def test_every_line_is_kept_whole(run):
    script = """
line = b"x" * 300_000 + b"%d" % index
for _ in range(5):
    sys.stdout.buffer.write(line + b"\\n")
    sys.stdout.buffer.flush()
sys.stdout.write("the end")
"""
    status, out, _ = run(script)
    assert status == 0
    for index in range(2):
        assert out.count(f"[worker {index}] {'x' * 300_000}{index}\n") == 5
        assert out.count(f"[worker {index}] the end\n") == 1
    assert len(out.splitlines()) == 12


def test_bytes_pass_through(start):
    process = start(r"sys.stdout.buffer.write(b'\xff\xfe\r\n\n')", workers=1)
    assert process.communicate(timeout=LIMIT)[0] == b"[worker 0] \xff\xfe\n[worker 0] \n"


def test_lines_come_at_once(start):
    process = start("print('now'); time.sleep(60)", workers=1)
    assert process.stdout.readline() == b"[worker 0] now\n"
    process.terminate()
    assert process.wait(LIMIT) == 143


LINES = {
    "plain": ([b"a\nb", b"c\n"], [b"a", b"bc"], []),
    "in pieces": ([b"a", b"b", b"c\n"], [b"abc"], []),
    "empty": ([b"\n\n"], [b"", b""], []),
    "no newline": ([b"a\nb"], [b"a"], [b"b"]),
    "Windows": ([b"a\r\nb\r", b"\nc"], [b"a", b"b"], [b"c"]),
    "a bar": ([b"1%\r2%\r", b"3%\r\n"], [b"3%"], []),
    "a bar that begins a line": ([b"\r1%", b"\r2%", b"\rdone\n"], [b"done"], []),
    "a bar without end": ([b"\r1%", b"\r2%"], [], [b"2%"]),
}


@pytest.mark.parametrize("case", LINES)
def test_lines(case):
    fed, expected, left = LINES[case]
    lines = Lines(clock=lambda: 0.0)
    assert [line for data in fed for line in lines.feed(data)] == expected
    assert lines.end() == left
    assert lines.end() == []


def test_a_bar_shows_its_state_once_a_second():
    now = 0.0
    lines = Lines(clock=lambda: now)
    shown = []
    for percent in range(100):
        now = percent / 10
        shown += lines.feed(b"\r%d%%" % percent)
    assert shown == [b"%d%%" % percent for percent in range(9, 98, 10)]
    assert lines.feed(b"\n") == [b"99%"]


@pytest.mark.parametrize(
    "script, expected, why",
    [
        ("sys.exit(3 * index)", 3, "worker 1 ended with status 3 after"),
        ("index and die(signal.SIGKILL); time.sleep(60)", 137, "worker 1 died of SIGKILL after"),
        ("index or die(signal.SIGSEGV); time.sleep(60)", 139, "worker 0 died of SIGSEGV after"),
    ],
)
def test_the_exit_status_is_the_first_failures(script, expected, why, run):
    status, _, err = run(script, "--max-restarts", 0)
    assert status == expected
    (told,) = re.findall(r"^\[launch\] .*$", err, re.MULTILINE)
    assert why in told
    assert told.endswith(f"no restart is left (--max-restarts 0); exit status {expected}")


def test_a_worker_that_is_done_waits_for_the_others(run):
    status, out, err = run("time.sleep(0.5 * index); print('done', restarts)")
    assert (status, err) == (0, "")
    assert sorted(out.splitlines()) == ["[worker 0] done 0", "[worker 1] done 0"]


def test_all_start_again_after_a_death(run, tmp_path):
    script = """
with open(f"starts{index}", "a") as file:
    print(config["cluster"]["worker"], file=file)
if not restarts:
    while index and not (os.path.exists("starts0") and os.path.getsize("starts0")):
        time.sleep(0.01)
    if index:
        die(signal.SIGKILL)
    time.sleep(60)
print("restarts", restarts)
"""
    status, out, err = run(script)
    assert status == 0
    assert sorted(out.splitlines()) == ["[worker 0] restarts 1", "[worker 1] restarts 1"]
    assert re.fullmatch(
        r"\[launch\] worker 1 died of SIGKILL after [\d.e-]+ s; all workers are started again, "
        r"from their last backup if they keep one \(restart 1 of 3\)\n",
        err,
    )
    starts = [(tmp_path / f"starts{index}").read_text().splitlines() for index in range(2)]
    assert starts[0] == starts[1]
    assert len(set(starts[0])) == 2  # fresh ports


def test_restarts_come_to_an_end(run, tmp_path):
    script = "open('starts', 'a').write('x'); die(signal.SIGKILL)"
    status, _, err = run(script, "--max-restarts", 2, workers=1)
    assert status == 137
    assert (tmp_path / "starts").read_text() == "xxx"
    assert [line.split("(")[1] for line in err.splitlines()] == [
        "restart 1 of 2)",
        "restart 2 of 2)",
        "--max-restarts 2); exit status 137",
    ]


def test_bad_input_is_not_started_again(run):
    status, out, err = run("print(restarts); sys.exit(2)", workers=1)
    assert (status, out) == (2, "[worker 0] 0\n")
    assert "ended with status 2 after" in err
    assert "which says that its input is wrong; exit status 2\n" in err


def test_a_mistake_that_comes_back_is_not_started_a_third_time(run):
    status, out, err = run("print(restarts); 1 / 0", "--max-restarts", 9, workers=1)
    assert (status, out) == (1, "[worker 0] 0\n[worker 0] 1\n")
    assert err.count("[worker 0] ZeroDivisionError: division by zero\n") == 2
    assert "as it did before: a mistake that starting again does not mend; exit status 1" in err


@pytest.mark.parametrize("cause, told", [("sys.exit(2)", 2), ("die(9)", 137)])
def test_the_cause_is_told_from_what_follows_it(cause, told, run):
    status, _, err = run(f"sys.exit(1) if index else time.sleep(0.1); {cause}", "--max-restarts", 0)
    assert status == told
    assert err.startswith("[launch] worker 0 ")


def test_another_error_is_started_again(run):
    status, out, _ = run("print(restarts); sys.exit([5, 6, 5, 0][restarts])", workers=1)
    assert (status, out.count("\n")) == (0, 4)


def test_what_the_dead_worker_said_comes_before_the_verdict(run):
    _, _, err = run("1 / 0", "--max-restarts", 0, workers=1)
    lines = err.splitlines()
    assert lines[-2] == "[worker 0] ZeroDivisionError: division by zero"
    assert lines[-1].startswith("[launch] worker 0 ended with status 1")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_ends_the_workers(name, start, tmp_path):
    number = getattr(signal, name)
    script = f"""
def end(number, frame):
    print("saved after", signal.Signals(number).name)
    sys.exit(5)
signal.signal(signal.{name}, end)
ready()
time.sleep(60)
"""
    process = start(script)
    all_ready(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 128 + number
    assert sorted(out.decode().splitlines()) == [f"[worker {i}] saved after {name}" for i in (0, 1)]
    assert err == b""


def test_workers_that_end_well_after_a_signal_make_a_good_end(start, tmp_path):
    process = start("signal.signal(15, lambda *_: sys.exit(0)); ready(); time.sleep(60)")
    all_ready(tmp_path)
    process.terminate()
    assert process.wait(LIMIT) == 0


def test_ctrl_c_reaches_each_worker_once(start, tmp_path):
    script = """
def note(number, frame):
    open(f"interrupts{index}", "a").write("x")
signal.signal(signal.SIGINT, note)
ready()
limit = time.monotonic() + 60
while not os.path.exists("stop") and time.monotonic() < limit:
    time.sleep(0.01)
"""
    process = start(script, start_new_session=True)
    all_ready(tmp_path)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    wait_for(lambda: len(list(tmp_path.glob("interrupts*"))) == 2, "the interrupts")
    time.sleep(0.1)
    (tmp_path / "stop").touch()
    process.wait(LIMIT)
    assert [path.read_text() for path in tmp_path.glob("interrupts*")] == ["x", "x"]


def test_a_second_ctrl_c_kills(start, tmp_path):
    process = start("signal.signal(2, signal.SIG_IGN); ready(); time.sleep(60)", "--grace", 60)
    all_ready(tmp_path)
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert err == b"[launch] killing what has not ended: worker 0, 1\n"


def test_ends_of_workers_are_seen_where_the_caller_ignores_them(start, tmp_path):
    former = signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # which is inherited
    try:
        process = start("ready()")
    finally:
        signal.signal(signal.SIGCHLD, former)
    assert process.wait(LIMIT) == 0


def test_who_ignores_sigterm_is_killed_though_nobody_reads(start, tmp_path):
    script = "signal.signal(15, signal.SIG_IGN); ready()\nprint('x' * 400_000); time.sleep(60)"
    process = start(script, "--grace", 0.1, workers=1)
    all_ready(tmp_path, workers=1)
    time.sleep(0.2)  # till the pipe is full
    process.terminate()
    assert process.wait(LIMIT) == 143


def test_who_ignores_sigterm_is_killed(start, tmp_path):
    process = start("signal.signal(15, signal.SIG_IGN); ready(); time.sleep(60)", "--grace", 0.1)
    all_ready(tmp_path)
    process.terminate()
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 143
    assert b"killing what has not ended: worker 0, 1" in err


def test_a_failure_ends_who_ignores_sigterm(run):
    script = """
if index:
    signal.signal(15, signal.SIG_IGN); ready(); time.sleep(60)
while not os.path.exists("ready1"):
    time.sleep(0.01)
sys.exit(4)
"""
    status, _, err = run(script, "--grace", 0.1, "--max-restarts", 0)
    assert status == 4
    assert "killing what has not ended: worker 1\n" in err


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGUSR2"])
def test_user_signals_are_passed_on(name, start, tmp_path):
    script = f"""
signal.signal(signal.{name}, lambda *_: open(f"got{{index}}", "w").close())
ready()
while not os.path.exists(f"got{{index}}"):
    time.sleep(0.01)
"""
    process = start(script)
    all_ready(tmp_path)
    process.send_signal(getattr(signal, name))
    assert process.wait(LIMIT) == 0


def test_nohup_is_respected(start, tmp_path):
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start("ready(); time.sleep(0.3)")
    finally:
        signal.signal(signal.SIGHUP, former)
    all_ready(tmp_path)
    process.send_signal(signal.SIGHUP)
    assert process.wait(LIMIT) == 0


FAMILY = """
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
for name, pid in (("worker", os.getpid()), ("child", child.pid)):
    with open(f"{name}{index}.pid", "w") as file:
        file.write(str(pid))
ready()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_orphans_when_the_launcher_dies(number, start, tmp_path):
    process = start(FAMILY + "time.sleep(60)")
    all_ready(tmp_path)
    family = numbers_in(tmp_path, "*.pid")
    assert len(family) == 4
    assert all(map(is_alive, family))
    process.send_signal(number)
    process.wait(LIMIT)
    wait_for(lambda: not any(map(is_alive, family)), "the end of the workers and their children")


def test_a_grandchild_that_holds_the_pipes_holds_up_nobody(run, tmp_path):
    began = time.monotonic()
    status, _, _ = run(FAMILY + "sys.exit(0)")
    assert status == 0
    assert time.monotonic() - began < 10
    wait_for(lambda: not any(map(is_alive, numbers_in(tmp_path, "child*"))), "the children's end")


def test_a_grandchild_beyond_reach_holds_up_nobody(run, tmp_path):
    script = FAMILY.replace('time.sleep(60)"]', 'time.sleep(60)"], start_new_session=True')
    try:
        status, out, _ = run(script + "print('bye'); die(9)", "--max-restarts", 0)
        assert status == 137
        assert "[worker 0] bye\n" in out
    finally:
        for pid in numbers_in(tmp_path, "child*"):
            os.kill(pid, signal.SIGKILL)


def test_a_worker_that_closes_its_output_lives_on(run, tmp_path):
    script = "os.close(1); os.close(2); time.sleep(0.3); open(f'done{index}', 'w').close()"
    assert run(script) == (0, "", "")
    assert len(list(tmp_path.glob("done*"))) == 2


def test_workers_end_when_nobody_reads(start, tmp_path):
    process = start("ready()\nwhile True: print('line'); time.sleep(0.01)")
    all_ready(tmp_path)
    process.stdout.close()
    assert process.wait(LIMIT) == 128 + signal.SIGPIPE
    process.stdout = None


def test_closed_standard_streams_are_no_obstacle(root, tmp_path):
    (tmp_path / "script.py").write_text(PRELUDE + "print('lost'); open('done', 'w').close()")
    command = f"{sys.executable} -m mlpkit.launch --workers 1 script.py <&- >&- 2>&-"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, timeout=LIMIT)
    assert done.returncode == 0
    assert (tmp_path / "done").exists()


def consecutive_ports(count):
    """The first of some free ports in a row."""
    begin = 12000 + os.getpid() * 32 % 18000  # not where other processes of the tests look
    for first in range(begin, begin + 2000, count):
        try:
            with held_ports(count, first):
                return first
        except ValueError:
            continue
    raise AssertionError("no free ports")


def test_named_ports_are_taken_in_order_and_again_after_a_restart(run):
    first = consecutive_ports(2)
    script = """
import socket
print(config["cluster"]["worker"])
with socket.create_server(("", int(config["cluster"]["worker"][index].split(":")[1]))):
    restarts or die(9)
"""
    status, out, err = run(script, "--port", first)
    assert status == 0, err
    lines = [line.split("] ", 1)[1] for line in out.splitlines()]
    assert set(lines) == {str([f"127.0.0.1:{first}", f"127.0.0.1:{first + 1}"])}


@pytest.mark.parametrize("place", [0, 1])
def test_a_port_that_is_taken_is_refused(place, run, tmp_path):
    first = consecutive_ports(2)
    with socket.create_server(("127.0.0.1", first + place)):
        status, out, err = run("ready()", "--port", first)
    assert (status, out) == (2, "")
    assert err == (
        f"error: --port must be the first of 2 free ports. Got {first}, but {first + place} is "
        "taken. (--help tells more)\n"
    )
    assert not list(tmp_path.glob("ready*"))


def test_a_port_in_time_wait_is_free():
    port = consecutive_ports(1)
    with socket.create_server(("127.0.0.1", port)) as server:
        with socket.create_connection(("127.0.0.1", port)):
            served, _ = server.accept()
            served.close()  # who closes first keeps the port in TIME_WAIT
    with held_ports(1, port) as ports:
        assert ports == [port]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere ports are not kept")
def test_ports_are_kept_for_the_workers():
    with held_ports(1) as (port,):
        with pytest.raises(OSError), socket.socket() as other:
            other.bind(("", port))
        with socket.create_server(("", port)):  # as gRPC does
            pass


BAD = {
    "nothing": ([], "--workers must be given, an integer >= 1."),
    "no script": (["--workers", "2"], "a script must follow the options, or -m and a module."),
    "no such script": (["--workers", "2", "no.py"], "must be a file that exists. Got no.py."),
    "no module": (["--workers", "2", "-m"], "-m must name a module that can be found. Got ''."),
    "no such module": (["--workers", "2", "-m", "no_such.x"], "be found. Got 'no_such.x'."),
    "0 workers": (["--workers", "0", "."], "--workers must be an integer >= 1 and <= 1024. Got 0."),
    "half": (["--workers", "1.5", "."], "--workers must be an integer >= 1 and <= 1024. Got 1.5."),
    "text": (["--workers", "two", "."], "Got 'two'."),
    "no value": (["--workers"], "argument --workers: expected one argument."),
    "port 0": (["--workers", "2", "--port", "0", "."], "integer >= 1 and <= 65534. Got 0."),
    "last port": (["--workers", "2", "--port", "65535", "."], "and <= 65534. Got 65535."),
    "restarts": (["--workers", "2", "--max-restarts=-1", "."], "must be an integer >= 0. Got -1."),
    "grace": (["--workers", "2", "--grace", "nan", "."], "--grace must be a number >= 0"),
    "unknown": (["--worker", "2", "."], "'--worker' is no option. Did you mean '--workers'?"),
    "several": (["--workers", "0", "--port", "x", "no.py"], "3 arguments are wrong:"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_usage(case, capsys, monkeypatch, tmp_path):
    from mlpkit.launch import main

    monkeypatch.chdir(tmp_path)
    arguments, expected = BAD[case]
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert expected in err


def test_help(capsys):
    from mlpkit.launch import main

    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert "python -m mlpkit.launch --workers 2 train.py" in printed
    assert "--max-restarts R" in printed


def test_options_end_where_the_script_begins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").touch()
    for command in (["a.py", "--port", "1"], ["-m", "json", "--workers", "3"]):
        plan = read_plan(["--workers=2", "--grace", "0.5", *command])
        assert plan.command == (sys.executable, *command)
        assert (plan.workers, plan.port, plan.max_restarts, plan.grace) == (2, None, 3, 0.5)
    assert read_plan(["--workers", "2", "--", "a.py"]).command[1:] == ("a.py",)
    assert read_plan(["--workers", "2", "-mjson", "x"]).command[1:] == ("-m", "json", "x")
