"""A folder whose files change as a whole.

::

    part-….parquet                    its files, or column=value/part-….parquet
    _fusionflow/log/00000007.json     version 7: which files the dataset consists of
    _fusionflow/done/00000007         … and all of them are in their places
    _fusionflow/staging/…             files that are no part of it yet

The creation of a version's file is the commit: it is there or it is not, and of several who create it one
does. Whoever comes next, writer or reader, then *rolls it forward*: files that wait take their names, files
that are no part of it any more go. That can be done by several at once and any number of times. A file's name
is never used again, so that somebody who wakes up late does no harm.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fusionflow_lab.datasets.version import DONE, LOG, STAGING, Part, Version
from fusionflow_lab.errors import QueryError, StateError
from fusionflow_lab.storage import Store

_MOST_RACES = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a job wants of a dataset: its files, added or in the place of all others; see ``Version``."""

    job: str
    mode: str
    file_format: str
    reader: Mapping[str, str | bool]
    columns: tuple[tuple[str, str], ...]
    partition_by: tuple[str, ...]
    parts: tuple[Part, ...]
    result: str = ""


class LostPartError(Exception):
    """A file that was to become part of a dataset is gone, or is part of it already: write it again."""

    def __init__(self, part: Part) -> None:
        super().__init__(part.name)
        self.part = part


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset in a store.

    Parameters
    ----------
    store
        The folder.
    """

    store: Store

    def current(self) -> Version | None:
        """Return the newest version, all its files in their places; None for no dataset.

        Raises
        ------
        StateError
            Its manifest cannot be read, or a file of it is gone.
        """
        version = self._newest()
        if version is not None and not self.store.has(version.done):
            self._roll_forward(version)
        return version

    def of_job(self, job: str) -> Version | None:
        """Return the version that a job made, all its files in their places; None where it made none."""
        current = self.current()
        return self._of(job, current) if current is not None and job in current.jobs else None

    def usable(self, part: Part, mode: str, current: Version | None) -> bool:
        """Tell whether a file that was written earlier can be part of the next version."""
        if current is not None and any(part.name == other.name for other in current.parts):
            return mode == "overwrite"
        return self.store.waits(part.name, part.token)

    def commit(self, change: Change) -> Version:
        """Make a version of a change, once: for a job that has made one already, return that.

        Raises
        ------
        QueryError
            There is something already, or it has other columns.
        LostPartError
            A file is gone.
        """
        for _ in range(_MOST_RACES):
            current = self.current()
            if current is not None and change.job in current.jobs:
                return self._of(change.job, current)
            try:
                version = self._next(change, current)
            except LostPartError:
                if self._newest() == current:
                    raise
                continue  # another driver of this job was faster, and has moved the files
            if self.store.put_if_absent(version.name, [version.to_json()]):
                self._roll_forward(version)
                return version
        raise StateError(
            "others change this dataset all the time", where=self.store.root, hint="run the query again"
        )

    def _next(self, change: Change, current: Version | None) -> Version:
        if current is not None:
            refuse_change(change, current, self.store.root)
        kept = current.parts if current is not None else ()
        names = {part.name for part in kept}
        for part in change.parts:
            if not self.usable(part, change.mode, current):
                raise LostPartError(part)
        parts = change.parts if change.mode == "overwrite" else (*kept, *change.parts)
        mine = {part.name for part in change.parts}
        return Version(
            number=0 if current is None else current.number + 1,
            job=change.job,
            mode=change.mode,
            time=time.time(),
            file_format=change.file_format,
            reader=change.reader,
            columns=change.columns,
            partition_by=change.partition_by,
            parts=parts,
            added=tuple(part.name for part in change.parts if part.name not in names),
            removed=tuple(sorted(names - mine)) if change.mode == "overwrite" else (),
            jobs=(*(current.jobs if current is not None else ()), change.job),
            result=change.result,
        )

    def _of(self, job: str, current: Version) -> Version:
        number = current.jobs.index(job)
        return current if number == current.number else self._read(f"{LOG}/{number:08}.json")

    def _newest(self) -> Version | None:
        names = [*self.store.names(LOG)]
        return self._read(names[-1]) if names else None

    def _read(self, name: str) -> Version:
        return Version.from_json(self.store.get(name), f"{self.store.root}/{name}")

    def _roll_forward(self, version: Version) -> None:
        tokens = {part.name: part.token for part in version.parts}
        for name in version.added:
            try:
                self.store.promote(name, tokens[name])
            except FileNotFoundError:
                if self.store.has(version.done):  # somebody was faster, and a later version removed it
                    return
                raise StateError("a file of the dataset is gone", where=f"{self.store.root}/{name}") from None
        for name in version.removed:
            self.store.delete(name)
        self.store.put(version.done, [b""])


def refuse_change(change: Change, current: Version, where: str) -> None:
    """Refuse what does not go with what is there.

    Raises
    ------
    QueryError
        There is a dataset and nothing is said about it, or its columns differ from those to append.
    """
    if change.mode == "error":
        raise QueryError(
            "there is a dataset already", where=where, hint="add OVERWRITE or APPEND to the options of COPY"
        )
    if change.mode != "append":
        return
    facts = (
        ("format", change.file_format, current.file_format),
        ("way of writing", dict(change.reader), dict(current.reader)),
        ("partition columns", change.partition_by, current.partition_by),
        ("columns", change.columns, current.columns),
    )
    for what, mine, theirs in facts:
        if mine != theirs:
            raise QueryError(
                f"the rows to append have another {what}: {_told(mine)}; the dataset has {_told(theirs)}",
                where=where,
                hint="write them as the dataset is, or OVERWRITE it",
            )


def _told(fact: object) -> str:
    if isinstance(fact, Mapping):
        return ", ".join(f"{name} {value!r}" for name, value in fact.items()) or "none"
    if isinstance(fact, Sequence) and not isinstance(fact, str):
        return ", ".join(" ".join(item) if isinstance(item, tuple) else str(item) for item in fact) or "none"
    return str(fact)


def is_dataset(store: Store) -> bool:
    """Tell whether a folder is a dataset of ours."""
    return next(iter(store.names(LOG)), "") != ""


__all__ = ["DONE", "LOG", "STAGING", "Change", "Dataset", "LostPartError", "is_dataset", "refuse_change"]
