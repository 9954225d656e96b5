"""What is in CSV files: what the sniffer says, and what the user said instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.by_name import layout_of, united
from fusionflow_lab.planning.messages import suggestion
from fusionflow_lab.planning.most import refuse_columns
from fusionflow_lab.planning.normal_names import normal_names
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.source import Column, Dialect, Source, SourceFile
from fusionflow_lab.storage import RemoteFiles


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
    def etag(self) -> str:
        """Version of a remote object."""

    @property
    def compression(self) -> str:
        """How it is packed; empty where it is not."""

    @property
    def members(self) -> bool:
        """Whether it is packed in many members."""

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


class CsvSniffer(Protocol):
    """Looks at CSV files; the native core is one."""

    def sniff_files(
        self, paths: Sequence[str], options: CsvOptions, remote: RemoteFiles | None = None
    ) -> Sequence[SniffedFile]:
        """Look at files; ``remote`` opens them where they lie elsewhere."""


def csv_source(
    sniffer: CsvSniffer,
    pattern: str,
    options: CsvOptions,
    paths: Sequence[str],
    remote: RemoteFiles | None = None,
) -> Source:
    """Look at CSV files: their dialect, header, names and types.

    Raises
    ------
    SourceError
        The files do not agree, or cannot be read as asked.
    QueryError
        The options make no sense, or name columns that are not there.
    """
    try:
        # Types are given to columns of the source; a file may lack some, or write their names otherwise.
        renamed = options.by_name or options.normal_names
        told = replace(options, types=()) if renamed else options
        sniffs = sniffer.sniff_files(paths, told, remote)
    except ValueError as error:
        raise QueryError(str(error), hint="look at the options of read_csv") from error
    # The sniffer brought all files to one dialect and one list of columns, but where they are by name.
    columns = united(sniffs) if options.by_name else sniffs[0].columns
    refuse_columns(len(columns), pattern)
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
                etag=sniff.etag,
                compression=sniff.compression,
                max_ratio=options.max_ratio,
                # Members are cut anywhere, units of UTF-16 too.
                members=sniff.members and not sniff.encoding.startswith("utf-16"),
                data_start=sniff.data_start,
                header_lines=sniff.header_lines,
                skipped_lines=sniff.skipped_lines,
                layout=layout_of(sniff, names, _dialect(sniff, options)) if options.by_name else None,
            )
            for sniff in sniffs
        ),
    )


def _dialect(sniff: SniffedFile, options: CsvOptions) -> Dialect:
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


def _columns(names: list[str], types: list[str], options: CsvOptions) -> tuple[Column, ...]:
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
        else sniffed_column(name, ordinal, "VARCHAR" if options.all_varchar else kind)
        for ordinal, (name, kind) in enumerate(zip(names, types, strict=True))
    )


def _given(name: str, ordinal: int, kind: str, formats: Mapping[str, str]) -> Column:
    family = kind.partition("_")[0].partition(" ")[0]
    return Column(name=name, type=kind, ordinal=ordinal, fixed=True, format=formats.get(family, ""))


def sniffed_column(name: str, ordinal: int, kind: str) -> Column:
    """Split what the sniffer says: ``DATE '%d/%m/%Y'``."""
    plain, _, style = kind.removesuffix("'").partition(" '")
    return Column(name=name, type=plain, ordinal=ordinal, format=style)
