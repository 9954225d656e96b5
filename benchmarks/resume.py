"""How long a job takes to resume whose states are all there: nothing to scan, everything to know and merge.

``python -m benchmarks.resume --states 10000`` makes the states of one huge file that is never there, for a
driver that is real and a cluster that nobody asks for.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
from distributed import Client

from fusionflow_lab.errors import ClusterError
from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.driver import Driver
from fusionflow_lab.execution.finish import Finisher
from fusionflow_lab.execution.progress import Progress
from fusionflow_lab.execution.share import Share
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.jobs.events import ChunkRow
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.chunks import TASK_BYTES_MAX
from fusionflow_lab.planning.plan import Planner, map_hash
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Counters, Plan, Query, Stage
from fusionflow_lab.source import SourceFile
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.store import (
    BlockRecord,
    BlockRecords,
    ChunkRecord,
    StateHeader,
    StateStore,
    chunk_cut,
    chunk_key,
)
from fusionflow_lab.storage import Folder

GROUPS = 100
QUERY = "SELECT k, count(*) AS n, sum(x) AS s, avg(x) AS a FROM '{path}' GROUP BY k ORDER BY k"


class Silent:
    """Listens and says nothing."""

    def progress(self, progress: Progress) -> None:
        """Take the newest progress."""

    def preview(self, fraction: float, table: pa.Table) -> None:
        """Take the newest preview."""

    def chunks(self, rows: tuple[ChunkRow, ...]) -> None:
        """Take what became of each chunk."""

    def chunk_error(self, leaf: Leaf, attempt: int, message: str) -> None:
        """Take note of a chunk that failed."""

    def notice(self, code: str, text: str) -> None:
        """Say nothing."""

    def unread(self, leaf: Leaf, message: str) -> None:
        """Take note of a chunk that the job goes on without."""


async def no_cluster(_: Client | None) -> Client:
    """Refuse: nothing may be left to scan."""
    message = "a job whose states are all known asked for a cluster"
    raise ClusterError(message, hint="look for what it wanted to scan")


def plan_of(folder: Path, states: int) -> Plan:
    """Plan the query over a file that makes so many states."""
    path = folder / "data.csv"
    path.write_text("k,x\n" + "".join(f"{number},{number / 7}\n" for number in range(GROUPS)))
    planner = Planner(Catalog(folder / "types"))
    plan = planner.plan(Query(text=QUERY.format(path=path)))
    planner.close()
    file = SourceFile(path="huge.csv", size=states * TASK_BYTES_MAX, mtime_ns=1, data_start=4)
    stages = tuple(replace(stage, source=replace(stage.source, files=(file,))) for stage in plan.stages)
    return replace(plan, stages=stages)


def fill(plan: Plan, store: StateStore) -> int:
    """Store a state of each leaf, as a scan would; return how many."""
    stage = plan.stages[0]
    name = map_hash(stage, plan, ())
    with Evaluator(plan.settings) as evaluator:
        small = pa.table(
            {"k": pa.array(range(GROUPS), pa.int64()), "x": [number / 7 for number in range(GROUPS)]}
        )
        state = evaluator.map(stage, small).state
    leaves = StageRun(stage, "", {}).leaves
    for leaf in leaves:
        store.put(header_of(leaf, name), state)
    return len(leaves)


def header_of(leaf: Leaf, name: str) -> StateHeader:
    """Describe a leaf as its scan would: every block starts where the one before ends."""
    records = []
    for chunk in leaf.chunks:
        blocks = BlockRecords.of(
            BlockRecord(block.offset, max(block.offset, 4), block.end, 1, 0, 1) for block in chunk.blocks
        )
        key = chunk_key(chunk)
        records.append(ChunkRecord(key=key, identity=key[::-1], blocks=blocks, cut=chunk_cut(chunk)))
    rows = sum(len(record.blocks) for record in records)
    counters = Counters(rows_read=rows, rows_used=rows, bytes_scanned=leaf.size)
    return StateHeader(map_hash=name, chunks=tuple(records), counters=counters, rows=GROUPS, rejects=0)


def resume(plan: Plan, store: StateStore) -> pa.Table:
    """Drive the plan to its end."""

    def identify(stage: Stage, broadcast: Sequence[str]) -> str:
        return map_hash(stage, plan, broadcast)

    with Evaluator(plan.settings) as evaluator:
        finisher = Finisher(
            plan=plan,
            ddl={stage.name: partial(state_ddl, stage) for stage in plan.stages},
            store=store,
            evaluator=evaluator,
        )

        async def drive() -> pa.Table:
            driver = Driver(
                dispatcher=Dispatcher("resume", no_cluster, Share()),
                plan=plan,
                identify=identify,
                store=store,
                finisher=finisher,
                listener=Silent(),
            )
            return await driver.run()

        return asyncio.run(drive())


def main() -> int:
    """Make the states, resume over them, print the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fusionflow-resume-") as name:
        folder = Path(name)
        plan = plan_of(folder, options.states)
        store = StateStore(Folder(str(folder / "states")))
        states = fill(plan, store)
        profile = cProfile.Profile()
        wall, cpu = time.perf_counter(), time.process_time()
        table = profile.runcall(resume, plan, store) if options.profile else resume(plan, store)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    sys.stdout.write(f"{states} states resumed in {wall:.2f} s, {cpu:.2f} s CPU, {table.num_rows} rows\n")
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)
    return 0


if __name__ == "__main__":
    sys.exit(main())
