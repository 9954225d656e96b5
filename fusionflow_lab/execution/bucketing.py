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
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from distributed import KilledWorker

from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.large import bucket_count
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.tasks import BucketTask
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Plan
from fusionflow_lab.states.memory import memory_error
from fusionflow_lab.states.store import StateStore
from fusionflow_lab.storage import Store

T = TypeVar("T")

_WORD: Final = re.compile(r"\w+")


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

    async def rows(self, run: StageRun, sql: str = "") -> list[str]:
        """Merge a stage, and return the names of the rows that its buckets gave, in the order of buckets.

        Parameters
        ----------
        run
            The stage; all its states are there.
        sql
            What to select from the merged bucket, known by the stage's name; empty for the columns that the
            final SQL names.

        Raises
        ------
        QueryError
            The SQL fails on merged rows, or a bucket does not fit into the memory of a worker.
        StateError
            A state is gone or damaged.
        """
        tasks = bucket_tasks(self._plan, run, self._store.folder, sql)
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
        return names


def bucket_tasks(plan: Plan, run: StageRun, store: Store, sql: str = "") -> list[BucketTask]:
    """Return the tasks that merge the buckets of a stage; see ``Bucketing.rows``.

    What they store is named by the map, the states, in their order, and the SQL.
    """
    stage, leaves = run.stage, run.stored()
    headers = [leaf.header for leaf in leaves if leaf.header is not None]
    buckets = bucket_count(headers) if stage.bucket_by else 1
    text = sql or f"SELECT {_columns(plan.final_sql)} FROM ({stage.merge_sql})"
    digest = hashlib.blake2b(digest_size=16)
    for part in (run.map_hash, stage.merge_sql, text, *(leaf.name for leaf in leaves)):
        digest.update(part.encode() + b"\0")
    task = BucketTask(
        stage=replace(stage, source=replace(stage.source, files=())),
        settings=plan.settings,
        ddl={name: state_ddl(stage, name) for name in ("state", stage.name)},
        states=tuple(leaf.name for leaf in leaves),
        sql=text,
        table=stage.name if sql else "state",
        bucket=0,
        buckets=buckets,
        name=digest.hexdigest(),
        store=store,
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
