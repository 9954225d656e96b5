"""What stands in the paths of files is in their rows, as DuckDB has it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import QueryError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of files by year, city and day."""
    for year, city, day in [("2023", "Oslo", "2024-01-02"), ("2024", "New%20York", "2024-01-03")]:
        path = tmp_path / f"year={year}" / f"city={city}" / f"day={day}" / "a.csv"
        path.parent.mkdir(parents=True)
        path.write_text("".join(["a,b\n", *(f"{n},text {n % 7}\n" for n in range(3000))]))
    return tmp_path


QUERIES = [
    "SELECT year, city, day, count(*), sum(a) FROM read_csv('{}') GROUP BY ALL ORDER BY ALL",
    "SELECT filename, count(*) FROM read_csv('{}', filename = true) GROUP BY ALL ORDER BY ALL",
    "SELECT f, b, year + 1 FROM read_csv('{}', filename = 'f') WHERE year > 2023 GROUP BY ALL ORDER BY 2",
    "SELECT * FROM read_csv('{}') WHERE a = 17 ORDER BY ALL",
    "SELECT typeof(year) FROM read_csv('{}', hive_types = {{'year': 'VARCHAR'}}) WHERE a < 2 ORDER BY 1",
    "SELECT * FROM read_csv('{}', hive_partitioning = false) WHERE a = 1",
    "SELECT typeof(day), count(*) FROM read_csv('{}', hive_types_autocast = false) GROUP BY ALL",
    "SELECT count(*) FROM read_csv('{}', types = {{'b': 'BLOB'}}) WHERE city = 'Oslo'",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_like_duckdb(query: str, session: Session, folder: Path) -> None:
    text = query.format(f"{folder}/*/*/*/*.csv")
    found = session.sql(text).result()
    with duckdb.connect() as connection:
        expected = connection.sql(text)
        assert found.table.column_names == expected.columns
        assert [tuple(row.values()) for row in found.table.to_pylist()] == expected.fetchall()


def test_a_moved_file_has_other_rows(session: Session, folder: Path) -> None:
    query = f"SELECT year, count(*) AS n FROM read_csv('{folder}/*/*/*/*.csv') GROUP BY ALL ORDER BY ALL"
    session.sql(query).result()
    (folder / "year=2023").rename(folder / "year=2022")
    rows = session.sql(query).result().table.to_pylist()
    assert rows == [{"year": 2022, "n": 3000}, {"year": 2024, "n": 3000}]


def test_names_are_not_taken_twice(session: Session, folder: Path) -> None:
    with pytest.raises(QueryError, match="the files have a column a already"):
        session.sql(f"SELECT 1 FROM read_csv('{folder}/*/*/*/*.csv', filename = 'a')").result()
