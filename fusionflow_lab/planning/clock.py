"""Freeze the clock: what reads it becomes a constant of the moment at which the query was submitted.

So every chunk, every attempt and every resumed run sees one time, and the map of a query that reads the
clock only above its cut stays the same from day to day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from fusionflow_lab.planning.ast import Node, cast, rewrite, text_literal
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.classify import plain_name

# What each function or keyword is, as SQL over ``moment``, a TIMESTAMP WITH TIME ZONE.
_NOW, _DAY = "moment", "CAST(moment AS DATE)"
_CLOCKS: Mapping[str, str] = MappingProxyType(
    {
        "now": _NOW,
        "current_timestamp": _NOW,
        "get_current_timestamp": _NOW,
        "transaction_timestamp": _NOW,
        "current_date": _DAY,
        "today": _DAY,
        "current_time": "CAST(moment AS TIMETZ)",
        "get_current_time": "CAST(moment AS TIMETZ)",
        "current_localtimestamp": "CAST(moment AS TIMESTAMP)",
        "localtimestamp": "CAST(moment AS TIMESTAMP)",
        "current_localtime": "CAST(CAST(moment AS TIMESTAMP) AS TIME)",
        "localtime": "CAST(CAST(moment AS TIMESTAMP) AS TIME)",
    }
)


def now() -> str:
    """Return the moment, as ISO 8601 in UTC.

    Examples
    --------
    >>> now().endswith("+00:00")
    True
    """
    return dt.datetime.now(dt.UTC).isoformat()


def freeze(tree: Node, moment: str, columns: frozenset[str], binder: Binder) -> Node:
    """Copy a query with the clock stopped.

    Parameters
    ----------
    tree
        The query.
    moment
        ISO 8601.
    columns
        Lower-case names of columns; one called like a keyword is a column.
    binder
        Evaluates in the time zone of the query.

    Examples
    --------
    >>> binder = Binder()
    >>> tree = binder.parse("SELECT current_date - DATE '2026-01-01', age(x), now() FROM t")
    >>> binder.sql(freeze(tree, "2026-01-03T12:00:00+00:00", frozenset(), binder)).split(", ")[0]
    "SELECT (CAST('2026-01-03' AS DATE) - CAST('2026-01-01' AS DATE))"
    >>> binder.close()
    """

    def change(node: Node) -> Node | None:
        name = _reads_clock(node, columns)
        if name == "age":
            day = cast(_constant("current_date", moment, binder), "TIMESTAMP")
            copied = rewrite(node["arguments"], change)
            return {**node, "arguments": [{"expression": day}, *copied]}
        if name == "ago":
            instant = _constant("now", moment, binder)
            interval = cast(rewrite(node["arguments"][0]["expression"], change), "INTERVAL")
            minus = {**node, "function_name": "-", "qualified_name": {"path": ["-"]}, "is_operator": True}
            return {**minus, "arguments": [{"expression": instant}, {"expression": interval}]}
        if name:
            alias = {"alias": node["alias"]} if "alias" in node else {}
            return {**_constant(name, moment, binder), **alias}
        return None

    copied: Node = rewrite(tree, change)
    return copied


def _reads_clock(node: Node, columns: frozenset[str]) -> str:
    """Name the clock that a node reads; empty for none."""
    name = str(node.get("function_name", "")).lower()
    count = len(node.get("arguments", []))
    if node.get("class") == "FUNCTION" and (
        (name in _CLOCKS and not count) or (name in {"age", "ago"} and count == 1)
    ):
        return name
    keyword = plain_name(node)
    return keyword if keyword in _CLOCKS and keyword not in columns else ""


def _constant(name: str, moment: str, binder: Binder) -> Node:
    """Write what a clock showed at a moment, cast to its type."""
    instant = f"CAST('{moment}' AS TIMESTAMP WITH TIME ZONE)"
    sql = (
        f"SELECT CAST(x AS VARCHAR), typeof(x) FROM (SELECT {_CLOCKS[name].replace('moment', instant)} AS x)"
    )
    text, kind = binder.row(sql)
    return cast(text_literal(str(text)), _SHORT.get(str(kind), str(kind)))


_SHORT: Mapping[str, str] = MappingProxyType(
    {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ", "TIME WITH TIME ZONE": "TIMETZ"}
)
