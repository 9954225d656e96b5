from __future__ import annotations

from collections.abc import Callable

import pytest

from fusionflow_lab.query import Plan
from tests.planning.conftest import drawn

CASES = [
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
        ("SELECT count(*) FROM 'trips.csv' TABLESAMPLE 10%", "a sample is taken of all rows together"),
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
