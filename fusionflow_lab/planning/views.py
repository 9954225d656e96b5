"""Views: queries under a name, put into the query that reads them, so that a job needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node, without_locations
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.parameters import bind, names
from fusionflow_lab.planning.scope import name_of, outer_names, outer_tables, put_query, rename_ctes
from fusionflow_lab.query import Parameter, View


@dataclass(frozen=True, kw_only=True, slots=True)
class References:
    """What a query needs from outside: parameters with their places, names of tables, and views.

    ``views`` are those that it reads, directly or through others; those that others read come first.
    """

    parameters: Mapping[str, int]
    tables: tuple[str, ...]
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
    >>> list(found.parameters), found.tables, [view.name for view in found.views]
    (['x', 'least'], ('trips.csv', 'df'), ['big'])
    >>> binder.close()
    """
    search = _Search(views=views, binder=binder)
    search.visit(tree, ())
    return References(
        parameters=search.parameters, tables=tuple(search.tables), views=tuple(search.used.values())
    )


@dataclass(kw_only=True, slots=True)
class _Search:
    views: Mapping[str, View]
    binder: Binder
    parameters: dict[str, int] = field(default_factory=dict)
    tables: dict[str, None] = field(default_factory=dict)
    used: dict[str, View] = field(default_factory=dict)

    def visit(self, tree: Node, within: tuple[str, ...]) -> None:
        for name, offset in names(tree).items():
            self.parameters.setdefault(name, offset)
        for name in outer_names(tree):
            view = self.views.get(name.lower())
            if view is None:
                self.tables[name] = None
                continue
            if view.name.lower() in within:
                path = " reads ".join([*within[within.index(view.name.lower()) :], view.name])
                raise QueryError(f"view {view.name} reads itself: {path}", hint="read something else")
            if view.name.lower() not in self.used:
                self.visit(self.binder.parse(view.text), (*within, view.name.lower()))
                self.used[view.name.lower()] = view


def expand(tree: Node, views: Iterable[View], parameters: Mapping[str, Parameter], binder: Binder) -> None:
    """Put the views that a query reads into it, each mention by itself.

    Raises
    ------
    QueryError
        A view does not parse, or a parameter in it has no value.

    Examples
    --------
    >>> binder = Binder()
    >>> tree = binder.parse("SELECT count(*) FROM big")
    >>> expand(tree, [View(name="big", text="FROM range(5) t(n) WHERE n > 2")], {}, binder)
    >>> binder.sql(tree)
    'SELECT count_star() FROM (SELECT * FROM "range"(5) AS t(n) WHERE (n > 2)) AS big'
    >>> binder.close()
    """
    known: dict[str, View] = {}
    for view in views:
        known[view.name.lower()] = view
    _expand(tree, known, parameters, binder)


def _expand(
    tree: Node, views: Mapping[str, View], parameters: Mapping[str, Parameter], binder: Binder
) -> None:
    for number, mention in enumerate(list(outer_tables(tree))):
        view = views.get(name_of(mention).lower())
        if view is None:
            continue
        body: Node = without_locations(binder.parse(view.text))
        bind(view.text, body, parameters)
        _expand(body, {name: other for name, other in views.items() if other is not view}, parameters, binder)
        rename_ctes(body, f"{view.name}_{number}_")
        put_query(mention, body, view.columns)
