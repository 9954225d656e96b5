"""Keep the home folder in bounds: states, tables and results unused for long go, those of live jobs stay."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fusionflow_lab.config import Config
from fusionflow_lab.datasets.place import open_sink, sweep
from fusionflow_lab.execution.stores import Stores
from fusionflow_lab.jobs.events import Status
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.states.retention import (
    Collected,
    collect,
    collect_frames,
    collect_results,
    collect_tables,
)
from fusionflow_lab.storage import scheme_of

_LIVE: tuple[Status, ...] = ("CREATED", "QUEUED", "IN_PROGRESS", "STOPPING")
_MOST_LIVE = 100_000
# Files that wait in a dataset so long were left by a job that is not gone on with.
STAGED_SECONDS = 7 * 86_400.0


def keep_up(
    config: Config, stores: Stores, *, max_age: float | None = None, max_size: int | None = None
) -> Collected:
    """Delete states by age and size; tables, results and logs by age; by default as the settings say.

    Parameters
    ----------
    config
        Its ``cache_max_age`` and ``cache_max_size`` count where nothing else is said.
    stores
        Jobs and states.
    max_age
        Seconds since a state's last use.
    max_size
        Bytes of all states.
    """
    live = stores.jobs.list(statuses=_LIVE, limit=_MOST_LIVE)
    ids = {job.id for job in live}
    max_age = config.cache_seconds if max_age is None else max_age
    frames = {frame.path for job in live for frame in job.query.frames}
    _collect_logs(config.logs, max_age=max_age, live=ids)
    collect_results(stores.results.root, max_age=config.result_seconds, live=ids)
    collect_tables(config.home / "tables", max_age=config.result_seconds, live=_tables(config.home, live))
    _sweep_datasets(stores, live)
    collect_frames(config.home / "frames", max_age=max_age, live=frames)
    return collect(
        stores.states.folder.root,
        max_age=max_age,
        max_size=config.cache_bytes if max_size is None else max_size,
        in_use_since=min((job.created for job in live), default=None),
    )


def _tables(home: Path, live: Collection[JobRecord]) -> set[str]:
    """Return the names of the tables of CREATE TABLE that live jobs read or write."""
    texts = [view.text for job in live for view in job.query.views]
    places = [text.removeprefix("FROM '").removesuffix("'") for text in texts]
    places += [job.query.sink.url for job in live if job.query.sink is not None]
    return {Path(place).name for place in places if Path(place).parent == home / "tables"}


def _sweep_datasets(stores: Stores, live: Collection[JobRecord]) -> None:
    """Delete files that wait in datasets for a commit that will not come, where no live job writes there."""
    busy = {place for job in live if (place := _place(job))}
    for place in {place for job in stores.jobs.list(limit=_MOST_LIVE) if (place := _place(job))} - busy:
        with suppress(OSError):
            sweep(place, max_age=STAGED_SECONDS)


def _place(job: JobRecord) -> Path | None:
    """Return the folder that a job writes to; None for one elsewhere, whose server has a rule for that."""
    sink = job.query.sink
    if sink is None or scheme_of(sink.url):
        return None
    path = Path(job.query.folder, Path(sink.url).expanduser()).absolute()
    return Path(open_sink(replace(sink, url=str(path))).root)


def _collect_logs(folder: Path, *, max_age: float, live: Collection[str]) -> None:
    """Delete logs of jobs that ended so long ago."""
    before = time.time() - max_age
    for path in folder.glob("*.log"):
        with suppress(FileNotFoundError):
            if path.stem not in live and path.stat().st_mtime < before:
                path.unlink()
