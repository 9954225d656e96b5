"""Prove the chain of record boundaries: each block must start where the one before it ends.

Workers speculate where the first record of a block starts, but they know for certain where its last
one ends. Where the two do not meet, the true starts are located by reading on from the last proven
one, and only the blocks that believed otherwise are scanned again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from fusionflow_lab.execution.stage_run import Leaf
from fusionflow_lab.source import Chunk, SourceFile
from fusionflow_lab.states.store import BlockRecord, BlockRecords


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """From ``start`` (proven) on, the starts believed for the blocks at ``offsets`` are in doubt."""

    file: SourceFile
    start: int
    offsets: tuple[int, ...]
    believed: tuple[int, ...]


Locate = Callable[[Break], Awaitable[list[int]]]
Starts = dict[tuple[str, int], int]


async def wrong_starts(leaves: Sequence[Leaf], locate: Locate) -> Starts:
    """Return the true starts, by (path, block offset), of the blocks that believed another one.

    Empty means: the chain is proven, every record of the leaves was read exactly once.
    """
    wrong: Starts = {}
    for file, packed in _blocks_by_file(leaves):
        if not _proven(file, packed):
            blocks = sorted(packed, key=itemgetter(0))
            await _locate_wrong(file, blocks, locate, wrong)
    return wrong


def _proven(file: SourceFile, blocks: BlockRecords) -> bool:
    """Tell whether every block starts where the one before it ends."""
    spans = sorted(blocks.spans())
    ends = [end for _, _, end in spans]
    return [start for _, start, _ in spans] == [file.data_start, *ends][:-1]


async def _locate_wrong(
    file: SourceFile, blocks: Sequence[BlockRecord], locate: Locate, wrong: Starts
) -> None:
    """Find the true starts of a file's blocks, in the order of their offsets, from each break on."""
    place, end = 0, file.data_start
    while place < len(blocks):
        if blocks[place].start == end:
            end = blocks[place].end
            place += 1
            continue
        rest = blocks[place:]
        found = await locate(
            Break(
                file=file,
                start=end,
                offsets=tuple(block.offset for block in rest),
                believed=tuple(block.start for block in rest),
            )
        )
        for block, start in zip(rest, found, strict=False):
            if block.start != start:
                wrong[file.path, block.offset] = start
        place += len(found)
        end = blocks[place - 1].end


async def known_starts(chunks: Sequence[Chunk], locate: Locate) -> Starts:
    """Return the true start of every block of ``chunks``, whatever was believed."""
    starts: Starts = {}
    for chunk in chunks:
        order = tuple(sorted(block.offset for block in chunk.blocks if block.offset > chunk.file.data_start))
        begin = chunk.file.data_start
        found = await locate(Break(file=chunk.file, start=begin, offsets=order, believed=(0,) * len(order)))
        starts.update(((chunk.file.path, offset), start) for offset, start in zip(order, found, strict=True))
    return starts


def _blocks_by_file(leaves: Sequence[Leaf]) -> list[tuple[SourceFile, BlockRecords]]:
    files: dict[str, SourceFile] = {}
    packed: dict[str, list[bytes]] = {}
    for leaf in leaves:
        files.update((chunk.file.path, chunk.file) for chunk in leaf.chunks)
        for path, blocks in leaf.scanned():
            packed.setdefault(path, []).append(blocks.packed)
    return [(files[path], BlockRecords(b"".join(found))) for path, found in sorted(packed.items())]
