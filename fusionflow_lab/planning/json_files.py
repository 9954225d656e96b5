"""What is in JSON files: what the sniffer says, and what the user said instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.reader_options import JsonOptions
from fusionflow_lab.source import Column, JsonDialect, Source, SourceFile
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
                compression=file.compression,
                max_ratio=options.max_ratio,
                members=file.members,
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

    The ordinal after the last one has the fields that are new columns, as a STRUCT.

    Examples
    --------
    >>> column = Column(name="place", type='STRUCT("x" BIGINT)', ordinal=0)
    >>> source = Source(name="", pattern="", dialect=JsonDialect(), columns=(column,), files=())
    >>> with_json_types(source, {0: 'STRUCT("y" DATE)'}).columns[0].type
    'STRUCT("x" BIGINT, "y" DATE)'
    """
    count = sum(column.ordinal >= 0 for column in source.columns)
    columns = [
        column
        if column.fixed or column.ordinal not in types
        else replace(column, type=_native.widest_json_type(column.type, types[column.ordinal]))
        for column in source.columns
    ]
    fresh = _native.json_fields(types[count]) if count in types else []
    return _with_columns(replace(source, columns=tuple(columns)), fresh, count)


def _with_columns(source: Source, fresh: Sequence[tuple[str, str]], count: int) -> Source:
    """Add columns that were met late, behind those of the files and before those of their paths."""
    if not fresh or not isinstance(source.dialect, JsonDialect):
        return source
    taken = {column.name.lower() for column in source.columns}
    added: list[Column] = []
    keys: list[tuple[str, str]] = []
    for key, kind in fresh:
        numbered = (f"{key}_{number}" if number else key for number in range(len(taken) + 1))
        name = next(name for name in numbered if name.lower() not in taken)
        taken.add(name.lower())
        added.append(Column(name=name, type=kind, ordinal=count + len(added)))
        keys += [(name, key)] if name != key else []
    return replace(
        source,
        columns=(*source.columns[:count], *added, *source.columns[count:]),
        dialect=replace(source.dialect, keys=(*source.dialect.keys, *keys)),
    )
