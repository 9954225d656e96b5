"""Parquet files made by others: read as DuckDB reads them, or refused by name; no worker dies or hangs."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import pytest

from fusionflow_lab import _native
from fusionflow_lab.errors import FusionflowError, NativePanicError
from fusionflow_lab.execution.columnar_scan import ColumnarScan
from fusionflow_lab.planning.chunks import cut_source
from fusionflow_lab.planning.parquet_files import parquet_source
from fusionflow_lab.planning.reader_options import ParquetOptions
from fusionflow_lab.source import ParquetReader
from fusionflow_lab.states.streams import Parts

SECONDS = 30
MEMORY_BYTES = 4 << 30
# Why these are not read as DuckDB reads them.
REFUSED = {
    "datapage_v1-corrupt-checksum.parquet": "the checksum of a page is wrong",
    "large_string_map.brotli.parquet": "a page of 1073741828 bytes; at most 268435456 are read",
}
# DuckDB's times of INT96 wrap beyond the years that 64 bits of nanoseconds hold.
OTHER = {"int96_from_spark.parquet"}

Outcome = tuple[float, str, Sequence[str], Sequence[str]]


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def look(path: Path) -> Outcome:
    """Read all columns that can be read; return seconds, the error or nothing, the columns and the rows."""
    begin = time.monotonic()
    try:
        columns, rows = read(path)
    except NativePanicError as error:
        raise AssertionError(str(error)) from error
    except (FusionflowError, OSError) as error:
        return time.monotonic() - begin, str(error), (), ()
    return time.monotonic() - begin, "", columns, rows


def read(path: Path) -> tuple[list[str], list[str]]:
    source = parquet_source(_native, str(path), ParquetOptions(), [str(path)])
    assert isinstance(source.dialect, ParquetReader)
    refused = {name for name, _ in source.refused}
    columns = [column for column in source.columns if column.name.lower() not in refused]
    shape = [f"{column.name} {column.type}" for column in columns]
    chunks = cut_source(source, ordered=True)
    if not chunks:
        return shape, []
    scan = ColumnarScan(chunks, columns, source.dialect, _native.CancelToken())
    parts = scan.parts()
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, stream in zip(Parts.names(len(parts.streams)), parts.streams, strict=True):
            connection.register(name, stream)
        try:
            return shape, shown(connection, parts.sql, columns=len(columns))
        except duckdb.Error:
            failure = scan.failure()
            if failure is not None:
                raise failure from None
            raise


def shown(connection: duckdb.DuckDBPyConnection, sql: str, *, columns: int) -> list[str]:
    return [repr(row[:columns]) for row in connection.execute(sql).fetchall()]


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context, initializer=limit) as made:
        yield made


def test_valid_files_are_read(pool: ProcessPoolExecutor, corpora: Path) -> None:
    paths = sorted((corpora / "parquet_testing" / "data").rglob("*.parquet"))
    assert len(paths) >= 35
    wrong = []
    for path, outcome in zip(paths, pool.map(look, paths), strict=True):
        seconds, error, columns, rows = outcome
        assert seconds < SECONDS, path
        if path.name in REFUSED:
            assert REFUSED[path.name] in error
            continue
        if error:
            wrong.append(error)
            continue
        if path.name in OTHER:
            continue
        with duckdb.connect(config={"threads": 1}) as oracle:
            theirs = oracle.sql(f"FROM read_parquet('{path}')")
            assert theirs is not None
            kept = [
                f'"{name}"'
                for name, kind in zip(theirs.columns, theirs.types, strict=True)
                if not str(kind).startswith("GEOMETRY")
            ]
            assert len(kept) == len(columns), path
            expected = shown(
                oracle, f"SELECT {', '.join(kept)} FROM read_parquet('{path}')", columns=len(kept)
            )
        if list(rows) != expected:
            wrong.append(f"{path.name}: other rows than DuckDB's")
    assert not wrong, "\n".join(wrong)


def test_damaged_files_are_refused_or_read(pool: ProcessPoolExecutor, corpora: Path) -> None:
    folders = [corpora / "arrow_testing" / "data" / "parquet", corpora / "parquet_testing" / "bad_data"]
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(paths) >= 10
    for path, (seconds, error, _, _) in zip(paths, pool.map(look, paths), strict=True):
        assert seconds < SECONDS, path
        assert not error or path.name in error, error
        if path.parent.name == "bad_data" and path.suffix == ".parquet":
            assert error, path
