from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.clock import freeze
from fusionflow_lab.planning.plan import Planner, map_hash
from fusionflow_lab.query import Plan, Query
from tests.differential.evaluate import TableSniffer

MOMENT = "2026-03-01T23:30:00+00:00"
CLOCKS = [
    "now()",
    "current_timestamp",
    "get_current_timestamp()",
    "current_date",
    "today()",
    "current_time",
    "get_current_time()",
    "localtime",
    "localtimestamp",
    "current_localtimestamp()",
    "current_localtime()",
    "transaction_timestamp()",
    "age(TIMESTAMP '2020-02-29')",
    "age(TIMESTAMPTZ '2020-02-29 12:00:00+00')",
    "ago(INTERVAL 3 DAY)",
]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_frozen_clock_has_the_type_of_the_running_one(clock: str, zone: str) -> None:
    binder = Binder((("TimeZone", zone),))
    frozen = binder.sql(freeze(binder.parse(f"SELECT {clock} AS x"), MOMENT, frozenset(), binder))
    assert binder.shape(frozen).types == binder.shape(f"SELECT {clock} AS x").types
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{zone}'")
        once = connection.execute(frozen).fetchall()
        assert connection.execute(frozen).fetchall() == once
    binder.close()


def test_the_day_is_that_of_the_time_zone() -> None:
    for zone, day in (("UTC", "2026-03-01"), ("Asia/Tokyo", "2026-03-02")):
        binder = Binder((("TimeZone", zone),))
        tree = freeze(binder.parse("SELECT current_date"), MOMENT, frozenset(), binder)
        assert binder.sql(tree) == f"SELECT CAST('{day}' AS DATE)"
        binder.close()


def test_a_column_of_that_name_is_no_clock() -> None:
    binder = Binder()
    tree = binder.parse("SELECT current_date, today() FROM t")
    frozen = binder.sql(freeze(tree, MOMENT, frozenset({"current_date"}), binder))
    assert frozen == "SELECT current_date, CAST('2026-03-01' AS DATE) FROM t"
    binder.close()


@pytest.fixture
def planner(tmp_path: Path) -> Planner:
    return Planner(Catalog(tmp_path, TableSniffer({"trips.csv": [("day", "DATE"), ("n", "BIGINT")]})))


def test_the_map_changes_with_time_only_where_it_reads_the_clock(planner: Planner) -> None:
    def hashed(text: str, moment: str) -> str:
        plan = planner.plan(Query(text=text, moment=moment))
        assert not plan.gathered
        assert plan.moment == moment
        return map_hash(plan.stages[0], plan)

    later = "2026-03-02T23:30:00+00:00"
    above = "SELECT current_date - max(day) AS days FROM 'trips.csv'"
    assert hashed(above, MOMENT) == hashed(above, later)
    below = "SELECT count(*) FROM 'trips.csv' WHERE day < today() - 7"
    assert hashed(below, MOMENT) != hashed(below, later)


def test_a_query_that_reads_no_clock_has_no_moment(plan: Callable[[str], Plan]) -> None:
    assert plan("SELECT count(*) FROM 'trips.csv'").moment == ""
    assert plan("SELECT now(), count(*) FROM 'trips.csv'").moment != ""
