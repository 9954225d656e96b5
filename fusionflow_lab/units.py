"""Sizes and lengths of time as people write them.

``dask.utils`` has such functions, but takes an empty text as one byte and ``-5`` as a size.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from fusionflow_lab.errors import ConfigError

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgtp])(i?))?b", re.IGNORECASE)
_AGE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])", re.IGNORECASE)
_AGE_SECONDS: Final = MappingProxyType({"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0})
_ERRORS: Final = re.compile(r"\d+|\d+(\.\d+)?%")


def bytes_of(name: str, text: str) -> int:
    """Return a size in bytes.

    Raises
    ------
    ConfigError
        It is written in another way; ``name`` is what it was to be.

    Examples
    --------
    >>> bytes_of("max_size", "20GB"), bytes_of("max_size", "1.5 KiB")
    (20000000000, 1536)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{name} is {text!r}", hint="write it as '2 GiB' or '500 MB'")
    number, unit, binary = found.groups()
    power = "kmgtp".index(unit.lower()) + 1 if unit else 0
    return int(float(number) * (1024 if binary else 1000) ** power)


def seconds_of(name: str, text: str) -> float:
    """Return a length of time in seconds.

    Raises
    ------
    ConfigError
        It is written in another way; ``name`` is what it was to be.

    Examples
    --------
    >>> seconds_of("max_age", "30d"), seconds_of("max_age", "1.5 h")
    (2592000.0, 5400.0)
    """
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{name} is {text!r}", hint="write it as '30d', '12h', '10m' or '5s'")
    number, unit = found.groups()
    return float(number) * _AGE_SECONDS[unit.lower()]


def max_errors_of(text: str) -> str:
    """Return how many records may be rejected, as it is written; empty for the default.

    Raises
    ------
    ConfigError
        It is neither a number nor a percentage.

    Examples
    --------
    >>> max_errors_of("5 %"), max_errors_of("100")
    ('5%', '100')
    """
    written = "".join(text.split())
    if written and not _ERRORS.fullmatch(written):
        raise ConfigError(f"max_errors is {text!r}", hint="write a number of records, or a part: 1%")
    return written
