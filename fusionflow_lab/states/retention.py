"""How long states are kept: by the time since they were used last, and by what all of them take.

A state is only ever a saving: what is deleted is scanned again. So nothing here locks anything; what a job
may be using is left alone by its time, and deleting what another process deletes is no error.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# A put writes a temporary file and renames it: one that is that old was left by a process that died.
ORPHAN_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The states of one map (or the broadcast tables): how many, their bytes, and when one was used last."""

    name: str
    states: int
    size: int
    used: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What was deleted, and what is left."""

    states: int = 0
    size: int = 0
    orphans: int = 0
    states_left: int = 0
    size_left: int = 0


@dataclass(frozen=True, slots=True)
class _File:
    used: float
    size: int
    path: str


def kept(root: str | Path) -> list[Kept]:
    """Return what is kept in a folder of states, the maps used last first."""
    maps: dict[str, list[_File]] = defaultdict(list)
    for file in _files(root):
        if not _is_temporary(file.path):
            maps[Path(file.path).parent.name].append(file)
    found = [
        Kept(
            name=name,
            states=len(files),
            size=sum(file.size for file in files),
            used=max(file.used for file in files),
        )
        for name, files in maps.items()
    ]
    return sorted(found, key=lambda one: (-one.used, one.name))


def collect(
    root: str | Path,
    *,
    max_age: float,
    max_size: int,
    in_use_since: float | None = None,
    now: float | None = None,
) -> Collected:
    """Delete states by age and size, the ones used longest ago first, and what dead processes left.

    Parameters
    ----------
    root
        The folder of states.
    max_age
        Seconds since its last use after which a state goes.
    max_size
        Bytes that all states together may take.
    in_use_since
        When the oldest job that has not ended began: what was used or written since then stays.
    now
        Seconds since the epoch, for tests.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / "map").mkdir()
    >>> _ = (root / "map" / "state").write_bytes(b"twelve bytes")
    >>> collect(root, max_age=60.0, max_size=100).size_left
    12
    >>> collect(root, max_age=60.0, max_size=10).size
    12
    """
    now = time.time() if now is None else now
    files = sorted(_files(root), key=lambda file: file.used)
    orphans = [file for file in files if _is_temporary(file.path)]
    states = [file for file in files if not _is_temporary(file.path)]
    left = sum(file.size for file in states)
    gone: list[_File] = []
    for file in states:
        if in_use_since is not None and file.used >= in_use_since:
            break
        if now - file.used <= max_age and left <= max_size:
            break
        gone.append(file)
        left -= file.size
    _delete(gone)
    dead = [file for file in orphans if now - file.used > ORPHAN_SECONDS]
    _delete(dead)
    return Collected(
        states=len(gone),
        size=sum(file.size for file in gone),
        orphans=len(dead),
        states_left=len(states) - len(gone),
        size_left=left,
    )


def collect_frames(
    folder: str | Path, *, max_age: float, live: Collection[str], now: float | None = None
) -> int:
    """Delete tables of users' programs by age, and return how many; young ones may await their job.

    Parameters
    ----------
    folder
        Where they lie.
    max_age
        Seconds since a query named a table last; an hour at least.
    live
        Paths of those that jobs read that have not ended: they stay.
    now
        Seconds since the epoch, for tests.
    """
    now = time.time() if now is None else now
    found: list[_File] = []
    with suppress(FileNotFoundError):
        found.extend(_entries(str(folder)))
    oldest = now - max(max_age, ORPHAN_SECONDS)
    gone = [file for file in found if file.used < oldest and file.path not in live]
    for file in gone:
        Path(file.path).unlink(missing_ok=True)
    return len(gone)


def collect_results(
    folder: str | Path, *, max_age: float, live: Collection[str], now: float | None = None
) -> int:
    """Delete results of jobs by the time since somebody looked at them last, and return how many.

    Parameters
    ----------
    folder
        Where they lie, their names beginning with the id of the job.
    max_age
        Seconds; an hour at least.
    live
        Ids of jobs that have not ended: theirs stay.
    now
        Seconds since the epoch, for tests.
    """
    now = time.time() if now is None else now
    found: list[_File] = []
    with suppress(FileNotFoundError):
        found.extend(_entries(str(folder)))
    oldest = now - max(max_age, ORPHAN_SECONDS)
    gone = [file for file in found if file.used < oldest and Path(file.path).name.split(".")[0] not in live]
    for file in gone:
        Path(file.path).unlink(missing_ok=True)
    return len(gone)


def collect_tables(
    folder: str | Path, *, max_age: float, live: Collection[str], now: float | None = None
) -> int:
    """Delete tables of CREATE TABLE by the time since one of their files was read last, and return how many.

    Parameters
    ----------
    folder
        Where they lie, each in a folder of its own.
    max_age
        Seconds; an hour at least.
    live
        Names of the folders that jobs read or write that have not ended: they stay.
    now
        Seconds since the epoch, for tests.
    """
    now = time.time() if now is None else now
    oldest = now - max(max_age, ORPHAN_SECONDS)
    gone = 0
    for table in sorted(Path(folder).iterdir()) if Path(folder).is_dir() else ():
        if table.name in live:
            continue
        files = [file for place, _, _ in os.walk(table) for file in _entries(place)]
        if max((file.used for file in files), default=table.stat().st_mtime) < oldest:
            shutil.rmtree(table, ignore_errors=True)
            gone += 1
    return gone


def _files(root: str | Path) -> Iterator[_File]:
    """Yield the files one folder below ``root``; what goes away meanwhile is not there."""
    with suppress(FileNotFoundError):
        with os.scandir(root) as found:
            folders = [folder.path for folder in found if folder.is_dir()]
        for folder in folders:
            with suppress(FileNotFoundError):
                yield from _entries(folder)


def _entries(folder: str) -> Iterator[_File]:
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        with suppress(FileNotFoundError):
            if entry.is_file():
                stat = entry.stat()
                yield _File(max(stat.st_mtime, stat.st_atime), stat.st_size, entry.path)


def _is_temporary(path: str) -> bool:
    name = Path(path).name
    return name.startswith(".") and name.endswith(".tmp")


def _delete(files: Sequence[_File]) -> None:
    for file in files:
        with suppress(FileNotFoundError):
            Path(file.path).unlink()
    for folder in {Path(file.path).parent for file in files}:
        with suppress(OSError):  # not empty
            folder.rmdir()
