"""A runner is started once for a home and cluster: who starts it holds the lock, and hands it on."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import psutil

from fusionflow_lab.api import connect
from fusionflow_lab.config import Config
from fusionflow_lab.jobs.link import connected, end_runner
from fusionflow_lab.jobs.starting import locked, start_runner


def test_a_lock_is_for_one(tmp_path: Path) -> None:
    path = tmp_path / "runner.lock"
    first = locked(path)
    assert first is not None
    assert locked(path) is None
    first.close()
    again = locked(path)
    assert again is not None
    again.close()


def test_one_runner_of_a_home(tmp_path: Path) -> None:
    config = Config.load(home=tmp_path / "home", workers=1)
    said = start_runner(config, "local")
    assert said is not None
    # The lock is the runner's from the start, before it has loaded anything.
    assert start_runner(config, "local") is None
    with said:
        assert json.loads(said.read())["runner"]
    with connect(home=config.home, runner="detached", workers=1) as session:
        assert session.sql("SELECT 42 AS n FROM range(3)").result().arrow().num_rows == 3
        (record,) = session.runners()
        connection = connected(record)
        assert connection is not None
        end_runner(connection)
        with suppress(psutil.NoSuchProcess):
            psutil.Process(record.pid).wait(60)
    free = locked(config.runner_log("local").with_suffix(".lock"))
    assert free is not None
    free.close()


def test_a_runner_that_cannot_start_says_so_in_its_log(tmp_path: Path) -> None:
    config = Config.load(home=tmp_path / "home", workers=1, database="nothing://at all")
    said = start_runner(config, "local")
    assert said is not None
    with said:
        assert said.read() == b""
    assert "cannot be reached this way" in config.runner_log("local").read_text()
