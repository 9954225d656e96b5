"""The native core against DuckDB: the same map over the same rows gives the same state.

Each case is an aggregate over a type and a set of rows: some NULL, none at all, one group, many, extremes,
NaN, -0.0, infinities. States are equal value by value; of sums of floats 12 digits are, for they may be added
in another order.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab import _native
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.native import native_map
from fusionflow_lab.source import Column

SEEDS = 1
LONG_SEEDS = 40
INTEGERS = {
    "TINYINT": (pa.int8(), -(2**7), 2**7 - 1),
    "SMALLINT": (pa.int16(), -(2**15), 2**15 - 1),
    "INTEGER": (pa.int32(), -(2**31), 2**31 - 1),
    "BIGINT": (pa.int64(), -(2**63), 2**63 - 1),
    "UTINYINT": (pa.uint8(), 0, 2**8 - 1),
    "USMALLINT": (pa.uint16(), 0, 2**16 - 1),
    "UINTEGER": (pa.uint32(), 0, 2**32 - 1),
    "UBIGINT": (pa.uint64(), 0, 2**64 - 1),
    "HUGEINT": (pa.decimal128(38, 0), -(10**37), 10**37),
}
CALM = {
    "CALM SMALLINT": pa.int16(),
    "CALM INTEGER": pa.int32(),
    "CALM BIGINT": pa.int64(),
    "CALM UINTEGER": pa.uint32(),
}
DECIMALS = {f"DECIMAL({width},2)": width for width in (4, 9, 18, 36)}
TEXTS = [
    "",
    "a",
    "b",
    "Zürich",
    "\0",
    "a\0",
    "twelve bytes",
    "thirteen byte",
    "a long text, longer than a view",
]
KEYS = (
    "TINYINT",
    "INTEGER",
    "BIGINT",
    "UBIGINT",
    "DOUBLE",
    "DATE",
    "TIMESTAMP",
    "BOOLEAN",
    "VARCHAR",
    "WORDS",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A DuckDB type, how a scan hands its values over, and what they may be."""

    name: str
    arrow: pa.DataType
    value: Callable[[random.Random], object]
    constants: tuple[str, ...] = ()


def integers(name: str) -> Kind:
    arrow, low, high = INTEGERS[name]

    def value(rng: random.Random) -> object:
        number = rng.choice([low, high, low + 1, high - 1, 0, 1, rng.randint(0, 9), rng.randint(low, high)])
        return Decimal(number) if name == "HUGEINT" else number

    constants = () if name == "HUGEINT" else ("0", "7", "-1", str(high), str(10**25))
    return Kind(name=name, arrow=arrow, value=value, constants=constants)


def decimals(name: str) -> Kind:
    most = 10 ** DECIMALS[name] - 1

    def value(rng: random.Random) -> object:
        digits = rng.choice([most, -most, 0, 5, rng.randint(-999, 999), rng.randint(-most, most)])
        return Decimal((digits < 0, tuple(map(int, str(abs(digits)))), -2))

    return Kind(name=name, arrow=pa.decimal128(DECIMALS[name], 2), value=value)


def one_of(name: str, arrow: pa.DataType, values: Sequence[object], *constants: str) -> Kind:
    return Kind(name=name, arrow=arrow, value=lambda rng: rng.choice(values), constants=constants)


def double(rng: random.Random) -> float:
    special = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e300, -1e300, 5e-324, 0.1]
    return rng.choice(special) if rng.random() < 0.3 else rng.uniform(-100, 100)


def tame(rng: random.Random) -> float:
    return rng.choice([0.0, -0.0, 0.1, rng.uniform(-100, 100), rng.uniform(0, 1e6)])


DAYS = [
    dt.date(1970, 1, 1),
    dt.date(2024, 2, 29),
    dt.date(1, 1, 1),
    dt.date(9999, 12, 30),
]
TIMES = [dt.time(0, 0, 0, 7), dt.time(23, 5, 23, 999_999)]
MOMENTS = [dt.datetime.combine(day, time) for day in DAYS for time in TIMES]
ZONED = [moment.replace(tzinfo=dt.UTC) for moment in MOMENTS if 1 < moment.year < 9999]
KINDS = [
    *map(integers, INTEGERS),
    *map(decimals, DECIMALS),
    Kind(name="DOUBLE", arrow=pa.float64(), value=double, constants=("0", "0.1", "-1e300", "'NaN'::DOUBLE")),
    Kind(name="FLOAT", arrow=pa.float32(), value=double),
    one_of("BOOLEAN", pa.bool_(), [True, False]),
    one_of("DATE", pa.date32(), DAYS, "'2024-02-28'", "DATE '1970-01-01'", "DATE '1969-12-31' + 1"),
    one_of("TIME", pa.time64("us"), TIMES),
    one_of("TIMESTAMP", pa.timestamp("us"), MOMENTS, "'2024-02-28 23:05:23.999999'", "DATE '1970-01-01'"),
    one_of("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "UTC"), ZONED),
    one_of("VARCHAR", pa.string_view(), TEXTS, "''", "'a'", "'twelve bytes'", "'thirteen byte'", "'zz'"),
    one_of("WORDS", pa.dictionary(pa.int32(), pa.string()), TEXTS, "'a'", "'zz'"),
    # Sums of all values of a group stay within 12 digits of each other in any order.
    *(one_of(name, arrow, range(5, 100)) for name, arrow in CALM.items()),
    Kind(name="TAME", arrow=pa.float64(), value=tame),
]
NAMED = {kind.name: kind for kind in KINDS}
SQL_NAMES = {"WORDS": "VARCHAR", "TAME": "DOUBLE", **{name: name.removeprefix("CALM ") for name in CALM}}
MOMENTS_OF_X = ("stddev(x)", "var_pop(x)", "covar_pop(x, g)", "corr(g, x)", "corr(x, x)")
UNITS = ("year", "quarter", "month", "day", "hour", "minute", "second")
CALCULATED = {
    "CALM UINTEGER": ("x - 1", "x * 2", "x::UTINYINT", "x::DOUBLE"),
    **dict.fromkeys(
        [*CALM][:3], ("x - 1", "1 - x", "x + g", "x * 2", "x * 0.5::DOUBLE", "x * x", "x::INTEGER")
    ),
    "DOUBLE": ("x + 1", "x * 0.1", "2 - x", "x * g"),
    "TAME": ("x + 1", "x * 0.1", "2 - x", "x * g", "x * x", "x - x"),
    **dict.fromkeys(
        ("VARCHAR", "WORDS"), ("length(x)", "CASE WHEN g > 2 THEN x WHEN x = '' THEN 'none' ELSE '' END")
    ),
    "DATE": (
        "year(x)",
        "date_trunc('month', x)",
        "extract(dow FROM x)",
        "extract(hour FROM x)",
        "quarter(x)",
    ),
    "TIMESTAMP": (
        *(f"date_trunc('{unit}', x)" for unit in UNITS),
        *(f"extract({part} FROM x)" for part in (*UNITS, "dow")),
        *("CAST(x AS DATE)", "dayofweek(x)", "minute(x)"),
    ),
}
LIKES = ("%", "a%", "%a", "%i%h%", "twelve%bytes", "a", "", "%%", "long%view", "%ü%")
FLOATING = {"DOUBLE", "FLOAT", "TAME"}
NUMBERS = {*INTEGERS, *CALM, *DECIMALS, *FLOATING} - {"HUGEINT"}


def aggregates(kind: str) -> Iterator[str]:
    """Yield the aggregates of a column ``x`` of a type."""
    yield from (
        "count(x)",
        "min(x)",
        "max(x)",
        "min(DISTINCT x)",
        "count_star() FILTER (WHERE x IS NOT NULL)",
    )
    yield "max(x) FILTER (WHERE g IS NULL OR g > 3)"
    if kind in NUMBERS | {"BOOLEAN"}:
        yield from ("sum(x)", "sum(x) FILTER (WHERE g > 3)")
    if kind in NUMBERS:
        if not kind.startswith("DECIMAL"):
            # What greater values leave when they cancel each other out is noise, in DuckDB's way or in ours.
            known = MOMENTS_OF_X if kind in CALM or kind == "TAME" else MOMENTS_OF_X[:2]
            yield from (f"{name} EXPORT_STATE" for name in known)
        yield from ("avg(x) EXPORT_STATE", "mean(x) FILTER (WHERE g BETWEEN 2 AND 4) EXPORT_STATE")
    for value in CALCULATED.get(kind, ()):
        yield from (f"min({value})", f"max({value})", f"count({value})", f"count_if({value} IS NULL)")
    if kind in {"VARCHAR", "WORDS"}:
        yield from (f"count_if(x LIKE '{pattern}')" for pattern in LIKES)
        yield from (f"count_if(x NOT LIKE '{pattern}')" for pattern in LIKES)
    if kind == "BOOLEAN":
        yield from ("bool_and(x)", "bool_or(x)", "count_if(x)", "countif(NOT x)")
    for constant in NAMED[kind].constants:
        for test in ("=", "<>", "<", "<=", ">", ">="):
            yield f"count_if(x {test} {constant})"
        yield f"count_if({constant} < x)"
        yield f"count_if(x IN ({constant}, {NAMED[kind].constants[0]}))"
        yield f"count_if(x BETWEEN {NAMED[kind].constants[0]} AND {constant} OR x IS NULL AND NOT g > 3)"


class Maps:
    """Runs a map over rows by both."""

    def __init__(self) -> None:
        self._binder = Binder()
        self._duckdb = duckdb.connect(config={"threads": 1})
        self._duckdb.execute("SET TimeZone = 'UTC'")

    def close(self) -> None:
        self._binder.close()
        self._duckdb.close()

    def both(self, sql: str, table: pa.Table, kinds: dict[str, str], size: int) -> tuple[pa.Table, pa.Table]:
        """Return the states of the native core, from batches of some rows, and of DuckDB."""
        types = {name: SQL_NAMES.get(kind, kind) for name, kind in kinds.items()}
        columns = [
            Column(name=name, type=kind, ordinal=place) for place, (name, kind) in enumerate(types.items())
        ]
        self._binder.create("s", columns)
        made = native_map(self._binder.parse(sql), columns, self._binder)
        assert made is not None, f"not native: {sql}"
        batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=size))
        state = _native.map_rows(batches, made)
        assert state is not None, f"left to DuckDB: {sql}"
        self._duckdb.register("t", table)
        casts = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in types.items())
        self._duckdb.execute(f"CREATE OR REPLACE TEMP VIEW s AS SELECT {casts} FROM t")
        return pa.RecordBatchReader.from_stream(state).read_all(), self._duckdb.sql(sql).to_arrow_table()


@pytest.fixture(scope="module")
def maps() -> Iterator[Maps]:
    made = Maps()
    yield made
    made.close()


def column(rng: random.Random, kind: Kind, rows: int, nulls: float) -> pa.Array:
    values = [None if rng.random() < nulls else kind.value(rng) for _ in range(rows)]
    if isinstance(kind.arrow, pa.DictionaryType):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind.arrow)


def shapes(rng: random.Random) -> Iterator[tuple[int, float, int]]:
    """Yield numbers of rows, shares of NULLs, and rows of a batch."""
    yield 0, 0.0, 1
    yield 1, 1.0, 1
    for nulls in (0.0, 0.3, 1.0):
        yield rng.randint(2, 60), nulls, rng.choice([1, 7, 60])
    yield 5000, 0.1, 3000


def check(maps: Maps, seed: int, kind: Kind) -> None:
    rng = random.Random(f"{seed} {kind.name}")
    items = [*aggregates(kind.name), "count_star()"]
    selected = ", ".join(f"{item} AS s{place}" for place, item in enumerate(items))
    for rows, nulls, size in shapes(rng):
        keys = rng.sample(KEYS, rng.choice([0, 1, 1, 2, 3]))
        keys = [key for key in keys if key != "DOUBLE" or len(keys) == 1]
        kinds = {**{f"key{place}": key for place, key in enumerate(keys)}, "x": kind.name, "g": "INTEGER"}
        made = {f"key{place}": column(rng, NAMED[key], rows, nulls / 2) for place, key in enumerate(keys)}
        table = pa.table(
            {
                **made,
                "x": column(rng, kind, rows, nulls),
                "g": pa.array([rng.choice([None, 1, 2, 3, 4, 5]) for _ in range(rows)], pa.int32()),
            }
        )
        named = "".join(f"key{place} AS k{place}, " for place in range(len(keys)))
        where = rng.choice(["", " WHERE g > 2 OR g IS NULL", " WHERE x IS NOT NULL", " WHERE g IN (1, 2, 5)"])
        groups = f" GROUP BY {', '.join(map(str, range(1, len(keys) + 1)))}" if keys else ""
        compare(
            *maps.both(f"SELECT {named}{selected} FROM s{where}{groups}", table, kinds, size),
            items,
            len(keys),
        )


def compare(native: pa.Table, theirs: pa.Table, items: Sequence[str], keys: int) -> None:
    assert native.schema == theirs.schema
    ours = sorted(map(tuple, map(dict.values, native.to_pylist())), key=lambda row: repr(row[:keys]))
    want = sorted(map(tuple, map(dict.values, theirs.to_pylist())), key=lambda row: repr(row[:keys]))
    assert len(ours) == len(want)
    for mine, other in zip(ours, want, strict=True):
        assert repr(mine[:keys]) == repr(other[:keys])
        for item, one, two in zip(items, mine[keys:], other[keys:], strict=True):
            added = item.startswith(("sum", "avg", "mean", *MOMENTS_OF_X))
            text = f"{item} of {mine[:keys]}: {one} by the native core, {two} by DuckDB"
            assert same(one, two, added=added), text


def same(one: object, two: object, *, added: bool) -> bool:
    """Tell whether two values are equal; floats that are ``added`` up, to 12 digits."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(one[name], two[name], added=added) for name in one)
    if isinstance(one, float) and isinstance(two, float) and added:
        return math.isclose(one, two, rel_tol=1e-12) or (math.isnan(one) and math.isnan(two))
    return repr(one) == repr(two)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_native_state_is_that_of_duckdb(maps: Maps, kind: Kind) -> None:
    for seed in range(SEEDS):
        check(maps, seed, kind)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_native_state_is_that_of_duckdb_in_many_cases(maps: Maps, kind: Kind) -> None:
    for seed in range(SEEDS, LONG_SEEDS):
        check(maps, seed, kind)
