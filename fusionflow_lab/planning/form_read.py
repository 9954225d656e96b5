"""Read SQL as a form, or say which part of it a form cannot show.

What was read is written back as a tree and compared with that of the text: a form that would say anything
else than its SQL is none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

import duckdb

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node, conjuncts, literal_integer, star, walk
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.copying import Copying, sink_of, written_query
from fusionflow_lab.planning.form import (
    Direction,
    Form,
    FormColumn,
    FormFilter,
    FormFormat,
    FormOption,
    FormOrder,
    FormSink,
    FormSource,
    FormValue,
    NotAForm,
    Nulls,
    Operator,
    ValueKind,
)
from fusionflow_lab.planning.form_faults import form_faults, sink_options
from fusionflow_lab.planning.form_text import canonical, option_value
from fusionflow_lab.planning.form_tree import (
    COMPARISONS,
    DIRECTIONS,
    FUNCTIONS,
    NULL_ORDERS,
    NULLS,
    PATTERNS,
    TYPES,
    column_node,
    form_tree,
)
from fusionflow_lab.planning.messages import place
from fusionflow_lab.planning.statement import explained, statement
from fusionflow_lab.sink import Sink

_CLAUSES: Final = {
    "having": "HAVING",
    "qualify": "QUALIFY",
    "sample": "TABLESAMPLE",
    "windows": "WINDOW",
}
_ORIGINS: Final = {
    "JOIN": "a join",
    "SUBQUERY": "a subquery in FROM",
    "EMPTY": "a query without FROM",
    "PIVOT": "PIVOT",
    "SHOW_REF": "DESCRIBE or SUMMARIZE",
    "EXPRESSION_LIST": "VALUES",
}
_BY_COMPARISON: Final = {kind: op for op, kind in COMPARISONS.items()}
_BY_PATTERN: Final = {name: op for op, name in PATTERNS.items()}
_BY_NULLS: Final = {kind: op for op, kind in NULLS.items()}
_BY_DIRECTION: Final = {kind: word for word, kind in DIRECTIONS.items()}
_BY_NULL_ORDER: Final = {kind: word for word, kind in NULL_ORDERS.items()}
_BY_TYPE: Final = {name: kind for kind, name in TYPES.items()}
_BY_LITERAL: Final = {"STRING": "text", "BOOLEAN": "boolean", "INTEGER": "number", "NUMERIC": "number"}


class _NoFormError(Exception):
    """A part that a form cannot show, and the byte of the text where it is."""

    def __init__(self, reason: str, node: Node | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = None if node is None else _location(node)


def sql_form(text: str, binder: Binder) -> Form | NotAForm:
    """Read SQL as a form.

    Parameters
    ----------
    text
        A query, or nothing: then the form is empty.
    binder
        Parses it.

    Raises
    ------
    QueryError
        It does not parse.

    Examples
    --------
    >>> binder = Binder()
    >>> sql_form("FROM 'a.csv' LIMIT 5", binder).limit
    FormValue(kind='number', text='5')
    >>> sql_form("SELECT x + 1 FROM 'a.csv'", binder)
    NotAForm(reason='the expression (x + 1)', where='line 1, column 8', is_query=True)
    >>> binder.close()
    """
    if not text.strip():
        return Form()
    if statement(text) is not None or explained(text) is not None:
        return NotAForm(reason="a statement that is no query", is_query=False)
    comment = next((at for at, kind in duckdb.tokenize(text) if kind == duckdb.token_type.comment), None)
    written = written_query(text)
    query, sink = text, None
    if isinstance(written, Copying):
        query, sink = written.text, written.sink
    elif written is not None:
        return NotAForm(reason="CREATE TABLE")
    tree = binder.parse(query)
    try:
        form = _Reader(binder).form(tree, sink)
        _prove(form, tree, sink, binder)
    except _NoFormError as why:
        return NotAForm(reason=why.reason, where="" if why.at is None else place(text, why.at))
    return form if comment is None else NotAForm(reason="a comment", where=place(text, comment))


def _prove(form: Form, tree: Node, sink: Sink | None, binder: Binder) -> None:
    """Make sure that the form says what the text says."""
    if form_faults(form, binder.functions.aggregates):
        raise _NoFormError("a value that a form does not hold")
    back = canonical(form_tree(form, lambda text: option_value(text, binder)))
    if back != canonical(tree):
        raise _NoFormError("a part of this query")
    if form.sink is not None and sink_of(form.sink.url, sink_options(form.sink)) != sink:
        raise _NoFormError("an option of COPY")


def _location(node: Node) -> int | None:
    """Return where a part begins: an operator's own place is between what it joins."""
    places = [part["query_location"] for part in walk(node) if isinstance(part.get("query_location"), int)]
    return min(places, default=None)


def _name(node: Node) -> str | None:
    """Return the name of a plain column; None for anything else."""
    names = node.get("column_names", [])
    return str(names[0]) if node.get("class") == "COLUMN_REF" and len(names) == 1 else None


class _Reader:
    """Reads the parts of a tree; raises where a form has no place for one."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder

    def form(self, tree: Node, sink: Sink | None) -> Form:
        self._refuse_clauses(tree)
        items = tree["select_list"]
        everything = len(items) == 1 and canonical(items[0]) == star()
        form = Form(
            source=self._source(tree["from_table"]),
            columns=() if everything else tuple(self._column(item) for item in items),
            filters=tuple(self._filter(part) for part in conjuncts(tree.get("where_clause"))),
            group=tuple(self._by(node, "GROUP BY") for node in tree.get("group_expressions", [])),
            group_all=tree.get("aggregate_handling") == "FORCE_AGGREGATES",
            sink=None if sink is None else _sink(sink),
        )
        for part in tree.get("modifiers", []):
            form = self._modified(form, part)
        return form

    def _refuse_clauses(self, tree: Node) -> None:
        if tree.get("cte_map", {}).get("map"):
            raise _NoFormError("WITH")
        if tree["type"] != "SELECT_NODE":
            raise _NoFormError("UNION, EXCEPT or INTERSECT")
        for key, word in _CLAUSES.items():
            part = tree.get(key)
            if part:
                raise _NoFormError(word, part if isinstance(part, dict) else None)
        if len(tree.get("group_sets", [])) > 1:
            raise _NoFormError("GROUPING SETS, ROLLUP or CUBE", tree["group_expressions"][0])

    def _said(self, node: Node) -> str:
        text = self._binder.expression_sql(node)
        return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - one line

    def _source(self, node: Node) -> FormSource:
        kind = node["type"]
        if node.get("alias"):
            raise _NoFormError(f"another name for the source ({node['alias']})", node)
        if node.get("sample"):
            raise _NoFormError("TABLESAMPLE", node)
        if kind == "BASE_TABLE" and len(node["qualified_name"]["path"]) == 1:
            return FormSource(path=str(node["table_name"]))
        if kind != "TABLE_FUNCTION":
            raise _NoFormError(_ORIGINS.get(kind, "this FROM"), node)
        function = node["function"]
        first, *others = function.get("arguments", []) or [{}]
        pattern = first.get("expression", {})
        if first.get("name") or pattern.get("literal", {}).get("kind") != "STRING":
            raise _NoFormError(f"the arguments of {function['function_name']}", node)
        return FormSource(
            path=str(pattern["literal"].get("text", "")),
            function=str(function["function_name"]),
            options=tuple(self._option(argument) for argument in others),
        )

    def _option(self, argument: Node) -> FormOption:
        node = argument["expression"]
        name: str | None = argument.get("name")
        value = {key: part for key, part in node.items() if key != "alias"}
        if name is None and node.get("type") == "COMPARE_EQUAL":
            name, value = _name(node["left"]), node["right"]
        if name is None:
            raise _NoFormError(f"the argument {self._said(node)}", node)
        return FormOption(name=name, value=self._binder.expression_sql(value))

    def _column(self, node: Node) -> FormColumn:
        found = self._found_column(node)
        if found is None or canonical(column_node(found)) != canonical(node):
            raise _NoFormError(f"the expression {self._said(node)}", node)
        return found

    def _found_column(self, node: Node) -> FormColumn | None:
        alias, name = str(node.get("alias", "")), _name(node)
        if name is not None:
            return FormColumn(column=name, alias=alias)
        function, arguments = str(node.get("function_name", "")), node.get("arguments", [])
        if function == "count_star" and not arguments:
            return FormColumn(function="count", alias=alias)
        names = [_name(argument["expression"]) for argument in arguments]
        if function not in self._binder.functions.aggregates or len(names) != 1 or names[0] is None:
            return None
        distinct = bool(node.get("distinct", False))
        return FormColumn(column=names[0], function=function, distinct=distinct, alias=alias)

    def _by(self, node: Node, clause: str) -> str | int:
        at, name = literal_integer(node), _name(node)
        if at is not None:
            return at
        if name is None:
            raise _NoFormError(f"{clause} {self._said(node)}", node)
        return name

    def _modified(self, form: Form, part: Node) -> Form:
        match part["type"]:
            case "DISTINCT_MODIFIER" if not part.get("distinct_on_targets"):
                return replace(form, distinct=True)
            case "DISTINCT_MODIFIER":
                raise _NoFormError("DISTINCT ON", part["distinct_on_targets"][0])
            case "ORDER_MODIFIER":
                return replace(form, order=tuple(self._order(entry) for entry in part["orders"]))
            case "LIMIT_MODIFIER" if "limit_type" in part:
                raise _NoFormError("a LIMIT in percent", part)
            case "LIMIT_MODIFIER" if "offset" in part:
                raise _NoFormError("OFFSET", part["offset"])
            case "LIMIT_MODIFIER":
                return replace(form, limit=self._value(part["limit"], "LIMIT"))
        raise _NoFormError("a part of this query", part)

    def _order(self, entry: Node) -> FormOrder:
        if entry["expression"].get("class") == "STAR":
            raise _NoFormError("ORDER BY ALL", entry)
        return FormOrder(
            by=self._by(entry["expression"], "ORDER BY"),
            direction=cast("Direction", _BY_DIRECTION[entry["type"]]),
            nulls=cast("Nulls", _BY_NULL_ORDER[entry["null_order"]]),
        )

    def _value(self, node: Node, clause: str) -> FormValue:
        if node.get("class") == "PARAMETER":
            return FormValue(kind="parameter", text=str(node["identifier"]))
        kind = _BY_LITERAL.get(node.get("literal", {}).get("kind", ""))
        if node.get("class") == "CONSTANT" and kind is not None:
            return FormValue(kind=cast("ValueKind", kind), text=str(node["literal"].get("text", "")))
        type_name = str(node.get("type_expr", {}).get("type_name", "")).upper()
        child = node.get("child", {}).get("literal", {}) if node.get("class") == "CAST" else {}
        if type_name in _BY_TYPE and child.get("kind") == "STRING":
            return FormValue(kind=cast("ValueKind", _BY_TYPE[type_name]), text=str(child.get("text", "")))
        raise _NoFormError(f"{clause} {self._said(node)}", node)

    def _filter(self, node: Node) -> FormFilter:
        op, parts = _operation(node)
        column = _name(parts[0]) if parts else None
        if not op or column is None:
            raise _NoFormError(f"the condition {self._said(node)}", node)
        values = tuple(self._value(part, "the value") for part in parts[1:])
        return FormFilter(column=column, op=cast("Operator", op), values=values)


def _operation(node: Node) -> tuple[str, list[Node]]:  # noqa: PLR0911 - one line a kind
    """Return the word of a condition and what it is about, the column first; no word for what is unknown."""
    kind, children = node["type"], node.get("children", [])
    if kind in _BY_COMPARISON:
        return _BY_COMPARISON[kind], [node["left"], node["right"]]
    if kind in _BY_NULLS:
        return _BY_NULLS[kind], children
    if kind == "COMPARE_IN":
        return "in", children
    if kind == "OPERATOR_NOT" and children[0].get("type") == "COMPARE_IN":
        return "not_in", children[0]["children"]
    if kind == "COMPARE_BETWEEN":
        return "between", [node["input"], node["lower"], node["upper"]]
    name = str(node.get("function_name", ""))
    arguments = [argument["expression"] for argument in node.get("arguments", [])]
    if len(arguments) == 2 and (name in FUNCTIONS or name in _BY_PATTERN):  # noqa: PLR2004 - column and value
        return _BY_PATTERN.get(name, name), arguments
    return "", []


def _sink(sink: Sink) -> FormSink:
    """Return what a form holds of a sink; what it does not hold shows when the two are compared."""
    kind: FormFormat = "" if sink.format == sink_of(sink.url, {}).format else sink.format
    try:
        usual = sink_of(sink.url, {"format": kind} if kind else {}).compression
    except QueryError:
        usual = ""
    return FormSink(
        url=sink.url,
        format=kind,
        mode=sink.mode,
        partition_by=sink.partition_by,
        compression="" if sink.compression == usual else sink.compression,
    )
