"""Parquet files through a real cluster, compared with DuckDB's own reader of the same files."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import QueryError, SourceError

ROWS = 700
SEED = 4


def _days(rng: random.Random) -> dt.datetime:
    first = dt.datetime(1960, 1, 1)  # noqa: DTZ001 - times without zones are tested
    return first + dt.timedelta(microseconds=rng.randrange(10**15) * 3)


Make = Callable[[random.Random], object]
_WORDS = ("", "a", "Ærø", "a longer text that is not inline", 'q"uo,te\n')
COLUMNS: Sequence[tuple[str, pa.DataType, Make]] = [
    ("flag", pa.bool_(), lambda rng: rng.random() < 0.5),
    ("i8", pa.int8(), lambda rng: rng.randrange(-128, 128)),
    ("i16", pa.int16(), lambda rng: rng.randrange(-(2**15), 2**15)),
    ("i32", pa.int32(), lambda rng: rng.randrange(-(2**31), 2**31)),
    ("i64", pa.int64(), lambda rng: rng.randrange(-(2**63), 2**63)),
    ("u8", pa.uint8(), lambda rng: rng.randrange(2**8)),
    ("u16", pa.uint16(), lambda rng: rng.randrange(2**16)),
    ("u32", pa.uint32(), lambda rng: rng.randrange(2**32)),
    ("u64", pa.uint64(), lambda rng: rng.randrange(2**64)),
    ("f16", pa.float16(), lambda rng: rng.randrange(-100, 100) / 8),
    ("f32", pa.float32(), lambda rng: rng.randrange(-1000, 1000) / 8),
    ("f64", pa.float64(), lambda rng: rng.choice([rng.gauss(0, 1e6), float("inf"), -0.0])),
    ("small", pa.decimal128(9, 2), lambda rng: Decimal(rng.randrange(-(10**9) + 1, 10**9)).scaleb(-2)),
    ("large", pa.decimal128(38, 5), lambda rng: Decimal(rng.randrange(-(10**30), 10**30)).scaleb(-5)),
    ("day", pa.date32(), lambda rng: _days(rng).date()),
    ("time_ms", pa.time32("ms"), lambda rng: _days(rng).replace(microsecond=1000).time()),
    ("time_us", pa.time64("us"), lambda rng: _days(rng).time()),
    ("time_ns", pa.time64("ns"), lambda rng: _days(rng).time()),
    ("at_ms", pa.timestamp("ms"), lambda rng: _days(rng).replace(microsecond=5000)),
    ("at_us", pa.timestamp("us"), _days),
    ("at_ns", pa.timestamp("ns"), _days),
    ("zoned", pa.timestamp("us", "UTC"), _days),
    ("zoned_ms", pa.timestamp("ms", "Asia/Tokyo"), lambda rng: _days(rng).replace(microsecond=0)),
    ("text", pa.string(), lambda rng: rng.choice(_WORDS)),
    ("coded", pa.dictionary(pa.int32(), pa.string()), lambda rng: rng.choice(_WORDS)),
    ("bytes", pa.binary(), lambda rng: rng.randbytes(rng.randrange(20))),
    ("fixed", pa.binary(3), lambda rng: rng.randbytes(3)),
    ("list", pa.list_(pa.int32()), lambda rng: [rng.randrange(9) for _ in range(rng.randrange(4))]),
    ("lists", pa.list_(pa.list_(pa.string())), lambda rng: [["x"] * rng.randrange(3), None, ["y"]]),
    (
        "struct",
        pa.struct([("a", pa.int64()), ("b c", pa.struct([("d", pa.string())]))]),
        lambda rng: {"a": rng.randrange(5), "b c": {"d": rng.choice(_WORDS)}},
    ),
    ("map", pa.map_(pa.string(), pa.float64()), lambda rng: [("k", 1.5), (rng.choice("ab"), None)]),
    (
        "structs",
        pa.list_(pa.struct([("t", pa.timestamp("ms"))])),
        lambda rng: [{"t": _days(rng).replace(microsecond=0)}],
    ),
]
WRITTEN: Sequence[dict[str, Any]] = [
    {"row_group_size": 100, "compression": "snappy"},
    {"row_group_size": 33, "compression": "zstd", "use_dictionary": False, "data_page_size": 200},
    {"row_group_size": ROWS, "compression": "gzip", "data_page_version": "2.0"},
    {"row_group_size": 250, "compression": "brotli", "write_statistics": False},
    {"row_group_size": 300, "compression": "lz4", "write_page_index": True, "write_page_checksum": True},
    {"row_group_size": 500, "compression": "none", "use_dictionary": False, "version": "1.0"},
]


def random_rows(seed: int, nulls: float = 0.2) -> pa.Table:
    """Make a table of every type."""
    rng = random.Random(seed)
    arrays = [
        pa.array([None if rng.random() < nulls else make(rng) for _ in range(ROWS)], kind)
        for _, kind, make in COLUMNS
    ]
    return pa.table(arrays, names=[name for name, _, _ in COLUMNS])


def answer(session: Session, sql: str) -> list[str]:
    """Run a query, check the law of rows, and show the rows as DuckDB shows them."""
    result = session.sql(sql).result()
    counters = result.counters
    assert counters.rows_read == counters.rows_used + counters.rows_filtered + counters.rows_rejected
    return shown(result.arrow())


def shown(table: pa.Table) -> list[str]:
    """Write rows in an order of their own."""
    with duckdb.connect() as connection:
        connection.register("answer", table)
        return sorted(map(repr, connection.sql("FROM answer").fetchall()))


def expected(sql: str) -> list[str]:
    """Ask DuckDB."""
    with duckdb.connect(config={"threads": 1}) as connection:
        return shown(connection.sql(sql).to_arrow_table())


@pytest.mark.parametrize("place", range(len(WRITTEN)))
def test_every_type_is_read_as_duckdb_reads_it(place: int, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(random_rows(SEED + place, nulls=[0.2, 0, 0.9][place % 3]), path, **WRITTEN[place])
    queries = [
        f"DESCRIBE FROM '{path}'",
        f"FROM '{path}'",
        f"SELECT text, count(*), sum(i32), max(at_us), min(fixed) FROM '{path}' WHERE i8 > 0 GROUP BY text",
        f"SELECT count(*) FROM '{path}'",
        f"SELECT struct.a, map['k'], list[1], count(u64) FROM '{path}' WHERE day IS NOT NULL GROUP BY ALL",
        f"SELECT max(file_row_number) FROM read_parquet('{path}', file_row_number = true) WHERE f32 > 0",
    ]
    for sql in queries:
        assert answer(session, sql) == expected(sql), sql


def test_files_of_duckdb_are_read_back(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    duckdb.connect().execute(f"""
        COPY (SELECT i::TINYINT AS i, i * 1.5::FLOAT AS f, i::DECIMAL(18,3) AS d, uuid() AS u,
                     '{{"a": 1}}'::JSON AS j, INTERVAL (i) MONTH + INTERVAL (i) MILLISECOND AS iv,
                     '12:00:01+02'::TIMETZ AS z, TIMESTAMPTZ '2024-01-01' + INTERVAL (i) DAY AS tz,
                     [i, NULL] AS l, {{'a': i, 'b': [{{'c': 'x' || i}}]}} AS s, map([i], ['v']) AS m,
                     ('e' || i % 3)::ENUM('e0', 'e1', 'e2') AS e, i::HUGEINT AS h, 'ab'::BLOB AS b
              FROM range(100) t(i)) TO '{path}' (ROW_GROUP_SIZE 2048)
    """)
    for sql in (
        f"DESCRIBE FROM '{path}'",
        f"SELECT * EXCLUDE z FROM '{path}'",
        f"SELECT e, sum(d), max(tz) FROM '{path}' GROUP BY e",
    ):
        assert answer(session, sql) == expected(sql), sql


def test_files_that_differ(session: Session, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"B": ["z"], "c": [1.5], "a": pa.array([3], pa.int32())}), tmp_path / "1.parquet")
    files = f"'{tmp_path}/*.parquet'"
    for sql in (
        f"FROM {files}",
        f"FROM read_parquet({files}, union_by_name = true)",
        f"SELECT c, sum(a) FROM read_parquet({files}, union_by_name = true, filename = true) GROUP BY c",
    ):
        assert answer(session, sql) == expected(sql), sql
    pq.write_table(pa.table({"a": [2.5], "b": ["x"]}), tmp_path / "2.parquet")
    with pytest.raises(
        SourceError, match=r"column a is DOUBLE here and BIGINT in .*0\.parquet: not every value fits"
    ):
        answer(session, f"FROM {files}")
    united = f"SELECT a FROM read_parquet({files}, union_by_name = true)"
    assert answer(session, united) == expected(united)
    pq.write_table(pa.table({"a": [2]}), tmp_path / "2.parquet")
    with pytest.raises(SourceError, match=r"column b of .*0\.parquet is not in this file"):
        answer(session, f"FROM {files}")


def test_what_paths_say_are_columns(session: Session, tmp_path: Path) -> None:
    for year in (2023, 2024):
        folder = tmp_path / f"year={year}" / "city=New York"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": range(10)}), folder / "x.parquet", row_group_size=3)
    files = f"'{tmp_path}/**/*.parquet'"
    for sql in (
        f"SELECT year, city, sum(x) FROM {files} GROUP BY ALL",
        f"FROM read_parquet({files}, filename = true, file_row_number = true)",
        f"SELECT count(*) FROM {files} WHERE year = 2024",
    ):
        assert answer(session, sql) == expected(sql), sql


def test_a_column_that_cannot_be_exact_is_refused_where_it_is_asked_for(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "wide.parquet"
    table = pa.table({"x": [1], "wide": pa.array([Decimal(10) ** 39], pa.decimal256(45, 2))})
    pq.write_table(table, path)
    assert answer(session, f"SELECT x FROM '{path}'") == ["(1,)"]
    with pytest.raises(
        QueryError, match=r"column wide of .* cannot be read: DECIMAL\(45,2\) has more than 38"
    ):
        answer(session, f"SELECT max(wide) FROM '{path}'")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("schema = MAP {1: 'x'}", "does not know schema"),
        ("encryption_config = {}", "does not know encryption_config"),
        ("delim = ';'", "has no option delim"),
        ("file_row_number = 1", "file_row_number is true or false"),
    ],
)
def test_options_that_are_not_done(option: str, message: str, session: Session, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(QueryError, match=message):
        answer(session, f"FROM read_parquet('{tmp_path}/x.parquet', {option})")


def test_no_rows_and_no_row_groups(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    pq.write_table(pa.table({"x": pa.array([], pa.int64())}), path)
    for sql in (f"SELECT count(*), sum(x) FROM '{path}'", f"FROM '{path}'"):
        assert answer(session, sql) == expected(sql)


def test_files_are_described(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"x": range(9), "t": ["a"] * 9}), path, row_group_size=4)
    said = session.sniff(str(path)).splitlines()
    assert said[1] == "format   Parquet, 3 row groups"
    assert said[-1] == f"as SQL   read_parquet('{path}')"
