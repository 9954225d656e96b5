"""Tell an interrupt from the end of the kernel: who restarts or shuts down a kernel interrupts it first.

That is how Jupyter's clients do it, so that a cell at work does not keep the kernel; the request to end comes
right after. A user who interrupts wants the job stopped, one who restarts the kernel does not.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from IPython.core.interactiveshell import InteractiveShell

_REQUEST_SECONDS: Final = 0.15
_LOOK_SECONDS: Final = 0.01


async def kernel_ends(shell: InteractiveShell) -> bool:
    """Wait a moment for the request to end that may follow an interrupt; tell whether it came."""
    give_up = time.monotonic() + _REQUEST_SECONDS
    while not getattr(shell, "exit_now", False):
        if time.monotonic() > give_up:
            return False
        await asyncio.sleep(_LOOK_SECONDS)
    return True
