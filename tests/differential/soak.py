"""Run many random queries against DuckDB and count how each was run.

``python -m tests.differential.soak --seed 7 --queries 2000 --chunks 1 5 40`` prints a table of classes for
each kind of query, every wrong answer with its plan, and the reasons of what was gathered.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Plan, Query
from fusionflow_lab.states.evaluate import Evaluator
from tests.differential.compare import difference
from tests.differential.compose import composed_queries
from tests.differential.evaluate import TableSniffer, rows_of, run_plan
from tests.differential.generate import COLUMNS, RandomQuery, random_queries, random_table

ROWS = {"t.csv": 400, "u.csv": 90}
CLASSES = ("cut", "broadcast", "rows shipped", "gathered", "refused", "both fail", "wrong")


def way_of(plan: Plan) -> str:
    """Name the class of a plan: how far the query was cut."""
    if plan.gathered:
        return "gathered"
    if any(stage.reason for stage in plan.stages):
        return "rows shipped"
    return "broadcast" if any(getattr(stage, "broadcast", ()) for stage in plan.stages) else "cut"


@dataclass(kw_only=True)
class Bench:
    """The tables, DuckDB over them, and a planner."""

    tables: dict[str, pa.Table]
    oracle: duckdb.DuckDBPyConnection
    planner: Planner
    evaluator: Evaluator

    def close(self) -> None:
        self.oracle.close()
        self.planner.close()
        self.evaluator.close()


def open_bench(folder: Path, seed: int) -> Bench:
    """Make the tables for a seed."""
    tables = {name: random_table(seed + place, rows) for place, (name, rows) in enumerate(ROWS.items())}
    oracle = duckdb.connect(config={"threads": 1})
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in COLUMNS)
    for name, table in tables.items():
        oracle.execute(f'CREATE TABLE "{name}" ({columns})')
        oracle.register("rows", table)
        oracle.execute(f'INSERT INTO "{name}" SELECT * FROM rows')
    sniffer = TableSniffer({name: [(entry, kind) for entry, kind, _ in COLUMNS] for name in ROWS}, ROWS)
    planner = Planner(Catalog(folder, sniffer))
    return Bench(tables=tables, oracle=oracle, planner=planner, evaluator=Evaluator(()))


@dataclass
class Tally:
    """What became of the queries, by kind and class."""

    ways: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def count(self, way: str) -> int:
        return sum(number for (_, other), number in self.ways.items() if other == way)

    @property
    def total(self) -> int:
        return sum(self.ways.values())


def check(bench: Bench, query: RandomQuery, chunks: Sequence[int], tally: Tally) -> None:
    """Run one query both ways, for each number of chunks, and count it once."""
    try:
        expected = bench.oracle.sql(query.text).to_arrow_table()
        failure = ""
    except duckdb.Error as error:
        expected, failure = None, str(error).split("\n", 1)[0]
    try:
        plan = bench.planner.plan(Query(text=query.text))
    except QueryError as error:
        tally.ways[query.kind, "both fail" if failure else "refused"] += 1
        if not failure:
            tally.reasons[f"refused: {error.what}"] += 1
        return
    way = way_of(plan)
    for count in chunks:
        found = _difference(bench, query, plan, expected, failure, count)
        if found:
            maps = "\n".join(f"{stage.kind}: {stage.map_sql}" for stage in plan.stages)
            tally.wrong.append(
                f"{query.text}\n{found} ({count} chunks)\n{maps}\n{plan.final_sql}\n{plan.gathered}"
            )
            way = "wrong"
            break
    tally.ways[query.kind, "both fail" if failure and way != "wrong" else way] += 1
    if way in {"gathered", "rows shipped"}:
        reasons = {plan.gathered, *(stage.reason for stage in plan.stages)} - {""}
        tally.reasons[f"{way}: {', '.join(sorted(reasons))}"] += 1


def _difference(
    bench: Bench, query: RandomQuery, plan: Plan, expected: pa.Table | None, failure: str, chunks: int
) -> str:
    try:
        actual = run_plan(bench.evaluator, plan, bench.tables, chunks)
    except (duckdb.Error, pa.ArrowException) as error:
        return "" if failure else f"fails: {str(error).splitlines()[0]}"
    if expected is None:
        return f"answers where DuckDB fails: {failure}"
    found = difference(query, rows_of(expected), rows_of(actual))
    if not found and tuple(expected.column_names) != (plan.names or tuple(actual.column_names)):
        return f"names {plan.names} instead of {expected.column_names}"
    if not found and actual.schema.types != expected.schema.types:
        return f"types {actual.schema.types} instead of {expected.schema.types}"
    return found


def mixed_queries(seed: int, count: int) -> list[RandomQuery]:
    """Write two fifths grouped queries over one table, and the rest composed over two."""
    few = count * 2 // 5
    return random_queries(seed, few) + composed_queries(seed, count - few)


def run(seed: int, queries: Iterable[RandomQuery], chunks: Sequence[int]) -> Tally:
    """Check queries over the tables of a seed."""
    tally = Tally()
    with TemporaryDirectory() as folder:
        bench = open_bench(Path(folder), seed)
        try:
            for query in queries:
                check(bench, query, chunks, tally)
        finally:
            bench.close()
    return tally


def drawn(tally: Tally) -> str:
    """Draw the table of classes by kind."""
    kinds = sorted({kind for kind, _ in tally.ways})
    rows: list[tuple[str, ...]] = [("kind", *CLASSES)]
    rows += [(kind, *(str(tally.ways[kind, way]) for way in CLASSES)) for kind in kinds]
    rows.append(("all", *(str(tally.count(way)) for way in CLASSES)))
    return "\n".join("".join(f"{cell:>14}" for cell in row) for row in rows)


def main() -> int:
    """Run from the command line; the exit code is 1 where an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1, 5, 40])
    parser.add_argument("--kind", default="", help="only queries of this kind")
    parser.add_argument("--show", type=int, default=20, help="wrong answers to print")
    asked = parser.parse_args()
    queries = [query for query in mixed_queries(asked.seed, asked.queries) if asked.kind in query.kind]
    tally = run(asked.seed, queries, asked.chunks)
    sys.stdout.write("\n\n".join([*tally.wrong[: asked.show], drawn(tally)]) + "\n")
    for reason, number in tally.reasons.most_common(40):
        sys.stdout.write(f"{number:>6}  {reason}\n")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
