from __future__ import annotations

from collections.abc import Callable

from fusionflow_lab.query import Plan


def test_summarize_is_one_stage_of_aggregates(plan: Callable[[str], Plan]) -> None:
    found = plan("SUMMARIZE FROM 'trips.csv' WHERE n > 0")
    assert [stage.kind for stage in found.stages] == ["aggregate"]
    assert not found.gathered
    assert "approx_quantile(n, 0.25) EXPORT_STATE" in found.stages[0].map_sql
    assert found.names[0] == "column_name"
    assert len(found.names) == 12


def test_columns_of_one_name_are_summarized_over_their_rows(plan: Callable[[str], Plan]) -> None:
    found = plan("SUMMARIZE SELECT n, n FROM 'trips.csv'")
    assert found.stages[0].kind in {"gather", "rows"}
