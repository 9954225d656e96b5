"""Random queries in process: sliced tables, real planner, real evaluator, DuckDB as the judge."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.differential.soak import CLASSES, Bench, Tally, check, drawn, mixed_queries, run

QUERIES = 50
SEED = 20260


@pytest.mark.parametrize(
    ("chunks", "part"),
    [
        *((chunks, part) for chunks, parts in ((1, 2), (5, 4), (40, 1)) for part in range(parts)),
        pytest.param(40, 1, marks=pytest.mark.long),
    ],
)
def test_random_queries_answer_as_duckdb(
    chunks: int, part: int, bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    tally = Tally()
    for query in mixed_queries(SEED + 100 * chunks + part, QUERIES):
        check(bench, query, [chunks], tally)
    record_property("ways", {way: tally.count(way) for way in CLASSES})
    assert not tally.wrong, "\n\n".join(tally.wrong[:10])
    assert tally.count("refused") == 0, tally.reasons
    assert tally.count("both fail") <= QUERIES / 8


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_thousand_random_queries_answer_as_duckdb() -> None:
    tally = run(SEED, mixed_queries(SEED, 2000), [1, 5, 40])
    assert not tally.wrong, "\n\n".join(tally.wrong[:10])
    assert tally.count("refused") == 0, drawn(tally)
