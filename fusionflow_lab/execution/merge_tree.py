"""Merge states in a fixed tree, whatever the order in which they arrive.

Node *i* of level *n + 1* merges nodes ``f i … f i + f - 1`` of level *n*, where *f* is 16, and 64 where there
are many leaves: a merge costs some milliseconds, however little it merges. The shape depends on the number
of leaves and the bytes of their states alone, so one, two or eight workers give the same floating point bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

FAN = 16
MANY_LEAVES = 256
FAN_OF_MANY = 64
# What one merge of many holds, unless its first two states alone are larger.
MERGE_BYTES = 64 << 20


class MergeTree:
    """States of one stage on their way to one.

    Parameters
    ----------
    leaves
        How many states there will be.
    merge
        Merges states, given in order, into one.

    Examples
    --------
    >>> tree = MergeTree(2, pa.concat_tables)
    >>> tree.add(1, pa.table({"x": [2]}))
    >>> tree.add(0, pa.table({"x": [1]}))
    >>> [table.column("x").to_pylist() for table in tree.frontier()]
    [[1], [2]]
    """

    def __init__(self, leaves: int, merge: Callable[[Sequence[pa.Table]], pa.Table]) -> None:
        self._merge = merge
        self._nodes: dict[tuple[int, int], pa.Table] = {}
        self._fan = FAN if leaves <= MANY_LEAVES else FAN_OF_MANY
        self._sizes = [leaves]
        while self._sizes[-1] > self._fan:
            self._sizes.append(-(-self._sizes[-1] // self._fan))

    def add(self, leaf: int, state: pa.Table) -> None:
        """Take a leaf's state, and merge every node whose children are all there now."""
        self._nodes[0, leaf] = state
        level, place = 0, leaf
        while level + 1 < len(self._sizes):
            place //= self._fan
            last = min((place + 1) * self._fan, self._sizes[level])
            children = [(level, child) for child in range(place * self._fan, last)]
            if not all(child in self._nodes for child in children):
                return
            merged = self._fold([self._nodes.pop(child) for child in children])
            level += 1
            self._nodes[level, place] = merged

    def _fold(self, states: Sequence[pa.Table]) -> pa.Table:
        """Merge states, large ones a few at a time: what a merge holds is bounded by their bytes."""
        folded: list[pa.Table] = []
        run: list[pa.Table] = []
        held = 0
        for state in states:
            size = state.nbytes
            if len(run) > 1 and held + size > MERGE_BYTES:
                folded.append(self._merge(run))
                run, held = [], 0
            run.append(state)
            held += size
        if not folded:
            return self._merge(run)
        return self._fold([*folded, *run])

    def frontier(self) -> list[pa.Table]:
        """Return the states that are not merged further yet, in the order of their leaves."""
        order = sorted(self._nodes, key=lambda node: node[1] * self._fan ** node[0])
        return [self._nodes[node] for node in order]
