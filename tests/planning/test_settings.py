from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.settings import changed, setting
from fusionflow_lab.planning.statement import SetOption, statement
from fusionflow_lab.query import Query
from tests.differential.evaluate import TableSniffer


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("SET TimeZone = 'Asia/Tokyo'", SetOption(name="TimeZone", value="Asia/Tokyo")),
        (
            "set session default_null_order to nulls_first;",
            SetOption(name="default_null_order", value="nulls_first"),
        ),
        ("SET TIME ZONE 'UTC'", SetOption(name="TimeZone", value="UTC")),
        ("SET integer_division=true", SetOption(name="integer_division", value="true")),
        ("RESET timezone", SetOption(name="timezone")),
        ("SET threads TO 1", SetOption(name="threads", value="1")),
        ("SETTING", None),
        ("SELECT 'SET x = 1'", None),
    ],
)
def test_set_is_read_from_duckdbs_tokens(text: str, asked: SetOption | None) -> None:
    assert statement(text) == asked


def test_set_stands_alone() -> None:
    with pytest.raises(QueryError, match=r"SET stands alone\nwhere: line 1, column 32"):
        statement("SET integer_division = true  ; SELECT 1")


def test_what_is_not_of_the_query_is_refused() -> None:
    with pytest.raises(QueryError, match=r"threads is not set here\ntry: the cluster decides"):
        setting("threads", "4")
    with pytest.raises(QueryError, match="did you mean TimeZone"):
        setting("TimeZon", "UTC")
    with pytest.raises(QueryError, match=r"SET TimeZone: .*Mars"):
        setting("timezone", "Mars/Olympus")


def test_setting_again_replaces() -> None:
    first = changed((), "timezone", "Asia/Tokyo")
    assert changed(changed(first, "integer_division", "true"), "TimeZone", "UTC") == (
        ("TimeZone", "UTC"),
        ("integer_division", "true"),
    )


def test_settings_shape_the_plan(tmp_path: Path) -> None:
    planner = Planner(Catalog(tmp_path, TableSniffer({"trips.csv": [("ts", "TIMESTAMP"), ("n", "BIGINT")]})))
    text = "SELECT n / 2 AS half, count(*) FROM 'trips.csv' GROUP BY 1"
    plain = planner.plan(Query(text=text))
    settings = (("TimeZone", "Asia/Tokyo"), ("integer_division", "true"))
    asked = planner.plan(Query(text=text, settings=settings))
    assert plain.types[0] == "DOUBLE"
    assert asked.types[0] == "BIGINT"
    assert asked.settings == settings
    planner.close()
