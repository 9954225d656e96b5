"""The form of a state on disk: what was written comes back, and nothing else is ever believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab import _native
from fusionflow_lab.query import Counters
from fusionflow_lab.states.codec import (
    MAGIC,
    PREFIX_BYTES,
    BlockRecord,
    BlockRecords,
    ChunkRecord,
    StateHeader,
    decode,
    decode_header,
    encode,
    header_end,
)

COUNTS = st.integers(0, 2**63 - 1)
BLOCKS = st.builds(
    BlockRecord, **dict.fromkeys(("offset", "start", "end", "rows", "rejected", "lines", "text"), COUNTS)
)
CHUNKS = st.builds(
    ChunkRecord, key=st.text(), identity=st.text(), blocks=st.lists(BLOCKS, max_size=3).map(BlockRecords.of)
)
HEADERS = st.builds(
    StateHeader,
    map_hash=st.text(),
    chunks=st.lists(CHUNKS, max_size=3).map(tuple),
    counters=st.builds(Counters, rows_read=COUNTS, bytes_scanned=COUNTS),
    rows=COUNTS,
    rejects=COUNTS,
)


@given(header=HEADERS, state=st.binary(), rejects=st.binary())
def test_what_was_written_comes_back(header: StateHeader, state: bytes, rejects: bytes) -> None:
    data = b"".join(encode(header, [state], rejects))
    assert decode_header(data[: header_end(data)]) == header
    assert tuple(part.tobytes() for part in decode(data)) == (state, rejects)


@given(header=HEADERS, state=st.binary(max_size=20), data=st.data())
def test_a_changed_byte_is_never_believed(header: StateHeader, state: bytes, data: st.DataObject) -> None:
    whole = bytearray(b"".join(encode(header, [state], b"")))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="state"):
        decode(bytes(whole))
    if place < header_end(b"".join(encode(header, [state], b""))):
        with pytest.raises(ValueError, match="state"):
            decode_header(bytes(whole))


@given(data=st.binary(max_size=200), told=st.booleans())
def test_any_bytes_are_refused(data: bytes, *, told: bool) -> None:
    for read in (header_end, decode_header, decode):
        if read is not header_end or not told:
            with pytest.raises(ValueError, match="state"):
                read(MAGIC + data if told else data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def forged(text: bytes) -> bytes:
    """Write a file with right digests around any header."""
    empty = StateHeader(map_hash="", chunks=(), counters=Counters(), rows=0, rejects=0)
    head = bytes(encode(empty, [b""], b"")[0])
    sizes = len(text).to_bytes(8, "little") + bytes(16)
    prefix = head[: len(MAGIC)] + sizes
    return prefix + _native.digest_parts([prefix, text]) + text


@given(values=JSON, name=st.sampled_from(["map_hash", "chunks", "counters", "rows", "rejects", ""]))
def test_a_header_of_any_shape_is_refused_in_one_way(values: object, name: str) -> None:
    good = {"map_hash": "m", "chunks": [], "counters": [0] * len(Counters.__slots__), "rows": 0, "rejects": 0}
    text = json.dumps({**good, name: values} if name else values).encode()
    refusal = ""
    try:
        assert isinstance(decode_header(forged(text)), StateHeader)
    except ValueError as error:
        refusal = str(error)
    assert not refusal or "state" in refusal


def test_a_deep_header_is_refused() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        decode_header(forged(b"[" * 100_000))


def test_a_header_that_is_no_text_is_refused() -> None:
    for text in (b"", b"{", b"\xff\xfe", b"[1]"):
        with pytest.raises(ValueError, match=r"Expecting|decode|state"):
            decode_header(forged(text))
    assert header_end(forged(b"")) == PREFIX_BYTES
