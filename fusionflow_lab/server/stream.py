"""Events over a WebSocket: those after a cursor, then each as it comes, until the reader goes."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado.ioloop import IOLoop
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.jobs.board import Board
from fusionflow_lab.server.access import owner_of
from fusionflow_lab.server.handlers import RESOURCE, Surface
from fusionflow_lab.service.problems import status_of
from fusionflow_lab.service.watching import watch

_LONGEST_CURSOR = 19


class EventsHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Sends an ``EventFrame`` for each event of the user's jobs, or of one of them."""

    auth_resource = RESOURCE

    def initialize(self, surface: Surface) -> None:
        """Take the surface."""
        self.surface = surface
        self._sending: asyncio.Task[None] | None = None

    @ws_authenticated
    async def get(self, *args: object, **kwargs: object) -> None:
        """Open the WebSocket for who may read, after looking whether there is what he asks for."""
        user = self.current_user
        if not await ensure_async(self.authorizer.is_authorized(self, user, "read", RESOURCE)):
            raise HTTPError(403)
        self._since = self._cursor()
        self._job = self.get_query_argument("job", "")
        owner = owner_of(self.identity_provider, user, self.surface.sessions.config)
        self._session = await self._opened(owner)
        opened = super().get(*args, **kwargs)
        if opened is not None:
            await opened

    def open(self, *args: object, **kwargs: object) -> None:
        """Begin to send."""
        super().open(*args, **kwargs)
        self._sending = asyncio.create_task(self._send())

    def on_message(self, message: str | bytes) -> None:
        """Leave alone what a reader says: there is nothing to say."""

    def on_close(self) -> None:
        """Stop sending."""
        super().on_close()
        if self._sending is not None:
            self._sending.cancel()

    def _cursor(self) -> int | None:
        text = self.get_query_argument("since", "")
        if not text:
            return None
        if not text.isdecimal() or len(text) > _LONGEST_CURSOR:
            raise HTTPError(400, "since is the cursor of an event")
        return int(text)

    async def _opened(self, owner: str) -> Session:
        """Return the user's session; refuse a job that he does not have."""

        def look() -> Session:
            session = self.surface.sessions.get(owner)
            board = Board(session.stores.jobs.engine)
            if self._job:
                board.job(self._job, owner=owner)
            if self._since is None:  # who is let in hears of what happens from then on
                self._since = board.cursor()
            return session

        try:
            return await IOLoop.current().run_in_executor(self.surface.pool, look)
        except FusionflowError as error:
            raise HTTPError(status_of(error), error.what) from None

    async def _send(self) -> None:
        """Send one after the other: while a reader is slow, live events are left out."""
        with suppress(WebSocketClosedError):
            async for frame in watch(self._session, since=self._since, job=self._job):
                await self.write_message(frame.model_dump_json())
                self.surface.metrics.sent()
