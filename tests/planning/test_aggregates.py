from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionflow_lab.planning.aggregates import is_ordered, method_of
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Plan, Query, Stage
from fusionflow_lab.states.evaluate import Evaluator
from tests.differential.compare import same_value
from tests.differential.evaluate import TableSniffer, rows_of, shipped
from tests.differential.generate import COLUMNS, random_table

_VALUES = ("min", "max", "any_value", "first", "list")
_MOMENTS = (
    "avg fsum favg kahan_sum stddev stddev_pop var_pop var_samp sem skewness kurtosis kurtosis_pop sum mad"
)
_PAIRS = "covar_pop covar_samp corr regr_slope regr_intercept regr_r2 regr_avgx regr_avgy regr_count regr_sxx"
_OTHERS = """
count(*);count_if(b);sum(i);sum(big);sum(p);sum(x);avg(i);avg(big);avg(p);avg(x);bool_and(b);bool_or(b);
bit_and(i);bit_or(i);bit_xor(i);product(g);sum_no_overflow(i);string_agg(k, '-');quantile_disc(k, 0.3);
quantile_cont(y, 0.25);quantile_cont(y, [0.1, 0.9]);count(x) FILTER (WHERE b);regr_syy(y, i);regr_sxy(y, i);
mode(k);last(i);last(s);max(i, 3);min(y, 2);histogram(g);entropy(g);sum(h);arg_max_nulls_last(k, i);
arg_min(k, y, 2);list(i ORDER BY y);string_agg(s, '-' ORDER BY k, y);first(k ORDER BY y);list(DISTINCT k);
any_value(s ORDER BY k DESC) FILTER (WHERE b);list(DISTINCT k ORDER BY k);sum(DISTINCT i) + count(DISTINCT s);
approx_top_k(k, 2);median(i ORDER BY y);mode(b::INT::BIT)::VARCHAR
"""
CALLS = [
    *(f"{name}({column})" for name in _VALUES for column in ("k", "h", "x", "p", "d", "ts")),
    *(
        f"{name}({column})"
        for name in ("count", "median", "approx_count_distinct")
        for column in ("i", "d", "k")
    ),
    *(f"arg_{end}({value}, {by})" for end in ("min", "max") for value, by in ("ki", "iy", "dk", "id")),
    *(f"{name}(y)" for name in _MOMENTS.split()),
    *(f"{name}(y, i)" for name in _PAIRS.split()),
    *(call.strip() for call in _OTHERS.split(";")),
]
ROWS = 40


@cache
def planner() -> Planner:
    sniffer = TableSniffer({"t.csv": [(name, kind) for name, kind, _ in COLUMNS]})
    return Planner(Catalog(Path("unused"), sniffer))


@cache
def plan_of(call: str) -> Plan:
    plan = planner().plan(Query(text=f"SELECT g % 2 AS half, {call} FROM 't.csv' GROUP BY ALL"))
    assert [stage.kind for stage in plan.stages] == ["aggregate"], plan.gathered
    return plan


@cache
def evaluator() -> Evaluator:
    return Evaluator((("TimeZone", "UTC"),))


@cache
def table() -> pa.Table:
    return random_table(5, ROWS)


def mapped(stage: Stage, rows: pa.Table) -> pa.Table:
    chunk = rows.select([column.name for column in stage.columns])
    return shipped(evaluator().map(stage, chunk.to_reader()).state)


def merged(stage: Stage, states: Sequence[pa.Table]) -> pa.Table:
    return shipped(evaluator().merge(stage, state_ddl(stage, "state"), states))


def answer(plan: Plan, states: Sequence[pa.Table]) -> list[tuple[object, ...]]:
    stage = plan.stages[0]
    result = evaluator().final(plan, {stage.name: state_ddl(stage)}, {stage.name: states})
    return sorted(rows_of(result), key=lambda row: repr(row[0]))


def same_rows(one: list[tuple[object, ...]], other: list[tuple[object, ...]]) -> bool:
    return len(one) == len(other) and all(map(same_value, one, other))


@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=2)
@given(cuts=st.lists(st.integers(0, ROWS), min_size=2, max_size=5).map(sorted))
def test_every_cut_and_grouping_of_the_rows_gives_the_whole(call: str, cuts: list[int]) -> None:
    plan, rows = plan_of(call), table()
    stage = plan.stages[0]
    whole = mapped(stage, rows)
    empty = mapped(stage, rows.slice(0, 0))
    parts = [
        mapped(stage, rows.slice(start, end - start)) for start, end in itertools.pairwise([0, *cuts, ROWS])
    ]
    expected = answer(plan, [whole])
    assert same_rows(answer(plan, parts), expected)
    left = merged(stage, [merged(stage, parts[:2]), *parts[2:]])
    right = merged(stage, [parts[0], merged(stage, parts[1:])])
    assert same_rows(answer(plan, [left]), expected)
    assert same_rows(answer(plan, [right]), expected)
    assert same_rows(answer(plan, [empty, merged(stage, [whole, empty])]), expected)
    if not stage.ordered:
        assert same_rows(answer(plan, parts[::-1]), expected)


@pytest.mark.parametrize("call", CALLS)
def test_no_states_answer_as_no_rows(call: str) -> None:
    plan = planner().plan(Query(text=f"SELECT {call} FROM 't.csv'"))
    with duckdb.connect(config={"threads": 1}) as oracle:
        oracle.register("rows", table().slice(0, 0))
        (expected,) = oracle.execute(f"SELECT {call} FROM rows").fetchall()
    (actual,) = answer(plan, [])
    assert len(actual) == 1
    assert actual == expected or (actual[0] is not None and float(str(actual[0])) == float(str(expected[0])))


def test_aggregates_without_an_exported_state_are_known() -> None:
    binder = Binder()
    undecided = {name for name in binder.functions.aggregates if method_of(name) is None}
    binder.close()
    assert undecided == {
        "approx_top_k", "arg_max_nulls_last", "arg_min_nulls_last", "bitstring_agg",
        "combine_aggr", "decimal_average", "entropy", "histogram", "histogram_exact", "last", "lttb", "mode",
        "reservoir_quantile", "variant_group_object",
    }  # fmt: skip


def test_order_matters_only_where_the_table_says_so() -> None:
    ordered = {
        name for name in ("first", "list", "sum", "min", "arg_max") if is_ordered({"function_name": name})
    }
    assert ordered == {"first", "list", "arg_max"}
