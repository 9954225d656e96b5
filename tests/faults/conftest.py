"""Fixtures of the fault suite: clusters of their own, data of known answers, and somebody who kills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab.api import Session, connect
from tests.faults.world import written


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Return a session whose cluster only the tests of one module break."""
    with connect(home=tmp_path_factory.mktemp("home"), workers=2, runner="inprocess") as session:
        session.start()
        yield session


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of 160 MB: twenty tasks."""
    return written(tmp_path_factory.mktemp("data") / "data.csv", 8_000_000)
