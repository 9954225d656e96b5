# ruff: noqa: E501 - plans are drawn a line a statement
from __future__ import annotations

from collections.abc import Callable

import pytest

from fusionflow_lab.query import Plan
from tests.planning.conftest import drawn

CASES = [
    (
        "SELECT city, avg(price) AS p FROM 'trips.csv' WHERE n > 0 GROUP BY ALL HAVING p > 5 ORDER BY p LIMIT 3",
        """
aggregate city,price,n: SELECT city AS k0, avg(price) EXPORT_STATE AS s0, count_star() AS __used FROM source_0 WHERE (n > 0) GROUP BY 1
  merge SELECT k0, combine_aggr(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT k0 AS city, finalize(combine_aggr(s0)) AS p FROM stage_0 GROUP BY k0 HAVING (p > 5) ORDER BY p LIMIT 3
""",
    ),
    (
        "SELECT count(*) FROM 'trips.csv'",
        """
aggregate -: SELECT count_star() AS __used FROM source_0
  merge SELECT CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state
final: SELECT CAST(COALESCE(sum(__used), 0) AS BIGINT) AS "count_star()" FROM stage_0
""",
    ),
    (
        "SELECT lower(city) AS city, count(*) FROM trips.csv GROUP BY lower(city) ORDER BY city",
        """
aggregate city: SELECT lower(city) AS k0, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT k0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT k0 AS city, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS "count_star()" FROM stage_0 GROUP BY k0 ORDER BY city
""",
    ),
    (
        "SELECT t.city, sum(n) FILTER (WHERE price > 1), max(day) FROM 'trips.csv' t GROUP BY 1",
        """
aggregate city,price,n,day: SELECT city AS k0, sum(n) FILTER (WHERE (price > 1)) AS s0, max("day") AS s1, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT k0, sum(s0) AS s0, max(s1) AS s1, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT k0 AS city, sum(s0) AS "sum(n) FILTER (WHERE (price > 1))", max(s1) AS "max(""day"")" FROM stage_0 GROUP BY k0
""",
    ),
    (
        "SELECT count(DISTINCT city), sum(n) FROM 'trips.csv'",
        """
aggregate city,n: SELECT city AS d0, sum(n) AS s0, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT d0, sum(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT count(DISTINCT d0) AS "count(DISTINCT city)", sum(s0) AS "sum(n)" FROM stage_0
""",
    ),
    (
        "SELECT DISTINCT city, n FROM 'trips.csv' ORDER BY city",
        """
aggregate city,n: SELECT city AS k0, n AS k1, count_star() AS __used FROM source_0 GROUP BY 1, 2
  merge SELECT k0, k1, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1, 2
final: SELECT k0 AS city, k1 AS n FROM stage_0 GROUP BY k0, k1 ORDER BY k0
""",
    ),
    (
        "SELECT city, n, sum(price) FROM 'trips.csv' GROUP BY ROLLUP (city, n)",
        """
aggregate city,price,n: SELECT city AS k0, n AS k1, sum(price) AS s0, count_star() AS __used FROM source_0 GROUP BY 1, 2
  merge SELECT k0, k1, sum(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1, 2
final: SELECT k0 AS city, k1 AS n, sum(s0) AS "sum(price)" FROM stage_0 GROUP BY GROUPING SETS ((),(k0),(k0, k1))
""",
    ),
    (
        "WITH q AS (SELECT city AS c, price * 2 AS p FROM 'trips.csv' WHERE n > 0) SELECT c, sum(p) FROM q GROUP BY c",
        """
aggregate city,price,n: SELECT c AS k0, sum(p) AS s0, count_star() AS __used FROM (SELECT city AS c, (price * 2) AS p FROM source_0 AS trips WHERE (n > 0)) AS q GROUP BY 1
  merge SELECT k0, sum(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT k0 AS c, sum(s0) AS "sum(p)" FROM stage_0 GROUP BY k0
""",
    ),
    (
        "SELECT max(c) FROM (SELECT count(*) AS c FROM 'trips.csv' GROUP BY city)",
        """
aggregate city: SELECT city AS k0, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT k0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT max(c) FROM (SELECT CAST(COALESCE(sum(__used), 0) AS BIGINT) AS c FROM stage_0 GROUP BY k0)
""",
    ),
    (
        "SELECT city, sum(n) / (SELECT sum(n) FROM 'trips.csv') AS share FROM 'trips.csv' GROUP BY city",
        """
aggregate n: SELECT sum(n) AS s0, count_star() AS __used FROM source_0
  merge SELECT sum(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state
aggregate city,n: SELECT city AS k0, sum(n) AS s0, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT k0, sum(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT k0 AS city, (sum(s0) / (SELECT sum(s0) AS "sum(n)" FROM stage_0)) AS "share" FROM stage_1 GROUP BY k0
""",
    ),
    (
        "SELECT city, sum(n) AS s, rank() OVER (ORDER BY sum(n) DESC) AS r FROM 'trips.csv' GROUP BY city QUALIFY r <= 3",
        """
aggregate city,n: SELECT city AS k0, sum(n) AS s0, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT k0, sum(s0) AS s0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT k0 AS city, sum(s0) AS s, rank() OVER (ORDER BY sum(s0) DESC) AS r FROM stage_0 GROUP BY k0 QUALIFY (r <= 3)
""",
    ),
    (
        "SELECT city FROM 'trips.csv' GROUP BY city HAVING count(*) > 10",
        """
aggregate city: SELECT city AS k0, count_star() AS __used FROM source_0 GROUP BY 1
  merge SELECT k0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT k0 AS city FROM stage_0 GROUP BY k0 HAVING (CAST(COALESCE(sum(__used), 0) AS BIGINT) > 10)
""",
    ),
    (
        "SELECT day - DATE '2020-01-01' AS age, age * 2 AS twice, count(*) FROM 'trips.csv' GROUP BY ALL",
        """
aggregate day: SELECT ("day" - CAST('2020-01-01' AS DATE)) AS k0, (("day" - CAST('2020-01-01' AS DATE)) * 2) AS k1, count_star() AS __used FROM source_0 GROUP BY 1, 2
  merge SELECT k0, k1, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1, 2
final: SELECT k0 AS age, k1 AS twice, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS "count_star()" FROM stage_0 GROUP BY k0, k1
""",
    ),
    (
        "SELECT k0, count(*) AS s0 FROM (SELECT city AS k0 FROM 'trips.csv') GROUP BY k0",
        """
aggregate city: SELECT k0 AS __k0, count_star() AS __used FROM (SELECT city AS k0 FROM source_0 AS trips) GROUP BY 1
  merge SELECT __k0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS __used FROM state GROUP BY 1
final: SELECT __k0 AS k0, CAST(COALESCE(sum(__used), 0) AS BIGINT) AS s0 FROM stage_0 GROUP BY __k0
""",
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_grouped_queries_are_cut(text: str, expected: str, plan: Callable[[str], Plan]) -> None:
    found = plan(text)
    assert drawn(found) == expected.strip()
    assert found.gathered == ""
    assert not any(stage.ordered for stage in found.stages)


@pytest.mark.parametrize(
    "above",
    [
        "",
        " HAVING count(*) > 3",
        " HAVING avg(price) > 3",
        " ORDER BY 2 DESC",
        " ORDER BY avg(price) LIMIT 3",
        " LIMIT 5 OFFSET 2",
        " QUALIFY rank() OVER (ORDER BY avg(price)) < 3",
    ],
)
def test_what_stands_above_does_not_change_the_map(above: str, plan: Callable[[str], Plan]) -> None:
    text = "SELECT city, avg(price) FROM 'trips.csv' GROUP BY city"
    (stage,), (other,) = plan(text).stages, plan(text + above).stages
    assert stage == other


@pytest.mark.parametrize(
    ("text", "ordered"),
    [
        ("SELECT any_value(city) FROM 'trips.csv'", True),
        ("SELECT n, first(city) FROM 'trips.csv' GROUP BY n", True),
        ("SELECT arg_max(city, price) FROM 'trips.csv'", True),
        ("SELECT list(city), string_agg(city, ',') FROM 'trips.csv'", True),
        ("SELECT min(city), median(n), stddev(price) FROM 'trips.csv'", False),
    ],
)
def test_order_matters_where_the_answer_depends_on_it(
    text: str, plan: Callable[[str], Plan], *, ordered: bool
) -> None:
    (stage,) = plan(text).stages
    assert (stage.kind, stage.ordered) == ("aggregate", ordered)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "SELECT reservoir_quantile(n, 0.5) FROM 'trips.csv'",
            "reservoir_quantile draws its sample among all rows",
        ),
        (
            "SELECT count(*) FROM 'trips.csv' WHERE random() < 1",
            "random() must be answered once for all rows",
        ),
        ("SELECT count(*) FROM 'trips.csv' TABLESAMPLE 10%", "a sample is taken of all rows together"),
        (
            "SELECT CAST(city AS BIT), count(*) FROM 'trips.csv' GROUP BY 1",
            "values of type BIT do not travel between processes",
        ),
    ],
)
def test_what_cannot_be_cut_says_why(text: str, reason: str, plan: Callable[[str], Plan]) -> None:
    found = plan(text)
    assert found.gathered == reason
    assert [(stage.kind, stage.reason) for stage in found.stages] == [("gather", reason)]


def test_rows_are_counted_where_a_map_filters(plan: Callable[[str], Plan]) -> None:
    (filtering,) = plan("SELECT city FROM 'trips.csv' WHERE n > 1 GROUP BY city").stages
    (plain,) = plan("SELECT city FROM 'trips.csv' GROUP BY city").stages
    assert filtering.used_column == "__used"
    assert plain.used_column == ""


@pytest.mark.parametrize(
    "call", ["mode(city)", "list(city ORDER BY n)", "arg_max(city, n, 2)", "list(DISTINCT city)"]
)
def test_what_has_no_exported_state_keeps_its_arguments_in_order(
    call: str, plan: Callable[[str], Plan]
) -> None:
    found = plan(f"SELECT {call} FROM 'trips.csv'")
    assert not found.gathered
    (stage,) = found.stages
    assert stage.ordered
    assert "list(struct_pack(v0 := city" in stage.map_sql
    assert "unnest(s0) AS s0" in found.final_sql


def test_several_distinct_arguments_keep_a_set_each(plan: Callable[[str], Plan]) -> None:
    (stage,) = plan("SELECT count(DISTINCT city), sum(DISTINCT n), max(price) FROM 'trips.csv'").stages
    assert (
        "list(DISTINCT struct_pack(v0 := city)) AS s1, list(DISTINCT struct_pack(v0 := n)) AS s2"
        in stage.map_sql
    )
    assert "list_distinct(flatten(list(s1))) AS s1" in stage.merge_sql
    assert not stage.ordered


def test_the_order_of_rows_within_grouping_sets_is_told_below(plan: Callable[[str], Plan]) -> None:
    found = plan("SELECT city, day, first(n), GROUPING(day) FROM 'trips.csv' GROUP BY ROLLUP (city, day)")
    assert 'GROUPING(city, "day") AS __set' in found.stages[0].map_sql
    assert found.final_sql.endswith("GROUP BY k0, k1, __set")
