"""Results as files: written by whoever drove the job, read memory-mapped by whoever asks for them.

What the Arrow table itself cannot hold (DuckDB's types, why rows were gathered) goes into the schema's
metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace

import pyarrow as pa

from fusionflow_lab.query import Counters
from fusionflow_lab.results.result import Result
from fusionflow_lab.storage import Folder

_FACTS = b"fusionflow"


def keep_table(folder: Folder, name: str, table: pa.Table) -> None:
    """Write a table as an Arrow IPC file, batch by batch: it is in memory once, not twice."""
    folder.put(name, _written(table))


def _written(table: pa.Table) -> Iterator[bytes]:
    pieces = _Pieces()
    with pa.ipc.new_file(pa.PythonFile(pieces, "w"), table.schema) as writer:
        for batch in table.to_batches():
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


def kept_table(folder: Folder, name: str) -> pa.Table:
    """Return a table that was kept; its bytes stay in the file until they are looked at.

    Raises
    ------
    FileNotFoundError
        It is not there.
    """
    with pa.memory_map(str(folder.path(name))) as source, pa.ipc.open_file(source) as reader:
        return reader.read_all()


def keep_result(folder: Folder, name: str, result: Result) -> None:
    """Write a result.

    Examples
    --------
    >>> import tempfile
    >>> folder = Folder(tempfile.mkdtemp())
    >>> keep_result(folder, "r.arrow", Result(table=pa.table({"n": [1]}), types=("TINYINT",)))
    >>> kept_result(folder, "r.arrow").types
    ('TINYINT',)
    """
    facts = json.dumps(
        {
            "types": result.types,
            "gathered": result.gathered,
            "written_to": result.written_to,
            "counters": asdict(result.counters),
        }
    )
    metadata = {**(result.table.schema.metadata or {}), _FACTS: facts.encode()}
    keep_table(folder, name, result.table.replace_schema_metadata(metadata))


def kept_result(folder: Folder, name: str) -> Result:
    """Return a result that was kept: rows, types and why they were gathered.

    Raises
    ------
    FileNotFoundError
        It is not there.
    """
    table = kept_table(folder, name)
    metadata = dict(table.schema.metadata or {})
    facts = json.loads(metadata.pop(_FACTS, b"{}"))
    result = Result(table=table.replace_schema_metadata(metadata or None))
    return replace(
        result,
        types=tuple(facts.get("types", ())),
        gathered=facts.get("gathered", ""),
        written_to=facts.get("written_to", ""),
        counters=Counters(**facts.get("counters", {})),
    )
