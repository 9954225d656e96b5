"""A runner's workers are copies of a process that has loaded what they need."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from fusionflow_lab import connect
from fusionflow_lab.execution.fork_server import is_fork_server_used


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_workers_of_a_runner_are_copies(tmp_path: Path) -> None:
    assert not is_fork_server_used()
    with connect(home=tmp_path, workers=2, runner="detached") as session:
        session.start()
        (record,) = session.runners()
        runner = psutil.Process(record.pid)
        servers = [child for child in runner.children() if "forkserver" in " ".join(child.cmdline())]
        assert [len(server.children()) for server in servers] == [2]
        worker = servers[0].children()[0]
        worker.kill()
        assert session.sql("SELECT 42 AS n FROM range(3)").result().arrow().num_rows == 3
        runner.terminate()
        gone, alive = psutil.wait_procs([runner, *servers, worker], timeout=30)
        assert not alive, gone
        assert "leaked" not in (tmp_path / "runner.log").read_text()
