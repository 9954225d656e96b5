"""Fixtures of the job store's tests: each runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fusionflow_lab.jobs.database import open_database
from fusionflow_lab.jobs.events import NoticeEvent
from fusionflow_lab.jobs.lifecycle import Action
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from tests.postgresql import Server

QUERY = Query(text="SELECT count(*) FROM 'a.csv'", name="count", use_cache=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the place of a new job database."""
    if request.param == "sqlite":
        return str(tmp_path / "jobs.sqlite")
    server: Server = request.getfixturevalue("postgresql")
    return server.database()


@pytest.fixture
def engine(path: str) -> Iterator[Engine]:
    """Return a new job database, opened."""
    opened = open_database(path)
    yield opened
    opened.dispose()


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(path: str, clock: Clock) -> Iterator[JobStore]:
    with JobStore(path, clock=clock) as store:
        yield store


def driven(store: JobStore, *actions: Action) -> tuple[str, int]:
    """Make a job, claim it and take it through some actions."""
    job = store.create(QUERY).id
    epoch = store.claim(job, "me")
    for action in actions:
        assert store.advance(job, epoch, action) is not None
    return job, epoch


def notice(job: str, text: str = "hello") -> NoticeEvent:
    return NoticeEvent(job=job, seq=0, time=5.0, code="test", text=text)
