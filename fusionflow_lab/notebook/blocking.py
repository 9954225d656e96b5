"""Run a coroutine from code that cannot await, whether or not an event loop runs in this thread.

A kernel's main thread always has a running loop, so the coroutine gets a thread and a loop of its own, with
the caller's context: what it displays belongs to the caller's cell. An interrupt cancels it and waits for
its end.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def run_blocking(work: Coroutine[object, None, T]) -> T:
    """Run a coroutine to its end and return what it returns.

    Examples
    --------
    >>> run_blocking(asyncio.sleep(0, result=7))
    7
    """
    outcome: Future[T] = Future()
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def main() -> T:
        task = asyncio.ensure_future(work)
        started.set_result((asyncio.get_running_loop(), task))
        return await task

    def body() -> None:
        try:
            outcome.set_result(asyncio.run(main()))
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread
            outcome.set_exception(error)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(body,), name="fusionflow-cell", daemon=True).start()
    try:
        return outcome.result()
    except KeyboardInterrupt:
        loop, task = started.result()
        with suppress(RuntimeError):  # the loop is closed: the work was faster than the interrupt
            loop.call_soon_threadsafe(task.cancel)
        return outcome.result()
