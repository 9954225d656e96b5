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

from distributed import Client

from fusionflow_lab.api import Job, Session
from tests.held import hashed

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


def asked(path: Path, mark: str, *, depth: int) -> str:
    """Ask what ``answer`` answers; deep hashes take their time. Each mark has states of its own."""
    digest = hashed(f"v || '{mark}'", depth)
    values = f"k, count(*) AS n, max(v) AS v, max(length({digest})) AS length"
    return f"SELECT {values} FROM '{path}' GROUP BY k ORDER BY k"


def answer(rows: int) -> list[dict[str, object]]:
    """Return the answer over ``rows`` rows as they were written: some whole blocks."""
    assert rows % BLOCK_ROWS == 0
    numbers = {key: range(key, BLOCK_ROWS, 97) for key in range(97)}
    return [
        {"k": key, "n": len(those) * (rows // BLOCK_ROWS), "v": f"text number {those[-1]:06}", "length": 64}
        for key, those in numbers.items()
    ]


def workers(session: Session) -> list[int]:
    """Return the processes of a session's workers."""
    with Client(session.scheduler_address, set_as_default=False) as client:
        return sorted(client.run(os.getpid).values())


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
