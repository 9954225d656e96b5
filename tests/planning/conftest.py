"""A planner over tables that are described, not read; real files where a test is about files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Plan, Query
from tests.differential.evaluate import TableSniffer

TRIPS = [("city", "VARCHAR"), ("price", "DOUBLE"), ("n", "BIGINT"), ("day", "DATE"), ("big", "HUGEINT")]


@pytest.fixture(scope="session")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Plan]]:
    """Plan a text over ``trips.csv`` and ``other.csv``, both with the columns of ``TRIPS``."""
    sniffer = TableSniffer({"trips.csv": TRIPS, "other.csv": TRIPS, "data/*.csv": TRIPS})
    planner = Planner(Catalog(tmp_path_factory.mktemp("types"), sniffer))
    yield lambda text: planner.plan(Query(text=text))
    planner.close()


def drawn(plan: Plan) -> str:
    """Draw a plan as lines that are easy to compare."""
    lines = []
    for stage in plan.stages:
        columns = ",".join(column.name for column in stage.columns)
        lines.append(f"{stage.kind} {columns or '-'}: {stage.map_sql}")
        lines += [f"  merge {stage.merge_sql}"] if stage.merge_sql else []
        lines += [f"  reduce {stage.reduce_sql}"] if stage.reduce_sql else []
        lines += [f"  {entry.name}: {entry.sql}" for entry in stage.broadcast]
    return "\n".join([*lines, f"final: {plan.final_sql}"])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Write three small CSV files into a folder."""
    for number in range(3):
        rows = "".join(f"c{row},{row}.5,{row}\n" for row in range(9))
        (tmp_path / f"part{number}.csv").write_text(f"city,price,n\n{rows}")
    return tmp_path
