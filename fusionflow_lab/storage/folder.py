"""A folder of the file system as a store.

What is written goes to a temporary file first, which then takes the name: nobody sees half a file.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from fusionflow_lab.errors import StateError
from fusionflow_lab.storage.store import Parts

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose files are addressed by relative names with ``/``; a ``Store``.

    Examples
    --------
    >>> import tempfile
    >>> folder = Folder(tempfile.mkdtemp())
    >>> folder.put("a/b", [b"one", b"two"])
    >>> folder.get("a/b"), list(folder.names("a"))
    (b'onetwo', ['a/b'])
    >>> folder.put_if_absent("a/b", [b"three"])
    False
    """

    root: str

    def path(self, name: str) -> Path:
        """Return where ``name`` lies."""
        return Path(self.root, name)

    def get(self, name: str, *, start: int = 0, limit: int = -1) -> bytes:
        """Return the ``limit`` bytes of ``name`` (all by default) from ``start`` on."""
        with self.path(name).open("rb") as file:
            file.seek(start)
            # Python makes room for the limit first, and a damaged file may say that it is huge.
            return file.read(min(limit, os.fstat(file.fileno()).st_size))

    def has(self, name: str) -> bool:
        """Tell whether ``name`` is there."""
        return self.path(name).is_file()

    def put(self, name: str, parts: Iterable[bytes | memoryview]) -> None:
        """Write ``parts`` one after the other as ``name``; what was there is replaced at once.

        Raises
        ------
        StateError
            There is no room left.
        """
        with self._written(name, parts) as temporary:
            temporary.replace(self.path(name))

    def put_if_absent(self, name: str, parts: Parts) -> bool:
        """Write ``parts`` as ``name`` where there is none; False where there is one, which stays as it is."""
        with self._written(name, parts, sync=True) as temporary:
            try:
                self.path(name).hardlink_to(temporary)
            except FileExistsError:
                return False
            _sync(self.path(name).parent)
            return True

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names right below the folder ``prefix``, sorted; hidden ones are ours."""
        try:
            with os.scandir(self.path(prefix)) as found:
                entries = sorted(entry.name for entry in found if entry.is_file())
        except FileNotFoundError:
            return
        yield from (f"{prefix}/{entry}" for entry in entries if not entry.startswith("."))

    def touch(self, name: str) -> None:
        """Note that ``name`` was used now; nothing happens where it is not there."""
        with suppress(FileNotFoundError):
            os.utime(self.path(name))

    def delete(self, name: str) -> None:
        """Forget ``name``; nothing happens where it is not there."""
        self.path(name).unlink(missing_ok=True)

    def stage(self, name: str, parts: Parts, *, area: str) -> str:
        """Write what ``promote`` will make the content of ``name``; the token is its name in ``area``."""
        token = f"{area}/{uuid.uuid4().hex}-{PurePosixPath(name).name}"
        with self._written(token, parts, sync=True) as temporary:
            temporary.replace(self.path(token))
        return token

    def waits(self, name: str, token: str) -> bool:  # noqa: ARG002 - the token says it all here
        """Tell whether what was staged under the token is still to be promoted."""
        return self.has(token)

    def promote(self, name: str, token: str) -> None:
        """Make what was staged under the token the content of ``name``; twice does no harm."""
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path(token).replace(target)
        except FileNotFoundError:
            if not target.is_file():
                raise
        _sync(target.parent)

    def drop(self, name: str, token: str) -> None:  # noqa: ARG002 - the token says it all here
        """Forget what was staged under the token."""
        self.path(token).unlink(missing_ok=True)

    @contextmanager
    def _written(
        self, name: str, parts: Iterable[bytes | memoryview], *, sync: bool = False
    ) -> Iterator[Path]:
        """Lend a temporary file of ``parts`` beside ``name``; ``sync``: it outlives a power cut."""
        target = self.path(name)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.{uuid.uuid4().hex}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.writelines(parts)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            yield temporary
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise StateError(
                "there is no room left to keep states and results",
                where=self.root,
                hint="make room (fusionflow cache gc) and run the query again: finished work is kept",
            ) from None
        finally:
            temporary.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Write a folder's names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
