"""A real Jupyter server with the extension, below a base URL, and the ways to ask it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from jupyter_server.serverapp import ServerApp
from pytest_jupyter.jupyter_server import *  # noqa: F403 - its fixtures and hooks, for these alone
from tornado.httpclient import HTTPClientError, HTTPResponse
from tornado.websocket import WebSocketClientConnection

from fusionflow_lab.server.app import ServerExtension

BASE = "/user/ann/"
API = "fusionflow/api/v1"
TRIPS = "city,distance\nOslo,7\nOslo,5\nBergen,3\n"


@pytest.fixture(name="jp_base_url")
def base_url() -> str:
    return BASE


@pytest.fixture(name="jp_server_config")
def server_config(tmp_path: Path) -> dict[str, object]:
    return {
        "ServerApp": {"jpserver_extensions": {"fusionflow_lab": True}},
        "FusionFlow": {"home": str(tmp_path / "fusionflow"), "workers": 1, "runner": "inprocess"},
    }


class Fetch(Protocol):
    def __call__(self, *parts: str, **options: Any) -> Awaitable[HTTPResponse]: ...  # noqa: ANN401


@dataclass(frozen=True)
class Site:
    """Asks the server; what it refuses comes back as a reply, too."""

    fetch: Fetch
    socket: Callable[..., Awaitable[WebSocketClientConnection]]
    app: ServerApp
    root: Path

    @property
    def extension(self) -> ServerExtension:
        (found,) = self.app.extension_manager.extension_apps["fusionflow_lab"]
        assert isinstance(found, ServerExtension)
        return found

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | Sequence[str]] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> HTTPResponse:
        sent = None if body is None else json.dumps(body)
        kind = {"Content-Type": "application/json"} if body is not None else {}
        if sent is None and method in {"POST", "PATCH"}:
            sent = ""
        try:
            return await self.fetch(
                API,
                path,
                method=method,
                params=pairs(query or {}),
                body=sent,
                headers={**kind, **(headers or {})},
                request_timeout=60,
            )
        except HTTPClientError as error:
            if error.response is None:
                raise
            return error.response

    async def json(self, method: str, path: str, **parts: Any) -> Any:  # noqa: ANN401 - JSON is anything
        reply = await self.send(method, path, **parts)
        assert reply.code < 300, reply.body
        return json.loads(reply.body)

    async def run(self, sql: str, **more: object) -> str:
        job: str = (await self.json("POST", "jobs", body={"sql": sql, **more}))["id"]
        surface = self.extension.surface
        assert surface is not None
        session = surface.sessions.opened(surface.sessions.config.user)
        assert session is not None
        async for event in session.job(job).events():
            del event
        return job


def pairs(query: Mapping[str, str | int | Sequence[str]]) -> list[tuple[str, str]]:
    """Write a query as fetching takes it: a name for each of its values."""
    return [
        (name, str(value))
        for name, values in query.items()
        for value in (values if isinstance(values, list | tuple) else [values])
    ]


@pytest.fixture
def site(
    jp_fetch: Fetch,
    jp_ws_fetch: Callable[..., Awaitable[WebSocketClientConnection]],
    jp_serverapp: ServerApp,
    jp_root_dir: Path,
) -> Site:
    (jp_root_dir / "trips.csv").write_text(TRIPS)
    return Site(jp_fetch, jp_ws_fetch, jp_serverapp, jp_root_dir)
