"""The content-addressed store of states.

A state is stored under its map hash and the identities of the chunks it covers; beside the Arrow
table it keeps what a later run needs to use it without reading a byte of the source: which files (path,
size, modification time) the chunks were cut from, where each block's records start and end, the
counters and the rejects. A file is::

    FFSTATE1 | header length (u32) | header (JSON) | state (Arrow IPC) | rejects (Arrow IPC) | digest

The digest covers everything before it; a state that fails it does not exist any more.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from fusionflow_lab.errors import StateError
from fusionflow_lab.query import Chunk, Counters
from fusionflow_lab.storage import Folder

STATE_FORMAT = 1
_MAGIC = b"FFSTATE1"
_PREFIX_BYTES = len(_MAGIC) + 4
_DIGEST_BYTES = 16
_HEAD_BYTES = 1 << 16
_BROADCAST = "broadcast"


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockRecord:
    """A scanned block: bytes ``[start, end)`` are its records; ``lines`` counts their line feeds."""

    offset: int
    start: int
    end: int
    rows: int
    rejected: int
    lines: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkRecord:
    """A scanned chunk: the stat key says "no need to look again", the identity is its bytes' digest."""

    key: str
    identity: str
    blocks: tuple[BlockRecord, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StateHeader:
    """What a state covers and what its scan counted."""

    map_hash: str
    chunks: tuple[ChunkRecord, ...]
    counters: Counters
    rows: int
    rejects: int

    @property
    def name(self) -> str:
        """Name in the store: map hash and a digest of the chunks' keys and identities."""
        text = "\n".join(f"{chunk.key} {chunk.identity}" for chunk in self.chunks)
        node = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        return f"{self.map_hash}/{node}"


def chunk_key(chunk: Chunk) -> str:
    """Digest the stat of a chunk's file and its cut: equal keys need no second look at the bytes."""
    file = chunk.file
    cut = ",".join(f"{block.offset}-{block.end}" for block in chunk.blocks)
    text = f"{file.path}\0{file.size}\0{file.mtime_ns}\0{file.data_start}\0{cut}"
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
        if self.folder.path(name).exists():
            return name
        parts = [_ipc(state), _ipc(rejects) if rejects is not None and rejects.num_rows else b""]
        text = json.dumps(
            {"format": STATE_FORMAT, "sizes": [len(part) for part in parts], **asdict(header)},
            separators=(",", ":"),
        ).encode()
        content = [_MAGIC + struct.pack("<I", len(text)), text, *parts]
        digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        for part in content:
            digest.update(part)
        self.folder.put(name, [*content, digest.digest()])
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
        digest = hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()
        if not self.folder.path(f"{_BROADCAST}/{digest}").exists():
            self.folder.put(f"{_BROADCAST}/{digest}", [content])
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
        if hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest() != digest:
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

    def delete(self, names: Sequence[str]) -> None:
        """Forget states."""
        for name in names:
            self.folder.delete(name)

    def _header(self, name: str) -> StateHeader | None:
        head = self.folder.get(name, limit=_HEAD_BYTES)
        if len(head) < _PREFIX_BYTES or not head.startswith(_MAGIC):
            return None
        end = _PREFIX_BYTES + struct.unpack_from("<I", head, len(_MAGIC))[0]
        if end > len(head):
            head = self.folder.get(name, limit=end)
        try:
            values = json.loads(head[_PREFIX_BYTES:end])
        except ValueError:
            return None
        return _read_header(values) if values.get("format") == STATE_FORMAT else None

    def _content(self, name: str) -> tuple[memoryview, memoryview]:
        try:
            data = memoryview(self.folder.get(name))
        except FileNotFoundError:
            raise StateError("a stored state is gone", where=name, hint="run the query again") from None
        body, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        if hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest() != bytes(digest):
            self.folder.delete(name)
            raise StateError("a stored state is damaged", where=name, hint="run the query again")
        start = _PREFIX_BYTES + struct.unpack_from("<I", body, len(_MAGIC))[0]
        state_size, reject_size = json.loads(bytes(body[_PREFIX_BYTES:start]))["sizes"]
        middle = start + state_size
        return body[start:middle], body[middle : middle + reject_size]


def _read_header(values: dict[str, Any]) -> StateHeader:
    return StateHeader(
        map_hash=values["map_hash"],
        chunks=tuple(
            ChunkRecord(
                key=chunk["key"],
                identity=chunk["identity"],
                blocks=tuple(BlockRecord(**block) for block in chunk["blocks"]),
            )
            for chunk in values["chunks"]
        ),
        counters=Counters(**values["counters"]),
        rows=values["rows"],
        rejects=values["rejects"],
    )


def _ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _table(data: memoryview) -> pa.Table:
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        return reader.read_all()
