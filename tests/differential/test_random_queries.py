from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from tests.differential.compare import difference
from tests.differential.evaluate import TableSniffer, run_plan
from tests.differential.generate import COLUMNS, RandomQuery, random_queries, random_table

from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Query
from fusionflow_lab.states.evaluate import Evaluator

QUERIES = 600
SEED = 20260


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return random_table(SEED, 400)


@pytest.fixture(scope="module")
def oracle(table: pa.Table) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in COLUMNS)
    connection.execute(f'CREATE TABLE "t.csv" ({columns})')
    connection.register("rows", table)
    connection.execute('INSERT INTO "t.csv" SELECT * FROM rows')
    return connection


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Planner:
    folder: Path = tmp_path_factory.mktemp("types")
    sniffer = TableSniffer({"t.csv": [(name, kind) for name, kind, _ in COLUMNS]})
    return Planner(Catalog(folder, sniffer))


def rows_of(table: pa.Table) -> list[tuple[object, ...]]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("answer", table)
        return connection.execute("FROM answer").fetchall()


def check(
    query: RandomQuery,
    planner: Planner,
    oracle: duckdb.DuckDBPyConnection,
    evaluator: Evaluator,
    table: pa.Table,
    chunks: int,
) -> str:
    """Return how the query was run: cut, gathered, or refused by DuckDB itself."""
    try:
        expected = oracle.sql(query.text).to_arrow_table()
    except duckdb.Error:
        return "refused"
    plan = planner.plan(Query(text=query.text))
    actual = run_plan(evaluator, plan, {"t.csv": table}, chunks)
    found = difference(query, rows_of(expected), rows_of(actual))
    assert not found, f"{query.text}\n{found}\n{[stage.map_sql for stage in plan.stages]}\n{plan.final_sql}"
    assert tuple(expected.column_names) == plan.names, query.text
    assert actual.schema.types == expected.schema.types, query.text
    return "gathered" if plan.gathered else "cut"


@pytest.mark.parametrize("chunks", [1, 5, 40])
def test_random_queries_answer_as_duckdb(
    chunks: int, planner: Planner, oracle: duckdb.DuckDBPyConnection, table: pa.Table
) -> None:
    ways: Counter[str] = Counter()
    wrong = []
    with Evaluator((("TimeZone", "UTC"),)) as evaluator:
        for query in random_queries(SEED + chunks, QUERIES // 3):
            try:
                ways[check(query, planner, oracle, evaluator, table, chunks)] += 1
            except AssertionError as error:
                wrong.append(str(error))
    assert not wrong, "\n\n".join(wrong[:10])
    assert ways["refused"] < QUERIES / 30
    assert ways["gathered"] < QUERIES / 3 * 0.45, ways
