"""The sample jobs run over the sample data and end as they should: well, and one with rejects that fails."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from fusionflow_lab.api import connect
from fusionflow_lab.cli import app
from fusionflow_lab.sample_jobs import CITIES, DATASET, DAYS, STRICT


def test_demo_writes_data_and_jobs(tmp_path: Path) -> None:
    environment = {"FUSIONFLOW_HOME": str(tmp_path / "home"), "FUSIONFLOW_WORKERS": "1"}
    done = CliRunner().invoke(app, ["demo", str(tmp_path / "data"), "--megabytes", "1"], env=environment)
    assert done.exit_code == 0, done.output
    with connect(home=tmp_path / "home", workers=1, runner="inprocess") as session:
        jobs = {job.query.name: job for job in session.jobs()}
        assert session.job(jobs[CITIES].id).result().arrow().num_rows == 12
        assert session.job(jobs[DAYS].id).result().arrow().num_rows == 10
    assert {name: job.status for name, job in jobs.items()} == {
        CITIES: "COMPLETED",
        DAYS: "COMPLETED",
        DATASET: "COMPLETED",
        STRICT: "FAILED",
    }
    assert jobs[CITIES].counters.rows_rejected == 3
    assert len([*(tmp_path / "data" / "orders").rglob("*.parquet")]) >= 12
    assert all(job.id in done.stderr for job in jobs.values())
