from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.source import Column


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    yield binder
    binder.close()


@pytest.mark.parametrize(
    "sql",
    [
        "FROM 'x.csv'",
        "FROM read_text('/etc/hostname')",
        "FROM glob('*')",
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'x.db'",
        "SET threads = 2",
        "INSTALL httpfs",
        "PRAGMA enable_optimizer",
    ],
)
def test_the_planning_connection_touches_nothing(sql: str, binder: Binder) -> None:
    with pytest.raises(duckdb.Error):
        binder.execute(sql)


def test_volatile_functions_and_macros_that_call_them_are_known(binder: Binder) -> None:
    assert {"random", "uuid", "now", "today", "current_date", "nextval", "ago"} <= binder.functions.volatile
    assert not {"lower", "sum", "date_trunc", "list_sum", "median", "histogram"} & binder.functions.volatile
    assert {"sum", "count_star", "list", "quantile_cont"} <= binder.functions.aggregates


def test_tables_are_forgotten(binder: Binder) -> None:
    with binder.tables():
        binder.create("source_0", [Column(name="a b", type="HUGEINT", ordinal=0)])
        assert binder.shape('SELECT "a b", count(*) FROM source_0 GROUP BY 1').types == ("HUGEINT", "BIGINT")
        with pytest.raises(duckdb.Error):
            binder.shape("SELECT nope FROM source_0")
        assert binder.shape("FROM source_0").names == ("a b",)
    with pytest.raises(duckdb.Error):
        binder.shape("FROM source_0")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a, b + 1 AS c FROM t AS u WHERE (a > 1) ORDER BY 1 DESC NULLS FIRST LIMIT 10",
        "SELECT sum(a) FILTER (WHERE (b > 1)) FROM t GROUP BY ALL HAVING (count_star() > 3)",
        "SELECT * EXCLUDE (a) FROM t",
    ],
)
def test_the_tree_writes_what_it_read(text: str, binder: Binder) -> None:
    again = binder.sql(binder.parse(text))
    assert binder.sql(binder.parse(again)) == again
