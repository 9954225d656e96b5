from __future__ import annotations

from collections.abc import Iterator

import pytest

from fusionflow_lab.planning.ast import without_locations
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.scope import drop_unused, free_names, inline, nest_modifiers, with_ctes


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    yield binder
    binder.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "WITH q AS (SELECT a FROM source_0) SELECT q.a FROM q",
            "SELECT q.a FROM (SELECT a FROM source_0) AS q",
        ),
        (
            "WITH q(x, y) AS (SELECT a, b FROM source_0) SELECT * FROM q AS r(z)",
            "SELECT * FROM (SELECT a, b FROM source_0) AS r(z, y)",
        ),
        (
            "WITH q AS (FROM source_0), r AS (FROM q), s AS (SELECT 1) SELECT * FROM r, s",
            "WITH s AS (SELECT 1) SELECT * FROM (SELECT * FROM (SELECT * FROM source_0) AS q) AS r , s",
        ),
        (
            "WITH q AS (FROM source_0) SELECT * FROM q, q AS r",
            "WITH q AS (SELECT * FROM source_0) SELECT * FROM q , q AS r",
        ),
    ],
)
def test_a_cte_over_a_source_goes_where_it_is_used_once(text: str, expected: str, binder: Binder) -> None:
    tree = without_locations(binder.parse(text))
    inline(tree, frozenset({"source_0"}))
    assert binder.sql(tree) == expected


def test_unused_ctes_go(binder: Binder) -> None:
    tree = binder.parse("WITH a AS (FROM 'nowhere.csv'), b AS (FROM a), c AS (SELECT 1) FROM c")
    drop_unused(tree)
    assert binder.sql(tree) == "WITH c AS (SELECT 1) SELECT * FROM c"


def test_two_limits_are_a_subquery(binder: Binder) -> None:
    tree = binder.parse("((SELECT a FROM t ORDER BY a LIMIT 3) LIMIT 2) ORDER BY 1")
    nest_modifiers(tree)
    assert (
        binder.sql(tree)
        == "SELECT * FROM (SELECT * FROM (SELECT a FROM t ORDER BY a LIMIT 3) LIMIT 2) ORDER BY 1"
    )


def test_names_of_a_plan_stay_free(binder: Binder) -> None:
    tree = binder.parse("WITH stage_0 AS (SELECT 1 AS x) SELECT stage_0.x FROM stage_0")
    free_names(tree)
    assert (
        binder.sql(tree) == "WITH cte_stage_0 AS (SELECT 1 AS x) SELECT stage_0.x FROM cte_stage_0 AS stage_0"
    )


def test_a_part_takes_the_ctes_it_mentions(binder: Binder) -> None:
    outer = binder.parse("WITH a AS (SELECT 1), b AS (FROM a), c AS (SELECT 2) SELECT 3")
    node = binder.parse("FROM b")
    assert binder.sql(with_ctes(node, outer["cte_map"]["map"])) == (
        "WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b"
    )
