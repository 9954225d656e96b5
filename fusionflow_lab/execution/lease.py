"""Keep the lease of a job while it is driven, and notice when somebody wants it stopped or has taken it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from fusionflow_lab.errors import DatabaseError
from fusionflow_lab.jobs.records import Desired
from fusionflow_lab.jobs.store import LEASE_SECONDS, JobStore

RENEW_SECONDS = LEASE_SECONDS / 3

_log = logging.getLogger(__name__)


class Lease:
    """The right to drive one job under one epoch.

    A database that is locked or full for a while costs nothing: whoever takes the job over meanwhile raises
    the epoch, and that is seen as soon as the database answers again.

    Parameters
    ----------
    store
        Where the lease is.
    job, epoch
        What it is for.
    """

    def __init__(self, store: JobStore, job: str, epoch: int) -> None:
        self._store = store
        self._job = job
        self._epoch = epoch
        self._nudged = asyncio.Event()

    def look(self) -> None:
        """Ask the database now, not only every other second."""
        self._nudged.set()

    async def keep(self) -> Desired | None:
        """Renew until the job is to be stopped (``"stop"``) or another has taken it (None)."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), RENEW_SECONDS)
            self._nudged.clear()
            try:
                desired = await asyncio.to_thread(self._store.renew, self._job, self._epoch)
            except DatabaseError as error:
                _log.warning("the lease of job %s is not renewed: %s", self._job, error.what)
                continue
            if desired != "run":
                return desired
