"""Workers of little memory: what must be kept is refused by name, the rest goes to the disk; none dies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.config import Config
from fusionflow_lab.errors import QueryError
from tests.faults.world import workers

ROWS = 1_500_000
# Half of it is DuckDB's, less 64 MiB.
LIMIT = "600 MB"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Return a session with one worker of little memory."""
    home = tmp_path_factory.mktemp("home")
    config = Config.load(home=home, workers=1, memory_limit=LIMIT, runner="inprocess")
    with Session(config, "local") as session:
        session.start()
        yield session


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of small records: 12 MB in six tasks."""
    path = tmp_path_factory.mktemp("data") / "t.csv"
    rows = f"SELECT i % 10 AS j, i AS k FROM range({ROWS}) t(i)"
    duckdb.connect().execute(f"COPY ({rows}) TO '{path}' (HEADER)")
    return path


def test_a_sort_of_more_than_memory_goes_to_the_disk(session: Session, path: Path) -> None:
    wide = ", ".join(f"k + {n} AS c{n}" for n in range(20))
    rows = f"SELECT *, row_number() OVER (ORDER BY k DESC) AS r FROM (SELECT {wide}, k FROM '{path}')"
    before = workers(session)
    result = session.sql(f"SELECT max(r) AS r, arg_min(c3, r) AS c3 FROM ({rows})").result(100)
    assert result.arrow().to_pylist() == [{"r": ROWS, "c3": ROWS + 2}]
    assert workers(session) == before


def test_distinct_values_of_one_key_are_counted_in_parts(session: Session, tmp_path: Path) -> None:
    rows = 3_500_000  # kept together they took 600 MB
    values = f"SELECT 1 AS k, i AS v FROM range({rows}) t(i)"
    duckdb.connect().execute(f"COPY ({values}) TO '{tmp_path}/v.csv' (HEADER)")
    aggregates = "count(DISTINCT v) AS n, sum(DISTINCT v) AS s, avg(DISTINCT v) AS a, max(v) AS m"
    before = workers(session)
    result = session.sql(f"SELECT k, {aggregates} FROM '{tmp_path}/v.csv' GROUP BY k").result(100)
    total = rows * (rows - 1) // 2
    assert result.arrow().to_pylist() == [{"k": 1, "n": rows, "s": total, "a": total / rows, "m": rows - 1}]
    assert workers(session) == before


@pytest.mark.parametrize(
    ("aggregate", "told"),
    [
        # One task alone keeps too much.
        ("list(repeat(k::VARCHAR, 200))", "list(repeat(CAST(k AS VARCHAR), 200)) must keep do not fit"),
        # A task's values fit, those of all tasks together do not.
        ("list(repeat('x', 110))", "must keep do not fit into the memory of a worker ("),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    aggregate: str, told: str, session: Session, path: Path
) -> None:
    before = workers(session)
    with pytest.raises(QueryError) as raised:
        session.sql(f"SELECT length({aggregate}) AS n FROM '{path}'").result(60)
    assert told in str(raised.value)
    assert "FUSIONFLOW_MEMORY_LIMIT" in str(raised.value)
    assert workers(session) == before
    assert session.sql(f"SELECT count(*) AS n FROM '{path}'").result(60).arrow().to_pylist() == [{"n": ROWS}]


def test_the_sketch_is_offered(session: Session, path: Path) -> None:
    columns = ", ".join(f"median(k + {n}) AS m{n}" for n in range(40))
    with pytest.raises(QueryError) as raised:
        session.sql(f"SELECT {columns} FROM '{path}'").result(60)
    assert "approx_quantile((k + 39), 0.5) needs little memory" in str(raised.value)
    sketches = columns.replace("median(", "approx_quantile(").replace(") AS", ", 0.5) AS")
    result = session.sql(f"SELECT {sketches} FROM '{path}'").result(60)
    assert abs(result.arrow().column("m0")[0].as_py() - ROWS / 2) < ROWS / 100
