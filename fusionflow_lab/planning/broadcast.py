"""Take out of a map what does not depend on its source: tables that are made once, before it runs.

A part of a map that reads tables of earlier stages, but not the source, is the same for every chunk. It
becomes a broadcast table ``table_0``, ``table_1`` … of its own, made of those stages when they are
complete. A correlated subquery does not stand by itself: there the tables that it reads are taken out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import duckdb

from fusionflow_lab.planning.aggregates import travels_changed
from fusionflow_lab.planning.ast import Node, clone, rewrite, select, star, table
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.scope import tables, with_ctes
from fusionflow_lab.query import Broadcast

_STAGE = "stage_"


class Extraction:
    """Takes broadcast tables out of maps.

    Parameters
    ----------
    binder
        Knows the tables of the stages; the broadcast tables are made there, empty.
    sources
        Names of the tables of sources.
    known
        Broadcast tables of other maps of the plan: the same SQL is the same table.
    """

    def __init__(self, binder: Binder, sources: Iterable[str], known: Iterable[Broadcast]) -> None:
        self._binder = binder
        self._sources = frozenset(sources)
        self._known = {broadcast.sql: broadcast for broadcast in known}
        self.used: dict[str, Broadcast] = {}

    def query(self, node: Node, outer: list[Node]) -> Node:
        """Copy a query node with its constant parts taken out.

        Raises
        ------
        Gather
            A part of it can neither be made before nor in each chunk.
        """
        own = list(node.get("cte_map", {}).get("map", []))
        visible = [*outer, *own]
        copied = {name: value for name, value in node.items() if name != "cte_map"}
        if "from_table" in copied:
            copied["from_table"] = self._origin(copied["from_table"], visible)
        if "children" in copied:
            copied["children"] = [self.query(child, visible) for child in copied["children"]]
        for name, value in copied.items():
            if name not in {"from_table", "children"}:
                copied[name] = self._expression(value, visible)
        used = set(tables(copied))
        kept: list[Node] = []
        for entry in reversed(own):
            if entry["key"].lower() in used:
                kept.insert(0, entry)
                used |= set(tables(entry["value"]))
        return {**copied, "cte_map": {"map": kept} if kept else {}}

    def _origin(self, ref: Node, visible: list[Node]) -> Node:
        if ref["type"] == "JOIN":
            sides = {side: self._origin(ref[side], visible) for side in ("left", "right")}
            condition = (
                {"condition": self._expression(ref["condition"], visible)} if "condition" in ref else {}
            )
            return {**ref, **sides, **condition}
        if not self._reads_stage(ref, visible):
            return self._expression(ref, visible) if ref["type"] != "SUBQUERY" else self._inside(ref, visible)
        if self._sources.isdisjoint(tables(ref)):
            alias = ref.get("alias") or ref.get("table_name", "")
            made = self._table(select([star()], ref), visible)
            if made:
                return table(made, alias)
        if ref["type"] == "SUBQUERY":
            return self._inside(ref, visible)
        raise Gather("a table of it depends on the rows around it")

    def _inside(self, ref: Node, visible: list[Node]) -> Node:
        return {**ref, "subquery": {**ref["subquery"], "node": self.query(ref["subquery"]["node"], visible)}}

    def _expression(self, tree: object, visible: list[Node]) -> Node:
        def change(node: Node) -> Node | None:
            if node.get("class") != "SUBQUERY":
                return None
            inner = node["subquery"]["node"]
            made = self._table(inner, visible) if self._reads_stage(inner, visible) else ""
            fresh = select([star()], table(made)) if made else self.query(inner, visible)
            child = {"child": self._expression(node["child"], visible)} if "child" in node else {}
            return {**node, **child, "subquery": {**node["subquery"], "node": fresh}}

        copied: Node = rewrite(tree, change)
        return copied

    def _reads_stage(self, tree: Node, visible: list[Node]) -> bool:
        names = set(tables(tree))
        for entry in reversed(visible):
            if entry["key"].lower() in names:
                names |= set(tables(entry["value"]))
        return any(name.startswith(_STAGE) for name in names)

    def _free_name(self) -> str:
        taken = {broadcast.name for broadcast in self._known.values()}
        return next(f"table_{place}" for place in count() if f"table_{place}" not in taken)

    def _table(self, node: Node, visible: list[Node]) -> str:
        """Make a broadcast table of a query; empty where the query depends on the rows around it."""
        whole = with_ctes(clone(node), visible)
        sql = self._binder.sql(whole)
        broadcast = self._known.get(sql)
        if broadcast is None:
            shape = self._binder.shape_of(whole)
            if shape is None:
                return ""
            if any(travels_changed(kind) or "AGGREGATE_STATE" in kind for kind in shape.types):
                raise Gather("values of a table that it is joined with do not travel between processes")
            broadcast = Broadcast(
                name=self._free_name(),
                sql=sql,
                stages=tuple(sorted({name for name in tables(whole) if name.startswith(_STAGE)})),
                columns=tuple(zip(shape.names, shape.types, strict=True)),
            )
            try:
                self._binder.create_as(broadcast.name, sql)
            except duckdb.Error as error:
                raise Gather("a table that it is joined with has columns of one name") from error
            self._known[sql] = broadcast
        self.used[broadcast.name] = broadcast
        return broadcast.name
