from __future__ import annotations

import pytest

from fusionflow_lab.results.statement import explained


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("EXPLAIN SELECT 1", " SELECT 1"),
        ("explain\nSELECT 1", "\nSELECT 1"),
        ("-- why\n/* so */ EXPLAIN FROM 'a.csv'", " FROM 'a.csv'"),
        ("SELECT 1", None),
        ("SELECT 'EXPLAIN x'", None),
        ("-- EXPLAIN\nSELECT 1", None),
        ("explained", None),
        ("", None),
    ],
)
def test_explain_is_told_from_select(text: str, query: str | None) -> None:
    assert explained(text) == query
