"""A stored state as bytes and back: the decoder trusts nothing that a digest does not vouch for.

A file is::

    FFSTATE5 | three sizes (u64) | digest | header (JSON) | state (Arrow IPC) | rejects (Arrow IPC) | digest

The sizes are those of the three parts. The first digest covers them and the header, which is read alone when
a run asks what is known; the last one covers everything before it. What fails is no state: it is scanned
again, never believed. A large state is written as one Arrow stream for each of its buckets; the header holds
their sizes and digests, so that one bucket can be read and believed without the others.
"""

from __future__ import annotations

import hashlib
import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Any, NamedTuple

from fusionflow_lab import _native
from fusionflow_lab.query import Counters

STATE_FORMAT = 5
MAGIC = b"FFSTATE5"
DIGEST_BYTES = 16
PREFIX_BYTES = len(MAGIC) + 3 * 8 + DIGEST_BYTES
# Bytes that are digested at a time: they stay in a near cache.
_NEAR_BYTES = 1 << 17
_SIZES = struct.Struct("<QQQ")
_BLOCK = struct.Struct("<7Q")
_SPAN = struct.Struct("<3Q32x")
_ROWS = struct.Struct("<24x2Q16x")


class BlockRecord(NamedTuple):
    """A scanned block: bytes ``[start, end)`` are its records; ``lines`` counts their line feeds.

    Of a packed file they are places, and ``text`` counts the bytes that its members unpack to.
    """

    offset: int
    start: int
    end: int
    rows: int
    rejected: int
    lines: int
    text: int = 0


@dataclass(frozen=True, slots=True)
class BlockRecords:
    """The scanned blocks of a chunk, packed: a job that resumes reads some hundred thousand of them.

    Examples
    --------
    >>> block = BlockRecord(offset=0, start=3, end=90, rows=5, rejected=1, lines=5)
    >>> blocks = BlockRecords.of([block, block])
    >>> len(blocks), list(blocks) == [block, block]
    (2, True)
    """

    packed: bytes = b""

    @classmethod
    def of(cls, blocks: Iterable[BlockRecord]) -> BlockRecords:
        """Pack some records."""
        return cls(b"".join(_BLOCK.pack(*block) for block in blocks))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.packed) // _BLOCK.size

    def __iter__(self) -> Iterator[BlockRecord]:
        """Unpack them, one by one."""
        return map(BlockRecord._make, _BLOCK.iter_unpack(self.packed))

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """Unpack the offset, start and end of each."""
        return _SPAN.iter_unpack(self.packed)

    def rows(self) -> Iterator[tuple[int, int]]:
        """Unpack the rows of each, and how many of them were rejected."""
        return _ROWS.iter_unpack(self.packed)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkRecord:
    """A scanned chunk: the stat key says "no need to look again", the identity is its bytes' digest.

    ``cut`` is how it was cut from its file, whatever the file's name and time: equal cuts with equal
    identities are equal chunks.
    """

    key: str
    identity: str
    blocks: BlockRecords
    cut: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StateHeader:
    """What a state covers and what its scan counted; ``size`` are the bytes of its rows in memory."""

    map_hash: str
    chunks: tuple[ChunkRecord, ...]
    counters: Counters
    rows: int
    rejects: int
    size: int = 0

    @property
    def name(self) -> str:
        """Name in the store: map hash and a digest of the chunks' keys and identities."""
        text = "\n".join(f"{chunk.key} {chunk.identity}" for chunk in self.chunks)
        node = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        return f"{self.map_hash}/{node}"


class BucketPlace(NamedTuple):
    """Where a bucket of a state lies in its file."""

    start: int
    size: int
    digest: str


def encode(
    header: StateHeader, state: Sequence[bytes | memoryview], rejects: bytes | memoryview
) -> list[bytes | memoryview]:
    """Return the parts of the file that holds a state, which is one Arrow stream, or one for each bucket.

    Examples
    --------
    >>> header = StateHeader(map_hash="m", chunks=(), counters=Counters(), rows=1, rejects=0)
    >>> file = b"".join(encode(header, [b"one", b"two"], b""))
    >>> [part.tobytes() for part in decode(file)]
    [b'onetwo', b'']
    >>> [file[place.start :][: place.size] for place in bucket_places(file)]
    [b'one', b'two']
    """
    values = {
        "map_hash": header.map_hash,
        "chunks": [
            [chunk.key, chunk.identity, chunk.cut, b64encode(chunk.blocks.packed).decode()]
            for chunk in header.chunks
        ],
        "counters": astuple(header.counters),
        "rows": header.rows,
        "rejects": header.rejects,
        "size": header.size,
        "buckets": [[len(part), _digest(part).hex()] for part in state] if len(state) > 1 else [],
    }
    text = json.dumps(values, separators=(",", ":")).encode()
    head = MAGIC + _SIZES.pack(len(text), sum(map(len, state)), len(rejects))
    head += _digest(head, text)
    return [head, text, *state, rejects, _digest(head, text, *state, rejects)]


def header_end(head: bytes | memoryview) -> int:
    """Return how many bytes of a file its header needs, from the first ``PREFIX_BYTES`` of it.

    Raises
    ------
    ValueError
        This is no state of this format.
    """
    return PREFIX_BYTES + _sizes(head)[0]


def decode_header(head: bytes | memoryview) -> StateHeader:
    """Read the header from the first bytes of a file.

    Raises
    ------
    ValueError
        It is of another version, cut short or damaged.
    """
    return _header(_values(head))


def bucket_places(head: bytes | memoryview) -> list[BucketPlace]:
    """Return where the buckets of a state lie, from the first bytes of its file; none where it has none.

    Raises
    ------
    ValueError
        It is of another version, cut short or damaged.
    """
    places: list[BucketPlace] = []
    start = header_end(head)
    try:
        for size, digest in _values(head)["buckets"]:
            places.append(BucketPlace(start, _numbers([size])[0], _text(digest)))
            start += size
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the buckets of a state are not as they should be: {error}") from None
    return places


def decode_bucket(place: BucketPlace, data: bytes) -> memoryview:
    """Return the Arrow stream of a bucket from the bytes at its place.

    Raises
    ------
    ValueError
        It is cut short or damaged.
    """
    if len(data) != place.size or _digest(data).hex() != place.digest:
        raise ValueError("a bucket of a state is damaged")
    return memoryview(data)


def decode(data: bytes | memoryview) -> tuple[memoryview, memoryview]:
    """Return the state and the rejects of a whole file.

    Raises
    ------
    ValueError
        It is of another version, cut short or damaged.
    """
    view = memoryview(data)
    body, digest = view[:-DIGEST_BYTES], view[-DIGEST_BYTES:]
    header, state, rejects = _sizes(view)
    middle = PREFIX_BYTES + header + state
    if middle + rejects != len(body) or _digest(body) != bytes(digest):
        raise ValueError("a state is damaged")
    return body[middle - state : middle], body[middle:]


def _sizes(head: bytes | memoryview) -> tuple[int, int, int]:
    if len(head) < PREFIX_BYTES or bytes(head[: len(MAGIC)]) != MAGIC:
        raise ValueError("no state of this version")
    header, state, rejects = _SIZES.unpack_from(head, len(MAGIC))
    return header, state, rejects


def _digest(*parts: bytes | memoryview) -> bytes:
    views = [memoryview(part).cast("B") for part in parts]
    return _native.digest_parts(
        [view[at : at + _NEAR_BYTES] for view in views for at in range(0, len(view), _NEAR_BYTES)]
    )


def _values(head: bytes | memoryview) -> Any:  # noqa: ANN401  # JSON
    """Read the JSON of a header that its digest vouches for."""
    end = header_end(head)
    start = PREFIX_BYTES - DIGEST_BYTES
    if len(head) < end or _digest(head[:start], head[PREFIX_BYTES:end]) != bytes(head[start:PREFIX_BYTES]):
        raise ValueError("the header of a state is damaged")
    try:
        return json.loads(bytes(head[PREFIX_BYTES:end]))
    except RecursionError:
        raise ValueError("the header of a state is nested too deeply") from None


def _header(values: Any) -> StateHeader:  # noqa: ANN401  # JSON
    """Build the header; a digest vouches that we wrote it, but perhaps another version of us."""
    try:
        return StateHeader(
            map_hash=_text(values["map_hash"]),
            chunks=tuple(
                ChunkRecord(
                    key=_text(key),
                    identity=_text(identity),
                    cut=_text(cut),
                    blocks=_blocks(blocks),
                )
                for key, identity, cut, blocks in values["chunks"]
            ),
            counters=_counters(values["counters"]),
            rows=_numbers([values["rows"]])[0],
            rejects=_numbers([values["rejects"]])[0],
            size=_numbers([values["size"]])[0],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the header of a state is not as it should be: {error}") from None


def _blocks(text: object) -> BlockRecords:
    packed = b64decode(_text(text), validate=True)
    if len(packed) % _BLOCK.size:
        raise ValueError("a block is cut short")
    return BlockRecords(packed)


def _counters(values: list[object]) -> Counters:
    return Counters(**dict(zip(Counters.__slots__, _numbers(values), strict=True)))


def _numbers(values: list[object]) -> list[int]:
    numbers = [value for value in values if type(value) is int]
    if len(numbers) != len(values) or min(numbers, default=0) < 0:
        raise TypeError("a count is no number")
    return numbers


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a name is no text")
    return value
