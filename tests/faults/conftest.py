"""Fixtures of the fault suite: clusters of their own, data of known answers, and somebody who kills."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab.api import Session, connect
from tests.faults.world import written


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Session]:
    """Return a session whose cluster only the tests of one module break."""
    assert database == os.environ.get("FUSIONFLOW_DATABASE", "")
    with connect(home=tmp_path_factory.mktemp("home"), workers=2, runner="inprocess") as session:
        session.start()
        yield session


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of 160 MB: twenty tasks."""
    return written(tmp_path_factory.mktemp("data") / "data.csv", 8_000_000)
