"""Arrow IPC files as sources: their columns are in the file, nothing is sniffed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.arguments import read_call
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.reader_options import ArrowOptions
from fusionflow_lab.source import Column, Dialect, Source, SourceFile


def read_arrow(text: str, function: Node, binder: Binder) -> tuple[str, ArrowOptions]:
    """Return the pattern of a call of ``read_arrow``.

    Raises
    ------
    QueryError
        It has an option, or not one pattern.
    """
    pattern, _ = read_call(text, function, binder, {})
    return pattern, ArrowOptions()


def arrow_files(pattern: str, paths: Sequence[str]) -> Source:
    """Look at Arrow IPC files, which must have the same columns.

    Raises
    ------
    SourceError
        One is none, lies elsewhere, or has other columns; or DuckDB does not read a type.
    """
    if any("://" in path for path in paths):
        raise SourceError("Arrow files are read from this machine only", where=pattern, hint="write Parquet")
    schemas = [_schema(path) for path in paths]
    for path, schema in zip(paths, schemas, strict=True):
        if not schema.equals(schemas[0]):
            hint = "read them apart: SELECT … UNION ALL BY NAME SELECT …"
            raise SourceError(f"its columns are not those of {paths[0]}", where=path, hint=hint)
    binder = Binder()
    try:
        first = arrow_source(paths[0], name="", pattern=pattern, binder=binder)
    finally:
        binder.close()
    stats = ((path, Path(path).stat()) for path in paths)
    files = tuple(
        SourceFile(
            path=path, size=stat.st_size, mtime_ns=stat.st_mtime_ns, data_start=0, cuts=(stat.st_size,)
        )
        for path, stat in stats
    )
    return replace(first, files=files)


def _schema(path: str) -> pa.Schema:
    try:
        with pa.memory_map(path) as mapped, pa.ipc.open_file(mapped) as reader:
            return reader.schema
    except (pa.ArrowException, OSError) as error:
        what = str(error).splitlines()[0]
        hint = "Arrow files end with ARROW1; write a stream again as a file"
        raise SourceError(f"this is no Arrow file: {what}", where=path, hint=hint) from error


def arrow_source(path: str, *, name: str, pattern: str, binder: Binder) -> Source:
    """Return an Arrow file as the source ``name``; ``pattern`` is what the user calls it.

    Raises
    ------
    FileNotFoundError
        It is not there.
    SourceError
        It is no Arrow IPC file, or holds a type that DuckDB does not read.

    Examples
    --------
    >>> table = pa.table({"city": ["Oslo"], "amount": [7.5]})
    >>> with pa.ipc.new_file("t.arrow", table.schema) as writer:
    ...     writer.write_table(table)
    >>> binder = Binder()
    >>> source = arrow_source("t.arrow", name="source_0", pattern="orders", binder=binder)
    >>> [f"{column.name} {column.type}" for column in source.columns]
    ['city VARCHAR', 'amount DOUBLE']
    >>> binder.close()
    """
    stat = Path(path).stat()
    shape = binder.arrow_shape(_schema(path))
    columns = tuple(
        Column(name=column, type=kind, ordinal=ordinal, fixed=True)
        for ordinal, (column, kind) in enumerate(zip(shape.names, shape.types, strict=True))
    )
    file = SourceFile(path=path, size=stat.st_size, mtime_ns=stat.st_mtime_ns, data_start=0)
    return Source(
        name=name, pattern=pattern, dialect=Dialect(), columns=columns, files=(file,), format="arrow"
    )
