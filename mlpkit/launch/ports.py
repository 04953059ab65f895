"""Ports on which the workers of this machine listen."""

import contextlib
import errno
import os
import socket
import sys

from mlpkit.checks import raise_problems


@contextlib.contextmanager
def held_ports(count, first=None):
    """Give ports that nothing listens on, and on Linux keep others off them.

    Parameters
    ----------
    count : int
        How many.
    first : int, default=None
        The first of as many consecutive ports; None takes any that are free.

    Yields
    ------
    list of int

    Raises
    ------
    InvalidParameterError
        When a port from `first` on is taken, or not for this user.

    Notes
    -----
    A worker listens only seconds after its start, once it has loaded TensorFlow. Until then anybody
    might be given the port, the other workers' outgoing connections too. So the sockets stay
    bound without listening: on Linux that keeps a port from everybody but those who set
    SO_REUSEADDR and name it, as gRPC does. The same option lets a port be taken whose former
    connections are in TIME_WAIT.

    Examples
    --------
    >>> with held_ports(2) as ports:
    ...     len(set(ports))
    2
    """
    with contextlib.ExitStack() as held:
        ports = []
        for place in range(count):
            wanted = 0 if first is None else first + place
            sock = held.enter_context(_bound(wanted, count, first))
            ports.append(sock.getsockname()[1])
        if not sys.platform.startswith("linux"):
            held.close()
        yield ports


def _bound(port, count, first):
    # Every address of the machine, as TensorFlow's server listens on.
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("", port))
    except OSError as error:
        sock.close()
        taken = error.errno == errno.EADDRINUSE
        why = "is taken" if taken else f"cannot be opened ({os.strerror(error.errno)})"
        raise_problems(
            [f"--port must be the first of {count} free ports. Got {first}, but {port} {why}."]
        )
    return sock
