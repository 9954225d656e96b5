"""Lines about a job name it, go into a file of its own, and say what became of it."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

import pytest
from distributed import Client
from typer.testing import CliRunner

from fusionflow_lab.api import connect
from fusionflow_lab.cli import app
from fusionflow_lab.config import Value
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.logs import LOGGER, JobFiles, about, job_log, write_logs, write_logs_no_more


@pytest.mark.parametrize("runner", ["inprocess", "detached"])
def test_a_job_has_its_log(runner: str, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text("a\n1\n2\n")
    home = tmp_path / "home"
    traits: dict[str, Value] = {"log_format": "json", "user": "ana", "runner_idle": 1.0}
    with connect(home=home, workers=1, runner=runner, traits=traits) as session:
        job = session.sql(f"SELECT sum(a) AS s FROM '{tmp_path}/trips.csv'").submit()
        job.result(60)
        assert session.jobs()[0].owner == "ana"
    with connect(home=home, runner="inprocess") as later:
        while runner == "detached" and "epoch 1 completed" not in later.job(job.id).logs():
            time.sleep(0.01)  # its runner says that last
        lines = [json.loads(line) for line in later.job(job.id).logs().splitlines()]
    asked = CliRunner().invoke(app, ["jobs", "logs", job.id], env={"FUSIONFLOW_HOME": str(home)})

    assert {(line["job"], line["user"], line["level"]) for line in lines} == {(job.id, "ana", "INFO")}
    said = [line["message"] for line in lines]
    assert [text for text in said if text.split()[0].isupper()] == ["QUEUED", "IN_PROGRESS", "COMPLETED"]
    assert [json.loads(line)["message"] for line in asked.stdout.splitlines()] == said


def test_a_worker_names_job_and_chunk(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text('a,b\n1,"x\n2,y\n')
    with connect(home=tmp_path / "home", workers=1, runner="inprocess") as session:
        job = session.sql(f"SELECT count(*) FROM read_csv('{path}', quote = '\"') WHERE b > ''").submit()
        with pytest.raises(FusionflowError):
            job.result(60)
        with Client(session.scheduler_address, set_as_default=False) as client:
            logs = client.get_worker_logs()
        lines = [text for entries in logs.values() for _, text in entries if "fusionflow" in text]

    assert any(f"job={job.id} chunk=0 " in line and str(path) in line for line in lines), logs
    assert "FAILED" in job.logs()


def test_lines_without_a_job_go_into_no_file(tmp_path: Path) -> None:
    files = JobFiles(tmp_path / "logs")
    write_logs(files, as_json=False, level="info")
    logger = logging.getLogger(f"{LOGGER}.test")
    try:
        logger.info("of nobody")
        with about(job="ab12"):
            logger.debug("too small")
            logger.info("of a job")
    finally:
        write_logs_no_more(files)

    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["ab12.log"]
    assert job_log(tmp_path / "logs", "ab12").read_text().endswith(" INFO job=ab12 of a job\n")
