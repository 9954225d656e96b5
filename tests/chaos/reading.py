"""What workers read, work that was lost included: the kernel counts it for each process."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class Reading:
    """Bytes that processes have read from files, dead ones included (Linux).

    Each process also reads what it needs to start; ``start_bytes``, measured while nobody disturbs, is
    taken off.
    """

    def __init__(self) -> None:
        self._bytes: dict[int, int] = {}
        self.start_bytes = 0

    def look(self, pids: Iterable[int]) -> None:
        """Note what some processes have read so far; one that is gone keeps what was noted last."""
        for pid in pids:
            with suppress(OSError, IndexError, ValueError):
                first = Path(f"/proc/{pid}/io").read_text().split("\n", 1)[0]
                self._bytes[pid] = int(first.removeprefix("rchar: "))

    @property
    def total(self) -> int:
        """Bytes read in all, without what was read to start."""
        return sum(max(0, count - self.start_bytes) for count in self._bytes.values())

    def calibrate(self, expected: int) -> None:
        """Take what was read beyond ``expected`` for what it takes to start, the same for each process."""
        self.start_bytes = max(0, sum(self._bytes.values()) - expected) // max(1, len(self._bytes))
