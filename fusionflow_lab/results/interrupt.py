"""Turn Ctrl-C and the stop button into the cancellation of one task, and of nothing else."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupt_cancels() -> Iterator[None]:
    """Make an interrupt cancel the current task at once, in a terminal and in a kernel.

    A terminal's handler would break out of the event loop and leave the task behind. A kernel's cancels the
    cell too, but only when the loop wakes for some other reason, which may be seconds later.
    """
    before = signal.getsignal(signal.SIGINT)
    task = asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    loop = asyncio.get_running_loop()
    signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(task.cancel))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
