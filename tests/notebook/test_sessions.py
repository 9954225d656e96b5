from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.link import connected, end_runner
from fusionflow_lab.notebook.sessions import Sessions


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    monkeypatch.setenv("FUSIONFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trips.csv").write_text("city\nOslo\n")
    sessions = Sessions()
    yield sessions
    sessions.close()


def test_one_session_is_kept(sessions: Sessions) -> None:
    first = sessions.get(None, None)
    assert sessions.get(None, None) is first
    assert sessions.get("local", None) is first


def test_another_target_makes_another_session_and_stays(sessions: Sessions) -> None:
    first = sessions.get(None, None)
    second = sessions.get(None, 2)
    assert second is not first
    assert sessions.target == ("local", 2)
    assert sessions.get(None, None) is second


def test_jobs_are_found_by_the_start_of_their_id(sessions: Sessions) -> None:
    with pytest.raises(JobError, match="no job was begun in this session"):
        sessions.job()
    relation = sessions.get(None, 1).sql("SELECT * FROM 'trips.csv'")
    first, second = relation.submit(), relation.submit()
    for job in (first, second):
        sessions.add(job)
        assert job.wait(60)
    assert sessions.job() is second
    assert sessions.job(first.id[:-1]) is first
    with pytest.raises(JobError, match="no job has this id"):
        sessions.job("nope")


def test_a_job_of_another_session_is_found_by_its_id(sessions: Sessions) -> None:
    job = sessions.get(None, 1).sql("SELECT 1 AS one").submit()
    assert job.wait(60)
    assert sessions.job(job.id).result().columns == ("one",)


def test_closing_twice_does_no_harm(sessions: Sessions) -> None:
    sessions.get(None, None)
    sessions.close()
    sessions.close()


def test_the_runner_starts_before_the_first_cell(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONFLOW_RUNNER", "detached")
    sessions.prepare()
    session = sessions.get(None, None)
    give_up = time.monotonic() + 60
    while not session.runners():
        assert time.monotonic() < give_up, "no runner was started"
        time.sleep(0.05)
    (runner,) = session.runners()
    assert session.sql("SELECT 1 AS one").result().columns == ("one",)
    assert [found.id for found in session.runners()] == [runner.id]
    connection = connected(runner)
    assert connection is not None
    end_runner(connection)
