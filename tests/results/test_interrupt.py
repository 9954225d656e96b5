from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading

import pytest

from fusionflow_lab.results.interrupt import interrupt_cancels, interrupts_kept_here


def test_an_interrupt_cancels_the_task_alone() -> None:
    async def main() -> str:
        try:
            with interrupt_cancels():
                asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
                await asyncio.sleep(30)
        except asyncio.CancelledError:
            return "cancelled"
        return "slept"

    before = signal.getsignal(signal.SIGINT)
    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(main()) == "cancelled"
    finally:
        loop.close()
    assert signal.getsignal(signal.SIGINT) is before


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


@pytest.mark.parametrize(("kept", "code"), [(True, 7), (False, -signal.SIGINT)])
def test_processes_started_from_kept_threads_outlive_an_interrupt(*, kept: bool, code: int) -> None:
    child = "import sys; print('up', flush=True); sys.stdin.readline(); sys.exit(7)"
    processes: list[subprocess.Popen[str]] = []

    def start() -> None:
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", f"import signal; signal.signal(2, signal.SIG_DFL); {child}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )

    def start_thread() -> None:
        thread = threading.Thread(target=start)
        thread.start()
        thread.join()

    if kept:
        with interrupts_kept_here():
            start_thread()
    else:
        start_thread()
    with processes[0] as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        process.communicate("go\n")
    assert process.returncode == code
