"""Rows as an Arrow IPC file: written batch by batch, mapped when they are read, so that nobody holds all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import pyarrow as pa

from fusionflow_lab.storage import Folder, Store

Rows: TypeAlias = pa.Table | pa.RecordBatchReader
"""Rows at hand, or, of many, a stream that can be read once."""


def keep_rows(store: Store, name: str, rows: Rows, schema: pa.Schema | None = None) -> None:
    """Write rows; ``schema`` is theirs with other metadata.

    Examples
    --------
    >>> import tempfile
    >>> folder = Folder(tempfile.mkdtemp())
    >>> keep_rows(folder, "rows.arrow", pa.table({"n": [1, 2]}))
    >>> kept_rows(folder, "rows.arrow").num_rows
    2
    """
    pieces = _written(rows, schema or rows.schema)
    if isinstance(store, Folder):
        store.put(name, pieces)
    else:  # which takes it whole
        store.put(name, [*pieces])


def kept_rows(store: Store, name: str) -> pa.Table:
    """Return rows that were written; those of a folder stay in the file until they are looked at.

    Raises
    ------
    FileNotFoundError
        They are not there.
    """
    if isinstance(store, Folder):
        source = pa.memory_map(str(store.path(name)))
    else:
        source = pa.BufferReader(store.get(name))
    with source, pa.ipc.open_file(source) as reader:
        return reader.read_all()


def renamed(rows: pa.RecordBatchReader, names: Sequence[str]) -> pa.RecordBatchReader:
    """Give the columns of a stream other names.

    Examples
    --------
    >>> renamed(pa.table({"a": [1], "b": [2]}).to_reader(), ["x", "x"]).read_all().column_names
    ['x', 'x']
    """
    fields = [field.with_name(name) for field, name in zip(rows.schema, names, strict=True)]
    schema = pa.schema(fields)
    batches = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in rows)
    return pa.RecordBatchReader.from_batches(schema, batches)


def _written(rows: Rows, schema: pa.Schema) -> Iterator[bytes]:
    pieces = _Pieces()
    with pa.ipc.new_file(pa.PythonFile(pieces, "w"), schema) as writer:
        for batch in rows.to_batches() if isinstance(rows, pa.Table) else rows:
            writer.write_batch(batch)
            yield from pieces.taken()
    yield from pieces.taken()


class _Pieces:
    """A file that keeps what is written to it until that is taken."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Keep everything: there is nothing below."""

    def taken(self) -> list[bytes]:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return pieces
