"""COPY TO on a real cluster: what was written reads back as the query's rows, by DuckDB and by pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.datasets.dataset import Dataset
from fusionflow_lab.errors import QueryError
from fusionflow_lab.storage import Folder

ROWS = """k,v,text,day
1,1.5,plain,2026-01-02
2,-0.25,"a ""quote"", a comma",2026-01-03
1,,"two
lines",2026-01-02
,1e300,=1+1,
3,0.1,,2026-02-01
2,7,#no comment,2026-01-03
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return a folder of two files of nasty rows."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(ROWS)
    (folder / "b.csv").write_text(ROWS.replace("2026", "2027"))
    return folder


@pytest.fixture
def oracle() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection that reads what was written."""
    with duckdb.connect() as connection:
        yield connection


def fetched(oracle: duckdb.DuckDBPyConnection, source: str) -> list[tuple[object, ...]]:
    return oracle.sql(f"SELECT k, v, text, day FROM {source} ORDER BY ALL").fetchall()


def reader(file_format: str, pattern: str) -> str:
    """Read files with all types said."""
    columns = "{'k': 'BIGINT', 'v': 'DOUBLE', 'text': 'VARCHAR', 'day': 'DATE'}"
    match file_format:
        case "csv":
            cut = (
                "header = true, auto_detect = false, quote = '\"', escape = '\"', allow_quoted_nulls = false"
            )
            return f"read_csv('{pattern}', {cut}, columns = {columns})"
        case "json":
            return f"read_json('{pattern}', columns = {columns})"
        case _:
            return f"read_parquet('{pattern}')"


@pytest.mark.parametrize("file_format", ["parquet", "csv", "json"])
@pytest.mark.parametrize("compression", ["none", "zstd", "gzip"])
def test_rows_come_back(
    session: Session,
    rows: Path,
    tmp_path: Path,
    oracle: duckdb.DuckDBPyConnection,
    file_format: str,
    compression: str,
) -> None:
    expected = fetched(oracle, reader("csv", f"{rows}/*.csv"))
    options = f"(FORMAT {file_format}, COMPRESSION {compression})"
    result = session.sql(f"COPY (FROM '{rows}/*.csv') TO '{tmp_path}/out' {options}").result()
    assert result.table.column("rows").to_pylist() == [12]
    assert result.counters.rows_read == result.counters.rows_used == 12
    ending = {"none": "", "zstd": ".zst", "gzip": ".gz"}[compression] if file_format != "parquet" else ""
    assert fetched(oracle, reader(file_format, f"{tmp_path}/out/*.{file_format}{ending}")) == expected
    name = f"{tmp_path}/one.{file_format}{ending}"
    session.sql(f"COPY (FROM '{rows}/*.csv') TO '{name}' (COMPRESSION {compression})").result()
    assert fetched(oracle, reader(file_format, name)) == expected
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out", Path(name).name}


def test_partitions_are_laid_out_as_duckdb_does(
    session: Session, rows: Path, tmp_path: Path, oracle: duckdb.DuckDBPyConnection
) -> None:
    source = reader("csv", f"{rows}/*.csv")
    query = 'SELECT v, text, day, k, text AS "k y" FROM {}'
    options = '(FORMAT parquet, PARTITION_BY (k, "k y"))'
    oracle.execute(f"COPY ({query.format(source)}) TO '{tmp_path}/theirs' {options}")
    ours = query.format(f"'{rows}/*.csv'")
    session.sql(f"COPY ({ours}) TO '{tmp_path}/ours' {options}").result()
    layout = {
        path.parent.relative_to(tmp_path / "theirs") for path in (tmp_path / "theirs").rglob("*.parquet")
    }
    assert layout == {
        path.parent.relative_to(tmp_path / "ours") for path in (tmp_path / "ours").rglob("*.parquet")
    }
    pattern = "read_parquet('{}/**/*.parquet', hive_partitioning = true)"
    assert fetched(oracle, pattern.format(tmp_path / "ours")) == fetched(
        oracle, pattern.format(tmp_path / "theirs")
    )
    assert ds.dataset(tmp_path / "ours", partitioning="hive").count_rows() == 12


def test_what_is_no_plain_row_is_written_where_it_ends(
    session: Session, rows: Path, tmp_path: Path, oracle: duckdb.DuckDBPyConnection
) -> None:
    for number, query in enumerate(
        (
            "SELECT k, count(*) AS n, sum(v) AS s FROM {} GROUP BY k ORDER BY k NULLS LAST",
            "SELECT * FROM {} ORDER BY day DESC NULLS LAST, v LIMIT 3",
            "SELECT k, row_number() OVER (ORDER BY day, text, v) AS place FROM {}",
            "SELECT count(*) AS n FROM {} WHERE k > 1000",
            "SELECT 42 AS answer",
            "SELECT k FROM {} WHERE k > 1000",
        )
    ):
        ours = query.format(f"'{rows}/*.csv'")
        session.sql(f"COPY ({ours}) TO '{tmp_path}/{number}.parquet'").result()
        session.sql(f"COPY ({ours}) TO '{tmp_path}/{number}' (FORMAT parquet)").result()
        expected = oracle.sql(query.format(reader("csv", f"{rows}/*.csv"))).fetchall()
        assert oracle.sql(f"FROM '{tmp_path}/{number}.parquet'").fetchall() == expected, query
        assert oracle.sql(f"FROM '{tmp_path}/{number}/*.parquet'").fetchall() == expected, query


def test_files_are_begun_anew_where_they_are_large(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("n,text\n" + "".join(f"{n},text number {n}\n" for n in range(200_000)))
    options = "(FORMAT csv, FILE_SIZE_BYTES '500kB')"
    result = session.sql(f"COPY (FROM '{path}') TO '{tmp_path}/out' {options}").result()
    sizes = result.table.column("bytes").to_pylist()
    assert len(sizes) > 5
    assert max(sizes) < 1_500_000
    assert sum(result.table.column("rows").to_pylist()) == 200_000


def test_modes(session: Session, rows: Path, tmp_path: Path) -> None:
    dataset = Dataset(Folder(str(tmp_path / "out")))
    text = f"COPY (FROM '{rows}/*.csv') TO '{tmp_path}/out' (FORMAT parquet{{}})"
    session.sql(text.format("")).result()
    with pytest.raises(QueryError, match="there is a dataset already"):
        session.sql(text.format("")).submit()
    session.sql(text.format(", APPEND")).result()
    found = dataset.current()
    assert found is not None
    assert (found.rows, len(found.parts), found.number) == (24, 2, 1)
    again = session.sql(text.format(", OVERWRITE")).result()
    assert again.counters.bytes_scanned == 0
    (rows / "c.csv").write_text(ROWS)
    session.sql(text.format(", OVERWRITE")).result()
    found = dataset.current()
    assert found is not None
    assert (found.rows, found.number) == (18, 3)
    on_disk = {path.name for path in (tmp_path / "out").glob("*.parquet")}
    assert on_disk == {part.name for part in found.parts}
    other = f"COPY (SELECT k FROM '{rows}/*.csv') TO '{tmp_path}/out' (FORMAT parquet, APPEND)"
    with pytest.raises(QueryError, match="another columns"):
        session.sql(other).result()


def test_what_is_not_ours_is_left_alone(session: Session, rows: Path, tmp_path: Path) -> None:
    before = sorted(rows.iterdir())
    for mode in ("", ", OVERWRITE", ", APPEND"):
        with pytest.raises(QueryError, match="which no COPY of ours wrote"):
            session.sql(f"COPY (SELECT 1 AS a) TO '{rows}' (FORMAT csv{mode})").submit()
    assert sorted(rows.iterdir()) == before
    (tmp_path / "one.csv").write_text("mine")
    with pytest.raises(QueryError, match="the file is there already"):
        session.sql(f"COPY (SELECT 1 AS a) TO '{tmp_path}/one.csv'").submit()
    session.sql(f"COPY (SELECT 1 AS a) TO '{tmp_path}/one.csv' (OVERWRITE)").result()
    assert (tmp_path / "one.csv").read_text() == "a\n1\n"


def test_equal_files_are_written_as_often_as_they_are_there(session: Session, tmp_path: Path) -> None:
    text = f"COPY (SELECT k FROM '{tmp_path}/in/*.csv') TO '{tmp_path}/out' (FORMAT parquet, OVERWRITE)"
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "in" / f"{name}.csv").write_text(ROWS)
        result = session.sql(text).result()
        assert sum(result.table.column("rows").to_pylist()) == 6 * len(list((tmp_path / "in").iterdir()))
        assert pq.read_table(tmp_path / "out").num_rows == sum(result.table.column("rows").to_pylist())


def test_formulas_are_escaped_where_that_is_asked_for(session: Session, rows: Path, tmp_path: Path) -> None:
    for options, first in (("", "=1+1"), (" (ESCAPE_FORMULAS)", "'=1+1")):
        name = f"{tmp_path}/{len(options)}.csv"
        query = f"SELECT text, v FROM '{rows}/a.csv' WHERE text LIKE '=%' OR v < 0"
        session.sql(f"COPY ({query}) TO '{name}'{options}").result()
        assert first in {line.split(",")[0] for line in Path(name).read_text().splitlines()}
        assert "-0.25" in Path(name).read_text()
        assert "'-0.25" not in Path(name).read_text()


def test_json_has_no_numbers_beyond_numbers(session: Session, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="JSON has no NaN"):
        session.sql(f"COPY (SELECT 'nan'::DOUBLE AS x) TO '{tmp_path}/x.json'").result()
    with pytest.raises(QueryError, match="Parquet does not hold INTERVAL"):
        session.sql(f"COPY (SELECT INTERVAL 1 DAY AS x) TO '{tmp_path}/x.parquet'").submit()


@pytest.mark.parametrize("file_format", ["parquet", "csv", "json"])
def test_a_dataset_is_read_as_its_manifest_says(
    session: Session, rows: Path, tmp_path: Path, oracle: duckdb.DuckDBPyConnection, file_format: str
) -> None:
    out = tmp_path / "out"
    options = f"(FORMAT {file_format}, PARTITION_BY (k)"
    source = f"SELECT k, v, text, day FROM '{rows}/a.csv'"
    session.sql(f"COPY ({source}) TO '{out}' {options})").result()
    session.sql(f"COPY ({source}) TO '{out}' {options}, APPEND)").result()
    for stray in out.glob("k=*"):
        (stray / f"stray.{file_format}").write_text("no part of the dataset")
    expected = fetched(oracle, reader("csv", f"{rows}/a.csv"))
    found = session.sql(f"SELECT k, v, text, day FROM '{out}' ORDER BY ALL").result()
    assert [tuple(row.values()) for row in found.arrow().to_pylist()] == sorted(
        expected * 2, key=expected.index
    )
    assert found.types == ("BIGINT", "DOUBLE", "VARCHAR", "DATE")


def test_create_table_as(session: Session, rows: Path) -> None:
    made = session.sql(f"CREATE TABLE big AS SELECT k, sum(v) AS s FROM '{rows}/*.csv' GROUP BY k").result()
    assert made.table.column("rows").to_pylist() == [4]
    assert session.sql("SELECT count(*) AS n FROM big").result().arrow().to_pylist() == [{"n": 4}]
    listed = session.command("SHOW TABLES")
    assert isinstance(listed, pa.Table)
    assert {"name": "big", "kind": "table", "what": "made by CREATE TABLE"} in listed.to_pylist()
    with pytest.raises(QueryError, match="there is a table or view big"):
        session.sql("CREATE TABLE big AS SELECT 1 AS x")
    session.sql("CREATE OR REPLACE TABLE big AS SELECT k FROM big WHERE k > 1").result()
    assert session.sql("SELECT count(*) AS n FROM big").result().arrow().to_pylist() == [{"n": 2}]
    assert session.command("DROP TABLE big") == "table big is dropped"
    assert session.command("DROP TABLE IF EXISTS big") == "there is no table big"
    with pytest.raises(QueryError, match="there is no table big"):
        session.sql("FROM big")
