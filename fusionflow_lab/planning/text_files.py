"""What is in text files: lines or words, their places, and what a pattern finds in each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.csv_files import sniffed_column
from fusionflow_lab.planning.messages import suggestion
from fusionflow_lab.planning.reader_options import TextOptions
from fusionflow_lab.query import WORD_COUNT
from fusionflow_lab.source import Column, Source, SourceFile, Text
from fusionflow_lab.storage import RemoteFiles

FIRST_GROUP = 2
_OWN = {"lines": ("line", "byte"), "matches": ("line", "byte"), "words": ("word", "byte")}


def text_source(
    pattern: str, options: TextOptions, paths: Sequence[str], remote: RemoteFiles | None = None
) -> Source:
    """Look at text files: their encoding, and the types of what the pattern finds.

    Raises
    ------
    SourceError
        A file is no text, or is written otherwise than the others.
    QueryError
        The pattern or the types make no sense.
    """
    try:
        sniff = _native.sniff_text(paths, options.encoding, options.pattern, remote, options.compression)
    except ValueError as error:
        raise QueryError(
            str(error), hint="patterns are those of regexp_extract, with named groups; \\[ is a bracket"
        ) from error
    own = [
        Column(name=name, type=kind, ordinal=ordinal, fixed=True)
        for ordinal, (name, kind) in enumerate(zip(_OWN[options.rows], ("VARCHAR", "BIGINT"), strict=True))
    ]
    return Source(
        name="",
        pattern=pattern,
        format="text",
        max_errors=options.max_errors,
        dialect=Text(
            rows=options.rows,
            encoding=sniff.encoding,
            pattern=options.pattern,
            unmatched=options.unmatched,
            lower=options.lower,
        ),
        columns=(*own, *_groups(sniff.groups, options)),
        files=tuple(
            SourceFile(
                path=path,
                size=size,
                mtime_ns=mtime_ns,
                data_start=data_start,
                etag=etag,
                compression=compression,
                max_ratio=options.max_ratio,
                members=members and not sniff.encoding.startswith("utf-16"),
            )
            for (path, size, mtime_ns, data_start, etag), (compression, members) in zip(
                sniff.files, sniff.packed, strict=True
            )
        ),
    )


def _groups(groups: Sequence[tuple[str, str]], options: TextOptions) -> list[Column]:
    """Make columns of groups: types that the user gave stay as given."""
    names = [name for name, _ in groups]
    given = {name.lower(): kind for name, kind in options.types}
    for name, _ in options.types:
        if name.lower() not in map(str.lower, names):
            hint = suggestion(name, names, "groups")
            raise QueryError(f"there is no group {name} to give a type to", hint=hint)
    taken = [*_OWN[options.rows], options.filename]
    for place, name in enumerate(names):
        if name.lower() in map(str.lower, (*taken, *names[:place])):
            hint = f"name it otherwise: (?<{name}_found>…)"
            raise QueryError(f"the group {name} is called like another column of the lines", hint=hint)
    return [
        Column(name=name, type=given[name.lower()], ordinal=ordinal, fixed=True)
        if name.lower() in given
        else sniffed_column(name, ordinal, kind)
        for ordinal, (name, kind) in enumerate(groups, FIRST_GROUP)
    ]


def groups_last(source: Source) -> Source:
    """Put the columns of a pattern's groups behind those that every line has, its file among them.

    Examples
    --------
    >>> names = {"line": 0, "ts": 2, "file": -1}
    >>> columns = tuple(Column(name=name, type="VARCHAR", ordinal=place) for name, place in names.items())
    >>> lines = Source(name="", pattern="a.log", dialect=Text(), columns=columns, files=())
    >>> [column.name for column in groups_last(lines).columns]
    ['line', 'file', 'ts']
    """
    columns = sorted(source.columns, key=lambda column: column.ordinal >= FIRST_GROUP)
    return replace(source, columns=tuple(columns))


def word_count() -> Column:
    """Return the column that turns words into different words: how often each was met."""
    return Column(name=WORD_COUNT, type="BIGINT", ordinal=FIRST_GROUP, fixed=True)
