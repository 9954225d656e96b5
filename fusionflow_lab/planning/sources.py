"""Find the files that a query names and put tables in their place.

``FROM 'a.csv'``, ``FROM "a.csv"``, ``FROM a.csv`` and ``read_csv('a.csv', …)`` become tables
``source_0``, ``source_1`` … under the alias that DuckDB would give; the same pattern with the same
options is one source. ``glob('…')`` becomes a table of the files' names. Everything else that reads from
outside is refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import duckdb

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.arguments import read_call
from fusionflow_lab.planning.ast import Node, table, walk
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.extracting import MARKER, fuse_extracts
from fusionflow_lab.planning.formats import READERS, options_of
from fusionflow_lab.planning.messages import place
from fusionflow_lab.planning.reader_options import ReaderOptions
from fusionflow_lab.planning.rejected import rejects_file
from fusionflow_lab.query import Frame
from fusionflow_lab.storage import check_url, scheme_of

_OTHER_NAMES = """
    .xz .zip .xlsx .db .duckdb .sqlite .avro .orc
"""
_OTHER = tuple(_OTHER_NAMES.split())
_PURE_TABLES = frozenset({"range", "generate_series", "unnest", "repeat", "repeat_row"})
_TABLE_TEXT = frozenset({"query", "query_table", "json_execute_serialized_sql"})
_KEPT = ("sample", "column_name_alias", "query_location", "query_location_length")


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundSource:
    """A table name of the rewritten tree and the files it stands for.

    ``arrow`` is the path of an Arrow IPC file, which is then read in place of what ``pattern`` names;
    ``listed`` says that the files themselves are the rows. In both cases there are no options.
    """

    name: str
    pattern: str
    options: ReaderOptions | None
    arrow: str = ""
    listed: bool = False


def no_dataset(_: str) -> ReaderOptions | None:
    """Know of no dataset.

    Examples
    --------
    >>> no_dataset("out") is None
    True
    """
    return None


@dataclass(kw_only=True, slots=True)
class _Search:
    text: str
    binder: Binder
    frames: Mapping[str, Frame]
    results: str = ""
    datasets: Callable[[str], ReaderOptions | None] = no_dataset
    found: list[FoundSource] = field(default_factory=list)

    def name_of(
        self, pattern: str, options: ReaderOptions | None, arrow: str = "", *, listed: bool = False
    ) -> str:
        name = f"source_{len(self.found)}"
        fresh = FoundSource(name=name, pattern=pattern, options=options, arrow=arrow, listed=listed)
        for source in self.found:
            if source == replace(fresh, name=source.name):
                return source.name
        self.found.append(fresh)
        return name

    def error(self, what: str, node: Node, hint: str) -> QueryError:
        offset = node.get("query_location")
        return QueryError(what, where=place(self.text, offset) if isinstance(offset, int) else "", hint=hint)

    def visit(self, tree: object, known: frozenset[str]) -> None:
        """Replace files below ``tree``; ``known`` are the names of CTEs in scope."""
        if isinstance(tree, list):
            for value in tree:
                self.visit(value, known)
            return
        if not isinstance(tree, dict):
            return
        if tree.get("type") == "RECURSIVE_CTE_NODE":
            known |= {tree["cte_name"].lower()}
        if tree.get("type") == "SELECT_NODE":
            fuse_extracts(tree, self.groups, self.error)
        for entry in tree.get("cte_map", {}).get("map", []):
            self.visit(entry["value"], known)
            known |= {entry["key"].lower()}
        self.reference(tree, known)
        for name, value in tree.items():
            if name != "cte_map":
                self.visit(value, known)

    def reference(self, node: Node, known: frozenset[str]) -> None:
        kind = node.get("type")
        if kind == "BASE_TABLE":
            self.base_table(node, known)
        elif kind == "TABLE_FUNCTION":
            self.table_function(node)
        elif kind == "SHOW_REF" and "query" not in node:
            raise self.error(
                "SHOW has nothing to show here", node, "DESCRIBE FROM 'file.csv' lists its columns"
            )

    def base_table(self, node: Node, known: frozenset[str]) -> None:
        path = node.get("qualified_name", {}).get("path", [node["table_name"]])
        name = ".".join(path)
        if len(path) == 1 and name.lower() in known:
            return
        if name in self.frames:
            frame = self.frames[name].name
            self.replace(node, self.name_of(frame, None, name), frame)
            return
        self.refuse_unread(name, node)
        options = options_of(name) or self.datasets(name)
        if options is None:
            hint = "name files in quotes: FROM 'folder/*.csv'; other suffixes: read_csv('file.txt')"
            raise self.error(f"there is no table {name}", node, hint)
        self.replace(node, self.name_of(name, options), default_alias(name))

    def table_function(self, node: Node) -> None:
        function = node["function"]
        name = function.get("function_name", "").lower()
        if name in READERS:
            pattern, options = READERS[name](self.text, function, self.binder)
            self.refuse_unread(pattern, node)
            if node.get("with_ordinality", "WITHOUT_ORDINALITY") != "WITHOUT_ORDINALITY":
                raise self.error("WITH ORDINALITY does not go with files", node, "use row_number() OVER ()")
            self.replace(node, self.name_of(pattern, options), name)
        elif name == "glob":
            self.replace(node, self.name_of(self.listed(function), None, listed=True), name)
        elif name == "rejects":
            self.rejects(node)
        elif name == MARKER:
            hint = "FROM read_lines('*.log'), extract(line, '(?<ts>\\S+)') m"
            raise self.error("extract() takes the lines of a read_lines() right before it", node, hint)
        elif name in _TABLE_TEXT:
            raise self.error(f"{name}() hides which files are read", node, "write the query itself")
        elif name not in _PURE_TABLES:
            hint = "read files by name, FROM 'folder/*.csv', or with read_csv or read_json"
            raise self.error(f"{name}() does not read files", node, hint)

    def groups(self, pattern: Node) -> list[str]:
        """Name the groups of a pattern."""
        try:
            return [name for name, _ in _native.sniff_text([], "", str(self.binder.value(pattern))).groups]
        except ValueError as error:
            raise self.error(
                str(error), pattern, "patterns are those of regexp_extract; \\[ is a bracket"
            ) from error
        except duckdb.Error as error:
            raise self.error("the pattern is not a constant", pattern, "write the text itself") from error

    def listed(self, function: Node) -> str:
        """Return the pattern of a call of ``glob``."""
        pattern, _ = read_call(self.text, function, self.binder, {})
        self.refuse_url(pattern, function)
        return pattern

    def rejects(self, node: Node) -> None:
        """Replace ``rejects('ID')`` by the file of that job's rejects."""
        arguments = node["function"].get("arguments", [])
        values = [self.constant(argument["expression"], node) for argument in arguments]
        if len(values) != 1 or not isinstance(values[0], str):
            raise self.error("rejects() takes the id of a job", node, "FROM rejects('ID')")
        job = values[0]
        try:
            path = str(rejects_file(self.results, job))
        except LookupError as error:
            raise self.error(f"there are no rejects of a job {job}", node, str(error)) from error
        self.replace(node, self.name_of(f"rejects of {job}", None, path), "rejects")

    def constant(self, expression: Node, node: Node) -> object:
        try:
            return self.binder.value(expression)
        except duckdb.Error as error:
            raise self.error("the id of a job is a text", node, "FROM rejects('ID')") from error

    def refuse_unread(self, name: str, node: Node) -> None:
        self.refuse_url(name, node)
        if name.lower().endswith(_OTHER):
            what = f"{name}: this version reads CSV, JSON and Parquet only"
            raise self.error(what, node, "convert the files to CSV or JSON, or unpack them")

    def refuse_url(self, name: str, node: Node) -> None:
        """Refuse a URL that is not read here, or that tells a secret."""
        if scheme_of(name):
            try:
                check_url(name)
            except QueryError as error:
                raise self.error(error.what, node, error.hint) from None

    def replace(self, node: Node, name: str, alias: str) -> None:
        kept = {key: node[key] for key in _KEPT if key in node}
        fresh = {**table(name, node.get("alias") or alias), **kept}
        node.clear()
        node.update(fresh)


def find_sources(
    text: str,
    tree: Node,
    binder: Binder,
    frames: Sequence[Frame] = (),
    *,
    results: str = "",
    datasets: Callable[[str], ReaderOptions | None] = no_dataset,
) -> list[FoundSource]:
    """Replace the files in ``tree`` by tables, and list them in the order of the query.

    ``frames`` are the tables of the user's program, which the tree names by the paths of their files;
    ``results`` is the folder where the rejects of finished jobs lie; ``datasets`` says how the dataset of a
    name is read, None where there is none.

    Raises
    ------
    QueryError
        The query reads what this version does not read.
    """
    search = _Search(
        text=text,
        binder=binder,
        frames={frame.path: frame for frame in frames},
        results=results,
        datasets=datasets,
    )
    search.visit(tree, frozenset())
    for node in walk(tree):
        if node.get("class") == "FUNCTION" and node.get("function_name", "").lower() in _TABLE_TEXT:
            raise search.error("query() hides which files are read", node, "write the query itself")
    return search.found


def default_alias(pattern: str) -> str:
    """Return the table name that DuckDB gives a file: its name up to the first dot, a pattern itself.

    Examples
    --------
    >>> default_alias("data/sales.2026.csv"), default_alias("data/*.csv")
    ('sales', 'data/*.csv')
    """
    if any(magic in pattern for magic in "*?["):
        return pattern
    return PurePath(pattern).name.split(".")[0]
