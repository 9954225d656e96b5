"""Hand-written queries where a cut could go wrong, each checked against DuckDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential.generate import RandomQuery
from tests.differential.soak import Bench, Tally, check

_FILES = sorted(Path(__file__).parent.glob("hand_written*.sql"))
_LINES = [line for file in _FILES for line in file.read_text(encoding="utf-8").splitlines()]
QUERIES = [line.rstrip(";") for line in _LINES if line and not line.startswith("--")]
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_hand_written_queries_answer_as_duckdb(part: int, bench: Bench) -> None:
    tally = Tally()
    for text in QUERIES[part::PARTS]:
        check(bench, RandomQuery(kind="hand-written", text=text), [5], tally)
    assert not tally.wrong, "\n\n".join(tally.wrong)


def test_there_are_many() -> None:
    assert len(QUERIES) > 400
