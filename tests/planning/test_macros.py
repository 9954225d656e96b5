from __future__ import annotations

from collections.abc import Callable

from fusionflow_lab.query import Plan


def test_macros_that_aggregate_are_cut(plan: Callable[[str], Plan]) -> None:
    found = plan("SELECT city, geomean(price) + 1 AS g, wavg(price, n) FROM 'trips.csv' GROUP BY city")
    assert not found.gathered
    assert "avg(ln(price)) EXPORT_STATE" in found.stages[0].map_sql
    assert found.names == ("city", "g", "wavg(price, n)")


def test_macros_that_do_not_aggregate_stay(plan: Callable[[str], Plan]) -> None:
    assert "fdiv(n, 2)" in plan("SELECT fdiv(n, 2), count(*) FROM 'trips.csv' GROUP BY ALL").stages[0].map_sql
