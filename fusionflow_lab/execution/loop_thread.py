"""An event loop in a thread of its own: what drives jobs while the caller does something else."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from multiprocessing import resource_tracker
from typing import Final, Self, TypeVar

T = TypeVar("T")

LEAVE_SECONDS: Final = 5.0


class LoopThread:
    """A daemon thread that runs an event loop until it is closed.

    Interrupts are blocked in it, and so in the processes it starts: a kernel and a terminal interrupt the
    whole process group, and workers of this machine would die of it.

    Examples
    --------
    >>> with LoopThread() as thread:
    ...     thread.submit(asyncio.sleep(0, "done")).result()
    'done'
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[object]] = set()
        self._thread = threading.Thread(target=self._run, name="fusionflow", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the thread."""
        self.close()

    def submit(self, work: Coroutine[object, object, T]) -> Future[T]:
        """Start a coroutine on the loop; cancelling the future cancels it.

        It has begun when this returns, so that it always sees its cancellation.
        """
        begun = threading.Event()

        async def begin() -> T:
            task = asyncio.current_task()
            if task is not None:
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            begun.set()
            return await work

        future = asyncio.run_coroutine_threadsafe(begin(), self._loop)
        begun.wait()
        return future

    def call(self, function: Callable[[], None]) -> None:
        """Call a function on the loop, soon; returns at once."""
        self._loop.call_soon_threadsafe(function)

    def close(self) -> None:
        """Stop the loop and wait for its thread; what was cancelled before leaves first."""
        if not self._loop.is_closed():
            self.submit(self._left()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _left(self) -> None:
        """Wait a moment for what was submitted: a future is cancelled before its coroutine is."""
        leaving = self._tasks - {asyncio.current_task()}
        if leaving:
            await asyncio.wait(leaving, timeout=LEAVE_SECONDS)

    def _run(self) -> None:
        # Starting multiprocessing's tracker unblocks the signal: it has to run before.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
