"""Try again what failed: the job keeps its id and its work, and reads what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import JobError, QueryError
from fusionflow_lab.jobs.events import StatusEvent


def test_a_failed_job_keeps_what_it_has_read(session: Session, tmp_path: Path) -> None:
    """A file that was mended is read, the others are not read again."""
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text("k,v\n" + f"{name},1\n" * 300_000)
    size = sum((tmp_path / f"{name}.csv").stat().st_size for name in "ab")
    value = "sum(if(v = 7, error('seven'), v))::BIGINT AS v"
    sql = f"SELECT k, {value} FROM '{tmp_path}/{{}}.csv' GROUP BY k ORDER BY k"
    session.sql(sql.format("[ab]")).result(60)
    mended = (tmp_path / "c.csv").read_text()
    (tmp_path / "c.csv").write_text(mended + "c,7\n")
    job = session.sql(sql.format("[abc]")).submit()
    with pytest.raises(QueryError, match="seven"):
        job.result(60)
    (tmp_path / "c.csv").write_text(mended)
    job.retry()
    result = job.result(60)
    assert result.arrow().to_pylist() == [{"k": name, "v": 300_000} for name in "abc"]
    assert result.counters.bytes_reused == size - 2 * len("k,v\n")
    statuses = [event.status for event in job.log() if isinstance(event, StatusEvent)]
    assert statuses[-4:] == ["FAILED", "QUEUED", "IN_PROGRESS", "COMPLETED"]
    with pytest.raises(JobError, match="nothing of the job has failed"):
        job.retry()
