"""Bytes by name: the one place that writes files for states and results.

A put is atomic (temporary file, then rename) and idempotent, so that two workers may put the same
name at the same time and a reader never sees half a file.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fusionflow_lab.errors import StateError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose files are addressed by relative names with ``/``.

    Examples
    --------
    >>> import tempfile
    >>> folder = Folder(tempfile.mkdtemp())
    >>> folder.put("a/b", [b"one", b"two"])
    >>> folder.get("a/b"), list(folder.names("a"))
    (b'onetwo', ['a/b'])
    """

    root: str

    def path(self, name: str) -> Path:
        """Return where ``name`` lies."""
        return Path(self.root, name)

    def put(self, name: str, parts: list[bytes | memoryview]) -> None:
        """Write ``parts`` one after the other as ``name``; what was there is replaced at once.

        Raises
        ------
        StateError
            There is no room left.
        """
        target = self.path(name)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.{uuid.uuid4().hex}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.writelines(parts)
            temporary.replace(target)
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

    def get(self, name: str, *, limit: int = -1) -> bytes:
        """Return the first ``limit`` bytes of ``name`` (all by default)."""
        with self.path(name).open("rb") as file:
            # Python makes room for the limit first, and a damaged file may say that it is huge.
            return file.read(min(limit, os.fstat(file.fileno()).st_size))

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names in the folder ``prefix``, sorted."""
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
