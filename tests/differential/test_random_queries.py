from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Query
from fusionflow_lab.states.evaluate import Evaluator
from tests.differential.compare import difference
from tests.differential.evaluate import TableSniffer, rows_of, run_plan
from tests.differential.generate import COLUMNS, RandomQuery, random_queries, random_table

QUERIES = 50
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


@pytest.mark.parametrize(
    ("chunks", "part"),
    [(chunks, part) for chunks, parts in ((1, 5), (5, 5), (40, 2)) for part in range(parts)],
)
def test_random_queries_answer_as_duckdb(
    chunks: int,
    part: int,
    planner: Planner,
    oracle: duckdb.DuckDBPyConnection,
    table: pa.Table,
    record_property: Callable[[str, object], None],
) -> None:
    ways: Counter[str] = Counter()
    wrong = []
    with Evaluator((("TimeZone", "UTC"),)) as evaluator:
        for query in random_queries(SEED + 100 * chunks + part, QUERIES):
            try:
                ways[check(query, planner, oracle, evaluator, table, chunks)] += 1
            except AssertionError as error:
                wrong.append(str(error))
    record_property("ways", dict(ways))
    assert not wrong, "\n\n".join(wrong[:10])
    assert ways["refused"] <= QUERIES / 20
    # A third of the aggregates that the generator knows have no state that merges exactly.
    assert ways["gathered"] <= QUERIES / 2, ways
