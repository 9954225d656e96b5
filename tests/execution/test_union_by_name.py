"""Files of differing columns are one source, as DuckDB has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab import _native
from fusionflow_lab.api import Session
from fusionflow_lab.errors import QueryError
from fusionflow_lab.execution.files_scan import FilesScan
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.chunks import cut_source
from fusionflow_lab.planning.reader_options import CsvOptions

ROWS = 120_000
# What a file says of row n, and its dialect.
YEARS: Mapping[str, tuple[str, str]] = {
    "1.csv": ("city,amount,day\n", "Oslo,{n},2024-01-02\n"),
    "2.csv": ("Amount;day;note;city\n", "{n}.5;2024-01-03 04:05:06;'a;{n}';Bergen\n"),
    "3.csv": ("note\tempty\n", "n{n}\t\n"),
    "4.csv": ("day,empty,city\n", "2024-02-03,{n},Oslo\n"),
}


def written(folder: Path, files: Mapping[str, tuple[str, str]], rows: int) -> str:
    """Write files and return their pattern."""
    for name, (header, row) in files.items():
        (folder / name).write_text(header + "".join(row.format(n=n) for n in range(rows)))
    return str(folder / "*.csv")


def agrees(session: Session, query: str) -> None:
    """Check a result against DuckDB's: names, types and rows."""
    found = session.sql(query).result()
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        expected = connection.sql(query)
        assert found.table.column_names == expected.columns
        assert [tuple(row.values()) for row in found.table.to_pylist()] == expected.fetchall()
    counters = found.counters
    assert counters.rows_read == counters.rows_used + counters.rows_filtered + counters.rows_rejected


QUERIES = [
    "SELECT count(*), count(city), sum(amount), count(note), max(note), sum(empty) FROM {}",
    "SELECT city, day, count(*), sum(amount) FROM {} GROUP BY ALL ORDER BY ALL",
    "SELECT * FROM {} WHERE amount < 3 OR note = 'n7' OR empty = 9 ORDER BY ALL",
    "SELECT filename[-5:], count(*), count(note) FROM {} GROUP BY ALL ORDER BY ALL",
    "SELECT typeof(city), typeof(amount), typeof(day), typeof(note), typeof(empty) FROM {} LIMIT 1",
    "SELECT note, empty FROM {} WHERE note IS NULL ORDER BY ALL LIMIT 3",
    "SELECT count(*) FROM {}",
]  # fmt: skip


@pytest.fixture(scope="module", params=[40, ROWS], ids=["one chunk a file", "several"])
def pattern(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the pattern of files that differ in columns, types and dialect."""
    rows: int = request.param
    # An empty column that is long is text to DuckDB.
    files = {**YEARS, "3.csv": ("note\tother\n", "n{n}\t\n")} if rows == ROWS else YEARS
    return written(tmp_path_factory.mktemp("years"), files, rows)


@pytest.mark.parametrize("query", QUERIES)
def test_like_duckdb(query: str, session: Session, pattern: str) -> None:
    source = f"read_csv('{pattern}', union_by_name = true, filename = true)"
    agrees(session, query.format(source))


SMALL: list[tuple[list[str], str]] = [
    (["A,b\n1,x\n", "B,a,c\ny,2.5,3\n"], ""),
    (["a,b\n1,x\n", "c;b\n2.5;q\n"], ""),
    (["a,b\n1,x\n", ""], ""),
    (["", "a,b\n1,x\n"], ""),
    (["a,b\n1,x\n", "b,d\n"], ""),
    (["a,b\nu,x\n", "b,d\nk,l\n"], ""),
    (["a,b\n1,x\n", "1,2\n3,4\n"], ""),
    (["a,b\n1,x\n", "b\nq\nr\n"], ""),
    (["a,b\n1,x\n", "b,a,a\nq,7,8\n"], ""),
    (["1,2\n3,4\n", "5,6,7\n8,9,10\n"], ", header = false"),
    (["a,b\n1,x\n", "b,a\nq,7\n"], ", columns = {'a': 'VARCHAR', 'b': 'VARCHAR'}"),
    (["a,b\n1,x\n", "b,a\nq,7\n"], ", names = ['k', 'l']"),
    (["a,b\n1,x\n", "b,a,c\nq,7,8\n"], ", types = {'c': 'VARCHAR'}"),
    (["a,b\n1,x\n", "b,a,c\nq,7,[8]\n"], ", types = {'c': 'INTEGER[]', 'a': 'DECIMAL(9,2)'}"),
    (["a,b\n1,x\n", "b,a,c\nq,7,8\n"], ", all_varchar = true"),
    (
        ["c\n[1]\n", "b,a,c\nq,7,8\nr,9,[3]\n", "c\n[9]\n"],
        ", types = {'c': 'INTEGER[]'}, ignore_errors = true",
    ),
    (["a,b\n1,x\n", "b,a\nq,7\nr,zz\n"], ", types = {'a': 'BIGINT'}, ignore_errors = true"),
    (["d,b\n2024-01-02,x\n", "d,b\n23/11/2020,y\n", "d,b\n11.23.2020,z\n"], ""),
    (["d,b\n,x\n", "d,b\n2024-01-02,y\n", "d,b\n2024-01-02 03:04:05,z\n"], ""),
    (["d,b\n12,x\n", "d,b\n123456789012345678901,y\n"], ""),
    (["d,b\n12,x\n", "d,b\nabc,y\n", "d,b\n2024-01-02,y\n"], ""),
    (["_,b\n12,x\n", "b\nabc\n"], ""),
]


@pytest.mark.parametrize(("files", "options"), SMALL)
def test_small_files_like_duckdb(files: list[str], options: str, session: Session, tmp_path: Path) -> None:
    for place, text in enumerate(files):
        (tmp_path / f"{place}.csv").write_text(text)
    agrees(session, f"SELECT * FROM read_csv('{tmp_path}/*.csv', union_by_name = true{options}) ORDER BY ALL")


def test_blocks_of_any_size_have_the_same_rows(tmp_path: Path) -> None:
    pattern = written(tmp_path, YEARS, 300)
    source = Catalog(tmp_path / "types").resolve(pattern, CsvOptions(by_name=True), "source_0")
    names, types = "city amount day note empty", "VARCHAR DOUBLE TIMESTAMP VARCHAR BIGINT"
    assert [column.name for column in source.columns] == names.split()
    assert [column.type for column in source.columns] == types.split()
    tables = []
    for size in (700, 1 << 20):
        chunks = cut_source(source, ordered=True, block_bytes=size)
        scan = FilesScan(chunks, source.columns, 0, source.dialect, _native.CancelToken())
        tables.append(pa.RecordBatchReader.from_stream(scan).read_all())
        assert len(scan.report()) == len(chunks)
    assert tables[0].equals(tables[1])
    with duckdb.connect() as connection:
        expected = connection.sql(f"FROM read_csv('{pattern}', union_by_name = true)").fetchall()
    assert [tuple(row.values()) for row in tables[0].to_pylist()] == expected


def test_types_widen_late(session: Session, tmp_path: Path) -> None:
    """What no sample shows widens the column of all files, wherever they have it."""
    pattern = written(tmp_path, YEARS, ROWS)
    lines = (tmp_path / "4.csv").read_text().splitlines(keepends=True)
    lines[ROWS // 3] = "2024-02-03,much,Oslo\n"
    (tmp_path / "4.csv").write_text("".join(lines))
    source = f"read_csv('{pattern}', union_by_name = true)"
    rows = session.sql(f"SELECT count(empty) AS n, max(empty) AS m FROM {source}").result().table.to_pylist()
    assert rows == [{"n": ROWS, "m": "much"}]


def test_another_file_leaves_known_states(session: Session, tmp_path: Path) -> None:
    pattern = written(tmp_path, YEARS, 5_000)
    query = f"SELECT city, sum(amount) AS s FROM read_csv('{pattern}', union_by_name = true) GROUP BY ALL"
    session.sql(query).result()
    fresh = tmp_path / "5.csv"
    fresh.write_text("more,city\n1,Bodø\n")
    found = session.sql(query).result()
    assert found.counters.bytes_scanned <= fresh.stat().st_size
    agrees(session, f"{query} ORDER BY ALL")


def test_columns_that_change_places_are_read_again(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "2.csv"
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    path.write_text("a,b\n3,4\n")
    query = f"SELECT sum(a) AS a FROM read_csv('{tmp_path}/*.csv', union_by_name = true)"
    assert session.sql(query).result().table.to_pylist() == [{"a": 4}]
    path.write_text("b,a\n3,4\n")
    assert session.sql(query).result().table.to_pylist() == [{"a": 5}]


def test_a_type_for_no_column_is_refused(session: Session, tmp_path: Path) -> None:
    pattern = written(tmp_path, YEARS, 2)
    with pytest.raises(QueryError, match="there is no column nota"):
        session.sql(f"FROM read_csv('{pattern}', union_by_name = true, types = {{'nota': 'DATE'}})").result()


def test_a_date_that_turns_out_a_time_among_times_is_text(session: Session, tmp_path: Path) -> None:
    rows = ["2024-01-02,1\n"] * ROWS
    rows[ROWS // 3] = "2024-01-02 05:06:07,1\n"
    (tmp_path / "1.csv").write_text("d,k\n" + "".join(rows))
    (tmp_path / "2.csv").write_text("k;d\n1;2024-01-02 03:04:05\n")
    query = f"SELECT d, sum(k)::INT AS n FROM read_csv('{tmp_path}/*.csv', union_by_name = true) GROUP BY ALL"
    found = {row["d"]: row["n"] for row in session.sql(query).result().table.to_pylist()}
    assert found == {"2024-01-02": ROWS - 1, "2024-01-02 05:06:07": 1, "2024-01-02 03:04:05": 1}
