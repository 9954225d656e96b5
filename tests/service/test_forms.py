from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.planning.identity import map_hash
from tests.service.conftest import Asker


def test_a_form_and_its_sql(asker: Asker, trips: Path) -> None:
    form = {
        "source": {"path": str(trips)},
        "columns": [{"column": "city"}, {"column": "distance", "function": "count", "alias": "n"}],
        "filters": [{"column": "city", "op": "!=", "values": [{"kind": "parameter", "text": "home"}]}],
        "group_all": True,
    }
    written = asker.json("POST", "form/sql", body={"form": form})
    assert written == {
        "sql": f"SELECT city, count(distance) AS n\nFROM '{trips}'\nWHERE city != $home\nGROUP BY ALL",
        "faults": [],
        "parameters": ["home"],
    }
    read = asker.json("POST", "form/parse", body={"sql": written["sql"]})
    assert asker.json("POST", "form/sql", body={"form": read["form"]}) == written
    assert read["parameters"] == ["home"]
    assert (read["form"]["group_all"], read["form"]["limit"]) == (True, None)


def test_faults_are_no_errors(asker: Asker) -> None:
    written = asker.json("POST", "form/sql", body={"form": {"source": {"path": ""}}})
    assert written["sql"] == ""
    assert written["faults"] == [{"where": "source.path", "what": "name a file, a pattern or a table"}]


def test_sql_that_has_no_form(asker: Asker) -> None:
    read = asker.json("POST", "form/parse", body={"sql": "SELECT a\nFROM t JOIN u USING (k) WHERE b > $x"})
    assert (read["form"], read["reason"], read["parameters"]) == (None, "a join", ["x"])
    assert (read["where"]["line"], read["where"]["column"]) == (2, 6)
    assert asker.json("POST", "form/parse", body={"sql": "SHOW TABLES"})["form"] is None


def test_sql_that_does_not_parse_has_a_place(asker: Asker) -> None:
    status, problem = asker.problem("POST", "form/parse", body={"sql": "SELECT a\nFRM t"})
    assert status == 400
    assert (problem["where"]["line"], problem["hint"]) == (2, "did you mean FROM?")


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({"source": {"path": "a", "engine": "x"}}, "unknown field form.source.engine"),
        ({"filters": [{"column": "a", "op": "drop"}]}, "form.filters.0.op"),
        ({"order": [{"by": None}]}, "form.order.0.by"),
    ],
)
def test_a_wrong_form_is_refused_by_name(asker: Asker, form: object, named: str) -> None:
    status, problem = asker.problem("POST", "form/sql", body={"form": form})
    assert status == 400
    assert named in problem["message"]


def test_form_and_sql_make_one_map(asker: Asker, trips: Path) -> None:
    """What is submitted from the form reads nothing that its SQL has read."""
    sql = f"select city, sum(distance) from read_csv('{trips}', types={{'distance': 'BIGINT'}}) group by city"
    first = asker.session.job(asker.run(sql, max_errors="100%"))
    form = asker.json("POST", "form/parse", body={"sql": sql})["form"]
    second = asker.run(asker.json("POST", "form/sql", body={"form": form})["sql"], max_errors="100%")
    counters = asker.json("GET", f"jobs/{second}")["counters"]
    assert counters["bytes_scanned"] == 0
    assert counters["bytes_reused"] > 0
    assert first.result().arrow().equals(asker.session.job(second).result().arrow())


def test_form_cell_and_panel_have_one_map_hash(asker: Asker, trips: Path) -> None:
    """The panel and the widget send what ``form/sql`` wrote; a cell holds it, or what a hand wrote for it."""
    hand = f"from '{trips}' select city, count(*) n where distance <> '5' group by 1 order by n desc limit 3"
    form = asker.json("POST", "form/parse", body={"sql": hand})["form"]
    written = asker.json("POST", "form/sql", body={"form": form})["sql"]
    planned = asker.json("POST", "validate", body={"sql": written})
    session = asker.session
    cells = [session.planner.plan(session.sql(text).query) for text in (hand, written)]
    hashes = {map_hash(plan.stages[0], plan) for plan in cells}
    assert hashes == {stage["map_hash"] for stage in planned["stages"]}
    assert len(hashes) == 1
