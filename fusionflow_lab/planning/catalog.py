"""Which files a pattern means, and what is in them: sources, remembered while the files stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.arrow import arrow_files
from fusionflow_lab.planning.csv_files import CsvSniffer, csv_source, sniffed_column
from fusionflow_lab.planning.dataset_files import dataset_reader, dataset_version
from fusionflow_lab.planning.json_files import json_source, with_json_types
from fusionflow_lab.planning.listing import as_named, keep_listing
from fusionflow_lab.planning.memory import TypeMemory, source_identity
from fusionflow_lab.planning.messages import nearest
from fusionflow_lab.planning.parquet_files import Looker, parquet_source
from fusionflow_lab.planning.parts import with_parts
from fusionflow_lab.planning.reader_options import (
    ArrowOptions,
    CsvOptions,
    JsonOptions,
    ParquetOptions,
    ReaderOptions,
    TextOptions,
    WholeOptions,
)
from fusionflow_lab.planning.text_files import groups_last, text_source
from fusionflow_lab.planning.whole_files import files_first, whole_source
from fusionflow_lab.query import Access
from fusionflow_lab.source import Source
from fusionflow_lab.storage import Finder, ObjectInfo, RemoteFiles, find_objects, sample_files, scheme_of
from fusionflow_lab.storage.globs import listed
from fusionflow_lab.storage.roots import refuse_outside, refuse_pattern


class Sniffer(CsvSniffer, Protocol):
    """Lists files and looks at them; the native core is one."""

    def list_files(self, pattern: str) -> list[str]:
        """List the files of a pattern."""

    def stat_files(self, paths: Sequence[str]) -> list[tuple[int, int] | None]:
        """Return size and modification time of files."""


MOST_KNOWN = 100


class Catalog:
    """Sources by pattern and options.

    Parameters
    ----------
    folder
        Where widened types and lists of files are kept.
    sniffer
        Looks at files: the native core.
    finder
        Finds files elsewhere.
    looker
        Looks at files that say themselves what they hold: the native core.

    Examples
    --------
    >>> catalog = Catalog(Path("types"))
    >>> source = catalog.resolve("orders/*.csv", CsvOptions(), "source_0")
    >>> [f"{column.name} {column.type}" for column in source.columns]
    ['city VARCHAR', 'amount DOUBLE', 'day DATE']
    """

    def __init__(
        self,
        folder: Path,
        sniffer: Sniffer = _native,
        finder: Finder = find_objects,
        looker: Looker = _native,
    ) -> None:
        self._folder = folder
        self._memory = TypeMemory(folder)
        self._sniffer = sniffer
        self._finder = finder
        self._looker = looker
        self._known: dict[tuple[str, str, ReaderOptions, Access], Source] = {}

    def resolve(
        self,
        pattern: str,
        options: ReaderOptions,
        name: str,
        *,
        folder: str = "",
        access: Access | None = None,
    ) -> Source:
        """Return the source of a pattern, under the table name ``name``; it starts from ``folder``.

        Raises
        ------
        FileNotFoundError
            No file matches; the message names the nearest one.
        SourceError
            The files do not agree, or cannot be read as asked.
        QueryError
            The options name columns that are not there.
        """
        access = access or Access()
        found, paths = self._files(pattern, folder, access)
        known = self._known.get((folder, pattern, options, access))
        if known is not None and self._unchanged(known, paths, found):
            return replace(known, name=name)
        looked = self._look(pattern, options, paths, sample_files(found, access))
        source = with_parts(replace(looked, access=access), options)
        if isinstance(options, TextOptions):
            source = groups_last(source)
        elif isinstance(options, WholeOptions):
            source = files_first(source, options)
        widened = self._memory.recall(source_identity(source))
        if widened:
            source = _with_types(source, widened)
        for oldest in list(self._known)[: len(self._known) + 1 - MOST_KNOWN]:
            self._known.pop(oldest, None)
        self._known[folder, pattern, options, access] = source
        return replace(source, name=name)

    def dataset_options(self, name: str, *, folder: str, access: Access) -> ReaderOptions | None:
        """Return how the files of a dataset of ours are read; None where the name is none of one.

        Raises
        ------
        StateError
            Its manifest cannot be read.
        PermissionError
            It is outside the folders that may be read.
        """
        refuse_pattern(name, folder, access.roots)
        version = dataset_version(name, folder, access)
        return None if version is None else dataset_reader(version)

    def _files(self, pattern: str, folder: str, access: Access) -> tuple[Sequence[ObjectInfo], list[str]]:
        """Return what a pattern means: what is known of it elsewhere, and the paths."""
        refuse_pattern(pattern, folder, access.roots)
        found, paths = self._found(pattern, folder, access)
        if not found:
            refuse_outside(pattern, paths, access.roots)
        return found, paths

    def _found(self, pattern: str, folder: str, access: Access) -> tuple[Sequence[ObjectInfo], list[str]]:
        version = dataset_version(pattern, folder, access)
        if version is None:
            found = self._finder(pattern, access) if scheme_of(pattern) else ()
            return found, [info.url for info in found] or self._list(pattern, folder)
        if not version.parts:
            raise FileNotFoundError(f"the dataset {pattern} has no rows")
        if not scheme_of(pattern):
            return (), [str(Path(folder, pattern, part.name).absolute()) for part in version.parts]
        names = [f"{pattern.rstrip('/')}/{part.name}" for part in version.parts]
        known = {info.url: info for info in self._finder(f"{pattern.rstrip('/')}/**", access)}
        return [known[name] for name in names], names

    def widen(self, source: Source, types: Mapping[int, str]) -> None:
        """Remember wider types of columns, by ordinal, for every later plan over these files."""
        identity = source_identity(source)
        wider = {column.ordinal: column.type for column in _with_types(source, types).columns}
        count = sum(column.ordinal >= 0 for column in source.columns)
        if source.format == "json":
            types = {ordinal: kind if ordinal == count else wider[ordinal] for ordinal, kind in types.items()}
        self._memory.remember(identity, types)
        for key, known in list(self._known.items()):  # another thread may plan meanwhile
            if source_identity(known) == identity:
                self._known[key] = _with_types(known, types)

    def listing(self, pattern: str, *, folder: str = "", access: Access | None = None) -> str:
        """Return the path of an Arrow file that lists the files of a pattern; none is no error.

        Raises
        ------
        QueryError
            The pattern makes no sense.
        """
        if scheme_of(pattern):
            return self._listing_elsewhere(pattern, access or Access())
        roots = access.roots if access is not None else ()
        refuse_pattern(pattern, folder, roots)
        try:
            paths = self._sniffer.list_files(_placed(pattern, folder))
        except FileNotFoundError:
            paths = []
        except ValueError as error:
            raise QueryError(str(error)) from error
        refuse_outside(pattern, paths, roots)
        names = as_named(pattern, paths, folder or str(Path.cwd()))
        return keep_listing(names, self._sniffer.stat_files(paths), self._folder / "lists")

    def _listing_elsewhere(self, pattern: str, access: Access) -> str:
        try:
            found = self._finder(pattern, access)
        except FileNotFoundError:
            found = ()
        stats = [(info.size, info.modified_ns) for info in found]
        return keep_listing([info.url for info in found], stats, self._folder / "lists")

    def _unchanged(self, source: Source, paths: list[str], found: Sequence[ObjectInfo]) -> bool:
        """Tell whether files are the same as when they were looked at."""
        if [file.path for file in source.files] != paths:
            return False
        if found:
            versions = [(file.size, file.etag) for file in source.files]
            return versions == [(info.size, info.version) for info in found]
        return self._sniffer.stat_files(paths) == [(file.size, file.mtime_ns) for file in source.files]

    def _list(self, pattern: str, folder: str) -> list[str]:
        each = listed(pattern)
        if len(each) > 1:  # none of a list may be missing
            for one in each:
                self._list(one, folder)
        place = _placed(pattern, folder)
        try:
            return self._sniffer.list_files(place)
        except FileNotFoundError as error:
            near = _nearest_file(place)
            if not Path(pattern).is_absolute() and folder and Path(near).is_relative_to(folder):
                near = str(Path(near).relative_to(folder))
            hint = f"\ntry: did you mean {near}?" if near else ""
            if not near and not Path(pattern).is_absolute():
                hint = f"\ntry: relative paths start from {Path.cwd()}"
            raise FileNotFoundError(f"no file matches {pattern}{hint}") from error

    def _look(
        self, pattern: str, options: ReaderOptions, paths: list[str], remote: RemoteFiles | None
    ) -> Source:
        """Look at files as their format asks."""
        match options:
            case CsvOptions():
                return csv_source(self._sniffer, pattern, options, paths, remote)
            case JsonOptions():
                return json_source(pattern, options, paths, remote)
            case TextOptions():
                return text_source(pattern, options, paths, remote)
            case ArrowOptions():
                return arrow_files(pattern, paths)
            case ParquetOptions():
                return parquet_source(self._looker, pattern, options, paths, remote)
            case WholeOptions():
                return whole_source(pattern, options, paths)


def _with_types(source: Source, types: Mapping[int, str]) -> Source:
    if source.format == "json":
        return with_json_types(source, types)
    columns = tuple(
        column
        if column.fixed or column.ordinal not in types
        else sniffed_column(column.name, column.ordinal, types[column.ordinal])
        for column in source.columns
    )
    return replace(source, columns=columns)


def _placed(pattern: str, folder: str) -> str:
    """Return a pattern, or each of a list of them, from where it starts."""
    each = [str(Path(folder, one)) if folder else one for one in listed(pattern)]
    return each[0] if len(each) == 1 else f"{{{','.join(each)}}}"


def _nearest_file(pattern: str) -> str:
    """Find the existing file or folder that a pattern most likely meant."""
    path = Path(pattern)
    while not path.parent.is_dir() and path.parent != path:
        path = path.parent
    if not path.parent.is_dir():
        return ""
    near = nearest(path.name, [entry.name for entry in sorted(path.parent.iterdir())[:10_000]])
    return str(path.parent / near) if near else ""
