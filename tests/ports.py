"""Ports for programs that must be told theirs before they start."""

from __future__ import annotations

import random
import socket

# Below those that systems give to whoever asks for any: nobody who opens a connection meanwhile gets one.
FIRST, LAST = 20_000, 32_000


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    chance = random.SystemRandom()
    while True:
        port = chance.randrange(FIRST, LAST)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
