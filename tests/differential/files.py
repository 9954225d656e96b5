"""Run a plan over real files in process: chunks, native scan, state store, merges and the end, no cluster."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.execution.finish import BROADCAST_BYTES, Finisher
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.tasks import MapTask, map_chunks
from fusionflow_lab.planning.plan import map_hash
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Counters, Plan
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.store import StateStore
from fusionflow_lab.storage import Folder


def run_files(
    plan: Plan, folder: Path, worker: Evaluator, *, broadcast_bytes: int = BROADCAST_BYTES
) -> tuple[pa.Table, list[Counters]]:
    """Return the rows of a plan and what each of its stages counted."""
    store = StateStore(Folder(str(folder / "states")))
    runs: list[StageRun] = []
    with Evaluator(plan.settings) as evaluator:
        finisher = Finisher(
            plan=plan,
            ddl={stage.name: partial(state_ddl, stage) for stage in plan.stages},
            store=store,
            evaluator=evaluator,
            broadcast_bytes=broadcast_bytes,
        )
        for stage in plan.stages:
            digests = tuple(finisher.broadcast(entry, runs) for entry in stage.broadcast)
            run = StageRun(stage, map_hash(stage, plan, digests), {})
            for leaf in run.leaves:
                task = MapTask(
                    stage=stage,
                    map_hash=run.map_hash,
                    settings=plan.settings,
                    chunks=leaf.chunks,
                    store=store.folder,
                    broadcast=digests,
                )
                report = map_chunks(task, worker, _native.CancelToken())
                assert report.header is not None, report.widened
                run.arrived(leaf, report.name, report.header)
                finisher.add(run, leaf)
            runs.append(run)
        counters = [sum((leaf.counters for leaf in run.leaves), Counters()) for run in runs]
        return finisher.result(runs), counters
