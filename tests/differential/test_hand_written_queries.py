"""Hand-written queries where a cut could go wrong, each checked against DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.states.evaluate import Evaluator
from tests.differential.generate import RandomQuery
from tests.differential.test_random_queries import check, oracle, planner, table

__all__ = ["oracle", "planner", "table"]  # the fixtures

_LINES = (Path(__file__).parent / "hand_written.sql").read_text(encoding="utf-8").splitlines()
QUERIES = [line.rstrip(";") for line in _LINES if not line.startswith("--")]
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_hand_written_queries_answer_as_duckdb(
    part: int, planner: Planner, oracle: duckdb.DuckDBPyConnection, table: pa.Table
) -> None:
    wrong = []
    with Evaluator((("TimeZone", "UTC"),)) as evaluator:
        for text in QUERIES[part::PARTS]:
            query = RandomQuery(kind="hand-written", text=text)
            try:
                check(query, planner, oracle, evaluator, table, chunks=5)
            except AssertionError as error:
                wrong.append(str(error))
    assert not wrong, "\n\n".join(wrong)


def test_there_are_many() -> None:
    assert len(QUERIES) > 400
