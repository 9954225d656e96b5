"""Rows as the bytes of a file that is nowhere: written into a pipe by a thread, read from it piece by piece.

So a file of any size passes through a process that holds some batches of it, and whoever writes waits for who
reads.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa

from fusionflow_lab.results.write import FileFormat, write_rows

PIECE_BYTES: Final = 1 << 18


def streamed(
    rows: pa.RecordBatchReader, file_format: FileFormat, *, listed: bool = False
) -> Generator[bytes]:
    r"""Yield a file of rows in pieces; they are written as far as they are read.

    Parameters
    ----------
    rows, file_format, listed
        See ``write_rows``.

    Raises
    ------
    OSError
        The format does not hold the rows; what was yielded then is no whole file.

    Examples
    --------
    >>> rows = pa.table({"n": [1, 2]}).to_reader()
    >>> b"".join(streamed(rows, "csv"))
    b'n\n1\n2\n'
    """
    read, write = os.pipe()
    with ThreadPoolExecutor(1, thread_name_prefix="fusionflow-file") as pool:
        written = pool.submit(_written, rows, write, file_format, listed=listed)
        try:
            while piece := _piece(read):
                yield piece
            written.result()
        finally:
            os.close(read)  # who writes still is told that nobody reads, and ends


def _written(rows: pa.RecordBatchReader, pipe: int, file_format: FileFormat, *, listed: bool) -> None:
    try:
        write_rows(rows, Path(f"/dev/fd/{pipe}"), file_format, listed=listed)
    finally:
        os.close(pipe)


def _piece(pipe: int) -> bytes:
    """Return the next bytes; fewer than a piece only at the end."""
    parts, missing = [], PIECE_BYTES
    while missing and (part := os.read(pipe, missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
