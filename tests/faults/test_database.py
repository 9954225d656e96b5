"""A job database that is locked or full for a while: jobs wait for it, and lose nothing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from fusionflow_lab.api import Job, Session, connect
from fusionflow_lab.config import Value
from fusionflow_lab.errors import DatabaseError
from fusionflow_lab.jobs.events import StatusEvent
from fusionflow_lab.jobs.records import RunnerRecord
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.jobs.store import JobStore
from tests.faults.world import answer, asked, reach, until, written
from tests.postgresql import Server

ROWS = 4_000_000
FILL_BYTES = 1 << 12


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of 80 MB."""
    return written(tmp_path_factory.mktemp("data") / "data.csv", ROWS)


@pytest.fixture
def small_home(tmp_path: Path) -> Iterator[Path]:
    """Return a home on a file system of 2 MB; states and results lie elsewhere."""
    home = tmp_path / "home"
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(home)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    for name in ("states", "results"):
        (tmp_path / name).mkdir()
        (home / name).symlink_to(tmp_path / name)
    yield home
    unmount = ["umount", "--lazy", str(home)]
    subprocess.run(unmount, check=True)


def fill(folder: Path) -> Path:
    """Write a file until there is no room left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(FILL_BYTES))
        except OSError:
            return filler


@contextmanager
def locked(session: Session) -> Iterator[None]:
    """Let nobody write to the job database."""
    if session.config.database:
        with psycopg.connect(session.config.database) as other:
            other.execute("LOCK TABLE jobs, job_events, job_latest, runners IN EXCLUSIVE MODE")
            yield
            other.rollback()
        return
    with closing(sqlite3.connect(session.config.job_database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_a_locked_database_is_waited_for_longer_than_a_lease(session: Session, path: Path) -> None:
    job = session.sql(asked(path, "locked", depth=3)).submit()
    reach(job, 1)
    with JobStore(session.config.job_database) as store, locked(session):
        until(lambda: store.get(job.id).lease_until < time.time(), "the lease to run out")
        assert not job.done()
    result = job.result(60)
    assert result.arrow().to_pylist() == answer(ROWS)
    assert result.counters.rows_read == ROWS
    statuses = [event.status for event in job.log() if isinstance(event, StatusEvent)]
    assert statuses == ["CREATED", "QUEUED", "IN_PROGRESS", "COMPLETED"]


def all_read(job: Job) -> bool:
    return (progress := job.progress) is not None and progress.chunks_done == progress.chunks_total


def test_a_full_database_is_waited_for(small_home: Path, path: Path) -> None:
    with connect(home=small_home, workers=1, runner="inprocess") as session:
        job = session.sql(asked(path, "full", depth=2)).submit()
        reach(job, 1)
        filler = fill(small_home)
        until(lambda: all_read(job), "the last chunk")
        assert not job.done()
        database = small_home / "jobs.sqlite"
        with closing(sqlite3.connect(database)) as other, pytest.raises(sqlite3.Error, match="disk is full"):
            other.execute("CREATE TABLE large AS SELECT randomblob(100000) AS x").connection.commit()
        assert not job.done()
        filler.unlink()
        result = job.result(60)
        assert result.arrow().to_pylist() == answer(ROWS)
        assert [event.seq for event in job.log()] == [1, 2, 3, 4]
        assert job.status == "COMPLETED"


@pytest.mark.parametrize("runner", ["inprocess", "detached"])
def test_a_server_that_crashes_is_waited_for(
    runner: str, postgresql: Server, path: Path, tmp_path: Path
) -> None:
    if postgresql.folder is None:
        pytest.skip("a server that is told is not killed")
    settings: dict[str, Value] = {"database": postgresql.database(), "runner_idle": 1.0}
    with connect(home=tmp_path / "home", workers=1, runner=runner, traits=settings) as session:
        job = session.sql(asked(path, "crash", depth=2)).submit()
        reach(job, 1)
        postgresql.kill()
        try:
            with pytest.raises(DatabaseError, match="the job database does not answer"):
                session.jobs()
        finally:
            postgresql.start()
        assert job.result(120).arrow().to_pylist() == answer(ROWS)
        statuses = [event.status for event in job.log() if isinstance(event, StatusEvent)]
        assert statuses == ["CREATED", "QUEUED", "IN_PROGRESS", "COMPLETED"]
        assert not (tmp_path / "home" / "jobs.sqlite").exists()


def test_homes_that_share_a_database_leave_each_others_jobs_alone(
    postgresql: Server, path: Path, tmp_path: Path
) -> None:
    settings: dict[str, Value] = {"database": postgresql.database()}
    with (
        connect(home=tmp_path / "one", workers=1, runner="inprocess", traits=settings) as one,
        connect(home=tmp_path / "two", workers=1, runner="inprocess", traits=settings) as two,
    ):
        names = {each.cluster.partition("@")[0] for each in (one, two)}
        assert (names, one.cluster != two.cluster) == ({"local"}, True)
        with JobStore(one.config.job_database) as store:
            for each in (one, two):
                name = each.cluster
                runner = RunnerRecord(id=name, host="", pid=1, cluster=name, version="1", address="there")
                Registry(store.engine).enter(runner)
        assert [runner.cluster for runner in one.runners()] == [one.cluster]
        job = one.sql(f"SELECT count(*) AS n FROM '{path}'").submit()
        assert job.result(60).arrow()["n"].to_pylist() == [ROWS]
        assert [each.cluster for each in two.jobs()] == [one.cluster]
