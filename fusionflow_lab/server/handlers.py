"""Requests over HTTP: Jupyter says who asks and what is allowed, the service answers in a thread."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.http1connection import HTTP1Connection
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import authenticated

from fusionflow_lab.server.access import UserSessions, owner_of
from fusionflow_lab.server.bus import Bus
from fusionflow_lab.server.metrics import TYPE, Metrics
from fusionflow_lab.service.problems import MediaError, problem_reply
from fusionflow_lab.service.service import Service
from fusionflow_lab.service.wire import JSON, Reply, Request

RESOURCE = "fusionflow"


@dataclass(frozen=True, kw_only=True, slots=True)
class Surface:
    """What all handlers share."""

    service: Service
    sessions: UserSessions
    metrics: Metrics
    bus: Bus
    pool: ThreadPoolExecutor


class OwnedHandler(APIHandler):
    """Base of our handlers: knows the surface and who asks."""

    auth_resource = RESOURCE

    def initialize(self, surface: Surface) -> None:
        """Take the surface."""
        self.surface = surface

    @property
    def owner(self) -> str:
        """Whose jobs the request is about."""
        return owner_of(self.identity_provider, self.current_user, self.surface.sessions.config)

    async def reply(self, reply: Reply) -> None:
        """Send a reply; a browser takes it for nothing else than it is."""
        self.set_status(reply.status)
        for name, value in reply.headers.items():
            self.set_header(name, value)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        if reply.parts is None:
            self.finish(reply.body, set_content_type=reply.type)
        else:
            self.set_header("Content-Type", reply.type)
            await self._send(reply.parts)

    async def _send(self, parts: Generator[bytes]) -> None:
        """Send pieces as fast as the reader takes them; where they break off, so does the connection."""
        loop, pool = IOLoop.current(), self.surface.pool
        whole = False
        try:
            while piece := await loop.run_in_executor(pool, next, parts, b""):
                self.write(piece)
                await self.flush()
            whole = True
        except StreamClosedError:
            pass  # the reader has gone
        finally:
            await loop.run_in_executor(pool, parts.close)
            if not whole:
                self._cut()

    def _cut(self) -> None:
        """End the connection without its end, so that a part is not taken for the whole."""
        connection = self.request.connection
        if isinstance(connection, HTTP1Connection):
            connection.close()


class ServiceHandler(OwnedHandler):
    """Hands every request to the service, whose table of routes says what there is."""

    # Each has a function of its own: the decorator keeps the action of the first method that it sees.
    @authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Look."""
        await self._answer(path)

    @authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Submit, or check what is too long for a query."""
        await self._answer(path)

    @authenticated
    @authorized
    async def patch(self, path: str) -> None:
        """Change."""
        await self._answer(path)

    @authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Delete."""
        await self._answer(path)

    async def _answer(self, path: str) -> None:
        begun = time.monotonic()
        request = Request(
            method=str(self.request.method),
            path=path,
            query=self._query(),
            body=self.request.body,
            accept=self.request.headers.get("Accept", ""),
            user=self.owner,
        )
        surface = self.surface
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if request.body and kind != JSON:
            what = f"a body is {JSON} here, not {kind or 'of no type'}"
            answer = problem_reply(MediaError(what, where="Content-Type", hint="send it as JSON"))
        else:
            work = partial(surface.service.answer, request)
            answer = await IOLoop.current().run_in_executor(surface.pool, work)
            session = surface.sessions.opened(request.user)
            if session is not None:
                surface.bus.hear(session)
        surface.metrics.count(surface.service.name(request), answer.status, time.monotonic() - begun)
        await self.reply(answer)

    def _query(self) -> Mapping[str, list[str]]:
        # The token and the tag against caches are Jupyter's own.
        names = self.request.query_arguments.keys() - {"token", "_", "no_track_activity"}
        return {name: self.get_query_arguments(name, strip=False) for name in names}


class MetricsHandler(OwnedHandler):
    """What Prometheus reads."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Return the counts of this server and of the user's jobs."""
        surface = self.surface
        work = partial(_metrics, surface, self.owner)
        await self.reply(await IOLoop.current().run_in_executor(surface.pool, work))


def _metrics(surface: Surface, owner: str) -> Reply:
    return Reply(type=TYPE, body=surface.metrics.text(surface.sessions.get(owner)))
