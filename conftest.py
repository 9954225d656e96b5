"""For every test run: a home folder that is thrown away, and a folder for the examples in docstrings."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

ORDERS = "city,amount,day\nKyoto,12.5,2025-01-02\nOslo,7,2025-01-03\nKyoto,,2025-01-05\n"
_HOME = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep jobs, states and history out of the user's own folders, kernels and workers included."""
    config.stash[_HOME] = Path(tempfile.mkdtemp(prefix="fusionflow-tests-"))
    os.environ["FUSIONFLOW_HOME"] = os.environ["IPYTHONDIR"] = str(config.stash[_HOME])
    # Most tests need no process that outlives them; the others ask for a runner of their own.
    os.environ["FUSIONFLOW_RUNNER"] = "inprocess"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Throw the home folder away."""
    shutil.rmtree(config.stash[_HOME], ignore_errors=True)


@pytest.fixture(autouse=True)
def example_files(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run an example of a docstring in a folder with the files that examples read."""
    if isinstance(request.node, pytest.DoctestItem):
        folder: Path = request.getfixturevalue("tmp_path")
        (folder / "orders").mkdir()
        (folder / "orders" / "2025.csv").write_text(ORDERS)
        monkeypatch.chdir(folder)
