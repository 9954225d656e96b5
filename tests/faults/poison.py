"""Have every Dask worker that opens a file segfault: it stands for bytes that crash what reads them.

A program of its own (``python poison.py PID FILE``): it prints a line when it is ready, then the pid of each
worker of process PID that it killed. It holds a lease of the file (Linux), so that who opens it is held up
until it was looked at.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

LOOK_AROUND_SECONDS = 0.05
HELD_UP_SECONDS = 2.0


def workers_of(pid: int) -> list[int]:
    """Return the Dask workers that a process has started."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found += [int(child) for child in (thread / "children").read_text().split()]
    return sorted(child for child in found if _is_worker(child))


def _is_worker(pid: int) -> bool:
    with suppress(OSError):
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def is_held_up(pid: int) -> bool:
    """Tell whether a process waits for a lease to be given up."""
    with suppress(OSError):
        return any(
            "break_lease" in (thread / "wchan").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()
        )
    return False


def say(word: object) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(parent: int, target: str) -> None:
    """Watch until somebody ends this program."""
    opened = threading.Event()
    signal.signal(signal.SIGIO, lambda *_: opened.set())
    file = os.open(target, os.O_RDONLY)
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    say("ready")
    while True:
        while not opened.wait(LOOK_AROUND_SECONDS):
            pass
        opened.clear()
        kill_readers(parent)
        renew(file)


def kill_readers(parent: int) -> None:
    """Kill the workers that are held up; the signal comes a moment before they are."""
    give_up = time.monotonic() + HELD_UP_SECONDS
    while time.monotonic() < give_up:
        if found := [pid for pid in workers_of(parent) if is_held_up(pid)]:
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSEGV)
                    say(pid)
            return


def renew(file: int) -> None:
    """Give the lease up, so that it can be broken once more, and take it again when nobody reads."""
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    while True:
        with suppress(BlockingIOError):
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            return
        time.sleep(0.0005)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
