from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab.execution.chunk_map import MOST_CELLS, MOST_ROWS, ROW_CHUNKS, ChunkMap
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.query import Counters, Stage
from fusionflow_lab.source import Dialect, Source, SourceFile
from fusionflow_lab.states.store import BlockRecords, ChunkRecord, StateHeader

MIB = 1 << 20


def run_of(*sizes: int, ordered: bool = False) -> StageRun:
    files = tuple(
        SourceFile(path=f"part-{at}.csv", size=size, mtime_ns=1, data_start=0)
        for at, size in enumerate(sizes)
    )
    source = Source(name="source_0", pattern="*.csv", dialect=Dialect(), columns=(), files=files)
    stage = Stage(
        name="stage_0", kind="aggregate", source=source, columns=(), map_sql="FROM source_0", ordered=ordered
    )
    return StageRun(stage, "m", {})


def header(chunks: int) -> StateHeader:
    record = ChunkRecord(key="k", identity="i", blocks=BlockRecords())
    return StateHeader(map_hash="m", chunks=(record,) * chunks, counters=Counters(), rows=1, rejects=0)


def test_each_fate_has_its_letter() -> None:
    run = run_of(4 * MIB, ordered=True)
    for leaf in [*run.leaves]:
        run.split(leaf)
    read, known = run.leaves
    chunks = ChunkMap([run])
    assert [row.cells for row in chunks.rows(live=True)] == [".."]
    read.attempts = 1
    assert [row.cells for row in chunks.rows(live=True)] == ["r."]
    run.arrived(read, "state", header(1))
    known.header, known.reused = header(1), True
    assert [row.cells for row in chunks.rows(live=True)] == ["dc"]
    known.header, known.broken, known.attempts = None, True, 3
    assert [row.cells for row in chunks.rows(live=False)] == ["df"]
    known.broken = False
    assert [row.cells for row in chunks.rows(live=False)] == ["d."]


def test_chunks_of_a_leaf_may_be_in_any_order() -> None:
    run = run_of(*[100] * 4)
    chunks = [chunk for leaf in run.leaves for chunk in leaf.chunks]
    known = Leaf(chunks=(chunks[3], chunks[1]), name="state", header=header(2), reused=True)
    run.recognized([known])
    assert [row.cells for row in ChunkMap([run]).rows(live=True)] == [".c.c"]


def test_a_row_says_where_its_chunks_lie() -> None:
    small, large = run_of(*[100] * 3), run_of(40 * MIB)
    (row,) = ChunkMap([small]).rows(live=True)
    assert (row.files, row.names, row.end) == (3, ("part-0.csv", "part-1.csv", "part-2.csv"), 300)
    (row,) = ChunkMap([run_of(4 * MIB, ordered=True)]).rows(live=True)
    assert (row.start, row.end, row.each, row.names) == (0, 4 * MIB, 2 * MIB, ("part-0.csv",))
    rows = ChunkMap([run_of(100, 4 * MIB, 100, 100, ordered=True)]).rows(live=True)
    assert [(row.names[0], row.files, row.chunks) for row in rows] == [
        ("part-0.csv", 1, 1),
        ("part-1.csv", 1, 2),
        ("part-2.csv", 2, 2),
    ]
    (row,) = ChunkMap([large]).rows(live=True)
    assert (row.end, row.each) == (40 * MIB, 0)  # its blocks lie all over the segment


def test_a_segment_of_a_gibibyte_is_a_row() -> None:
    rows = ChunkMap([run_of(3 << 30)]).rows(live=True)
    assert [(row.start >> 30, row.end >> 30) for row in rows] == [(0, 1), (1, 2), (2, 3)]
    assert [row.chunks for row in rows] == [64, 64, 64]


def test_very_many_chunks_are_few_cells() -> None:
    files = run_of(*[10] * 30_000)
    rows = ChunkMap([files, replace_name(run_of(300 << 30), "stage_1")]).rows(live=True)
    assert sum(len(row.cells) for row in rows) <= MOST_CELLS
    assert len(rows) <= 2 * MOST_ROWS + 2
    crowded = ChunkMap([run_of(*[4 * MIB] * 1000, ordered=True)]).rows(live=True)
    assert len(crowded) <= MOST_ROWS
    assert sum(row.chunks for row in crowded) == 2000
    assert sum(row.chunks for row in rows) == 30_000 + 300 * 64
    assert sum(len(name) for row in rows for name in row.names) < 8000
    assert {row.stage for row in rows} == {"stage_0", "stage_1"}


def replace_name(run: StageRun, name: str) -> StageRun:
    return StageRun(replace(run.stage, name=name), "m", {})


@given(
    sizes=st.lists(st.one_of(st.integers(0, 100), st.integers(0, 90 * MIB)), max_size=8),
    done=st.sets(st.integers(0, 200)),
    ordered=st.booleans(),
)
def test_every_chunk_is_in_one_cell(sizes: list[int], done: set[int], *, ordered: bool) -> None:
    run = run_of(*sizes, ordered=ordered)
    for place, leaf in enumerate(run.leaves):
        if place in done:
            run.arrived(leaf, "state", header(len(leaf.chunks)))
    rows = ChunkMap([run]).rows(live=False)
    letters = "".join(row.cells for row in rows)
    assert all(row.chunks <= max(ROW_CHUNKS, 64) for row in rows)
    assert len(letters) == sum(len(leaf.chunks) for leaf in run.leaves)
    assert letters.count("d") == sum(len(leaf.chunks) for leaf in run.leaves if leaf.header is not None)
