"""Maps over ``UNION ALL``: one map for each branch, all with the same columns.

Whatever may be done with the rows of a source in parts may be done with those of several sources one
after the other. So a map whose source stands in a ``UNION ALL`` becomes as many maps, whose states merge.
"""

from __future__ import annotations

from fusionflow_lab.planning.ast import Node, column, named, select, star, table
from fusionflow_lab.planning.bind import Binder, Shape
from fusionflow_lab.planning.joins import is_union_all
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.scope import tables, with_ctes
from fusionflow_lab.states.casts import quoted

_ALIAS = "__branch"


class Branches:
    """Finds the branches of maps.

    Parameters
    ----------
    binder
        Knows the tables.
    sources
        Names of the tables of sources.
    """

    def __init__(self, binder: Binder, sources: frozenset[str]) -> None:
        self._binder = binder
        self._sources = sources

    def of(self, node: Node, outer: list[Node]) -> list[Node]:
        """List the maps that together are a map; most are one.

        Raises
        ------
        Gather
            The branches do not bind by themselves.
        """
        visible = [*outer, *node.get("cte_map", {}).get("map", [])]
        if node["type"] == "SELECT_NODE":
            return [{**node, "from_table": origin} for origin in self._origins(node["from_table"], visible)]
        if not is_union_all(node):
            return [node]
        shape = self._binder.shape_of(with_ctes(node, visible))
        if shape is None:
            raise Gather("a branch of UNION ALL does not stand by itself")
        return [
            self._like(branch, shape, visible)
            for child in node["children"]
            for branch in self.of(child, visible)
        ]

    def _origins(self, ref: Node, visible: list[Node]) -> list[Node]:
        if self._sources.isdisjoint(tables(ref)):
            return [ref]
        if ref["type"] == "JOIN":
            return [
                {**ref, "left": left, "right": right}
                for left in self._origins(ref["left"], visible)
                for right in self._origins(ref["right"], visible)
            ]
        if ref["type"] == "SUBQUERY":
            inner = ref["subquery"]["node"]
            return [
                {**ref, "subquery": {**ref["subquery"], "node": branch}} for branch in self.of(inner, visible)
            ]
        return [ref]

    def _like(self, node: Node, shape: Shape, visible: list[Node]) -> Node:
        """Select from a branch the names and types of the whole."""
        own = self._binder.shape_of(with_ctes(node, visible))
        if own is None or len(own.names) != len(shape.names):
            raise Gather("a branch of UNION ALL does not stand by itself")
        if own == shape:
            return node
        differ = len({name.lower() for name in own.names}) == len(own.names)
        places = list(own.names) if differ else [f"c{place}" for place in range(len(own.names))]
        items = [
            named(column(place) if mine == kind else self._cast(place, kind), name)
            for place, mine, kind, name in zip(places, own.types, shape.types, shape.names, strict=True)
        ]
        origin: Node = {"type": "SUBQUERY", "alias": _ALIAS, "subquery": {"node": node}}
        return select(items, origin if differ else {**origin, "column_name_alias": places})

    def _cast(self, name: str, kind: str) -> Node:
        parsed = self._binder.parse(f"SELECT CAST({quoted(name)} AS {kind})")
        expression: Node = parsed["select_list"][0]
        return expression


def union_of(names: list[str]) -> Node:
    """Write the FROM that reads the tables of several stages one after the other.

    Examples
    --------
    >>> union_of(["stage_0"])["table_name"]
    'stage_0'
    """
    if len(names) == 1:
        return table(names[0])
    branches = [select([star()], table(name)) for name in names]
    union = {"type": "SET_OPERATION_NODE", "cte_map": {}, "setop_type": "UNION", "children": branches}
    return {"type": "SUBQUERY", "alias": "stages", "subquery": {"node": union}}
