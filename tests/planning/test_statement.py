from __future__ import annotations

import pytest

from fusionflow_lab.planning.statement import explained


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("EXPLAIN SELECT 1", "SELECT 1"),
        ("explain\nSELECT 1", "SELECT 1"),
        ("explain analyze select 'explain'", "select 'explain'"),
        ("EXPLAIN (FORMAT json, ANALYZE) (SELECT 1);", "(SELECT 1);"),
        ("-- é\n explain /* a */ from 'x.csv'", "from 'x.csv'"),
        ("explain", ""),
        ("SELECT 1", None),
        ("SELECT 'EXPLAIN x'", None),
        ("-- EXPLAIN\nSELECT 1", None),
        ("explained", None),
        ("", None),
    ],
)
def test_explain_is_told_from_its_query(text: str, query: str | None) -> None:
    found = explained(text)
    assert (found and found.strip()) == query
    assert not found or text.endswith(found.strip())
    assert not found or len(found) == len(text)
