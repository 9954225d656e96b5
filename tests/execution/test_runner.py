"""A runner in a process of its own: jobs outlive their submitters, and the runner itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from distributed import LocalCluster

from fusionflow_lab.api import Job, Session, connect
from fusionflow_lab.config import Config
from fusionflow_lab.errors import ClusterError, JobError, JobStoppedError, QueryError
from fusionflow_lab.jobs.events import NoticeEvent, StatusEvent
from fusionflow_lab.jobs.link import connected, end_runner
from fusionflow_lab.jobs.records import JobRecord, RunnerRecord
from fusionflow_lab.jobs.store import JobStore
from tests.held import Held, hashed

pytestmark = pytest.mark.usefixtures("database")

ROWS_A_FILE = 100_000
FILES = 10


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write ten files of 9 MB, two of them a task."""
    folder = tmp_path_factory.mktemp("runner-data")
    for number in range(FILES):
        rows = "\n".join(f"{number},{row},{'x' * 76}" for row in range(ROWS_A_FILE))
        (folder / f"part_{number}.csv").write_text(f"part,value,text\n{rows}\n")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Path]:
    """Return a home whose runners end with the tests."""
    assert database == os.environ.get("FUSIONFLOW_DATABASE", "")
    home = tmp_path_factory.mktemp("runner-home")
    yield home
    end_runners(home)


@pytest.fixture
def session(home: Path) -> Iterator[Session]:
    with connect(home=home, workers=2, runner="detached") as session:
        yield session


def end_runners(home: Path) -> None:
    """End every runner of a home, and see that its processes are gone."""
    with connect(home=home, runner="inprocess") as session:
        for runner in session.runners():
            connection = connected(runner)
            if connection is not None:
                end_runner(connection)
            wait_for(lambda pid=runner.pid: not alive(pid))  # type: ignore[misc]


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def at_work(session: Session) -> RunnerRecord:
    """Return the one runner at work; one that was killed is listed until it has been silent long enough."""
    (runner,) = (runner for runner in session.runners() if alive(runner.pid))
    return runner


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


def slow(folder: Path, salt: str, depth: int = 4) -> str:
    """Compute some tenths of a second of hashes a file; each salt has states of its own."""
    digest = hashed(f"text || value || '{salt}'", depth)
    return f"SELECT part, max({digest}) AS digest FROM '{folder}/part_*.csv' GROUP BY part ORDER BY part"


def has_done(job: Job, part: float) -> bool:
    progress = job.progress
    return progress is not None and progress.chunks_done >= part * progress.chunks_total > 0


def has_chunks(job: Job, count: int) -> bool:
    """Tell whether chunks are done to their end: their states are kept."""
    progress = job.progress
    return progress is not None and progress.chunks_done >= count


def statuses(job: Job) -> list[str]:
    return [event.status for event in job.log() if isinstance(event, StatusEvent)]


def test_a_runner_does_the_work(session: Session, data: Path) -> None:
    job = session.sql(f"SELECT count(*) AS n FROM '{data}/*.csv'").submit()
    result = job.result()
    assert result.arrow().to_pylist() == [{"n": FILES * ROWS_A_FILE}]
    assert result.types == ("BIGINT",)
    assert result.counters.rows_read == result.counters.rows_used == FILES * ROWS_A_FILE
    assert statuses(job) == ["CREATED", "QUEUED", "IN_PROGRESS", "COMPLETED"]
    runner = at_work(session)
    assert alive(runner.pid)
    assert runner.pid != os.getpid()
    assert os.getsid(runner.pid) != os.getsid(0)


def test_paths_start_where_the_submitter_is(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here.csv").write_text("a\n1\n2\n")
    monkeypatch.chdir(tmp_path)
    assert session.sql("SELECT sum(a)::INT AS s FROM 'here.csv'").result().arrow().to_pylist() == [{"s": 3}]


def test_mistakes_are_told_at_once_and_failures_as_they_were(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("a\n9223372036854775807\n1\n")
    with pytest.raises(QueryError, match="nope"):
        session.sql(f"SELECT nope FROM '{path}'").submit()
    job = session.sql(f"SELECT a + 1 AS b FROM '{path}'").submit()
    with pytest.raises(QueryError) as caught:
        job.result()
    assert str(path) in caught.value.where
    assert caught.value.job_id == job.id
    assert job.status == "FAILED"


def test_another_session_attaches_and_the_first_may_leave(home: Path, data: Path) -> None:
    with connect(home=home, runner="detached") as first:
        job = first.sql(slow(data, "attach")).submit()
        wait_for(lambda: has_done(job, 0.2))
    with connect(home=home, runner="detached") as second:
        again = second.attach(job.id[:8])
        assert again.id == job.id
        wait_for(lambda: has_done(again, 0.1))
        assert len(again.result()) == FILES
        assert statuses(again).count("IN_PROGRESS") == 1
        with pytest.raises(JobError, match="no job has this id") as caught:
            second.attach(f"{job.id[:-1]}_")
        assert job.id in caught.value.hint


def test_a_running_job_is_found_again_and_a_completed_one_reused(session: Session, data: Path) -> None:
    relation = session.sql(slow(data, "reuse"))
    job = relation.submit(reuse=True)
    other = relation.submit(reuse=True)
    assert other.id == job.id
    result = job.result()
    known = relation.submit(reuse=True)
    assert known.reused
    assert known.id == job.id
    assert known.result().arrow().equals(result.arrow())
    assert known.result().counters.bytes_scanned == 0
    forced = session.sql(slow(data, "reuse"), use_cache=False).submit(reuse=True)
    assert forced.id != job.id
    forced.stop()
    clock = session.sql("SELECT random() AS r")
    assert clock.submit(reuse=True).id != clock.submit(reuse=True).id


def test_stop_keeps_the_work_and_resume_goes_on(session: Session, held: Held) -> None:
    job = session.sql(held.sql("stop")).submit()
    wait_for(lambda: has_chunks(job, 1))
    job.stop()
    with pytest.raises(JobStoppedError):
        job.result(60)
    assert job.progress is not None
    held.let_go()
    job.resume()
    result = job.result()
    assert len(result) == FILES
    assert result.counters.bytes_reused > 0
    assert statuses(job)[-3:] == ["QUEUED", "IN_PROGRESS", "COMPLETED"]
    with pytest.raises(JobError, match="completed"):
        job.resume()
    assert job.rerun().id != job.id


def test_a_killed_runner_is_replaced_by_whoever_watches(session: Session, held: Held) -> None:
    job = session.sql(held.sql("kill")).submit()
    wait_for(lambda: has_chunks(job, 1))
    runner = at_work(session)
    workers = psutil.Process(runner.pid).children(recursive=True)
    os.kill(runner.pid, signal.SIGKILL)
    held.let_go()
    assert len(job.result(100)) == FILES
    assert statuses(job).count("IN_PROGRESS") == 2
    assert [event.code for event in job.log() if isinstance(event, NoticeEvent)] == ["taken_over"]
    assert job.result().counters.bytes_reused > 0
    wait_for(lambda: not any(alive(worker.pid) for worker in workers))


def test_a_runner_that_ends_gives_its_jobs_back(session: Session, held: Held) -> None:
    job = session.sql(held.sql("end")).submit()
    wait_for(lambda: has_chunks(job, 1))
    runner = at_work(session)
    os.kill(runner.pid, signal.SIGTERM)
    wait_for(lambda: not alive(runner.pid))
    assert statuses(job)[-1] == "QUEUED"
    held.let_go()
    assert len(session.attach(job.id).result(100)) == FILES
    assert not [event for event in job.log() if isinstance(event, NoticeEvent)]


def written(home: Path, job: str) -> tuple[object, ...]:
    """Return all that a runner may have written about a job: row, events, failed chunks, result files."""
    with JobStore(Config.load(home=home).job_database) as store:
        said = store.get(job), store.events(job), store.latest(job), store.chunk_failures(job)
    return *said, {path.name: path.read_bytes() for path in (home / "results").iterdir()}


@pytest.mark.long
@pytest.mark.parametrize("thawed", ["while the standby works", "when the job has ended"])
def test_a_frozen_runner_writes_nothing_after_its_standby(tmp_path: Path, data: Path, thawed: str) -> None:
    environment = {**os.environ, "FUSIONFLOW_HOME": str(tmp_path), "FUSIONFLOW_WORKERS": "1"}
    command = [sys.executable, "-m", "fusionflow_lab", "runner", "--idle", "120"]
    with connect(home=tmp_path, runner="detached", workers=1) as session:
        job = session.sql(slow(data, "freeze", depth=30)).submit()
        wait_for(lambda: has_done(job, 0.1))
        (first,) = session.runners()
        os.kill(first.pid, signal.SIGSTOP)
        standby = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            with connect(home=tmp_path, runner="inprocess") as other:
                watched = other.job(job.id)
                wait_for(lambda: any(isinstance(event, NoticeEvent) for event in watched.log()), 100)
                if thawed == "while the standby works":
                    os.kill(first.pid, signal.SIGCONT)
                assert len(watched.result(100)) == FILES
            before = written(tmp_path, job.id)
            os.kill(first.pid, signal.SIGCONT)
            wait_for(lambda: "fenced" in (tmp_path / "runner.log").read_text())
            assert written(tmp_path, job.id) == before
        finally:
            os.kill(first.pid, signal.SIGCONT)
            standby.send_signal(signal.SIGTERM)
            standby.communicate(timeout=60)
        record, events, _, _, files = before
        assert isinstance(record, JobRecord)
        assert (record.status, record.epoch) == ("COMPLETED", 2)
        assert isinstance(files, dict)
        assert set(files) == {f"{job.id}.2.arrow", f"{job.id}.2.rejects.arrow"}
        assert statuses(job) == ["CREATED", "QUEUED", "IN_PROGRESS", "IN_PROGRESS", "COMPLETED"]
        assert [event.seq for event in job.log()] == list(range(1, len(job.log()) + 1))
        assert len(job.log()) == 6  # and the notice of the takeover
        assert job.log() == events
    end_runners(tmp_path)


def test_a_cluster_without_workers_is_told_and_waited_for(tmp_path: Path, data: Path) -> None:
    sql = f"SELECT count(*) AS n FROM '{data}/part_0.csv'"
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as cluster,
        connect(cluster.scheduler_address, home=tmp_path, runner="detached") as session,
    ):
        job = session.sql(sql).submit()
        wait_for(lambda: any(isinstance(event, NoticeEvent) for event in job.log()))
        (notice,) = [event for event in job.log() if isinstance(event, NoticeEvent)]
        assert notice.code == "no_workers"
        assert notice.text.startswith("the cluster has no workers")
        cluster.scale(1)
        assert job.result(60).arrow().to_pylist() == [{"n": ROWS_A_FILE}]
        assert session.scheduler_address == cluster.scheduler_address
        end_runners(tmp_path)


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with (
        connect("tcp://127.0.0.1:9", home=tmp_path / "home", runner="detached") as session,
        pytest.raises(ClusterError, match="no Dask scheduler answers"),
    ):
        session.sql(f"FROM '{tmp_path}/a.csv'").result(100)
    end_runners(tmp_path / "home")


def test_what_is_wrong_with_a_runner_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config.load(home=tmp_path, runner="detached")
    monkeypatch.setenv("FUSIONFLOW_COLOUR", "red")
    with (
        Session(config, "local") as session,
        pytest.raises(ClusterError, match="the runner did not start") as caught,
    ):
        session.sql("SELECT 1").submit()
    assert "unknown setting FUSIONFLOW_COLOUR" in str(caught.value)
    assert caught.value.where == str(tmp_path / "runner.log")
