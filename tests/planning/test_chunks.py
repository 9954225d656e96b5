"""Chunks: every byte once, an append changes only the tail, tasks do not depend on timing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab.planning.chunks import (
    BLOCK_BYTES,
    SMALLEST_SEGMENT_BYTES,
    TASK_BYTES_MAX,
    ChunkTask,
    cut_source,
    group_tasks,
    load,
    segments,
)
from fusionflow_lab.source import Chunk, Dialect, Source, SourceFile

MIB = 1 << 20
GIB = 1 << 30


def source_of(*sizes: int, data_start: int = 10) -> Source:
    files = tuple(
        SourceFile(path=f"file{number}.csv", size=size, mtime_ns=0, data_start=min(data_start, size))
        for number, size in enumerate(sizes)
    )
    return Source(name="source_0", pattern="*.csv", dialect=Dialect(), columns=(), files=files)


def tasks_of(chunks: list[Chunk]) -> list[ChunkTask]:
    return group_tasks(chunks, source_bytes=load(chunks))


def spans(chunks: list[Chunk]) -> list[tuple[str, int, int]]:
    return sorted((c.file.path, block.offset, block.end) for c in chunks for block in c.blocks)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, []),
        (5, [(0, 5)]),
        (16 * MIB, [(0, 16 * MIB)]),
        (100 * MIB, [(0, 64 * MIB), (64 * MIB, 96 * MIB), (96 * MIB, 100 * MIB)]),
        (GIB + 512 * MIB, [(0, GIB), (GIB, GIB + 512 * MIB)]),
        (2 * GIB + 1, [(0, GIB), (GIB, 2 * GIB), (2 * GIB, 2 * GIB + 1)]),
    ],
)
def test_segments(size: int, expected: list[tuple[int, int]]) -> None:
    assert list(segments(size)) == expected


@given(
    sizes=st.lists(st.integers(0, 40 * MIB), max_size=4),
    ordered=st.booleans(),
    block=st.sampled_from([65_537, 1 * MIB, 64 * MIB]),
)
def test_every_byte_is_in_one_block(sizes: list[int], *, ordered: bool, block: int) -> None:
    source = source_of(*sizes)
    chunks = cut_source(source, ordered=ordered, block_bytes=block)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    for file in source.files:
        ends = [0]
        for path, offset, end in spans(chunks):
            if path == file.path:
                assert offset == ends[-1]
                ends.append(end)
        assert ends[-1] == file.size
    if ordered:
        flat = [(c.file.path, block.offset) for c in chunks for block in c.blocks]
        assert flat == sorted(flat)


def test_first_block_starts_behind_the_header() -> None:
    chunks = cut_source(source_of(3 * MIB, data_start=100), ordered=True)
    assert [block.start for chunk in chunks for block in chunk.blocks] == [100, None, None]


def test_a_chunk_is_a_stratified_sample() -> None:
    chunks = cut_source(source_of(GIB), ordered=False)
    assert len(chunks) == 64
    stratum = GIB // 16
    for chunk in chunks:
        assert [block.offset // stratum for block in chunk.blocks] == list(range(16))
    assert spans(chunks) != [(c.file.path, b.offset, b.end) for c in chunks for b in c.blocks]


def test_an_append_changes_only_the_tail() -> None:
    before = cut_source(source_of(2 * GIB + 20 * MIB), ordered=False)
    after = cut_source(source_of(2 * GIB + 300 * MIB), ordered=False)
    full = [chunk.blocks for chunk in before if chunk.blocks[0].offset < 2 * GIB]
    assert [chunk.blocks for chunk in after if chunk.blocks[0].offset < 2 * GIB] == full


def test_another_file_changes_nobody_elses_chunks() -> None:
    alone = cut_source(source_of(50 * MIB), ordered=False)
    both = cut_source(source_of(50 * MIB, 7 * MIB), ordered=False)
    assert [chunk.blocks for chunk in both if chunk.file.path == "file0.csv"] == [c.blocks for c in alone]


@given(sizes=st.lists(st.integers(1, 200 * MIB), min_size=1, max_size=5), ordered=st.booleans())
def test_tasks_hold_every_chunk_once_in_order(sizes: list[int], *, ordered: bool) -> None:
    chunks = cut_source(source_of(*sizes), ordered=ordered)
    tasks = tasks_of(chunks)
    assert [chunk for task in tasks for chunk in task.chunks] == chunks
    assert all(task.size <= TASK_BYTES_MAX for task in tasks)


@pytest.mark.parametrize(
    ("sizes", "tasks"),
    [
        ([], []),
        ([100], [1]),
        ([MIB // 2] * 40, [17, 17, 6]),
        ([1] * 100_000, [5059] * 19 + [3879]),
        ([10 * MIB], [3, 2]),
        ([MIB] * 480, [43] * 11 + [7]),
    ],
)
def test_work_is_shared_whatever_the_files(sizes: list[int], tasks: list[int]) -> None:
    """Fewer tasks where they would be tiny, more where files are many."""
    found = tasks_of(cut_source(source_of(*sizes, data_start=0), ordered=False))
    assert [len(task.chunks) for task in found] == tasks


@pytest.mark.parametrize(("mib", "least", "most"), [(100, 5, 8), (512, 11, 13), (8192, 64, 74)])
def test_four_times_the_bytes_are_twice_the_tasks(mib: int, least: int, most: int) -> None:
    assert least <= len(tasks_of(cut_source(source_of(mib * MIB), ordered=False))) <= most


def test_tasks_never_cross_a_missing_chunk() -> None:
    chunks = cut_source(source_of(480 * MIB), ordered=False)
    tasks = group_tasks([chunk for chunk in chunks if chunk.ordinal != 1], source_bytes=load(chunks))
    assert [chunk.ordinal for chunk in tasks[0].chunks] == [0]


@pytest.mark.parametrize("ordered", [False, True])
def test_a_rest_below_the_smallest_segment_is_contiguous(*, ordered: bool) -> None:
    chunks = cut_source(source_of(SMALLEST_SEGMENT_BYTES - 1), ordered=ordered)
    offsets = [block.offset for chunk in chunks for block in chunk.blocks]
    assert offsets == list(range(0, SMALLEST_SEGMENT_BYTES, BLOCK_BYTES))
    assert {len(chunk.blocks) for chunk in chunks} == {2}
