"""Forms and their SQL: each says what the other says, or there is no form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.copying import sink_of
from fusionflow_lab.planning.form import (
    Form,
    FormColumn,
    FormFilter,
    FormOption,
    FormOrder,
    FormSink,
    FormSource,
    FormValue,
    NotAForm,
    form_parameters,
)
from fusionflow_lab.planning.form_faults import form_faults, sink_options
from fusionflow_lab.planning.form_read import sql_form
from fusionflow_lab.planning.form_text import form_sql
from fusionflow_lab.planning.identity import map_hash
from fusionflow_lab.query import Plan
from fusionflow_lab.sink import Sink

_HOSTILE = [
    "city", "City", "group", "select", "header", "ALL", "count(*)", "a b", 'we"ird', "it's", '";--',
    "/* x */",
    "$x", "ærø", "名前", "\u202egnp.exe", "new\nline", "\ttab", "x" * 300, "1", "*", "a.b", "<b>", "\\", "''",
]  # fmt: skip
_NAMES = st.one_of(
    st.sampled_from(_HOSTILE),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12),
)
_TEXTS = st.one_of(st.just(""), _NAMES)
_NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.17g}"),
)
_VALUES = st.one_of(
    st.builds(FormValue, kind=st.just("number"), text=_NUMBERS),
    st.builds(FormValue, kind=st.just("text"), text=_TEXTS),
    st.builds(FormValue, kind=st.just("boolean"), text=st.sampled_from(["true", "false"])),
    st.builds(FormValue, kind=st.just("date"), text=st.dates().map(str)),
    st.builds(FormValue, kind=st.just("timestamp"), text=st.datetimes().map(str)),
    st.builds(FormValue, kind=st.just("parameter"), text=st.sampled_from(["x", "least", "_1", "Select"])),
)
_ONE = ["=", "!=", "<", "<=", ">", ">=", "contains", "starts_with", "ends_with", "like", "not_like", "ilike"]
_FILTERS = st.one_of(
    st.builds(FormFilter, column=_NAMES, op=st.sampled_from(_ONE), values=st.tuples(_VALUES)),
    st.builds(FormFilter, column=_NAMES, op=st.just("between"), values=st.tuples(_VALUES, _VALUES)),
    st.builds(FormFilter, column=_NAMES, op=st.sampled_from(["is_null", "not_null"]), values=st.just(())),
    st.builds(
        FormFilter,
        column=_NAMES,
        op=st.sampled_from(["in", "not_in"]),
        values=st.lists(_VALUES, min_size=1, max_size=4).map(tuple),
    ),
)
_AGGREGATES = [
    "sum",
    "count",
    "avg",
    "min",
    "max",
    "median",
    "approx_count_distinct",
    "first",
    "mode",
    "list",
]
_COLUMNS = st.one_of(
    st.builds(FormColumn, column=_NAMES, alias=_TEXTS),
    st.builds(
        FormColumn,
        column=_NAMES,
        function=st.sampled_from(_AGGREGATES),
        distinct=st.booleans(),
        alias=_TEXTS,
    ),
    st.builds(FormColumn, function=st.just("count"), alias=_TEXTS),
)
_OPTIONS = st.tuples(
    st.sampled_from(["delim", "header", "nullstr", "types", "skip"]),
    st.sampled_from(["';'", "true", "list_value('a', 'b')", "struct_pack(\"a b\" := 'BIGINT')", "3", "-1"]),
).map(lambda pair: FormOption(name=pair[0], value=pair[1]))
_SOURCES = st.one_of(
    st.builds(FormSource, path=_NAMES),
    st.builds(
        FormSource,
        path=_TEXTS.filter(bool),
        function=st.sampled_from(["read_csv", "read_json"]),
        options=st.lists(_OPTIONS, max_size=3).map(tuple),
    ),
)
_BYS = st.one_of(_NAMES, st.integers(1, 20))
_ORDERS = st.builds(
    FormOrder,
    by=_BYS,
    direction=st.sampled_from(["", "asc", "desc"]),
    nulls=st.sampled_from(["", "first", "last"]),
)
_SINKS = st.builds(
    FormSink,
    url=st.sampled_from(["out", "s3://b/it's out", "a.csv", "rows.csv.gz", "x y.parquet"]),
    format=st.sampled_from(["", "parquet", "csv", "json"]),
    mode=st.sampled_from(["error", "overwrite"]),
    partition_by=st.lists(_NAMES, max_size=2).map(tuple),
    compression=st.sampled_from(["", "zstd", "gzip"]),
)
_FORMS = st.builds(
    Form,
    source=_SOURCES,
    columns=st.lists(_COLUMNS, max_size=4).map(tuple),
    distinct=st.booleans(),
    filters=st.lists(_FILTERS, max_size=3).map(tuple),
    group=st.lists(_BYS, max_size=2, unique_by=lambda by: str(by).lower()).map(tuple),
    order=st.lists(_ORDERS, max_size=2).map(tuple),
    limit=st.one_of(
        st.none(),
        st.integers(0, 10**17).map(lambda number: FormValue(kind="number", text=str(number))),
        st.just(FormValue(kind="parameter", text="n")),
    ),
    sink=st.one_of(st.none(), _SINKS),
)


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    yield binder
    binder.close()


def _sink(sink: FormSink | None) -> Sink | None:
    """What a sink of a form means: to name the usual format or compression adds nothing."""
    return None if sink is None else sink_of(sink.url, sink_options(sink))


@given(form=_FORMS, grouping=st.sampled_from(["", "all"]))
@settings(max_examples=80, deadline=None)
def test_a_form_comes_back_from_its_sql(binder: Binder, form: Form, grouping: str) -> None:
    form = replace(form, group_all=grouping == "all" and not form.group)
    text = form_sql(form, binder)
    assert len(duckdb.extract_statements(text)) == 1
    back = sql_form(text, binder)
    assert isinstance(back, Form), back
    assert sql_form(form_sql(back, binder), binder) == back
    assert _sink(back.sink) == _sink(form.sink)
    assert replace(back, sink=None) == replace(form, sink=None)


@pytest.mark.parametrize(
    ("text", "reason", "where"),
    [
        ("SELECT a FROM 'a.csv' JOIN 'b.csv' USING (k)", "a join", "line 1, column 15"),
        ("WITH x AS (FROM 'a.csv') FROM x", "WITH", ""),
        ("SELECT a + 1 FROM 'a.csv'", "the expression (a + 1)", "line 1, column 8"),
        (
            "SELECT a,\n  sum(b) FILTER (c) FROM t",
            "the expression sum(b) FILTER (WHERE c)",
            "line 2, column 3",
        ),
        ("SELECT * FROM t WHERE a OR b = 1", "the condition (a OR (b = 1))", "line 1, column 23"),
        ("SELECT * FROM t WHERE a = b", "the value b", "line 1, column 27"),
        ("SELECT * FROM t WHERE 1 < a", "the condition (1 < a)", "line 1, column 23"),
        ("SELECT * FROM t LIMIT 5 OFFSET 2", "OFFSET", "line 1, column 32"),
        ("SELECT * FROM t LIMIT 5%", "a LIMIT in percent", "line 1, column 23"),
        ("SELECT * FROM t ORDER BY ALL", "ORDER BY ALL", ""),
        ("SELECT * FROM t ORDER BY a + b", "ORDER BY (a + b)", "line 1, column 26"),
        ("SELECT a FROM t GROUP BY a HAVING count(*) > 1", "HAVING", "line 1, column 35"),
        ("SELECT a FROM t GROUP BY ROLLUP (a, b)", "GROUPING SETS, ROLLUP or CUBE", "line 1, column 34"),
        ("SELECT DISTINCT ON (a) * FROM t", "DISTINCT ON", "line 1, column 21"),
        ("SELECT t.a FROM t", "the expression t.a", "line 1, column 8"),
        ("SELECT * FROM t AS x", "another name for the source (x)", "line 1, column 15"),
        ("SELECT * EXCLUDE (a) FROM t", "the expression * EXCLUDE (a)", "line 1, column 8"),
        ("SELECT 1", "a query without FROM", ""),
        ("FROM t UNION ALL FROM u", "UNION, EXCEPT or INTERSECT", ""),
        ("SUMMARIZE t", "DESCRIBE or SUMMARIZE", ""),
        ("SELECT a -- the first\nFROM t", "a comment", "line 1, column 10"),
        ("SELECT a FROM t TABLESAMPLE 10%", "TABLESAMPLE", "line 1, column 15"),
        ("SELECT a FROM (FROM t)", "a subquery in FROM", "line 1, column 15"),
        ("COPY (FROM t) TO 'out' (FORMAT csv, HEADER false)", "an option of COPY", ""),
        ("CREATE TABLE u AS FROM t", "CREATE TABLE", ""),
        ("SHOW TABLES", "a statement that is no query", ""),
        ("EXPLAIN FROM t", "a statement that is no query", ""),
        ("SELECT a FROM t WHERE b = 1_000", "a value that a form does not hold", ""),
        ("SELECT a FROM t WHERE b IN $l", "the condition contains($l, b)", "line 1, column 23"),
    ],
)
def test_what_a_form_cannot_show_is_named(binder: Binder, text: str, reason: str, where: str) -> None:
    found = sql_form(text, binder)
    assert isinstance(found, NotAForm)
    assert (found.reason, found.where) == (reason, where)


@pytest.mark.parametrize(
    "text",
    [
        "FROM 'orders/*.csv'",
        "select city, SUM(amount) s from 'orders/*.csv' group by 1 order by 2 desc nulls last limit 10",
        "FROM read_csv('a.csv', delim := ';', types = {'a': 'BIGINT'}, nullstr = ['', 'NA'])",
        "SELECT * FROM 'a.csv' WHERE d = '2024-01-01'::date AND t < TIMESTAMP '2024-01-01 10:00' AND b=true",
        "SELECT count() FROM 'a.csv' WHERE (x > -5 AND (y <> 1e3 AND s NOT LIKE '%''%'))",
        "COPY (SELECT a FROM t) TO 's3://b/x' WITH (FORMAT parquet, PARTITION_BY (a), APPEND)",
        "SELECT DISTINCT a FROM t WHERE x BETWEEN $low AND $high AND k IN (1) AND k NOT IN ('a') LIMIT $n;",
    ],
)
def test_sql_comes_back_from_its_form(binder: Binder, text: str) -> None:
    form = sql_form(text, binder)
    assert isinstance(form, Form), form
    again = sql_form(form_sql(form, binder), binder)
    assert again == form


@pytest.mark.parametrize(
    "text",
    [
        "SELECT city, sum(price) s FROM 'trips.csv' WHERE n > 5 AND city LIKE 'O%' GROUP BY city ORDER BY 2",
        "from 'trips.csv' select day, count(*) where price between 1 and 2.5 group by all",
        "SELECT DISTINCT city FROM 'data/*.csv' WHERE day >= DATE '2024-01-01' AND city NOT IN ('a', 'b')",
        "SELECT * FROM 'trips.csv' ORDER BY price DESC NULLS LAST LIMIT 10",
    ],
)
def test_a_form_has_the_map_hash_of_its_sql(binder: Binder, plan: Callable[[str], Plan], text: str) -> None:
    form = sql_form(text, binder)
    assert isinstance(form, Form), form
    asked, written = plan(text), plan(form_sql(form, binder))
    assert [map_hash(stage, asked) for stage in asked.stages] == [
        map_hash(stage, written) for stage in written.stages
    ]
    assert written.final_sql == asked.final_sql


def test_faults_are_told_at_their_controls(binder: Binder) -> None:
    number = FormValue(kind="number", text="ten")
    form = Form(
        columns=(FormColumn(column="a", function="smu"), FormColumn()),
        filters=(FormFilter(column="", op="=", values=(number,)), FormFilter(column="b", op="between")),
        group=("a",),
        group_all=True,
        limit=FormValue(kind="number", text="-1"),
        sink=FormSink(url="out.csv", mode="append"),
    )
    found = {fault.where: fault.what for fault in form_faults(form, binder.functions.aggregates)}
    assert found == {
        "source.path": "name a file, a pattern or a table",
        "columns.0": "there is no aggregate smu",
        "columns.1": "choose a column",
        "filters.0.column": "choose a column",
        "filters.0.values.0": "write a number, such as 12.5",
        "filters.1.values": "between takes 2 values",
        "group": "group by all columns or by some, not both",
        "limit": "write a whole number",
        "sink": "rows are not appended to one file: name a folder, which becomes a dataset",
    }
    with pytest.raises(QueryError, match="name a file"):
        form_sql(form, binder)


@pytest.mark.parametrize("value", ["1), x", "1 FROM t", "1 AS b", "1, 2", "(SELECT 1) WHERE true", ""])
def test_the_value_of_an_option_is_one_value(binder: Binder, value: str) -> None:
    options = (FormOption(name="skip", value=value or "   x y z"),)
    with pytest.raises(QueryError):
        form_sql(Form(source=FormSource(path="a.csv", function="read_csv", options=options)), binder)


def test_parameters_of_a_form(binder: Binder) -> None:
    form = sql_form("FROM t WHERE a > $least AND b IN ($x, $least) LIMIT $n", binder)
    assert isinstance(form, Form)
    assert form_parameters(form) == ("least", "x", "n")


def test_an_empty_text_is_an_empty_form(binder: Binder) -> None:
    assert sql_form("  \n", binder) == Form()


def test_500_columns(binder: Binder) -> None:
    columns = tuple(FormColumn(column=f"column {at}", alias=f"c{at}") for at in range(500))
    form = Form(source=FormSource(path="wide.csv"), columns=columns)
    assert sql_form(form_sql(form, binder), binder) == form
