"""Too many rejected records fail a job, and the rejects of any job are a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import QueryError, SourceError


@pytest.fixture
def flawed(tmp_path: Path) -> str:
    """Return a file of 2,000 records, every twentieth of which is short."""
    path = tmp_path / "flawed.csv"
    lines = ["short" if place % 20 == 7 else f"{place},x" for place in range(2000)]
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    return str(path)


def test_a_job_fails_where_more_than_one_percent_is_rejected(session: Session, flawed: str) -> None:
    job = session.sql(f"SELECT count(*) FROM '{flawed}'").submit()
    with pytest.raises(SourceError) as raised:
        job.result()
    told = "100 of 2000 records were rejected, max_errors is 1%; the first: "
    assert str(raised.value).startswith(f"{told}{flawed}, byte 32: ")
    assert f"FROM rejects('{job.id}')" in str(raised.value)
    kept = session.sql(f"SELECT count(*) n, min(line) first, min(raw) raw FROM rejects('{job.id}')").result()
    assert kept.table.to_pylist() == [{"n": 100, "first": 9, "raw": "short"}]


@pytest.mark.parametrize("option", ["max_errors = 100", "max_errors = '5%'", "ignore_errors = true"])
def test_as_many_as_told_may_be_rejected(option: str, session: Session, flawed: str) -> None:
    result = session.sql(f"SELECT count(*) AS n FROM read_csv('{flawed}', {option})").result()
    assert result.table.to_pylist() == [{"n": 1900}]
    assert result.counters.rows_rejected == 100


def test_none_may_be_rejected_where_that_is_told(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("a,b\n1,2\n3\n")
    assert session.sql(f"SELECT a FROM '{path}'").result().counters.rows_rejected == 1
    with pytest.raises(SourceError, match="1 of 2 records were rejected, max_errors is 0"):
        session.sql(f"SELECT a FROM read_csv('{path}', max_errors = 0)").result()


def test_rejects_of_an_unknown_job_name_the_nearest(session: Session, flawed: str) -> None:
    job = session.sql(f"SELECT b FROM read_csv('{flawed}', ignore_errors = true)").submit()
    job.result()
    with pytest.raises(QueryError, match=f"did you mean {job.id}"):
        session.sql(f"FROM rejects('{job.id[:-1]}')").result()
    with pytest.raises(QueryError, match="takes the id of a job"):
        session.sql("FROM rejects(5)").result()
