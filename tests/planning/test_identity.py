from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fusionflow_lab.planning.identity import map_hash
from fusionflow_lab.query import Plan
from fusionflow_lab.source import Dialect

BASE = "SELECT city, sum(n) FROM 'trips.csv' WHERE price > 1 GROUP BY city"


def hash_of(found: Plan) -> str:
    return map_hash(found.stages[0], found)


@pytest.mark.parametrize(
    "text",
    [
        f"{BASE} HAVING count(*) > 2 ORDER BY 2 LIMIT 7",
        "  select  CITY, sum(n) from trips.csv where price>1 group by 1; -- the same",
        "SELECT t.city, sum(t.n) AS total FROM 'trips.csv' AS t WHERE t.price > 1 GROUP BY ALL",
        BASE.replace("trips", "other"),
        "SELECT city, sum(n), (SELECT 1) FROM 'other.csv' WHERE price > 1 GROUP BY city",
    ],
)
def test_equal_maps_share_their_states(text: str, plan: Callable[[str], Plan]) -> None:
    assert hash_of(plan(text)) == hash_of(plan(BASE))


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("> 1", "> 2"),
        BASE.replace("sum(n)", "sum(n + 1)"),
        BASE.replace("sum(n)", "max(n)"),
        BASE.replace("WHERE price > 1", ""),
    ],
)
def test_other_maps_have_other_hashes(text: str, plan: Callable[[str], Plan]) -> None:
    assert hash_of(plan(text)) != hash_of(plan(BASE))


def test_how_bytes_are_read_counts(plan: Callable[[str], Plan]) -> None:
    found = plan(BASE)
    (stage,) = found.stages
    fixed = tuple(replace(column, fixed=True) for column in stage.columns)
    changed = [
        replace(stage, source=replace(stage.source, dialect=Dialect(delimiter=";"))),
        replace(stage, columns=fixed),
        replace(stage, kind="gather"),
        replace(stage, reduce_sql="FROM state"),
        replace(stage, ordered=True),
    ]
    hashes = {map_hash(other, found) for other in [stage, *changed]}
    assert len(hashes) == 1 + len(changed)
    assert hash_of(replace(found, settings=(("TimeZone", "Asia/Tokyo"),))) != hash_of(found)


def test_files_and_columns_that_are_not_read_do_not_count(plan: Callable[[str], Plan]) -> None:
    found = plan(BASE)
    (stage,) = found.stages
    columns = tuple(
        replace(column, type="VARCHAR") if column.name == "day" else column for column in stage.source.columns
    )
    source = replace(stage.source, pattern="elsewhere", files=(), columns=columns)
    assert map_hash(replace(stage, source=source), found) == hash_of(found)


def test_a_text_that_names_a_table_stays_as_it_is(plan: Callable[[str], Plan]) -> None:
    texts = [f"SELECT count(*) FROM 'trips.csv' WHERE city = '{name}'" for name in ("source_0", "source")]
    assert hash_of(plan(texts[0])) != hash_of(plan(texts[1]))
