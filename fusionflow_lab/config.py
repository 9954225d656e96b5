"""The settings, once: an argument wins over the environment, that over the default.

Each field is also an environment variable, ``FUSIONFLOW_`` and its name in capitals. A variable of
that prefix that nobody knows is an error: a setting that is silently ignored is worse than none.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import platformdirs

from fusionflow_lab.errors import ConfigError

_PREFIX: Final = "FUSIONFLOW_"
_READ_ELSEWHERE: Final = frozenset({"FUSIONFLOW_SIMD", "FUSIONFLOW_CORPORA"})  # native core, tests
_KNOWN: Final = (
    "FUSIONFLOW_CACHE_MAX_AGE",
    "FUSIONFLOW_CACHE_MAX_SIZE",
    "FUSIONFLOW_FRAME_LIMIT",
    "FUSIONFLOW_HOME",
    "FUSIONFLOW_MEMORY_LIMIT",
    "FUSIONFLOW_RUNNER",
    "FUSIONFLOW_RUNNER_IDLE",
    "FUSIONFLOW_WORKERS",
)
_MEMORY: Final = re.compile(r"auto|0|\d+(\.\d+)?\s*([kmgtp]i?)?b", re.IGNORECASE)
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgtp])(i?))?b", re.IGNORECASE)
_AGE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])", re.IGNORECASE)
_AGE_SECONDS: Final = MappingProxyType({"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0})
_FRAME_LIMIT: Final = "1 GiB"
_CACHE_MAX_AGE: Final = "30d"
_CACHE_MAX_SIZE: Final = "20 GB"
_MOST_WORKERS: Final = 1024
_RUNNERS: Final = ("detached", "inprocess")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The settings of a session.

    Parameters
    ----------
    home
        Folder of the job database, the states and the results.
    workers
        Worker processes of a local cluster, one thread each.
    memory_limit
        Memory of each of them as Dask writes it: ``"auto"``, ``"2 GiB"``, ``"0"`` for no limit.
    frame_limit
        The most that a table of the user's program in FROM may take: ``"1 GiB"``.
    runner
        Who drives the jobs: ``"detached"``, a process of its own that outlives this one, or
        ``"inprocess"``, this one.
    runner_idle
        Seconds without jobs and clients after which a detached runner ends.
    cache_max_age
        How long states are kept that nobody uses: ``"30d"``, ``"12h"``.
    cache_max_size
        What all states together may take: ``"20 GB"``; those used longest ago go first.

    Examples
    --------
    >>> Config.load(workers=2, environ={"FUSIONFLOW_WORKERS": "8"}).workers
    2
    """

    home: Path
    workers: int
    memory_limit: str = "auto"
    frame_limit: str = _FRAME_LIMIT
    runner: str = "detached"
    runner_idle: float = 600.0
    cache_max_age: str = _CACHE_MAX_AGE
    cache_max_size: str = _CACHE_MAX_SIZE

    @property
    def cache_seconds(self) -> float:
        """``cache_max_age`` in seconds."""
        return seconds_of("cache_max_age", self.cache_max_age)

    @property
    def cache_bytes(self) -> int:
        """``cache_max_size`` in bytes."""
        return bytes_of("cache_max_size", self.cache_max_size)

    @property
    def frame_bytes(self) -> int:
        """``frame_limit`` in bytes.

        Examples
        --------
        >>> Config(home=Path("home"), workers=1, frame_limit="1.5 MiB").frame_bytes
        1572864
        """
        return bytes_of("frame_limit", self.frame_limit)

    def __post_init__(self) -> None:
        if not 1 <= self.workers <= _MOST_WORKERS:
            raise ConfigError(f"workers is {self.workers}", hint=f"take 1 to {_MOST_WORKERS}")
        if not _MEMORY.fullmatch(self.memory_limit):
            raise ConfigError(
                f"memory_limit is {self.memory_limit!r}", hint="write it as 'auto', '2 GiB' or '500 MB'"
            )
        _ = self.frame_bytes, self.cache_seconds, self.cache_bytes
        if self.runner not in _RUNNERS:
            raise ConfigError(f"runner is {self.runner!r}", hint=f"write {' or '.join(_RUNNERS)}")
        if not self.runner_idle >= 0:
            raise ConfigError(f"runner_idle is {self.runner_idle}", hint="write seconds, 600 for ten minutes")
        if self.home.exists() and not self.home.is_dir():
            raise ConfigError("home is not a folder", where=str(self.home), hint="name another, or move it")

    @classmethod
    def load(
        cls,
        *,
        home: str | Path | None = None,
        workers: int | None = None,
        memory_limit: str | None = None,
        runner: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Config:
        """Collect the settings; what is None here comes from the environment or its default.

        Raises
        ------
        ConfigError
            A setting is unknown or out of range.
        """
        values = _known_variables(os.environ if environ is None else environ)
        folder = home or values.get("FUSIONFLOW_HOME") or platformdirs.user_data_path("fusionflow")
        if workers is None:
            given = _whole_number("FUSIONFLOW_WORKERS", values)
            workers = _processors() if given is None else given
        return cls(
            home=Path(folder).expanduser().absolute(),
            workers=workers,
            memory_limit=memory_limit or values.get("FUSIONFLOW_MEMORY_LIMIT") or "auto",
            frame_limit=values.get("FUSIONFLOW_FRAME_LIMIT") or _FRAME_LIMIT,
            runner=runner or values.get("FUSIONFLOW_RUNNER") or _RUNNERS[0],
            cache_max_age=values.get("FUSIONFLOW_CACHE_MAX_AGE") or _CACHE_MAX_AGE,
            cache_max_size=values.get("FUSIONFLOW_CACHE_MAX_SIZE") or _CACHE_MAX_SIZE,
            runner_idle=_seconds("FUSIONFLOW_RUNNER_IDLE", values, 600.0),
        )

    def runner_log(self, cluster: str) -> Path:
        """Return where the detached runner of a cluster writes its log.

        Examples
        --------
        >>> Config(home=Path("home"), workers=1).runner_log("local").name
        'runner.log'
        """
        if cluster == "local":
            return self.home / "runner.log"
        return self.home / f"runner-{hashlib.blake2b(cluster.encode(), digest_size=4).hexdigest()}.log"


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


def _known_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return our variables that are set to something; one that nobody knows is an error."""
    ours = {name: value.strip() for name, value in environ.items() if name.startswith(_PREFIX)}
    for name in sorted(ours.keys() - set(_KNOWN) - _READ_ELSEWHERE):
        endings = {known.removeprefix(_PREFIX): known for known in _KNOWN}
        near = difflib.get_close_matches(name.removeprefix(_PREFIX), endings, n=1)
        raise ConfigError(
            f"unknown setting {name}",
            where="environment variables",
            hint=f"did you mean {endings[near[0]]}?" if near else f"known are {', '.join(_KNOWN)}",
        )
    return {name: value for name, value in ours.items() if value}


def _whole_number(name: str, values: Mapping[str, str]) -> int | None:
    value = values.get(name)
    if value is None:
        return None
    try:
        return int(value)
    except ValueError:
        raise ConfigError(
            f"{name} is {value!r}", where="environment variables", hint="write a whole number"
        ) from None


def _seconds(name: str, values: Mapping[str, str], default: float) -> float:
    try:
        return float(values.get(name, default))
    except ValueError:
        raise ConfigError(
            f"{name} is {values[name]!r}", where="environment variables", hint="write seconds"
        ) from None


def _processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
