"""How much memory that is free a worker keeps, instead of asking the system for it anew.

Dask starts its workers with a setting under which the C library maps each buffer of 128 KiB and more by
itself, and gives it back at once: every page of a fresh buffer is a fault, and reading takes three times as
long.
"""

from __future__ import annotations

import ctypes
from typing import Final

FREE_BYTES: Final = 256 << 20
MAPPED_BYTES: Final = 64 << 20
# With less, what is kept is missing where it is needed: all that is freed is given back.
LEAST_LIMIT: Final = 1 << 30
# What <malloc.h> calls them.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3


def keep_freed(limit: int | None) -> bool:
    """Keep what is freed; False in a process of little memory, and where the C library has no such way.

    Parameters
    ----------
    limit
        Bytes that the process may take; None for any number.

    Examples
    --------
    >>> isinstance(keep_freed(None), bool)
    True
    """
    if limit and limit < LEAST_LIMIT:
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return False
    return bool(mallopt(_MMAP_THRESHOLD, MAPPED_BYTES) and mallopt(_TRIM_THRESHOLD, FREE_BYTES))
