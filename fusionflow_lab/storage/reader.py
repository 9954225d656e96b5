"""Files elsewhere as the native core reads them: by position, from ranges that were fetched together.

What a scan will read is known before it begins: the blocks of its chunks and a little more after each, where
the last record ends. So all ranges of a chunk are asked for at the same time, and those of the next chunk
while this one is scanned; what else is read, is fetched when it is.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from fusionflow_lab.query import Access
from fusionflow_lab.source import Chunk, SourceFile
from fusionflow_lab.storage.objects import ObjectInfo, Objects, Range, begin, read_all, waited_for
from fusionflow_lab.storage.places import find_objects, open_objects
from fusionflow_lab.storage.urls import scheme_of

TAIL: Final = 32 << 10
"""Bytes fetched after each block: most last records end there."""
_GAP: Final = 64 << 10  # to fetch what lies between two ranges is cheaper than another request
_PART: Final = 4 << 20  # a longer range is fetched in several requests
_STEP: Final = 64 << 10  # the least that is fetched when something is read that was not foreseen
_LONGEST_STEP: Final = 8 << 20
_AHEAD: Final = 16 << 20  # bytes that are asked for while a group is read, in one more group at least
_MOST_AHEAD: Final = 32  # groups
_KEPT: Final = 4  # unforeseen pieces


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Ranges of one object that are fetched together."""

    info: ObjectInfo
    ranges: tuple[Range, ...]

    @property
    def size(self) -> int:
        """Bytes of its ranges."""
        return sum(wanted.end - wanted.start for wanted in self.ranges)


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of an object that are here."""

    start: int
    content: bytes

    @property
    def end(self) -> int:
        """Byte of the object after them."""
        return self.start + len(self.content)


class RemoteFiles:
    """Opens objects for the native core.

    Parameters
    ----------
    objects
        Where they are.
    groups
        What will be read.
    in_order
        Whether they are read one after the other: those before the one that is read are forgotten then.
    cancelled
        Asked while bytes are waited for.
    """

    def __init__(
        self,
        objects: Objects,
        groups: Sequence[Group],
        *,
        in_order: bool = True,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self._objects = objects
        self._groups = groups
        self._in_order = in_order
        self._cancelled = cancelled
        self._places: dict[str, list[int]] = {}
        for place, group in enumerate(groups):
            self._places.setdefault(group.info.url, []).append(place)
        self._fetched: dict[int, Future[list[bytes]]] = {}
        self._lock = threading.Lock()

    def open(self, path: str) -> RemoteFile:
        """Return an object by its URL; nothing is asked of its store yet."""
        places = self._places[path]
        spans = sorted((wanted, place) for place in places for wanted in self._groups[place].ranges)
        return RemoteFile(self, self._groups[places[0]].info, spans)

    def pieces(self, place: int) -> list[Piece]:
        """Return what a group fetched; the next ones are on their way then."""
        with self._lock:
            self._begin(place)
            fetched = self._fetched[place]
        contents = waited_for(fetched, self._cancelled)
        ranges = self._groups[place].ranges
        return [Piece(wanted.start, content) for wanted, content in zip(ranges, contents, strict=True)]

    def fetch(self, info: ObjectInfo, wanted: Range) -> Piece:
        """Fetch what was not foreseen."""
        contents = waited_for(begin(read_all(self._objects, info, [*_parts(wanted)])), self._cancelled)
        return Piece(wanted.start, b"".join(contents))

    def _begin(self, place: int) -> None:
        """Ask for a group, and for some after it."""
        under_way = 0
        for wanted in range(place, min(place + _MOST_AHEAD, len(self._groups))):
            if wanted > place + 1 and under_way >= _AHEAD:
                break
            group = self._groups[wanted]
            under_way += group.size
            if wanted not in self._fetched:
                self._fetched[wanted] = begin(read_all(self._objects, group.info, group.ranges))
        if self._in_order:
            for old in [known for known in self._fetched if known < place]:
                del self._fetched[old]


class RemoteFile:
    """One object, read by position.

    Parameters
    ----------
    files
        Fetches its bytes.
    info
        Which version of it is read.
    spans
        The ranges that are fetched in groups, each with its group, in the order of their starts.
    """

    def __init__(self, files: RemoteFiles, info: ObjectInfo, spans: Sequence[tuple[Range, int]]) -> None:
        self._files = files
        self._info = info
        self._spans = spans
        self._pieces: list[Piece] = []
        self._unforeseen: list[Piece] = []
        self._lock = threading.Lock()

    @property
    def stamp(self) -> tuple[int, int, str]:
        """Size, modification time and version; every answer of the store is checked against the version."""
        return self._info.size, self._info.modified_ns, self._info.version

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset`` on; less where the object ends.

        Raises
        ------
        SourceChangedError
            The object is not what it was.
        SourceError, OSError
            Its store does not answer, or refuses.
        """
        end = min(offset + length, self._info.size)
        parts = []
        at = offset
        with self._lock:
            while at < end:
                piece = self._piece(at, end)
                parts.append(piece.content[at - piece.start : end - piece.start])
                at = min(piece.end, end)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _piece(self, at: int, end: int) -> Piece:
        """Return bytes that hold the one at ``at``."""
        here = _holding(at, self._pieces) or _holding(at, self._unforeseen)
        if here is not None:
            return here
        place = bisect_right(self._spans, at, key=_start) - 1
        if place >= 0 and at < self._spans[place][0].end:
            self._pieces = self._files.pieces(self._spans[place][1])
            return _holding(at, self._pieces) or self._more(at, end)
        return self._more(at, end)

    def _more(self, at: int, end: int) -> Piece:
        """Fetch more than is asked for, and the more the longer the object is read on and on."""
        before = self._unforeseen[-1] if self._unforeseen else None
        goes_on = before is not None and before.end == at
        step = min(2 * len(before.content), _LONGEST_STEP) if before is not None and goes_on else _STEP
        after = bisect_right(self._spans, at, key=_start)
        limit = self._spans[after][0].start if after < len(self._spans) else self._info.size
        wanted = Range(at, min(max(end, at + step), max(limit, at + 1), self._info.size))
        self._unforeseen = [*self._unforeseen[1 - _KEPT :], self._files.fetch(self._info, wanted)]
        return self._unforeseen[-1]


def first_byte(pattern: str, access: Access) -> bytes:
    """Return the first byte of the first object of a pattern: whether it can be read at all.

    Parameters
    ----------
    pattern
        A URL.
    access
        How it is reached.

    Raises
    ------
    SourceError, OSError
        It cannot; the message says why.
    """
    info = find_objects(pattern, access)[0]
    return RemoteFiles(open_objects(pattern, access), ()).fetch(info, Range(0, min(1, info.size))).content


def chunk_files(
    chunks: Sequence[Chunk],
    access: Access,
    *,
    foreseen: bool = True,
    cancelled: Callable[[], bool] | None = None,
) -> RemoteFiles | None:
    """Return what reads the files of chunks; None where they lie on this machine.

    Parameters
    ----------
    chunks
        What a scan will read, in its order.
    access
        How the files are reached.
    foreseen
        Whether all bytes of the blocks will be read; where not, each is fetched when it is.
    cancelled
        Asked while bytes are waited for.
    """
    groups = [
        Group(info=info_of(chunk.file), ranges=_chunk_ranges(chunk) if foreseen else ()) for chunk in chunks
    ]
    return _files(groups, access, cancelled)


def range_files(
    file: SourceFile,
    ranges: Iterable[tuple[int, int]],
    access: Access,
    *,
    cancelled: Callable[[], bool] | None = None,
) -> RemoteFiles | None:
    """Return what reads ranges of one file; None where it lies on this machine."""
    wanted = _joined(Range(start, min(end + 1, file.size)) for start, end in ranges)
    return _files([Group(info=info_of(file), ranges=wanted)], access, cancelled)


def sample_files(found: Sequence[ObjectInfo], access: Access) -> RemoteFiles | None:
    """Return what looks at files: at all of them at the same time, each at its head and some spots."""
    groups = [Group(info=info, ranges=_sample_ranges(info.size, len(found))) for info in found]
    return _files(groups, access, None, in_order=False)


def info_of(file: SourceFile) -> ObjectInfo:
    """Return a file of a plan as an object."""
    return ObjectInfo(url=file.path, size=file.size, version=file.etag, modified_ns=file.mtime_ns)


def _files(
    groups: Sequence[Group], access: Access, cancelled: Callable[[], bool] | None, *, in_order: bool = True
) -> RemoteFiles | None:
    if not groups or not scheme_of(groups[0].info.url):
        return None
    objects = open_objects(groups[0].info.url, access)
    return RemoteFiles(objects, groups, cancelled=cancelled, in_order=in_order)


def _chunk_ranges(chunk: Chunk) -> tuple[Range, ...]:
    size = chunk.file.size
    # Packed bytes are read on and on, whatever the blocks are; of row groups only some columns are read.
    if chunk.file.compression or chunk.file.cuts:
        return ()
    return _joined(Range(block.offset, min(block.end + TAIL, size)) for block in chunk.blocks)


def _sample_ranges(size: int, files: int) -> tuple[Range, ...]:
    """Return what the sniffer will look at; where it looks elsewhere, that is fetched then."""
    head = min(max((48 << 20) // max(files, 1), 8 << 10), 128 << 10)
    spot = head // 4
    if size <= head + 4 * spot:
        return _joined([Range(0, size)])
    spots = [place & ~1 for place in (size // 4, size // 2, size // 4 * 3, size - spot)]
    return _joined([Range(0, head), *(Range(place, min(place + spot + 1, size)) for place in spots)])


def _joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Join ranges that touch or nearly do, and part long ones."""
    joined: list[Range] = []
    for wanted in sorted(ranges):
        if joined and wanted.start <= joined[-1].end + _GAP:
            joined[-1] = Range(joined[-1].start, max(joined[-1].end, wanted.end))
        elif wanted.end > wanted.start:
            joined.append(wanted)
    return tuple(part for wanted in joined for part in _parts(wanted))


def _parts(wanted: Range) -> Iterator[Range]:
    for start in range(wanted.start, wanted.end, _PART):
        yield Range(start, min(start + _PART, wanted.end))


def _start(span: tuple[Range, int]) -> int:
    return span[0].start


def _holding(at: int, pieces: Sequence[Piece]) -> Piece | None:
    return next((piece for piece in pieces if piece.start <= at < piece.end), None)
