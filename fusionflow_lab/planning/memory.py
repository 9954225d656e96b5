"""Types that turned out too narrow, remembered on disk: the next run starts with the wide ones.

One small file per source, named by what its types depend on. Whatever is wrong with a file, it only means
that nothing is remembered: the types are sniffed and widened once more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path

from fusionflow_lab.source import Source
from fusionflow_lab.storage import Folder

MOST_SOURCES = 10_000


class TypeMemory:
    """Wider types by source, in a folder that processes may share.

    Parameters
    ----------
    folder
        Where the files lie.
    most
        Sources that are remembered; those not widened for the longest time are forgotten first.

    Examples
    --------
    >>> memory = TypeMemory(Path("types"))
    >>> memory.remember("orders", {2: "DOUBLE"})
    >>> memory.recall("orders"), memory.recall("customers")
    ({2: 'DOUBLE'}, {})
    """

    def __init__(self, folder: Path, *, most: int = MOST_SOURCES) -> None:
        self._folder = Folder(str(folder))
        self._most = most

    def recall(self, identity: str) -> dict[int, str]:
        """Return the wider types of a source, by ordinal of the column."""
        try:
            found = json.loads(self._folder.get(_name(identity)))
            return {int(ordinal): kind for ordinal, kind in found.items() if isinstance(kind, str)}
        except (OSError, ValueError, AttributeError, RecursionError):
            return {}

    def remember(self, identity: str, types: Mapping[int, str]) -> None:
        """Add wider types of a source."""
        found = {**self.recall(identity), **types}
        text = json.dumps({str(ordinal): kind for ordinal, kind in sorted(found.items())})
        self._folder.put(_name(identity), [text.encode()])
        self._forget()

    def _forget(self) -> None:
        """Keep the newest files; another process may forget the same ones."""
        files = list(Path(self._folder.root).glob("*.json"))
        if len(files) <= self._most:
            return
        ages = []
        for path in files:
            with suppress(FileNotFoundError):
                ages.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(ages)[: len(files) - self._most * 9 // 10]:
            path.unlink(missing_ok=True)


def source_identity(source: Source) -> str:
    """Digest what the sniffed types depend on: files, dialect, names and the types that are given."""
    digest = blake2b(digest_size=16)
    for file in source.files:
        facts = (file.path, file.size, file.mtime_ns, file.etag, file.data_start, file.layout or "")
        digest.update("".join(f"{fact}\0" for fact in facts).encode())
    columns = [(column.name, column.type if column.fixed else "") for column in source.columns]
    digest.update(json.dumps([asdict(source.dialect), columns], sort_keys=True).encode())
    return digest.hexdigest()


def _name(identity: str) -> str:
    return f"{identity}.json"
