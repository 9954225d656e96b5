"""Write a form as SQL that is good to read, and prove that it says the same.

Names and values are written by DuckDB; what is put together of them is parsed again and compared with the
tree of the form, so that nothing in a name or value can mean more than it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node, column, literal, rewrite, text_literal, without_locations
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.copying import Copying, sink_of, written_query
from fusionflow_lab.planning.form import (
    Form,
    FormColumn,
    FormFilter,
    FormOrder,
    FormSink,
    FormSource,
    FormValue,
)
from fusionflow_lab.planning.form_faults import form_faults, sink_options
from fusionflow_lab.planning.form_tree import PATTERNS, TYPES, form_tree

_WIDTH: Final = 90
_PLAIN: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS: Final = (
    "SELECT string_agg(keyword_name, ' ') FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
)


def form_sql(form: Form, binder: Binder) -> str:
    """Write a form as SQL.

    Parameters
    ----------
    form
        The form.
    binder
        Writes names and values, and parses what came of it.

    Raises
    ------
    QueryError
        Something is missing or wrong; ``where`` says at which control.

    Examples
    --------
    >>> from fusionflow_lab.planning.form import FormColumn
    >>> binder = Binder()
    >>> columns = (FormColumn(column="city"), FormColumn(function="sum", column="amount", alias="total"))
    >>> print(form_sql(Form(source=FormSource(path="a.csv"), columns=columns, group_all=True), binder))
    SELECT city, sum(amount) AS total
    FROM 'a.csv'
    GROUP BY ALL
    >>> binder.close()
    """
    faults = form_faults(form, binder.functions.aggregates)
    if faults:
        raise QueryError(faults[0].what, where=faults[0].where)
    tree = canonical(form_tree(form, lambda text: option_value(text, binder)))
    written = _Writer(binder).query(form)
    if not _says(written, tree, binder):
        written = binder.sql(tree)
        if not _says(written, tree, binder):
            raise QueryError("this form cannot be written as SQL", hint="write the SQL itself")
    if form.sink is None:
        return written
    text = f"COPY (\n{written}\n) TO {_sink(form.sink)}"
    copying = written_query(text)
    wanted = sink_of(form.sink.url, sink_options(form.sink))
    same = isinstance(copying, Copying) and copying.sink == wanted and _says(copying.text, tree, binder)
    if not same:
        raise QueryError("this form cannot be written as COPY", where="sink", hint="write the SQL itself")
    return text


def option_value(text: str, binder: Binder) -> Node:
    """Parse the value of an option: one expression and nothing else.

    Raises
    ------
    QueryError
        It is none.

    Examples
    --------
    >>> binder = Binder()
    >>> option_value("true", binder)["literal"]["kind"]
    'BOOLEAN'
    >>> binder.close()
    """
    tree = without_locations(binder.parse(f"SELECT {text}"))
    items = tree.get("select_list", [])
    alone = {"type": "SELECT_NODE", "cte_map": {}, "from_table": {"type": "EMPTY"}}
    rest = {name: value for name, value in tree.items() if name not in {"select_list", "aggregate_handling"}}
    if rest != alone or len(items) != 1 or items[0].get("alias"):
        raise QueryError(
            f"{text} is no value of an option", hint="write 'text', 12, true or a list ['a', 'b']"
        )
    node: Node = items[0]
    return node


def canonical(tree: Node) -> Node:
    """Copy a tree without places and without what says the same in another way.

    Names of types lose their case; ``name := value`` of a reader becomes ``name = value``.

    Examples
    --------
    >>> canonical({"class": "TYPE", "type_name": "date", "qualified_name": {"path": ["date"]}})["type_name"]
    'DATE'
    """
    plain: Node = rewrite(without_locations(tree), _plain)
    origin = plain.get("from_table", {})
    if origin.get("type") == "TABLE_FUNCTION":
        arguments = origin["function"].get("arguments", [])
        origin["function"]["arguments"] = [_unnamed(argument) for argument in arguments]
    return plain


def _plain(node: Node) -> Node | None:
    if node.get("literal", {}).get("text") == "":  # DuckDB leaves it out
        return {**node, "literal": {"kind": node["literal"]["kind"]}}
    name = node.get("type_name")
    if node.get("class") != "TYPE" or not isinstance(name, str) or name == name.upper():
        return None
    return {**node, "type_name": name.upper(), "qualified_name": {"path": [name.upper()]}}


def _unnamed(argument: Node) -> Node:
    name, node = argument.get("name"), argument["expression"]
    if name is None:
        return argument
    right = {key: value for key, value in node.items() if key != "alias"}
    equal = {"class": "COMPARISON", "type": "COMPARE_EQUAL", "left": column(str(name)), "right": right}
    return {"expression": equal}


def _says(text: str, tree: Node, binder: Binder) -> bool:
    try:
        return canonical(binder.parse(text)) == tree
    except QueryError:
        return False


def _sink(sink: FormSink) -> str:
    options = [
        f"{name.upper()} {_copy_value(name, value)}".rstrip() for name, value in sink_options(sink).items()
    ]
    return literal(sink.url) + (f" ({', '.join(options)})" if options else "")


def _copy_value(name: str, value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return literal(value) if name not in {"format", "compression"} or not value.isalnum() else value
    return "(" + ", ".join('"' + entry.replace('"', '""') + '"' for entry in value) + ")"


class _Writer:
    """Puts the clauses of a form on lines of their own."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._keywords = frozenset(str(binder.first(_KEYWORDS)).split())

    def query(self, form: Form) -> str:
        items = [self._column(entry) for entry in form.columns] or ["*"]
        lines = [_listed("SELECT DISTINCT" if form.distinct else "SELECT", items)]
        lines.append(f"FROM {self._source(form.source)}")
        if form.filters:
            lines.append("WHERE " + "\n  AND ".join(self._filter(entry) for entry in form.filters))
        if form.group_all:
            lines.append("GROUP BY ALL")
        elif form.group:
            lines.append(_listed("GROUP BY", [self._by(by) for by in form.group]))
        if form.order:
            lines.append(_listed("ORDER BY", [self._order(entry) for entry in form.order]))
        if form.limit is not None:
            lines.append(f"LIMIT {self._value(form.limit)}")
        return "\n".join(lines)

    def _source(self, source: FormSource) -> str:
        path = literal(source.path)
        if not source.function:
            return self._name(source.path) if _PLAIN.fullmatch(source.path) else path
        options = [f"{self._name(option.name)} = {option.value.strip()}" for option in source.options]
        return f"{source.function}({', '.join([path, *options])})"

    def _name(self, name: str) -> str:
        if _PLAIN.fullmatch(name) and name.lower() not in self._keywords:
            return name
        return self._binder.expression_sql(column(name))

    def _column(self, entry: FormColumn) -> str:
        name = self._name(entry.column) if entry.column else "*"
        if entry.function:
            name = f"{entry.function}({'DISTINCT ' if entry.distinct else ''}{name})"
        return f"{name} AS {self._name(entry.alias)}" if entry.alias else name

    def _by(self, by: str | int) -> str:
        return str(by) if isinstance(by, int) else self._name(by)

    def _order(self, entry: FormOrder) -> str:
        words = [self._by(entry.by), entry.direction.upper()]
        words.append(f"NULLS {entry.nulls.upper()}" if entry.nulls else "")
        return " ".join(word for word in words if word)

    def _filter(self, entry: FormFilter) -> str:
        name, values = self._name(entry.column), [self._value(value) for value in entry.values]
        match entry.op:
            case "is_null" | "not_null":
                return f"{name} IS {'NOT ' if entry.op == 'not_null' else ''}NULL"
            case "in" | "not_in":
                return f"{name} {'NOT ' if entry.op == 'not_in' else ''}IN ({', '.join(values)})"
            case "between":
                return f"{name} BETWEEN {values[0]} AND {values[1]}"
            case "contains" | "starts_with" | "ends_with":
                return f"{entry.op}({name}, {values[0]})"
            case _ if entry.op in PATTERNS:
                return f"{name} {entry.op.upper().replace('_', ' ')} {values[0]}"
        return f"{name} {entry.op} {values[0]}"

    def _value(self, value: FormValue) -> str:
        match value.kind:
            case "parameter":
                return f"${value.text}"
            case "date" | "time" | "timestamp":
                return f"{TYPES[value.kind]} {self._text(value.text)}"
            case "text":
                return self._text(value.text)
        return value.text

    def _text(self, text: str) -> str:
        return self._binder.expression_sql(text_literal(text))


def _listed(word: str, items: Sequence[str]) -> str:
    """Write a clause on one line where it fits, else each item on its own.

    Examples
    --------
    >>> _listed("GROUP BY", ["a", "b"])
    'GROUP BY a, b'
    """
    line = f"{word} {', '.join(items)}"
    return line if len(line) <= _WIDTH else f"{word}\n  " + ",\n  ".join(items)
