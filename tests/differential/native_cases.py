"""What the native core is compared with DuckDB by: types and their values, and the aggregates of each."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

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
PAIRS = (
    *("corr", "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept"),
    *("regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy"),
)
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


def of_any(kind: str) -> Iterator[str]:
    """Yield the aggregates that take values of any type."""
    yield from ("count(x)", "min(x)", "max(x)", "min(DISTINCT x)", "any_value(x)", "any_value(DISTINCT x)")
    yield from ("count_star() FILTER (WHERE x IS NOT NULL)", "max(x) FILTER (WHERE g IS NULL OR g > 3)")
    yield from ("first(x) EXPORT_STATE", "first(x) FILTER (WHERE g > 3) EXPORT_STATE")
    yield "any_value(x) FILTER (WHERE g > 3)"
    yield "approx_count_distinct(x) EXPORT_STATE"
    if kind != "FLOAT":
        for name in ("arg_min", "arg_max"):
            yield from (f"{name}({pair}) EXPORT_STATE" for pair in ("x, g", "g, x", "x, x"))
            yield f"{name}(x, g) FILTER (WHERE g > 3) EXPORT_STATE"


def of_numbers(kind: str) -> Iterator[str]:
    """Yield the aggregates that take numbers."""
    yield from ("avg(x) EXPORT_STATE", "mean(x) FILTER (WHERE g BETWEEN 2 AND 4) EXPORT_STATE")
    if kind.startswith("DECIMAL"):
        return
    yield from ("stddev(x) EXPORT_STATE", "var_pop(x) EXPORT_STATE", "sem(x) EXPORT_STATE")
    # The first one tells how great a co-moment can be; see ``compare``.
    yield from (f"{name}(x, g) EXPORT_STATE" for name in PAIRS)
    yield from ("corr(x, x) EXPORT_STATE", "regr_r2(g, x) EXPORT_STATE")
    if kind not in FLOATING:
        yield from ("bit_and(x)", "bit_or(x)", "bit_xor(x)", "bit_and(DISTINCT x)", "bit_or(DISTINCT x)")


def aggregates(kind: str) -> Iterator[str]:
    """Yield the aggregates of a column ``x`` of a type."""
    yield from of_any(kind)
    if kind in NUMBERS | {"BOOLEAN"}:
        yield from ("sum(x)", "sum(x) FILTER (WHERE g > 3)")
    if kind in NUMBERS:
        yield from of_numbers(kind)
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
