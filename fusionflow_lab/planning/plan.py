"""From the text of a query to its plan: find the files, bind, cut or gather, check.

::

    text ──parse──► tree ──find_sources──► tree over tables ──bind──► names, types
                                               │
                             cut (certified) ──┴── else gather, with the reason
                                               ▼
                              Plan(stages, final_sql, names, types)
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import duckdb

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.arrow import arrow_source
from fusionflow_lab.planning.ast import Node, clone, literal, walk, without_locations
from fusionflow_lab.planning.bind import Binder, Shape
from fusionflow_lab.planning.bucket_final import bucket_final
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.clock import freeze, now
from fusionflow_lab.planning.copying import selected
from fusionflow_lab.planning.cut import cut
from fusionflow_lab.planning.form import Form, FormFault, NotAForm
from fusionflow_lab.planning.form_faults import form_faults
from fusionflow_lab.planning.form_read import sql_form
from fusionflow_lab.planning.form_text import form_sql
from fusionflow_lab.planning.formats import options_of
from fusionflow_lab.planning.gather import gather
from fusionflow_lab.planning.identity import map_hash
from fusionflow_lab.planning.inputs import References, fill, references
from fusionflow_lab.planning.macros import expand_macros
from fusionflow_lab.planning.messages import Gather, bind_error, pinned, place, too_deep
from fusionflow_lab.planning.most import refuse_length
from fusionflow_lab.planning.pivot import Pivoting, pivoting, rewrite_pivot
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.planning.scope import drop_unused, free_names, nest_modifiers
from fusionflow_lab.planning.settings import Settings
from fusionflow_lab.planning.sinks import with_sink
from fusionflow_lab.planning.sources import FoundSource, find_sources
from fusionflow_lab.planning.stages import StageMaker, volatile_name
from fusionflow_lab.planning.summarize import rewrite_summarize
from fusionflow_lab.query import Access, Plan, Query, View
from fusionflow_lab.source import Source

__all__ = ["Planner", "map_hash"]

# Plans that are remembered: they hold as long as their files stay as they are.
MOST_PLANS = 100


class Planner:
    """Plans queries; owns the planning connection of a session. May be shared by threads.

    Parameters
    ----------
    catalog
        Knows the files.
    results
        The folder where the rejects of finished jobs lie.
    native
        Whether the native core may run maps that it knows.

    Attributes
    ----------
    time_zone
        The time zone of this process.

    Examples
    --------
    >>> from pathlib import Path
    >>> planner = Planner(Catalog(Path("types")))
    >>> plan = planner.plan(Query(text="SELECT city, sum(amount) FROM 'orders/*.csv' GROUP BY ALL"))
    >>> plan.stages[0].map_sql
    'SELECT city AS k0, sum(amount) AS s0, count_star() AS __used FROM source_0 GROUP BY 1'
    >>> plan.final_sql
    'SELECT k0 AS city, sum(s0) AS "sum(amount)" FROM stage_0 GROUP BY k0'
    >>> planner.close()
    """

    def __init__(self, catalog: Catalog, *, results: str = "", native: bool = True) -> None:
        self._catalog = catalog
        self._native = native
        self._results = results
        self._binders: dict[Settings, Binder] = {}
        self._binder = self._bound_by(())
        self.time_zone = self._binder.time_zone
        self._plans: dict[tuple[Query, str], tuple[Mapping[str, Source], Plan]] = {}
        self._lock = threading.Lock()

    @property
    def functions(self) -> frozenset[str]:
        """The names of DuckDB's functions."""
        return self._binder.functions.names

    def close(self) -> None:
        """Close the planning connection."""
        with self._lock:
            for binder in self._binders.values():
                binder.close()

    def _bound_by(self, settings: Settings) -> Binder:
        """Return the planning connection with some session settings; it is opened once and kept."""
        if settings not in self._binders:
            self._binders[settings] = Binder(settings)
        return self._binders[settings]

    def references(self, text: str, views: Mapping[str, View]) -> References:
        """Say what a text needs: parameters, tables, and which of ``views`` (by lower-case name).

        Raises
        ------
        QueryError
            It does not parse, or a view reads itself.
        """
        refuse_length(text)
        with self._lock:
            try:
                with pinned(text):
                    return references(self._binder.parse(selected(text)), views, self._binder)
            except RecursionError as error:
                raise too_deep() from error

    def form(self, text: str) -> Form | NotAForm:
        """Read a text as a form, or say what a form cannot show of it.

        Raises
        ------
        QueryError
            It does not parse.
        """
        refuse_length(text)
        with self._lock:
            try:
                with pinned(text):
                    return sql_form(text, self._binder)
            except RecursionError as error:
                raise too_deep() from error

    def form_sql(self, form: Form) -> str:
        """Write a form as SQL.

        Raises
        ------
        QueryError
            Something in it is missing or wrong.
        """
        with self._lock:
            return form_sql(form, self._binder)

    def form_faults(self, form: Form) -> tuple[FormFault, ...]:
        """Return what is missing or wrong in a form, each at its control."""
        return form_faults(form, self._binder.functions.aggregates)

    def source(self, pattern: str, access: Access | None = None) -> Source:
        """Look at the files of a pattern: how they are cut, their columns, and which they are.

        Raises
        ------
        FileNotFoundError, SourceError
            They cannot be found or read.
        """
        return self._catalog.resolve(pattern, options_of(pattern) or CsvOptions(), "", access=access)

    def knows(self, query: Query) -> bool:
        """Tell whether a query was planned here before."""
        return _key(query, "") in self._plans

    def plan(self, query: Query, *, gather: str = "") -> Plan:
        """Plan a query.

        Parameters
        ----------
        query
            The query.
        gather
            Why it must not be cut; empty where it may.

        Raises
        ------
        QueryError
            The SQL is wrong, or asks for what is not done here.
        FileNotFoundError, SourceError
            Its files cannot be found or read.
        """
        with self._lock:
            try:
                self._binder = self._bound_by(query.settings)
                with pinned(query.text), self._binder.tables():
                    return self._plan(query, gather)
            except RecursionError as error:
                raise too_deep() from error
            except (duckdb.InternalException, duckdb.FatalException) as error:
                del self._binders[query.settings]  # DuckDB gives up a connection after an error of its own
                what = f"DuckDB cannot plan this query: {str(error).splitlines()[0]}"
                raise QueryError(what, hint="write it another way") from error

    def _plan(self, query: Query, reason: str) -> Plan:
        plan = self._rows(query, reason)
        if query.sink is None:
            return plan
        return with_sink(plan, query, query.sink, self._binder)

    def _rows(self, query: Query, reason: str) -> Plan:
        text, binder = selected(query.text), self._binder
        located = binder.parse(text)
        tree = clone(located)
        fill(tree, query, binder)
        free_names(tree)
        nest_modifiers(tree)
        drop_unused(tree)
        datasets = partial(self._catalog.dataset_options, folder=query.folder, access=query.access)
        found = find_sources(text, tree, binder, query.frames, results=self._results, datasets=datasets)
        sources = {entry.name: self._source(entry, query) for entry in found}
        key = _key(query, reason)
        known = self._plans.get(key)
        if known is not None and query.sink is None and known[0] == sources:
            return known[1]
        for source in sources.values():
            binder.create(source.name, source.columns)
        plan = self._cut(query, reason, located, tree, sources)
        if query.moment or not plan.moment:
            self._plans[key] = sources, plan
            for oldest in [*self._plans][:-MOST_PLANS]:
                del self._plans[oldest]
        return plan

    def _cut(
        self, query: Query, reason: str, located: Node, tree: Node, sources: Mapping[str, Source]
    ) -> Plan:
        """Plan a query over tables that are there."""
        text, binder = selected(query.text), self._binder
        _refuse_rowid(text, located, sources)
        shape = self._bind(text, located, tree, sources)
        names = self._names(text, shape, sources)
        others = (entry for entry in query.settings if entry[0] != "TimeZone")
        settings = (("TimeZone", binder.time_zone), *others)
        plan = Plan(
            text=query.text, stages=(), final_sql="", names=names, types=shape.types, settings=settings
        )
        described = self._described(tree)
        if described:
            return replace(plan, final_sql=described)
        plan, tree = _frozen(plan, without_locations(tree), query.moment, sources, binder)
        rewrite_summarize(tree, binder)
        by_values = pivoting(tree, binder)
        if by_values is not None:
            return self._pivoted(plan, by_values, sources, reason)
        rewrite_pivot(tree, binder)
        return self._split(plan, expand_macros(tree, binder), sources, reason)

    def _pivoted(self, plan: Plan, pivot: Pivoting, sources: Mapping[str, Source], reason: str) -> Plan:
        """Plan the groups of a PIVOT by the values of the data; its columns are known at its end."""
        shape = self._binder.shape(self._binder.sql(pivot.grouping))
        grouped = replace(plan, names=shape.names, types=shape.types)
        made = self._split(grouped, expand_macros(pivot.grouping, self._binder), sources, reason)
        return replace(made, names=(), types=(), final_sql=pivot.final(made.final_sql))

    def _source(self, found: FoundSource, query: Query) -> Source:
        folder, access = query.folder, query.access
        listed = self._catalog.listing(found.pattern, folder=folder, access=access) if found.listed else ""
        arrow = listed or found.arrow
        if arrow or found.options is None:
            return arrow_source(arrow, name=found.name, pattern=found.pattern, binder=self._binder)
        source = self._catalog.resolve(found.pattern, found.options, found.name, folder=folder, access=access)
        return replace(source, max_errors=source.max_errors or query.max_errors)

    def _described(self, tree: Node) -> str:
        """Answer DESCRIBE from the sniffed types, without reading rows; empty for another query."""
        show = tree.get("from_table", {})
        if show.get("show_type") != "DESCRIBE" or tree.get("modifiers") or tree.get("where_clause"):
            return ""
        shape = self._binder.shape(self._binder.sql(show["query"]))
        rows = ", ".join(
            f"({literal(name)}, {literal(kind)}, 'YES', NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR)"
            for name, kind in zip(shape.names, shape.types, strict=True)
        )
        columns = 'column_name, column_type, "null", "key", "default", extra'
        return f"SELECT * FROM (VALUES {rows}) described({columns})"

    def _bind(self, text: str, located: Node, tree: Node, sources: Mapping[str, Source]) -> Shape:
        try:
            return self._binder.shape(self._binder.sql(tree))
        except duckdb.Error as error:
            columns = [column.name for source in sources.values() for column in source.columns]
            patterns = {name: source.pattern for name, source in sources.items()}
            raise bind_error(text, located, error, columns, patterns) from error

    def _names(self, text: str, shape: Shape, sources: Mapping[str, Source]) -> tuple[str, ...]:
        """Return the names of the columns; one that spells a subquery is asked of the user's own text."""
        if not any("SELECT" in name for name in shape.names):
            return shape.names
        for source in sources.values():
            self._binder.create(source.pattern, source.columns)
        try:
            return self._binder.shape(text).names
        except duckdb.Error:
            return shape.names

    def _split(self, plan: Plan, tree: Node, sources: Mapping[str, Source], reason: str) -> Plan:
        """Cut, or gather."""
        binder = self._binder
        if not reason:
            maker = StageMaker(binder=binder, sources=sources, native=self._native)
            try:
                ended = cut(tree, maker)
                final = binder.sql(ended)
                if maker.grouped is not None and maker.grouped.final != ended:
                    maker.grouped = None
                reason = self._mismatch(final, plan)
                if not reason:
                    return self._bucketed(replace(plan, stages=tuple(maker.stages), final_sql=final), maker)
            except Gather as why:
                reason = str(why)
        maker = StageMaker(binder=binder, sources=sources)
        try:
            final = binder.sql(gather(tree, maker, reason))
        except Gather as why:
            raise QueryError(f"this query cannot be run over files: {why}") from why
        mismatch = self._mismatch(final, plan)
        if mismatch:
            raise QueryError(f"this query cannot be run over files: {mismatch}")
        return replace(plan, stages=tuple(maker.stages), final_sql=final, gathered=reason)

    def _bucketed(self, plan: Plan, maker: StageMaker) -> Plan:
        """Add how the final is run bucket by bucket, where it ends in one grouping of one stage."""
        if maker.grouped is None or len(plan.final_stages) != 1 or not plan.names:
            return plan
        (stage,) = plan.final_stages
        return replace(plan, bucket_final=bucket_final(maker.grouped, stage, self._binder, plan.types))

    def _mismatch(self, final: str, plan: Plan) -> str:
        """Say what differs between the final SQL and the user's query; empty for nothing."""
        try:
            shape = self._binder.shape(final)
        except duckdb.Error as error:
            return f"its end does not stand alone ({str(error).splitlines()[0]})"
        if shape.types != plan.types:
            pairs = zip(plan.types, shape.types, plan.names, strict=False)
            changed = next(
                (f"{name}: {one}, {other}" for one, other, name in pairs if one != other), "columns"
            )
            return f"its parts would have other types ({changed})"
        return ""


def _key(query: Query, reason: str) -> tuple[Query, str]:
    """Return what a plan is remembered by: no name changes it, and what is written is added to it."""
    return replace(query, name="", sink=None), reason


def _frozen(
    plan: Plan, tree: Node, moment: str, sources: Mapping[str, Source], binder: Binder
) -> tuple[Plan, Node]:
    """Stop the clock for a query that reads it."""
    columns = {column.name.lower() for source in sources.values() for column in source.columns}
    columns |= {str(node.get("alias", "")).lower() for node in walk(tree)}
    instant = moment or now()
    frozen = freeze(tree, instant, frozenset(columns), binder)
    volatile = volatile_name(frozen, binder.functions, ())
    return replace(plan, moment="" if frozen == tree else instant, volatile=volatile), frozen


def _refuse_rowid(text: str, tree: Node, sources: Mapping[str, Source]) -> None:
    """Refuse the row numbers of tables: files have none."""
    names = {column.name.lower() for source in sources.values() for column in source.columns}
    if "rowid" in names or any(str(node.get("alias", "")).lower() == "rowid" for node in walk(tree)):
        return
    for node in walk(tree):
        if node.get("class") == "COLUMN_REF" and node["column_names"][-1].lower() == "rowid":
            where = place(text, int(node.get("query_location", 0)))
            raise QueryError(
                "there is no column rowid", where=where, hint="number rows with row_number() OVER ()"
            )
