"""Schedulers and workers as programs of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from distributed import Client

from tests.execution.programs import Spawn


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Start a program that ends with the test."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with ExitStack() as stack:

        def start(
            *arguments: str,
            path: Path | None = None,
            python: str = sys.executable,
            settings: Mapping[str, str] | None = None,
        ) -> subprocess.Popen[bytes]:
            environment = os.environ | ({"PYTHONPATH": str(path)} if path else {}) | dict(settings or {})
            # Not from here: "-m" would put this checkout before any path.
            process = subprocess.Popen([python, "-m", *arguments], env=environment, cwd=elsewhere)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            return process

        yield start


@pytest.fixture
def scheduler(spawn: Spawn, tmp_path: Path) -> str:
    """Start a scheduler and return its address."""
    place = tmp_path / "address.json"
    spawn(
        "dask",
        "scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(place),
    )
    deadline = time.monotonic() + 30
    while not place.exists() or not place.read_text().strip():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.05)
    with Client(scheduler_file=str(place), set_as_default=False) as client:
        address: str = client.scheduler.address
    return address
