"""The native core against DuckDB: the same map over the same rows gives the same state.

Each case is an aggregate over a type and a set of rows: some NULL, none at all, one group, many, extremes,
NaN, -0.0, infinities. States are equal bit by bit; of sums of floats 12 digits are. A co-moment is what is
left when products cancel each other out: DuckDB's wheels fuse its multiplication and addition, as the native
core does, but a DuckDB that was built otherwise rounds each product once more. By Cauchy and Schwarz the
products of a group are together at most the root of both sums of squared differences; a rounding is 1e-16 of
that, and those of a few thousand rows are at the very most 1e-12.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fusionflow_lab import _native
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.native import native_map
from fusionflow_lab.source import Column
from tests.differential.native_cases import CALM, KEYS, KINDS, NAMED, SQL_NAMES, Kind, aggregates

SEEDS = 1
LONG_SEEDS = 12
GROUPS = 1_000_000
ADDED = ("sum(", "avg(", "mean(", "stddev(", "var_pop(", "sem(", "corr(", "covar_", "regr_")


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
    yield 3000, 0.1, 2500


def check(maps: Maps, seed: int, kind: Kind) -> None:
    """Compare all aggregates of a type over rows of every shape."""
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
    """Compare two states, group by group."""
    assert native.schema == theirs.schema
    assert native.num_rows == theirs.num_rows
    by = [(name, "ascending") for name in native.column_names[:keys]]
    ours, want = (table.sort_by(by).combine_chunks() if by else table for table in (native, theirs))
    scales = scales_of(want, items, keys)
    for item, name in zip([*["key"] * keys, *items], want.column_names, strict=True):
        one, two = ours.column(name), want.column(name)
        if bits(one).equals(bits(two)):
            continue
        values = zip(one.to_pylist(), two.to_pylist(), scales, strict=True)
        for group, (mine, other, scale) in enumerate(values):
            text = f"{item} of group {group}: {mine} by the native core, {other} by DuckDB"
            assert same(mine, other, scale, added=item.startswith(ADDED)), text


def bits(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return values so that they are equal where their bits are; there is one NaN."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_struct(array.type):
        fields = [bits(field) for field in array.flatten()]
        return pa.StructArray.from_arrays(fields, [field.name for field in array.type], mask=array.is_null())
    if pa.types.is_floating(array.type):
        plain = pc.if_else(pc.is_nan(array), pa.scalar(math.nan, array.type), array)
        return plain.view(pa.int64() if array.type == pa.float64() else pa.int32())
    return array


def scales_of(state: pa.Table, items: Sequence[str], keys: int) -> Sequence[float]:
    """Return how great the co-moment of x and g can be in each group."""
    name = "corr(x, g) EXPORT_STATE"
    if name not in items:
        return [0.0] * state.num_rows
    states = state.column(keys + items.index(name)).to_pylist()
    return [scale_of(each) for each in states]


def scale_of(correlation: Mapping[str, Mapping[str, float]]) -> float:
    """Return how great a co-moment can be."""
    squares = (correlation[name]["dsquared"] for name in ("dev_pop_x", "dev_pop_y"))
    return math.prod(math.sqrt(square) for square in squares)


def same(one: object, two: object, scale: float, *, added: bool, name: str = "") -> bool:
    """Tell whether two values are equal; floats that are ``added`` up, to 12 digits."""
    if isinstance(one, dict) and isinstance(two, dict):
        if "dev_pop_y" in two:
            scale = scale_of(two)
        return one.keys() == two.keys() and all(
            same(one[name], two[name], scale, added=added, name=name) for name in one
        )
    if isinstance(one, float) and isinstance(two, float) and added:
        least = 1e-12 * scale if name == "co_moment" else 0.0
        return math.isclose(one, two, rel_tol=1e-12, abs_tol=least) or (math.isnan(one) and math.isnan(two))
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


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        *((kind, "BIGINT") for kind in KINDS if kind.name not in CALM),
        *((NAMED[name], "VARCHAR") for name in ("DOUBLE", "WORDS")),
    ],
    ids=lambda one: one.name if isinstance(one, Kind) else one,
)
def test_states_of_a_million_groups(maps: Maps, kind: Kind, key: str) -> None:
    rng = np.random.default_rng(7)
    numbers = np.concatenate([rng.permutation(GROUPS), rng.integers(0, GROUPS, GROUPS // 5)])
    drawn = column(random.Random(kind.name), kind, 1000, 0.1)
    # pyarrow takes no rows of views.
    plain = pa.string() if kind.arrow == pa.string_view() else drawn.type
    x = drawn.cast(plain).take(pa.array(rng.integers(0, len(drawn), len(numbers)))).cast(drawn.type)
    keys = pa.array(numbers) if key == "BIGINT" else pc.cast(pa.array(numbers), pa.string())
    g = pa.array(rng.integers(1, 6, len(numbers), dtype=np.int32), mask=rng.random(len(numbers)) < 0.1)
    # Registers of a million groups are a GiB.
    left_out = ("approx_count_distinct", "count_if")
    items = [item for item in aggregates(kind.name) if not item.startswith(left_out)]
    selected = ", ".join(f"{item} AS s{place}" for place, item in enumerate(items))
    kinds = {"key0": key, "x": kind.name, "g": "INTEGER"}
    states = maps.both(
        f"SELECT key0 AS k0, {selected} FROM s GROUP BY 1",
        pa.table({"key0": keys, "x": x, "g": g}),
        kinds,
        100_000,
    )
    compare(*states, items, 1)
