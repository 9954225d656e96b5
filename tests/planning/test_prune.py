# ruff: noqa: E501 - one case a line
from __future__ import annotations

from collections.abc import Callable

import pytest

from fusionflow_lab.query import Plan


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT count(*) FROM 'trips.csv'", []),
        ("SELECT max(N) FROM 'trips.csv' WHERE \"Day\" > '2020-01-01'", ["n", "day"]),
        ("SELECT max(c) FROM (SELECT city AS c, n AS m, price FROM 'trips.csv')", ["city"]),
        ("SELECT max(b) FROM (SELECT n + 1 AS a, a * 2 AS b, price AS c FROM 'trips.csv' WHERE day IS NULL)", ["n", "day"]),
        ("SELECT count(*) FROM (SELECT city, n FROM 'trips.csv')", ["city"]),
        ("SELECT count(*) FROM (SELECT * FROM 'trips.csv' WHERE n > 1)", ["n"]),
        ("SELECT city FROM (SELECT * FROM (SELECT * FROM 'trips.csv'))", ["city"]),
        ("SELECT * FROM (SELECT city, n FROM 'trips.csv')", ["city", "price", "n", "day", "big"]),
        ("SELECT x FROM 'trips.csv' AS t(x, y)", ["city", "price", "n", "day", "big"]),
        ("SELECT trips.price FROM 'trips.csv' LIMIT 3", ["price"]),
        ("WITH q AS (SELECT city, n FROM 'trips.csv') SELECT (SELECT max(n) FROM q), (SELECT min(n) FROM q)", ["n"]),
    ],
)  # fmt: skip
def test_only_columns_that_matter_are_read(
    text: str, columns: list[str], plan: Callable[[str], Plan]
) -> None:
    stage = plan(text).stages[0]
    assert [column.name for column in stage.columns] == columns


def test_a_whole_row_keeps_its_items(plan: Callable[[str], Plan]) -> None:
    (stage,) = plan("SELECT hash(q) FROM (SELECT city, n FROM 'trips.csv') AS q").stages
    assert "SELECT city, n FROM" in stage.map_sql
