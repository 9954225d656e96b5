"""Fixtures of the job store's tests: each runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fusionflow_lab.jobs.database import open_database
from tests.postgresql import Server


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
