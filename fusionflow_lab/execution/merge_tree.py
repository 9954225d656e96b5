"""Merge states in a fixed tree, whatever the order in which they arrive.

Node *i* of level *n + 1* merges nodes ``f i … f i + f - 1`` of level *n*, where *f* is 16, and 64 where there
are many leaves: a merge costs some milliseconds, however little it merges. The shape depends on the number
of leaves and the bytes of their states alone, so one, two or eight workers give the same floating point bits.

A merge that adds one state after the other gives the bits of all of them however it is cut. So the first
children of a node are merged *ahead* of the last ones: at its end a scan has few left to merge, and what a
preview has merged is not merged again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import TypeAlias

import pyarrow as pa

FAN = 16
MANY_LEAVES = 256
FAN_OF_MANY = 64
# What one merge of many holds, unless its first two states alone are larger.
MERGE_BYTES = 64 << 20
# States are merged ahead when they have so many rows, and so many times those of what they are merged with.
AHEAD_ROWS = 1 << 17
AHEAD_TIMES = 4

Node: TypeAlias = tuple[int, int]
"""Level and place."""


class MergeTree:
    """States of one stage on their way to one.

    Parameters
    ----------
    leaves
        How many states there will be.
    merge
        Merges states, given in order, into one.
    ahead
        Merges states so that the result stands for them in any merge with later ones, bit for bit; None where
        it cannot.

    Examples
    --------
    >>> tree = MergeTree(2, pa.concat_tables)
    >>> tree.add(1, pa.table({"x": [2]}))
    >>> tree.add(0, pa.table({"x": [1]}))
    >>> [table.column("x").to_pylist() for table in tree.frontier()]
    [[1], [2]]
    """

    def __init__(
        self,
        leaves: int,
        merge: Callable[[Sequence[pa.Table]], pa.Table],
        *,
        ahead: Callable[[Sequence[pa.Table]], pa.Table | None] = lambda _: None,
    ) -> None:
        self._merge = merge
        self._merge_ahead = ahead
        self._nodes: dict[Node, pa.Table] = {}
        self._ahead: dict[Node, int] = {}  # children of a node that the first of them stands for
        self._fan = FAN if leaves <= MANY_LEAVES else FAN_OF_MANY
        self._sizes = [leaves]
        while self._sizes[-1] > self._fan:
            self._sizes.append(-(-self._sizes[-1] // self._fan))

    def add(self, leaf: int, state: pa.Table) -> None:
        """Take a leaf's state, and merge every node whose children are all there now."""
        self._nodes[0, leaf] = state
        node = (1, leaf // self._fan)
        while node[0] < len(self._sizes):
            children = self._children(node)
            if not all(child in self._nodes for child in children):
                break
            merged = self._fold([self._nodes.pop(child) for child in children])
            self._ahead.pop(node, None)
            self._nodes[node] = merged
            node = (node[0] + 1, node[1] // self._fan)
        self._look_ahead(node, rows=AHEAD_ROWS, times=AHEAD_TIMES)

    def _children(self, node: Node) -> list[Node]:
        """Return what a node is merged of: its children, or the first for those that it stands for."""
        level, place = node[0] - 1, node[1] * self._fan
        begin = place + self._ahead.get(node, 1)
        end = min(place + self._fan, self._sizes[level])
        return [(level, place), *((level, child) for child in range(begin, end))]

    def _look_ahead(self, node: Node, *, rows: int = 0, times: int = 0) -> None:
        """Merge those children of a node that are there up to the first that is not, if they are many."""
        there = [*takewhile(self._nodes.__contains__, self._children(node))]
        if len(there) < 2:  # noqa: PLR2004
            return
        states = [self._nodes[child] for child in there]
        if sum(state.num_rows for state in states[1:]) < max(rows, times * states[0].num_rows):
            return
        merged = self._merge_ahead(states)
        if merged is not None:
            for child in there[1:]:
                del self._nodes[child]
            self._nodes[there[0]] = merged
            self._ahead[node] = there[-1][1] + 1 - there[0][1]

    def _fold(self, states: Sequence[pa.Table]) -> pa.Table:
        """Merge states, large ones a few at a time: what a merge holds is bounded by their bytes."""
        run: list[pa.Table] = []
        held = 0
        for state in states:
            if len(run) > 1 and held + state.nbytes > MERGE_BYTES:
                run = [self._merge(run)]
                held = run[0].nbytes
            run.append(state)
            held += state.nbytes
        return self._merge(run)

    def frontier(self) -> list[pa.Table]:
        """Return the states that are not merged further yet, in the order of their leaves."""
        for node in {(level + 1, place // self._fan) for level, place in self._nodes}:
            self._look_ahead(node)
        order = sorted(self._nodes, key=lambda node: node[1] * self._fan ** node[0])
        return [self._nodes[node] for node in order]
