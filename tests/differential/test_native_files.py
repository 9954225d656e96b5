"""Queries over real files, by the native core and by DuckDB: the same rows, counts and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner, map_hash
from fusionflow_lab.query import Counters, Plan, Query
from fusionflow_lab.states.evaluate import Evaluator
from tests.differential.files import run_files

ROWS = 3000
QUERIES = (
    "SELECT city, count(*) AS n, sum(n) AS total, avg(price) AS p, min(day) AS d FROM '{}' GROUP BY city",
    "SELECT day, max(city) AS c, count(DISTINCT city) AS cities FROM '{}' WHERE price < 50 GROUP BY day",
    "SELECT n % 2 = 0 AS even, count(*) AS n FROM '{}' GROUP BY even",
    "SELECT count(*) AS n, stddev(price) AS s, corr(n, price) AS c FROM '{}' WHERE city LIKE 'c%1' OR n > 40",
    "SELECT length(city) AS l, date_trunc('month', day) AS m, sum(n * 2) AS s FROM '{}' GROUP BY l, m",
    "SELECT 'all' AS k, upper(left(city, 6)) AS c, sum(n / 2) AS s FROM '{}' WHERE n <> 7 GROUP BY k, c",
    "SELECT n, n - 1 AS m, count(*) AS c FROM '{}' WHERE price > n AND city ILIKE '%CITY%' GROUP BY n, m",
    "SELECT max(CASE WHEN n <> 0 THEN 100 // n END) AS m FROM '{}'",
    "SELECT count(*) FILTER (WHERE city IN ('city 1', 'city 2')) AS a, min(city) AS b FROM '{}' WHERE n > 99",
)


@pytest.fixture(scope="module")
def worker() -> Iterator[Evaluator]:
    with Evaluator((), streaming=True) as evaluator:
        yield evaluator


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the same rows as CSV and as JSON."""
    folder = tmp_path_factory.mktemp("files")
    rows = [
        {
            "city": None if place % 11 == 0 else f"city {place % 7}" + " of a long name" * (place % 3),
            "n": None if place % 13 == 0 else place % 50,
            "price": place % 97 + 0.25,
            "day": f"2024-{place % 12 + 1:02}-03",
        }
        for place in range(ROWS)
    ]
    lines = [",".join("" if value is None else str(value) for value in row.values()) for row in rows]
    paths = {"csv": folder / "rows.csv", "jsonl": folder / "rows.jsonl"}
    paths["csv"].write_text("\n".join(["city,n,price,day", *lines, ""]))
    paths["jsonl"].write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return paths


def planned(text: str, folder: Path, *, native: bool) -> Plan:
    planner = Planner(Catalog(folder / "types"), native=native)
    try:
        return planner.plan(Query(text=text))
    finally:
        planner.close()


def answered(plan: Plan, folder: Path, worker: Evaluator) -> tuple[pa.Table, list[Counters]]:
    rows, counters = run_files(plan, folder, worker)
    return rows.sort_by([(name, "ascending") for name in rows.column_names]), counters


@pytest.mark.parametrize("place", range(len(QUERIES)))
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_both_answer_alike(
    kind: str, place: int, files: dict[str, Path], worker: Evaluator, tmp_path: Path
) -> None:
    text = QUERIES[place].format(files[kind])
    native, other = (planned(text, tmp_path, native=native) for native in (True, False))
    assert [stage.native for stage in other.stages] == [None]
    assert native.stages[0].native is not None
    assert map_hash(native.stages[0], native) == map_hash(other.stages[0], other)
    ours, counted = answered(native, tmp_path / "native", worker)
    theirs, counters = answered(other, tmp_path / "duckdb", worker)
    assert ours.schema == theirs.schema
    assert counted == counters
    for name in ours.column_names:
        one, two = ours.column(name).to_pylist(), theirs.column(name).to_pylist()
        assert one == (
            pytest.approx(two, rel=1e-12) if pa.types.is_floating(ours.schema.field(name).type) else two
        )


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("n + 1", "Overflow in addition"),
        ("abs(-n - 1) * n", "Overflow on abs"),
        ("n // (n - 1)", "Division by zero"),
        ("(n * 1.0::DOUBLE)::INTEGER", "out of range"),
    ],
)
def test_a_failing_value_is_told_in_the_words_of_duckdb(
    worker: Evaluator, tmp_path: Path, item: str, words: str
) -> None:
    path = tmp_path / "big.csv"
    path.write_text("n\n1\n9223372036854775807\n")
    errors = []
    for native in (True, False):
        plan = planned(f"SELECT max({item}) AS s FROM '{path}'", tmp_path, native=native)
        assert (plan.stages[0].native is not None) == native
        with pytest.raises(QueryError) as error:
            run_files(plan, tmp_path / str(native), worker)
        errors.append(str(error.value))
    assert errors[0] == errors[1]
    assert words in errors[0]


def test_a_rejected_record_is_rejected_by_both(worker: Evaluator, tmp_path: Path) -> None:
    path = tmp_path / "flawed.csv"
    path.write_text("k,n\n" + "a,1\nb,2,3\na,4\n" * 5)
    read = f"read_csv('{path}', columns = {{'k': 'VARCHAR', 'n': 'INTEGER'}})"
    text = f"SELECT k, sum(n) AS s FROM {read} GROUP BY k"
    plans = [planned(text, tmp_path, native=native) for native in (True, False)]
    (ours, counted), (theirs, counters) = (
        answered(plan, tmp_path / str(place), worker) for place, plan in enumerate(plans)
    )
    assert ours.equals(theirs)
    assert counted == counters
    assert counted[0].rows_rejected
