"""Which files a pattern means, and what is in them: sources, remembered while the files stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.by_name import layout_of, united
from fusionflow_lab.planning.listing import as_named, keep_listing
from fusionflow_lab.planning.memory import TypeMemory, source_identity
from fusionflow_lab.planning.messages import nearest, suggestion
from fusionflow_lab.planning.normal_names import normal_names
from fusionflow_lab.planning.parts import with_parts
from fusionflow_lab.query import Column, Dialect, ReaderOptions, Source, SourceFile


class SniffedFile(Protocol):
    """What one file looks like; ``_native.FileSniff`` is one."""

    @property
    def path(self) -> str:
        """Path of the file."""

    @property
    def size(self) -> int:
        """Bytes of it."""

    @property
    def mtime_ns(self) -> int:
        """When it was changed last."""

    @property
    def data_start(self) -> int:
        """Byte after BOM, skipped lines and header."""

    @property
    def header_lines(self) -> int:
        """Line feeds before ``data_start``."""

    @property
    def skipped_lines(self) -> int:
        """Lines above the header that are not blank."""

    @property
    def delimiter(self) -> str:
        """What stands between fields."""

    @property
    def quote(self) -> str:
        """What stands around fields; empty for none."""

    @property
    def escape(self) -> str:
        """What stands before a quote that is text, beside another quote; empty for nothing else."""

    @property
    def encoding(self) -> str:
        """How characters are written."""

    @property
    def carriage_returns(self) -> bool:
        """Whether a CR alone ends a record."""

    @property
    def header(self) -> bool:
        """Whether the first record names the columns."""

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and least type of each column."""

    @property
    def unseen(self) -> list[int]:
        """Places of the columns without any value."""


class Sniffer(Protocol):
    """Looks at files; the native core is one."""

    def list_files(self, pattern: str) -> list[str]:
        """List the files of a pattern."""

    def sniff_files(self, paths: Sequence[str], options: ReaderOptions) -> Sequence[SniffedFile]:
        """Look at files."""

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

    Examples
    --------
    >>> catalog = Catalog(Path("types"))
    >>> source = catalog.resolve("orders/*.csv", ReaderOptions(), "source_0")
    >>> [f"{column.name} {column.type}" for column in source.columns]
    ['city VARCHAR', 'amount DOUBLE', 'day DATE']
    """

    def __init__(self, folder: Path, sniffer: Sniffer = _native) -> None:
        self._folder = folder
        self._memory = TypeMemory(folder)
        self._sniffer = sniffer
        self._known: dict[tuple[str, str, ReaderOptions], Source] = {}

    def resolve(self, pattern: str, options: ReaderOptions, name: str, *, folder: str = "") -> Source:
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
        paths = self._list(pattern, folder)
        known = self._known.get((folder, pattern, options))
        if known is not None and self._unchanged(known, paths):
            return replace(known, name=name)
        source = with_parts(self._sniff(pattern, options, paths), options)
        widened = self._memory.recall(source_identity(source))
        if widened:
            source = _with_types(source, widened)
        for oldest in list(self._known)[: len(self._known) + 1 - MOST_KNOWN]:
            self._known.pop(oldest, None)
        self._known[folder, pattern, options] = source
        return replace(source, name=name)

    def widen(self, source: Source, types: Mapping[int, str]) -> None:
        """Remember wider types of columns, by ordinal, for every later plan over these files."""
        identity = source_identity(source)
        self._memory.remember(identity, types)
        for key, known in list(self._known.items()):  # another thread may plan meanwhile
            if source_identity(known) == identity:
                self._known[key] = _with_types(known, types)

    def listing(self, pattern: str, *, folder: str = "") -> str:
        """Return the path of an Arrow file that lists the files of a pattern; none is no error.

        Raises
        ------
        QueryError
            The pattern makes no sense.
        """
        try:
            paths = self._sniffer.list_files(str(Path(folder, pattern)) if folder else pattern)
        except FileNotFoundError:
            paths = []
        except ValueError as error:
            raise QueryError(str(error)) from error
        names = as_named(pattern, paths, folder or str(Path.cwd()))
        return keep_listing(names, self._sniffer.stat_files(paths), self._folder / "lists")

    def _unchanged(self, source: Source, paths: list[str]) -> bool:
        """Tell whether files are the same as when they were looked at."""
        if [file.path for file in source.files] != paths:
            return False
        return self._sniffer.stat_files(paths) == [(file.size, file.mtime_ns) for file in source.files]

    def _list(self, pattern: str, folder: str) -> list[str]:
        place = str(Path(folder, pattern)) if folder else pattern
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

    def _sniff(self, pattern: str, options: ReaderOptions, paths: list[str]) -> Source:
        try:
            # Types are given to columns of the source; a file may lack some, or write their names otherwise.
            renamed = options.by_name or options.normal_names
            told = replace(options, types=()) if renamed else options
            sniffs = self._sniffer.sniff_files(paths, told)
        except ValueError as error:
            raise QueryError(str(error), hint="look at the options of read_csv") from error
        # The sniffer brought all files to one dialect and one list of columns, but where they are by name.
        columns = united(sniffs) if options.by_name else sniffs[0].columns
        names, types = ([entry[part] for entry in columns] for part in (0, 1))
        if options.normal_names and not options.columns:
            names = [*options.names, *normal_names(names[len(options.names) :])]
        return Source(
            name="",
            pattern=pattern,
            max_errors=options.max_errors,
            by_name=options.by_name,
            dialect=_dialect(sniffs[0], options),
            columns=_columns(names, types, options),
            files=tuple(
                SourceFile(
                    path=sniff.path,
                    size=sniff.size,
                    mtime_ns=sniff.mtime_ns,
                    data_start=sniff.data_start,
                    header_lines=sniff.header_lines,
                    skipped_lines=sniff.skipped_lines,
                    layout=layout_of(sniff, names, _dialect(sniff, options)) if options.by_name else None,
                )
                for sniff in sniffs
            ),
        )


def _dialect(sniff: SniffedFile, options: ReaderOptions) -> Dialect:
    return Dialect(
        delimiter=sniff.delimiter,
        quote=sniff.quote,
        header=sniff.header,
        null_string=options.null_string,
        escape=sniff.escape,
        comment=options.comment,
        more_nulls=options.more_nulls,
        carriage_returns=sniff.carriage_returns,
        encoding=sniff.encoding,
        null_padding=options.null_padding,
        strict=options.strict,
        column_count=len(sniff.columns),
    )


def _columns(names: list[str], types: list[str], options: ReaderOptions) -> tuple[Column, ...]:
    """Put names and types together: what the user gave stays as given."""
    given = {name.lower(): kind for name, kind in (*options.types, *options.columns)}
    lowered = [name.lower() for name in names]
    for name, _ in options.types:
        if name.lower() not in lowered:
            hint = suggestion(name, names, "columns")
            raise QueryError(f"there is no column {name} to give a type to", hint=hint)
    if len(options.leading_types) > len(names):
        raise QueryError(
            f"types has {len(options.leading_types)} entries, the files have {len(names)} columns",
            hint="count the columns, or name those that are given a type: types = {'column': 'TYPE'}",
        )
    given |= dict(zip(lowered, options.leading_types, strict=False))
    formats = {"DATE": options.date_format, "TIMESTAMP": options.timestamp_format}
    return tuple(
        _given(name, ordinal, given[name.lower()], formats)
        if name.lower() in given
        else _sniffed(name, ordinal, "VARCHAR" if options.all_varchar else kind)
        for ordinal, (name, kind) in enumerate(zip(names, types, strict=True))
    )


def _given(name: str, ordinal: int, kind: str, formats: Mapping[str, str]) -> Column:
    family = kind.partition("_")[0].partition(" ")[0]
    return Column(name=name, type=kind, ordinal=ordinal, fixed=True, format=formats.get(family, ""))


def _sniffed(name: str, ordinal: int, kind: str) -> Column:
    """Split what the sniffer says: ``DATE '%d/%m/%Y'``."""
    plain, _, style = kind.removesuffix("'").partition(" '")
    return Column(name=name, type=plain, ordinal=ordinal, format=style)


def _with_types(source: Source, types: Mapping[int, str]) -> Source:
    columns = tuple(
        column
        if column.fixed or column.ordinal not in types
        else _sniffed(column.name, column.ordinal, types[column.ordinal])
        for column in source.columns
    )
    return replace(source, columns=columns)


def _nearest_file(pattern: str) -> str:
    """Find the existing file or folder that a pattern most likely meant."""
    path = Path(pattern)
    while not path.parent.is_dir() and path.parent != path:
        path = path.parent
    if not path.parent.is_dir():
        return ""
    near = nearest(path.name, [entry.name for entry in sorted(path.parent.iterdir())[:10_000]])
    return str(path.parent / near) if near else ""
