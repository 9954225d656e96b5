from __future__ import annotations

import asyncio
import os
import signal
import threading

from fusionflow_lab.results.interrupt import interrupt_cancels


def test_an_interrupt_cancels_the_task_alone() -> None:
    async def main() -> str:
        try:
            with interrupt_cancels():
                asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
                await asyncio.sleep(30)
        except asyncio.CancelledError:
            return "cancelled"
        return "slept"

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process of pytest-xdist has none
    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(main()) == "cancelled"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        loop.close()
        signal.signal(signal.SIGINT, before)


def test_other_threads_are_left_alone() -> None:
    async def main() -> bool:
        before = signal.getsignal(signal.SIGINT)
        with interrupt_cancels():
            return signal.getsignal(signal.SIGINT) is before

    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.append(asyncio.run(main())))
    thread.start()
    thread.join()
    assert seen == [True]
