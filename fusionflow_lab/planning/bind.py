"""Ask DuckDB: the planning connection parses, binds and explains over empty tables.

It reads no file, loads nothing and keeps no rows; its optimizer is off, so that explained plans show
the query as bound. One per session; not for several threads at once (``Planner`` holds the lock).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from fusionflow_lab.errors import QueryError, SourceError
from fusionflow_lab.planning.ast import Node, literal, named, select, without_locations
from fusionflow_lab.planning.extracting import MARKER, with_marker
from fusionflow_lab.planning.messages import syntax_error, too_deep
from fusionflow_lab.planning.pivot_text import with_values
from fusionflow_lab.source import Column
from fusionflow_lab.states.casts import quoted

_SERIALIZE = "SELECT json_serialize_sql(?, skip_default := true, skip_null := true, skip_empty := true)"
_DESERIALIZE = "SELECT json_deserialize_sql(CAST(? AS JSON))"
_REFUSED = {
    "MULTI": (
        "a PIVOT statement reads its column names from the data",
        "write FROM (PIVOT … ON column IN (…))",
    ),
    "COPY": ("this version does not write files with COPY", "run the SELECT and save its result"),
    "CREATE": (
        "only views and tables of rows are made here",
        "CREATE VIEW name AS SELECT …, or CREATE TABLE",
    ),
    "INSERT": ("files are never changed here", "COPY (SELECT …) TO 'place' writes other ones"),
    "UPDATE": ("files are never changed here", "COPY (SELECT …) TO 'place' writes other ones"),
    "DELETE": ("files are never changed here", "COPY (SELECT …) TO 'place' writes other ones"),
    "EXPLAIN": ("EXPLAIN stands alone", "put EXPLAIN before the whole query"),
}


# The clock without parentheses, and with them where DuckDB's catalogue calls it consistent.
_CLOCKS = frozenset({"current_timestamp", "current_date", "current_time", "localtime", "localtimestamp"})
_MORE_CLOCKS = frozenset({"current_localtime", "current_localtimestamp"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Names and types of the columns of a query."""

    names: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Macro:
    """A macro of DuckDB: SQL over its parameters."""

    parameters: tuple[str, ...]
    definition: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Functions:
    """What the planner must know of DuckDB's functions, by lower-case name.

    ``names`` are all that expressions can call by name. ``volatile`` ones may answer differently from call
    to call or from run to run, macros that call them included; ``keywords`` are those that stand without
    parentheses. ``macros`` are those that aggregate, by name and number of parameters.
    """

    names: frozenset[str]
    aggregates: frozenset[str]
    volatile: frozenset[str]
    keywords: frozenset[str] = _CLOCKS
    macros: Mapping[tuple[str, int], Macro] = field(default_factory=dict)


class Binder:
    """The locked planning connection.

    Parameters
    ----------
    settings
        Session settings that queries are bound with, as (name, value).

    Examples
    --------
    >>> binder = Binder()
    >>> binder.shape("SELECT 1 AS one").types
    ('INTEGER',)
    >>> binder.sql(binder.parse("select 1+1"))
    'SELECT (1 + 1)'
    >>> binder.close()
    """

    def __init__(self, settings: Sequence[tuple[str, str]] = ()) -> None:
        self._connection = duckdb.connect(config={"threads": 1})
        for name, value in settings:
            self._connection.execute(f"SET {quoted(name)} = {literal(value)}")
        self._connection.execute("PRAGMA disable_optimizer")
        self._connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        self._tables: set[str] = set()
        self._texts: dict[str, str] = {}
        self.functions = _read_functions(self._connection)
        self.time_zone = str(self._one("SELECT current_setting('TimeZone')"))
        self.collation = str(self._one("SELECT current_setting('default_collation')"))
        self.version = duckdb.__version__

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def parse(self, text: str) -> Node:
        """Parse one SELECT statement; a PIVOT without values gets a placeholder for them.

        Raises
        ------
        QueryError
            It does not parse, is no SELECT, or is more than one.
        """
        answer = json.loads(str(self._one(_SERIALIZE, [text])))
        if answer["error"] and "extract" in text.lower() and MARKER in (marked := with_marker(text)):
            answer = json.loads(str(self._one(_SERIALIZE, [marked])))
        if answer["error"]:
            other = self._pivot(text) or self._summarized(text)
            if other is None:
                raise self._refusal(text, answer)
            return other
        statements = answer["statements"]
        if len(statements) != 1:
            what = "there is no query" if not statements else "there is more than one statement"
            raise QueryError(what, hint="write one SELECT statement over files")
        return dict(statements[0]["node"])

    def _pivot(self, text: str) -> Node | None:
        """Parse a PIVOT without values; places in it would be those of another text."""
        if [str(statement.type).rpartition(".")[2] for statement in self._statements(text)] != ["MULTI"]:
            return None
        answer = json.loads(str(self._one(_SERIALIZE, [with_values(text)])))
        return None if answer["error"] else dict(without_locations(answer["statements"][0]["node"]))

    def _summarized(self, text: str) -> Node | None:
        """Parse ``SUMMARIZE read_lines(…)`` as with FROM; places in it would be those of another text."""
        found = re.match(r"\s*(SUMMARIZE|DESCRIBE)\s+(?=\w+\s*\()", text, re.IGNORECASE)
        if found is None:
            return None
        answer = json.loads(str(self._one(_SERIALIZE, [f"{found[0]}FROM {text[found.end() :]}"])))
        return None if answer["error"] else dict(without_locations(answer["statements"][0]["node"]))

    def _refusal(self, text: str, answer: Node) -> QueryError:
        if "max_expression_depth" in str(answer["error_message"]):
            return too_deep()
        if answer.get("error_type") == "parser":
            offset = int(answer["position"]) if "position" in answer else None
            return syntax_error(text, str(answer["error_message"]), offset)
        kinds = [str(statement.type).rpartition(".")[2] for statement in self._statements(text)]
        if len(kinds) > 1:
            return QueryError(
                "there is more than one statement", hint="write one SELECT statement over files"
            )
        if not kinds or kinds == ["SELECT"]:
            return QueryError(str(answer["error_message"]).splitlines()[0])
        default = (f"{kinds[0]} statements are not run here", "write one SELECT statement over files")
        what, hint = _REFUSED.get(kinds[0], default)
        return QueryError(what, hint=hint)

    def _statements(self, text: str) -> Sequence[Any]:
        try:
            return self._connection.extract_statements(text)
        except duckdb.Error:
            return []

    def sql(self, node: Node) -> str:
        """Write a query node as text."""
        tree = json.dumps({"error": False, "statements": [{"node": node}]})
        if tree not in self._texts:
            self._texts[tree] = str(self._one(_DESERIALIZE, [tree]))
        return self._texts[tree]

    def expression_sql(self, expression: Node) -> str:
        """Write an expression as text."""
        return self.sql(select([named(expression, "")], {"type": "EMPTY"})).removeprefix("SELECT ")

    def value(self, expression: Node) -> object:
        """Evaluate a constant expression.

        Raises
        ------
        duckdb.Error
            It is not constant, or fails.
        """
        return self._one(self.sql(select([expression], {"type": "EMPTY"})))

    def row(self, sql: str) -> tuple[object, ...]:
        """Return the first row of a query without tables."""
        return tuple(self._connection.execute(sql).fetchone() or ())

    def shape(self, sql: str) -> Shape:
        """Describe the columns of a query.

        Raises
        ------
        duckdb.Error
            The query does not bind.
        """
        wrapped = f"WITH __nothing AS (SELECT 1) {sql}" if sql.startswith("(") else sql
        rows = self._connection.execute(f"DESCRIBE {wrapped}").fetchall()
        return Shape(names=tuple(row[0] for row in rows), types=tuple(row[1] for row in rows))

    def arrow_shape(self, schema: pa.Schema) -> Shape:
        """Describe the columns that DuckDB sees in Arrow data.

        Raises
        ------
        SourceError
            A column has a type that DuckDB does not read.
        """
        with self._connection.cursor() as cursor:
            try:
                cursor.register("__arrow", schema.empty_table())
                rows = cursor.execute("DESCRIBE FROM __arrow").fetchall()
            except duckdb.Error as error:
                what = str(error).splitlines()[0]
                raise SourceError(what, hint="cast the column, or leave it out") from error
        return Shape(names=tuple(row[0] for row in rows), types=tuple(row[1] for row in rows))

    def shape_of(self, node: Node) -> Shape | None:
        """Describe the columns of a query node; None where it does not bind."""
        try:
            return self.shape(self.sql(node))
        except duckdb.Error:
            return None

    def explain(self, sql: str) -> list[Node]:
        """Explain a query: its operators as a tree, unoptimized."""
        rows = self._connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
        tree = json.loads(rows[0][1])
        return tree if isinstance(tree, list) else [tree]

    def execute(self, *statements: str) -> None:
        """Run statements for their effect."""
        for statement in statements:
            self._connection.execute(statement)

    @contextmanager
    def tables(self) -> Iterator[None]:
        """Forget every table made inside, and the texts of what was planned over them."""
        self._tables.clear()
        self._texts.clear()
        try:
            yield
        finally:
            self.execute(*(f"DROP TABLE IF EXISTS {quoted(name)}" for name in self._tables))

    def create(self, name: str, columns: Iterable[Column]) -> None:
        """Make an empty table, in place of one of that name."""
        self._tables.add(name)
        self.execute(create_sql(name, columns))

    def create_as(self, name: str, sql: str) -> None:
        """Make an empty table with the columns of a query.

        Raises
        ------
        duckdb.Error
            The query does not bind.
        """
        self._tables.add(name)
        self.execute(create_as_sql(name, sql))

    def first(self, sql: str) -> object:
        """Return the first value of a query over the empty tables.

        Raises
        ------
        duckdb.Error
            The query does not bind, or fails.
        """
        return self._one(sql)

    def _one(self, sql: str, parameters: list[object] | None = None) -> object:
        row = self._connection.execute(sql, parameters or []).fetchone()
        return row[0] if row else None


def create_sql(name: str, columns: Iterable[Column]) -> str:
    """Write the statement that makes an empty table of a source's columns.

    Examples
    --------
    >>> create_sql("source_0", [])
    'CREATE OR REPLACE TEMP TABLE "source_0" ("_" INTEGER)'
    """
    items = [f"{quoted(column.name)} {column.type}" for column in columns] or ['"_" INTEGER']
    return f"CREATE OR REPLACE TEMP TABLE {quoted(name)} ({', '.join(items)})"


def create_as_sql(name: str, sql: str) -> str:
    """Write the statement that makes an empty table with the columns of a query.

    Examples
    --------
    >>> create_as_sql("state", "SELECT 1 AS one")
    'CREATE OR REPLACE TEMP TABLE "state" AS SELECT * FROM (SELECT 1 AS one) LIMIT 0'
    """
    return f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS SELECT * FROM ({sql}) LIMIT 0"


def _read_functions(connection: duckdb.DuckDBPyConnection) -> Functions:
    rows = connection.execute(
        "SELECT DISTINCT lower(function_name), function_type, stability, macro_definition, parameters"
        " FROM duckdb_functions()"
    ).fetchall()
    volatile = {name for name, _, stability, _, _ in rows if stability not in {None, "CONSISTENT"}}
    macros = [
        (name, text.lower(), text, parameters) for name, _, _, text, parameters in rows if text is not None
    ]
    volatile = _with_callers(volatile | _MORE_CLOCKS, macros)
    aggregates = {name for name, kind, _, _, _ in rows if kind == "aggregate"} | {"count_star"}
    hiding = _with_callers(aggregates, macros) - aggregates
    return Functions(
        names=frozenset(
            name
            for name, kind, *_ in rows
            if kind in {"scalar", "aggregate", "macro"} and name.isidentifier() and not name.startswith("_")
        ),
        aggregates=frozenset(aggregates),
        volatile=frozenset(volatile - {"error"}),
        macros={
            (name, len(parameters)): Macro(
                parameters=tuple(parameter.lower() for parameter in parameters), definition=text
            )
            for name, _, text, parameters in macros
            if name in hiding
        },
    )


def _with_callers(names: set[str], macros: Sequence[tuple[str, str, str, Sequence[str]]]) -> set[str]:
    """Add the macros that call some functions, directly or through others."""
    found, size = set(names), -1
    while size != len(found):
        size = len(found)
        found |= {name for name, text, _, _ in macros if _calls(text, found)}
    return found


def _calls(text: str, names: set[str]) -> bool:
    """Tell whether the text of a macro calls one of some functions or reads the clock."""
    return bool(names & set(re.findall(r"(\w+)\s*\(", text)) or _CLOCKS & set(re.findall(r"\w+", text)))
