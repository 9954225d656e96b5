"""What a plan would read if it ran now: found out from the stored states, without reading a byte of data."""

from __future__ import annotations

from collections.abc import Iterable

from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.planning.explain import Forecast, Speed
from fusionflow_lab.planning.identity import map_hash
from fusionflow_lab.query import Plan
from fusionflow_lab.states.store import StateStore

_ENOUGH_BYTES = 64 << 20


def forecast(plan: Plan, store: StateStore, *, use_cache: bool = True) -> dict[str, Forecast]:
    """Say what each stage has to read, by the name of the stage.

    Parameters
    ----------
    plan
        The plan.
    store
        Holds the states of earlier runs.
    use_cache
        Whether those may be used.
    """
    found = {}
    for stage in plan.stages:
        asked = use_cache and not stage.broadcast
        known = store.headers(map_hash(stage, plan)) if asked else {}
        leaves = StageRun(stage, "", known).leaves
        reused = [leaf for leaf in leaves if leaf.reused]
        found[stage.name] = Forecast(
            chunks=sum(len(leaf.chunks) for leaf in leaves),
            chunks_known=sum(len(leaf.chunks) for leaf in reused),
            bytes_total=sum(leaf.size for leaf in leaves),
            bytes_known=sum(leaf.size for leaf in reused),
            certain=not (use_cache and stage.broadcast),
        )
    return found


def speed(jobs: Iterable[JobRecord], cluster: str) -> Speed | None:
    """Return how fast the newest job of a cluster read that read enough to tell; None where none did.

    Examples
    --------
    >>> speed([], "local") is None
    True
    """
    for job in jobs:
        seconds = (job.finished or 0.0) - (job.started or 0.0)
        enough = job.counters.bytes_scanned >= _ENOUGH_BYTES and seconds > 0
        if job.status == "COMPLETED" and job.cluster == cluster and enough:
            return Speed(bytes_per_second=job.counters.bytes_scanned / seconds, job=job.id)
    return None
