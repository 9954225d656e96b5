"""What is in JSON files: what the sniffer says, and what the user said instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.reader_options import JsonOptions
from fusionflow_lab.query import Column, JsonDialect, Source, SourceFile
from fusionflow_lab.storage import RemoteFiles


def json_source(
    pattern: str, options: JsonOptions, paths: Sequence[str], remote: RemoteFiles | None = None
) -> Source:
    """Look at JSON files: their form, names and types. Files that differ are united by name.

    Raises
    ------
    SourceError
        The files are not JSON, or cannot be read as asked.
    QueryError
        The options make no sense.
    """
    try:
        # Columns that are given need no objects to be found in.
        told = replace(options, records=False) if options.columns else options
        sniff = _native.sniff_json(paths, told, remote)
    except ValueError as error:
        raise QueryError(str(error), hint="look at the options of read_json") from error
    if options.columns:
        formats = {"DATE": options.date_format, "TIMESTAMP": options.timestamp_format}
        columns = [_given(name, place, kind, formats) for place, (name, kind) in enumerate(options.columns)]
        dialect = JsonDialect(form=sniff.form, records=options.records is not False)
    else:
        columns = [
            Column(name=name, type=kind, ordinal=place) for place, (name, _, kind) in enumerate(sniff.columns)
        ]
        keys = tuple((name, key) for name, key, _ in sniff.columns if name != key and sniff.records)
        dialect = JsonDialect(form=sniff.form, records=sniff.records, keys=keys)
    return Source(
        name="",
        pattern=pattern,
        format="json",
        max_errors=options.max_errors,
        dialect=dialect,
        columns=tuple(columns),
        files=tuple(
            SourceFile(
                path=file.path,
                size=file.size,
                mtime_ns=file.mtime_ns,
                etag=file.etag,
                data_start=file.data_start,
            )
            for file in sniff.files
        ),
    )


def _given(name: str, ordinal: int, kind: str, formats: Mapping[str, str]) -> Column:
    family = kind.partition("_")[0].partition(" ")[0]
    return Column(name=name, type=kind, ordinal=ordinal, fixed=True, format=formats.get(family, ""))


def with_json_types(source: Source, types: Mapping[int, str]) -> Source:
    """Widen sniffed types of columns, by ordinal, such that they hold what they held and more.

    Examples
    --------
    >>> column = Column(name="place", type='STRUCT("x" BIGINT)', ordinal=0)
    >>> source = Source(name="", pattern="", dialect=JsonDialect(), columns=(column,), files=())
    >>> with_json_types(source, {0: 'STRUCT("y" DATE)'}).columns[0].type
    'STRUCT("x" BIGINT, "y" DATE)'
    """
    columns = tuple(
        column
        if column.fixed or column.ordinal not in types
        else replace(column, type=_native.widest_json_type(column.type, types[column.ordinal]))
        for column in source.columns
    )
    return replace(source, columns=columns)
