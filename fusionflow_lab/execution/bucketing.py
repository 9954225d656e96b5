"""Merge the states of a stage bucket by bucket, on the workers: for groups too many for one place.

States of many rows lie in the store in buckets, by a hash of their keys, so that the groups of one bucket are
in no other. A bucket of all states is merged by one task, which runs the bucket's part of the final SQL as
well and stores its rows like a state: found again by the next run, whatever became of this one. What is
large is decided by what the states hold, never by who merges them or when.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self, TypeVar

from distributed import KilledWorker

from fusionflow_lab.errors import StateError
from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.large import bucket_count, is_large
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.tasks import BucketTask
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Plan, Stage
from fusionflow_lab.states.memory import memory_error
from fusionflow_lab.states.store import StateHeader, StateStore
from fusionflow_lab.storage import Store

T = TypeVar("T")

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """States of a stage in the store, by name, in the order in which they merge."""

    stage: Stage
    states: Mapping[str, StateHeader]

    @classmethod
    def of(cls, run: StageRun) -> Self:
        """Return those of a stage that has run."""
        states = {leaf.name: leaf.header for leaf in run.stored() if leaf.header is not None}
        return cls(stage=run.stage, states=states)

    @property
    def large(self) -> bool:
        """Whether they are too large together to be merged in one place."""
        return is_large([*self.states.values()])


class Bucketing:
    """The merging of one plan's large stages.

    Parameters
    ----------
    plan
        The plan.
    dispatcher
        Sends the tasks.
    store
        Where the states are, and the rows of the buckets go.
    """

    def __init__(self, plan: Plan, dispatcher: Dispatcher, store: StateStore) -> None:
        self._plan = plan
        self._dispatcher = dispatcher
        self._store = store

    async def rows(self, stored: Stored, sql: str = "", parts: Stage | None = None) -> Stored:
        """Merge a stage, and return the rows that its buckets gave, in the order of buckets.

        Parameters
        ----------
        stored
            The stage, and all its states.
        sql
            What to select from the merged bucket, known by the stage's name; empty for the columns that the
            final SQL names.
        parts
            The stage that these rows are states of; None where they are of none.

        Raises
        ------
        QueryError
            The SQL fails on merged rows, or a bucket does not fit into the memory of a worker.
        StateError
            A state is gone or damaged.
        """
        tasks = bucket_tasks(self._plan, stored, self._store.folder, sql, parts)
        headers = await asyncio.to_thread(self._store.headers, tasks[0].name)
        known = {header.chunks[0].key: name for name, header in headers.items()}
        limit = asyncio.Semaphore(max(2, self._dispatcher.threads * 2))

        async def merged(task: BucketTask) -> str:
            found = known.get(f"{task.bucket} of {task.buckets}")
            if found is not None:
                return found
            async with limit:
                try:
                    return await self._dispatcher.run(task, str)
                except KilledWorker:
                    raise memory_error(task.stage, memory=None) from None

        names = await gathered([merged(task) for task in tasks])
        await asyncio.to_thread(self._store.used, names)
        headers = await asyncio.to_thread(self._store.headers, tasks[0].name)
        for name in names:
            if name not in headers:
                raise StateError("a stored state is gone", where=name, hint="run the query again")
        return Stored(stage=parts or stored.stage, states={name: headers[name] for name in names})


def bucket_tasks(
    plan: Plan, stored: Stored, store: Store, sql: str = "", parts: Stage | None = None
) -> list[BucketTask]:
    """Return the tasks that merge the buckets of a stage; see ``Bucketing.rows``.

    What they store is named by the states, in their order, and the SQL.
    """
    stage = stored.stage
    buckets = bucket_count([*stored.states.values()]) if stage.bucket_by else 1
    text = sql or f"SELECT {_columns(plan.final_sql)} FROM ({stage.merge_sql})"
    digest = hashlib.blake2b(digest_size=16)
    for part in (stage.merge_sql, text, *stored.states):
        digest.update(part.encode() + b"\0")
    task = BucketTask(
        stage=replace(stage, source=replace(stage.source, files=())),
        settings=plan.settings,
        ddl={name: state_ddl(stage, name) for name in ("state", stage.name)},
        states=tuple(stored.states),
        sql=text,
        table=stage.name if sql else "state",
        bucket=0,
        buckets=buckets,
        name=digest.hexdigest(),
        store=store,
        parts=None if parts is None else replace(parts, source=replace(parts.source, files=())),
    )
    return [replace(task, bucket=bucket) for bucket in range(buckets)]


def _columns(final: str) -> str:
    """Select the columns that the final SQL names: all where a star may stand for some."""
    if "*" in final:
        return "*"
    words = ", ".join(f"'{word}'" for word in sorted(set(_WORD.findall(final))))
    return f"COLUMNS(lambda c: c IN ({words}))"


async def gathered(work: Sequence[Coroutine[object, object, T]]) -> list[T]:
    """Wait for all, in their order; the first failure ends the others."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
