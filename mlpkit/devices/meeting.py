"""Workers wait for each other before TensorFlow does, whose own wait is silent and very long."""

import os
import socket
import time
import warnings

from mlpkit.errors import WorkersError, WorkersWarning

WAIT_SECONDS = 600.0  # as long as a cluster may take from its first worker's start to its last's
TOLD_SECONDS = 30.0  # after which it is told for whom a worker waits
_PAUSE = 0.1
_ANSWER_SECONDS = 2.0
# Nobody is let in: who has looked in once, a probe of Kubernetes too, stays in the queue.
_QUEUE = 4096


def meet(cluster):
    """Wait until every worker of a cluster can be reached from this one.

    Until then this one listens on its own port, where TensorFlow's server will. Each that has met
    all others goes on to start that server, which answers whoever comes later.

    Parameters
    ----------
    cluster : Cluster
        As `find_cluster` gives it.

    Raises
    ------
    WorkersError
        When a worker has not answered in ten minutes, or the own port is taken.

    Warns
    -----
    WorkersWarning
        After half a minute, of whom it waits for.

    Examples
    --------
    >>> from mlpkit.devices import Cluster
    >>> meet(Cluster(("127.0.0.1:2222",), 0))  # nobody else
    """
    reach_directly(cluster)
    missing = {i: address for i, address in enumerate(cluster.workers) if i != cluster.index}
    if not missing:
        return
    began, told = time.monotonic(), False
    with _listening(cluster):
        while missing := {i: address for i, address in missing.items() if not _answers(address)}:
            waited = time.monotonic() - began
            if waited > WAIT_SECONDS:
                raise WorkersError(
                    f"Workers must reach each other within {WAIT_SECONDS:.0f} s. Worker "
                    f"{cluster.index} got no answer from {_named(missing)}: see whether it has "
                    "started, its address is right, and no firewall stands between."
                )
            if waited > TOLD_SECONDS and not told:
                told = True
                words = f"Worker {cluster.index} waits for {_named(missing)}, up to "
                warnings.warn(f"{words}{WAIT_SECONDS:.0f} s.", WorkersWarning, stacklevel=2)
            time.sleep(_PAUSE)


def reach_directly(cluster):
    """Have gRPC, through which workers talk, leave out the proxy that the environment names.

    A proxy for the web (``http_proxy``) does not lead to workers: they would wait for ever.
    ``no_grpc_proxy`` is read by gRPC alone, and in place of ``no_proxy``.

    Parameters
    ----------
    cluster : Cluster
    """
    hosts = [address.rpartition(":")[0].strip("[]") for address in cluster.workers]
    known = os.environ.get("no_grpc_proxy") or os.environ.get("no_proxy") or ""
    known = [host for host in known.split(",") if host]
    os.environ["no_grpc_proxy"] = ",".join(dict.fromkeys([*known, *hosts]))


def _named(workers):
    return ", ".join(f"worker {i} ({address})" for i, address in workers.items())


def _answers(address):
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS) as made:
            # On one machine the system may choose the very port that is asked, which then answers
            # itself.
            return made.getsockname() != made.getpeername()
    except OSError:
        return False


def _listening(cluster):
    """Give a socket that answers at every address of this machine, as TensorFlow's server will."""
    port = int(cluster.workers[cluster.index].rpartition(":")[2])
    both = socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            ("", port),
            family=socket.AF_INET6 if both else socket.AF_INET,
            backlog=_QUEUE,
            dualstack_ipv6=both,
        )
    except OSError as error:
        raise WorkersError(
            f"Worker {cluster.index} must listen on port {port} of this machine, as the cluster's "
            f"description says. Got: {error.strerror}. Give it another port, in every worker's."
        ) from None
