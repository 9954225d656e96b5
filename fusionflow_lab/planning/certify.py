"""The certificate of a map: DuckDB's own plan shows that it may run on parts of its source.

A wrong belief that a query may be cut would give wrong answers in silence. So each map is explained
over empty tables, unoptimized, and looked at from the root down to the one scan of its source:

- every operator on that way is row by row, but for the one aggregation of an ``aggregate`` stage;
- at a join the source is on a side whose rows each get their own answer (``joins``), and the other
  side holds no row of the source. Subqueries are joins here, too.

DuckDB runs a correlated subquery as a join with the distinct values it depends on, held as common
tables named ``__duckdb_delim…``. Such a join answers for each row by itself, like the text says.
"""

from __future__ import annotations

from fusionflow_lab.planning.ast import Node, walk
from fusionflow_lab.planning.joins import LEFT_DRIVES, RIGHT_DRIVES
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.query import StageKind

DELIM = "__duckdb_delim"
_DEDUP = "__duckdb_delim_dedup"
_ROW_BY_ROW = frozenset({"PROJECTION", "FILTER"})
_SCANS = frozenset({"SEQ_SCAN", "TABLE_SCAN"})
_AGGREGATIONS = frozenset(
    {
        "HASH_GROUP_BY",
        "PERFECT_HASH_GROUP_BY",
        "UNGROUPED_AGGREGATE",
        "SIMPLE_AGGREGATE",
        "PARTITIONED_AGGREGATE",
    }
)
_JOINS = frozenset(
    {
        "HASH_JOIN",
        "NESTED_LOOP_JOIN",
        "PIECEWISE_MERGE_JOIN",
        "IE_JOIN",
        "BLOCKWISE_NL_JOIN",
        "CROSS_PRODUCT",
        "ASOF_JOIN",
    }
)
# MARK and SINGLE are the joins of IN and of scalar subqueries: one answer for each row on the left.
_MARKS = frozenset({"MARK", "SINGLE"})
_SINGLE_ROW = frozenset({"UNGROUPED_AGGREGATE", "SIMPLE_AGGREGATE"})


def certify(plan: list[Node], kind: StageKind, source: str) -> bool:
    """Check the explained plan of a map.

    Parameters
    ----------
    plan
        The plan, as DuckDB explains it without its optimizer.
    kind
        Kind of the stage.
    source
        Name of the source's table.

    Returns
    -------
    bool
        Whether a row of the source may give several rows, because joins or UNNEST stand above it.

    Raises
    ------
    Gather
        It holds an operator that needs other rows.

    Examples
    --------
    >>> scan = {"name": "SEQ_SCAN", "extra_info": {"Table": "source_0"}}
    >>> certify([{"name": "PROJECTION", "children": [scan]}], "rows", "source_0")
    False
    """
    if len(plan) != 1:
        raise Gather("DuckDB does not run it as one pass over the files")
    return _Certificate(source.lower()).check(plan[0], 1 if kind == "aggregate" else 0, frozenset())


class _Certificate:
    """Goes down from the root to the scan of one source."""

    def __init__(self, source: str) -> None:
        self.source = source

    def check(self, node: Node, aggregations: int, streams: frozenset[str]) -> bool:
        """Check a node; ``streams`` are the common tables that hold the rows of the source as they come."""
        name, children = _name(node), node.get("children", [])
        if self.is_stream(node, streams):
            return False
        if name == "CTE" and len(children) == 2:  # noqa: PLR2004 - what it holds, and what reads it
            return self.common_table(node, aggregations, streams)
        holding = [place for place, child in enumerate(children) if self.holds(child, streams)]
        if not holding:
            raise Gather("DuckDB does not run it as one pass over the files")
        if len(holding) > 1:
            raise Gather("DuckDB joins rows of its files with each other")
        child = children[holding[0]]
        if len(children) == 1 and name in _AGGREGATIONS and aggregations:
            return self.check(child, aggregations - 1, streams)
        if len(children) == 1 and name in _ROW_BY_ROW:
            return self.check(child, aggregations, streams)
        if len(children) == 1 and name == "UNNEST":
            self.check(child, aggregations, streams)
            return True
        if len(children) == 2 and name in _JOINS:  # noqa: PLR2004 - left and right
            several = self.join(node, holding[0])
            return self.check(child, aggregations, streams) or several
        raise Gather(f"DuckDB runs it with {name.replace('_', ' ').lower()}, which needs other rows too")

    def join(self, node: Node, side: int) -> bool:
        """Check a join that has the source on a side; tell whether it may multiply its rows."""
        kind = str(_info(node, "Join Type") or "INNER").upper()
        allowed = RIGHT_DRIVES if side else LEFT_DRIVES | _MARKS
        if _name(node) == "ASOF_JOIN" and side:
            allowed = frozenset()
        if kind not in allowed:
            raise Gather(f"a {kind} join keeps or counts rows of its other side")
        if kind in {"SEMI", "ANTI"} | _MARKS:
            return False
        other = node["children"][1 - side]
        while _name(other) == "PROJECTION":
            other = other["children"][0]
        return _name(other) not in _SINGLE_ROW

    def common_table(self, node: Node, aggregations: int, streams: frozenset[str]) -> bool:
        """Check a common table and what reads it."""
        name, index = str(_info(node, "CTE Name")), str(_info(node, "Table Index"))
        made, reader = node["children"]
        if not self.holds(made, streams) or name.startswith(_DEDUP):
            return self.check(reader, aggregations, streams)
        if not name.startswith(DELIM):
            raise Gather(f"{name} is made of all rows")
        several = self.check(made, 0, streams)
        return self.check(reader, aggregations, streams | {index}) or several

    def holds(self, node: Node, streams: frozenset[str]) -> bool:
        """Tell whether rows of the source come up from a node."""
        if _name(node) == "CTE" and str(_info(node, "CTE Name")).startswith(_DEDUP):
            return self.holds(node["children"][1], streams)
        return self.is_stream(node, streams) or any(
            self.holds(child, streams) for child in node.get("children", [])
        )

    def is_stream(self, node: Node, streams: frozenset[str]) -> bool:
        if _name(node) in _SCANS:
            table = str(_info(node, "Table") or "").replace('"', "").rpartition(".")[2]
            return table.lower() == self.source
        return _name(node) == "CTE_SCAN" and str(_info(node, "CTE Index")) in streams


def refuse_delim_names(tree: object) -> None:
    """Raise ``Gather`` where a query calls something like DuckDB's own common tables."""
    for node in walk(tree):
        for entry in node.get("cte_map", {}).get("map", []):
            if entry["key"].lower().startswith(DELIM):
                raise Gather(f"{entry['key']} is a name of DuckDB's own")


def _name(node: Node) -> str:
    return str(node["name"]).strip()


def _info(node: Node, name: str) -> object:
    return node.get("extra_info", {}).get(name)
