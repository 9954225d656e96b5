"""States merged by the native core are those that DuckDB makes of them, bit by bit.

Each case is an aggregate over a type, over rows of many kinds (NULL, extremes, NaN, -0.0, groups that only
some states have). DuckDB's merge of the very same states is the measure.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.execution.native_merge import merge_natively
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Query, Stage
from fusionflow_lab.states.evaluate import Evaluator
from tests.differential.evaluate import TableSniffer

KEYS = {
    "b": "BOOLEAN",
    "i": "INTEGER",
    "u": "UBIGINT",
    "h": "HUGEINT",
    "f": "FLOAT",
    "x": "DOUBLE",
    "d": "DATE",
    "t": "TIMESTAMP",
    "z": "TIME",
    "s": "VARCHAR",
    "c": "DECIMAL(9,2)",
}
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UINTEGER", "UBIGINT")
NUMBERS = (*INTEGERS, "DOUBLE", "FLOAT", "DECIMAL(4,1)", "DECIMAL(9,2)", "DECIMAL(18,3)", "DECIMAL(38,2)")
OTHERS = ("BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMPTZ", "TIME", "VARCHAR", "BLOB", "UUID")
PAIRS = (
    *("corr", "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept"),
    *("regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy"),
)
CASES = [
    *[(name, kind) for name in ("sum", "avg") for kind in NUMBERS],
    *[
        (name, kind)
        for name in ("var_pop", "var_samp", "stddev", "stddev_pop", "sem")
        for kind in ("DOUBLE", "INTEGER", "FLOAT")
    ],
    *[(name, kind) for name in ("min", "max", "any_value", "first", "count") for kind in (*NUMBERS, *OTHERS)],
    *[(name, kind) for name in ("bit_and", "bit_or", "bit_xor") for kind in INTEGERS],
    *[(name, "BOOLEAN") for name in ("bool_and", "bool_or", "count_if")],
    *[("approx_count_distinct", kind) for kind in ("INTEGER", "DOUBLE", "DECIMAL(9,2)", "VARCHAR")],
    *[(name, kind) for name in ("arg_min", "arg_max") for kind in (*NUMBERS, *OTHERS)],
    *[(name, kind) for name in ("arg_min_null", "max_by") for kind in ("INTEGER", "VARCHAR")],
    *[(name, kind) for name in PAIRS for kind in ("DOUBLE", "INTEGER")],
]
TWO = {"arg_min", "arg_max", "arg_min_null", "max_by", *PAIRS}
KINDS = (*NUMBERS, *OTHERS)
FLOATS = ["0.0", "-0.0", "'NaN'", "'inf'", "'-inf'", "1e300", "-1e300", "0.1", "1.5", "-2.25", "1e-9"]
SEEDS = 3
LONG_SEEDS = 100


TEXTS = ["''", "'a'", "'b'", "'ab'", "'ä'", "'a text of more than twelve bytes'"]
EXTREMES = {"TINYINT": 127, "BIGINT": 2**62, "UBIGINT": 2**63, "HUGEINT": 10**30}
LITERALS: dict[str, Callable[[random.Random], str]] = {
    "DOUBLE": lambda draw: draw.choice([*FLOATS, str(draw.uniform(-9, 9)), str(draw.uniform(-9, 9))]),
    "FLOAT": lambda draw: str(draw.uniform(-9, 9)),
    "BOOLEAN": lambda draw: draw.choice(["true", "false"]),
    "UUID": lambda draw: f"'{draw.getrandbits(128):032x}'",
    "VARCHAR": lambda draw: draw.choice(TEXTS),
    "BLOB": lambda draw: draw.choice(TEXTS).replace("ä", "xe4"),
    "TIME": lambda draw: f"'{draw.randrange(24):02}:{draw.randrange(60):02}:00.{draw.randrange(10**6):06}'",
    "DATE": lambda draw: f"'{draw.randrange(1700, 2200)}-{draw.randrange(1, 13):02}-28'",
    "TIMESTAMP": lambda draw: f"'{draw.randrange(1700, 2200)}-02-03 01:02:03.{draw.randrange(1000):03}'",
}


def literal(kind: str, draw: random.Random) -> str:
    """Draw a value of a type."""
    if draw.random() < 0.15:
        return "NULL"
    drawn = LITERALS.get("TIMESTAMP" if kind.startswith("TIMESTAMP") else kind)
    if drawn is not None:
        return drawn(draw)
    low = 0 if kind.startswith("U") else -100
    return str(
        draw.choice([low, EXTREMES.get(kind, 100), draw.randrange(low, 100), draw.randrange(low, 100)])
    )


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Planner:
    columns = [*KEYS.items(), *[(f"v{place}", kind) for place, kind in enumerate((*NUMBERS, *OTHERS))]]
    return Planner(Catalog(tmp_path_factory.mktemp("types"), TableSniffer({"t.csv": columns})))


class Bench:
    """Tables of drawn rows, one for each state, and DuckDB with one thread."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.evaluator = Evaluator((("TimeZone", "UTC"),))
        self.source = duckdb.connect(config={"threads": 1})
        self.source.execute("SET TimeZone = 'UTC'")

    def stage(self, sql: str) -> Stage:
        (stage,) = self.planner.plan(Query(text=sql)).stages
        return stage

    def state(self, stage: Stage, rows: int, draw: random.Random) -> pa.Table:
        """Map some drawn rows."""
        columns = [f"{column.name} {column.type}" for column in stage.columns]
        self.source.execute(f"CREATE OR REPLACE TABLE {stage.source.name} ({', '.join(columns)})")
        if rows:
            few = {name: [literal(kind, draw) for _ in range(3)] for name, kind in KEYS.items()}
            drawn = [
                [
                    draw.choice(few[column.name]) if column.name in few else literal(column.type, draw)
                    for column in stage.columns
                ]
                for _ in range(rows)
            ]
            values = ", ".join(f"({', '.join(row)})" for row in drawn)
            self.source.execute(f"INSERT INTO {stage.source.name} VALUES {values}")
        return self.source.sql(stage.map_sql).to_arrow_table()

    def agree(self, stage: Stage, states: Sequence[pa.Table]) -> bool:
        """Compare both merges; False where the native core has none."""
        merged = merge_natively(stage, states)
        if merged is None:
            return False
        by_duckdb = self.evaluator.merge(stage, state_ddl(stage, "state"), states)
        assert merged.schema.equals(by_duckdb.schema)
        assert sorted(map(exact, merged.to_pylist())) == sorted(map(exact, by_duckdb.to_pylist()))
        # The first ones may be merged ahead of the others.
        first = len(states) // 2 + 1
        begun = merge_natively(stage, states[:first])
        if begun is not None:
            again = merge_natively(stage, [begun, *states[first:]])
            assert again is not None
            assert [*map(exact, again.to_pylist())] == [*map(exact, merged.to_pylist())]
        return True


def exact(value: object) -> str:
    """Write a value so that other bits are another text."""
    if isinstance(value, dict):
        return repr([(name, exact(part)) for name, part in value.items()])
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value.hex()
    return repr(value)


@pytest.fixture(scope="module")
def bench(planner: Planner) -> Bench:
    return Bench(planner)


def place_of(kind: str) -> str:
    return f"v{KINDS.index(kind)}"


def states_of(bench: Bench, stage: Stage, draw: random.Random) -> list[pa.Table]:
    return [bench.state(stage, draw.choice([0, 1, 5, 40]), draw) for _ in range(draw.randrange(2, 7))]


def run(bench: Bench, aggregate: str, kind: str, seed: int) -> bool:
    draw = random.Random(f"{aggregate} {kind} {seed}")
    keys = draw.sample([*KEYS], draw.randrange(3))
    arguments = [place_of(kind)]
    if aggregate in TWO:
        arguments.insert(draw.randrange(2), place_of("DOUBLE" if aggregate in PAIRS else draw.choice(KINDS)))
    call = f"{aggregate}({', '.join(arguments)})"
    text = f"SELECT {', '.join([*keys, call])} FROM 't.csv'" + (" GROUP BY ALL" if keys else "")
    stage = bench.stage(text)
    assert stage.merges, text
    return bench.agree(stage, states_of(bench, stage, draw))


@pytest.mark.parametrize(("aggregate", "kind"), CASES)
def test_merged_as_by_duckdb(aggregate: str, kind: str, bench: Bench) -> None:
    compared = [run(bench, aggregate, kind, seed) for seed in range(SEEDS)]
    assert any(compared)


@pytest.mark.long
def test_merged_as_by_duckdb_many_times(bench: Bench) -> None:
    for aggregate, kind in CASES:
        for seed in range(SEEDS, LONG_SEEDS):
            run(bench, aggregate, kind, seed)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT i, median(v2) FROM 't.csv' GROUP BY 1",
        "SELECT i, list(v2) FROM 't.csv' GROUP BY 1",
        "SELECT s COLLATE NOCASE, count(*) FROM 't.csv' GROUP BY 1",
    ],
)
def test_what_duckdb_merges(text: str, bench: Bench) -> None:
    assert bench.stage(text).merges == ()


def test_sums_of_more_digits_are_left_to_duckdb(bench: Bench) -> None:
    stage = bench.stage(f"SELECT i, sum({place_of('DECIMAL(38,2)')}) FROM 't.csv' GROUP BY 1")
    nines = pa.array([10**38 - 1], pa.decimal128(38, 0)).cast(pa.decimal128(38, 0))
    state = pa.table({"k0": pa.array([1], pa.int32()), "s0": nines, "__used": [1]})
    assert merge_natively(stage, [state, state]) is None


def test_distinct_values_are_keys(bench: Bench) -> None:
    stage = bench.stage("SELECT i, count(DISTINCT s), sum(v2) FROM 't.csv' GROUP BY ROLLUP (i)")
    if stage.merges:
        assert bench.agree(stage, states_of(bench, stage, random.Random(1)))
