"""ClickBench's file has the columns of its table, and wrong answers are found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks import hits
from benchmarks.clickbench import DuckDB
from benchmarks.clickbench_queries import QUERIES

ROWS = 2_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hits.write(tmp_path_factory.mktemp("bench"), ROWS)


@pytest.fixture(scope="module")
def duck(path: Path) -> Iterator[DuckDB]:
    made = DuckDB(path)
    yield made
    made.close()


def test_the_file_is_the_same_everywhere(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    assert len(lines) == ROWS
    assert {line.count(b"\t") for line in lines} == {len(hits.COLUMNS) - 1}
    assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] == "00bc682b8ea31c30"


def test_all_queries_are_there(duck: DuckDB) -> None:
    assert len(QUERIES) == 43
    for text, places in QUERIES:
        answer = duck.ask(text).answer
        assert duck.difference(text, places, answer) == ""


@pytest.mark.parametrize("number", [13, 25, 37])
def test_a_wrong_answer_is_found(duck: DuckDB, number: int) -> None:
    text, places = QUERIES[number - 1]
    answer = duck.ask(text).answer
    assert duck.difference(text, places, answer.slice(1))
    first = pa.array([*answer.column(0).to_pylist()[:-1], "7"])
    other = answer.set_column(0, answer.schema.field(0), first.cast(answer.schema.field(0).type))
    assert duck.difference(text, places, other)


def test_rows_that_tie_may_be_others(duck: DuckDB) -> None:
    answer = duck.ask("SELECT UserID, count(*) AS c FROM hits GROUP BY 1 HAVING c = 1 LIMIT 10").answer
    text = "SELECT UserID, count(*) AS c FROM hits GROUP BY 1 HAVING c = 1 ORDER BY c LIMIT 10"
    assert duck.difference(text, (1,), answer) == ""
    assert answer.num_rows == 10
