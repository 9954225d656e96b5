"""Files elsewhere as the rest of the package sees them: found by pattern, read by ranges of bytes.

Requests run on one thread with an event loop, that of fsspec; ``done`` is how other threads wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from fusionflow_lab.errors import ScanCancelledError
from fusionflow_lab.lazily import Lazy

if TYPE_CHECKING:
    from fsspec import asyn
else:
    asyn = Lazy("fsspec.asyn")  # most jobs read files of this machine

T = TypeVar("T")

_LOOK: Final = 0.25


class Range(NamedTuple):
    """Bytes ``[start, end)``."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectInfo:
    """An object as it was when it was looked at.

    ``version`` is what its store calls this content of it (the ETag where there is one); ``modified_ns``
    counts nanoseconds since 1970, 0 where the store does not tell.
    """

    url: str
    size: int
    version: str
    modified_ns: int = 0


class Objects(Protocol):
    """Objects of one kind of store."""

    async def find(self, pattern: str) -> list[ObjectInfo]:
        """Return the objects of a pattern, sorted by name.

        Raises
        ------
        FileNotFoundError
            There is none.
        PermissionError
            The store does not let us.
        SourceError
            It does not answer.
        """

    async def read(self, found: ObjectInfo, wanted: Range) -> bytes:
        """Return bytes of an object that is still the one that was found; raises like ``find``.

        Raises
        ------
        SourceChangedError
            It is not.
        """


async def read_all(
    objects: Objects, found: ObjectInfo, ranges: Sequence[Range], *, at_once: int = 16
) -> list[bytes]:
    """Read several ranges of an object at the same time; the first error ends it."""
    limit = asyncio.Semaphore(at_once)

    async def read(wanted: Range) -> bytes:
        async with limit:
            return await objects.read(found, wanted)

    reads = [asyncio.ensure_future(read(wanted)) for wanted in ranges]
    try:
        return await asyncio.gather(*reads)
    finally:
        for task in reads:
            task.cancel()


def begin(work: Coroutine[object, object, T]) -> Future[T]:
    """Begin to run a coroutine on the thread that all requests run on."""
    return asyncio.run_coroutine_threadsafe(work, asyn.get_loop())


def waited_for(work: Future[T], cancelled: Callable[[], bool] | None = None) -> T:
    """Wait for what was begun, and return what it returns.

    Parameters
    ----------
    work
        What is under way.
    cancelled
        Asked every quarter of a second whether to give up.

    Raises
    ------
    ScanCancelledError
        It said so.
    """
    while True:
        try:
            return work.result(timeout=_LOOK)
        except TimeoutError:
            if work.done():
                raise
            if cancelled is not None and cancelled():
                work.cancel()
                raise ScanCancelledError("the scan was cancelled") from None
        except BaseException:
            work.cancel()
            raise


def done(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end and return what it returns.

    Examples
    --------
    >>> done(asyncio.sleep(0, "slept"))
    'slept'
    """
    return waited_for(begin(work))
