"""Previews on the wire: a few rows as an Arrow IPC stream of bounded size."""

from __future__ import annotations

import pyarrow as pa

PREVIEW_BYTES = 32 << 10


def encode_preview(table: pa.Table, limit: int = PREVIEW_BYTES) -> bytes:
    """Encode as many of the first rows as fit into ``limit`` bytes; no bytes where not even one does.

    Examples
    --------
    >>> data = encode_preview(pa.table({"n": list(range(100_000))}))
    >>> len(data) <= PREVIEW_BYTES, decode_preview(data).column("n")[0].as_py()
    (True, 0)
    """
    rows = table.num_rows
    while True:
        data = _ipc(table.slice(0, rows))
        if len(data) <= limit:
            return data
        if rows == 0:
            return b""
        rows = min(rows - 1, rows * limit // len(data))


def decode_preview(data: bytes) -> pa.Table:
    """Return the rows of an encoded preview; an empty table where there were no bytes."""
    if not data:
        return pa.table({})
    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()


def _ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    # A slice carries its parent's buffers unless it is copied.
    rows = pa.Table.from_batches(table.to_batches(), schema=table.schema).combine_chunks()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(rows)
    data: bytes = sink.getvalue().to_pybytes()
    return data
