"""The chain of records: whatever the blocks believed, the true starts are found."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab.execution.boundaries import Break, Starts, wrong_starts
from fusionflow_lab.execution.stage_run import Leaf
from fusionflow_lab.query import Counters
from fusionflow_lab.source import Block, Chunk, SourceFile
from fusionflow_lab.states.store import BlockRecord, BlockRecords, ChunkRecord, StateHeader, chunk_key

SIZE = 1000


def true_start(records: list[int], offset: int) -> int:
    return next((record for record in records if record >= offset), SIZE)


def leaf_of(file: SourceFile, records: list[int], offsets: list[int], believed: dict[int, int]) -> Leaf:
    """Scan the blocks at ``offsets`` as a worker would that believes ``believed``."""
    ends = [*offsets[1:], SIZE]
    blocks = tuple(Block(offset=offset, end=end) for offset, end in zip(offsets, ends, strict=True))
    chunk = Chunk(ordinal=0, file=file, blocks=blocks)
    found = []
    for block in blocks:
        start = believed.get(block.offset, true_start(records, max(block.offset, file.data_start)))
        found.append(
            BlockRecord(
                offset=block.offset,
                start=start,
                end=true_start(records, block.end),
                rows=0,
                rejected=0,
                lines=0,
            )
        )
    record = ChunkRecord(key=chunk_key(chunk), identity="", blocks=BlockRecords.of(found))
    header = StateHeader(map_hash="m", chunks=(record,), counters=Counters(), rows=0, rejects=0)
    return Leaf(chunks=(chunk,), name="m/x", header=header)


def prove(leaf: Leaf, records: list[int]) -> tuple[Starts, list[Break]]:
    asked: list[Break] = []

    async def locate(gap: Break) -> list[int]:
        asked.append(gap)
        found = []
        for offset, believed in zip(gap.offsets, gap.believed, strict=True):
            found.append(true_start(records, max(offset, gap.start)))
            if found[-1] == believed:
                break
        return found

    return asyncio.run(wrong_starts([leaf], locate)), asked


FILE = SourceFile(path="a.csv", size=SIZE, mtime_ns=0, data_start=20)


def test_a_right_chain_asks_nothing() -> None:
    records = list(range(20, SIZE, 10))
    assert prove(leaf_of(FILE, records, [0, 100, 200, 500], {}), records) == ({}, [])


def test_one_wrong_block() -> None:
    records = list(range(20, SIZE, 10))
    starts, asked = prove(leaf_of(FILE, records, [0, 100, 200, 500], {200: 205}), records)
    assert starts == {("a.csv", 200): 200}
    assert [gap.start for gap in asked] == [200]


def test_a_record_over_several_blocks() -> None:
    records = [20, 90, 950]
    starts, _ = prove(leaf_of(FILE, records, [0, 100, 200, 500], {100: 111, 200: 222}), records)
    assert starts == {("a.csv", 100): 950, ("a.csv", 200): 950}


@given(
    records=st.sets(st.integers(20, SIZE - 1), max_size=60),
    offsets=st.sets(st.integers(1, SIZE - 1), max_size=12),
    data=st.data(),
)
def test_all_wrong_starts_are_found_and_no_other(
    records: set[int], offsets: set[int], data: st.DataObject
) -> None:
    starts_of_records = sorted(records | {20})
    places = [0, *sorted(offsets)]
    believed = {
        offset: data.draw(st.integers(offset, SIZE))
        for offset in places
        if offset > FILE.data_start and data.draw(st.booleans())
    }
    starts, _ = prove(leaf_of(FILE, starts_of_records, places, believed), starts_of_records)
    expected = {
        ("a.csv", offset): true_start(starts_of_records, offset)
        for offset, start in believed.items()
        if start != true_start(starts_of_records, offset)
    }
    assert starts == expected
