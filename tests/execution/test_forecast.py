from __future__ import annotations

from pathlib import Path

from fusionflow_lab.api import Session
from fusionflow_lab.execution.forecast import speed
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.query import Counters, Query


def test_explain_tells_what_is_known(session: Session, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("city,n\nOslo,1\nBergen,2\n")
    asked = session.sql(f"SELECT city, sum(n) FROM '{tmp_path}/*.csv' GROUP BY 1")
    before = len(session.jobs())
    assert "bytes  46 B to read, 0 B known; 2 chunks, 0 known" in asked.explain()
    assert len(session.jobs()) == before
    asked.result()
    assert "bytes  0 B to read, 46 B known; 2 chunks, 2 known" in asked.explain()
    (tmp_path / "c.csv").write_text("city,n\nOslo,1\n")
    assert "bytes  14 B to read, 46 B known; 3 chunks, 2 known" in asked.explain()


def record(job: str, *, read: int, seconds: float) -> JobRecord:
    return JobRecord(
        id=job,
        query=Query(text="SELECT 1"),
        status="COMPLETED",
        cluster="local",
        counters=Counters(bytes_scanned=read),
        started=10.0,
        finished=10.0 + seconds,
    )


def test_the_newest_job_that_read_enough_tells_the_speed() -> None:
    jobs = [record("small", read=1 << 20, seconds=1), record("large", read=1 << 30, seconds=2)]
    found = speed(jobs, "local")
    assert found is not None
    assert (found.job, found.bytes_per_second) == ("large", 1 << 29)
    assert speed(jobs, "tcp://elsewhere:8786") is None
