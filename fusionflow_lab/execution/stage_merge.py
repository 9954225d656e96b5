"""What has arrived of one stage, merged: all of it, or of one that is large a sample for previews."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pyarrow as pa

from fusionflow_lab.execution.large import exceeds
from fusionflow_lab.execution.merge_tree import MergeTree
from fusionflow_lab.execution.native_merge import merge, merge_natively, merged_first
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.store import BUCKETS, StateStore


class StageMerge:
    """The states of a stage that were merged here.

    Once they are large together, they are merged by the workers at the end; only those of one bucket go
    on being merged here: every group in it with all its rows so far. None where groups are spread over them.

    Parameters
    ----------
    run
        The stage.
    store
        Where the states are.
    evaluator
        Merges them.
    ddl
        Statements that make an empty table ``state``.
    """

    def __init__(self, run: StageRun, store: StateStore, evaluator: Evaluator, ddl: Sequence[str]) -> None:
        self._run = run
        self._store = store
        self._evaluator = evaluator
        self._ddl = ddl
        self._leaves: list[Leaf] = []
        self._rows = self._size = 0
        self._tree = self._new_tree()
        self.large = False

    def add(self, leaf: Leaf) -> None:
        """Take the state of a leaf that has arrived."""
        self._leaves.append(leaf)
        if leaf.header is not None:
            self._rows, self._size = self._rows + leaf.header.rows, self._size + leaf.header.size
        if self.large:
            self._sample(leaf)
        elif self._run.stage.kind == "aggregate" and exceeds(self._rows, self._size):
            self.large, self._tree = True, self._new_tree()
            for known in self._leaves:
                self._sample(known)
        else:
            self._tree.add(leaf.place, self._store.state(leaf.name))

    def states(self) -> Sequence[pa.Table] | None:
        """Return what was merged, in the order of leaves; None for a large stage that has no sample."""
        if self.large and not self._sampled:
            return None
        return merged_first(self._run.stage, self._tree.frontier())

    @property
    def _sampled(self) -> bool:
        """Whether a bucket holds whole groups."""
        return bool(self._run.stage.bucket_by) and not self._run.stage.spread

    def _sample(self, leaf: Leaf) -> None:
        stage = self._run.stage
        if not self._sampled:
            return
        state, split = self._store.bucket(leaf.name, 0)
        if not split:
            state = self._evaluator.bucket(stage, self._ddl, state, 0, BUCKETS)
        self._tree.add(leaf.place, state)

    def _new_tree(self) -> MergeTree:
        together = partial(merge, self._evaluator, self._run.stage, self._ddl)
        return MergeTree(len(self._run.leaves), together, ahead=partial(merge_natively, self._run.stage))
