"""The content-addressed store of states.

A state is stored under its map hash and the identities of the chunks it covers; beside the Arrow
table it keeps what a later run needs to use it without reading a byte of the source: which files (path,
size, modification time) the chunks were cut from, where each block's records start and end, the
counters and the rejects. ``codec`` says how; a state whose digests fail does not exist any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import pyarrow as pa

from fusionflow_lab.errors import StateError
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.source import Chunk
from fusionflow_lab.states.codec import (
    DIGEST_BYTES,
    STATE_FORMAT,
    BlockRecord,
    BlockRecords,
    ChunkRecord,
    StateHeader,
    bucket_places,
    decode,
    decode_bucket,
    decode_header,
    encode,
    header_end,
)
from fusionflow_lab.storage import Folder, Store

if TYPE_CHECKING:
    import pyarrow.compute as pc
else:
    pc = Lazy("pyarrow.compute")  # it takes as long as half of pyarrow

__all__ = [
    "STATE_FORMAT",
    "BlockRecord",
    "BlockRecords",
    "ChunkRecord",
    "StateHeader",
    "StateStore",
    "chunk_key",
]

# A state of so many rows is written in so many buckets by the hash of its keys: they can be merged apart.
SPLIT_ROWS = 1 << 13
BUCKETS = 64
# States that together hold more are not merged in one place.
LARGE_ROWS = 2 << 20
LARGE_BYTES = 128 << 20
MANY_STATES = 1 << 20

_AT_ONCE = 16
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
    named = f"{packed}\0{chunk.file.kind}" if chunk.file.kind else packed
    return named if chunk.file.layout is None else f"{named}\0{chunk.file.layout}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class StateStore:
    """States by name in a store.

    Parameters
    ----------
    folder
        Where they lie; reached by every worker.
    """

    folder: Store

    def put(
        self,
        header: StateHeader,
        state: pa.Table,
        rejects: pa.Table | None = None,
        buckets: pa.ChunkedArray | None = None,
    ) -> str:
        """Store a state and return its name; a state that is already there is left alone.

        Parameters
        ----------
        header
            What it covers.
        state, rejects
            Its rows, and the rejects that its scan met.
        buckets
            The bucket of each row, below ``BUCKETS``; a state of many rows is written bucket by bucket.
        """
        name = header.name
        if self._header(name) is not None:  # one that is damaged is written anew
            return name
        rejected = _ipc(rejects) if rejects is not None and rejects.num_rows else b""
        split = buckets is not None and state.num_rows >= SPLIT_ROWS
        parts = _split(state, buckets) if split else [state]
        self.folder.put(name, encode(header, [_ipc(part) for part in parts], rejected))
        return name

    def bucket(self, name: str, number: int) -> tuple[pa.Table, bool]:
        """Return bucket ``number`` of a state and True; all of a state that is not split, and False.

        Raises
        ------
        StateError
            It is gone, cut short or damaged; a damaged one is deleted, so that it is scanned again.
        """
        with self._vouched(name):
            places = bucket_places(self._head(name))
            if places:
                place = places[number]
                data = self.folder.get(name, start=place.start, limit=place.size)
                return _table(decode_bucket(place, data)), True
        return self.state(name), False

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
        names = [*self.folder.names(map_hash)]
        if isinstance(self.folder, Folder):
            headers = [*map(self._header, names)]
        else:  # each is a request
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                headers = [*pool.map(self._header, names)]
        found = zip(names, headers, strict=True)
        return {name: header for name, header in found if header is not None}

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
            return decode_header(self._head(name))
        except (ValueError, FileNotFoundError):  # damaged, or deleted since it was listed
            return None

    def _head(self, name: str) -> bytes:
        head = self.folder.get(name, limit=_HEAD_BYTES)
        end = header_end(head)
        return head if end <= len(head) else self.folder.get(name, limit=end)

    def _content(self, name: str) -> tuple[memoryview, memoryview]:
        with self._vouched(name):
            return decode(self.folder.get(name))

    @contextmanager
    def _vouched(self, name: str) -> Iterator[None]:
        """Tell of a state that cannot be read; forget it where it is damaged."""
        try:
            yield
        except FileNotFoundError:
            raise StateError("a stored state is gone", where=name, hint="run the query again") from None
        except ValueError:
            self.folder.delete(name)
            raise StateError("a stored state is damaged", where=name, hint="run the query again") from None


def _ipc(table: pa.Table) -> memoryview:
    """Write a table as an Arrow stream, into memory of just its size."""
    size = pa.MockOutputStream()
    _write(table, size)
    buffer = pa.allocate_buffer(size.size())
    _write(table, pa.FixedSizeBufferWriter(buffer))
    return memoryview(buffer)


def _write(table: pa.Table, sink: pa.NativeFile) -> None:
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _table(data: memoryview) -> pa.Table:
    """Read the rows of one Arrow stream, or of several that follow each other."""
    buffer = pa.BufferReader(pa.py_buffer(data))
    tables = []
    while buffer.tell() < len(data):
        with pa.ipc.open_stream(buffer) as reader:
            tables.append(reader.read_all())
    return pa.concat_tables(tables)


def may_be_large(state: pa.Table, states: int) -> bool:
    """Tell whether so many states like this one may be too large together: then they are written in buckets.

    Examples
    --------
    >>> state = pa.table({"k0": range(100_000)})
    >>> may_be_large(state, 2), may_be_large(state, 20)
    (False, True)
    """
    rows, size = state.num_rows * states, state.nbytes * states
    return bool(state.num_rows >= SPLIT_ROWS and (rows > 0.75 * LARGE_ROWS or size > 0.75 * LARGE_BYTES))


def _split(state: pa.Table, buckets: pa.ChunkedArray) -> list[pa.Table]:
    """Return the rows of each bucket, in the order of the state."""
    numbers = buckets.combine_chunks()
    order = pc.array_sort_indices(numbers)  # a stable sort
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(numbers).to_pylist()}
    ordered = state.take(order)
    ends = [*accumulate((counts.get(number, 0) for number in range(BUCKETS)), initial=0)]
    return [ordered.slice(begin, end - begin) for begin, end in pairwise(ends)]
