"""Select the rows of one source that must travel: those that pass its filters, the columns that are used.

What cannot be done chunk by chunk is done over such rows in the final SQL, or they are the small side of
a join and go to every worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fusionflow_lab.planning.ast import (
    Node,
    column,
    conjunction,
    conjuncts,
    rewrite,
    select,
    star,
    table,
    walk,
    walk_block,
    without_locations,
)
from fusionflow_lab.planning.bind import Functions
from fusionflow_lab.planning.classify import clauses
from fusionflow_lab.planning.failing import may_fail
from fusionflow_lab.planning.joins import Leaf
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.prune import mentioned_columns
from fusionflow_lab.planning.stages import volatile_name
from fusionflow_lab.source import Source


def shipped_rows(leaf: Leaf, block: Node, source: Source, functions: Functions) -> Node:
    """Write the SELECT of the rows that a SELECT needs of a source's table in its FROM.

    Conditions of its WHERE that are applied to these rows are taken out of it.

    Parameters
    ----------
    leaf
        The table.
    block
        The SELECT; what it mentions is needed.
    source
        The source.
    functions
        Tells which functions are volatile.

    Raises
    ------
    Gather
        A sample is taken of the table.
    """
    if leaf.ref.get("sample"):
        raise Gather("a sample is taken of all rows together")
    applied = [*own_filters(leaf.ref, leaf.filters, source, functions)]
    _drop(block, [part for part, _ in applied])
    where = conjunction([plain for _, plain in applied])
    return select(_items(block, source), table(source.name), where=where)


def _drop(block: Node, applied: list[Node]) -> None:
    """Take conditions out of the WHERE of a SELECT that every row now fulfils: what they read may stay."""
    kept = [
        part for part in conjuncts(block.get("where_clause")) if not any(part is other for other in applied)
    ]
    where = conjunction(kept)
    if where is not None:
        block["where_clause"] = where
    else:
        block.pop("where_clause", None)


def _items(block: Node, source: Source) -> list[Node]:
    """List the columns to ship: all where a ``*`` may stand for them."""
    if any(node.get("class") == "STAR" and node.get("type") == "STAR" for node in walk_block(clauses(block))):
        return [star()]
    columns = mentioned_columns(block, source)
    if columns == source.columns:
        return [star()]
    return [column(entry.name) for entry in columns or source.columns[:1]]


def own_filters(
    ref: Node, filters: Iterable[Node], source: Source, functions: Functions
) -> Iterator[tuple[Node, Node]]:
    """Yield the filters that read nothing but a source's table, each with how it reads for the source alone.

    They must not fail: here they see rows that the query itself may have dropped before.
    """
    if "column_name_alias" in ref:
        return
    alias = str(ref.get("alias") or ref["table_name"]).lower()
    known = {column.name.lower() for column in source.columns}
    for part in filters:
        plain = _bare(without_locations(part), alias, known)
        if (
            not may_fail(plain)
            and _stands_alone(plain, known)
            and not volatile_name(plain, functions, source.columns)
        ):
            yield part, plain


def _bare(part: Node, alias: str, known: set[str]) -> Node:
    def change(node: Node) -> Node | None:
        names = node.get("column_names", [])
        if len(names) > 1 and names[0].lower() == alias and alias not in known:
            return {**node, "column_names": names[1:]}
        return None

    copied: Node = rewrite(part, change)
    return copied


def _stands_alone(part: Node, known: set[str]) -> bool:
    for node in walk(part):
        if node.get("class") in {"SUBQUERY", "WINDOW", "LAMBDA", "STAR", "PARAMETER"}:
            return False
        if node.get("class") == "COLUMN_REF" and (
            len(node["column_names"]) != 1 or node["column_names"][0].lower() not in known
        ):
            return False
    return True
