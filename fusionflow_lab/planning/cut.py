"""Cut a query at the innermost places where a source needs more than one row at a time.

Going up from each source, plain SELECTs and joins with smaller tables stay with it (they are *row by
row*). The first block that is more than that is cut: what is below runs on chunks, what is above is left
as the user wrote it, over the table of the stage. Where a block cannot be cut, the rows that it needs of
its sources are shipped, and it stays whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fusionflow_lab.planning.ast import (
    Node,
    clone,
    integer,
    modifier,
    named,
    select,
    star,
    walk_block,
)
from fusionflow_lab.planning.classify import (
    Block,
    clauses,
    is_aggregated,
    open_block,
    refuse_rows,
)
from fusionflow_lab.planning.correlated import keyed
from fusionflow_lab.planning.cut_aggregate import cut_aggregate
from fusionflow_lab.planning.cut_rows import cut_rows
from fusionflow_lab.planning.cut_window import cut_window, push_ranks
from fusionflow_lab.planning.joins import Leaf, conditions, is_union_all, join_leaves, kept_join
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.scope import (
    inline,
    inline_entry,
    name_subqueries,
    names_differ,
    tables,
    with_ctes,
)
from fusionflow_lab.planning.ship import shipped_rows
from fusionflow_lab.planning.stages import Ending, StageMaker

# A source of a few bytes goes to every worker rather than both sides of a join to one.
_SMALL_BYTES = 64 << 20
_ANY = frozenset({"ANY", "EXISTS", "NOT_EXISTS"})


def cut(tree: Node, maker: StageMaker) -> Node:
    """Add the stages of a query to ``maker`` and return the tree of the final SQL.

    Parameters
    ----------
    tree
        The query over the tables of its sources.
    maker
        Makes and keeps the stages.

    Raises
    ------
    Gather
        It cannot be cut; the message says why.
    """
    final = clone(tree)
    name_subqueries(final)
    inline(final, frozenset(maker.sources))
    push_ranks(final)
    cutter = _Cutter(maker, final)
    if cutter.query(final, []):
        cutter.force(final, [])
    if cutter.failure and all(stage.reason for stage in maker.stages):
        raise Gather(cutter.failure)
    return final


class _Cutter:
    """Walks a query from its sources up, cutting in place."""

    def __init__(self, maker: StageMaker, root: Node) -> None:
        self.maker = maker
        self.root = root
        self.failure = ""

    # -- queries ---------------------------------------------------------------------------------

    def query(self, node: Node, outer: list[Node]) -> bool:
        """Cut below a query node; tell whether it is itself row by row over a source."""
        visible = [*outer]
        for entry in _ctes(node):
            if self.common_table(node, entry, visible):
                visible.append(entry)
        if node["type"] == "SELECT_NODE":
            return self.select(node, visible)
        children = node.get("children") or [node[side] for side in ("left", "right") if side in node]
        over = [self.query(child, visible) for child in children]
        if all(over) and is_union_all({**node, "modifiers": []}):
            if not node.get("modifiers"):
                return True
            modifiers = node.pop("modifiers")
            _wrap(node)
            node["modifiers"] = modifiers
            return self.select(node, visible)
        kind = str(node.get("setop_type", "a recursive query"))
        distinct = kind in {"UNION", "EXCEPT", "INTERSECT"} and node.get("setop_all") is False
        for child, row_by_row in zip(children, over, strict=True):
            if row_by_row:
                words = kind.replace("_", " ")
                self.force(child, visible, f"{words} compares rows of several queries", distinct=distinct)
        return False

    def common_table(self, node: Node, entry: Node, visible: list[Node]) -> bool:
        """Cut a CTE; False where it is row by row, and now stands where it was mentioned."""
        body = entry["value"].get("query_node")
        if body is None or not self.query(body, visible):
            return True
        if not names_differ(self.root):
            self.force(body, visible, f"there are several tables {entry['key']}")
            return True
        inline_entry(self.root, node, entry)
        return False

    def reads(self, tree: object) -> bool:
        """Tell whether something still reads a source."""
        return not frozenset(self.maker.sources).isdisjoint(tables(tree))

    def force(self, node: Node, outer: list[Node], reason: str = "", *, distinct: bool = False) -> None:
        """Cut a query node that is row by row at its rows, or at the distinct ones."""
        if node["type"] != "SELECT_NODE":
            _wrap(node)
        visible = [*outer, *_ctes(node)]

        def made() -> Node:
            block = self.open(node, visible)
            if distinct and "modifiers" not in node:
                whole = replace(block, node={**block.node, "modifiers": [{"type": "DISTINCT_MODIFIER"}]})
                return cut_aggregate(_grouped(whole), self.maker, visible)
            return cut_rows(block, self.maker, visible, reason)

        self.try_cut(node, visible, made)

    # -- blocks ----------------------------------------------------------------------------------

    def select(self, node: Node, visible: list[Node]) -> bool:
        """Cut a SELECT; tell whether it is row by row."""
        over_source = self.origin(node, visible)
        self.parts(clauses(node), visible)
        if not over_source:
            return False
        if node.get("sample"):
            raise Gather("a sample is taken of all rows together")
        functions = self.maker.binder.functions
        try:
            refuse_rows(node, functions)
        except Gather as why:
            if not self.first_rows(node, visible):
                self.ship_all(node, visible, str(why))
            return False
        if is_aggregated(node, functions):
            self.try_cut(node, visible, lambda: cut_aggregate(self.open(node, visible), self.maker, visible))
        elif modifier(node, "DISTINCT_MODIFIER"):
            self.try_cut(
                node,
                visible,
                lambda: cut_aggregate(_grouped(self.open(node, visible)), self.maker, visible),
            )
        elif node.get("modifiers"):
            limited = modifier(node, "LIMIT_MODIFIER") is not None or node is self.root
            self.force(node, visible, "" if limited else "rows are sorted before they are used")
        else:
            return True
        return False

    def first_rows(self, node: Node, visible: list[Node]) -> bool:
        """Cut a SELECT that keeps the first rows of partitions; tell whether it is one."""
        before = len(self.maker.stages)
        try:
            final = cut_window(node, self.open(node, visible), self.maker, visible)
        except Gather:
            del self.maker.stages[before:]
            return False
        node.clear()
        node.update(final)
        return True

    def open(self, node: Node, visible: list[Node]) -> Block:
        """Read the names of a block."""
        return open_block(node, self.maker.binder, with_ctes({**node, "cte_map": {}}, visible))

    def try_cut(self, node: Node, visible: list[Node], make: Callable[[], Node]) -> None:
        """Put the final's node where a block was; where it cannot be cut, ship what it reads."""
        before = len(self.maker.stages)
        try:
            final = make()
        except Gather as why:
            del self.maker.stages[before:]
            self.failure = self.failure or str(why)
            self.ship_all(node, visible, str(why))
        else:
            node.clear()
            node.update(final)

    # -- FROM ------------------------------------------------------------------------------------

    def origin(self, node: Node, visible: list[Node]) -> bool:
        """Cut below the FROM of a SELECT; tell whether it is row by row over a source."""
        leaves = join_leaves(node)
        over = [leaf for leaf in leaves if self.leaf(leaf.ref, visible)]
        self.parts(conditions(node["from_table"]), visible)
        if len(leaves) == 1 or not over:
            return bool(over)
        driving = self.driving(over, visible)
        for leaf in over:
            if leaf is not driving:
                reason = "" if driving else f"{kept_join(node['from_table'])} keeps rows of its other side"
                self.ship(leaf, node, visible, reason)
        return driving is not None

    def driving(self, over: list[Leaf], visible: list[Node]) -> Leaf | None:
        """Choose which table of a FROM is read in parts: the largest, if the joins let it."""
        sizes = [self.size(leaf.ref) for leaf in over]
        largest = max(sizes)
        for size, leaf in sorted(zip(sizes, over, strict=True), key=lambda pair: -pair[0]):
            small = sum(sizes) - size <= _SMALL_BYTES
            alone = leaf.ref["type"] == "BASE_TABLE" or self.binds(select([star()], leaf.ref), visible)
            if leaf.drives and alone and (size == largest or small):
                return leaf
        return None

    def size(self, ref: Node) -> int:
        """Return the bytes of the sources that a table reads."""
        return sum(self.maker.sources[name].size for name in tables(ref) if name in self.maker.sources)

    def binds(self, node: Node, visible: list[Node]) -> bool:
        """Tell whether a query stands by itself."""
        return self.maker.binder.shape_of(with_ctes(node, visible)) is not None

    def leaf(self, ref: Node, visible: list[Node]) -> bool:
        """Cut below one table of a FROM; tell whether it is row by row over a source."""
        if ref["type"] == "BASE_TABLE":
            return ref["table_name"].lower() in self.maker.sources
        if not self.reads(ref):
            return False
        if ref.get("sample"):
            raise Gather("a sample is taken of all rows together")
        if ref["type"] == "SUBQUERY":
            return self.query(ref["subquery"]["node"], visible)
        self.whole(ref, visible, f"{_words(ref)} looks at all rows together")
        return False

    def whole(self, ref: Node, visible: list[Node], reason: str) -> None:
        """Ship all rows that a PIVOT or a SUMMARIZE looks at."""
        if "source" in ref:
            inner = select([star()], ref["source"])
            if self.origin(inner, visible):
                self.ship_all(inner, visible, reason)
        elif "query" in ref:
            if self.query(ref["query"], visible):
                self.force(ref["query"], visible, reason)
        else:
            self.parts([ref], visible)
        if self.reads(ref):
            raise Gather(reason)

    # -- shipping --------------------------------------------------------------------------------

    def ship_all(self, node: Node, visible: list[Node], reason: str) -> None:
        """Ship the rows of every source in the FROM of a SELECT, which then stays as it is."""
        if node["type"] != "SELECT_NODE":
            raise Gather(reason)
        for leaf in join_leaves(node):
            if self.reads(leaf.ref):
                self.ship(leaf, node, visible, reason)

    def ship(
        self, leaf: Leaf, block: Node, visible: list[Node], reason: str, *, distinct: bool = False
    ) -> None:
        """Ship the rows that a SELECT needs of one table in its FROM."""
        ref = leaf.ref
        if ref["type"] != "BASE_TABLE":
            self.force(ref["subquery"]["node"], visible, reason, distinct=distinct)
            return
        source = self.maker.sources[ref["table_name"].lower()]
        node = shipped_rows(leaf, block, source, self.maker.binder.functions)
        alias = ref.get("alias") or ref["table_name"]
        kept = {name: ref[name] for name in ("column_name_alias",) if name in ref}
        if distinct:
            self.force(node, visible, reason, distinct=True)
            made: Node = {"type": "SUBQUERY", "subquery": {"node": node}}
        else:
            made = self.maker.add("rows", node, Ending(ordered=True, reason=reason))
        ref.clear()
        ref.update({**made, "alias": alias, **kept})

    # -- subqueries in expressions ---------------------------------------------------------------

    def subquery(self, part: Node, visible: list[Node]) -> None:
        """Cut a subquery of an expression, so that it reads no source any more."""
        node = part["subquery"]["node"]
        if not self.reads(node):
            return
        kind = part.get("subquery_type")
        exists = kind in {"EXISTS", "NOT_EXISTS"}
        if exists and self.is_plain(node):
            node["select_list"] = [integer(1)]
        if self.binds(node, visible):
            if exists and self.is_plain(node):
                node["modifiers"] = [{"type": "LIMIT_MODIFIER", "limit": integer(1)}]
            if self.query(node, visible):
                self.force(node, visible, "a subquery needs all of them", distinct=kind in _ANY)
        elif not self.keyed(node, visible):
            self.correlated(node, visible, distinct=kind in _ANY)

    def is_plain(self, node: Node) -> bool:
        """Tell whether a query gives a row for each row of its FROM that passes its WHERE."""
        if node["type"] != "SELECT_NODE" or node.get("modifiers") or node.get("sample") or "qualify" in node:
            return False
        if is_aggregated(node, self.maker.binder.functions):
            return False
        parts = [*walk_block(node["select_list"])]
        return not any(part.get("class") in {"WINDOW", "FUNCTION"} for part in parts)

    def keyed(self, node: Node, visible: list[Node]) -> bool:
        """Cut a correlated aggregate as a grouping by what it is compared with."""
        if node["type"] != "SELECT_NODE" or not is_aggregated(node, self.maker.binder.functions):
            return False
        work = clone(node)
        before = len(self.maker.stages)
        try:
            self.parts(clauses(work), visible)
            if not self.origin(work, visible):
                return False
            taken = keyed(work, self.maker.binder, visible)
            grouping = cut_aggregate(self.open(taken.grouping, visible), self.maker, visible)
        except Gather:
            del self.maker.stages[before:]
            return False
        looked = taken.lookup(grouping)
        node.clear()
        node.update(looked)
        return True

    def parts(self, tree: object, visible: list[Node]) -> None:
        """Cut the subqueries of expressions."""
        for part in walk_block(tree):
            if part.get("class") == "SUBQUERY":
                self.subquery(part, visible)

    def correlated(self, node: Node, visible: list[Node], *, distinct: bool) -> None:
        """Ship the rows that a correlated subquery reads; it stays as it is."""
        visible = [*visible, *_ctes(node)]
        for entry in _ctes(node):
            body = entry["value"].get("query_node")
            if body is not None and self.query(body, visible):
                self.force(body, visible, "a subquery depends on the rows around it")
        if node["type"] != "SELECT_NODE":
            for child in node.get("children", []):
                self.correlated(child, visible, distinct=False)
            return
        self.parts(clauses(node), visible)
        plain = distinct and self.is_plain(node)
        for leaf in join_leaves(node):
            if self.leaf(leaf.ref, visible):
                self.ship(leaf, node, visible, "a subquery depends on the rows around it", distinct=plain)


def _ctes(node: Node) -> list[Node]:
    return list(node.get("cte_map", {}).get("map", []))


def _wrap(node: Node) -> None:
    """Turn a query node in place into ``SELECT * FROM (query)``."""
    inner = {name: value for name, value in node.items() if name != "cte_map"}
    whole = select([star()], {"type": "SUBQUERY", "subquery": {"node": {**inner, "cte_map": {}}}})
    whole["cte_map"] = node.get("cte_map", {})
    node.clear()
    node.update(whole)


def _grouped(block: Block) -> Block:
    """Read SELECT DISTINCT as a grouping by all its items."""
    keys = [named(block.inlined(item), "") for item in block.items]
    modifiers = [entry for entry in block.node["modifiers"] if entry["type"] != "DISTINCT_MODIFIER"]
    node = {
        **block.node,
        "modifiers": modifiers,
        "group_expressions": keys,
        "group_sets": [list(range(len(keys)))],
    }
    return replace(block, node=node)


def _words(ref: Node) -> str:
    kind = str(ref.get("show_type", ref["type"])).replace("SUMMARY", "SUMMARIZE")
    return kind.replace("_", " ")
