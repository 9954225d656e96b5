from __future__ import annotations

from collections.abc import Callable

import pytest

from fusionflow_lab.query import Plan
from tests.planning.conftest import drawn

CASES = [
    (
        "SELECT * FROM 'trips.csv'",
        """
rows city,price,n,day,big: SELECT * FROM source_0
final: SELECT city, price, n, "day", big FROM stage_0
""",
    ),
    (
        "SELECT city, n + 1 AS m FROM 'trips.csv' WHERE m > 3",
        """
rows city,n: SELECT city, (n + 1) AS m FROM source_0 WHERE ((n + 1) > 3)
final: SELECT city, m FROM stage_0
""",
    ),
    (
        "SELECT city FROM 'trips.csv' ORDER BY price DESC LIMIT 5",
        """
topk city,price: SELECT city, price AS __o0 FROM source_0
  reduce SELECT * FROM state ORDER BY __o0 DESC LIMIT 1024
final: SELECT city FROM stage_0 ORDER BY __o0 DESC LIMIT 5
""",
    ),
    (
        "SELECT city, price FROM 'trips.csv' ORDER BY 2 LIMIT 5000 OFFSET 7",
        """
topk city,price: SELECT city, price FROM source_0
  reduce SELECT * FROM state ORDER BY 2 LIMIT 8192
final: SELECT city, price FROM stage_0 ORDER BY 2 LIMIT 5000 OFFSET 7
""",
    ),
    (
        "SELECT city FROM 'trips.csv' LIMIT 5 OFFSET 2",
        """
limit city: SELECT city FROM source_0
  reduce SELECT * FROM state LIMIT 1024
final: SELECT city FROM stage_0 LIMIT 5 OFFSET 2
""",
    ),
    (
        "SELECT city, city FROM 'trips.csv' ORDER BY n",
        """
rows city,n: SELECT city AS c0, city AS c1, n AS __o0 FROM source_0
final: SELECT c0, c1 FROM stage_0 ORDER BY __o0
""",
    ),
    (
        "SELECT * FROM 'trips.csv' LIMIT 10%",
        """
rows city,price,n,day,big: SELECT * FROM source_0
final: SELECT city, price, n, "day", big FROM stage_0 LIMIT (10) %
""",
    ),
    (
        "FROM (FROM 'trips.csv' SELECT city AS c, n WHERE n > 1) SELECT c WHERE n < 9",
        """
rows city,n: SELECT c FROM (SELECT city AS c, n FROM source_0 AS trips WHERE (n > 1)) WHERE (n < 9)
final: SELECT c FROM stage_0
""",
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_rows_are_cut(text: str, expected: str, plan: Callable[[str], Plan]) -> None:
    found = plan(text)
    assert drawn(found) == expected.strip()
    assert found.gathered == ""


@pytest.mark.parametrize(
    ("text", "kind", "ordered", "limit"),
    [
        ("FROM 'trips.csv'", "rows", True, 0),
        ("FROM 'trips.csv' ORDER BY n", "rows", True, 0),
        ("FROM 'trips.csv' LIMIT 5 OFFSET 2", "limit", True, 7),
        ("FROM 'trips.csv' ORDER BY n LIMIT 5", "topk", False, 0),
        ("FROM 'trips.csv' LIMIT (SELECT 5)", "rows", True, 0),
    ],
)
def test_kinds_of_rows(
    text: str, kind: str, limit: int, plan: Callable[[str], Plan], *, ordered: bool
) -> None:
    (stage,) = plan(text).stages
    assert (stage.kind, stage.ordered, stage.limit) == (kind, ordered, limit)


def test_a_slightly_other_limit_keeps_the_states(plan: Callable[[str], Plan]) -> None:
    text = "SELECT city FROM 'trips.csv' ORDER BY n LIMIT "
    assert plan(text + "3").stages == plan(text + "1000").stages
    assert plan(text + "3").stages != plan(text + "1025").stages
