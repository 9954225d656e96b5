"""What became of each chunk of a job, small enough to be told every second.

A row of the map is a stretch of chunks in the order of the plan: of one file, or of several that are one
chunk each. Only where that were too many rows, files of several chunks share one. A cell of a row is a chunk,
or several that follow each other, as one letter::

    .  not read       r  being read, or to be read again      d  read by this run
    c  known before   f  failed                                p  some of them read
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.jobs.events import ChunkRow
from fusionflow_lab.planning.chunks import SMALLEST_SEGMENT_BYTES, segments
from fusionflow_lab.source import Chunk

MOST_CELLS = 2000
# A row has so many chunks, unless that makes more than MOST_ROWS rows.
ROW_CHUNKS = 64
MOST_ROWS = 100
# Characters of file names in all rows together; then a row names its first and last file.
MOST_NAMES = 8000

_OPEN, _READING, _DONE, _CACHED, _FAILED, _PARTLY = ".rdcfp"


@dataclass(frozen=True, slots=True)
class _Row:
    """A row, and the ordinals of its chunks in its stage."""

    stage: int
    first: int
    row: ChunkRow


class ChunkMap:
    """Looks at the leaves of some stages, again and again.

    Parameters
    ----------
    runs
        The stages of a job.
    """

    def __init__(self, runs: Sequence[StageRun]) -> None:
        self._runs = runs
        self._rows: tuple[_Row, ...] = ()
        self._per_cell = 1

    def rows(self, *, live: bool) -> tuple[ChunkRow, ...]:
        """Return the map as it is now; ``live`` says whether tasks are at work."""
        if not self._rows:
            self._lay_out()
        letters = [_letters(run, live=live) for run in self._runs]
        return tuple(
            replace(
                each.row,
                cells=_cells(letters[each.stage][each.first : each.first + each.row.chunks], self._per_cell),
            )
            for each in self._rows
        )

    def _lay_out(self) -> None:
        """Divide the chunks into rows, once: how files are cut does not change within a run."""
        chunks = [
            sorted((chunk for leaf in run.leaves for chunk in leaf.chunks), key=lambda chunk: chunk.ordinal)
            for run in self._runs
        ]
        total = sum(map(len, chunks))
        most = max(ROW_CHUNKS, -(-total // MOST_ROWS))
        stretches = _all_stretches(chunks, most, crowded=False)
        if len(stretches) > 2 * MOST_ROWS:
            stretches = _all_stretches(chunks, most, crowded=True)
        sizes = [len(stretch) for _, stretch in stretches]
        while sum(-(-size // self._per_cell) for size in sizes) > MOST_CELLS:
            self._per_cell += 1
        room = MOST_NAMES // max(len(stretches), 1)
        self._rows = tuple(
            _Row(
                stage=stage,
                first=stretch[0].ordinal,
                row=_row(self._runs[stage].stage.name, stretch, self._per_cell, room),
            )
            for stage, stretch in stretches
        )


def _all_stretches(
    chunks: Sequence[Sequence[Chunk]], most: int, *, crowded: bool
) -> list[tuple[int, list[Chunk]]]:
    return [
        (stage, stretch)
        for stage, found in enumerate(chunks)
        for stretch in _stretches(found, most, crowded=crowded)
    ]


def _stretches(chunks: Sequence[Chunk], most: int, *, crowded: bool) -> Iterator[list[Chunk]]:
    """Put segments of a file together, and files of one chunk, in their order, up to ``most`` chunks."""
    sizes = Counter(chunk.file.path for chunk in chunks)
    ends: dict[str, list[int]] = {}

    def segment_of(chunk: Chunk) -> tuple[str, int]:
        path = chunk.file.path
        if chunk.file.size < SMALLEST_SEGMENT_BYTES:
            return path, 0
        if path not in ends:
            ends[path] = [end for _, end in segments(chunk.file.size)]
        return path, bisect_right(ends[path], chunk.blocks[0].offset)

    stretch: list[Chunk] = []
    for (path, _), found in groupby(chunks, key=segment_of):
        segment = [*found]
        if stretch:
            before = stretch[-1].file.path
            together = crowded or before == path or sizes[before] == sizes[path] == 1
            if not together or len(stretch) + len(segment) > most:
                yield stretch
                stretch = []
        stretch += segment
    if stretch:
        yield stretch


def _row(stage: str, chunks: Sequence[Chunk], per_cell: int, room: int) -> ChunkRow:
    names = tuple(dict.fromkeys(chunk.file.path for chunk in chunks))
    known = len(names) == 1 or sum(map(len, names)) <= room
    sizes = {chunk.size for chunk in chunks[:-1]}
    in_order = len(names) == 1 and all(_runs_on(chunk) for chunk in chunks)
    return ChunkRow(
        stage=stage,
        files=len(names),
        names=names if known else (names[0], names[-1]),
        start=chunks[0].blocks[0].offset if len(names) == 1 else 0,
        end=_end(chunks) if len(names) == 1 else sum(chunk.size for chunk in chunks),
        chunks=len(chunks),
        each=min(sizes, default=chunks[0].size) if in_order and len(sizes) <= 1 else 0,
        per_cell=per_cell,
        cells="",
    )


def _end(chunks: Sequence[Chunk]) -> int:
    return max(block.end for chunk in chunks for block in chunk.blocks)


def _runs_on(chunk: Chunk) -> bool:
    """Whether the blocks of a chunk follow each other."""
    return chunk.blocks[-1].end - chunk.blocks[0].offset == chunk.size


def _letters(run: StageRun, *, live: bool) -> str:
    letters = [_OPEN] * sum(len(leaf.chunks) for leaf in run.leaves)
    for leaf in run.leaves:
        letter = _letter(leaf, live=live)
        for chunk in leaf.chunks:
            letters[chunk.ordinal] = letter
    return "".join(letters)


def _letter(leaf: Leaf, *, live: bool) -> str:
    if leaf.header is not None:
        return _CACHED if leaf.reused else _DONE
    if leaf.failed or leaf.broken:
        return _FAILED
    return _READING if live and leaf.attempts else _OPEN


def _cells(letters: str, per_cell: int) -> str:
    """Write several letters as one.

    Examples
    --------
    >>> _cells("ddcc..dr", 2), _cells("d.f", 3), _cells("dc", 2)
    ('dc.r', 'f', 'd')
    """
    if per_cell == 1:
        return letters
    return "".join(_cell(letters[at : at + per_cell]) for at in range(0, len(letters), per_cell))


def _cell(letters: str) -> str:
    for letter in (_FAILED, _READING):
        if letter in letters:
            return letter
    if _OPEN in letters:
        return _OPEN if set(letters) == {_OPEN} else _PARTLY
    return _DONE if _DONE in letters else _CACHED
