"""Stores that fsspec knows and that are not tried here (``gs://``, ``az://``): by dispatch, where installed.

They tell versions in their own words, so a read is followed by another look: bytes of an object that was
replaced meanwhile are never used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from fusionflow_lab.errors import SourceChangedError, SourceError
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.storage.globs import has_magic, literal_prefix, matcher
from fusionflow_lab.storage.objects import ObjectInfo, Range
from fusionflow_lab.storage.urls import scheme_of

if TYPE_CHECKING:
    import fsspec
else:
    fsspec = Lazy("fsspec")  # most jobs read files of this machine

_PACKAGES: Final[Mapping[str, str]] = MappingProxyType({"gs": "gcsfs", "az": "adlfs"})
_VERSIONS: Final = ("etag", "ETag", "generation", "md5Hash", "created", "mtime")
_TIMES: Final = ("updated", "last_modified", "LastModified", "created")


@dataclass(frozen=True, slots=True)
class OtherObjects:
    """The objects of a store that fsspec reads; see ``Objects``.

    Parameters
    ----------
    system
        The file system of fsspec.
    scheme
        What its URLs begin with.
    """

    system: fsspec.AbstractFileSystem
    scheme: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Open the store of a URL.

        Raises
        ------
        SourceError
            The package for it is not installed.
        """
        scheme = scheme_of(url)
        try:
            return cls(fsspec.filesystem(scheme), scheme)
        except ImportError:
            package = _PACKAGES.get(scheme, scheme)
            raise SourceError(
                f"{scheme}:// needs a package that is not installed: {package}",
                where=url,
                hint=f"pip install {package}, where client, runner and workers start",
            ) from None

    async def find(self, pattern: str) -> list[ObjectInfo]:
        """Return the objects of a pattern, sorted by name."""
        return await asyncio.to_thread(self._find, pattern)

    async def read(self, found: ObjectInfo, wanted: Range) -> bytes:
        """Return bytes of an object that is still the one that was found."""
        return await asyncio.to_thread(self._read, found, wanted)

    def _find(self, pattern: str) -> list[ObjectInfo]:
        name = pattern.partition("://")[2]
        if not has_magic(name):
            return [self._info(self.system.info(name))]
        folder = literal_prefix(name).rpartition("/")[0]
        matches = matcher(name).fullmatch
        entries = self.system.find(folder, detail=True).values()
        found = [self._info(entry) for entry in entries if matches(str(entry["name"]).lstrip("/"))]
        if not found:
            raise FileNotFoundError(f"no object matches {pattern}")
        return sorted(found, key=lambda info: info.url)

    def _read(self, found: ObjectInfo, wanted: Range) -> bytes:
        name = found.url.partition("://")[2]
        content: bytes = self.system.cat_file(name, start=wanted.start, end=wanted.end)
        self.system.invalidate_cache()
        if self._info(self.system.info(name)).version != found.version:
            raise SourceChangedError(
                f"{found.url} changed while it was being read", where=found.url, hint="run the query again"
            )
        return content

    def _info(self, entry: Mapping[str, object]) -> ObjectInfo:
        told = [f"{key}={entry[key]}" for key in _VERSIONS if entry.get(key)]
        name = str(entry["name"]).lstrip("/")
        if not told:
            raise SourceError(
                f"the store of {self.scheme}://{name} does not tell versions", hint="copy the files first"
            )
        times = [entry[key] for key in _TIMES if isinstance(entry.get(key), datetime)]
        modified = int(times[0].timestamp()) * 1_000_000_000 if times else 0  # type: ignore[attr-defined]
        return ObjectInfo(
            url=f"{self.scheme}://{name}", size=int(str(entry["size"])), version=told[0], modified_ns=modified
        )
