"""Expressions in the native core against DuckDB: the same values, and no error that DuckDB would not give."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pyarrow as pa
import pytest

from fusionflow_lab import _native
from fusionflow_lab.native_map import NativeMap
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.native import native_map
from fusionflow_lab.source import Column
from tests.differential.native_cases import CALM, KINDS, NAMED
from tests.differential.test_native_states import Maps, column, compare

LONG_SEEDS = 30
# Python has no year 0.
LONG_UNITS = ("millennium", "century", "decade")
UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond")
PARTS = (*LONG_UNITS, *UNITS, "dow", "isodow", "doy", "isoyear", "yearweek", "epoch")
OF_INTEGERS = (
    *("x - 1", "1 - x", "x + g", "x * 2", "x * 0.5::DOUBLE", "x * x", "x::INTEGER", "-x", "abs(x)"),
    *("x / 2", "x / g", "x // 7", "x // g", "x % 7", "-x % g", "x::VARCHAR", "x::BOOLEAN", "nullif(x, 7)"),
    *("coalesce(x, 7)", "CASE WHEN x > g THEN x - g END", "if(g IS DISTINCT FROM 3, x, NULL)"),
)
OF_DOUBLES = ("x + 1", "x * 0.1", "2 - x", "x * g", "x / 3", "x / g", "abs(x)", "-x", "nullif(x, 0)")
ROUNDED = ("floor(x)", "ceil(x)", "round(x)", "coalesce(x, 0.5)")
OF_TEXTS = (
    *("length(x)", "strlen(x)", "CASE WHEN g > 2 THEN x WHEN x = '' THEN 'none' ELSE '' END", "lower(x)"),
    *("upper(x)", "substring(x, 2, 3)", "substr(x, 3)", "left(x, 3)", "right(x, 2)", "left(x, 0)"),
    *("x || '!'", "'<' || x", "x || x", "coalesce(x, 'none')", "nullif(x, 'a')", "nullif(lower(x), y)"),
)
OF_MOMENTS = (
    *(f"date_trunc('{unit}', x)" for unit in UNITS),
    *(f"year(date_trunc('{unit}', x))" for unit in LONG_UNITS),
    *(f"extract({part} FROM x)" for part in PARTS),
    *("quarter(x)", "week(x)", "epoch(x)", "dayofweek(x)", "x::VARCHAR", "coalesce(x, '2024-01-01')"),
)
VALUES = {
    "CALM UINTEGER": ("x - 1", "x * 2", "x::UTINYINT", "x::DOUBLE", "x // 7", "x % g"),
    **dict.fromkeys([*CALM][:3], OF_INTEGERS),
    "DOUBLE": (*OF_DOUBLES, *ROUNDED, "x / x"),
    "TAME": (*OF_DOUBLES, *ROUNDED, "x * x", "x - x", "g / x", "x::INTEGER", "x::BIGINT"),
    **dict.fromkeys(("VARCHAR", "WORDS"), OF_TEXTS),
    "BOOLEAN": ("x::INTEGER", "x::VARCHAR", "CASE WHEN x THEN 1 ELSE g END"),
    "DATE": (*OF_MOMENTS, "CAST(x AS TIMESTAMP)"),
    "TIMESTAMP": (*OF_MOMENTS, "CAST(x AS DATE)", "minute(x)"),
}
OF_DECIMALS = tuple(
    f"x {test} {constant}"
    for test in ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM")
    for constant in ("0", "0.05", "-9.99", "1000", "7::BIGINT")
)
CONDITIONS = {
    **dict.fromkeys(
        ("VARCHAR", "WORDS"),
        (
            *(
                "starts_with(x, 'a')",
                "x ^@ 'twelve'",
                "prefix(x, '')",
                "suffix(x, 'e')",
                "ends_with(x, 'byte')",
            ),
            *(
                "contains(x, 'en b')",
                "contains(x, '')",
                "x ILIKE 'TW%'",
                "x NOT ILIKE '%ÜR%'",
                "lower(x) < 'l'",
            ),
            *("x IN ('a', 'twelve bytes', '')", "x NOT IN ('b', 'a')", "x IS DISTINCT FROM 'a'"),
        ),
    ),
    "BOOLEAN": ("x IS TRUE", "x IS NOT FALSE", "x IS DISTINCT FROM true", "x = y OR NOT x"),
    "DATE": ("date_trunc('month', x) < x", "x = CAST(x AS TIMESTAMP)", "year(x) = 2024"),
    "TIMESTAMP": ("CAST(x AS DATE) = x", "hour(x) >= 23"),
    "CALM INTEGER": ("x < g", "x * 1.5::DOUBLE > g", "x BETWEEN g AND y", "x % 2 = 0", "9 <= x // 2"),
    **{
        f"DECIMAL({width},2)": (*OF_DECIMALS, "x BETWEEN 0 AND 9.5", "x IN (0.05, 5)") for width in (4, 9, 18)
    },
}
COMPARED = ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
NOT_COMPARED = {"FLOAT", "HUGEINT", "UBIGINT"}
TESTED = [kind.name for kind in KINDS if kind.name not in NOT_COMPARED]


@pytest.fixture(scope="module")
def maps() -> Iterator[Maps]:
    made = Maps()
    yield made
    made.close()


def translated(sql: str, kinds: dict[str, str]) -> NativeMap | None:
    """Return what planning makes of a map for the native core."""
    columns = [
        Column(name=name, type=kind, ordinal=place) for place, (name, kind) in enumerate(kinds.items())
    ]
    binder = Binder()
    try:
        binder.create("s", columns)
        return native_map(binder.parse(sql), columns, binder)
    finally:
        binder.close()


def check(maps: Maps, seed: int, kind: str) -> None:
    """Compare all expressions over a type."""
    rng = random.Random(f"{seed} {kind}")
    tests = [*CONDITIONS.get(kind, ()), *(f"x {test} y" for test in COMPARED)]
    items = [f"count_if({test})" for test in tests]
    for value in VALUES.get(kind, ()):
        items += [f"min({value})", f"max({value})", f"count({value})"]
    selected = ", ".join(f"{item} AS s{place}" for place, item in enumerate(items))
    kinds = {"x": kind, "y": kind, "g": "INTEGER"}
    for rows, nulls, size in ((0, 0.0, 1), (20, 1.0, 20), (300, 0.3, 70), (1500, 0.0, 1500)):
        x, y = (column(rng, NAMED[kind], rows, nulls / part) for part in (1, 2))
        g = pa.array([rng.choice([None, 1, 2, 3, 4, 5]) for _ in range(rows)], pa.int32())
        groups = rng.choice(["", "g AS k0, "])
        sql = f"SELECT {groups}{selected} FROM s {'GROUP BY 1' if groups else ''}"
        compare(*maps.both(sql, pa.table({"x": x, "y": y, "g": g}), kinds, size), items, bool(groups))


@pytest.mark.parametrize("kind", TESTED)
def test_expressions_are_those_of_duckdb(maps: Maps, kind: str) -> None:
    check(maps, 0, kind)


@pytest.mark.long
@pytest.mark.parametrize("kind", TESTED)
def test_expressions_are_those_of_duckdb_in_many_cases(maps: Maps, kind: str) -> None:
    for seed in range(1, LONG_SEEDS):
        check(maps, seed, kind)


MADE_KEYS = (
    ("1", "x"),
    ("'all'", "1"),
    ("x", "x - 1", "x % 3", "x::VARCHAR"),
    ("x > 40", "x"),
    ("x // 10", "g"),
    ("g", "'of'", "x + g", "x"),
    ("t", "lower(t)", "length(t)"),
    ("left(t, 1)",),
)


@pytest.mark.parametrize("keys", MADE_KEYS, ids=" ".join)
def test_keys_that_are_made_of_others_or_constant(maps: Maps, keys: tuple[str, ...]) -> None:
    rng = random.Random(str(keys))
    kinds = {"x": "CALM INTEGER", "g": "CALM BIGINT", "t": "VARCHAR"}
    named = ", ".join(f"{key} AS k{place}" for place, key in enumerate(keys))
    groups = ", ".join(str(place + 1) for place in range(len(keys)))
    for rows, size in ((0, 1), (1, 1), (500, 40)):
        table = pa.table({name: column(rng, NAMED[kind], rows, 0.1) for name, kind in kinds.items()})
        for where in ("", "WHERE x > 50"):
            sql = f"SELECT {named}, count_star() AS s FROM s {where} GROUP BY {groups}"
            compare(*maps.both(sql, table, kinds, size), ["count_star()"], len(keys))


def test_every_character_has_the_case_that_duckdb_gives_it(maps: Maps) -> None:
    codes = [code for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    texts = ["".join(map(chr, codes[start : start + 1000])) for start in range(0, len(codes), 1000)]
    table = pa.table({"x": pa.array(texts, pa.string_view()), "g": pa.array(range(len(texts)), pa.int32())})
    sql = "SELECT g AS k0, min(lower(x)) AS s0, min(upper(x)) AS s1 FROM s GROUP BY 1"
    kinds = {"x": "VARCHAR", "g": "INTEGER"}
    compare(*maps.both(sql, table, kinds, 500), ["lower(x)", "upper(x)"], 1)


LEFT_TO_DUCKDB = (
    *("max(x // g)", "max(x % g)", "max(x + 9223372036854775807)", "max(abs(-x - 9223372036854775806))"),
    *("max(d::TINYINT)", "max(x::UTINYINT)", "max(x * 4000000000 * 4000000000)"),
)


@pytest.mark.parametrize("item", LEFT_TO_DUCKDB)
def test_what_may_fail_is_left_to_duckdb(item: str) -> None:
    rows = {"x": pa.array([1, 2, -3], pa.int64()), "g": pa.array([1, 0, 2], pa.int64())}
    table = pa.table({**rows, "d": pa.array([1.5, 1e9, 2.0], pa.float64())})
    made = translated(f"SELECT {item} AS s0 FROM s", {"x": "BIGINT", "g": "BIGINT", "d": "DOUBLE"})
    assert made is not None
    assert _native.map_rows(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()), made) is None


NOT_TRANSLATED = (
    *("x < 1.5", "d < x::UBIGINT", "t < d::VARCHAR", "x = '1'::VARCHAR", "substring(t, 0, 2) = 'a'"),
    *("left(t, -1) = 'a'", "t LIKE 'a_c'", "lower(t) LIKE t", "regexp_matches(t, 'a')", "x IN (g, 1)"),
    *("TRY_CAST(t AS INTEGER) = 1", "t::INTEGER = 1", "d % 2 = 1", "x BETWEEN g AND d", "m = 0.055"),
)


@pytest.mark.parametrize("condition", NOT_TRANSLATED)
def test_what_is_not_surely_understood_is_not_translated(condition: str) -> None:
    kinds = {"x": "BIGINT", "g": "BIGINT", "d": "DOUBLE", "t": "VARCHAR", "m": "DECIMAL(9,2)"}
    assert translated(f"SELECT count_star() AS s0 FROM s WHERE {condition}", kinds) is None


def test_settings_decide_what_a_division_is() -> None:
    columns = [Column(name="x", type="BIGINT", ordinal=0)]
    found = []
    for settings in ((), (("integer_division", "true"),), (("ieee_floating_point_ops", "false"),)):
        binder = Binder(settings)
        binder.create("s", columns)
        made = native_map(binder.parse("SELECT max(x / 2) AS s0 FROM s"), columns, binder)
        found.append("" if made is None else made.aggregates[0].arguments[0].operator)
        binder.close()
    assert found == ["/", "//", ""]
