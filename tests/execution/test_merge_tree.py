"""The merge tree: any order of arrival gives the same tree, hence the same bits."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab.execution.merge_tree import FAN, MergeTree


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


@given(leaves=st.integers(1, 3 * FAN * FAN + 5), seed=st.integers(0, 5))
def test_shape_does_not_depend_on_arrival(leaves: int, seed: int) -> None:
    found = shape(leaves, seed)
    assert found == shape(leaves, 99)
    assert len(found) <= FAN
    flat = " ".join(found).replace("(", "").replace(")", "").split()
    assert flat == [str(leaf) for leaf in range(leaves)]


def test_a_full_group_is_merged_at_once() -> None:
    tree = MergeTree(FAN + 1, nested)
    for leaf in range(FAN):
        tree.add(leaf, pa.table({"shape": [str(leaf)]}))
    assert len(tree.frontier()) == 1


def test_frontier_of_nothing() -> None:
    assert MergeTree(0, nested).frontier() == []
