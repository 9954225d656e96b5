"""Cut a query at the innermost place where a source needs more than one row at a time.

Going up from each source, plain SELECTs stay with it (they are *row by row*). The first block that is
more than that is cut: what is below runs on chunks, what is above is left as the user wrote it, over
the table of the stage. A query that has no such place is one that gives rows.
"""

from __future__ import annotations

from dataclasses import replace

from fusionflow_lab.planning.ast import Node, clone, modifier, named, walk_block
from fusionflow_lab.planning.classify import Block, clauses, is_aggregated, open_block, refuse_rows
from fusionflow_lab.planning.cut_aggregate import cut_aggregate
from fusionflow_lab.planning.cut_rows import cut_rows
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.scope import inline, tables, with_ctes
from fusionflow_lab.planning.stages import StageMaker


def cut(tree: Node, maker: StageMaker, *, copies: bool = False) -> Node:
    """Add the stages of a query to ``maker`` and return the tree of the final SQL.

    Parameters
    ----------
    tree
        The query over the tables of its sources.
    maker
        Makes and keeps the stages.
    copies
        Whether a CTE that is used more than once is cut, and read, once for each use.

    Raises
    ------
    Gather
        It cannot be cut; the message says why.
    """
    final = clone(tree)
    inline(final, frozenset(maker.sources), copies=copies)
    cutter = _Cutter(maker, final)
    if cutter.query(final, []):
        cutter.rows(final, _ctes(final))
    return final


class _Cutter:
    """Walks a query from its sources up, cutting in place."""

    def __init__(self, maker: StageMaker, root: Node) -> None:
        self.maker = maker
        self.root = root

    def query(self, node: Node, outer: list[Node]) -> bool:
        """Cut below a query node; tell whether it is itself row by row over a source."""
        visible = [*outer]
        for entry in _ctes(node):
            body = entry["value"].get("query_node")
            if body is not None and self.query(body, visible):
                raise Gather(f"{entry['key']} is used more than once")
            visible.append(entry)
        if node["type"] == "SELECT_NODE":
            return self.select(node, visible)
        if node["type"] == "SET_OPERATION_NODE":
            for child in node.get("children", []):
                if self.query(child, visible):
                    kind = _words(node.get("setop_type", "UNION"))
                    raise Gather(f"{kind} puts rows of several queries together")
        elif self.reads(node):
            raise Gather("a recursive query needs its rows again and again")
        return False

    def reads(self, tree: object) -> bool:
        """Tell whether something still reads a source."""
        return bool(set(tables(tree)) & set(self.maker.sources))

    def select(self, node: Node, visible: list[Node]) -> bool:
        """Cut a SELECT; tell whether it is row by row."""
        over_source = self.origin(node["from_table"], visible)
        for part in walk_block(clauses(node)):
            if part.get("class") == "SUBQUERY" and self.query(part["subquery"]["node"], visible):
                raise Gather("a subquery needs all rows of its files")
        if not over_source:
            return False
        refuse_rows(node, self.maker.binder.functions)
        if is_aggregated(node, self.maker.binder.functions):
            self.replace(node, cut_aggregate(self.open(node, visible), self.maker, visible))
        elif modifier(node, "DISTINCT_MODIFIER"):
            self.replace(node, cut_aggregate(_grouped(self.open(node, visible)), self.maker, visible))
        elif node.get("modifiers"):
            if modifier(node, "LIMIT_MODIFIER") is None and node is not self.root:
                raise Gather("rows are sorted before they are used")
            self.rows(node, visible)
        else:
            return True
        return False

    def rows(self, node: Node, visible: list[Node]) -> None:
        """Cut a SELECT at its rows."""
        self.replace(node, cut_rows(self.open(node, visible), self.maker, visible))

    def open(self, node: Node, visible: list[Node]) -> Block:
        """Read the names of a block."""
        return open_block(node, self.maker.binder, with_ctes({**node, "cte_map": {}}, visible))

    def replace(self, node: Node, final: Node) -> None:
        """Put the final's node where the block was."""
        node.clear()
        node.update(final)

    def origin(self, origin: Node, visible: list[Node]) -> bool:
        """Cut below a FROM; tell whether it is row by row over a source."""
        if origin["type"] == "BASE_TABLE":
            return origin["table_name"].lower() in self.maker.sources
        if origin["type"] == "SUBQUERY":
            return self.query(origin["subquery"]["node"], visible)
        if not self.reads(origin):
            return False
        if origin["type"] == "JOIN":
            sides = [self.origin(origin[side], visible) for side in ("left", "right")]
            if any(sides):
                raise Gather("a join needs the rows of both sides together")
            return False
        kind = str(origin.get("show_type", origin["type"])).replace("SUMMARY", "SUMMARIZE")
        raise Gather(f"{_words(kind)} looks at all rows together")


def _ctes(node: Node) -> list[Node]:
    return list(node.get("cte_map", {}).get("map", []))


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


def _words(kind: str) -> str:
    return kind.replace("_", " ")
