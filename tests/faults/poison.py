"""Kill every Dask worker that opens a file: it stands for bytes that crash what reads them.

A program of its own (``python poison.py PID FILE``), so that it is quick: it prints a line when it is ready,
then the pid of each worker of process PID that it killed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

LOOK_AROUND_SECONDS = 0.05


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


def has_open(pid: int, target: str) -> bool:
    """Tell whether a process has a file open."""
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if str(entry.readlink()) == target:
                    return True
    return False


def say(word: object) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(parent: int, target: str) -> None:
    """Watch until somebody ends this program."""
    pids: list[int] = []
    looked = 0.0
    say("ready")
    while True:
        if time.monotonic() > looked + LOOK_AROUND_SECONDS:
            pids = workers_of(parent)
            looked = time.monotonic()
        for pid in pids:
            if has_open(pid, target):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    say(pid)
                pids = [other for other in pids if other != pid]
        time.sleep(0.0005)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
