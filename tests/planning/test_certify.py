from __future__ import annotations

from collections.abc import Iterator

import pytest

from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.certify import certify
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.query import Column, StageKind


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    with binder.tables():
        binder.create(
            "t", [Column(name=name, type="BIGINT", ordinal=place) for place, name in enumerate("ab")]
        )
        yield binder
    binder.close()


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT a + 1 FROM t WHERE b > 1", "rows"),
        ("SELECT a FROM (SELECT a, b * 2 AS c FROM t WHERE b > 1) WHERE c < 9", "gather"),
        ("SELECT a, sum(b) FROM t GROUP BY a", "aggregate"),
        ("SELECT count(*) FROM (SELECT a FROM t WHERE b > 1)", "aggregate"),
    ],
)
def test_row_by_row_maps_pass(sql: str, kind: StageKind, binder: Binder) -> None:
    certify(binder.explain(sql), kind)


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
        ("SELECT a FROM t WHERE b IN (SELECT 1)", "rows"),
        ("SELECT a FROM t UNION ALL SELECT b FROM t", "rows"),
        ("SELECT unnest([a, b]) FROM t", "rows"),
        ("SELECT a FROM t TABLESAMPLE 10%", "rows"),
        ("SELECT geomean(a) FROM t", "rows"),
        ("SELECT 1", "rows"),
    ],
)
def test_what_needs_other_rows_does_not(sql: str, kind: StageKind, binder: Binder) -> None:
    with pytest.raises(Gather):
        certify(binder.explain(sql), kind)
