"""Tell whether an expression may fail on some rows and not on others.

DuckDB stops reading when LIMIT has enough rows, so a bad row further on raises no error. Chunks are read
ahead of that point: what may fail must not be evaluated there. Comparisons need no care, as DuckDB adds
no casts from text to them.
"""

from __future__ import annotations

from fusionflow_lab.planning.ast import Node, walk

_FAILING_NAMES = """
    strptime error sqrt ln log log2 log10 chr make_date make_timestamp make_time factorial gamma lgamma
    acos asin repeat from_hex unhex from_base64 decode json_extract bitstring to_years to_months to_days
"""
_FAILING = frozenset(_FAILING_NAMES.split())
_TEXT = frozenset({"VARCHAR", "TEXT", "STRING"})


def may_fail(tree: object) -> bool:
    """Tell whether evaluating expressions may raise an error on some rows.

    Examples
    --------
    >>> may_fail({"class": "FUNCTION", "function_name": "sqrt"})
    True
    """
    return any(_fails(node) for node in walk(tree))


def _fails(node: Node) -> bool:
    if str(node.get("function_name", "")).lower() in _FAILING:
        return True
    if node.get("type") != "OPERATOR_CAST" or node.get("try_cast"):
        return False
    reads = any(part.get("class") == "COLUMN_REF" for part in walk(node.get("child")))
    return reads and str(node["type_expr"].get("type_name", "")).upper() not in _TEXT
