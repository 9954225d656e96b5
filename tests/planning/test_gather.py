# ruff: noqa: E501 - plans are drawn a line a statement
from __future__ import annotations

from collections.abc import Callable

import pytest

from fusionflow_lab.query import Plan
from tests.planning.conftest import drawn

CASES = [
    (
        "SELECT city, row_number() OVER (ORDER BY n) FROM 'trips.csv' WHERE price > 1",
        """
gather city,price,n: SELECT city, price, n FROM source_0 WHERE (price > 1)
final: SELECT city, row_number() OVER (ORDER BY n) FROM stage_0 AS trips WHERE (price > 1)
""",
    ),
    (
        "SELECT a.city, b.n FROM 'trips.csv' a JOIN 'other.csv' b USING (n) WHERE a.price > 1",
        """
gather city,price,n: SELECT city, price, n FROM source_0
gather city,price,n: SELECT city, price, n FROM source_1
final: SELECT a.city, b.n FROM (stage_0 AS a INNER JOIN stage_1 AS b USING (n)) WHERE (a.price > 1)
""",
    ),
    (
        "SELECT city FROM 'trips.csv' UNION SELECT city FROM 'trips.csv'",
        """
gather city: SELECT city FROM source_0
final: (SELECT city FROM stage_0 AS trips) UNION (SELECT city FROM stage_0 AS trips)
""",
    ),
    (
        "SELECT mode(city) FROM 'trips.csv' WHERE n > 1 AND random() < 0.5",
        """
gather city,n: SELECT city, n FROM source_0 WHERE (n > 1)
final: SELECT "mode"(city) FROM stage_0 AS trips WHERE ((n > 1) AND (random() < 0.5))
""",
    ),
    (
        "SELECT city FROM 'trips.csv' WHERE CAST(city AS INT) > 3 LIMIT 2",
        """
gather city: SELECT city FROM source_0
final: SELECT city FROM stage_0 AS trips WHERE (CAST(city AS INTEGER) > 3) LIMIT 2
""",
    ),
    (
        "SELECT count(*) FROM 'trips.csv' WHERE price > (SELECT avg(price) FROM 'trips.csv')",
        """
gather price: SELECT price FROM source_0
final: SELECT count_star() FROM stage_0 AS trips WHERE (price > (SELECT avg(price) FROM stage_0 AS trips))
""",
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_gathered_queries_ship_what_they_need(text: str, expected: str, plan: Callable[[str], Plan]) -> None:
    found = plan(text)
    assert drawn(found) == expected.strip()
    assert found.gathered
    assert all(stage.ordered for stage in found.stages)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT sum(n) OVER () FROM 'trips.csv'", "the window function sum looks at all rows together"),
        ("SELECT DISTINCT ON (city) city, n FROM 'trips.csv'", "DISTINCT ON picks rows among all of them"),
        ("FROM 'trips.csv' EXCEPT FROM 'other.csv'", "EXCEPT puts rows of several queries together"),
        ("FROM (PIVOT 'trips.csv' ON city IN ('a', 'b') USING sum(n))", "PIVOT looks at all rows together"),
        ("SUMMARIZE 'trips.csv'", "SUMMARIZE looks at all rows together"),
        (
            "SELECT n FROM (VALUES (1)) v(n) WHERE n IN (SELECT n FROM 'trips.csv')",
            "a subquery needs all rows of its files",
        ),
        (
            "WITH q AS (SELECT n FROM 'trips.csv') SELECT 1 FROM q a, q b",
            "q is used more than once",
        ),
        (
            "WITH RECURSIVE r(n) AS (SELECT max(n) FROM 'trips.csv' UNION ALL SELECT n - 1 FROM r WHERE n > 0) FROM r",
            "a recursive query needs its rows again and again",
        ),
        ("SELECT city FROM (FROM 'trips.csv' ORDER BY n)", "rows are sorted before they are used"),
        ("SELECT trips FROM 'trips.csv'", "a part of it does not stand by itself"),
    ],
)
def test_reasons(text: str, reason: str, plan: Callable[[str], Plan]) -> None:
    assert plan(text).gathered == reason


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT rank() OVER (ORDER BY n) FROM 'trips.csv'", ["n"]),
        ("SELECT * EXCLUDE (n), rank() OVER () FROM 'trips.csv'", ["city", "price", "n", "day", "big"]),
        ("SELECT count(*) OVER () FROM 'trips.csv'", ["city"]),
        ("SELECT hash(trips) FROM 'trips.csv'", ["city", "price", "n", "day", "big"]),
        ("SELECT rank() OVER (ORDER BY y) FROM 'trips.csv' AS t(x, y)", ["city", "price", "n", "day", "big"]),
    ],
)
def test_only_needed_columns_travel(text: str, columns: list[str], plan: Callable[[str], Plan]) -> None:
    (stage,) = plan(text).stages
    assert [column.name for column in stage.columns] == columns
