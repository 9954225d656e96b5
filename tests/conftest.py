"""Fixtures for all tests: one real cluster of processes, a home folder of its own, shared corpora."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from fusionflow_lab.api import Session, connect
from tests.held import Held
from tests.postgresql import TOLD, Server, server

# Machines differ in speed: a test fails by its answer, never by its time. Fixtures that stay are meant to.
ALLOWED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("fusionflow", deadline=None, print_blob=True, suppress_health_check=ALLOWED)
settings.load_profile("fusionflow")


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Return a session on a cluster of two worker processes, shared by all tests."""
    with connect(home=tmp_path_factory.mktemp("home"), workers=2) as session:
        session.start()
        yield session


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """Return files whose job lasts until the test lets it go."""
    (tmp_path / "held").mkdir()
    return Held(tmp_path / "held").write()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Return a PostgreSQL server; tests that need it are skipped where there is none."""
    with server() as found:
        if found is None:
            pytest.skip(f"no PostgreSQL: install it (apt install postgresql), or name one in {TOLD}")
        yield found


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Have all processes that a module starts keep their jobs in SQLite, and, by long tests, in PostgreSQL.

    Returns the URL; empty for the file in each home.
    """
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "sqlite":
            patch.delenv("FUSIONFLOW_DATABASE", raising=False)
            yield ""
        else:
            server: Server = request.getfixturevalue("postgresql")
            url = server.database()
            patch.setenv("FUSIONFLOW_DATABASE", url)
            yield url


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Return the folder of public corpora; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("FUSIONFLOW_CORPORA", Path(__file__).parents[1].parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no corpora in {folder}; set FUSIONFLOW_CORPORA")
    return folder
