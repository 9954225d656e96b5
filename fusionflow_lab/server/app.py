"""The extension of Jupyter's server: handlers under ``fusionflow/api/v1``, sessions while it runs."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from jupyter_server.extension.application import ExtensionApp

from fusionflow_lab.server.access import UserSessions, server_config
from fusionflow_lab.server.bus import Bus
from fusionflow_lab.server.handlers import MetricsHandler, ServiceHandler, Surface
from fusionflow_lab.server.metrics import Metrics
from fusionflow_lab.server.stream import EventsHandler
from fusionflow_lab.service.service import Service
from fusionflow_lab.traits import FusionFlow

BASE: Final = r"/fusionflow/api/v1"
_THREADS: Final = 8


class ServerExtension(ExtensionApp):
    """FusionFlow Lab in a Jupyter server; its settings are those of ``c.FusionFlow``."""

    name = "fusionflow_lab"
    extension_url = "/"
    load_other_extensions = True
    classes = [FusionFlow]  # noqa: RUF012 - as its base has it

    surface: Surface | None = None

    def initialize_settings(self) -> None:
        """Read the settings; nothing is opened before somebody asks."""
        server = self.serverapp
        if server is None or server.event_logger is None:
            raise RuntimeError("the extension runs in a Jupyter server")
        config = server_config(FusionFlow(parent=self).given(), server.root_dir)
        sessions = UserSessions(config)
        self.surface = Surface(
            service=Service(sessions.get),
            sessions=sessions,
            metrics=Metrics(),
            bus=Bus(server.event_logger),
            pool=ThreadPoolExecutor(_THREADS, thread_name_prefix="fusionflow-request"),
        )

    def initialize_handlers(self) -> None:
        """Add the handlers: one for all routes of the service, and two that are no requests of it."""
        shared = {"surface": self.surface}
        self.handlers.extend(
            [
                (rf"{BASE}/events", EventsHandler, shared),
                (rf"{BASE}/metrics", MetricsHandler, shared),
                (rf"{BASE}/(.+)", ServiceHandler, shared),
            ]
        )

    async def stop_extension(self) -> None:
        """Close the sessions; jobs of runners go on."""
        if self.surface is not None:
            self.surface.bus.close()
            await asyncio.to_thread(self.surface.sessions.close)
            self.surface.pool.shutdown(wait=False, cancel_futures=True)
