from __future__ import annotations

from collections.abc import Callable

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.query import Plan


def test_a_pivot_by_the_values_of_the_data_is_cut_at_its_groups(plan: Callable[[str], Plan]) -> None:
    found = plan("PIVOT 'trips.csv' ON city USING sum(n) AS total GROUP BY day ORDER BY day")
    assert [stage.kind for stage in found.stages] == ["aggregate"]
    assert found.names == ()
    assert found.final_sql == (
        'PIVOT (SELECT g0 AS "day", p0, a0 FROM (SELECT k0 AS g0, k1 AS p0, sum(s0) AS a0 FROM stage_0'
        ' GROUP BY k0, k1)) ON p0 USING any_value(a0) AS "total" GROUP BY "day" ORDER BY "day"'
    )


def test_a_pivot_by_few_given_values_is_a_grouping_with_filters(plan: Callable[[str], Plan]) -> None:
    found = plan("PIVOT (SELECT city, day, n FROM 'trips.csv') ON city IN ('Oslo', 'Rome') USING max(n)")
    assert not found.gathered
    assert "max(n) FILTER (WHERE (city IS NOT DISTINCT FROM 'Oslo')) AS s0" in found.stages[0].map_sql
    assert found.names == ("day", "Oslo", "Rome")


def test_within_a_query_a_pivot_needs_its_values(plan: Callable[[str], Plan]) -> None:
    with pytest.raises(QueryError, match=r"not known before its rows are\ntry: write its values"):
        plan("SELECT count(*) FROM (PIVOT 'trips.csv' ON city USING sum(n))")
