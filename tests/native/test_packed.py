"""Packed files: any cut into members and any cut into blocks gives the rows of the plain file."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionflow_lab._native import CancelToken, digest_ranges, locate_starts
from fusionflow_lab.errors import SourceError
from fusionflow_lab.source import Block, Chunk, Dialect, SourceFile, file_byte
from tests.native.scanning import CSV, Scanned, columns, plain, run, scan_text, source_file

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zstd": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    "bz2": bz2.compress,
}
WANTED = columns("BIGINT", "VARCHAR")


def packed(data: bytes, compression: str, cuts: Sequence[int] = ()) -> bytes:
    """The data in members that are cut at these bytes."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return b"".join(PACKERS[compression](data[begin:end]) for begin, end in pairwise(edges))


def packed_file(path: Path, data: bytes, compression: str) -> SourceFile:
    """The bytes as a file."""
    path.write_bytes(data)
    return replace(source_file(path), compression=compression)


def scan_blocks(file: SourceFile, step: int, dialect: Dialect = CSV) -> Scanned:
    """Scan blocks of packed bytes one by one, prove the chain, and scan again what broke it."""
    edges = [*range(0, file.size, step), file.size]
    blocks = [Block(begin, end, None if begin else file.data_start) for begin, end in pairwise(edges)]

    def scan_block(block: Block) -> Scanned | None:
        try:
            return run([Chunk(ordinal=0, file=file, blocks=(block,))], WANTED, dialect=dialect)
        except SourceError:
            if block.start is not None:
                raise
            return None

    scanned = [scan_block(block) for block in blocks]
    end = file.data_start
    made: list[Scanned] = []
    for place, block in enumerate(blocks):
        one = scanned[place]
        if one is None or one.blocks[0].start != end:
            offsets = [block.offset for block in blocks[place:]]
            (start, *_) = locate_starts(file, dialect, end, offsets, [], CancelToken())
            assert start == end
            one = scan_block(block._replace(start=end))
            assert one is not None
        assert one.blocks[0].start == end
        ranges = [(one.blocks[0].start, one.blocks[0].end)]
        assert digest_ranges(file, ranges, CancelToken()) == one.chunks[0].identity
        end = one.blocks[0].end
        made.append(one)
    assert file_byte(file, end) == file.size
    return Scanned(
        table=pa.concat_tables([plain(one.table) for one in made]),
        chunks=[chunk for one in made for chunk in one.chunks],
        rejects=[reject for one in made for reject in one.rejects],
    )


fields = st.text(alphabet='ab,"\n é', max_size=8)
records = st.lists(st.tuples(st.integers(-99, 10**6), fields), max_size=40)


@settings(max_examples=60)
@given(
    rows=records,
    compression=st.sampled_from([*PACKERS]),
    cuts=st.lists(st.integers(0, 400), max_size=12),
    step=st.integers(1, 300),
    end=st.sampled_from(["\n", ""]),
)
def test_any_cut_gives_the_rows_of_the_plain_file(
    tmp_path: Path, rows: list[tuple[int, str]], compression: str, cuts: list[int], step: int, end: str
) -> None:
    quoted = ['"' + text.replace('"', '""') + '"' for _, text in rows]
    text = "\n".join(f"{number},{field}" for (number, _), field in zip(rows, quoted, strict=True)) + end
    expected = scan_text(tmp_path, text, WANTED)
    data = packed(text.encode(), compression, cuts)
    file = packed_file(tmp_path / "packed.csv", data, compression)
    found = scan_blocks(file, step)
    assert found.rows == expected.rows
    assert sum(block.text for block in found.blocks) == len(text.encode())
