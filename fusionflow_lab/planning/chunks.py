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
from math import isqrt

from fusionflow_lab.source import Block, Chunk, Source, SourceFile

BLOCK_BYTES = 1 << 20
PACKED_BLOCK_BYTES = 4 << 20
# A packed byte is this much work, about.
PACKED_LOAD = 4
SEGMENT_BYTES = 1 << 30
SMALLEST_SEGMENT_BYTES = 16 << 20
CONTIGUOUS_BLOCKS_MIN = 2
CONTIGUOUS_BLOCKS_MAX = 16
TASK_BYTES_MIN = 2 << 20
TASK_BYTES_MAX = 128 << 20
# A task of a source of so many bytes has as many; of a larger one more, by the square root.
TASK_BYTES_SCALE = 4 << 20
# To open a file takes about as long as to read this many bytes of it.
OPENING_BYTES = 16 << 10
_RANK_BYTES = 8


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


def cut_source(
    source: Source, *, ordered: bool, whole: bool = False, block_bytes: int = BLOCK_BYTES
) -> list[Chunk]:
    """Cut all files of a source into chunks, in the order of files and segments.

    Parameters
    ----------
    source
        Files with their sizes.
    ordered
        Whether chunks must be contiguous, so that chunk order is row order.
    whole
        Whether packed files must not be cut.
    block_bytes
        Bytes of a block; anything from 1 gives the same rows.

    Examples
    --------
    >>> from fusionflow_lab.source import Dialect
    >>> file = SourceFile(path="a.csv", size=3 << 20, mtime_ns=0, data_start=10)
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(), files=(file,))
    >>> [chunk.size for chunk in cut_source(source, ordered=True)]
    [2097152, 1048576]
    """
    chunks: list[Chunk] = []
    for file in source.files:
        if source.format == "parquet" or file.cuts:
            ends = zip((0, *file.cuts), file.cuts, strict=False)
            blocks = (Block(offset=begin, end=end, start=begin) for begin, end in ends)
            chunks += (
                Chunk(ordinal=ordinal, file=file, blocks=(block,))
                for ordinal, block in enumerate(blocks, len(chunks))
            )
            continue
        if file.compression:
            chunks += (
                Chunk(ordinal=ordinal, file=file, blocks=(block,))
                for ordinal, block in enumerate(
                    _packed_blocks(file, whole=whole or not source.splits), len(chunks)
                )
            )
            continue
        if file.size <= block_bytes or not source.splits or source.format == "whole":
            if file.size or source.format == "whole":
                block = Block(offset=0, end=file.size, start=file.data_start)
                chunks.append(Chunk(ordinal=len(chunks), file=file, blocks=(block,)))
            continue
        for number, (begin, end) in enumerate(segments(file.size)):
            parts = _parts(_blocks(file, begin, end, block_bytes), number, ordered=ordered)
            chunks += (
                Chunk(ordinal=ordinal, file=file, blocks=tuple(part))
                for ordinal, part in enumerate(parts, len(chunks))
            )
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


def _packed_blocks(file: SourceFile, *, whole: bool) -> list[Block]:
    """Cut a packed file where it has members; the scan finds those that start in each block."""
    step = PACKED_BLOCK_BYTES if file.members and not whole else file.size
    return [
        Block(offset, min(offset + step, file.size), None if offset else file.data_start)
        for offset in range(0, file.size, step)
    ]


def _parts(blocks: Sequence[Block], segment: int, *, ordered: bool) -> Iterator[Sequence[Block]]:
    if ordered or blocks[-1].end - blocks[0].offset < SMALLEST_SEGMENT_BYTES:
        return _contiguous(blocks)
    return _stratified(blocks, segment)


def _contiguous(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    """Cut so that a small segment gives work to several threads, and a large one few chunks."""
    count = min(max(len(blocks) // 16, CONTIGUOUS_BLOCKS_MIN), CONTIGUOUS_BLOCKS_MAX)
    for first in range(0, len(blocks), count):
        yield blocks[first : first + count]


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
    ranks = hashlib.shake_128(seed.encode()).digest(_RANK_BYTES * len(blocks))
    return [
        blocks[place]
        for place in sorted(
            range(len(blocks)), key=lambda place: ranks[_RANK_BYTES * place : _RANK_BYTES * (place + 1)]
        )
    ]


def group_tasks(chunks: Sequence[Chunk], *, source_bytes: int) -> list[ChunkTask]:
    """Group consecutive chunks into tasks: more and larger ones the more there is to scan.

    A task costs the scheduler some milliseconds, whatever the workers do meanwhile: *n* tasks cost *a n*, and
    the last ones keep some workers waiting for about *b / n*. So *n* grows with the square root of the work.
    The size depends on the source alone, never on timing or workers: the same files give the same tasks, the
    same merge tree and the same floating point bits everywhere. A task of many small files ends where opening
    them takes as long as reading a large one.

    Parameters
    ----------
    chunks
        The chunks to scan, in order.
    source_bytes
        ``load`` of all chunks of the source, whether they are to be scanned or not.

    Examples
    --------
    >>> from fusionflow_lab.source import Dialect
    >>> file = SourceFile(path="a.csv", size=64 << 20, mtime_ns=0, data_start=0)
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(), files=(file,))
    >>> chunks = cut_source(source, ordered=False)
    >>> [task.size >> 20 for task in group_tasks(chunks, source_bytes=load(chunks))]
    [12, 12, 12, 12, 12, 4]
    """
    most = task_bytes(source_bytes)
    tasks: list[ChunkTask] = []
    group: list[Chunk] = []
    filled = 0
    for chunk in chunks:
        size = _load(chunk)
        if group and (filled + size > most or chunk.ordinal != group[-1].ordinal + 1):
            tasks.append(ChunkTask(chunks=tuple(group)))
            group, filled = [], 0
        group.append(chunk)
        filled += size
    if group:
        tasks.append(ChunkTask(chunks=tuple(group)))
    return tasks


def task_bytes(source_bytes: int) -> int:
    """Return the most bytes that a task of a source has; see ``group_tasks``.

    Examples
    --------
    >>> [task_bytes(mib << 20) >> 20 for mib in (1, 64, 1024, 65536)]
    [2, 16, 64, 128]
    """
    return min(max(isqrt(source_bytes * TASK_BYTES_SCALE), TASK_BYTES_MIN), TASK_BYTES_MAX)


def load(chunks: Iterable[Chunk]) -> int:
    """Return the work of scanning chunks, in bytes read: their own, and some for opening each file."""
    return sum(map(_load, chunks))


def _load(chunk: Chunk) -> int:
    size = sum(block.end - block.offset for block in chunk.blocks)
    return OPENING_BYTES + (size * PACKED_LOAD if chunk.file.compression else size)
