"""Rows that statistics pass over match no filter; bytes of row groups are known again."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fusionflow_lab import _native
from fusionflow_lab.api import Session
from fusionflow_lab.execution.columnar_scan import passed_over
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.chunks import cut_source
from fusionflow_lab.planning.parquet_files import parquet_source
from fusionflow_lab.planning.passing import passing
from fusionflow_lab.planning.reader_options import ParquetOptions
from fusionflow_lab.source import ParquetReader, Source
from fusionflow_lab.states.evaluate import Evaluator

ROWS = 3000
CONDITIONS = 150
SEED = 11
NAN = float("nan")
WRITTEN: list[dict[str, Any]] = [
    {"row_group_size": 200},
    {"row_group_size": 1500, "data_page_size": 400, "write_page_index": True, "use_dictionary": False},
    {"row_group_size": 700, "data_page_size": 300, "write_page_index": True, "data_page_version": "2.0"},
    {"row_group_size": 500, "write_statistics": ["n", "t"]},
]
VALUES: Mapping[str, Callable[[random.Random], str]] = {
    "n": lambda rng: str(rng.randrange(-10, 320)),
    "f": lambda rng: rng.choice(["0.5", "12", "-3e1", "'nan'::DOUBLE", "1e9", "0"]),
    "d": lambda rng: f"{rng.randrange(0, 3000) / 100}",
    "t": lambda rng: f"'{rng.choice('abcx')}{rng.randrange(30)}'",
    "moment": lambda rng: (
        f"TIMESTAMP '2024-01-{rng.randrange(1, 29):02}' + INTERVAL {rng.randrange(24)} HOUR"
    ),
    "day": lambda rng: rng.choice(
        [f"DATE '2024-02-{rng.randrange(1, 29):02}'", f"'2024-03-{rng.randrange(1, 29):02}'"]
    ),
    "ms": lambda rng: f"'2024-01-01 00:00:{rng.randrange(60):02}'",
    "b": lambda rng: rng.choice(["true", "false"]),
    "u": lambda rng: str(rng.randrange(0, 2**32, 10**8)),
}


def clustered(seed: int) -> pa.Table:
    """Values that rise, with NULLs, NaNs and whole runs of nothing."""
    rng = random.Random(seed)
    start = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - times without zones are tested

    def some(value: object, place: int) -> object:
        return None if place // 250 == 4 or rng.random() < 0.05 else value

    columns: dict[str, tuple[pa.DataType, list[object]]] = {
        "n": (pa.int32(), [place // 10 + rng.randrange(5) for place in range(ROWS)]),
        "f": (pa.float64(), [NAN if place % 997 == 3 else place / 100 for place in range(ROWS)]),
        "d": (pa.decimal128(9, 2), [Decimal(place).scaleb(-2) for place in range(ROWS)]),
        "t": (pa.string(), [f"{'abc'[place // 1000]}{place // 100}" for place in range(ROWS)]),
        "moment": (pa.timestamp("us"), [start + dt.timedelta(minutes=place * 14) for place in range(ROWS)]),
        "day": (pa.date32(), [(start + dt.timedelta(days=place // 35)).date() for place in range(ROWS)]),
        "ms": (pa.timestamp("ms"), [start + dt.timedelta(milliseconds=place * 20) for place in range(ROWS)]),
        "b": (pa.bool_(), [place > ROWS // 2 for place in range(ROWS)]),
        "u": (pa.uint32(), [place * 1_400_000 for place in range(ROWS)]),
    }
    arrays = [
        pa.array([some(value, place) for place, value in enumerate(values)], kind)
        for kind, values in columns.values()
    ]
    return pa.table(arrays, names=[*columns])


def condition(rng: random.Random, depth: int = 2) -> str:
    if depth and rng.random() < 0.4:
        how = rng.choice([" AND ", " OR "])
        return "(" + how.join(condition(rng, depth - 1) for _ in range(2)) + ")"
    name = rng.choice([*VALUES])

    def value(rng: random.Random) -> str:
        return f"({VALUES[name](rng)})"

    kind = rng.random()
    if kind < 0.1:
        return f"{name} IS {rng.choice(['', 'NOT '])}NULL"
    if kind < 0.2:
        return f"{name} BETWEEN {value(rng)} AND {value(rng)}"
    if kind < 0.3:
        return f"{name} IN ({value(rng)}, {value(rng)})"
    if kind < 0.35:
        return f"NOT {name} = {value(rng)}"
    operator = rng.choice(["=", "<", "<=", ">", ">=", "<>", "IS DISTINCT FROM"])
    pair = [f"({name})", value(rng)]
    rng.shuffle(pair)
    return f" {operator} ".join(pair)


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    made = Binder()
    yield made
    made.close()


@pytest.mark.parametrize("place", range(len(WRITTEN)))
def test_no_row_that_is_passed_over_matches(place: int, binder: Binder, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(clustered(SEED), path, **WRITTEN[place])
    source = parquet_source(_native, str(path), ParquetOptions(), [str(path)])
    assert isinstance(source.dialect, ParquetReader)
    chunks = cut_source(source, ordered=True)
    starts = [0]
    for group in range(len(chunks)):
        starts.append(starts[-1] + pq.ParquetFile(path).metadata.row_group(group).num_rows)
    rng = random.Random(SEED + place)
    passed = 0
    with Evaluator(()) as evaluator, duckdb.connect(config={"threads": 1}) as oracle:
        oracle.execute(f"CREATE TABLE t AS FROM read_parquet('{path}', file_row_number = true)")
        binder.create("rows", source.columns)
        for _ in range(CONDITIONS):
            text = condition(rng)
            found = passing(binder.parse(f"SELECT 1 FROM rows WHERE {text}"), _named(source), binder)
            runs = passed_over(chunks, found, source.dialect, evaluator, None)
            passed += sum(count for *_, count in runs)
            for chunk, block, first, count in runs:
                assert block == 0
                begin = starts[chunk] + first
                within = f"file_row_number >= {begin} AND file_row_number < {begin + count}"
                assert oracle.execute(f"FROM t WHERE ({text}) AND {within}").fetchall() == [], text
    assert passed > ROWS * CONDITIONS / 20


def _named(source: Source) -> Source:
    return replace(source, name="rows")


@pytest.mark.parametrize(
    "condition",
    ["t < 5", "t = 7", "CAST(n AS VARCHAR) < '2'", "n + 1 < 0", "x.n < 0", "random() < 0.5", "n < random()"],
)
def test_what_is_not_in_the_order_of_a_column_passes_nothing(
    condition: str, binder: Binder, tmp_path: Path
) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(clustered(SEED), path)
    source = parquet_source(_native, str(path), ParquetOptions(), [str(path)])
    tree = binder.parse(f"SELECT 1 FROM rows WHERE {condition}")
    assert passing(tree, _named(source), binder) is None


def test_passed_rows_are_read_and_filtered(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(clustered(SEED), path, row_group_size=200)
    for where, used in (("n < 5", None), ("n > 100000", 0), ("n IS NULL OR n >= 0", ROWS)):
        sql = f"SELECT t, count(*), sum(d) FROM '{path}' WHERE {where} GROUP BY t ORDER BY t"
        result = session.sql(sql).result()
        expected = duckdb.connect().execute(sql).fetchall()
        assert [tuple(row.values()) for row in result.arrow().to_pylist()] == expected
        counters = result.counters
        wanted = sum(row[1] for row in expected)
        assert used is None or wanted == used
        assert (counters.rows_read, counters.rows_used) == (ROWS, wanted)
        assert counters.rows_filtered == ROWS - wanted


def test_known_row_groups_are_not_read_again(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    pq.write_table(clustered(SEED), path, row_group_size=300)
    sql = f"SELECT t, sum(n) FROM '{tmp_path}/*.parquet' WHERE day >= '2024-02-01' GROUP BY t ORDER BY t"
    first = session.sql(sql).result()
    assert first.counters.bytes_scanned > 0
    os.utime(path, ns=(1, 1))
    touched = session.sql(sql).result()
    assert touched.counters.bytes_scanned == 0
    assert touched.arrow() == first.arrow()
    shutil.move(path, tmp_path / "1.parquet")
    renamed = session.sql(sql).result()
    assert renamed.counters.bytes_scanned == 0
    assert renamed.arrow() == first.arrow()
    more = tmp_path / "2.parquet"
    pq.write_table(clustered(SEED + 1), more, row_group_size=300)
    grown = session.sql(sql).result()
    assert grown.counters.bytes_scanned == more.stat().st_size
    expected = duckdb.connect().execute(sql).fetchall()
    assert [tuple(row.values()) for row in grown.arrow().to_pylist()] == expected
