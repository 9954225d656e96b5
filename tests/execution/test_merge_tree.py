"""The merge tree: any order of arrival gives the same tree, hence the same bits."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab.execution.merge_tree import (
    AHEAD_ROWS,
    FAN,
    FAN_OF_MANY,
    MANY_LEAVES,
    MERGE_BYTES,
    MergeTree,
)


def nested(tables: Sequence[pa.Table]) -> pa.Table:
    """Merge by writing down who was merged with whom."""
    return pa.table({"shape": ["(" + " ".join(t.column("shape")[0].as_py() for t in tables) + ")"]})


def shape(leaves: int, seed: int) -> list[str]:
    tree = MergeTree(leaves, nested)
    order = list(range(leaves))
    random.Random(seed).shuffle(order)
    for leaf in order:
        tree.add(leaf, pa.table({"shape": [str(leaf)]}))
    return [table.column("shape")[0].as_py() for table in tree.frontier()]


@given(leaves=st.integers(1, MANY_LEAVES) | st.integers(MANY_LEAVES, 3 * MANY_LEAVES), seed=st.integers(0, 5))
def test_shape_does_not_depend_on_arrival(leaves: int, seed: int) -> None:
    found = shape(leaves, seed)
    assert found == shape(leaves, 99)
    assert len(found) <= (FAN if leaves <= MANY_LEAVES else FAN_OF_MANY)
    flat = " ".join(found).replace("(", "").replace(")", "").split()
    assert flat == [str(leaf) for leaf in range(leaves)]


def named(text: str, rows: int) -> pa.Table:
    """Make a state that says of which leaves it is."""
    return pa.table({"x": pa.nulls(rows)}).replace_schema_metadata({"leaves": text})


def leaves_of(tables: Sequence[pa.Table]) -> str:
    return "".join((table.schema.metadata or {})[b"leaves"].decode() for table in tables)


@given(leaves=st.integers(1, 3 * FAN), seed=st.integers(0, 5), rows=st.sampled_from([1, AHEAD_ROWS // 2]))
def test_what_is_merged_ahead_stands_for_its_states(leaves: int, seed: int, rows: int) -> None:
    def joined(tables: Sequence[pa.Table]) -> pa.Table:
        return named(leaves_of(tables), rows)

    tree = MergeTree(leaves, joined, ahead=joined)
    order = [*range(leaves)]
    random.Random(seed).shuffle(order)
    for place, leaf in enumerate(order):
        tree.add(leaf, named(f"{leaf} ", rows))
        if place % 3 == seed % 3:
            there = [str(leaf) for leaf in sorted(order[: place + 1])]
            assert leaves_of(tree.frontier()).split() == there
    (whole,) = tree.frontier()
    assert leaves_of([whole]).split() == [str(leaf) for leaf in range(leaves)]


def test_many_rows_are_merged_before_all_are_there() -> None:
    merged = []

    def first(tables: Sequence[pa.Table]) -> pa.Table:
        merged.append(len(tables))
        return tables[0]

    tree = MergeTree(FAN, first, ahead=first)
    for leaf in range(FAN - 1):
        tree.add(leaf, pa.table({"x": range(AHEAD_ROWS)}))
    assert merged == [5, 5, 5]
    tree.frontier()
    assert merged == [5, 5, 5, 3]


def test_what_cannot_be_merged_ahead_waits() -> None:
    tree = MergeTree(FAN + 1, nested, ahead=lambda _: None)
    for leaf in range(FAN - 1):
        tree.add(leaf, pa.table({"shape": [str(leaf)]}))
    assert len(tree.frontier()) == FAN - 1


def test_a_full_group_is_merged_at_once() -> None:
    tree = MergeTree(FAN + 1, nested)
    for leaf in range(FAN):
        tree.add(leaf, pa.table({"shape": [str(leaf)]}))
    assert len(tree.frontier()) == 1


def test_many_leaves_take_few_merges() -> None:
    merges = 0

    def count(tables: Sequence[pa.Table]) -> pa.Table:
        nonlocal merges
        merges += 1
        return tables[0]

    tree = MergeTree(10_000, count)
    for leaf in range(10_000):
        tree.add(leaf, pa.table({}))
    assert merges <= 200


def test_large_states_are_merged_a_few_at_a_time() -> None:
    held = []

    def largest(tables: Sequence[pa.Table]) -> pa.Table:
        held.append(sum(table.nbytes for table in tables))
        return tables[-1]

    large = pa.table({"x": pa.array([bytes(MERGE_BYTES // 3)])})
    tree = MergeTree(FAN + 1, largest)
    for leaf in range(FAN):
        tree.add(leaf, large)
    assert len(tree.frontier()) == 1
    assert len(held) > 1
    assert max(held) <= MERGE_BYTES


def test_frontier_of_nothing() -> None:
    assert MergeTree(0, nested).frontier() == []
