"""What the fault tests share: data of known answers, processes to break, conditions to wait for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fusionflow_lab.api import Job

ROW = "{key},text number {number:06}\n"
BLOCK_ROWS = 100_000
WAIT_SECONDS = 60.0


def written(path: Path, rows: int) -> Path:
    """Write ``rows`` rows of two columns, 20 bytes each; ``k`` is the row's number modulo 97."""
    block = "".join(ROW.format(key=number % 97, number=number) for number in range(BLOCK_ROWS))
    with path.open("w") as file:
        file.write("k,v\n")
        for _ in range(rows // BLOCK_ROWS):
            file.write(block)
        file.writelines(block.splitlines(keepends=True)[: rows % BLOCK_ROWS])
    return path


def until(condition: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait for a condition; fail with ``what`` when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.005)


def reach(job: Job, chunks: int) -> None:
    """Wait until some chunks are done, or the job is."""
    until(
        lambda: job.done() or ((progress := job.progress) is not None and progress.chunks_done >= chunks),
        f"{chunks} chunks",
    )


@contextmanager
def poisoned(path: Path) -> Iterator[Callable[[], int]]:
    """Kill every worker of this process that opens ``path``; yield how many have died so far."""
    program = Path(__file__).with_name("poison.py")
    with subprocess.Popen(
        [sys.executable, str(program), str(os.getpid()), str(path)], stdout=subprocess.PIPE
    ) as watcher:
        assert watcher.stdout is not None
        watcher.stdout.readline()
        deaths: list[bytes] = []
        reader = threading.Thread(target=deaths.extend, args=[watcher.stdout])
        reader.start()
        try:
            yield lambda: len(deaths)
        finally:
            watcher.terminate()
            reader.join()
