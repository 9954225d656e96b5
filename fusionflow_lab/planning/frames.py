"""Tables of the user's program as files: written once under the digest of their content.

Workers and other processes read the file, not the program's memory, so a job over a DataFrame is as durable
as one over files. DuckDB does the reading, so a column has the type that DuckDB gives it anywhere.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from pathlib import Path
from typing import BinaryIO

import duckdb
import pyarrow as pa

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.explain import size_text
from fusionflow_lab.query import Frame
from fusionflow_lab.states.casts import quoted

_BATCH_ROWS = 1 << 16


def is_frame(value: object) -> bool:
    """Tell whether a value can stand in FROM: a DataFrame of pandas, or anything that exports Arrow.

    Examples
    --------
    >>> is_frame(pa.table({"x": [1]})), is_frame([1])
    (True, False)
    """
    return not isinstance(value, type) and (_is_pandas(value) or hasattr(value, "__arrow_c_stream__"))


class FrameStore:
    """Tables by content in a folder.

    Parameters
    ----------
    folder
        Where the files lie; reached by every worker.
    limit
        Bytes that one table may take.

    Examples
    --------
    >>> store = FrameStore(Path("frames"), limit=1 << 20)
    >>> frame = store.put("t", pa.table({"x": [1, 2]}))
    >>> frame == store.put("t", pa.table({"x": [1, 2]}))
    True
    """

    def __init__(self, folder: Path, *, limit: int) -> None:
        self.folder = folder
        self._limit = limit

    def put(self, name: str, data: object) -> Frame:
        """Keep a table, and return it under a name.

        Raises
        ------
        QueryError
            It is too large, or holds what DuckDB does not read.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{os.getpid()}.{uuid.uuid4().hex}.tmp"
        try:
            with fresh.open("wb") as file:
                sink = _Digesting(file, name, self._limit)
                _write(name, data, sink)
            path = self.folder / f"{sink.digest()}.arrow"
            if not path.exists():
                fresh.replace(path)
            # Its age counts from now; the modification time says which file it is, and stays.
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        finally:
            fresh.unlink(missing_ok=True)
        return Frame(name=name, path=str(path))


class _Digesting:
    """A file that digests what is written to it and takes no more than its limit."""

    closed = False

    def __init__(self, file: BinaryIO, name: str, limit: int) -> None:
        self._file = file
        self._name = name
        self._limit = limit
        self._size = 0
        self._hash = hashlib.blake2b(digest_size=16)

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        self._size += view.nbytes
        if self._size > self._limit:
            raise QueryError(
                f"{self._name} takes more than {size_text(self._limit)}, the most for a table in FROM",
                hint="write it to a CSV file and read that, or raise FUSIONFLOW_FRAME_LIMIT",
            )
        self._hash.update(view)
        self._file.write(view)
        return view.nbytes

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Leave the file to its owner."""

    def digest(self) -> str:
        return self._hash.hexdigest()


def _write(name: str, data: object, sink: _Digesting) -> None:
    # One thread: the same rows give the same batches, and so the same digest.
    with duckdb.connect(config={"threads": 1}) as connection:
        try:
            reader = data if _is_pandas(data) else pa.RecordBatchReader.from_stream(data)
            connection.register("frame", reader)
            rows = connection.sql(f"SELECT {_items(connection)} FROM frame").to_arrow_reader(_BATCH_ROWS)
            with pa.ipc.new_file(pa.PythonFile(sink, mode="w"), rows.schema) as writer:
                for batch in rows:
                    writer.write_batch(batch)
        except (duckdb.Error, pa.ArrowException) as error:
            what = str(error).splitlines()[0]
            said = f"{name} cannot be read as a table: {what}"
            raise QueryError(said, hint="look at its columns") from error


def _items(connection: duckdb.DuckDBPyConnection) -> str:
    """Select all columns; categories become the texts that they stand for, as they would from a file."""
    rows = connection.execute("DESCRIBE FROM frame").fetchall()
    return ", ".join(
        f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" if kind.startswith("ENUM(") else quoted(name)
        for name, kind, *_ in rows
    )


def _is_pandas(value: object) -> bool:
    kind = type(value)
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ == "DataFrame"
