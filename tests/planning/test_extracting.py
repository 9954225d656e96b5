"""``extract`` becomes one source with the lines that it follows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.extracting import with_marker
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Plan, Query
from fusionflow_lab.source import Text

LOG = r"(?<day>\S+) (?<level>\w+) (?<n>\d+)"
LINES = "read_lines('*.log')"


@pytest.fixture
def planner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planner]:
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text("2024-01-02 INFO 7\n2024-01-03 WARN 8\n", encoding="utf-8")
    made = Planner(Catalog(tmp_path / "types"))
    yield made
    made.close()


def plan(planner: Planner, text: str) -> Plan:
    return planner.plan(Query(text=text.replace("LOG", f"'{LOG}'").replace("LINES", LINES), folder=os.curdir))


NAMES = {
    "SELECT * FROM LINES, extract(line, LOG) m": ["line", "byte", "file", "day", "level", "n"],
    "SELECT m.* FROM LINES l, extract(l.line, LOG) m": ["day", "level", "n"],
    "SELECT m.* EXCLUDE (n), l.* FROM LINES l, extract(l.line, LOG) m": [
        *("day", "level", "line", "byte", "file"),
    ],
    "SELECT file, m.level FROM LINES, LATERAL extract(line, LOG) AS m WHERE m.n > 7": ["file", "level"],
    "SELECT abs(m.n) FROM LINES, extract(line, LOG) m": ["abs(m.n)"],
    "SELECT max(n) FROM LINES CROSS JOIN extract(line, LOG)": ["max(n)"],
    "WITH t AS (FROM LINES, extract(line, LOG) m) SELECT day FROM t": ["day"],
    "SELECT (SELECT m.n + 1), extract(year FROM m.day) AS y FROM LINES, extract(line, LOG) m": ["", "y"],
    "SELECT m.n FROM LINES, extract(line, LOG) m, range(2) r(i) WHERE r.i < m.n": ["n"],
}


@pytest.mark.parametrize("text", NAMES)
def test_names_stay(text: str, planner: Planner) -> None:
    found = plan(planner, text).names
    assert [name for name, expected in zip(found, NAMES[text], strict=True) if expected] == [
        name for name in NAMES[text] if name
    ]


def test_only_groups_that_are_used_are_read(planner: Planner) -> None:
    stage = plan(planner, "SELECT level, sum(m.n) FROM LINES, extract(line, LOG) m GROUP BY 1").stages[0]
    assert [(column.name, column.type) for column in stage.columns] == [("level", "VARCHAR"), ("n", "BIGINT")]
    assert stage.source.dialect == Text(rows="matches", pattern=LOG)


def test_types_and_unmatched_lines(planner: Planner) -> None:
    text = "SELECT n FROM LINES LEFT JOIN extract(line, LOG, types = {'n': 'DOUBLE'}) m ON true"
    made = plan(planner, text)
    assert made.types == ("DOUBLE",)
    assert made.stages[0].source.dialect == Text(rows="matches", pattern=LOG, unmatched=True)


MISTAKES = {
    "SELECT * FROM range(3), extract(line, LOG) m": "extract() takes the lines of a read_lines() right",
    "SELECT * FROM extract('x', LOG)": "extract() takes the lines of a read_lines() right before it",
    "SELECT * FROM LINES, extract(file, LOG)": "extract() takes a line and a pattern",
    "SELECT * FROM LINES, extract(line, '(?<a>x')": "the pattern is wrong at its character 1: unclosed group",
    "SELECT * FROM LINES, extract(line, 'x')": "the pattern names no groups",
    "SELECT * FROM LINES, extract(line, '(?<line>x)')": "the group line is called like another column",
    "SELECT m.q FROM LINES, extract(line, LOG) m": "there is no column m.q",
    "SELECT m FROM LINES, extract(line, LOG) m": "m is no value by itself",
    "SELECT 1 FROM LINES JOIN extract(line, LOG) m ON m.n > 1": "extract() is joined with a comma",
    "SELECT 1 FROM LINES, extract(line, LOG) m(a)": "the columns of extract() are named by its pattern",
    "SELECT 1 FROM LINES, extract(line, LOG, types = {'x': 'INTEGER'}) m": "there is no group x",
    "SELECT 1 FROM LINES, extract(line, LOG, unmatched = 'no') m": "unmatched is 'reject' or 'null'",
    "SELECT 1 FROM read_lines('*.log', unmatched = 'null')": "types and unmatched go with pattern",
    "SELECT 1 FROM words('*.log', lower = 3)": "lower is true or false",
    "SELECT line_number FROM LINES": "there is no column line_number",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_told(text: str, planner: Planner) -> None:
    with pytest.raises(QueryError) as told:
        plan(planner, text)
    assert MISTAKES[text] in str(told.value)


def test_the_other_extract_stays() -> None:
    for text in (
        "SELECT extract(year FROM d)",
        "SELECT EXTRACT('year' FROM d), 'extract(a, b)' -- extract(a, b)",
    ):
        assert with_marker(text) == text
