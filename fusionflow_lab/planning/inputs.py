"""What a query takes from outside: parameters, views and tables of the user's program.

``references`` says what it needs; ``fill`` puts it in: constants for parameters, subqueries for views, files
for tables. So a job, which holds all three, needs nothing but itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node, table, without_locations
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.parameters import bind, names
from fusionflow_lab.planning.scope import name_of, outer_tables, put_query, rename_ctes
from fusionflow_lab.query import Frame, Parameter, Query, View


@dataclass(frozen=True, kw_only=True, slots=True)
class References:
    """What a query needs from outside: parameters, names of tables, and views.

    Parameters and tables have their first place in the text, None where only a view mentions them.
    ``views`` are those that it reads, directly or through others; those that others read come first.
    """

    parameters: Mapping[str, int | None]
    tables: Mapping[str, int | None]
    views: tuple[View, ...]


def references(tree: Node, views: Mapping[str, View], binder: Binder) -> References:
    """Collect what a query and the views it reads need.

    Parameters
    ----------
    tree
        The query.
    views
        The views there are, by lower-case name.
    binder
        Parses the views.

    Raises
    ------
    QueryError
        A view reads itself.

    Examples
    --------
    >>> binder = Binder()
    >>> view = View(name="big", text="FROM 'trips.csv' WHERE distance > $least")
    >>> found = references(binder.parse("SELECT $x FROM big, df"), {"big": view}, binder)
    >>> list(found.parameters), list(found.tables), [view.name for view in found.views]
    (['x', 'least'], ['trips.csv', 'df'], ['big'])
    >>> binder.close()
    """
    search = _Search(views=views, binder=binder)
    search.visit(tree, ())
    return References(parameters=search.parameters, tables=search.tables, views=tuple(search.used.values()))


@dataclass(kw_only=True, slots=True)
class _Search:
    views: Mapping[str, View]
    binder: Binder
    parameters: dict[str, int | None] = field(default_factory=dict)
    tables: dict[str, int | None] = field(default_factory=dict)
    used: dict[str, View] = field(default_factory=dict)

    def visit(self, tree: Node, within: tuple[str, ...]) -> None:
        for name, offset in names(tree).items():
            self.parameters.setdefault(name, None if within else offset)
        for mention in outer_tables(tree):
            name = name_of(mention)
            view = self.views.get(name.lower())
            if view is None:
                self.tables.setdefault(name, None if within else mention.get("query_location"))
                continue
            if view.name.lower() in within:
                path = " reads ".join([*within[within.index(view.name.lower()) :], view.name])
                raise QueryError(f"view {view.name} reads itself: {path}", hint="read something else")
            if view.name.lower() not in self.used:
                self.visit(self.binder.parse(view.text), (*within, view.name.lower()))
                self.used[view.name.lower()] = view


def fill(tree: Node, query: Query, binder: Binder) -> None:
    """Put parameters, views and tables into the tree of a query.

    Each mention of a view becomes a subquery of its own; its names mean what they mean in the view,
    whatever the query calls its own tables.

    Raises
    ------
    QueryError
        A view does not parse, or a parameter has no value.

    Examples
    --------
    >>> binder = Binder()
    >>> big = View(name="big", text="FROM range(5) t(n) WHERE n > $least")
    >>> least = Parameter(name="least", type="INTEGER", value="2")
    >>> query = Query(text="SELECT count(*) FROM big", views=(big,), parameters=(least,))
    >>> tree = binder.parse(query.text)
    >>> fill(tree, query, binder)
    >>> binder.sql(tree)
    'SELECT count_star() FROM (SELECT * FROM "range"(5) AS t(n) WHERE (n > 2)) AS big'
    >>> binder.close()
    """
    filling = _Filling(
        parameters={bound.name: bound for bound in query.parameters},
        frames={frame.name: frame for frame in query.frames},
        binder=binder,
    )
    filling.fill(query.text, tree, {view.name.lower(): view for view in query.views})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Filling:
    parameters: Mapping[str, Parameter]
    frames: Mapping[str, Frame]
    binder: Binder

    def fill(self, text: str, tree: Node, views: Mapping[str, View]) -> None:
        bind(text, tree, self.parameters)
        for number, mention in enumerate(list(outer_tables(tree))):
            name = name_of(mention)
            view = views.get(name.lower())
            if view is not None:
                others = {key: other for key, other in views.items() if other is not view}
                put_query(mention, self.body(view, number, others), view.columns)
            elif name in self.frames:
                mention["alias"] = mention.get("alias") or name
                mention.update(table(self.frames[name].path, mention["alias"]))

    def body(self, view: View, number: int, others: Mapping[str, View]) -> Node:
        body: Node = without_locations(self.binder.parse(view.text))
        self.fill(view.text, body, others)
        rename_ctes(body, f"{view.name}_{number}_")
        return body
