from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from fusionflow_lab.planning.tables import source_ddl, state_ddl
from fusionflow_lab.query import Plan


@pytest.mark.parametrize(
    "text",
    [
        "SELECT city, avg(n), count(*) FROM 'trips.csv' GROUP BY city",
        "SELECT count(*) FROM 'trips.csv'",
        "FROM 'trips.csv' ORDER BY n LIMIT 2",
        "SELECT row_number() OVER () FROM 'trips.csv'",
    ],
)
def test_merge_and_final_run_over_the_empty_tables(text: str, plan: Callable[[str], Plan]) -> None:
    found = plan(text)
    (stage,) = found.stages
    with duckdb.connect() as connection:
        for statement in (*state_ddl(stage), *state_ddl(stage, "state")):
            connection.execute(statement)
        merged = connection.sql(stage.merge_sql or stage.reduce_sql or "FROM state")
        state = connection.sql(f"FROM {stage.name}")
        assert (merged.columns, merged.types) == (state.columns, state.types)
        final = connection.sql(found.final_sql)
        assert tuple(map(str, final.types)) == found.types
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (2,)


def test_the_source_holds_what_the_map_reads(plan: Callable[[str], Plan]) -> None:
    (stage,) = plan("SELECT max(day), max(big) FROM 'trips.csv'").stages
    assert source_ddl(stage) == 'CREATE OR REPLACE TEMP TABLE "source_0" ("day" DATE, "big" HUGEINT)'
