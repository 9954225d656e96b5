"""Fuzz the decoder of states: any bytes are refused in one way, and what is taken is what was written.

Usage: ``python native/fuzz/decode.py [options of libFuzzer]``; needs ``pip install atheris``. The decoder is
Python (``fusionflow_lab/states/codec.py``), so its target is, too.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["fusionflow_lab.states", "json"]):
    from fusionflow_lab import _native
    from fusionflow_lab.query import Counters
    from fusionflow_lab.states import codec

EMPTY = codec.StateHeader(map_hash="", chunks=(), counters=Counters(), rows=0, rejects=0)


def forged(parts: list[bytes]) -> bytes:
    """Write a file with right digests around any parts."""
    head = codec.MAGIC + b"".join(len(part).to_bytes(8, "little") for part in parts)
    head += _native.digest_parts([head, parts[0]])
    body = head + b"".join(parts)
    return body + _native.digest_parts([body])


def read(data: bytes) -> None:
    """Decode both ways; what is taken must be written as it was read."""
    header, content = None, None
    with suppress(ValueError):
        header = codec.decode_header(data)
    with suppress(ValueError):
        content = codec.decode(data)
    if header is None:
        return
    state, rejects = (part.tobytes() for part in content) if content is not None else (b"", b"")
    again = b"".join(codec.encode(header, [state], rejects))
    if codec.decode_header(again) != header:
        raise AssertionError("a header changes when it is written again")


def one(data: bytes) -> None:
    """Try one input: as it is, as a header with right digests, as a changed file."""
    choice, rest = data[:1], data[1:]
    if choice < b"\x40":
        read(rest)
    elif choice < b"\xc0":
        read(forged([rest, b"", b""]))
    else:
        whole = forged([b'{"map_hash":"m","chunks":[],"counters":[],"rows":0,"rejects":0}', rest, b""])
        place = int.from_bytes(rest[:2], "little") % len(whole)
        changed = whole[:place] + bytes((whole[place] ^ (choice[0] or 1),)) + whole[place + 1 :]
        with suppress(ValueError):
            codec.decode(changed)
            raise AssertionError("a changed byte is believed")


def seeds() -> list[bytes]:
    """Return headers to start from."""
    block = codec.BlockRecord(offset=0, start=3, end=90, rows=5, rejected=1, lines=5)
    chunk = codec.ChunkRecord(key="k", identity="i", blocks=codec.BlockRecords.of([block, block]))
    full = codec.StateHeader(map_hash="m", chunks=(chunk,), counters=Counters(rows_read=5), rows=2, rejects=1)
    files = [codec.encode(header, [b"state"], b"") for header in (EMPTY, full)]
    return [b"\x00" + b"".join(parts) for parts in files] + [b"\x80" + parts[1] for parts in files]


if __name__ == "__main__":
    corpus = Path(__file__).parent / "corpus" / "decode"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], one)
    atheris.Fuzz()
