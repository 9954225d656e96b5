# ruff: noqa: E501 - plans are drawn a line a statement
from __future__ import annotations

from collections.abc import Callable

import pytest

from fusionflow_lab.query import Plan
from tests.planning.conftest import drawn

CASES = [
    (
        "SELECT a.city, b.n FROM 'trips.csv' a JOIN 'other.csv' b USING (n) WHERE a.price > 1",
        """
rows city,price,n: SELECT city, price, n FROM source_1
rows city,price,n: SELECT a.city, b.n FROM (source_0 AS a INNER JOIN table_0 AS b USING (n)) WHERE (a.price > 1)
  table_0: SELECT * FROM stage_0 AS b
final: SELECT city, n FROM stage_1
""",
    ),
    (
        "SELECT t.city, max(o.n) AS m FROM 'trips.csv' t LEFT JOIN 'other.csv' o ON t.n = o.n AND o.price > 2 GROUP BY 1",
        """
rows city,price,n: SELECT city, price, n FROM source_1 WHERE (price > 2)
aggregate city,price,n: SELECT t.city AS k0, max(o.n) AS s0, count_star() AS __used FROM (source_0 AS t LEFT JOIN table_0 AS o ON (((t.n = o.n) AND (o.price > 2)))) GROUP BY 1
  merge SELECT k0, max(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
  table_0: SELECT * FROM stage_0 AS o
final: SELECT k0 AS city, max(s0) AS m FROM stage_1 GROUP BY k0
""",
    ),
    (
        "SELECT city FROM 'trips.csv' UNION SELECT city FROM 'trips.csv'",
        """
aggregate city: SELECT city AS k0, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT k0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: (SELECT k0 AS city FROM stage_0 GROUP BY k0) UNION (SELECT k0 AS city FROM stage_0 GROUP BY k0)
""",
    ),
    (
        "SELECT n, max(city) AS m FROM (SELECT n, city FROM 'trips.csv' UNION ALL SELECT 1.5, city FROM 'other.csv') GROUP BY 1",
        """
aggregate city,n: SELECT n AS k0, max(city) AS s0, count_star() AS __used FROM (SELECT CAST(n AS DECIMAL(20, 1)) AS n, city AS city FROM (SELECT n, city FROM source_0 AS trips) AS __branch) GROUP BY 1
  merge SELECT k0, max(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
aggregate city,n: SELECT n AS k0, max(city) AS s0, count_star() AS __used FROM (SELECT CAST("1.5" AS DECIMAL(20, 1)) AS n, city AS city FROM (SELECT 1.5, city FROM source_1 AS other) AS __branch) GROUP BY 1
  merge SELECT k0, max(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT k0 AS n, max(s0) AS m FROM ((SELECT * FROM stage_0) UNION ALL (SELECT * FROM stage_1)) AS stages GROUP BY k0
""",
    ),
    (
        "SELECT count(*) AS c FROM 'trips.csv' WHERE price > (SELECT avg(price) AS a FROM 'trips.csv')",
        """
aggregate price: SELECT avg(price) EXPORT_STATE AS s0, count_star() AS __used FROM source_0
  merge SELECT combine_aggr(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state
aggregate price: SELECT count_star() AS __used FROM source_0 WHERE (price > (SELECT * FROM table_0))
  merge SELECT CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state
  table_0: SELECT finalize(combine_aggr(s0)) AS a FROM stage_0
final: SELECT CAST(COALESCE(sum(__used), 0) AS BIGINT) AS c FROM stage_1
""",
    ),
    (
        "SELECT city FROM 'trips.csv' t WHERE price > (SELECT avg(price) FROM 'trips.csv' u WHERE u.city = t.city AND n > 1)",
        """
aggregate city,price,n: SELECT city AS k0, avg(price) EXPORT_STATE AS s0, count_star() AS __used FROM source_0 WHERE (n > 1) GROUP BY 1
  merge SELECT k0, combine_aggr(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
rows city,price: SELECT city FROM source_0 AS t WHERE (price > (SELECT any_value(__a0) FROM table_0 AS __group WHERE (__group.__k0 = t.city)))
  table_0: SELECT * FROM (SELECT k0 AS __k0, finalize(combine_aggr(s0)) AS __a0 FROM stage_0 GROUP BY k0) AS __group
final: SELECT city FROM stage_1
""",
    ),
    (
        "SELECT n FROM (VALUES (1)) v(n) WHERE n IN (SELECT n FROM 'trips.csv')",
        """
aggregate n: SELECT n AS k0, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT k0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT n FROM (SELECT * FROM (VALUES (1)) AS valueslist) AS v(n) WHERE (n = ANY(SELECT k0 AS n FROM stage_0 GROUP BY k0))
""",
    ),
    (
        "WITH RECURSIVE r(n) AS (SELECT max(n) FROM 'trips.csv' UNION ALL SELECT n - 1 FROM r WHERE n > 0) FROM r",
        """
aggregate n: SELECT max(n) AS s0, count_star() AS __used FROM source_0
  merge SELECT max(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state
final: WITH RECURSIVE r (n) AS ((SELECT max(s0) AS "max(n)" FROM stage_0) UNION ALL (SELECT (n - 1) FROM r WHERE (n > 0))) SELECT * FROM r
""",
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_cuts(text: str, expected: str, plan: Callable[[str], Plan]) -> None:
    found = plan(text)
    assert drawn(found) == expected.strip()
    assert not found.shipped


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "SELECT * FROM 'trips.csv' t FULL JOIN 'other.csv' o USING (n)",
            "FULL JOIN keeps rows of its other side",
        ),
        (
            "FROM (VALUES (1)) v(n) LEFT JOIN 'trips.csv' t USING (n)",
            "LEFT JOIN keeps rows of its other side",
        ),
        ("FROM 'other.csv' EXCEPT ALL FROM 'trips.csv'", "EXCEPT compares rows of several queries"),
        (
            "FROM (UNPIVOT (SELECT n FROM 'trips.csv') ON n INTO NAME a VALUE b)",
            "PIVOT looks at all rows together",
        ),
        ("SELECT city FROM (FROM 'trips.csv' ORDER BY n)", "rows are sorted before they are used"),
        (
            "SELECT v.n, (SELECT count(*) FROM 'trips.csv' t WHERE t.n < v.n) FROM (VALUES (1)) v(n)",
            "a subquery depends on the rows around it",
        ),
    ],
)
def test_rows_are_shipped_for_a_reason(text: str, reason: str, plan: Callable[[str], Plan]) -> None:
    found = plan(text)
    assert found.shipped == reason
    assert not found.gathered
    assert {stage.kind for stage in found.stages} <= {"rows"}


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        (
            "WITH q AS (SELECT city, count(*) c FROM 'trips.csv' GROUP BY 1) SELECT a.c FROM q a JOIN q b USING (city)",
            1,
        ),
        ("SELECT max(c) FROM (SELECT city, count(*) c FROM 'trips.csv' GROUP BY city)", 1),
        ("SELECT city FROM 'trips.csv' t WHERE EXISTS (FROM 'other.csv' o WHERE o.n = t.n)", 2),
        (
            "SELECT count(*) FROM 'trips.csv' t, 'other.csv' o, 'data/*.csv' d WHERE t.n = o.n AND o.n = d.n",
            3,
        ),
        ("SELECT exists(FROM 'trips.csv' WHERE n > 3)", 1),
    ],
)
def test_each_source_is_read_once_for_each_use(text: str, stages: int, plan: Callable[[str], Plan]) -> None:
    found = plan(text)
    assert len(found.stages) == stages
    assert not found.shipped


def test_a_stage_comes_after_what_it_reads(plan: Callable[[str], Plan]) -> None:
    found = plan(
        "SELECT count(*) FROM 'trips.csv' WHERE n IN (SELECT n FROM 'other.csv' WHERE price > "
        "(SELECT avg(price) FROM 'data/*.csv'))"
    )
    done: set[str] = set()
    for stage in found.stages:
        assert {name for broadcast in stage.broadcast for name in broadcast.stages} <= done
        done.add(stage.name)
    assert [bool(stage.broadcast) for stage in found.stages] == [False, True, True]
    assert [stage.name for stage in found.final_stages] == ["stage_2"]


def test_rows_are_counted_as_read_where_a_join_multiplies_them(plan: Callable[[str], Plan]) -> None:
    found = plan("SELECT count(*) FROM 'trips.csv' t JOIN 'other.csv' o USING (n) WHERE t.price > 1")
    assert [stage.multiplies for stage in found.stages] == [False, True]
    assert not found.stages[1].used_column
