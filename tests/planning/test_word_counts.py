"""Words that are only counted are counted while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import WORD_COUNT, Query


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("words")
    (made / "a.txt").write_text("a b a\n", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def planner(folder: Path) -> Iterator[Planner]:
    made = Planner(Catalog(folder / "types"))
    yield made
    made.close()


QUERIES = {
    "SELECT word, count(*) FROM W GROUP BY 1": True,
    "SELECT count(*) FROM W WHERE length(word) > 1": True,
    "SELECT DISTINCT upper(word) FROM W": True,
    "SELECT file, word, count() FROM W GROUP BY ALL": True,
    "SELECT word, count(*), min(byte) FROM W GROUP BY 1": False,
    "SELECT word, count(*) FILTER (word > 'a') FROM W GROUP BY 1": False,
    "SELECT count(word) FROM W": False,
    "SELECT byte % 2, count(*) FROM W GROUP BY 1": False,
    "SELECT list(word) FROM W": False,
    "SELECT word FROM W": False,
}


@pytest.mark.parametrize("text", QUERIES)
def test_only_counts_are_counted_early(text: str, planner: Planner, folder: Path) -> None:
    stage = planner.plan(Query(text=f"{text} ".replace("W ", f"words('{folder}/*.txt') "))).stages[0]
    assert any(column.name == WORD_COUNT for column in stage.columns) == QUERIES[text]
