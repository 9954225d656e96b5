"""One stage on its way: which states are known, which chunks are left, what has arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fusionflow_lab.planning.chunks import cut_source, group_tasks, load
from fusionflow_lab.query import Chunk, Counters, Stage
from fusionflow_lab.states.store import BlockRecord, StateHeader, chunk_key

RANGES_SHOWN = 3


@dataclass(slots=True)
class Leaf:
    """Chunks that make one state: scanned by one task, or found in the store."""

    chunks: tuple[Chunk, ...]
    name: str = ""
    header: StateHeader | None = None
    reused: bool = False
    attempts: int = 0
    failed: bool = False
    verified: bool = False
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

    def arrived(self, name: str, header: StateHeader) -> None:
        """Note the stored state."""
        self.name, self.header, self.reused, self.verified = name, header, False, False

    def restart(self, starts: Mapping[tuple[str, int], int]) -> None:
        """Forget the state and take record starts, by (path, block offset), as proven."""
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

    def blocks(self) -> Iterator[tuple[str, BlockRecord]]:
        """Yield (path, record) of every scanned block."""
        if self.header is not None:
            for chunk, record in zip(self.chunks, self.header.chunks, strict=True):
                for block in record.blocks:
                    yield chunk.file.path, block


class StageRun:
    """The leaves of a stage, in the plan's order.

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
        self.leaves = _leaves(stage, known)

    def begin(self, map_hash: str, known: Mapping[str, StateHeader], broadcast: Sequence[str]) -> None:
        """Take the digests of the broadcast tables, and with them the map hash and the known states."""
        self.map_hash, self.broadcast, self.known = map_hash, tuple(broadcast), known
        self.leaves = _leaves(self.stage, known)

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
        tasks = [Leaf(chunks=task.chunks) for task in group_tasks(rest, source_bytes=source_bytes)]
        self.leaves = sorted(
            [*(leaf for leaf in self.leaves if leaf.settled), *found, *tasks],
            key=lambda leaf: leaf.chunks[0].ordinal,
        )

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
        for place, leaf in enumerate(self.leaves):
            if not leaf.settled:
                return place
        return len(self.leaves)

    def satisfied(self) -> bool:
        """Whether no more leaves are needed: all are there, or a prefix holds the rows of the limit."""
        prefix = self.prefix()
        if prefix == len(self.leaves):
            return True
        if self.stage.kind != "limit":
            return False
        headers = (leaf.header for leaf in self.leaves[:prefix])
        return sum(header.rows for header in headers if header is not None) >= self.stage.limit

    def place(self, leaf: Leaf) -> int:
        """Return where a leaf stands; splitting others moves it."""
        return next(place for place, other in enumerate(self.leaves) if other is leaf)

    def split(self, leaf: Leaf) -> Sequence[Leaf]:
        """Put leaves of one chunk each in place of a leaf of several, and return them."""
        place = self.place(leaf)
        parts = [Leaf(chunks=(chunk,)) for chunk in leaf.chunks]
        self.leaves[place : place + 1] = parts
        return parts

    def needed(self) -> Sequence[Leaf]:
        """Return the leaves that make the result: all, or the prefix that satisfies a limit."""
        return self.leaves[: self.prefix()] if self.stage.kind == "limit" else self.leaves

    def arrived(self) -> Sequence[Leaf]:
        """Return the leaves that make the result and have a state."""
        return [leaf for leaf in self.needed() if leaf.header is not None]


def _leaves(stage: Stage, known: Mapping[str, StateHeader]) -> list[Leaf]:
    chunks = cut_source(stage.source, ordered=stage.ordered)
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
    rest = group_tasks([chunks[place] for place in sorted(free)], source_bytes=load(chunks))
    leaves += [Leaf(chunks=task.chunks) for task in rest]
    return sorted(leaves, key=lambda leaf: leaf.chunks[0].ordinal)
