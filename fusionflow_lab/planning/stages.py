"""Make the stages of a plan: prune columns, make the empty state table, check the certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from fusionflow_lab.errors import QueryError
from fusionflow_lab.native_map import NativeMap
from fusionflow_lab.planning.aggregates import travels_changed
from fusionflow_lab.planning.ast import Node, walk
from fusionflow_lab.planning.bind import Binder, Functions, Shape
from fusionflow_lab.planning.broadcast import Extraction
from fusionflow_lab.planning.certify import certify, refuse_delim_names
from fusionflow_lab.planning.classify import plain_name
from fusionflow_lab.planning.joins import driving_first
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.native import native_map
from fusionflow_lab.planning.passing import passing
from fusionflow_lab.planning.prune import needed_columns, without_unused
from fusionflow_lab.planning.scope import tables
from fusionflow_lab.planning.text_files import word_count
from fusionflow_lab.planning.unions import Branches, union_of
from fusionflow_lab.planning.word_counts import counted_map
from fusionflow_lab.query import Broadcast, Stage, StageKind
from fusionflow_lab.source import Column, Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How the states of a stage merge: the fields of ``Stage`` that do not come from its map."""

    reduce_sql: str = ""
    merge_sql: str = ""
    used_column: str = ""
    ordered: bool = False
    limit: int = 0
    reason: str = ""
    bucket_by: tuple[str, ...] = ()
    spread: bool = False
    keeps: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouped:
    """The end of a SELECT that groups, and the same in two steps.

    ``final`` reads the table of a stage. ``inner`` gives its groups, keys and aggregates under names of
    their own, each group by itself; ``outer`` is all above, over the table ``groups`` of these.
    """

    final: Node
    inner: Node
    outer: Node
    parted: Parted | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Parted:
    """The end of a SELECT that groups, from parts of its groups: of each the values of one bucket.

    ``part`` reads the table of a stage, and gives states of the groups; ``merge`` merges such states.
    ``grouped`` reads them as table ``parts``. ``bucket_by``, ``keeps`` and ``merges`` are as in ``Stage``.
    """

    part: Node
    merge: Node
    grouped: Grouped
    bucket_by: tuple[str, ...]
    keeps: tuple[str, ...]
    merges: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class StageMaker:
    """Makes the stages of one plan, in the planning connection.

    ``sources`` are by table name; their empty tables exist. ``native`` says whether maps may be run by the
    native core.
    """

    binder: Binder
    sources: Mapping[str, Source]
    native: bool = True
    stages: list[Stage] = field(default_factory=list)
    grouped: Grouped | None = None
    """The SELECT that was cut last, where it groups by keys."""

    def add(self, kind: StageKind, node: Node, ending: Ending) -> Node:
        """Add the stages that map their sources by ``node``, and return the FROM that reads their tables.

        Raises
        ------
        Gather
            The map is not what its kind promises.
        """
        refuse_delim_names(node)
        branches = Branches(self.binder, frozenset(self.sources)).of(node, [])
        return union_of([self._add(kind, branch, ending) for branch in branches])

    def _add(self, kind: StageKind, node: Node, ending: Ending) -> str:
        source = self._source(node)
        volatile = volatile_name(node, self.binder.functions, source.columns)
        if volatile:
            raise Gather(f"{volatile} must be answered once for all rows")
        node, broadcast = self._extracted(without_unused(node))
        sql = self.binder.sql(node)
        name = f"stage_{len(self.stages)}"
        columns = needed_columns(node, source)
        try:
            whole = self._state_table(name, sql)
            multiplies = certify(self.binder.explain(sql), kind, source.name)
            pruned = columns if _names_only(node) else self._pruned(sql, whole, source, columns)
        except duckdb.Error as error:
            raise Gather("a part of it does not stand by itself") from error
        if kind == "aggregate":
            sql, pruned, node = self._counted(node, sql, whole, source, pruned)
        _refuse(source, pruned)
        stage = Stage(
            name=name,
            kind=kind,
            source=source,
            columns=pruned,
            map_sql=sql,
            reduce_sql=ending.reduce_sql,
            merge_sql=ending.merge_sql,
            used_column="" if multiplies else ending.used_column,
            ordered=ending.ordered,
            limit=ending.limit,
            reason=ending.reason,
            multiplies=multiplies,
            bucket_by=ending.bucket_by,
            spread=ending.spread,
            keeps=ending.keeps,
            # A collation says which texts are one group; the native core knows of none.
            merges=() if self.binder.collation or "COLLATE" in sql else ending.merges,
            broadcast=broadcast,
            passing=passing(node, source, self.binder) if source.format == "parquet" else None,
            native=self._native(kind, node, pruned),
        )
        for known in self.stages:
            if replace(stage, name=known.name, reason=known.reason) == known:
                return known.name
        self.stages.append(stage)
        return name

    def _counted(
        self, node: Node, sql: str, whole: Shape, source: Source, columns: tuple[Column, ...]
    ) -> tuple[str, tuple[Column, ...], Node]:
        """Let a map that only counts words see each different one once, with its count."""
        counted = counted_map(node, source, columns, self.binder.functions)
        if counted is None:
            return sql, columns, node
        fresh, read = self.binder.sql(counted), (*columns, word_count())
        self.binder.create(source.name, read)
        try:
            same = self.binder.shape(fresh) == whole
        except duckdb.Error:
            same = False
        finally:
            self.binder.create(source.name, source.columns)
        return (fresh, read, counted) if same else (sql, columns, node)

    def _native(self, kind: StageKind, node: Node, columns: Sequence[Column]) -> NativeMap | None:
        return native_map(node, columns, self.binder) if self.native and kind == "aggregate" else None

    def _extracted(self, node: Node) -> tuple[Node, tuple[Broadcast, ...]]:
        """Take the broadcast tables out of a map, and let its source stream by them."""
        known = [broadcast for stage in self.stages for broadcast in stage.broadcast]
        extraction = Extraction(self.binder, self.sources, known)
        node = extraction.query(node, [])
        if not any(part.get("class") == "STAR" for part in node["select_list"]):
            origin = driving_first(
                node["from_table"], lambda side: not frozenset(self.sources).isdisjoint(tables(side))
            )
            node = {**node, "from_table": origin}
        return node, tuple(extraction.used[name] for name in sorted(extraction.used))

    def _source(self, node: Node) -> Source:
        mentioned = tables(node)
        driving = [name for name in mentioned if name in self.sources]
        if len(driving) != 1:
            raise Gather("its files are needed more than once")
        return self.sources[driving[0]]

    def _state_table(self, name: str, sql: str) -> Shape:
        """Make the empty table of a stage; its columns must come back from other processes as they are."""
        self.binder.create_as(name, sql)
        whole = self.binder.shape(sql)
        foreign = next((kind for kind in whole.types if travels_changed(kind)), "")
        if foreign:
            raise Gather(f"values of type {foreign} do not travel between processes")
        return whole

    def _pruned(
        self, sql: str, whole: Shape, source: Source, columns: tuple[Column, ...]
    ) -> tuple[Column, ...]:
        """Return the columns that a map needs; all of the source where fewer change its meaning."""
        if columns == source.columns:
            return columns
        self.binder.create(source.name, columns)
        try:
            same = self.binder.shape(sql) == whole
        except duckdb.Error:
            same = False
        finally:
            self.binder.create(source.name, source.columns)
        return columns if same else source.columns


def _refuse(source: Source, columns: Sequence[Column]) -> None:
    """Refuse to read what cannot be read exactly."""
    why = dict(source.refused)
    for column in columns:
        if column.name.lower() in why:
            raise QueryError(
                f"column {column.name} of {source.pattern} cannot be read: {why[column.name.lower()]}",
                hint=f"leave it out: SELECT * EXCLUDE ({column.name})",
            )


def _names_only(node: Node) -> bool:
    """Tell whether a map reads one table by plain names: then the columns it names are all it needs."""
    if node["from_table"]["type"] != "BASE_TABLE" or "column_name_alias" in node["from_table"]:
        return False
    return not any(
        part.get("class") in {"STAR", "SUBQUERY", "LAMBDA", "POSITIONAL_REFERENCE"}
        or len(part.get("column_names", ())) > 1
        for part in walk(node)
    )


def volatile_name(tree: object, functions: Functions, columns: Sequence[Column]) -> str:
    """Name what a tree calls that may answer differently each time; empty for nothing.

    Keywords like ``current_date`` are columns to the parser; they are, if a source has such a column.
    """
    names = {column.name.lower() for column in columns}
    for node in walk(tree):
        name = str(node.get("function_name", "")).lower()
        if name in functions.volatile or (name == "age" and len(node.get("arguments", [])) == 1):
            return f"{name}()"
        keyword = plain_name(node)
        if keyword in functions.keywords and keyword not in names:
            return keyword
    return ""
