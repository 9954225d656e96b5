"""The end of a grouping in two steps: what is done in each bucket, and what over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Query

INNER = '(SELECT k0 AS k0, sum(s0) AS f0 FROM stage_0 GROUP BY 1) AS "groups"'
ADDED = "CAST(COALESCE(sum({}), 0) AS BIGINT)"
CASES = {
    "SELECT a, sum(b) AS s FROM t GROUP BY a HAVING s > 5": (
        "SELECT k0 AS a, sum(s0) AS s FROM stage_0 GROUP BY k0 HAVING (s > 5)",
        "",
    ),
    "SELECT a, sum(b) AS s FROM t GROUP BY a HAVING s > 5 ORDER BY s DESC LIMIT 3 OFFSET 2": (
        f"SELECT * FROM {INNER} WHERE (f0 > 5) ORDER BY f0 DESC LIMIT 5",
        'SELECT k0 AS a, f0 AS s FROM "groups" WHERE (f0 > 5) ORDER BY s DESC LIMIT 3 OFFSET 2',
    ),
    "SELECT a, sum(b) + 1 AS s FROM t GROUP BY a ORDER BY 2, s * 2": (
        f"SELECT * FROM {INNER}",
        'SELECT k0 AS a, (f0 + 1) AS s FROM "groups" ORDER BY 2, (s * 2)',
    ),
    "SELECT a, sum(b) + 1 AS s FROM t GROUP BY a ORDER BY 2, abs(s) LIMIT 1": (
        f"SELECT * FROM {INNER} ORDER BY (f0 + 1), abs((f0 + 1)) LIMIT 1",
        'SELECT k0 AS a, (f0 + 1) AS s FROM "groups" ORDER BY 2, abs(s) LIMIT 1',
    ),
    "SELECT a, rank() OVER (ORDER BY sum(b)) AS r FROM t GROUP BY a LIMIT 1": (
        f"SELECT * FROM {INNER}",
        'SELECT k0 AS a, rank() OVER (ORDER BY f0) AS r FROM "groups" LIMIT 1',
    ),
}
USED = f"{ADDED.format('__used')} AS __used"
PARTS = {
    "SELECT count(DISTINCT a) AS n FROM t": (
        f"SELECT count(d0) AS p0, {USED} FROM (SELECT d0, {USED} FROM stage_0 GROUP BY 1) AS pairs",
        f"SELECT {ADDED.format('p0')} AS p0, {USED} FROM state",
        f"SELECT {ADDED.format('p0')} AS n FROM parts",
        (),
        ("sum", "sum"),
    ),
    "SELECT a, count(DISTINCT b) AS n, sum(DISTINCT b), max(c) FROM t GROUP BY a HAVING n > 1": (
        (
            f"SELECT k0, count(d0) AS p0, sum(d0) AS p1, max(s0) AS s0, {USED} FROM "
            f"(SELECT k0, d0, max(s0) AS s0, {USED} FROM stage_0 GROUP BY 1, 2) AS pairs GROUP BY 1"
        ),
        f"SELECT k0, {ADDED.format('p0')} AS p0, sum(p1) AS p1, max(s0) AS s0, {USED} FROM state GROUP BY 1",
        (
            f'SELECT k0 AS a, {ADDED.format("p0")} AS n, sum(p1) AS "sum(DISTINCT b)", max(s0) AS "max(c)"'
            " FROM parts GROUP BY k0 HAVING (n > 1)"
        ),
        ("k0",),
        ("key", "sum", "sum", "max", "sum"),
    ),
}


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    planner = Planner(Catalog(tmp_path_factory.mktemp("types")))
    yield planner
    planner.close()


@pytest.fixture
def t(tmp_path: Path) -> str:
    (tmp_path / "t.csv").write_text("a,b,c\nx,1,2\ny,2,3\n")
    return f"'{tmp_path}/t.csv'"


@pytest.mark.parametrize("sql", CASES)
def test_what_a_group_gives_by_itself_is_done_in_its_bucket(sql: str, t: str, planner: Planner) -> None:
    plan = planner.plan(Query(text=sql.replace("FROM t", f"FROM {t}")))
    assert plan.bucket_final is not None
    assert (plan.bucket_final.bucket_sql, plan.bucket_final.final_sql) == CASES[sql]


@pytest.mark.parametrize("sql", PARTS)
def test_values_of_distinct_are_taken_apart_and_merged_by_keys(sql: str, t: str, planner: Planner) -> None:
    plan = planner.plan(Query(text=sql.replace("FROM t", f"FROM {t}")))
    (stage,) = plan.stages
    assert stage.spread
    assert stage.bucket_by == ("k0", "d0")[-len(stage.bucket_by) :]
    assert plan.bucket_final is not None
    parts = plan.bucket_final.parts
    assert parts is not None
    found = (parts.sql, parts.stage.merge_sql, parts.final_sql, parts.stage.bucket_by, parts.stage.merges)
    assert found == PARTS[sql]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(DISTINCT a), count(DISTINCT b) FROM t",
        "SELECT a, count(DISTINCT b) FROM t GROUP BY ROLLUP (a)",
        "SELECT list(DISTINCT b) FROM t",
        "SELECT a, b, count(*) FROM t GROUP BY ROLLUP (a, b)",
        "SELECT max(s) FROM (SELECT a, sum(b) AS s FROM t GROUP BY a)",
        "SELECT a, sum(b) FROM t GROUP BY a UNION ALL SELECT a, sum(c) FROM t GROUP BY a",
        "SELECT a, sum(b) FROM t GROUP BY a HAVING sum(b) > (SELECT avg(b) FROM t)",
    ],
)
def test_what_needs_all_groups_has_no_such_end(sql: str, t: str, planner: Planner) -> None:
    assert planner.plan(Query(text=sql.replace("FROM t", f"FROM {t}"))).bucket_final is None
