"""The joins of a FROM: which tables stand in it, and which of them may be read in parts.

Of the tables that hold rows of a source one *drives*: it is read chunk by chunk, and each chunk is joined
with the others whole. That gives all rows of the join once, if every join on the way up lets its side
drive: an inner join either side, one that keeps the rows of one side only that side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fusionflow_lab.planning.ast import Node, conjuncts, walk

# Join types that give each row of a side its own answer, whatever the other rows of that side are.
LEFT_DRIVES = frozenset({"INNER", "LEFT", "SEMI", "ANTI"})
RIGHT_DRIVES = frozenset({"INNER", "RIGHT"})
# Join types that drop the rows of a side for which their condition, or what is above, is not true.
_LEFT_DROPS = frozenset({"INNER", "RIGHT", "SEMI"})
_RIGHT_DROPS = frozenset({"INNER", "LEFT", "SEMI", "ANTI"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """One table of a FROM.

    ``drives`` tells whether it may be read in parts; ``filters`` are conditions of the query that may be
    applied to its rows before any join, as far as they read nothing else.
    """

    ref: Node
    drives: bool
    filters: tuple[Node, ...]


def join_type(ref: Node) -> str:
    """Return the type of a join, such as ``INNER``.

    Examples
    --------
    >>> join_type({"type": "JOIN"})
    'INNER'
    """
    return str(ref.get("join_type", "INNER"))


def kept_join(origin: Node) -> str:
    """Name the join of a FROM that lets no side drive: it keeps rows of both, or of the other.

    Examples
    --------
    >>> kept_join({"type": "JOIN", "join_type": "OUTER"})
    'OUTER JOIN'
    """
    kinds = [join_type(part) for part in walk(origin) if part.get("type") == "JOIN"]
    outer = next((kind for kind in kinds if kind not in {"INNER", "SEMI", "ANTI"}), "a")
    return f"{outer} JOIN"


def join_leaves(select: Node) -> list[Leaf]:
    """List the tables in the FROM of a SELECT, from left to right.

    Examples
    --------
    >>> [leaf.drives for leaf in join_leaves({"from_table": {"type": "BASE_TABLE", "table_name": "t"}})]
    [True]
    """
    leaves: list[Leaf] = []
    _collect(select["from_table"], leaves, filters=tuple(conjuncts(select.get("where_clause"))), drives=True)
    return leaves


def _collect(ref: Node, leaves: list[Leaf], *, filters: tuple[Node, ...], drives: bool) -> None:
    if ref["type"] != "JOIN":
        leaves.append(Leaf(ref=ref, drives=drives, filters=filters))
        return
    kind, form = join_type(ref), ref.get("ref_type", "REGULAR")
    paired = form != "POSITIONAL"
    free = paired and form != "ASOF"
    own = tuple(conjuncts(ref.get("condition"))) if form == "REGULAR" else ()
    _collect(
        ref["left"],
        leaves,
        filters=(filters if paired and kind in LEFT_DRIVES else ()) + (own if kind in _LEFT_DROPS else ()),
        drives=drives and paired and kind in LEFT_DRIVES,
    )
    _collect(
        ref["right"],
        leaves,
        filters=(filters if free and kind in RIGHT_DRIVES else ()) + (own if kind in _RIGHT_DROPS else ()),
        drives=drives and free and kind in RIGHT_DRIVES,
    )


def conditions(ref: Node) -> list[Node]:
    """List the conditions of all joins of a FROM.

    Examples
    --------
    >>> conditions({"type": "BASE_TABLE"})
    []
    """
    if ref["type"] != "JOIN":
        return []
    own = [ref["condition"]] if "condition" in ref else []
    return [*conditions(ref["left"]), *conditions(ref["right"]), *own]


def driving_first(ref: Node, reads: Callable[[Node], bool]) -> Node:
    """Copy a FROM with the side that drives on the left of plain inner joins, where it streams by.

    Examples
    --------
    >>> one, two = ({"type": "BASE_TABLE", "table_name": name} for name in ("one", "two"))
    >>> join = {"type": "JOIN", "left": one, "right": two}
    >>> driving_first(join, lambda side: side is two)["left"]["table_name"]
    'two'
    """
    if ref["type"] != "JOIN":
        return ref
    sides = [driving_first(ref[side], reads) for side in ("left", "right")]
    plain = join_type(ref) == "INNER" and ref.get("ref_type", "REGULAR") in {"REGULAR", "CROSS"}
    if plain and "using_columns" not in ref and not reads(sides[0]) and not _lateral(sides[1]):
        sides.reverse()
    return {**ref, "left": sides[0], "right": sides[1]}


def _lateral(side: Node) -> bool:
    """Tell whether a side may read columns of the side before it, and must stay behind it."""
    if side["type"] == "JOIN":
        return _lateral(side["left"]) or _lateral(side["right"])
    return str(side["type"]) != "BASE_TABLE"


def merged_columns(ref: Node) -> frozenset[str]:
    """List the columns, in lower case, that joins of a FROM make of two by USING; ``*`` for NATURAL.

    Examples
    --------
    >>> merged_columns({"type": "BASE_TABLE"})
    frozenset()
    """
    if ref["type"] != "JOIN":
        return frozenset()
    own = (
        {"*"} if ref.get("ref_type") == "NATURAL" else {name.lower() for name in ref.get("using_columns", [])}
    )
    return frozenset(own) | merged_columns(ref["left"]) | merged_columns(ref["right"])


def is_union_all(node: Node) -> bool:
    """Tell whether a query node puts the rows of several queries one after the other, by position.

    Examples
    --------
    >>> is_union_all({"type": "SET_OPERATION_NODE", "setop_type": "UNION"})
    True
    """
    positional = node["type"] == "SET_OPERATION_NODE" and node.get("setop_type") == "UNION"
    return bool(positional and node.get("setop_all", True) and not node.get("modifiers"))
