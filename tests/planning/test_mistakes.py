"""What a user reads after a mistake: ``mistakes.txt`` holds queries and the messages that they get.

A line that ends in ``…`` stands for any that begins so; ``{cwd}`` for the folder of the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.frames import FrameStore
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.statement import CreateView, DropView, explained, statement
from fusionflow_lab.planning.workspace import Workspace
from fusionflow_lab.results.message import message_lines

CASES = [
    tuple(case.split("\n----\n"))
    for case in Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8").split("====\n")
]
TRIPS = "city,distance,day,price\nOslo,7,2024-01-01,1.5\nBergen,3,2024-01-03,2.5\n"
SCOPE = {"since": 1, "city": "Oslo", "cities": ["Oslo"]}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Planner, Workspace]]:
    folder = tmp_path_factory.mktemp("mistakes")
    planner = Planner(Catalog(folder / "types"))
    yield planner, Workspace(planner, FrameStore(folder / "frames", limit=1 << 20))
    planner.close()


def run(session: tuple[Planner, Workspace], sql: str) -> None:
    planner, names = session
    asked = statement(sql)
    if isinstance(asked, CreateView):
        names.create_view(asked)
    elif isinstance(asked, DropView):
        names.drop_view(asked.name)
    else:
        planner.plan(names.query(sql, scope=SCOPE))


@pytest.mark.parametrize(("sql", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_mistake_is_named_with_its_place_and_a_remedy(
    session: tuple[Planner, Workspace],
    sql: str,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("trips.csv").write_text(TRIPS)
    with pytest.raises((QueryError, FileNotFoundError)) as caught:
        run(session, sql)
    lines = message_lines(caught.value)
    wanted = expected.rstrip("\n").replace("{cwd}", str(tmp_path)).split("\n")
    assert [
        line[: len(other) - 1] + "…" if other.endswith("…") else line
        for line, other in zip(lines, wanted, strict=False)
    ] == wanted
    assert len(lines) == len(wanted) <= 12


def test_there_are_many() -> None:
    assert len(CASES) > 50


def test_a_long_line_is_shown_around_the_place() -> None:
    error = QueryError("no", where="line 2, column 201")
    error.sql = "SELECT\n" + "a" * 200 + "b" + "c" * 200
    lines = message_lines(error)
    assert max(map(len, lines)) < 100
    assert lines[2][lines[3].index("^")] == "b"


def test_places_are_those_of_the_cell() -> None:
    error = QueryError("no", where="line 1, column 16")
    error.sql = explained("EXPLAIN SELECT ctiy FROM t") or ""
    assert message_lines(error)[2:] == ["          SELECT ctiy FROM t", "                 ^"]
