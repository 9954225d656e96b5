"""Job events on the event bus of Jupyter's server, where other extensions and front ends can hear them."""

from __future__ import annotations

import asyncio
from typing import Final

from jupyter_events import EventLogger

from fusionflow_lab.api import Session
from fusionflow_lab.jobs.board import Board
from fusionflow_lab.jobs.events import LIVE_TYPES
from fusionflow_lab.service.models import EventFrame
from fusionflow_lab.service.watching import watch

SCHEMA_ID: Final = "https://events.jupyter.org/fusionflow_lab/job"
SCHEMA: Final = f"""
"$id": {SCHEMA_ID}
version: "1"
title: Job of FusionFlow Lab
description: Something durable happened to a job. No SQL and no data are in it.
personal-data: true
type: object
required: [type, job, seq, time]
properties:
  type:
    description: What happened.
    enum: [status, notice, chunk_error]
  job:
    type: string
    description: The id of the job.
  owner:
    type: string
    description: Whose job it is.
  seq:
    type: integer
    description: The number of the event among those of its job.
  time:
    type: number
    description: Seconds since the epoch.
  status:
    type: string
    description: The status that the job has now, where that is what happened.
  code:
    type: string
    description: What a notice is about.
"""


class Bus:
    """Tells the bus what happens to the jobs of users, from their first request on.

    Parameters
    ----------
    logger
        The bus.
    """

    def __init__(self, logger: EventLogger) -> None:
        logger.register_event_schema(SCHEMA)
        self._logger = logger
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._begun: dict[str, asyncio.Event] = {}

    def hear(self, session: Session) -> None:
        """Tell of the jobs of a session's user; once is enough."""
        user = session.config.user
        if user not in self._telling:
            self._begun[user] = asyncio.Event()
            self._telling[user] = asyncio.create_task(self._tell(session))

    async def listening(self, user: str) -> None:
        """Wait until all that happens to a user's jobs is told."""
        await self._begun[user].wait()

    def close(self) -> None:
        """Tell nothing more."""
        for task in self._telling.values():
            task.cancel()

    async def _tell(self, session: Session) -> None:
        since = await asyncio.to_thread(Board(session.stores.jobs.engine).cursor)
        self._begun[session.config.user].set()
        async for frame in watch(session, since=since):
            if frame.event.type not in LIVE_TYPES:
                self._logger.emit(schema_id=SCHEMA_ID, data=_data(frame, session.config.user))


def _data(frame: EventFrame, owner: str) -> dict[str, str | int | float]:
    told = frame.event.model_dump(include={"type", "job", "seq", "time", "status", "code"})
    return {**told, "owner": owner}
