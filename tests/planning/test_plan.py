from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Plan, Query

ERRORS = [
    (
        "selec city",
        """
syntax error at or near "selec"
where: line 1, column 1
try: did you mean SELECT?
""",
    ),
    (
        "select\n  'é',\n  cty\nfrom 'trips.csv'",
        """
there is no column cty
where: line 3, column 3
try: did you mean city? columns: city, price, n, day, big
""",
    ),
    (
        "select 'é', cty from 'trips.csv'",
        """
there is no column cty
where: line 1, column 13
try: did you mean city? columns: city, price, n, day, big
""",
    ),
    (
        "select b.city from 'trips.csv' a",
        """
there is no table b in this FROM
where: line 1, column 8
try: tables here: a
""",
    ),
    (
        "select * exclude (ctiy) from 'trips.csv'",
        """
there is no column ctiy
where: line 1, column 8
try: did you mean city? columns: city, price, n, day, big
""",
    ),
    (
        "select n, count(*) from 'trips.csv'",
        """
column "n" must appear in the GROUP BY clause or must be part of an aggregate function.
where: line 1, column 8
try: add it to GROUP BY, or take any_value(…) of it
""",
    ),
    (
        "select * from 'trips.avro'",
        """
trips.avro: this version reads CSV, JSON and Parquet only
where: line 1, column 15
try: convert the files to CSV or JSON, or unpack them
""",
    ),
    (
        "from read_csv('trips.csv.xz')",
        """
trips.csv.xz: this version reads CSV, JSON and Parquet only
where: line 1, column 6
try: convert the files to CSV or JSON, or unpack them
""",
    ),
    (
        "from 'ftp://host/trips.csv'",
        """
ftp://host/trips.csv: ftp:// is not read here
where: line 1, column 6
try: paths of this machine, or s3://, http://, https://, gs://, az://
""",
    ),
    (
        "select * from trips",
        """
there is no table trips
where: line 1, column 15
try: name files in quotes: FROM 'folder/*.csv'; other suffixes: read_csv('file.txt')
""",
    ),
    (
        "from read_avro('x')",
        """
read_avro() does not read files
where: line 1, column 6
try: read files by name, FROM 'folder/*.csv', or with read_csv or read_json
""",
    ),
    (
        "from query('select 1')",
        """
query() hides which files are read
where: line 1, column 6
try: write the query itself
""",
    ),
    (
        "set threads = 1",
        """
SET statements are not run here
try: write one SELECT statement over files
""",
    ),
    (
        "select 1; select 2",
        """
there is more than one statement
try: write one SELECT statement over files
""",
    ),
    (
        "-- nothing",
        """
there is no query
try: write one SELECT statement over files
""",
    ),
    (
        "select $x from 'trips.csv'",
        """
$x has no value
where: line 1, column 8
""",
    ),
    (
        "from (pivot 'trips.csv' on city using sum(n)) where true",
        """
the columns of a PIVOT are not known before its rows are
try: write its values, ON column IN (…), to use it within a query
""",
    ),
    (
        "show tables",
        """
SHOW has nothing to show here
try: DESCRIBE FROM 'file.csv' lists its columns
""",
    ),
    (
        "select rowid from 'trips.csv'",
        """
there is no column rowid
where: line 1, column 8
try: number rows with row_number() OVER ()
""",
    ),
    (
        "select city from 'trips.csv' a join 'other.csv' b on true",
        """
Ambiguous reference to column name "city" (use: 'a.city' or 'b.city')
where: line 1, column 8
""",
    ),
]


@pytest.mark.parametrize(("text", "expected"), ERRORS)
def test_what_is_wrong_is_said_with_its_place(text: str, expected: str, plan: Callable[[str], Plan]) -> None:
    with pytest.raises(QueryError) as raised:
        plan(text)
    assert str(raised.value) == expected.strip()
    assert "source_" not in str(raised.value)


@pytest.mark.parametrize("terms", [600, 3000])
def test_a_query_nested_too_deeply_is_refused(terms: int, plan: Callable[[str], Plan]) -> None:
    with pytest.raises(QueryError, match="nested too deeply"):
        plan(f"SELECT {' + '.join(['n'] * terms)} FROM 'trips.csv'")
    assert plan("SELECT n FROM 'trips.csv'").stages


def test_names_and_types_are_those_of_the_query(plan: Callable[[str], Plan]) -> None:
    found = plan("SELECT city, sum(n), (SELECT max(day) FROM 'trips.csv') FROM 'trips.csv' GROUP BY 1")
    assert found.names == ("city", "sum(n)", '(SELECT max("day") FROM "trips.csv")')
    assert found.types == ("VARCHAR", "HUGEINT", "DATE")
    assert found.settings[0][0] == "TimeZone"


def test_comments_and_a_semicolon_are_fine(plan: Callable[[str], Plan]) -> None:
    (stage,) = plan("-- a comment\nSELECT count(*) /* all */ FROM 'trips.csv';\n").stages
    assert stage.kind == "aggregate"


def test_a_query_without_files_has_no_stages(plan: Callable[[str], Plan]) -> None:
    found = plan("WITH unused AS (FROM 'nowhere.csv') SELECT 1 AS one")
    assert (found.stages, found.names) == ((), ("one",))


def test_describe_reads_no_rows(plan: Callable[[str], Plan]) -> None:
    found = plan("DESCRIBE SELECT city, sum(n) FROM 'trips.csv' GROUP BY city")
    assert found.stages == ()
    assert "('sum(n)', 'HUGEINT', 'YES'" in found.final_sql


def test_one_pattern_with_the_same_options_is_one_source(plan: Callable[[str], Plan]) -> None:
    found = plan("SELECT * FROM 'trips.csv' a, trips.csv b, 'other.csv' c, read_csv('trips.csv', skip = 1) d")
    assert {stage.source.name for stage in found.stages} == {"source_0", "source_1", "source_2"}


def test_a_missing_file_names_the_nearest(files: Path) -> None:
    planner = Planner(Catalog(files / "types"))
    with pytest.raises(FileNotFoundError) as raised:
        planner.plan(Query(text=f"FROM '{files}/prt1.csv'"))
    assert str(raised.value) == f"no file matches {files}/prt1.csv\ntry: did you mean {files}/part1.csv?"
    planner.close()


@pytest.mark.parametrize("form", ["i+", "abs("])
def test_nesting_has_a_limit_and_a_name(form: str, plan: Callable[[str], Plan]) -> None:
    def nested(depth: int) -> str:
        inner = form.replace("i", "n") * depth + "n" + ")" * depth * form.count("(")
        return f"SELECT sum({inner}) FROM 'trips.csv' WHERE price > 0"

    assert not plan(nested(200)).gathered
    for depth in (400, 5000):
        with pytest.raises(QueryError, match=r"nested too deeply\ntry: name its parts with WITH"):
            plan(nested(depth))


def test_a_plan_holds_as_long_as_its_files_stay(files: Path) -> None:
    planner = Planner(Catalog(files / "types"))
    path = files / "kept.csv"
    path.write_text("a,b\n1,2\n")
    query = Query(text=f"SELECT sum(a) AS s FROM '{path}'", name="first")
    plan = planner.plan(query)
    assert planner.plan(Query(text=query.text)) is plan
    assert planner.plan(query, gather="for a test").gathered == "for a test"
    path.write_text("a,b\n1,2\n2.5,3\n")
    again = planner.plan(query)
    assert (plan.types, again.types) == (("HUGEINT",), ("DOUBLE",))
    assert again.stages[0].source.files != plan.stages[0].source.files
    planner.close()


def test_the_clock_is_read_anew(files: Path) -> None:
    planner = Planner(Catalog(files / "types"))
    query = Query(text=f"SELECT count(*) FROM '{files}/part0.csv' WHERE now() > DATE '2020-01-01'")
    assert planner.plan(query).moment < planner.plan(query).moment
    planner.close()
