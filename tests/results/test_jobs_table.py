from __future__ import annotations

from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.query import Counters, Parameter, Query
from fusionflow_lab.results.jobs_table import jobs_table

LEAST = Parameter(name="least", type="INTEGER", value="5")


def test_a_job_is_a_row() -> None:
    record = JobRecord(
        id="ab12",
        query=Query(text=f"SELECT\n  {'x' * 100}", name="daily", parameters=(LEAST,)),
        status="COMPLETED",
        counters=Counters(rows_read=10, rows_used=9, rows_rejected=1, bytes_scanned=100),
        created=1000.0,
        started=1001.0,
        finished=1003.5,
    )
    (row,) = jobs_table([record]).to_pylist()
    assert (row["job"], row["name"], row["status"], row["seconds"]) == (
        "ab12",
        "daily",
        "COMPLETED with 1 reject",
        2.5,
    )
    assert (row["rows_read"], row["rows_rejected"], row["bytes_scanned"]) == (10, 1, 100)
    assert row["query"].startswith("SELECT xxx")
    assert len(row["query"]) == 60
    assert row["parameters"] == "$least = 5"


def test_no_jobs_are_no_rows() -> None:
    table = jobs_table([])
    assert (table.num_rows, table.column_names[0]) == (0, "job")
