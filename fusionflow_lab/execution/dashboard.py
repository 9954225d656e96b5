"""Where the dashboard of a cluster is: asked of its scheduler."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlsplit

from distributed.core import rpc
from distributed.security import Security
from distributed.utils import format_dashboard_link

ANSWER_SECONDS: Final = 1.0


def dashboard_link(scheduler: str) -> str:
    """Return the URL of a scheduler's dashboard; empty where it has none, or does not answer in a second.

    Examples
    --------
    >>> dashboard_link("tcp://127.0.0.1:9")
    ''
    """
    return asyncio.run(_link(scheduler))


async def _link(scheduler: str) -> str:
    asked = rpc(scheduler, connection_args=Security().get_connection_args("client"), timeout=ANSWER_SECONDS)
    try:
        identity = await asyncio.wait_for(asked.identity(), ANSWER_SECONDS)
    except (OSError, TimeoutError, ValueError):
        return ""
    finally:
        await asked.close_rpc()
    port = identity.get("services", {}).get("dashboard")
    # As Dask's own setting says (distributed.dashboard.link): through a proxy of the hub, for example.
    return str(format_dashboard_link(urlsplit(scheduler).hostname, port)) if port else ""
