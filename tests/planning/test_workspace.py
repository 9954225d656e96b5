from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd  # noqa: TID253 - they are what is tested
import polars as pl  # noqa: TID253
import pyarrow as pa
import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.frames import FrameStore
from fusionflow_lab.planning.plan import Planner, map_hash
from fusionflow_lab.planning.statement import CreateView, statement
from fusionflow_lab.planning.workspace import Workspace
from fusionflow_lab.query import Plan

TRIPS = "city,distance,day\nOslo,7,2024-01-01\nBergen,3,2024-01-03\n"


@pytest.fixture
def planner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planner]:
    monkeypatch.chdir(tmp_path)
    Path("trips.csv").write_text(TRIPS)
    planner = Planner(Catalog(tmp_path / "types"))
    yield planner
    planner.close()


@pytest.fixture
def names(planner: Planner, tmp_path: Path) -> Workspace:
    return Workspace(planner, FrameStore(tmp_path / "frames", limit=1 << 20))


def create(names: Workspace, text: str, **scope: object) -> None:
    asked = statement(text)
    assert isinstance(asked, CreateView)
    names.create_view(asked, scope=scope)


def plan(names: Workspace, planner: Planner, text: str, **scope: object) -> Plan:
    return planner.plan(names.query(text, scope=scope))


def test_values_become_constants_of_their_types(names: Workspace, planner: Planner) -> None:
    made = plan(
        names,
        planner,
        "SELECT city FROM 'trips.csv' WHERE day >= $since AND city IN $cities AND distance < $most LIMIT $n",
        since=dt.date(2024, 1, 2),
        cities=["Oslo", "'; DROP TABLE trips; --"],
        most=7.5,
        n=3,
    )
    (stage,) = made.stages
    assert "CAST('2024-01-02' AS DATE)" in stage.map_sql
    assert "list_value('Oslo', '''; DROP TABLE trips; --')" in stage.map_sql
    assert "CAST('7.5' AS DOUBLE)" in stage.map_sql
    assert stage.kind == "limit"


def test_the_hash_of_a_map_holds_the_values_that_it_uses(names: Workspace, planner: Planner) -> None:
    def hashed(text: str, x: int) -> str:
        made = plan(names, planner, text, x=x)
        return map_hash(made.stages[0], made)

    below = "SELECT city, sum(distance) FROM 'trips.csv' WHERE distance > $x GROUP BY 1"
    above = "SELECT city, sum(distance) s FROM 'trips.csv' GROUP BY 1 HAVING s > $x"
    assert hashed(below, 1) != hashed(below, 2)
    assert hashed(above, 1) == hashed(above, 2)


@pytest.mark.parametrize(
    "text", ["SELECT 'a'[:2]", "SELECT 1::int", """SELECT '{"a":$x}'::JSON""", "SELECT '$x'"]
)
def test_what_looks_like_a_parameter_is_none(names: Workspace, text: str) -> None:
    assert names.query(text).parameters == ()


def test_columns_are_named_after_parameters(names: Workspace, planner: Planner) -> None:
    assert plan(names, planner, "SELECT $x, 1 + $x AS y", x=5).names == ("$x", "y")


def test_views_are_inlined_into_the_query(names: Workspace, planner: Planner) -> None:
    create(names, "CREATE VIEW near AS WITH a AS (FROM 'trips.csv' WHERE distance < $most) FROM a")
    create(names, 'create or replace temp view "nearer" (town) as select city from near')
    query = names.query("WITH near AS (SELECT 1) SELECT town FROM nearer, near", scope={"most": 5})
    assert [view.name for view in query.views] == ["near", "nearer"]
    made = planner.plan(query)
    assert made.names == ("town",)
    assert [stage.source.pattern for stage in made.stages] == ["trips.csv"]


def test_two_queries_over_one_view_share_its_map(names: Workspace, planner: Planner) -> None:
    create(names, "CREATE VIEW near AS SELECT city, distance FROM 'trips.csv' WHERE distance < 5")
    one = plan(names, planner, "SELECT city, sum(distance) FROM near GROUP BY 1")
    other = plan(names, planner, "SELECT city, sum(distance) AS s FROM near GROUP BY 1 ORDER BY s LIMIT 1")
    assert map_hash(one.stages[0], one) == map_hash(other.stages[0], other)


def test_a_view_is_dropped(names: Workspace) -> None:
    create(names, "CREATE VIEW near AS FROM 'trips.csv'")
    assert names.drop_view("NEAR")
    assert not names.drop_view("near", if_exists=True)
    with pytest.raises(QueryError, match="there is no view near"):
        names.drop_view("near")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CREATE VIEW near AS FROM 'trips.csv'", "there is a view near\ntry: CREATE OR REPLACE VIEW"),
        ("CREATE OR REPLACE VIEW near AS FROM far", "view far reads itself: far reads near reads far"),
        ("CREATE VIEW a AS FROM a", "view a reads itself: a reads a"),
        ('CREATE VIEW "trips.csv" AS SELECT 1', "trips.csv cannot be a name here: it looks like a file"),
        ("CREATE VIEW source_0 AS SELECT 1", "source_0 is a name that plans use"),
        ("CREATE VIEW t AS SELECT 1", "there is a table t\ntry: take another name for the view"),
        ("CREATE VIEW v(a, b) AS SELECT 1", "view v names 2 columns, its query has 1"),
        (
            "CREATE VIEW v AS\nSELECT ctiy FROM 'trips.csv'",
            "there is no column ctiy\nwhere: line 2, column 8\ntry: did you mean city?",
        ),
        ("CREATE VIEW v AS SELECT * FRM t", 'syntax error at or near "t"\nwhere: line 1, column 31'),
        ("CREATE VIEW v SELECT 1", "AS is missing\nwhere: line 1, column 15"),
        ("CREATE VIEW (a) AS SELECT 1", "a name is missing\nwhere: line 1, column 13"),
    ],
)
def test_a_view_that_cannot_be_is_refused(names: Workspace, text: str, message: str) -> None:
    names.register("t", pa.table({"x": [1]}))
    create(names, "CREATE VIEW near AS FROM 'trips.csv'")
    create(names, "CREATE VIEW far AS FROM near")
    with pytest.raises(QueryError) as caught:
        create(names, text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"city": ["Oslo"], "country": pd.Categorical(["Norway"])}, index=[7]),
        pl.DataFrame({"city": ["Oslo"], "country": ["Norway"]}),
        pa.table({"city": ["Oslo"], "country": ["Norway"]}),
        pa.RecordBatch.from_pylist([{"city": "Oslo", "country": "Norway"}]),
    ],
    ids=["pandas", "polars", "arrow table", "arrow batch"],
)
def test_tables_of_the_program_stand_in_from(names: Workspace, planner: Planner, data: object) -> None:
    made = plan(names, planner, "SELECT country FROM cities c WHERE c.city = 'Oslo'", cities=data)
    (stage,) = made.stages
    assert [f"{column.name} {column.type}" for column in stage.source.columns] == [
        "city VARCHAR",
        "country VARCHAR",
    ]
    assert stage.source.pattern == "cities"
    assert Path(stage.source.files[0].path).parent.name == "frames"


def test_a_table_is_known_by_its_content(names: Workspace) -> None:
    paths = [
        names.query("FROM t", scope={"t": pd.DataFrame({"x": values})}).frames[0].path
        for values in ([1, 2], [1, 2], [1, 3])
    ]
    assert paths[0] == paths[1] != paths[2]


def test_names_of_a_view_mean_what_they_mean_there(names: Workspace, planner: Planner) -> None:
    names.register("df", pa.table({"x": [1]}))
    create(names, "CREATE VIEW v AS FROM df")
    made = planner.plan(names.query("WITH df AS (SELECT 'no' AS y) SELECT * FROM v, df"))
    assert made.names == ("x", "y")


def test_what_can_stand_in_from_is_listed(names: Workspace) -> None:
    names.register("t", pa.table({"x": [1]}))
    create(names, "CREATE VIEW v AS FROM t")
    listed = names.listing({"df": pl.DataFrame({"x": [1]}), "_df": pl.DataFrame(), "n": 5})
    assert listed.to_pylist() == [
        {"name": "v", "kind": "view", "what": "FROM t"},
        {"name": "t", "kind": "table", "what": "registered"},
        {"name": "df", "kind": "variable", "what": "DataFrame"},
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SELECT $cty",
            "$cty has no value\nwhere: line 1, column 8\ntry: did you mean $city? give it a value:",
        ),
        ("SELECT $n", "$n is a dict, which cannot be a parameter"),
        (
            "SELECT ?",
            "parameters have names here\nwhere: line 1, column 8\ntry: write $name in place of ? or $1",
        ),
        ("FROM city", "there is no table city: the variable is a str"),
        ("FROM cites", "there is no table cites\nwhere: line 1, column 6\ntry: did you mean cities?"),
        ("FROM 'trips.csv' ORDER BY $city", "$city is a value, and no column to order by"),
        ("SELECT count(*) FROM 'trips.csv' GROUP BY $city", "$city is a value, and no column to group by"),
        ("FROM big", "big takes more than 1.0 MiB, the most for a table in FROM"),
    ],
)
def test_what_has_no_value_is_said(names: Workspace, planner: Planner, text: str, message: str) -> None:
    scope = {"city": "Oslo", "n": {}, "cities": pa.table({"x": [1]}), "big": pa.table({"x": range(1 << 18)})}
    with pytest.raises(QueryError) as caught:
        planner.plan(names.query(text, scope=scope))
    assert str(caught.value).startswith(message)


def test_a_parameter_that_is_not_mentioned_is_refused(names: Workspace) -> None:
    with pytest.raises(QueryError) as caught:
        names.query("SELECT $city", params={"city": 1, "cty": 2})
    assert (
        str(caught.value)
        == "the query has no parameter $cty\ntry: did you mean city? the query mentions: city"
    )
