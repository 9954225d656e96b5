"""Stopping: the caller is back, the cluster becomes idle, the work is kept (seconds: `make bench`)."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest
from distributed import Client

from fusionflow_lab.api import Job, Session
from fusionflow_lab.errors import JobStoppedError
from fusionflow_lab.results.follow import submitted
from tests.held import FILES, QUICK_ROWS, Held, hashed

DIGESTS = f"SELECT max({hashed('text || value', 10)}) AS digest FROM '{{}}'"


@contextmanager
def locked(session: Session) -> Iterator[sqlite3.Connection]:
    """Let nobody write to the job database until the connection rolls back."""
    with closing(sqlite3.connect(session.config.job_database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other


def wait_until_idle(address: str) -> None:
    """Return when no worker runs or holds a task."""
    with Client(address, set_as_default=False) as client:
        while any(client.processing().values()) or client.call_stack():
            time.sleep(0.01)


def reach(job: Job, chunks: int) -> None:
    """Wait until some chunks are done."""
    while (progress := job.progress) is None or progress.chunks_done < chunks:
        time.sleep(0.002)


@pytest.mark.parametrize("moment", range(5))
def test_stop_at_random_moments(session: Session, held: Held, moment: int) -> None:
    sql = held.sql(f"moment {moment}")
    job = session.sql(sql).submit()
    reach(job, random.Random(moment).randrange(0, FILES // 2))
    job.stop()
    with pytest.raises(JobStoppedError):
        job.result()
    wait_until_idle(session.scheduler_address)
    assert job.wait(60)
    assert job.status == "STOPPED"
    kept = job.progress.bytes_done if job.progress is not None else 0
    held.let_go()
    result = session.sql(sql).result()
    counters = result.counters
    assert counters.bytes_scanned + counters.bytes_reused == held.size
    # What a task finished between the last progress and the stop is kept as well.
    assert counters.bytes_reused >= kept * 0.99
    assert counters.rows_read == counters.rows_used == (FILES - 1) * QUICK_ROWS + 1


def test_stopping_again_while_the_end_is_written_down(session: Session, held: Held) -> None:
    job = session.sql(held.sql("again")).submit()
    reach(job, 1)
    with locked(session) as other:
        job.stop()
        wait_until_idle(session.scheduler_address)
        for _ in range(20):
            time.sleep(0.01)
            job.stop()
        other.execute("ROLLBACK")
    assert job.wait(60)
    assert job.status == "STOPPED"


def test_a_stop_that_comes_when_all_is_done(session: Session, held: Held) -> None:
    expected = duckdb.connect().execute(DIGESTS.format(held.path(0))).fetchall()
    job = session.sql(DIGESTS.format(held.path(0))).submit()
    reach(job, 0)
    with locked(session) as other:
        assert not job.wait(0)
        while not any(Path(session.stores.results.root).glob(f"{job.id}.*.arrow")):
            time.sleep(0.01)
        for _ in range(20):
            time.sleep(0.01)
            job.stop()
        other.execute("ROLLBACK")
    assert [tuple(row.values()) for row in job.result(60).arrow().to_pylist()] == expected
    assert job.status == "COMPLETED"


def test_a_job_that_is_being_stopped_is_not_found_again(session: Session, held: Held) -> None:
    query = session.sql(held.sql("found again"))
    job = query.submit(reuse=True)
    assert query.submit(reuse=True).id == job.id
    with ThreadPoolExecutor(1) as thread, locked(session) as other:  # its end cannot be written down
        job.stop()
        submitting = thread.submit(query.submit, reuse=True)
        # The job that is there would be found at once; a new one waits for the lock.
        wait([submitting], timeout=1)
        other.execute("ROLLBACK")
        again = submitting.result(60)
    assert again.id != job.id
    again.stop()
    assert job.wait(60)
    assert again.wait(60)


def test_who_leaves_while_a_query_is_planned_leaves_no_job(session: Session, held: Held) -> None:
    begun, planned = threading.Event(), threading.Event()
    threads = []

    def submit() -> Job:
        threads.append(threading.current_thread())
        begun.set()
        planned.wait()
        return session.sql(held.sql("never")).submit()

    async def interrupted() -> None:
        submitting = asyncio.create_task(submitted(submit))
        await asyncio.to_thread(begun.wait)
        submitting.cancel()
        with pytest.raises(JobStoppedError, match="stopped before the job began"):
            await submitting

    asyncio.run(interrupted())
    planned.set()
    threads[0].join()
    assert held.sql("never") not in [job.query.text for job in session.jobs()]


def test_stopping_at_once_and_after_the_end(session: Session, held: Held) -> None:
    for turn in range(5):
        job = session.sql(held.sql(f"at once {turn}")).submit()
        job.stop()
        assert job.wait(60)
        assert job.status == "STOPPED"
    done = session.sql(f"SELECT 1 AS one FROM '{held.path(0)}' LIMIT 1").submit()
    done.result()
    done.stop()
    assert done.status == "COMPLETED"
    assert done.result().arrow().to_pylist() == [{"one": 1}]
