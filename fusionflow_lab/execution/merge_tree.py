"""Merge states in a fixed tree, whatever the order in which they arrive.

Node *i* of level *n + 1* merges nodes ``16 i … 16 i + 15`` of level *n*. The shape depends on the number
of leaves alone, so one, two or eight workers give the same floating point bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

FAN = 16


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
        self._sizes = [leaves]
        while self._sizes[-1] > FAN:
            self._sizes.append(-(-self._sizes[-1] // FAN))

    def add(self, leaf: int, state: pa.Table) -> None:
        """Take a leaf's state, and merge every node whose children are all there now."""
        self._nodes[0, leaf] = state
        level, place = 0, leaf
        while level + 1 < len(self._sizes):
            place //= FAN
            last = min((place + 1) * FAN, self._sizes[level])
            children = [(level, child) for child in range(place * FAN, last)]
            if not all(child in self._nodes for child in children):
                return
            merged = self._merge([self._nodes.pop(child) for child in children])
            level += 1
            self._nodes[level, place] = merged

    def frontier(self) -> list[pa.Table]:
        """Return the states that are not merged further yet, in the order of their leaves."""
        return [self._nodes[node] for node in sorted(self._nodes, key=lambda node: node[1] * FAN ** node[0])]
