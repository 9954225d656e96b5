"""Files that are read whole: documents by page or part, texts as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import PurePath

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.arguments import (
    FILE_OPTIONS,
    Draft,
    Reading,
    file_options,
    read_call,
)
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.reader_options import WholeOptions
from fusionflow_lab.source import Column, Source, SourceFile, Whole

_COLUMNS = {
    "documents": (
        ("page", "BIGINT"),
        ("title", "VARCHAR"),
        ("text", "VARCHAR"),
        ("metadata", "MAP(VARCHAR, VARCHAR)"),
    ),
    "texts": (("content", "VARCHAR"), ("size", "BIGINT")),
}
_FILE = {"documents": "file", "texts": "filename"}


def read_document(text: str, function: Node, binder: Binder) -> tuple[str, WholeOptions]:
    """Return the pattern and the options of a call of ``read_document``: a row for each page or part.

    Raises
    ------
    QueryError
        An option is unknown, or has a wrong value.
    """
    pattern, draft = read_call(text, function, binder, _DOCUMENT)
    options = _options(draft.found, WholeOptions(rows="documents"))
    return pattern, replace(options, seconds=float(str(draft.found.get("timeout", options.seconds))))


def read_text(text: str, function: Node, binder: Binder) -> tuple[str, WholeOptions]:
    """Return the pattern and the options of a call of ``read_text``: a row for each file.

    Raises
    ------
    QueryError
        An option is unknown, or has a wrong value.
    """
    pattern, draft = read_call(text, function, binder, _TEXT)
    return pattern, _options(draft.found, WholeOptions(rows="texts"))


def _options(found: Mapping[str, object], options: WholeOptions) -> WholeOptions:
    common = asdict(file_options(found))
    if "filename" not in found:
        common["filename"] = _FILE[options.rows]
    return replace(options, **common)


def _seconds(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    text = str(value)
    if isinstance(value, bool) or not text.replace(".", "", 1).isdecimal() or not float(text):
        raise draft.error(f"{name} is a number of seconds for one document", node, f"{name} = 60")
    return text


def whole_source(pattern: str, options: WholeOptions, paths: Sequence[str]) -> Source:
    """Describe files that are read whole: nothing in them is looked at before.

    Raises
    ------
    QueryError
        They lie elsewhere.
    """
    if "://" in pattern:
        what = f"{pattern}: files are read whole from this machine only"
        raise QueryError(what, hint="copy the files here first; read_lines reads them anywhere")
    columns = tuple(
        Column(name=name, type=kind, ordinal=ordinal, fixed=True)
        for ordinal, (name, kind) in enumerate(_COLUMNS[options.rows])
    )
    facts = [(path, stat) for path, stat in zip(paths, _native.stat_files(paths), strict=True) if stat]
    return Source(
        name="",
        pattern=pattern,
        format="whole",
        max_errors=options.max_errors,
        dialect=Whole(rows=options.rows, seconds=options.seconds),
        columns=columns,
        files=tuple(
            SourceFile(
                path=path,
                size=size,
                mtime_ns=mtime_ns,
                data_start=0,
                # Its name says which reader a document is for: equal bytes are other rows to another.
                kind=PurePath(path).suffix.lower() if options.rows == "documents" else "",
            )
            for path, (size, mtime_ns) in facts
        ),
    )


def files_first(source: Source, options: WholeOptions) -> Source:
    """Put the path of a file first, and add when a text was changed last: it is no part of its bytes."""
    if options.rows == "texts":
        place = -1 - max((len(file.extra) for file in source.files), default=0)
        modified = Column(name="last_modified", type="TIMESTAMP WITH TIME ZONE", ordinal=place, fixed=True)
        files = tuple(replace(file, extra=(*file.extra, _moment(file.mtime_ns))) for file in source.files)
        source = replace(source, columns=(*source.columns, modified), files=files)
    columns = sorted(source.columns, key=lambda column: column.name != options.filename)
    return replace(source, columns=tuple(columns))


def _moment(nanoseconds: int) -> str:
    """Write a time in whole seconds, as DuckDB tells it."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, tz=UTC).isoformat(sep=" ")


_COMMON: Mapping[str, Reading] = {
    name: reading for name, reading in FILE_OPTIONS.items() if name != "union_by_name"
}
_DOCUMENT: Mapping[str, Reading] = {**_COMMON, "timeout": _seconds}
_TEXT: Mapping[str, Reading] = _COMMON
DOCUMENT_OPTIONS = tuple(_DOCUMENT)
"""Names of the options of ``read_document``, for completion."""
TEXT_OPTIONS = tuple(_TEXT)
"""Names of the options of ``read_text``."""
