from __future__ import annotations

from collections.abc import Iterator

import pytest

from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.certify import certify
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.query import StageKind
from fusionflow_lab.source import Column


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    with binder.tables():
        columns = [Column(name=name, type="BIGINT", ordinal=place) for place, name in enumerate("ab")]
        for table in "ts":
            binder.create(table, columns)
        yield binder
    binder.close()


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT a + 1 FROM t WHERE b > 1", "rows"),
        ("SELECT a FROM (SELECT a, b * 2 AS c FROM t WHERE b > 1) WHERE c < 9", "gather"),
        ("SELECT a, sum(b) FROM t GROUP BY a", "aggregate"),
        ("SELECT count(*) FROM (SELECT a FROM t WHERE b > 1)", "aggregate"),
        ("SELECT t.a, s.b FROM t JOIN s USING (a)", "rows"),
        ("SELECT t.a, s.b FROM s JOIN t USING (a)", "rows"),
        ("SELECT t.a, s.b FROM t, s WHERE t.a > s.b", "rows"),
        ("SELECT t.a, s.b FROM t LEFT JOIN s ON t.a + s.a > 3", "rows"),
        ("SELECT t.a, s.b FROM s RIGHT JOIN t USING (a)", "rows"),
        ("SELECT t.a FROM t SEMI JOIN s USING (a)", "rows"),
        ("SELECT t.a FROM t ANTI JOIN s USING (a)", "rows"),
        ("SELECT t.a, s.b FROM t ASOF LEFT JOIN s ON s.a = t.a AND t.b >= s.b", "rows"),
        ("SELECT a FROM t WHERE b IN (SELECT a FROM s) AND a NOT IN (SELECT b FROM s)", "rows"),
        ("SELECT a FROM t WHERE b > (SELECT max(b) FROM s)", "rows"),
        ("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM s WHERE s.a = t.a AND s.b <> t.b)", "rows"),
        ("SELECT a, (SELECT sum(b) FROM s WHERE s.a < t.a) FROM t", "rows"),
        ("SELECT a, q.b FROM t, LATERAL (SELECT b FROM s WHERE s.a = t.a ORDER BY b LIMIT 1) q", "rows"),
        ("SELECT s.a, q.b FROM s, LATERAL (SELECT t.b FROM t WHERE t.a = s.a) q", "rows"),
        ("SELECT sum(s.b) FROM t JOIN (SELECT a, sum(b) AS b FROM s GROUP BY a) s USING (a)", "aggregate"),
    ],
)
def test_row_by_row_maps_pass(sql: str, kind: StageKind, binder: Binder) -> None:
    certify(binder.explain(sql), kind, "t")


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT sum(a) FROM t", "rows"),
        ("SELECT sum(c) FROM (SELECT count(*) AS c FROM t GROUP BY a)", "aggregate"),
        ("SELECT row_number() OVER () FROM t", "rows"),
        ("SELECT a FROM t ORDER BY b", "rows"),
        ("SELECT a FROM t LIMIT 3", "limit"),
        ("SELECT DISTINCT a FROM t", "rows"),
        ("SELECT t.a FROM t JOIN t AS u USING (a)", "rows"),
        ("SELECT a FROM s WHERE b IN (SELECT a FROM t)", "rows"),
        ("SELECT a FROM t WHERE b IN (SELECT a FROM t)", "rows"),
        ("SELECT s.a FROM s LEFT JOIN t USING (a)", "rows"),
        ("SELECT s.a FROM s SEMI JOIN t USING (a)", "rows"),
        ("SELECT t.a FROM t RIGHT JOIN s USING (a)", "rows"),
        ("SELECT t.a FROM t FULL JOIN s USING (a)", "rows"),
        ("SELECT t.a FROM t POSITIONAL JOIN s", "rows"),
        ("SELECT t.a FROM s ASOF JOIN t ON s.a = t.a AND s.b >= t.b", "rows"),
        ("SELECT a FROM s WHERE EXISTS (SELECT 1 FROM t WHERE t.a = s.a)", "rows"),
        ("SELECT a, (SELECT sum(b) FROM t WHERE t.a = s.a) FROM s", "rows"),
        ("SELECT a, (SELECT sum(u.b) FROM t u WHERE u.a = t.a) FROM t", "rows"),
        ("SELECT sum(t.a) FROM t JOIN (SELECT sum(a) AS a FROM t) u USING (a)", "aggregate"),
        ("SELECT a FROM s, LATERAL (SELECT t.b FROM t WHERE t.a = s.a LIMIT 1)", "rows"),
        ("SELECT a FROM s, LATERAL (SELECT sum(t.b) FROM t WHERE t.a = s.a)", "rows"),
        ("SELECT a FROM t UNION ALL SELECT b FROM t", "rows"),
        ("SELECT a FROM t TABLESAMPLE 10%", "rows"),
        ("SELECT geomean(a) FROM t", "rows"),
        ("SELECT 1", "rows"),
    ],
)
def test_what_needs_other_rows_does_not(sql: str, kind: StageKind, binder: Binder) -> None:
    with pytest.raises(Gather):
        certify(binder.explain(sql), kind, "t")


@pytest.mark.parametrize(
    ("sql", "several"),
    [
        ("SELECT a FROM t WHERE b > 1", False),
        ("SELECT a FROM t WHERE b IN (SELECT a FROM s)", False),
        ("SELECT a FROM t WHERE b > (SELECT max(b) FROM s)", False),
        ("SELECT t.a FROM t SEMI JOIN s USING (a)", False),
        ("SELECT t.a FROM t JOIN s USING (a)", True),
        ("SELECT t.a FROM t LEFT JOIN s USING (a)", True),
        ("SELECT t.a FROM t, s", True),
    ],
)
def test_joins_may_make_several_rows_of_one(sql: str, several: bool, binder: Binder) -> None:  # noqa: FBT001
    assert certify(binder.explain(sql), "rows", "t") is several
