"""The content-addressed store of states.

A state is stored under its map hash and the identities of the chunks it covers; beside the Arrow
table it keeps what a later run needs to use it without reading a byte of the source: which files (path,
size, modification time) the chunks were cut from, where each block's records start and end, the
counters and the rejects. ``codec`` says how; a state whose digests fail does not exist any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from fusionflow_lab.errors import StateError
from fusionflow_lab.query import Chunk
from fusionflow_lab.states.codec import (
    DIGEST_BYTES,
    STATE_FORMAT,
    BlockRecord,
    BlockRecords,
    ChunkRecord,
    StateHeader,
    decode,
    decode_header,
    encode,
    header_end,
)
from fusionflow_lab.storage import Folder

__all__ = [
    "STATE_FORMAT",
    "BlockRecord",
    "BlockRecords",
    "ChunkRecord",
    "StateHeader",
    "StateStore",
    "chunk_key",
]

_HEAD_BYTES = 1 << 16
_BROADCAST = "broadcast"


def chunk_key(chunk: Chunk) -> str:
    """Digest the stat of a chunk's file and its cut: equal keys need no second look at the bytes."""
    file = chunk.file
    stat = f"{file.path}\0{file.size}\0{file.mtime_ns}\0{file.etag}"
    return _digest(f"{stat}\0{file.data_start}\0{_cut(chunk)}")


def chunk_cut(chunk: Chunk) -> str:
    """Digest all that shapes a chunk's state beside its bytes and the map: where it is cut from its file."""
    return _digest(f"{chunk.file.data_start}\0{_cut(chunk)}")


def _cut(chunk: Chunk) -> str:
    blocks = ",".join(f"{block.offset}-{block.end}" for block in chunk.blocks)
    packed = f"{blocks}\0{chunk.file.compression}" if chunk.file.compression else blocks
    return packed if chunk.file.layout is None else f"{packed}\0{chunk.file.layout}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class StateStore:
    """States by name in a folder.

    Parameters
    ----------
    folder
        Where the files lie; reached by every worker.
    """

    folder: Folder

    def put(self, header: StateHeader, state: pa.Table, rejects: pa.Table | None = None) -> str:
        """Store a state and return its name; a state that is already there is left alone."""
        name = header.name
        if self.folder.has(name):
            return name
        rejected = _ipc(rejects) if rejects is not None and rejects.num_rows else b""
        self.folder.put(name, [*encode(header, _ipc(state), rejected)])
        return name

    def state(self, name: str) -> pa.Table:
        """Return the state's table.

        Raises
        ------
        StateError
            It is gone, cut short or damaged; a damaged one is deleted, so that it is scanned again.
        """
        return _table(self._content(name)[0])

    def rejects(self, name: str) -> pa.Table | None:
        """Return the rejects that the state's scan met, or None."""
        part = self._content(name)[1]
        return _table(part) if len(part) else None

    def put_broadcast(self, table: pa.Table) -> str:
        """Store a broadcast table and return the digest of what it holds."""
        content = _ipc(table)
        digest = hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()
        name = f"{_BROADCAST}/{digest}"
        if not self.folder.has(name):
            self.folder.put(name, [content])
        self.folder.touch(name)  # the job that reads it now began after an older one made it
        return digest

    def broadcast(self, digest: str) -> pa.Table:
        """Return a broadcast table by its digest.

        Raises
        ------
        StateError
            It is gone or damaged; a damaged one is deleted.
        """
        name = f"{_BROADCAST}/{digest}"
        try:
            content = self.folder.get(name)
        except FileNotFoundError:
            raise StateError("a stored table is gone", where=name, hint="run the query again") from None
        if hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest() != digest:
            self.folder.delete(name)
            raise StateError("a stored table is damaged", where=name, hint="run the query again")
        return _table(memoryview(content))

    def headers(self, map_hash: str) -> dict[str, StateHeader]:
        """Return the readable states of a map, name by name."""
        found = {}
        for name in self.folder.names(map_hash):
            header = self._header(name)
            if header is not None:
                found[name] = header
        return found

    def adopt(self, name: str, header: StateHeader) -> str | None:
        """Store a state that is there under another header too; None where it is gone or damaged."""
        try:
            state, rejects = self.state(name), self.rejects(name)
        except StateError:
            return None
        return self.put(header, state, rejects)

    def used(self, names: Sequence[str]) -> None:
        """Note that states were used now: the ones used longest ago go first."""
        for name in names:
            self.folder.touch(name)

    def delete(self, names: Sequence[str]) -> None:
        """Forget states."""
        for name in names:
            self.folder.delete(name)

    def _header(self, name: str) -> StateHeader | None:
        try:
            head = self.folder.get(name, limit=_HEAD_BYTES)
            end = header_end(head)
            return decode_header(head if end <= len(head) else self.folder.get(name, limit=end))
        except (ValueError, FileNotFoundError):  # damaged, or deleted since it was listed
            return None

    def _content(self, name: str) -> tuple[memoryview, memoryview]:
        try:
            return decode(self.folder.get(name))
        except FileNotFoundError:
            raise StateError("a stored state is gone", where=name, hint="run the query again") from None
        except ValueError:
            self.folder.delete(name)
            raise StateError("a stored state is damaged", where=name, hint="run the query again") from None


def _ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _table(data: memoryview) -> pa.Table:
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        return reader.read_all()
