"""A port for a program of the tests."""

import random
import socket


def free_port() -> int:
    """A port that nobody listens on, and that no connection from here is given meanwhile.

    Systems take the ports of their own connections from 32,768 on.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
