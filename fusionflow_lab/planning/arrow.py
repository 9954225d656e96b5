"""Arrow IPC files as sources: their columns are in the file, nothing is sniffed."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.query import Column, Dialect, Source, SourceFile


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
    try:
        with pa.memory_map(path) as mapped, pa.ipc.open_file(mapped) as reader:
            schema = reader.schema
    except pa.ArrowInvalid as error:
        raise SourceError(f"this is no Arrow file: {error}", where=path) from None
    shape = binder.arrow_shape(schema)
    columns = tuple(
        Column(name=column, type=kind, ordinal=ordinal, fixed=True)
        for ordinal, (column, kind) in enumerate(zip(shape.names, shape.types, strict=True))
    )
    file = SourceFile(path=path, size=stat.st_size, mtime_ns=stat.st_mtime_ns, data_start=0)
    return Source(
        name=name, pattern=pattern, dialect=Dialect(), columns=columns, files=(file,), format="arrow"
    )
