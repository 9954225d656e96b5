"""States of our own, for aggregates that DuckDB does not export or combine rightly.

::

    mode(x)                      map  list({v0: x})          final  mode(s.v0)
    string_agg(x ORDER BY k)          list({v0: x, o0: k})          string_agg(s.v0 ORDER BY s.o0)
    sum(DISTINCT x)                   list(DISTINCT {v0: x})        sum(DISTINCT s.v0)

The state keeps the arguments themselves, in the order of the file, and the final *unfolds* it: DuckDB's own
aggregate then sees, group by group, the very values it would have seen over all rows, in the same order. So
even ties come out as they do without a cut. Where fewer values are enough, fewer are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fusionflow_lab.planning.ast import (
    Node,
    call,
    cast,
    clone,
    column,
    fingerprint,
    integer,
    literal_integer,
    named,
    text_literal,
    walk,
)
from fusionflow_lab.planning.messages import Gather

# Asks DuckDB for the types of expressions.
Types = Callable[[Sequence[Node]], Sequence[str]]

_BOUNDED = {"min": "ASC", "max": "DESC"}
_NULLS_LAST = frozenset({"arg_min_nulls_last", "arg_max_nulls_last"})
# Their answer does not change with the order of rows.
_UNORDERED = frozenset({"histogram", "histogram_exact", "entropy"})
# They draw numbers, or read what only a table has.
_REFUSED = {
    "reservoir_quantile": "reservoir_quantile draws its sample among all rows",
    "variant_group_object": "values of type VARIANT do not travel between processes",
}
# Types that Arrow gives another meaning: they travel as text, and are read back by these names.
_AS_TEXT = {"BIT": "BIT", "TIME WITH TIME ZONE": "TIMETZ", "TIME_NS": "TIME_NS"}


@dataclass(frozen=True, kw_only=True, slots=True)
class StateColumn:
    """One column of a state: the expression of the map, of the merge, and what stands in the final.

    ``ordered``: the order of rows matters. ``unfolded``: the final reads each element of the list by itself.
    ``merge`` names what the native core does to merge it; empty where DuckDB does.
    """

    mapped: Node
    merged: Node
    final: Node
    ordered: bool = False
    unfolded: bool = False
    merge: str = ""


def own_state(aggregate: Node, name: str, types: Types) -> StateColumn:
    """Split an aggregate call into the parts of a state column that keeps what it is given.

    Raises
    ------
    Gather
        Not even its arguments tell its answer, or they do not travel.
    """
    function = str(aggregate["function_name"]).lower()
    if function in _REFUSED:
        raise Gather(_REFUSED[function])
    plain = not aggregate.get("distinct") and not aggregate["order_bys"].get("orders")
    if function == "last" and plain:
        return _last(aggregate, name)
    if function in _NULLS_LAST and plain:
        return _nulls_last(aggregate, name)
    arguments = [argument["expression"] for argument in aggregate.get("arguments", [])]
    if function in _BOUNDED and plain and literal_integer(arguments[-1]) is not None:
        return _bounded(aggregate, name)
    return _values(aggregate, name, types)


def _last(aggregate: Node, name: str) -> StateColumn:
    """Keep the last value in a struct: a NULL state saw no row, a NULL in it is the value."""
    mapped = _with_argument(aggregate, _struct({"v": aggregate["arguments"][0]["expression"]}))
    merged = {**call("last", column(name)), "filter": _given(column(name))}
    return StateColumn(mapped=mapped, merged=merged, final=_field(merged, "v"), ordered=True)


def _nulls_last(aggregate: Node, name: str) -> StateColumn:
    """Keep the winner together with the value that it won by."""
    value, by = (argument["expression"] for argument in aggregate["arguments"][:2])
    mapped = clone(aggregate)
    mapped["arguments"][0] = {"expression": _struct({"v": value, "by": by})}
    merged = call(str(aggregate["function_name"]), column(name), column(name, "by"))
    merged["filter"] = _given(column(name))
    return StateColumn(mapped=mapped, merged=merged, final=_field(merged, "v"), ordered=True)


def _bounded(aggregate: Node, name: str) -> StateColumn:
    """Keep the n least or greatest values."""
    function = str(aggregate["function_name"]).lower()
    limit = aggregate["arguments"][1]["expression"]
    together = call("flatten", call("list", column(name)))
    ordered = call("list_sort", together, text_literal(_BOUNDED[function]), text_literal("NULLS LAST"))
    merged = call("list_slice", ordered, integer(1), clone(limit))
    final = call(function, column(name), clone(limit))
    return StateColumn(mapped=clone(aggregate), merged=merged, final=final, unfolded=True)


def _values(aggregate: Node, name: str, types: Types) -> StateColumn:
    """Keep the arguments and sort keys of every row; of every different row where that is enough."""
    fields = _Fields(name=name, parts=[], types=types)
    final = clone(aggregate)
    for argument in final.get("arguments", []):
        argument["expression"] = fields.final(argument["expression"])
    terms = final["order_bys"].get("orders", [])
    for term in terms:
        term["expression"] = fields.final(term["expression"])
    final["filter"] = _given(column(name))
    function = str(aggregate["function_name"]).lower()
    as_set = bool(aggregate.get("distinct")) and (function not in _IN_ORDER or bool(terms))
    mapped = call("list", fields.struct())
    merged = call("flatten", call("list", column(name)))
    if as_set:
        mapped["distinct"] = True
        merged = call("list_distinct", merged)
    if "filter" in aggregate:
        mapped["filter"] = clone(aggregate["filter"])
    return StateColumn(
        mapped=mapped,
        merged=merged,
        final=final,
        ordered=not as_set and function not in _UNORDERED,
        unfolded=True,
    )


# Of equal or of unsorted values, the order of rows decides which or where.
_IN_ORDER_NAMES = """
    first last arbitrary any_value list array_agg string_agg listagg group_concat mode approx_top_k lttb
    arg_min arg_max argmin argmax min_by max_by arg_min_null arg_max_null
    arg_min_nulls_last arg_max_nulls_last approx_quantile
"""
_IN_ORDER = frozenset(_IN_ORDER_NAMES.split())


@dataclass(kw_only=True, slots=True)
class _Fields:
    """The expressions that a state keeps, one field of its structs each."""

    name: str
    parts: list[Node]
    types: Types

    def final(self, expression: Node) -> Node:
        """Return what stands in the final for an expression of the map."""
        if not any(part.get("class") == "COLUMN_REF" for part in walk(expression)):
            return expression
        kept, back = self._travelling(named(expression, ""))
        marks = [fingerprint(part) for part in self.parts]
        if fingerprint(kept) not in marks:
            marks.append(fingerprint(kept))
            self.parts.append(kept)
        field = column(self.name, f"v{marks.index(fingerprint(kept))}")
        return cast(field, back) if back else field

    def _travelling(self, expression: Node) -> tuple[Node, str]:
        """Write as text what Arrow gives another type; return the type to read it back by."""
        kind = self.types([expression])[0]
        if "ENUM(" in kind:
            raise Gather("values of type ENUM do not travel between processes")
        return (cast(expression, "VARCHAR"), _AS_TEXT[kind]) if kind in _AS_TEXT else (expression, "")

    def struct(self) -> Node:
        """Write the struct of all fields; one of no meaning where rows only count."""
        return _struct({f"v{place}": part for place, part in enumerate(self.parts)} or {"v0": integer(0)})


def _struct(fields: dict[str, Node]) -> Node:
    arguments = [{"name": name, "expression": named(value, name)} for name, value in fields.items()]
    return {**call("struct_pack"), "arguments": arguments}


def _with_argument(aggregate: Node, argument: Node) -> Node:
    return {**clone(aggregate), "arguments": [{"expression": argument}]}


def _field(struct: Node, name: str) -> Node:
    return call("struct_extract", clone(struct), text_literal(name))


def _given(expression: Node) -> Node:
    return {"class": "OPERATOR", "type": "OPERATOR_IS_NOT_NULL", "children": [expression]}


def unfolded(origin: Node, plain: Sequence[str], states: Sequence[tuple[str, bool]]) -> Node:
    """Select from the table of a stage with a row for each element of the lists that a final unfolds.

    Keys are repeated; other states stand in the first row of their group only, NULL in the others.

    Parameters
    ----------
    origin
        The table of the stage.
    plain
        The columns to repeat.
    states
        The other columns, and whether each is a list to unfold.
    """
    items = [column(name) for name in plain]
    for name, is_list in states:
        listed = column(name) if is_list else call("list_value", column(name))
        items.append(named(call("unnest", listed), name))
    node: Node = {
        "type": "SELECT_NODE",
        "cte_map": {},
        "select_list": items,
        "from_table": origin,
        "aggregate_handling": "STANDARD_HANDLING",
    }
    return {"type": "SUBQUERY", "alias": "unfolded", "subquery": {"node": node}}
