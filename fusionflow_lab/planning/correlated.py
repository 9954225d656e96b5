"""Cut an aggregate that is asked for anew for each row around it: ``(SELECT sum(x) … WHERE t.k = outer.k)``.

Its equalities with the outer row become the keys of a grouping, which is cut like any other; the subquery
then looks up the one group of its row::

    SELECT sum(x) + 1 FROM t WHERE t.k = u.k AND t.y > 0
      inner  SELECT k AS __k0, sum(x) AS __a0 FROM t WHERE y > 0 GROUP BY 1
      looks  SELECT any_value(__a0) + 1 FROM (inner) AS __group WHERE __k0 = u.k
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from fusionflow_lab.planning.ast import (
    Node,
    call,
    column,
    conjunction,
    conjuncts,
    fingerprint,
    integer,
    named,
    rewrite,
    select,
    walk,
    walk_block,
)
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.classify import is_aggregate
from fusionflow_lab.planning.joins import join_leaves
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.scope import with_ctes

_GROUP = "__group"
_ABOVE = ("group_expressions", "group_sets", "having", "qualify", "modifiers")


@dataclass(kw_only=True, slots=True)
class Keyed:
    """A correlated aggregate, taken apart: the grouping to cut, and how to look into it."""

    grouping: Node
    items: list[Node]
    where: Node

    def lookup(self, grouping: Node) -> Node:
        """Return the subquery over the grouping, as cut."""
        origin = {"type": "SUBQUERY", "alias": _GROUP, "subquery": {"node": grouping}}
        return select(self.items, origin, where=self.where)


@dataclass(kw_only=True, slots=True)
class _Parts:
    binder: Binder
    node: Node
    visible: list[Node]
    aggregates: list[Node] = field(default_factory=list)

    def binds(self, *, items: list[Node] | None = None, where: Node | None = None) -> bool:
        """Tell whether expressions read nothing but the FROM of the subquery."""
        alone = select(items or [integer(1)], self.node["from_table"], where=where)
        return self.binder.shape_of(with_ctes(alone, self.visible)) is not None

    def pair(self, part: Node) -> tuple[Node, Node]:
        """Split an equality into what it reads inside and what it reads of the row around."""
        if part.get("type") != "COMPARE_EQUAL":
            raise Gather("a subquery depends on the rows around it by more than equality")
        for inner, outer in ((part["left"], part["right"]), (part["right"], part["left"])):
            if self.binds(items=[inner]) and not self.reads_inside(outer):
                return inner, outer
        raise Gather("a subquery depends on the rows around it by more than equality")

    def reads_inside(self, expression: Node) -> bool:
        """Tell whether an expression may name a column of the FROM."""
        if any(node.get("class") == "SUBQUERY" for node in walk(expression)):
            return True
        aliases = {
            str(leaf.ref.get("alias") or leaf.ref.get("table_name", "")).lower()
            for leaf in join_leaves(self.node)
        }
        for node in walk(expression):
            if node.get("class") == "COLUMN_REF":
                names = node["column_names"]
                inside = len(names) > 1 and names[0].lower() in aliases
                if inside or self.binds(items=[column(names[0])]):
                    return True
        return False

    def value(self, node: Node) -> Node:
        """Write the lookup of an aggregate's value in the group; without one, its value over no rows."""
        marks = [fingerprint(known) for known in self.aggregates]
        bare = named(node, "")
        if fingerprint(bare) not in marks:
            self.aggregates.append(bare)
            marks.append(fingerprint(bare))
        found = call("any_value", column(f"__a{marks.index(fingerprint(bare))}"))
        empty = self.over_nothing(bare)
        if empty is None:
            return found
        if empty != 0:
            raise Gather(f"{node['function_name']} of no rows has a value of its own")
        return {"class": "OPERATOR", "type": "OPERATOR_COALESCE", "children": [found, integer(0)]}

    def over_nothing(self, aggregate: Node) -> object:
        """Ask for the value of an aggregate over no rows: the tables of the binder are empty."""
        alone = with_ctes(select([aggregate], self.node["from_table"]), self.visible)
        try:
            return self.binder.first(self.binder.sql(alone))
        except duckdb.Error as error:
            raise Gather("an aggregate depends on the rows around it") from error


def keyed(node: Node, binder: Binder, visible: list[Node]) -> Keyed:
    """Take a correlated scalar aggregate apart.

    Raises
    ------
    Gather
        It is something else, or is compared with its row by more than equality.
    """
    parts = _Parts(binder=binder, node=node, visible=visible)
    functions = binder.functions
    items: list[Node] = node["select_list"]
    if any(name in node for name in _ABOVE) or len(items) != 1:
        raise Gather("a subquery depends on the rows around it")

    def change(part: Node) -> Node | None:
        if is_aggregate(part, functions):
            return parts.value(part)
        if part.get("class") in {"COLUMN_REF", "SUBQUERY", "WINDOW"}:
            raise Gather("a subquery depends on the rows around it beside its aggregates")
        return None

    looked = [named(rewrite(named(item, ""), change), str(item.get("alias", ""))) for item in items]
    if not parts.aggregates or any(part.get("class") == "STAR" for part in walk_block(items)):
        raise Gather("a subquery depends on the rows around it")
    conditions = conjuncts(node.get("where_clause"))
    local = [part for part in conditions if parts.binds(where=part)]
    pairs = [parts.pair(part) for part in conditions if part not in local]
    if not pairs:
        raise Gather("a subquery depends on the rows around it")
    keys = [named(inner, f"__k{place}") for place, (inner, _) in enumerate(pairs)]
    values = [named(aggregate, f"__a{place}") for place, aggregate in enumerate(parts.aggregates)]
    grouping = select([*keys, *values], node["from_table"], where=conjunction(local), groups=len(keys))
    equal = [
        {
            "class": "COMPARISON",
            "type": "COMPARE_EQUAL",
            "left": column(_GROUP, f"__k{place}"),
            "right": outer,
        }
        for place, (_, outer) in enumerate(pairs)
    ]
    where = conjunction(equal)
    if where is None:
        raise Gather("a subquery depends on the rows around it")
    return Keyed(grouping=grouping, items=looked, where=where)
