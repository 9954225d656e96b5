from __future__ import annotations

import asyncio
import contextvars

import pytest

from fusionflow_lab.notebook.blocking import run_blocking

place = contextvars.ContextVar("place", default="nowhere")


async def answer() -> str:
    await asyncio.sleep(0)
    return place.get()


def test_runs_with_the_context_of_the_caller() -> None:
    place.set("cell")
    assert run_blocking(answer()) == "cell"


def test_runs_where_a_loop_is_running() -> None:
    async def main() -> str:
        return run_blocking(answer())

    assert asyncio.run(main()) == place.get()


def test_raises_what_the_coroutine_raises() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run_blocking(broken())
