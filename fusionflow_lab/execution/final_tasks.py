"""The end of a plan on workers: a final SQL over stored states, or over one bucket of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import duckdb
import pyarrow as pa

from fusionflow_lab.errors import QueryError
from fusionflow_lab.execution.merge_tree import MergeTree
from fusionflow_lab.execution.native_merge import merge, merged_first
from fusionflow_lab.execution.native_pass import buckets_of
from fusionflow_lab.query import Counters, Stage
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.kept_rows import keep_rows
from fusionflow_lab.states.memory import memory_error
from fusionflow_lab.states.store import BUCKETS, BlockRecords, ChunkRecord, StateHeader, StateStore
from fusionflow_lab.states.streams import Mapped
from fusionflow_lab.storage import Store

Settings = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FinalTask:
    """Run a final SQL over stored states, which make its tables; the result is stored as ``result``.

    ``stages`` are those whose states they are, for the error where they do not fit into memory.
    """

    sql: str
    names: tuple[str, ...]
    settings: Settings
    ddl: Mapping[str, Sequence[str]]
    states: Mapping[str, Sequence[str]]
    store: Store
    result: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketTask:
    """Merge one bucket of all states of a stage, run a SELECT over it, and store its rows like a state.

    ``states`` are names, in the order of the leaves; ``name`` is the map hash that the rows are stored
    under. ``sql`` reads what was merged as ``table``, which is ``state`` or has the stage's name; ``ddl``
    makes both. ``parts`` is the stage that the rows are states of, and go into the buckets of; None where
    they are of none.
    """

    stage: Stage
    settings: Settings
    ddl: Mapping[str, Sequence[str]]
    states: tuple[str, ...]
    sql: str
    table: str
    bucket: int
    buckets: int
    name: str
    store: Store
    parts: Stage | None = None


def finish(task: FinalTask, evaluator: Evaluator) -> str:
    """Run a final SQL and store its rows, piece by piece, as Arrow IPC.

    Raises
    ------
    QueryError
        The SQL fails on the rows, or they do not fit into memory.
    """
    store = StateStore(task.store)
    room = _Room(task.stages, evaluator.memory)
    tables = {name: (room.count(store.state(one)) for one in names) for name, names in task.states.items()}
    with room.told(), evaluator.finishing(task.sql, task.ddl, tables, names=task.names) as rows:
        keep_rows(task.store, task.result, rows)
    return task.result


def merge_bucket(task: BucketTask, evaluator: Evaluator) -> str:
    """Merge a bucket in the tree that merges whole states, and return the name of the rows it gave.

    Raises
    ------
    QueryError
        The SQL fails on the merged rows, or they do not fit into memory.
    StateError
        A state is gone or damaged.
    """
    store, stage = StateStore(task.store), task.stage
    record = ChunkRecord(key=f"{task.bucket} of {task.buckets}", identity="", blocks=BlockRecords())
    header = StateHeader(map_hash=task.name, chunks=(record,), counters=Counters(), rows=0, rejects=0)
    tree = MergeTree(len(task.states), partial(merge, evaluator, stage, task.ddl["state"]))
    room = _Room((stage,), evaluator.memory)
    with room.told():
        for place, name in enumerate(task.states):
            state, split = store.bucket(name, task.bucket % BUCKETS)
            if task.buckets > 1 and not (split and task.buckets == BUCKETS):
                state = evaluator.bucket(stage, task.ddl["state"], state, task.bucket, task.buckets)
            tree.add(place, room.take(state) if stage.keeps else state)
        rows = evaluator.finish(task.sql, task.ddl, {task.table: merged_first(stage, tree.frontier())})
    if task.parts is None:
        buckets = None
    else:
        buckets = buckets_of(task.parts, Mapped(state=rows, rows_used=None), evaluator)
    return store.put(replace(header, rows=rows.num_rows, size=rows.nbytes), rows, buckets=buckets)


class _Room:
    """The memory for states that are held together."""

    def __init__(self, stages: Sequence[Stage], memory: int | None) -> None:
        self._stages = stages
        self._memory = memory
        self._rows = 0
        self._size = 0

    def count(self, state: pa.Table) -> pa.Table:
        """Return a state that will be DuckDB's to hold."""
        self._rows += state.num_rows
        self._size += state.nbytes
        return state

    def take(self, state: pa.Table) -> pa.Table:
        """Return a state that is held here, where there is room for it."""
        self.count(state)
        if self._memory is not None and self._size > self._memory:
            raise self._error()
        return state

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say in the user's words what DuckDB fails of."""
        try:
            yield
        except duckdb.OutOfMemoryException:
            raise self._error() from None
        except duckdb.Error as error:
            raise QueryError(str(error).split("\n", 1)[0]) from None

    def _error(self) -> QueryError:
        stage = next((stage for stage in self._stages if stage.keeps), self._stages[0])
        return memory_error(stage, memory=self._memory, rows=self._rows, size=self._size)
