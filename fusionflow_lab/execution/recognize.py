"""Know scanned bytes again: files that were touched, renamed, copied or appended to are not scanned twice.

A stat key says "no need to look again". Where it differs, the bytes of chunks that are cut as known ones
were are digested at the speed of memory, and states whose chunks are all still there are taken over.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from distributed import KilledWorker

from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.execution.tasks import Check, DigestTask
from fusionflow_lab.execution.worker_state import Settings
from fusionflow_lab.source import Chunk
from fusionflow_lab.states.store import ChunkRecord, StateHeader, StateStore, chunk_cut, chunk_key

TASK_BYTES = 256 << 20
# Chunks of one cut that were scanned from different record starts: more are not looked at.
MOST_RANGES = 4

Ranges = tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Open:
    """A chunk without a state, and which known bytes it was found to hold."""

    chunk: Chunk
    cut: str
    identities: dict[Ranges, str] = field(default_factory=dict)

    def holds(self, record: ChunkRecord) -> bool:
        return self.cut == record.cut and self.identities.get(_ranges(record)) == record.identity


async def recognize(
    run: StageRun, dispatcher: Dispatcher, store: StateStore, settings: Settings = ()
) -> None:
    """Take over known states whose bytes are found in chunks that have none.

    Parameters
    ----------
    run
        The stage; leaves that are found are settled.
    dispatcher
        Sends the tasks that digest; not asked where nothing could be known.
    store
        Where the states are.
    settings
        Those of the plan.
    """
    if run.stage.source.format == "arrow" or run.satisfied():
        return
    open_chunks = [
        _Open(chunk=chunk, cut=chunk_cut(chunk))
        for leaf in run.leaves
        if not leaf.settled
        for chunk in leaf.chunks
    ]
    candidates = _candidates(run.known)
    pairs = [(found, ranges) for found in open_chunks for ranges in candidates.get(found.cut, ())]
    if not pairs:
        return
    limit = asyncio.Semaphore(max(2, dispatcher.threads * 2))
    whole = run.stage.source.format != "parquet"
    stage = None if whole else replace(run.stage, source=replace(run.stage.source, files=()))
    task = DigestTask(checks=(), access=run.stage.source.access, stage=stage, settings=settings)
    await asyncio.gather(*(_digest(part, task, dispatcher, limit) for part in _parts(pairs)))
    leaves = []
    for name, header, chunks in _matches(run.known, open_chunks, ordered=run.stage.ordered):
        records = [
            replace(record, key=chunk_key(chunk)) for record, chunk in zip(header.chunks, chunks, strict=True)
        ]
        fresh = replace(header, chunks=tuple(records))
        taken = await asyncio.to_thread(store.adopt, name, fresh)
        if taken is not None:
            leaves.append(Leaf(chunks=tuple(chunks), name=taken, header=fresh, reused=True, verified=True))
    run.recognized(leaves)


def _candidates(known: Mapping[str, StateHeader]) -> dict[str, list[Ranges]]:
    """Return the byte ranges that known chunks of a cut were scanned from."""
    found: dict[str, dict[Ranges, None]] = defaultdict(dict)
    for header in known.values():
        for record in header.chunks:
            if record.cut and record.identity:
                found[record.cut][_ranges(record)] = None
    return {cut: list(ranges)[:MOST_RANGES] for cut, ranges in found.items()}


def _ranges(record: ChunkRecord) -> Ranges:
    return tuple((block.start, block.end) for block in record.blocks)


def _parts(pairs: Sequence[tuple[_Open, Ranges]]) -> Iterator[list[tuple[_Open, Ranges]]]:
    part: list[tuple[_Open, Ranges]] = []
    size = 0
    for pair in pairs:
        part.append(pair)
        size += pair[0].chunk.size
        if size >= TASK_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


async def _digest(
    part: Sequence[tuple[_Open, Ranges]], task: DigestTask, dispatcher: Dispatcher, limit: asyncio.Semaphore
) -> None:
    """Digest some chunks; what cannot be digested is not known, and the scan will say why."""
    checks = tuple(Check(file=found.chunk.file, ranges=ranges) for found, ranges in part)
    async with limit:
        try:
            identities = await dispatcher.run(replace(task, checks=checks), list)
        except (KilledWorker, FusionflowError, OSError):
            return
    for (found, ranges), identity in zip(part, identities, strict=True):
        found.identities[ranges] = identity


def _matches(
    known: Mapping[str, StateHeader], open_chunks: Sequence[_Open], *, ordered: bool
) -> Iterator[tuple[str, StateHeader, list[Chunk]]]:
    """Yield states with the free chunks that hold their bytes, as often as they are there."""
    free: dict[tuple[str, str], dict[int, _Open]] = defaultdict(dict)
    by_ordinal = {found.chunk.ordinal: found for found in open_chunks}
    for found in open_chunks:
        for identity in filter(None, found.identities.values()):
            free[found.cut, identity][found.chunk.ordinal] = found
    for name, header in sorted(known.items(), key=lambda item: (-len(item[1].chunks), item[0])):
        while chunks := _match(header, free, ordered=ordered):
            for chunk in chunks:
                found = by_ordinal[chunk.ordinal]
                for identity in found.identities.values():
                    free[found.cut, identity].pop(chunk.ordinal, None)
            yield name, header, chunks


def _match(
    header: StateHeader, free: Mapping[tuple[str, str], Mapping[int, _Open]], *, ordered: bool
) -> list[Chunk]:
    """Find free chunks for all of a state's, one after the other where order matters; empty: not all."""
    first, *rest = header.chunks
    starts = [found for _, found in sorted(_places(first, free).items())]
    for start in starts if ordered else starts[:1]:
        chunks = [start.chunk]
        taken = {start.chunk.ordinal}
        for record in rest:
            places = _places(record, free)
            after = chunks[-1].ordinal + 1
            others = (ordinal for ordinal in sorted(places) if ordinal not in taken and not ordered)
            place = after if after in places else next(others, None)
            if place is None:
                break
            taken.add(place)
            chunks.append(places[place].chunk)
        else:
            return chunks
    return []


def _places(record: ChunkRecord, free: Mapping[tuple[str, str], Mapping[int, _Open]]) -> dict[int, _Open]:
    found = free.get((record.cut, record.identity), {})
    return {ordinal: place for ordinal, place in found.items() if place.holds(record)}
