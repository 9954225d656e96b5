from __future__ import annotations

from collections.abc import Callable

import pytest

from fusionflow_lab.query import Plan
from tests.planning.conftest import drawn


def test_the_first_rows_of_a_chunk_are_kept_with_their_ties(plan: Callable[[str], Plan]) -> None:
    found = plan(
        "SELECT city, n FROM 'trips.csv' WHERE price > 1"
        " QUALIFY row_number() OVER (PARTITION BY city ORDER BY n DESC) <= 2"
    )
    assert drawn(found) == (
        "topk city,price,n: SELECT city, n FROM source_0 AS trips WHERE (price > 1)\n"
        "  reduce SELECT * FROM state QUALIFY (rank() OVER (PARTITION BY city ORDER BY n DESC) <= 2)\n"
        "final: SELECT city, n FROM stage_0 AS trips"
        " QUALIFY (row_number() OVER (PARTITION BY city ORDER BY n DESC) <= 2)"
    )


@pytest.mark.parametrize(
    "text",
    [
        "SELECT city FROM (SELECT city, rank() OVER (ORDER BY n) AS r FROM 'trips.csv') AS q WHERE r < 3",
        "SELECT DISTINCT ON (city) city, n FROM 'trips.csv' ORDER BY city, n",
        "SELECT n, dense_rank() OVER (ORDER BY price) AS d FROM 'trips.csv' QUALIFY d = 1",
    ],
)
def test_other_ways_to_keep_the_first_rows(text: str, plan: Callable[[str], Plan]) -> None:
    (stage,) = plan(text).stages
    assert stage.kind == "topk"
    assert "QUALIFY" in stage.reduce_sql


@pytest.mark.parametrize(
    "text",
    [
        "SELECT sum(n) OVER () AS s FROM 'trips.csv' QUALIFY row_number() OVER (ORDER BY n) = 1",
        "SELECT n FROM 'trips.csv' QUALIFY row_number() OVER () = 1",
        "SELECT n FROM 'trips.csv' QUALIFY rank() OVER (ORDER BY n) > 3",
        "SELECT n FROM 'trips.csv' QUALIFY rank() OVER (ORDER BY n) = 1 OR n = 2",
        "SELECT DISTINCT ON (city) city, n FROM 'trips.csv'",
    ],
)
def test_where_dropped_rows_count_all_rows_travel(text: str, plan: Callable[[str], Plan]) -> None:
    (stage,) = plan(text).stages
    assert (stage.kind, stage.reduce_sql) == ("rows", "")
    assert stage.reason
