from __future__ import annotations

import pytest

from fusionflow_lab.planning.ast import Node, without_locations
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.joins import (
    conditions,
    driving_first,
    is_union_all,
    join_leaves,
    merged_columns,
)


@pytest.fixture(scope="module")
def binder() -> Binder:
    return Binder()


def parsed(binder: Binder, text: str) -> Node:
    node: Node = without_locations(binder.parse(text))
    return node


@pytest.mark.parametrize(
    ("text", "drives"),
    [
        ("FROM a JOIN b USING (k)", [True, True]),
        ("FROM a, b", [True, True]),
        ("FROM a LEFT JOIN b USING (k)", [True, False]),
        ("FROM a RIGHT JOIN b USING (k)", [False, True]),
        ("FROM a FULL JOIN b USING (k)", [False, False]),
        ("FROM a SEMI JOIN b USING (k)", [True, False]),
        ("FROM a ANTI JOIN b USING (k)", [True, False]),
        ("FROM a ASOF JOIN b ON a.x >= b.x", [True, False]),
        ("FROM a ASOF LEFT JOIN b ON a.x >= b.x", [True, False]),
        ("FROM a POSITIONAL JOIN b", [False, False]),
        ("FROM a JOIN b USING (k) LEFT JOIN c USING (k)", [True, True, False]),
        ("FROM a LEFT JOIN (b JOIN c USING (k)) USING (k)", [True, False, False]),
        ("FROM a LEFT JOIN b USING (k) RIGHT JOIN c USING (k)", [False, False, True]),
    ],
)
def test_sides_that_may_be_read_in_parts(text: str, drives: list[bool], binder: Binder) -> None:
    assert [leaf.drives for leaf in join_leaves(parsed(binder, text))] == drives


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("FROM a JOIN b ON on1 AND on2 WHERE w", [["w", "on1", "on2"], ["w", "on1", "on2"]]),
        ("FROM a LEFT JOIN b ON on1 WHERE w", [["w"], ["on1"]]),
        ("FROM a RIGHT JOIN b ON on1 WHERE w", [["on1"], ["w"]]),
        ("FROM a FULL JOIN b ON on1 WHERE w", [[], []]),
        ("FROM a SEMI JOIN b ON on1 WHERE w", [["w", "on1"], ["on1"]]),
        ("FROM a ANTI JOIN b ON on1 WHERE w", [["w"], ["on1"]]),
        ("FROM a ASOF JOIN b ON on1 WHERE w", [["w"], []]),
        ("FROM a POSITIONAL JOIN b WHERE w", [[], []]),
        ("FROM a LEFT JOIN (b JOIN c ON on1) ON on2 WHERE w", [["w"], ["on2", "on1"], ["on2", "on1"]]),
    ],
)
def test_filters_that_may_be_applied_before(text: str, filters: list[list[str]], binder: Binder) -> None:
    found = [[part["column_names"][0] for part in leaf.filters] for leaf in join_leaves(parsed(binder, text))]
    assert found == filters


def test_the_driving_side_comes_first(binder: Binder) -> None:
    origin = parsed(binder, "FROM a, b JOIN c ON b.x = c.x")["from_table"]
    ordered = driving_first(origin, lambda ref: "'c'" in str(ref))
    assert [leaf.ref["table_name"] for leaf in join_leaves({"from_table": ordered})] == ["c", "b", "a"]


@pytest.mark.parametrize("text", ["FROM a LEFT JOIN b USING (k)", "FROM a JOIN b USING (k)"])
def test_other_joins_stay_as_they_are(text: str, binder: Binder) -> None:
    origin = parsed(binder, text)["from_table"]
    assert driving_first(origin, lambda ref: "'b'" in str(ref)) == origin


def test_conditions_and_merged_columns(binder: Binder) -> None:
    origin = parsed(binder, "FROM a JOIN b USING (K) JOIN c ON a.x = c.x")["from_table"]
    assert len(conditions(origin)) == 1
    assert merged_columns(origin) == {"k"}
    assert merged_columns(parsed(binder, "FROM a NATURAL JOIN b")["from_table"]) == {"*"}


@pytest.mark.parametrize(
    ("text", "positional"),
    [
        ("SELECT 1 UNION ALL SELECT 2", True),
        ("SELECT 1 UNION SELECT 2", False),
        ("SELECT 1 UNION ALL BY NAME SELECT 2", False),
        ("SELECT 1 EXCEPT ALL SELECT 2", False),
        ("SELECT 1 UNION ALL SELECT 2 LIMIT 1", False),
        ("SELECT 1", False),
    ],
)
def test_union_all(text: str, positional: bool, binder: Binder) -> None:  # noqa: FBT001
    assert is_union_all(parsed(binder, text)) is positional
