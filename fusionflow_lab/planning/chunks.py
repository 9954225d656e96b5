"""Cut the files of a source into chunks, and chunks into tasks.

Each file is cut by itself into segments (1 GiB, then a tail in descending powers of two), so that an
append changes only the tail and another file changes nobody else's chunks. Where the order of rows
does not matter, every chunk is a random stratified sample of its segment's blocks: previews and
estimates see the whole segment from the first chunk on. Nothing here reads a byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from fusionflow_lab.query import Block, Chunk, Source, SourceFile

BLOCK_BYTES = 1 << 20
SEGMENT_BYTES = 1 << 30
SMALLEST_SEGMENT_BYTES = 16 << 20
ORDERED_CHUNK_BLOCKS = 16
TASK_BYTES_MIN = 8 << 20
TASK_BYTES_MAX = 64 << 20
TASKS_PER_SEGMENT = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkTask:
    """Chunks that one Dask task scans into one state; consecutive in the plan's order."""

    chunks: tuple[Chunk, ...]

    @property
    def ordinal(self) -> int:
        """Place of its first chunk in the plan's order."""
        return self.chunks[0].ordinal

    @property
    def size(self) -> int:
        """Bytes of its chunks."""
        return sum(chunk.size for chunk in self.chunks)


def segments(size: int) -> Iterator[tuple[int, int]]:
    """Cut ``size`` bytes into segments: full ones, then a tail in descending powers of two.

    Examples
    --------
    >>> mib = 1 << 20
    >>> [(a // mib, b // mib) for a, b in segments(100 * mib)]
    [(0, 64), (64, 96), (96, 100)]
    """
    offset = 0
    length = SEGMENT_BYTES
    while length >= SMALLEST_SEGMENT_BYTES:
        while size - offset >= length:
            yield offset, offset + length
            offset += length
        length //= 2
    if offset < size:
        yield offset, size


def cut_source(source: Source, *, ordered: bool, block_bytes: int = BLOCK_BYTES) -> list[Chunk]:
    """Cut all files of a source into chunks, in the order of files and segments.

    Parameters
    ----------
    source
        Files with their sizes.
    ordered
        Whether chunks must be contiguous, so that chunk order is row order.
    block_bytes
        Bytes of a block; anything from 1 gives the same rows.

    Examples
    --------
    >>> from fusionflow_lab.query import Dialect
    >>> file = SourceFile(path="a.csv", size=3 << 20, mtime_ns=0, data_start=10)
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(), files=(file,))
    >>> [chunk.size for chunk in cut_source(source, ordered=True)]
    [3145728]
    """
    chunks: list[Chunk] = []
    for file in source.files:
        for number, (begin, end) in enumerate(segments(file.size)):
            blocks = _blocks(file, begin, end, block_bytes)
            small = end - begin < SMALLEST_SEGMENT_BYTES
            for part in _contiguous(blocks) if ordered or small else _stratified(blocks, number):
                chunks.append(Chunk(ordinal=len(chunks), file=file, blocks=tuple(part)))
    return chunks


def _blocks(file: SourceFile, begin: int, end: int, block_bytes: int) -> list[Block]:
    return [
        Block(
            offset=offset,
            end=min(offset + block_bytes, end),
            start=file.data_start if offset <= file.data_start else None,
        )
        for offset in range(begin, end, block_bytes)
    ]


def _contiguous(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    for first in range(0, len(blocks), ORDERED_CHUNK_BLOCKS):
        yield blocks[first : first + ORDERED_CHUNK_BLOCKS]


def _stratified(blocks: Sequence[Block], segment: int) -> Iterator[list[Block]]:
    """Chunk *j* is the *j*-th block of every permuted stratum."""
    strata_count = min(max(len(blocks) // 64, 4), 16)
    size = -(-len(blocks) // strata_count)
    strata = [
        _permuted(blocks[first : first + size], f"{segment}:{len(blocks)}:{first}")
        for first in range(0, len(blocks), size)
    ]
    for part in zip_longest(*strata):
        yield [block for block in part if block is not None]


def _permuted(blocks: Sequence[Block], seed: str) -> list[Block]:
    """Shuffle by hash: the same on every machine and Python version."""

    def rank(place: int) -> bytes:
        return hashlib.blake2b(f"{seed}:{place}".encode(), digest_size=8).digest()

    return [blocks[place] for place in sorted(range(len(blocks)), key=rank)]


def group_tasks(chunks: Iterable[Chunk]) -> list[ChunkTask]:
    """Group consecutive chunks into tasks.

    The size depends on the segment alone, never on timing or workers, so that the same files give the
    same tasks, the same merge tree and the same floating point bits everywhere.

    Examples
    --------
    >>> from fusionflow_lab.query import Dialect
    >>> file = SourceFile(path="a.csv", size=64 << 20, mtime_ns=0, data_start=0)
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(), files=(file,))
    >>> [task.size >> 20 for task in group_tasks(cut_source(source, ordered=False))]
    [8, 8, 8, 8, 8, 8, 8, 8]
    """
    tasks: list[ChunkTask] = []
    open_chunks: list[Chunk] = []
    open_bytes = 0
    for chunk in chunks:
        if open_chunks and (
            chunk.ordinal != open_chunks[-1].ordinal + 1
            or open_bytes + chunk.size > _task_bytes(chunk)
            or _segment(chunk) != _segment(open_chunks[-1])
        ):
            tasks.append(ChunkTask(chunks=tuple(open_chunks)))
            open_chunks, open_bytes = [], 0
        open_chunks.append(chunk)
        open_bytes += chunk.size
    if open_chunks:
        tasks.append(ChunkTask(chunks=tuple(open_chunks)))
    return tasks


def _segment_bounds(chunk: Chunk) -> tuple[int, int]:
    offset = chunk.blocks[0].offset
    return next((a, b) for a, b in segments(chunk.file.size) if a <= offset < b)


def _segment(chunk: Chunk) -> tuple[str, int]:
    """Name the chunk's segment; small whole files share one name, so that they travel together."""
    begin, end = _segment_bounds(chunk)
    if begin == 0 and end == chunk.file.size and end < SMALLEST_SEGMENT_BYTES:
        return "", 0
    return chunk.file.path, begin


def _task_bytes(chunk: Chunk) -> int:
    begin, end = _segment_bounds(chunk)
    return min(max((end - begin) // TASKS_PER_SEGMENT, TASK_BYTES_MIN), TASK_BYTES_MAX)
