"""Names and types of columns as the options of ``read_csv`` ask for them, against DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import QueryError

HEADER = "A b,Ünï-c,1x,select,year,__x,, c\td ,ä,a.b,a--c,Group,x!,%,Straße,½,日本語\n"
WIDE = HEADER + ",".join("1" * 17) + "\n"

CASES = [
    (WIDE, "normalize_names = true"),
    ("a,A,b!\n1,2,3\n", "normalize_names = true"),
    ("a!,A,a?,b\n1,2,3,4\n", "normalize_names = true"),
    ("a,b\n1,2\n", "normalize_names = true, names = ['My Col']"),
    ("a,b\n1,2\n", "normalize_names = true, columns = {'My Col': 'INTEGER', 'x y': 'VARCHAR'}"),
    ("My col,b\n1,2\n", "normalize_names = true, types = {'my_col': 'VARCHAR'}"),
    ("1,2\n3,4\n", "normalize_names = true"),
    ("a,b,c\n1,2,3\n", "types = ['VARCHAR']"),
    ("a,b,c\n1,2,3\n", "types = ['VARCHAR', 'DOUBLE', 'TINYINT']"),
    ("a,b,c\n1,2,3\n", "types = ['VARCHAR', 'DOUBLE'], names = ['x']"),
    ("a,b\n1,2\n3,x\n", "sample_size = 1"),
    ("a,b\n1,2\n", "sample_size = -1"),
    ("a,b\n1,2\n", "auto_detect = false, header = true, columns = {'a': 'INTEGER', 'b': 'INTEGER'}"),
    ("a,b\n1,2\n", "auto_detect = false, columns = {'a': 'VARCHAR', 'b': 'VARCHAR'}"),
    ("a;b\n1;2\n", "auto_detect = false, columns = {'a': 'VARCHAR'}"),
    ("a;b\n'1';2\n", "auto_detect = false, delim = ';', header = true, columns = {'a': 'TEXT', 'b': 'INT'}"),
    ("a,b\n1.5,2\n", "decimal_separator = '.'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options"), CASES)
def test_like_duckdb(text: str, options: str, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    query = f"FROM read_csv('{path}', {options})"
    found = session.sql(query).result()
    with duckdb.connect() as connection:
        expected = connection.sql(query)
        assert found.table.column_names == expected.columns
        assert [tuple(row.values()) for row in found.table.to_pylist()] == expected.fetchall()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("types = ['VARCHAR', 'DATE', 'DATE']", "types has 3 entries, the files have 2 columns"),
        ("normalize_names = true, types = {'B!': 'DATE'}", "there is no column B!"),
        ("normalize_names = true, union_by_name = true", "normalize_names does not go with union_by_name"),
        ("types = ['DATE'], union_by_name = true", "a list of types does not go with union_by_name"),
        ("auto_detect = false, types = {'a': 'DATE'}", "auto_detect = false needs columns"),
        ("thousands = ','", "thousands , is not read"),
    ],
)
def test_what_cannot_be_done_is_refused(options: str, message: str, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b!\n1,2\n")
    with pytest.raises(QueryError, match=message):
        session.sql(f"FROM read_csv('{path}', {options})").result()


def test_names_that_cannot_be_numbered_as_duckdb_does_are_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,A!,a\n1,2,3\n")
    with pytest.raises(QueryError, match="would be taken twice"):
        session.sql(f"FROM read_csv('{path}', normalize_names = true)").result()
