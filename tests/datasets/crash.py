"""Die at every change that a commit makes, then recover twice at once: a program of its own, as it forks.

``python -m tests.datasets.crash PLACE`` prints how many deaths it survived, and fails where a reader
ever saw something that was neither the dataset before nor the one after. The place is a folder or
``s3://bucket/prefix``: only children open it, for what talks to a server must not be forked.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar, cast

from fusionflow_lab.config import Config
from fusionflow_lab.datasets.dataset import STAGING, Change, Dataset
from fusionflow_lab.datasets.version import Part
from fusionflow_lab.storage.places import open_store
from fusionflow_lab.storage.store import Parts, Store

T = TypeVar("T")

DEAD = 42
FILES = 4


@dataclass
class DyingStore:
    """A store whose process dies after so many changes."""

    folder: Store
    left: int
    root: str = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.folder.root

    def _change(self) -> None:
        if not self.left:
            os._exit(DEAD)
        self.left -= 1

    def get(self, name: str, *, start: int = 0, limit: int = -1) -> bytes:
        return self.folder.get(name, start=start, limit=limit)

    def has(self, name: str) -> bool:
        return self.folder.has(name)

    def names(self, prefix: str) -> Iterator[str]:
        return self.folder.names(prefix)

    def put(self, name: str, parts: Parts) -> None:
        self._change()
        self.folder.put(name, parts)

    def put_if_absent(self, name: str, parts: Parts) -> bool:
        self._change()
        return self.folder.put_if_absent(name, parts)

    def touch(self, name: str) -> None:
        self.folder.touch(name)

    def delete(self, name: str) -> None:
        self._change()
        self.folder.delete(name)

    def stage(self, name: str, parts: Parts, *, area: str) -> str:
        return self.folder.stage(name, parts, area=area)

    def promote(self, name: str, token: str) -> None:
        self._change()
        self.folder.promote(name, token)

    def waits(self, name: str, token: str) -> bool:
        return self.folder.waits(name, token)

    def drop(self, name: str, token: str) -> None:
        self.folder.drop(name, token)


def change(folder: Store, job: str, mode: str) -> Change:
    """Write the files of a job; each holds its own name."""
    parts = []
    for number in range(FILES):
        name = f"k={number % 2}/part-{job}-{number}.csv"
        token = folder.stage(name, [name.encode()], area=f"{STAGING}/{job}")
        parts.append(Part(name=name, token=token, rows=1, bytes=len(name), digest=name))
    return Change(
        job=job,
        mode=mode,
        file_format="csv",
        reader={},
        columns=(("a", "VARCHAR"),),
        partition_by=("k",),
        parts=tuple(parts),
    )


def seen(folder: Store) -> set[str]:
    """Read the dataset as a reader does: every file of the manifest must be there and whole."""
    version = Dataset(folder).current()
    parts = version.parts if version is not None else ()
    for part in parts:
        if folder.get(part.name).decode() != part.name:
            sys.exit(f"{part.name} is not whole")
    names = [part.name for part in parts]
    if len(set(names)) != len(names):
        sys.exit("a file is there twice")
    return set(names)


def forked(work: Callable[[], object]) -> int:
    """Start a process."""
    child = os.fork()
    if child:
        return child
    work()
    os._exit(0)


def waited(child: int) -> int:
    """Return how a process ended."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def told(work: Callable[[], T]) -> T:
    """Run something in a process of its own and return its answer."""
    reading, writing = os.pipe()

    def tell() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(work(), pipe)

    child = forked(tell)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    if waited(child):
        sys.exit("a process failed")
    return cast("T", pickle.loads(answer))  # noqa: S301 - our own child's


def opened(place: str) -> Store:
    """Open the store; in children only."""
    return open_store(place, Config.load().access)


def begun(place: str, mode: str) -> tuple[set[str], Change]:
    """Commit a first version and stage the files of a second; return what is seen and what is wanted."""
    store = opened(place)
    Dataset(store).commit(change(store, "before", "append"))
    return seen(store), change(store, "job", mode)


def looked(place: str) -> tuple[tuple[str, ...], set[str], set[str]]:
    """Return the jobs of the current version, its files, and the files that there are."""
    store = opened(place)
    found = Dataset(store).current()
    files = {name for key in (0, 1) for name in store.names(f"k={key}")}
    return found.jobs if found is not None else (), seen(store), files


def survive(place: str, mode: str, point: int) -> bool:
    """Commit, die at a change, recover; False where it came to its end alive."""
    old, wanted = told(partial(begun, place, mode))
    new = {part.name for part in wanted.parts} | (old if mode == "append" else set())
    code = waited(forked(lambda: Dataset(DyingStore(opened(place), point)).commit(wanted)))
    if code not in {0, DEAD}:
        sys.exit(f"{mode} at change {point}: the process failed")
    reader = forked(lambda: seen(opened(place)) in (old, new) or os._exit(1))
    racers = [forked(lambda: Dataset(opened(place)).commit(wanted)) for _ in range(2)]
    if any(waited(child) for child in (reader, *racers)):
        sys.exit(f"{mode} at change {point}: a reader saw something else, or a recovery failed")
    jobs, found, files = told(partial(looked, place))
    if jobs != ("before", "job") or found != new or files != new:
        sys.exit(f"{mode} at change {point}: {sorted(files)} instead of {sorted(new)}")
    return code == DEAD


def main(root: str) -> int:
    """Die at every change of both modes; return how often."""
    deaths = 0
    for mode in ("append", "overwrite"):
        point = 0
        while survive(f"{root}/{mode}-{point}", mode, point):
            point += 1
        deaths += point
    return deaths


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1])))
