"""Stopping: the caller is back, the cluster becomes idle, the work is kept (seconds: `make bench`)."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from distributed import Client

from fusionflow_lab.api import Job, Session
from fusionflow_lab.errors import JobStoppedError

ROWS = 60 * 200_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 270 MB: long enough to be stopped in the middle."""
    path = tmp_path_factory.mktemp("stop") / "long.csv"
    block = "".join(f"{number % 997},text number {number}\n" for number in range(200_000))
    with path.open("w") as file:
        file.write("k,v\n")
        for _ in range(ROWS // 200_000):
            file.write(block)
    return path


def wait_until_idle(address: str) -> None:
    """Return when no worker runs or holds a task."""
    with Client(address, set_as_default=False) as client:
        while any(client.processing().values()) or client.call_stack():
            time.sleep(0.01)


def reach(job: Job, chunks: int) -> None:
    """Wait until some chunks are done, or the job is."""
    while not job.done() and ((progress := job.progress) is None or progress.chunks_done < chunks):
        time.sleep(0.002)


@pytest.mark.parametrize("moment", range(5))
def test_stop_at_random_moments(session: Session, path: Path, moment: int) -> None:
    sql = f"SELECT k, count(*) AS n, max(v) || '{moment}' AS v FROM '{path}' GROUP BY k, 'x{moment}'"
    job = session.sql(sql).submit()
    reach(job, random.Random(moment).randrange(0, 40))
    job.stop()
    with pytest.raises(JobStoppedError):
        job.result()
    wait_until_idle(session.scheduler_address)
    assert job.wait(60)
    assert job.status == "STOPPED"
    kept = job.progress.bytes_done if job.progress is not None else 0
    result = session.sql(sql).result()
    counters = result.counters
    assert counters.bytes_scanned + counters.bytes_reused == path.stat().st_size - len("k,v\n")
    # What a task finished between the last progress and the stop is kept as well.
    assert counters.bytes_reused >= kept * 0.99
    assert sum(result.arrow().column("n").to_pylist()) == ROWS


def test_stopping_twice_and_after_the_end(session: Session, path: Path) -> None:
    job = session.sql(f"SELECT min(k) AS k FROM '{path}'").submit()
    job.stop()
    job.stop()
    assert job.wait(60)
    assert job.status == "STOPPED"
    done = session.sql(f"SELECT 1 AS one FROM '{path}' LIMIT 1").submit()
    done.result()
    done.stop()
    assert done.status == "COMPLETED"
    assert done.result().arrow().to_pylist() == [{"one": 1}]
