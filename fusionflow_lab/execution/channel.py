"""The socket of a runner: those who watch get every event at once, those who nudge are heard at once.

A socket file in a folder that only the user may enter. Nothing depends on it: what is durable is in the
database, and a reader who cannot reach the socket reads that once a second.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fusionflow_lab.execution.service import Service
from fusionflow_lab.jobs.wire import Message, event_message, pack, receive

_log = logging.getLogger(__name__)


@asynccontextmanager
async def open_channel(service: Service, facts: Message) -> AsyncIterator[str]:
    """Listen for clients of a runner; yield the socket's path.

    Parameters
    ----------
    service
        What is asked and watched.
    facts
        What the runner says of itself when asked ``hello``.
    """
    folder = tempfile.mkdtemp(prefix="fusionflow-")
    channel = _Channel(service, facts)
    path = str(Path(folder, "runner.sock"))
    try:
        server = await asyncio.start_unix_server(channel.connected, path)
        try:
            yield path
        finally:
            server.close()
            await channel.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Channel:
    def __init__(self, service: Service, facts: Message) -> None:
        self._service = service
        self._facts = facts
        self._clients: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until he leaves."""
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
        self._service.attached += 1
        try:
            with suppress(ConnectionError):
                while (request := await receive(reader)) is not None:
                    await self._answer(request[0], writer)
        except asyncio.CancelledError:
            _log.debug("a client is left")
        finally:
            self._service.attached -= 1
            if task is not None:
                self._clients.discard(task)
            writer.close()

    async def close(self) -> None:
        """Leave every client."""
        clients = set(self._clients)
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    async def _answer(self, request: Message, writer: asyncio.StreamWriter) -> None:
        match request.get("op"):
            case "hello":
                writer.write(pack(self._facts))
            case "plan":
                self._service.foresee(str(request["query"]))
            case "nudge":
                if isinstance(request.get("workers"), int):
                    await self._service.resize(request["workers"])
                self._service.nudge()
            case "watch":
                await self._watch(str(request["job"]), int(request["since"]), writer)
            case "end":
                writer.write(pack({"ending": True}))
                await writer.drain()
                self._service.end()
            case unknown:
                writer.write(pack({"error": f"unknown request {unknown!r}"}))
        await writer.drain()

    async def _watch(self, job: str, since: int, writer: asyncio.StreamWriter) -> None:
        drive = await self._service.driving(job)
        if drive is not None:
            async for event in drive.feed.watch(since):
                writer.write(event_message(event))
                await writer.drain()
        writer.write(pack({"end": True}))
