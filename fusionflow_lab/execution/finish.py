"""From states to rows: merge what arrived, preview it, and end the plan exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import duckdb
import pyarrow as pa

from fusionflow_lab._native import CancelToken
from fusionflow_lab.datasets.place import open_sink
from fusionflow_lab.errors import QueryError
from fusionflow_lab.execution.stage_merge import StageMerge
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.execution.tasks import FinalTask
from fusionflow_lab.execution.writing import PartWriter
from fusionflow_lab.query import Broadcast, Plan, Stage
from fusionflow_lab.sink import Sink
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.kept_rows import Rows, kept_rows, renamed
from fusionflow_lab.states.store import StateStore

PREVIEW_ROWS = 200
# Shipped rows are held for previews up to here; beyond, the preview stands still until the end.
PREVIEW_BYTES = 32 << 20

# What a table may hold that every worker process keeps in memory.
BROADCAST_BYTES = 64 << 20

_MERGED_KINDS = ("aggregate", "topk", "limit")


class BroadcastError(Exception):
    """A broadcast table is too large: plan again without; the message is the reason to gather."""


class Finisher:
    """States of all stages of a plan, merged as they arrive.

    Parameters
    ----------
    plan
        The plan.
    ddl
        For each stage, a function from a table name to the statements that make its empty state table.
    store
        Where the states are.
    evaluator
        Merges and finishes; used by one thread at a time.
    broadcast_bytes
        Bytes that a broadcast table may have, and the states that it is made of.
    """

    def __init__(
        self,
        *,
        plan: Plan,
        ddl: Mapping[str, Callable[[str], Sequence[str]]],
        store: StateStore,
        evaluator: Evaluator,
        broadcast_bytes: int = BROADCAST_BYTES,
    ) -> None:
        self._plan = plan
        self._ddl = ddl
        self._store = store
        self._evaluator = evaluator
        self._broadcast_bytes = broadcast_bytes
        self._merges: dict[str, StageMerge] = {}
        self._rows: dict[str, dict[int, pa.Table]] = {}
        self._held = 0

    def add(self, run: StageRun, leaf: Leaf) -> None:
        """Take the state of a leaf that has arrived."""
        stage = run.stage
        if stage.sink is not None:
            return  # what the rows are is in the files
        if stage.kind in _MERGED_KINDS:
            if stage.name not in self._merges:
                ddl = self._ddl[stage.name]("state")
                self._merges[stage.name] = StageMerge(run, self._store, self._evaluator, ddl)
            self._merges[stage.name].add(leaf)
        elif self._held < PREVIEW_BYTES:
            state = self._store.state(leaf.name)
            self._held += state.nbytes
            self._rows.setdefault(stage.name, {})[leaf.place] = state

    def forget(self, run: StageRun) -> None:
        """Drop what was merged of a stage; its states will be added again."""
        self._merges.pop(run.stage.name, None)
        self._rows.pop(run.stage.name, None)

    @property
    def sampled(self) -> bool:
        """Whether previews show a sample of the groups, because there are too many."""
        return any(merge.large for merge in self._merges.values())

    def preview(self, runs: Sequence[StageRun]) -> pa.Table | None:
        """Run the final stage over what has arrived; None where that says nothing yet."""
        if self._held >= PREVIEW_BYTES or not all(run.map_hash for run in runs):
            return None
        if any(run.stage.sink is not None for run in runs):
            return None
        states = {}
        for run in runs:
            so_far = self._so_far(run)
            if so_far is None:
                return None
            states[run.stage.name] = so_far
        try:
            return self._evaluator.final(self._plan, self._tables(), states, limit=PREVIEW_ROWS)
        except duckdb.Error:
            # A part of the rows may break what all of them keep, such as "one row per subquery".
            return None

    def result(self, runs: Sequence[StageRun]) -> pa.Table:
        """Run the final stage over all states.

        Raises
        ------
        QueryError
            The SQL fails on the merged rows.
        """
        final = {stage.name for stage in self._plan.final_stages}
        states = {run.stage.name: [*self._complete(run)] for run in runs if run.stage.name in final}
        try:
            return self._evaluator.final(self._plan, self._tables(), states)
        except duckdb.Error as error:
            raise QueryError(str(error).split("\n", 1)[0]) from None

    def written(self, rows: Rows, sink: Sink, area: str) -> pa.Table:
        """Write the rows of the answer, and return the table of their files."""
        writer = PartWriter(sink=sink, store=open_sink(sink), area=area, place=0, token=CancelToken())
        return self._evaluator.written(rows, sink, writer.write)

    def head(self, sink: Sink, area: str) -> pa.Table:
        """Write a file without rows: what stands above them."""
        states: dict[str, list[pa.Table]] = {stage.name: [] for stage in self._plan.final_stages}
        rows = self._evaluator.final(self._plan, self._tables(), states, limit=0)
        writer = PartWriter(
            sink=sink, store=open_sink(sink), area=area, place=0, token=CancelToken(), head=True
        )
        return self._evaluator.written(rows, sink, writer.write)

    def broadcast(self, broadcast: Broadcast, runs: Sequence[StageRun]) -> str:
        """Make a broadcast table from stages that are complete, store it and return its digest.

        Raises
        ------
        BroadcastError
            It is too large, or what it is made of.
        QueryError
            Its SQL fails on the merged rows.
        """
        states: dict[str, list[pa.Table]] = {}
        size = 0
        for run in runs:
            if run.stage.name in broadcast.stages:
                states[run.stage.name] = []
                self._refuse_large(run)
                for state in self._complete(run):
                    size += state.nbytes
                    self._refuse_size(size, run)
                    states[run.stage.name].append(state)
        try:
            table = self._evaluator.broadcast(broadcast, self._tables(), states)
        except duckdb.Error as error:
            raise QueryError(str(error).split("\n", 1)[0]) from None
        self._refuse_size(table.nbytes, next(run for run in runs if run.stage.name in states))
        return self._store.put_broadcast(table)

    def _refuse_large(self, run: StageRun) -> None:
        merge = self._merges.get(run.stage.name)
        if merge is not None and merge.large:
            self._refuse_size(self._broadcast_bytes + 1, run)

    def _refuse_size(self, size: int, run: StageRun) -> None:
        if size > self._broadcast_bytes:
            limit = self._broadcast_bytes / (1 << 20)
            raise BroadcastError(
                f"what is needed of {run.stage.source.pattern} exceeds the {limit:g} MiB each worker may hold"
            )

    def task(self, runs: Sequence[StageRun], job: str, parts: Mapping[str, Sequence[str]]) -> FinalTask:
        """Describe the final stage as a task for a worker.

        Parameters
        ----------
        runs
            All stages.
        job
            Names the result.
        parts
            For stages that were merged in buckets, the names of what the buckets gave.
        """
        leaves = {run.stage.name: [leaf.name for leaf in run.stored()] for run in runs}
        names = [stage.name for stage in self._plan.final_stages]
        return FinalTask(
            sql=self._plan.final_sql,
            names=self._plan.names,
            settings=self._plan.settings,
            ddl=self._tables(),
            states={name: parts.get(name, leaves[name]) for name in names},
            store=self._store.folder,
            result=f"finals/{job}",
            stages=_without_files(self._plan.final_stages),
        )

    def last_task(
        self, sql: str, ddl: Mapping[str, Sequence[str]], stage: Stage, job: str, parts: Sequence[str]
    ) -> FinalTask:
        """Describe the last step of a plan whose final runs bucket by bucket, over what the buckets gave.

        Parameters
        ----------
        sql
            The step.
        ddl
            Statements that make its table, by its name.
        stage
            Whose groups these are.
        job
            Names the result.
        parts
            The names of what the buckets gave.
        """
        return FinalTask(
            sql=sql,
            names=self._plan.names,
            settings=self._plan.settings,
            ddl=ddl,
            states=dict.fromkeys(ddl, parts),
            store=self._store.folder,
            result=f"finals/{job}",
            stages=_without_files([stage]),
        )

    def finished(self, task: FinalTask) -> pa.Table:
        """Run a final task here.

        Raises
        ------
        QueryError
            The SQL fails on the rows.
        """
        tables = {name: [self._store.state(part) for part in parts] for name, parts in task.states.items()}
        try:
            return self._evaluator.finish(task.sql, task.ddl, tables, names=task.names)
        except duckdb.Error as error:
            raise QueryError(str(error).split("\n", 1)[0]) from None

    def joined(self, parts: Sequence[str]) -> pa.RecordBatchReader:
        """Return the rows of all buckets, one after the other, as the answer: each is read as it comes.

        Raises
        ------
        StateError
            The rows of a bucket are gone or damaged.
        """
        first = self._store.state(parts[0])

        def batches() -> Iterator[pa.RecordBatch]:
            yield from first.to_batches()
            for part in parts[1:]:
                yield from self._store.state(part).to_batches()

        rows = pa.RecordBatchReader.from_batches(first.schema, batches())
        return renamed(rows, self._plan.names) if self._plan.names else rows

    def collect(self, name: str) -> pa.Table:
        """Return a worker's result, and forget its file: what is mapped of it stays."""
        table = kept_rows(self._store.folder, name)
        self._store.folder.delete(name)
        return table

    def _tables(self) -> dict[str, Sequence[str]]:
        return {name: statements(name) for name, statements in self._ddl.items()}

    def _so_far(self, run: StageRun) -> Sequence[pa.Table] | None:
        name = run.stage.name
        if name in self._merges:
            return self._merges[name].states()
        rows = self._rows.get(name, {})
        return [rows[place] for place in sorted(rows)]

    def _complete(self, run: StageRun) -> Iterator[pa.Table]:
        """Yield every state; a final over aggregates reads them merged once more."""
        if run.stage.kind in _MERGED_KINDS:
            yield from self._so_far(run) or ()
        else:
            yield from (self._store.state(leaf.name) for leaf in run.stored())


def _without_files(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    return tuple(replace(stage, source=replace(stage.source, files=())) for stage in stages)
