"""What is missing for a job is named with its remedy, on real clusters that lack it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import Client
from typer.testing import CliRunner

from fusionflow_lab.api import connect
from fusionflow_lab.cli import app
from fusionflow_lab.config import Config
from fusionflow_lab.execution.build import BUILD
from fusionflow_lab.execution.preflight import Check, look_at, look_here
from fusionflow_lab.execution.shipping import give_package
from tests.execution.programs import Spawn, add_worker, other_python


def checked(scheduler: str, home: Path, *paths: str) -> dict[str, Check]:
    with Client(scheduler, set_as_default=False) as waiting:
        waiting.wait_for_workers(1, timeout=60)
    return {check.name: check for check in look_at(scheduler, Config.load(home=home), paths)}


def test_a_good_cluster_is_good(spawn: Spawn, scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text("a\n1\n")
    add_worker(spawn, scheduler)
    checks = checked(scheduler, tmp_path / "home", f"{tmp_path}/*.csv")

    assert [check for check in checks.values() if not check.ok] == []
    assert checks["extension"].found == f"every worker has {BUILD}"
    assert checks[f"read {tmp_path}/*.csv"].found == "every worker reads it"
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("tasks", [None, "VERSION = '0.0.1'"], ids=["no extension", "old extension"])
def test_a_worker_is_given_the_package(
    spawn: Spawn, scheduler: str, tmp_path: Path, tasks: str | None
) -> None:
    add_worker(spawn, scheduler, other_python(tmp_path / "other", tasks))
    assert not checked(scheduler, tmp_path / "home")["extension"].ok
    give_package(scheduler)
    assert checked(scheduler, tmp_path / "home")["extension"].ok

    (tmp_path / "trips.csv").write_text("a\n1\n2\n")
    with connect(scheduler, home=tmp_path / "home", runner="inprocess") as session:
        result = session.sql(f"SELECT sum(a)::BIGINT AS s FROM '{tmp_path}/trips.csv'").result()
    assert result.arrow().to_pylist() == [{"s": 3}]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
def test_a_home_that_is_another_folder_there(scheduler: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    worker = f"{sys.executable} -m dask worker {scheduler} --host 127.0.0.1 --no-nanny --no-dashboard"
    script = f"mount -t tmpfs none {home} && exec {worker}"
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare here")
    process = subprocess.Popen([unshare, "--mount", "sh", "-c", script])
    try:
        check = checked(scheduler, home)["home"]
    finally:
        process.terminate()
        process.wait(20)

    assert "FileNotFoundError" in check.found
    assert check.remedy.startswith("name a folder that every worker sees under the same path")


def test_no_workers_and_no_scheduler(scheduler: str, tmp_path: Path) -> None:
    config = Config.load(home=tmp_path)
    (empty,) = look_at(scheduler, config)
    (silent,) = look_at("tcp://127.0.0.1:9", config)

    assert (empty.name, empty.remedy) == ("workers", f"start some: dask worker {scheduler}")
    assert silent.name == "scheduler"
    assert silent.remedy.startswith("see that it runs")


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = Config(home=tmp_path / "file" / "home", workers=1)
    checks = {check.name: check for check in look_here(config)}

    assert checks["home"].remedy == "name a folder that you may write: FUSIONFLOW_HOME"


def test_the_command_prints_lines_or_json_and_exits_with_1_where_something_is_missing(
    tmp_path: Path,
) -> None:
    environment = {
        "FUSIONFLOW_HOME": str(tmp_path),
        "FUSIONFLOW_DATABASE": f"postgresql:///x?host={tmp_path}",
    }
    text = CliRunner().invoke(app, ["doctor"], env=environment)
    found = CliRunner().invoke(app, ["doctor", "--json"], env=environment)

    assert (text.exit_code, found.exit_code) == (1, 1)
    assert "✗ database: the job database does not answer" in text.stdout
    assert "  try: see that the server is up" in text.stdout
    assert {check["name"]: check["ok"] for check in json.loads(found.stdout)} == {
        "versions": True,
        "home": True,
        "database": False,
        "memory": True,
    }
