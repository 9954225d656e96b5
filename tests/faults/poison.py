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
import time
from contextlib import suppress
from pathlib import Path

LOOK_AROUND_SECONDS = 0.0005
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
    awaited = {signal.SIGIO, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    file = os.open(target, os.O_RDONLY)
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    say("ready")
    while signal.sigwait(awaited) == signal.SIGIO:
        found = held_up(parent)
        # Who is let go before it is dead, or opens the file while there is no lease, would read it.
        others = [pid for pid in workers_of(parent) if pid not in found]
        send(others, signal.SIGSTOP)
        kill(found)
        renew(file, target, others)
        send(others, signal.SIGCONT)


def held_up(parent: int) -> list[int]:
    """Return the workers that are held up; the signal comes a moment before they are."""
    give_up = time.monotonic() + HELD_UP_SECONDS
    while time.monotonic() < give_up:
        if found := [pid for pid in workers_of(parent) if is_held_up(pid)]:
            return found
    return []


def has_open(pid: int, target: str) -> bool:
    """Tell whether a process has a file open."""
    with suppress(OSError):
        return any(Path(target).samefile(file) for file in Path(f"/proc/{pid}/fd").iterdir() if file.exists())
    return False


def send(pids: list[int], what: signal.Signals) -> None:
    """Send a signal to all that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def kill(pids: list[int]) -> None:
    """Have processes segfault, say so, and wait until none of their threads runs."""
    for pid in pids:
        send([pid], signal.SIGSEGV)
        send([pid], signal.SIGCONT)
        say(pid)
        while runs(pid):
            time.sleep(LOOK_AROUND_SECONDS)


def runs(pid: int) -> bool:
    """Tell whether a process is there and is no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def renew(file: int, target: str, others: list[int]) -> None:
    """Give the lease up, so that it can be broken once more, and take it again when nobody has it open."""
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    while True:
        with suppress(BlockingIOError):
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            return
        readers = [pid for pid in others if has_open(pid, target)]
        kill(readers)
        others = [pid for pid in others if pid not in readers]
        time.sleep(LOOK_AROUND_SECONDS)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
