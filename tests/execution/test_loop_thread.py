"""The loop thread: what is started is told of its cancellation, and interrupts stay outside."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from concurrent.futures import CancelledError

import pytest

from fusionflow_lab.execution.loop_thread import LoopThread


def test_a_coroutine_that_is_cancelled_at_once_has_begun() -> None:
    told: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    with LoopThread() as thread:
        future = thread.submit(work())
        future.cancel()
        with pytest.raises(CancelledError):
            future.result()
        while not told:
            thread.submit(asyncio.sleep(0)).result()


def test_closing_twice_does_no_harm() -> None:
    thread = LoopThread()
    thread.close()
    thread.close()


def test_processes_of_the_thread_outlive_an_interrupt() -> None:
    child = "import signal; signal.signal(2, signal.SIG_DFL); print('up', flush=True); input()"

    async def interrupted() -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", child, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGINT)
        await process.communicate(b"go\n")
        return await process.wait()

    with LoopThread() as thread:
        assert thread.submit(interrupted()).result() == 0
