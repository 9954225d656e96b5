"""Where jobs, states and results are kept: all that a client and a runner share."""

from __future__ import annotations

from dataclasses import dataclass

from fusionflow_lab.config import Config
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.states.store import StateStore
from fusionflow_lab.storage import Folder, open_store


@dataclass(frozen=True, kw_only=True, slots=True)
class Stores:
    """Where a runner keeps what outlives it."""

    jobs: JobStore
    states: StateStore
    results: Folder


def open_stores(config: Config) -> Stores:
    """Open the job database, and what is kept under the home folder: states and results."""
    return Stores(
        jobs=JobStore(config.job_database),
        states=StateStore(open_store(config.store or str(config.home / "states"), config.access)),
        results=Folder(str(config.home / "results")),
    )
