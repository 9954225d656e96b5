"""What may differ from DuckDB by its nature: quantiles by t-digest, and numbers that were written as text."""

from __future__ import annotations

import bisect

import pytest

from fusionflow_lab.query import Query
from tests.differential.evaluate import rows_of, run_plan
from tests.differential.soak import Bench

COLUMNS = "id, i, g, y, p, k, d, ts, b"


def answered(bench: Bench, text: str, chunks: int) -> list[tuple[object, ...]]:
    plan = bench.planner.plan(Query(text=text))
    assert not plan.gathered
    return rows_of(run_plan(bench.evaluator, plan, bench.tables, chunks))


def close(one: object, other: object) -> bool:
    """Tell whether two texts are equal, or the same number but for the last digits."""
    try:
        return one == other or abs(float(str(one)) - float(str(other))) <= 1e-9 * abs(float(str(other)))
    except ValueError:
        return False


@pytest.mark.parametrize("chunks", [1, 5, 40])
@pytest.mark.parametrize(
    "text",
    [
        f"SUMMARIZE SELECT {COLUMNS} FROM 't.csv'",
        "SUMMARIZE SELECT i, k FROM 't.csv' WHERE false",
        "FROM (SUMMARIZE SELECT k, count(*) AS n FROM 't.csv' GROUP BY k) WHERE \"count\" > 1",
    ],
)
def test_summarize_tells_what_duckdb_tells(bench: Bench, text: str, chunks: int) -> None:
    expected = bench.oracle.execute(text).fetchall()
    actual = answered(bench, text, chunks)
    assert len(actual) == len(expected)
    for mine, theirs in zip(actual, expected, strict=True):
        approximate = slice(7, 10)
        assert all(map(close, mine[:7] + mine[10:], theirs[:7] + theirs[10:])), (mine, theirs)
        for value, other in zip(mine[approximate], theirs[approximate], strict=True):
            assert (value is None) == (other is None)


@pytest.mark.parametrize("chunks", [1, 5, 40])
def test_approximate_quantiles_are_near_in_rank(bench: Bench, chunks: int) -> None:
    values = sorted(
        row[0] for row in bench.oracle.execute("SELECT y FROM 't.csv' WHERE y IS NOT NULL").fetchall()
    )
    fractions = [0.01, 0.25, 0.5, 0.9, 0.99]
    (row,) = answered(bench, f"SELECT approx_quantile(y, {fractions}) FROM 't.csv'", chunks)
    found = row[0]
    assert isinstance(found, list)
    for fraction, value in zip(fractions, found, strict=True):
        rank = bisect.bisect(values, float(value)) / len(values)
        assert rank == pytest.approx(fraction, abs=0.02)
