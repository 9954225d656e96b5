"""Leaves of a stage: known states are used whole, the rest is scanned, a limit needs a prefix."""

from __future__ import annotations

from collections.abc import Iterator

from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.query import Counters, Stage, StageKind
from fusionflow_lab.source import Dialect, Source, SourceFile
from fusionflow_lab.states.store import BlockRecords, ChunkRecord, StateHeader, chunk_key

MIB = 1 << 20


def stage_of(*sizes: int, kind: StageKind = "aggregate", ordered: bool = False, limit: int = 0) -> Stage:
    files = tuple(
        SourceFile(path=f"{number}.csv", size=size, mtime_ns=0, data_start=0)
        for number, size in enumerate(sizes)
    )
    source = Source(name="source_0", pattern="*.csv", dialect=Dialect(), columns=(), files=files)
    return Stage(
        name="stage_0", kind=kind, source=source, columns=(), map_sql="", ordered=ordered, limit=limit
    )


def header_of(leaf: Leaf, rows: int = 1) -> StateHeader:
    chunks = tuple(
        ChunkRecord(key=chunk_key(chunk), identity="", blocks=BlockRecords()) for chunk in leaf.chunks
    )
    return StateHeader(
        map_hash="m", chunks=chunks, counters=Counters(bytes_scanned=leaf.size), rows=rows, rejects=0
    )


def known_of(run: StageRun) -> dict[str, StateHeader]:
    return {f"m/{place}": header_of(leaf) for place, leaf in enumerate(run.leaves)}


def test_everything_known_scans_nothing() -> None:
    first = StageRun(stage_of(100 * MIB), "m", {})
    again = StageRun(stage_of(100 * MIB), "m", known_of(first))
    assert again.waiting() == []
    assert again.satisfied()
    assert sum(leaf.counters.bytes_scanned for leaf in again.leaves) == 0
    assert sum(leaf.counters.bytes_reused for leaf in again.leaves) == 100 * MIB
    assert [leaf.chunks for leaf in again.leaves] == [leaf.chunks for leaf in first.leaves]


def test_a_new_file_scans_that_file() -> None:
    first = StageRun(stage_of(5 * MIB, 6 * MIB), "m", {})
    both = StageRun(stage_of(5 * MIB, 6 * MIB, 7 * MIB), "m", known_of(first))
    waiting = [both.leaves[place] for place in both.waiting()]
    assert {chunk.file.path for leaf in waiting for chunk in leaf.chunks} == {"2.csv"}
    assert sum(leaf.size for leaf in waiting) == 7 * MIB


def test_a_touched_file_is_scanned_again() -> None:
    first = StageRun(stage_of(30 * MIB), "m", {})
    stage = stage_of(30 * MIB + 1)
    assert (
        sum(leaf.size for leaf in StageRun(stage, "m", known_of(first)).leaves if not leaf.reused)
        == 30 * MIB + 1
    )


def test_what_changed_is_scanned_apart() -> None:
    small = [1000] * 50
    first = StageRun(stage_of(*small), "m", {})
    assert len(first.leaves) == 1
    changed = StageRun(stage_of(*small[:20], 1001, *small[21:]), "m", known_of(first))
    sizes = [[chunk.size for chunk in leaf.chunks] for leaf in changed.leaves]
    assert sizes == [small[:20], [1001], small[21:]]
    known = known_of(first) | {f"n/{place}": header_of(leaf) for place, leaf in enumerate(changed.leaves)}
    again = StageRun(stage_of(*small[:20], 1002, *small[21:]), "m", known)
    assert [leaf.size for leaf in again.leaves if not leaf.settled] == [1002]


def test_many_changes_do_not_make_many_tasks() -> None:
    first = StageRun(stage_of(*[1000] * 120), "m", {})
    changed = StageRun(stage_of(*[1000, 1001] * 60), "m", known_of(first))
    assert len(changed.leaves) == len(first.leaves)


def test_states_that_overlap_are_used_once() -> None:
    run = StageRun(stage_of(30 * MIB), "m", {})
    known = known_of(run)
    known["m/copy"] = header_of(run.leaves[0])
    again = StageRun(stage_of(30 * MIB), "m", known)
    ordinals = [chunk.ordinal for leaf in again.leaves for chunk in leaf.chunks]
    assert ordinals == list(range(len(ordinals)))


def test_a_limit_needs_a_prefix_only() -> None:
    run = StageRun(stage_of(200 * MIB, kind="limit", ordered=True, limit=10), "m", {})
    assert len(run.leaves) > 2
    run.arrived(run.leaves[1], "m/1", header_of(run.leaves[1], rows=50))
    assert not run.satisfied()
    run.arrived(run.leaves[0], "m/0", header_of(run.leaves[0], rows=4))
    assert run.satisfied()
    assert list(run.needed()) == run.leaves[:2]


def test_no_files_need_nothing() -> None:
    run = StageRun(stage_of(), "m", {})
    assert run.satisfied()
    assert run.waiting() == []


def test_restart_takes_proven_starts() -> None:
    run = StageRun(stage_of(3 * MIB), "m", {})
    leaf = run.leaves[0]
    run.arrived(leaf, "m/0", header_of(leaf))
    run.restart([leaf], {("0.csv", MIB): MIB + 7})
    assert leaf.header is None
    assert [block.start for block in leaf.chunks[0].blocks] == [0, MIB + 7]


def test_files_take_turns_where_rows_have_no_order() -> None:
    run = StageRun(stage_of(64 * MIB, 64 * MIB), "m", {})
    paths = [run.leaves[place].chunks[0].file.path for place in run.waiting()]
    assert paths[:6] == ["0.csv", "1.csv"] * 3
    ordered = StageRun(stage_of(64 * MIB, 64 * MIB, kind="rows", ordered=True), "m", {})
    assert ordered.waiting() == sorted(ordered.waiting())


def test_splitting_a_leaf_moves_the_others() -> None:
    run = StageRun(stage_of(3 * MIB, 3 * MIB, 30 * MIB), "m", {})
    first, *others = run.leaves
    parts = run.split(first)
    assert [part.chunks for part in parts] == [(chunk,) for chunk in first.chunks]
    assert [leaf.place for leaf in (*parts, *others)] == list(range(len(run.leaves)))


def test_a_limit_goes_on_without_a_failed_leaf() -> None:
    run = StageRun(stage_of(30 * MIB, kind="limit", ordered=True, limit=1), "m", {})
    run.fail(run.leaves[0])
    assert not run.satisfied()
    run.arrived(run.leaves[1], "m/1", header_of(run.leaves[1]))
    assert run.satisfied()
    assert run.stored() == [run.leaves[1]]
    assert run.leaves[0].counters == Counters(bytes_unread=run.leaves[0].size)


def test_what_is_left_is_known_without_a_look_at_every_leaf() -> None:
    """A job of ten thousand leaves asks after each: that must not take longer the more there are."""
    run = StageRun(stage_of(*[3 * MIB] * 2000), "m", {})
    looks = 0

    class Watched(list[Leaf]):
        def __iter__(self) -> Iterator[Leaf]:
            nonlocal looks
            looks += 1
            return super().__iter__()

    run.leaves = Watched(run.leaves)
    for place in run.waiting():
        run.arrived(run.leaves[place], f"m/{place}", header_of(run.leaves[place]))
        assert run.satisfied() == (run.tallies()[0].chunks == run.tallies()[1].chunks)
        assert run.prefix() > 0
    assert run.satisfied()
    assert run.tallies()[1].counters.bytes_scanned == 2000 * 3 * MIB
    assert looks <= 2


def test_what_is_counted_is_what_is_there() -> None:
    run = StageRun(stage_of(100 * MIB), "m", {})
    for place, leaf in enumerate(run.leaves):
        run.arrived(leaf, f"m/{place}", header_of(leaf))
    assert run.prefix() == len(run.leaves)
    run.restart([run.leaves[3]], {})
    assert (run.prefix(), run.satisfied()) == (3, False)
    needed, done = run.tallies()
    assert needed.size - done.size == run.leaves[3].size
    run.fail(run.leaves[3])
    assert (run.prefix(), run.satisfied()) == (len(run.leaves), True)
    assert run.tallies()[1].counters.bytes_unread == run.leaves[3].size
