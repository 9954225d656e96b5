"""The certificate of a map: DuckDB's own plan holds only operators that work row by row.

A wrong belief that a query may be cut would give wrong answers in silence. So each map is explained
over empty tables, unoptimized, and every operator between the scan of its source and the root must be
row by row, but for the one aggregation at the root of an ``aggregate`` stage.
"""

from __future__ import annotations

from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.query import StageKind

_ROW_BY_ROW = frozenset({"PROJECTION", "FILTER"})
_AGGREGATIONS = frozenset(
    {
        "HASH_GROUP_BY",
        "PERFECT_HASH_GROUP_BY",
        "UNGROUPED_AGGREGATE",
        "SIMPLE_AGGREGATE",
        "PARTITIONED_AGGREGATE",
    }
)


def certify(plan: list[Node], kind: StageKind) -> None:
    """Check the explained plan of a map.

    Raises
    ------
    Gather
        It holds an operator that needs other rows.

    Examples
    --------
    >>> certify([{"name": "PROJECTION", "children": [{"name": "SEQ_SCAN"}]}], "rows")
    """
    path = _path(plan)
    allowed = 1 if kind == "aggregate" else 0
    for name in path[:-1]:
        if name in _AGGREGATIONS and allowed:
            allowed -= 1
        elif name not in _ROW_BY_ROW:
            raise Gather(f"DuckDB runs it with {name.replace('_', ' ').lower()}, which needs other rows too")
    if not path or path[-1] not in {"SEQ_SCAN", "TABLE_SCAN"}:
        raise Gather("DuckDB does not run it as one pass over the files")


def _path(plan: list[Node]) -> list[str]:
    """List the operators from root to scan; more than one way down is no path."""
    path: list[str] = []
    level = plan
    while level:
        if len(level) > 1:
            raise Gather("DuckDB joins it with other rows")
        path.append(str(level[0]["name"]).strip())
        level = level[0].get("children", [])
    return path
