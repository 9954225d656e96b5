"""States merge as they arrive, and nothing looks at all leaves for each of them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.execution.finish import Finisher
from fusionflow_lab.execution.merging import TICK_SECONDS, Merger
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.query import Counters, Plan, Stage
from fusionflow_lab.source import Dialect, Source, SourceFile
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.store import BlockRecords, ChunkRecord, StateHeader, StateStore, chunk_key
from fusionflow_lab.storage import Folder

FILES = 400


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return StateStore(Folder(str(tmp_path / "states")))


@pytest.fixture
def run(store: StateStore) -> StageRun:
    """Make a stage whose every chunk has a state of one row in the store."""
    files = tuple(
        SourceFile(path=f"{number}.csv", size=1 << 20, mtime_ns=0, data_start=0) for number in range(FILES)
    )
    source = Source(name="source_0", pattern="*.csv", dialect=Dialect(), columns=(), files=files)
    stage = Stage(
        name="stage_0",
        kind="aggregate",
        source=source,
        columns=(),
        map_sql="",
        merge_sql="SELECT sum(n)::BIGINT AS n FROM state",
    )
    for leaf in StageRun(stage, "m", {}).leaves:
        for chunk in leaf.chunks:
            records = (ChunkRecord(key=chunk_key(chunk), identity="", blocks=BlockRecords()),)
            header = StateHeader(map_hash="m", chunks=records, counters=Counters(), rows=1, rejects=0)
            store.put(header, pa.table({"n": [1]}))
    return StageRun(stage, "m", store.headers("m"))


def finisher_of(run: StageRun, store: StateStore, evaluator: Evaluator) -> Finisher:
    plan = Plan(
        text="",
        stages=(run.stage,),
        final_sql="SELECT sum(n)::BIGINT AS n FROM stage_0",
        names=("n",),
        types=("BIGINT",),
    )

    def ddl(table: str) -> list[str]:
        return [f"CREATE OR REPLACE TEMP TABLE {table} (n BIGINT)"]

    return Finisher(plan=plan, ddl={"stage_0": ddl}, store=store, evaluator=evaluator)


def test_many_states_are_merged_without_looking_at_all_leaves_for_each(
    run: StageRun, store: StateStore
) -> None:
    looks = 0

    def fraction() -> float:
        nonlocal looks
        looks += 1
        return 1.0

    async def merge(finisher: Finisher) -> float:
        begin = time.monotonic()
        async with Merger(finisher) as merger:
            preview = asyncio.create_task(merger.preview([run], fraction, lambda: 1, lambda *_: None))
            merger.put_all(run)
            await merger.drain()
            preview.cancel()
        return time.monotonic() - begin

    with Evaluator(()) as evaluator:
        finisher = finisher_of(run, store, evaluator)
        seconds = asyncio.run(merge(finisher))
        assert finisher.result([run]).to_pylist() == [{"n": FILES}]
    assert looks <= 1 + seconds / TICK_SECONDS


def test_a_state_that_is_gone_is_left_to_be_scanned(run: StageRun, store: StateStore) -> None:
    gone = run.leaves[3]
    store.delete([gone.name])

    async def merge(finisher: Finisher) -> None:
        async with Merger(finisher) as merger:
            merger.put_all(run)
            await merger.drain()

    with Evaluator(()) as evaluator:
        asyncio.run(merge(finisher_of(run, store, evaluator)))
    assert [leaf for leaf in run.leaves if not leaf.settled] == [gone]
    assert gone.size == 1 << 20
