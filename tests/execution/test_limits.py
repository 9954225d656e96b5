"""Too many rejected records fail a job, and the rejects of any job are a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import ConfigError, QueryError, RejectsError, SourceError


@pytest.fixture
def flawed(tmp_path: Path) -> str:
    """Return a file of 2,000 records, every twentieth of which is short."""
    path = tmp_path / "flawed.csv"
    lines = ["short" if place % 20 == 7 else f"{place},x" for place in range(2000)]
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    return str(path)


def test_a_job_fails_where_more_than_one_percent_is_rejected(session: Session, flawed: str) -> None:
    job = session.sql(f"SELECT count(*) FROM '{flawed}'").submit()
    with pytest.raises(RejectsError) as raised:
        job.result()
    first, *places = str(raised.value).splitlines()
    assert first == "100 of 2000 records were rejected; max_errors is 1%, at least 10: 20 records"
    assert [line.partition(": ")[0] for line in places[:3]] == [
        f"  {flawed}, line {9 + 20 * place}" for place in range(3)
    ]
    assert f"FROM rejects('{job.id}'); allow more: --max-errors 100%" in str(raised.value)
    assert job.rejects().num_rows == 100
    kept = session.sql(f"SELECT count(*) n, min(line) first, min(raw) raw FROM rejects('{job.id}')").result()
    assert kept.table.to_pylist() == [{"n": 100, "first": 9, "raw": "short"}]


@pytest.mark.parametrize("option", ["max_errors = 100", "max_errors = '5%'", "ignore_errors = true"])
def test_as_many_as_told_may_be_rejected(option: str, session: Session, flawed: str) -> None:
    result = session.sql(f"SELECT count(*) AS n FROM read_csv('{flawed}', {option})").result()
    assert result.table.to_pylist() == [{"n": 1900}]
    assert result.counters.rows_rejected == 100


@pytest.mark.parametrize("allowed", [100, "5%"])
def test_a_job_with_a_higher_limit_scans_nothing(allowed: int | str, session: Session, flawed: str) -> None:
    sql = f"SELECT count(*) AS n FROM '{flawed}'"
    with pytest.raises(RejectsError, match="max_errors is 99: 99 records"):
        session.sql(sql, max_errors=99).result()
    result = session.sql(sql, max_errors=allowed).result()
    assert result.table.to_pylist() == [{"n": 1900}]
    assert (result.counters.rows_rejected, result.counters.bytes_scanned) == (100, 0)


def test_what_the_reader_says_goes_before_what_the_job_says(session: Session, flawed: str) -> None:
    sql = f"SELECT count(*) AS n FROM read_csv('{flawed}', max_errors = 10)"
    with pytest.raises(RejectsError, match="max_errors is 10"):
        session.sql(sql, max_errors="100%").result()


def test_a_job_that_allowed_more_is_no_answer_to_one_that_allows_less(session: Session, flawed: str) -> None:
    sql = f"SELECT max(a) AS n FROM '{flawed}'"
    assert session.sql(sql, max_errors="50%").submit(reuse=True).result().counters.rows_rejected == 100
    with pytest.raises(RejectsError):
        session.sql(sql).submit(reuse=True).result()
    assert session.sql(sql, max_errors="50%").submit(reuse=True).reused


def test_max_errors_is_a_number_or_a_percentage(session: Session) -> None:
    with pytest.raises(ConfigError, match="write a number of records, or a part: 1%"):
        session.sql("SELECT 1", max_errors="few")


def test_none_may_be_rejected_where_that_is_told(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("a,b\n1,2\n3\n")
    assert session.sql(f"SELECT a FROM '{path}'").result().counters.rows_rejected == 1
    with pytest.raises(SourceError, match="1 of 2 records were rejected; max_errors is 0: 0 records"):
        session.sql(f"SELECT a FROM read_csv('{path}', max_errors = 0)").result()


def test_rejects_of_an_unknown_job_name_the_nearest(session: Session, flawed: str) -> None:
    job = session.sql(f"SELECT b FROM read_csv('{flawed}', ignore_errors = true)").submit()
    job.result()
    with pytest.raises(QueryError, match=f"did you mean {job.id}"):
        session.sql(f"FROM rejects('{job.id[:-1]}')").result()
    with pytest.raises(QueryError, match="takes the id of a job"):
        session.sql("FROM rejects(5)").result()
