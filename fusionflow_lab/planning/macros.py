"""Write out DuckDB's macros that hide aggregates, such as ``geomean``: a cut must see what aggregates."""

from __future__ import annotations

from collections.abc import Mapping

from fusionflow_lab.planning.ast import Node, clone, named, rewrite, without_locations
from fusionflow_lab.planning.bind import Binder, Macro

_MOST = 8


def expand_macros(tree: Node, binder: Binder) -> Node:
    """Copy a tree with the aggregating macros written out.

    Examples
    --------
    >>> binder = Binder()
    >>> binder.sql(expand_macros(binder.parse("SELECT geometric_mean(x + 1) FROM t"), binder))
    'SELECT exp(avg(ln((x + 1)))) FROM t'
    >>> binder.close()
    """
    for _ in range(_MOST):
        expanded = _once(tree, binder)
        if expanded == tree:
            break
        tree = expanded
    return tree


def _once(tree: Node, binder: Binder) -> Node:
    def change(node: Node) -> Node | None:
        if node.get("class") != "FUNCTION":
            return None
        arguments = node.get("arguments", [])
        macro = binder.functions.macros.get((str(node["function_name"]).lower(), len(arguments)))
        if macro is None:
            return None
        values = [rewrite(argument["expression"], change) for argument in arguments]
        written = _written(macro, dict(zip(macro.parameters, values, strict=True)), binder)
        return named(written, str(node.get("alias", "")))

    copied: Node = rewrite(tree, change)
    return copied


def _written(macro: Macro, values: Mapping[str, Node], binder: Binder) -> Node:
    body = without_locations(binder.parse(f"SELECT {macro.definition}"))["select_list"][0]

    def change(node: Node) -> Node | None:
        names = node.get("column_names", [])
        if node.get("class") != "COLUMN_REF" or len(names) != 1 or names[0].lower() not in values:
            return None
        return clone(values[names[0].lower()])

    copied: Node = rewrite(body, change)
    return copied
