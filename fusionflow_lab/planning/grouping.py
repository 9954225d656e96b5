"""One grouped block on its way from the user's clauses to map and final: its keys, states and expressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fusionflow_lab.planning.aggregates import is_ordered, keeps_values, needs_distinct, state_column
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
    orders,
    rewrite,
    select,
    walk_block,
)
from fusionflow_lab.planning.bind import Binder, Shape
from fusionflow_lab.planning.classify import Block, has_aggregate, is_aggregate, plain_name
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.own_states import StateColumn
from fusionflow_lab.planning.scope import with_ctes
from fusionflow_lab.states.counting import SET

USED = "__used"


@dataclass(kw_only=True, slots=True)
class Grouping:
    """One grouped block on its way from the user's clauses to map and final."""

    block: Block
    binder: Binder
    visible: list[Node]
    prefix: str
    keys: list[Node] = field(default_factory=list)
    sets: list[list[int]] | None = None
    places: dict[str, str] = field(default_factory=dict)
    extras: list[Node] = field(default_factory=list)
    states: list[StateColumn] = field(default_factory=list)
    keeping: list[Node] = field(default_factory=list)
    """The aggregates that keep what they are given."""
    finals: dict[str, Node] = field(default_factory=dict)
    known_types: dict[str, str] = field(default_factory=dict)
    beside: bool = False
    by_set: bool = False
    outer: bool = False
    """Whether ``above`` writes aggregates as columns of a table of finished groups."""

    def read_aggregates(self) -> None:
        """Make the states of all aggregates, and see whether grouping sets must be told apart below."""
        node = self.block.node
        tree = [*self.block.items, node.get("having"), node.get("qualify"), node.get("modifiers")]
        calls = [self._bare(part) for part in walk_block(tree) if is_aggregate(part, self.binder.functions)]
        self._ask_types(calls)
        for aggregate in calls:
            if not needs_distinct(aggregate):
                self._aggregate(aggregate)
        distinct = {fingerprint(aggregate): aggregate for aggregate in calls if needs_distinct(aggregate)}
        sides = {_values_of(aggregate) for aggregate in distinct.values()}
        ordered = any(state.ordered for state in self.states) or any(map(is_ordered, distinct.values()))
        self.beside = len(sides) == 1 and not ordered and "" not in sides
        for aggregate in distinct.values():
            self._aggregate(aggregate)
        self.by_set = any(state.ordered for state in self.states) and not self.whole
        if self.by_set:
            self._tell_sets_apart()

    def _tell_sets_apart(self) -> None:
        """Let the map group by each set: rows of one group then stay in the order of the file."""
        sets = [frozenset(group) for group in self.sets or []]
        if len(set(sets)) < len(sets) or len(self.places) < len(self.keys):
            raise Gather("an aggregate depends on the order of rows, and a grouping set is there twice")

    def read_keys(self) -> None:
        """Read the keys of GROUP BY: expressions, places in the select list, aliases or ALL."""
        block = self.block
        if block.node.get("aggregate_handling") == "FORCE_AGGREGATES":
            self.keys = [key for key in map(self._bare, block.items) if self._is_key(key)]
            self.sets = [list(range(len(self.keys)))] if self.keys else None
            self.refuse_hidden_keys()
        else:
            self.keys = [self._bare(self._group(term)) for term in block.node.get("group_expressions", [])]
            self.sets = block.node.get("group_sets")
        for place, key in enumerate(self.keys):
            self.places.setdefault(fingerprint(key), f"{self.prefix}k{place}")

    def _group(self, term: Node) -> Node:
        place = literal_integer(term)
        return self.block.items[place - 1] if place is not None and place <= len(self.block.items) else term

    def _bare(self, expression: Node) -> Node:
        return named(self.block.inlined(expression), "")

    def _is_key(self, expression: Node) -> bool:
        reads = any(part.get("class") in {"COLUMN_REF", "SUBQUERY"} for part in walk_block(expression))
        return reads and not has_aggregate(expression, self.binder.functions)

    def refuse_hidden_keys(self) -> None:
        """Refuse GROUP BY ALL where other clauses name columns: DuckDB makes those keys too.

        A column in HAVING is one even inside of a key, ``lower(k)``, or behind its alias.
        """
        node = self.block.node
        keys = frozenset(map(fingerprint, self.keys))
        plain = keys.intersection(fingerprint(key) for key in self.keys if plain_name(key))
        having = self._outside(self.block.inlined(node["having"]) if node.get("having") else None, plain)
        others = self._outside([node.get("qualify"), orders(node)], keys)
        hidden = [*having, *(part for part in others if plain_name(part) not in self.block.aliases)]
        if any(part.get("class") == "COLUMN_REF" for part in hidden):
            raise Gather("GROUP BY ALL has a key outside of the select list")

    def _outside(self, tree: object, keys: frozenset[str]) -> Iterator[Node]:
        """Yield the nodes of expressions that are in no aggregate, no subquery and no key."""
        if isinstance(tree, dict):
            is_key = "class" in tree and fingerprint(self._bare(tree)) in keys
            if is_key or is_aggregate(tree, self.binder.functions) or tree.get("class") == "SUBQUERY":
                return
            yield tree
            yield from self._outside(list(tree.values()), keys)
        elif isinstance(tree, list):
            for value in tree:
                yield from self._outside(value, keys)

    @property
    def whole(self) -> bool:
        """Whether each group of the final is one group of the map."""
        return not self.extras and self.plain

    @property
    def plain(self) -> bool:
        """Whether every row is in one group."""
        return self.sets is None or self.sets == [list(range(len(self.keys)))]

    def above(self, tree: Node, *, in_order: bool = False) -> Node:
        """Copy an expression for the final: keys and aggregates become columns of the stage."""

        def change(node: Node) -> Node | None:
            kind = node.get("class")
            if kind is None or kind in {"TYPE", "LAMBDA"} or (kind == "CONSTANT" and self.whole):
                return None
            if kind == "SUBQUERY":
                return self._subquery(node)
            if node.get("type") == "GROUPING_FUNCTION" and self.by_set:
                return self._grouping(node)
            name = plain_name(node)
            key = self.places.get(fingerprint(self.block.inlined(node)))
            if key:
                if in_order:
                    self._refuse_two_meanings(name)
                return {**column(key), **({"alias": node["alias"]} if "alias" in node else {})}
            if is_aggregate(node, self.binder.functions):
                return self._aggregate(node)
            return self._name(node, name) if kind == "COLUMN_REF" else None

        copied: Node = rewrite(tree, change)
        return copied

    def term(self, order: Node) -> Node:
        """Copy an ORDER BY term; an alias by itself stays, as it comes before columns there."""
        expression = order["expression"]
        if expression.get("class") == "CONSTANT" or plain_name(expression) in self.block.aliases:
            return order
        return {**order, "expression": self.above(expression, in_order=True)}

    def _refuse_two_meanings(self, name: str) -> None:
        """Refuse a name inside an ORDER BY expression that is a key and the alias of something else."""
        alias = self.block.aliases.get(name)
        if alias is not None and fingerprint(alias) not in self.places:
            raise Gather(f"{name} is both a column and an alias in ORDER BY")

    def _name(self, node: Node, name: str) -> Node:
        if name and (name in self.block.aliases or name not in self.block.columns):
            return node
        raise Gather(f"{'.'.join(node['column_names'])} is used outside of keys and aggregates")

    def _subquery(self, node: Node) -> Node:
        if self.binder.shape_of(with_ctes(node["subquery"]["node"], self.visible)) is None:
            raise Gather("a subquery depends on the rows around it")
        return {name: self.above(value) if name == "child" else value for name, value in node.items()}

    def _aggregate(self, node: Node) -> Node:
        aggregate = self._bare(node)
        if any(part.get("class") == "WINDOW" for part in walk_block(aggregate)):
            raise Gather("an aggregate takes a window function")
        mark = fingerprint(aggregate)
        if mark not in self.finals:
            if keeps_values(aggregate):
                self.keeping.append(aggregate)
            beside = needs_distinct(aggregate) and self.beside
            self.finals[mark] = self._distinct(aggregate) if beside else self._state(aggregate)
        if self.outer:
            return column(f"{self.prefix}f{[*self.finals].index(mark)}")
        return clone(self.finals[mark])

    def _state(self, aggregate: Node) -> Node:
        if aggregate["function_name"] == "count_star" and not {"filter", "distinct"} & set(aggregate):
            return counted()
        made = state_column(aggregate, f"{self.prefix}s{len(self.states)}", self.types)
        self.states.append(made)
        return made.final

    def types(self, expressions: Sequence[Node]) -> tuple[str, ...]:
        """Ask DuckDB for the types of expressions over the FROM of the block."""
        marks = [fingerprint(expression) for expression in expressions]
        if not all(mark in self.known_types for mark in marks):
            shape = self._shape(expressions)
            if shape is None:
                raise Gather("an argument of an aggregate does not stand by itself")
            self.known_types.update(zip(marks, shape.types, strict=True))
        return tuple(self.known_types[mark] for mark in marks)

    def _ask_types(self, aggregates: Sequence[Node]) -> None:
        """Ask for the types of all sums at once; where that fails, each is asked for by itself."""
        sums = [aggregate for aggregate in aggregates if str(aggregate["function_name"]).lower() == "sum"]
        arguments = [entry["expression"] for aggregate in sums for entry in aggregate.get("arguments", [])]
        shape = self._shape(arguments) if len(arguments) > 1 else None
        if shape is not None:
            self.known_types.update(zip(map(fingerprint, arguments), shape.types, strict=True))

    def _shape(self, expressions: Sequence[Node]) -> Shape | None:
        items = [named(expression, "") for expression in expressions]
        return self.binder.shape_of(with_ctes(select(items, self.block.node["from_table"]), self.visible))

    def _distinct(self, aggregate: Node) -> Node:
        """Keep an aggregate over DISTINCT values in the final; its values become keys of the map."""
        copied = clone(aggregate)
        for argument in copied.get("arguments", []):
            argument["expression"] = self._extra(argument["expression"])
        if "filter" in copied:
            copied["filter"] = self._extra(copied["filter"])
        return copied

    def _grouping(self, node: Node) -> Node:
        """Read ``GROUPING(a, b)`` from the number of the grouping set: a bit for each key left out."""
        bits = []
        for child in node.get("children", []):
            place = self.places.get(fingerprint(self._bare(child)))
            if place is None:
                raise Gather("GROUPING names what is no key")
            key = int(place.removeprefix(f"{self.prefix}k"))
            shifted = call(">>", column(SET), integer(len(self.keys) - 1 - key))
            bits.append(call("&", shifted, integer(1)))
        total = integer(0)
        for bit in bits:
            total = call("+", call("*", total, integer(2)), bit)
        return {**cast(total, "BIGINT"), **({"alias": node["alias"]} if "alias" in node else {})}

    def _extra(self, expression: Node) -> Node:
        if expression.get("class") == "CONSTANT":
            return expression
        bare = named(expression, "")
        mark = fingerprint(bare)
        if mark not in map(fingerprint, self.extras):
            self.extras.append(bare)
        return column(f"{self.prefix}d{[*map(fingerprint, self.extras)].index(mark)}")


def _values_of(aggregate: Node) -> str:
    """Tell apart what aggregates over DISTINCT values are given; empty where sorting is part of it."""
    if aggregate["order_bys"].get("orders"):
        return ""
    parts = [argument["expression"] for argument in aggregate.get("arguments", [])]
    return fingerprint({"values": parts, "filter": aggregate.get("filter")})


def counted() -> Node:
    """Add up the hidden counts of rows: ``count(*)`` in merge and final."""
    return added(USED)


def added(name: str) -> Node:
    """Add up the counts of a column."""
    zero: Node = {
        "class": "OPERATOR",
        "type": "OPERATOR_COALESCE",
        "children": [call("sum", column(name)), integer(0)],
    }
    return cast(zero, "BIGINT")
