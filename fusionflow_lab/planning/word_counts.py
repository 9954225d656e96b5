"""Count words while they are read: a map that only counts them sees each different word once.

::

    SELECT word AS k0, count_star() AS s0 FROM source_0 GROUP BY 1
      SELECT word AS k0, CAST(COALESCE(sum("__count"), 0) AS BIGINT) AS s0 FROM source_0 GROUP BY 1

What a row-wise condition or key says of a word it says of all words like it, so only the counts change.
"""

from __future__ import annotations

from collections.abc import Sequence

from fusionflow_lab.planning.ast import Node, call, cast, clone, column, integer, walk
from fusionflow_lab.planning.bind import Functions
from fusionflow_lab.query import WORD_COUNT
from fusionflow_lab.source import Column, Source, Text


def counted_map(node: Node, source: Source, columns: Sequence[Column], functions: Functions) -> Node | None:
    """Return the map over different words and their counts; None where that would be another question.

    Examples
    --------
    >>> counted_map({}, Source(name="", pattern="", dialect=Text(), columns=(), files=()), (), Functions(
    ...     names=frozenset(), aggregates=frozenset(), volatile=frozenset())) is None
    True
    """
    reader = source.dialect
    if not isinstance(reader, Text) or reader.rows != "words":
        return None
    if any(entry.ordinal > 0 for entry in columns) or not _may_count(node, functions):
        return None
    counted = clone(node)
    for part in list(walk(counted)):
        if _is_count(part):
            kept = {name: part[name] for name in ("alias",) if name in part}
            total = {
                "class": "OPERATOR",
                "type": "OPERATOR_COALESCE",
                "children": [call("sum", column(WORD_COUNT)), integer(0)],
            }
            part.clear()
            part.update({**cast(total, "BIGINT"), **kept})
    return counted


def _may_count(node: Node, functions: Functions) -> bool:
    origin = node.get("from_table", {})
    if node.get("type") != "SELECT_NODE" or origin.get("type") != "BASE_TABLE" or "sample" in origin:
        return False
    for part in walk({name: value for name, value in node.items() if name != "from_table"}):
        if part.get("class") in {"STAR", "SUBQUERY", "WINDOW"} or "sample" in part:
            return False
        name = str(part.get("function_name", "")).lower()
        if name in functions.aggregates and not _is_count(part):
            return False
    return True


def _is_count(part: Node) -> bool:
    """Tell whether a node counts rows, all of them."""
    if str(part.get("function_name", "")).lower() != "count_star":
        return False
    return not any(part.get(name) for name in ("filter", "distinct", "export_state"))
