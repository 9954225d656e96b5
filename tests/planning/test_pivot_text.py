from __future__ import annotations

import pytest

from fusionflow_lab.planning.pivot_text import VALUES, with_values


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("PIVOT t ON a, b || 'x' USING sum(v)", "PIVOT t ON (a) IN (?), (b || 'x') IN (?) USING sum(v)"),
        ("pivot t on a in (1, 2), b", "pivot t on a in (1, 2), (b) IN (?)"),
        ("PIVOT (FROM a JOIN b ON a.x = b.x) ON é;", "PIVOT (FROM a JOIN b ON a.x = b.x) ON (é) IN (?);"),
        (
            "FROM (PIVOT t ON lower(k) -- ON z\n GROUP BY g)",
            "FROM (PIVOT t ON (lower(k)) IN (?) -- ON z\n GROUP BY g)",
        ),
        ("FROM t PIVOT (sum(v) FOR k IN (1))", "FROM t PIVOT (sum(v) FOR k IN (1))"),
    ],
)
def test_expressions_without_values_get_a_placeholder(text: str, written: str) -> None:
    assert with_values(text) == written.replace("?", f"'{VALUES}'")
