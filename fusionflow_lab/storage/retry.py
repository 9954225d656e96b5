"""Ask again where a store stumbles: with longer and longer pauses, each of them shortened by chance."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from fusionflow_lab.errors import SourceError

T = TypeVar("T")


class TransientError(Exception):
    """The store stumbled; the same request may well succeed soon. The text says how, and holds no secret."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How often a request is made, and how long one may take.

    Parameters
    ----------
    attempts
        How often a request is made at most.
    first_pause, longest_pause
        Seconds before the second attempt, doubled for each one after it, and where that ends. A random part
        of it is waited, so that many who were turned away do not come back together.
    silence
        Seconds without a byte after which an attempt is given up.
    slowest
        Bytes a second below which it is given up.
    """

    attempts: int = 7
    first_pause: float = 0.2
    longest_pause: float = 8.0
    silence: float = 20.0
    slowest: int = 64 << 10

    def seconds(self, size: int) -> float:
        """Return how long an attempt to move ``size`` bytes may take.

        Examples
        --------
        >>> Patience(silence=20.0, slowest=65536).seconds(1 << 20)
        36.0
        """
        return self.silence + size / self.slowest

    async def run(self, attempt: Callable[[], Awaitable[T]], *, where: str, size: int = 0) -> T:
        """Make a request until it succeeds.

        Parameters
        ----------
        attempt
            Makes it once; it raises ``TransientError`` where another attempt makes sense.
        where
            What is asked for, without secrets.
        size
            Bytes to move.

        Raises
        ------
        SourceError
            The last attempt failed as well.
        """
        why = ""
        for number in range(self.attempts):
            if number:
                pause = min(self.longest_pause, self.first_pause * 2.0 ** (number - 1))
                await asyncio.sleep(pause * random.uniform(0.3, 1.0))  # noqa: S311 - no secret
            try:
                async with asyncio.timeout(self.seconds(size)):
                    return await attempt()
            except TransientError as error:
                why = str(error)
            except TimeoutError:
                why = f"it was too slow: {size} bytes took more than {self.seconds(size):.0f} s"
        raise SourceError(
            f"{where} could not be reached in {self.attempts} attempts: {why}",
            where=where,
            hint="run the query again when it is well: finished work is kept",
        )
