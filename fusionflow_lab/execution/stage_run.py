"""One stage on its way: which states are known, which chunks are left, what has arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import not_

from fusionflow_lab.execution.uncollected import uncollected
from fusionflow_lab.planning.chunks import cut_source, group_tasks, load
from fusionflow_lab.query import LINE_BYTE, Counters, Stage
from fusionflow_lab.source import Chunk
from fusionflow_lab.states.store import BlockRecords, StateHeader, chunk_key

RANGES_SHOWN = 3
# To scan apart what changed may make this many tasks more.
MOST_PARTS = 16


@dataclass(slots=True)
class Leaf:
    """Chunks that make one state: scanned by one task, or found in the store."""

    chunks: tuple[Chunk, ...]
    name: str = ""
    header: StateHeader | None = None
    reused: bool = False
    attempts: int = 0
    failed: bool = False
    broken: bool = False
    """Whether the job ended for it."""
    verified: bool = False
    reading: int = 0
    """Bytes that a task has read of it so far, the one that came farthest."""
    place: int = -1
    """Where it stands among the leaves of its stage."""
    size: int = field(init=False)
    """Bytes of its chunks."""

    def __post_init__(self) -> None:
        """Sum its blocks once: progress asks for the size of every leaf four times a second."""
        self.size = sum(chunk.size for chunk in self.chunks)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do: its state is there, or the job goes on without it."""
        return self.header is not None or self.failed

    @property
    def where(self) -> str:
        """Name its bytes: the file and the ranges of bytes that its blocks lie in."""
        first, last = self.chunks[0], self.chunks[-1]
        if first.file.path != last.file.path:
            return f"{first.file.path} … {last.file.path}, {len(self.chunks)} files"
        ranges = self.ranges()
        shown = ", ".join(f"{begin}-{end}" for begin, end in ranges[:RANGES_SHOWN])
        more = f" and {len(ranges) - RANGES_SHOWN} more" if len(ranges) > RANGES_SHOWN else ""
        return f"{first.file.path}, bytes {shown}{more}"

    def ranges(self) -> list[tuple[int, int]]:
        """Return the ranges of bytes of its blocks, those that touch as one."""
        ranges: list[tuple[int, int]] = []
        for begin, end in sorted(
            (block.offset, block.end) for chunk in self.chunks for block in chunk.blocks
        ):
            if ranges and ranges[-1][1] == begin:
                ranges[-1] = ranges[-1][0], end
            else:
                ranges.append((begin, end))
        return ranges

    @property
    def counters(self) -> Counters:
        """What its scan counted; bytes of a found state were not scanned now."""
        if self.failed:
            return Counters(bytes_unread=self.size)
        if self.header is None:
            return Counters()
        counters = self.header.counters
        if not self.reused:
            return counters
        verified = counters.bytes_scanned if self.verified else 0
        return Counters(
            rows_read=counters.rows_read,
            rows_used=counters.rows_used,
            rows_filtered=counters.rows_filtered,
            rows_rejected=counters.rows_rejected,
            bytes_reused=counters.bytes_scanned,
            bytes_verified=verified,
        )

    def restart(self, starts: Mapping[tuple[str, int], int]) -> None:
        """Forget the state and take record starts; its stage does this, and counts."""
        self.name, self.header, self.reused, self.verified = "", None, False, False
        self.chunks = tuple(
            replace(
                chunk,
                blocks=tuple(
                    block._replace(start=starts.get((chunk.file.path, block.offset), block.start))
                    for block in chunk.blocks
                ),
            )
            for chunk in self.chunks
        )

    def scanned(self) -> Iterator[tuple[str, BlockRecords]]:
        """Yield the path and the scanned blocks of every chunk."""
        if self.header is not None:
            for chunk, record in zip(self.chunks, self.header.chunks, strict=True):
                yield chunk.file.path, record.blocks


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What some leaves come to: their chunks, bytes and counts."""

    chunks: int = 0
    size: int = 0
    counters: Counters = field(default_factory=Counters)

    @classmethod
    def of(cls, leaves: Iterable[Leaf]) -> Tally:
        """Count leaves."""
        counted = [(len(leaf.chunks), leaf.size, leaf.counters) for leaf in leaves]
        return cls(
            chunks=sum(chunks for chunks, _, _ in counted),
            size=sum(size for _, size, _ in counted),
            counters=sum((counters for _, _, counters in counted), Counters()),
        )

    def __add__(self, other: Tally) -> Tally:
        """Add two tallies."""
        return Tally(
            chunks=self.chunks + other.chunks,
            size=self.size + other.size,
            counters=self.counters + other.counters,
        )


class StageRun:
    """The leaves of a stage, in the plan's order.

    How many are left and what the others come to is asked for after each arrival. So it is kept up and not
    counted anew: a large job has ten thousands of leaves.

    Parameters
    ----------
    stage
        What to run.
    map_hash
        Names the stage's states in the store; empty as long as its broadcast tables are not known.
    known
        States of this map that the store holds.
    """

    def __init__(self, stage: Stage, map_hash: str, known: Mapping[str, StateHeader]) -> None:
        self.stage = stage
        self.map_hash = map_hash
        self.broadcast: tuple[str, ...] = ()
        self.known = known
        self._stand(_leaves(stage, known))

    def begin(self, map_hash: str, known: Mapping[str, StateHeader], broadcast: Sequence[str]) -> None:
        """Take the digests of the broadcast tables, and with them the map hash and the known states."""
        self.map_hash, self.broadcast, self.known = map_hash, tuple(broadcast), known
        self._stand(_leaves(self.stage, known))

    def _stand(self, leaves: list[Leaf]) -> None:
        """Take these leaves, in this order, and count what is there."""
        self.leaves = leaves
        for place, leaf in enumerate(leaves):
            leaf.place = place
        self._total = Tally.of(leaves)
        self._count()

    def _count(self) -> None:
        """Count the leaves that are settled."""
        settled = [leaf for leaf in self.leaves if leaf.settled]
        self._open = len(self.leaves) - len(settled)
        self._done = Tally.of(settled)
        self._prefix, self._prefix_rows = 0, 0

    def recognized(self, found: Sequence[Leaf]) -> None:
        """Take leaves whose states were found by their bytes; what is left is grouped anew."""
        if not found:
            return
        taken = {chunk.ordinal for leaf in found for chunk in leaf.chunks}
        chunks = [chunk for leaf in self.leaves if not leaf.settled for chunk in leaf.chunks]
        rest = sorted(
            (chunk for chunk in chunks if chunk.ordinal not in taken), key=lambda chunk: chunk.ordinal
        )
        source_bytes = load(chunk for leaf in self.leaves for chunk in leaf.chunks)
        tasks = _to_scan(rest, _keys(self.known), source_bytes)
        settled = [leaf for leaf in self.leaves if leaf.settled]
        self._stand(sorted([*settled, *found, *tasks], key=lambda leaf: leaf.chunks[0].ordinal))

    def waiting(self) -> list[int]:
        """Return the places of the leaves that must be scanned, in the order to scan them.

        Where rows have no order, files take turns: a preview then shows something of each.
        """
        places = [place for place, leaf in enumerate(self.leaves) if not leaf.settled]
        if self.stage.ordered:
            return places
        turns: Counter[str] = Counter()
        turn = {}
        for place in places:
            path = self.leaves[place].chunks[0].file.path
            turn[place] = turns[path]
            turns[path] += 1
        return sorted(places, key=turn.__getitem__)

    def prefix(self) -> int:
        """Return how many leaves from the first on are settled without a gap."""
        while self._prefix < len(self.leaves) and self.leaves[self._prefix].settled:
            header = self.leaves[self._prefix].header
            self._prefix_rows += 0 if header is None else header.rows
            self._prefix += 1
        return self._prefix

    def satisfied(self) -> bool:
        """Whether no more leaves are needed: all are there, or a prefix holds the rows of the limit."""
        if not self._open or self.stage.kind != "limit":
            return not self._open
        self.prefix()
        return self._prefix_rows >= self.stage.limit

    # -- what becomes of a leaf ------------------------------------------------------------------

    def arrived(self, leaf: Leaf, name: str, header: StateHeader) -> None:
        """Note the stored state of a leaf that had none."""
        leaf.name, leaf.header, leaf.reused, leaf.verified = name, header, False, False
        self._settled(leaf)

    def fail(self, leaf: Leaf) -> None:
        """Go on without a leaf that has no state."""
        leaf.failed = True
        self._settled(leaf)

    def _settled(self, leaf: Leaf) -> None:
        self._open -= 1
        self._done += Tally.of([leaf])

    def restart(self, leaves: Iterable[Leaf], starts: Mapping[tuple[str, int], int]) -> None:
        """Forget the states of leaves and take record starts, by (path, block offset), as proven."""
        for leaf in leaves:
            leaf.restart(starts)
        self._count()

    def split(self, leaf: Leaf) -> Sequence[Leaf]:
        """Put leaves of one chunk each in place of a leaf of several, and return them."""
        parts = [Leaf(chunks=(chunk,)) for chunk in leaf.chunks]
        self._stand([*self.leaves[: leaf.place], *parts, *self.leaves[leaf.place + 1 :]])
        return parts

    def needed(self) -> Sequence[Leaf]:
        """Return the leaves that make the result: all, or the prefix that satisfies a limit."""
        return self.leaves[: self.prefix()] if self.stage.kind == "limit" else self.leaves

    def stored(self) -> Sequence[Leaf]:
        """Return the leaves that make the result and have a state."""
        return [leaf for leaf in self.needed() if leaf.header is not None]

    def tallies(self) -> tuple[Tally, Tally]:
        """Return what all leaves come to that are needed, and those of them that are settled."""
        if self.stage.kind == "limit" and self.satisfied():
            needed = Tally.of(self.needed())
            return needed, needed
        return self._total, self._done


def _leaves(stage: Stage, known: Mapping[str, StateHeader]) -> list[Leaf]:
    with uncollected():
        return _cut_leaves(stage, known)


def _cut_leaves(stage: Stage, known: Mapping[str, StateHeader]) -> list[Leaf]:
    # The byte of a line is counted from its file's first: a part of a packed file does not know it.
    ordinals = {column.ordinal for column in stage.columns}
    whole = stage.source.format == "text" and LINE_BYTE in ordinals
    chunks = cut_source(stage.source, ordered=stage.ordered, whole=whole)
    places = {chunk_key(chunk): place for place, chunk in enumerate(chunks)} if known else {}
    free = set(range(len(chunks)))
    leaves = []
    for name, header in sorted(known.items(), key=lambda item: (-len(item[1].chunks), item[0])):
        covered = [places.get(record.key, -1) for record in header.chunks]
        runs_on = covered == list(range(covered[0], covered[0] + len(covered)))
        if (runs_on or not stage.ordered) and len(set(covered)) == len(covered) and free.issuperset(covered):
            free.difference_update(covered)
            taken = tuple(chunks[place] for place in covered)
            leaves.append(Leaf(chunks=taken, name=name, header=header, reused=True))
    if free:
        leaves += _to_scan([chunks[place] for place in sorted(free)], _keys(known), load(chunks))
    return sorted(leaves, key=lambda leaf: leaf.chunks[0].ordinal)


def _keys(known: Mapping[str, StateHeader]) -> frozenset[str]:
    return frozenset(record.key for header in known.values() for record in header.chunks)


def _to_scan(chunks: Sequence[Chunk], keys: Collection[str], source_bytes: int) -> list[Leaf]:
    """Group chunks: those that changed apart from those that only shared a state with them.

    What has changed once is likely to change again, and then nothing else is scanned with it. Not where
    that would make many small tasks: tasks are of chunks that follow each other.
    """
    changed = [chunk_key(chunk) not in keys for chunk in chunks] if keys else []
    tasks = group_tasks(chunks, source_bytes=source_bytes)
    if any(changed) and not all(changed):
        parts = [list(compress(chunks, changed)), list(compress(chunks, map(not_, changed)))]
        apart = [task for part in parts for task in group_tasks(part, source_bytes=source_bytes)]
        tasks = apart if len(apart) <= len(tasks) + MOST_PARTS else tasks
    return [Leaf(chunks=task.chunks) for task in tasks]
