"""What the tests of the scan share: chunks of files, one-shot scans, and a driver's proof in small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from fusionflow_lab._native import BlockReport, CancelToken, ChunkReport, Scan, locate_starts
from fusionflow_lab.source import Block, Chunk, Column, Dialect, Reader, SourceFile

CSV = Dialect()


@dataclass(frozen=True, kw_only=True, slots=True)
class Scanned:
    """A finished scan: its rows, reports and rejects."""

    table: pa.Table
    chunks: list[ChunkReport]
    rejects: list[dict[str, object]]

    @property
    def rows(self) -> list[tuple[object, ...]]:
        """The rows as tuples."""
        return list(zip(*(column.to_pylist() for column in self.table.columns), strict=True))

    @property
    def blocks(self) -> list[BlockReport]:
        """The reports of all blocks."""
        return [block for chunk in self.chunks for block in chunk.blocks]


def columns(*types: str, fixed: bool = False) -> tuple[Column, ...]:
    """Columns c0, c1 ... of these types."""
    return tuple(
        Column(name=f"c{ordinal}", type=kind, ordinal=ordinal, fixed=fixed)
        for ordinal, kind in enumerate(types)
    )


def source_file(path: Path, *, data_start: int = 0) -> SourceFile:
    """The file as it is now."""
    status = path.stat()
    return SourceFile(path=str(path), size=status.st_size, mtime_ns=status.st_mtime_ns, data_start=data_start)


def cut(file: SourceFile, block_size: int | None = None) -> Chunk:
    """All of the file's data in one chunk of blocks of this size."""
    step = block_size or max(file.size, 1)
    edges = [*range(file.data_start, file.size, step), file.size]
    blocks = tuple(Block(offset=offset, end=end) for offset, end in pairwise(edges))
    return Chunk(ordinal=0, file=file, blocks=blocks)


def run(
    chunks: Sequence[Chunk],
    wanted: Sequence[Column],
    *,
    column_count: int | None = None,
    dialect: Reader = CSV,
    token: CancelToken | None = None,
) -> Scanned:
    """Scan to the end; raise what ended it early."""
    scan = Scan(chunks, wanted, column_count or len(wanted), dialect, token or CancelToken())
    try:
        table = pa.RecordBatchReader.from_stream(scan).read_all()
    except pa.ArrowInvalid:
        failure = scan.failure()
        assert failure is not None
        raise failure from None
    rejects = pa.RecordBatchReader.from_stream(scan.rejects()).read_all()
    return Scanned(table=table, chunks=scan.report(), rejects=rejects.to_pylist())


def scan_text(
    folder: Path,
    data: bytes | str,
    wanted: Sequence[Column],
    *,
    column_count: int | None = None,
    dialect: Dialect = CSV,
    block_size: int | None = None,
) -> Scanned:
    """Write the data to a file and scan it."""
    path = folder / "data.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    chunk = cut(source_file(path), block_size)
    return run([chunk], wanted, column_count=column_count, dialect=dialect)


def scan_proven(
    file: SourceFile, block_size: int, wanted: Sequence[Column], dialect: Dialect = CSV
) -> Scanned:
    """Scan every block by itself, prove the chain, and scan again what broke it."""
    blocks = cut(file, block_size).blocks or (Block(offset=file.size, end=file.size),)

    def scan_block(block: Block) -> Scanned:
        return run([Chunk(ordinal=0, file=file, blocks=(block,))], wanted, dialect=dialect)

    scanned = [scan_block(block) for block in blocks]
    place, end = 0, file.data_start
    while place < len(blocks):
        if scanned[place].blocks[0].start != end:
            offsets = [block.offset for block in blocks[place:]]
            believed = [one.blocks[0].start for one in scanned[place:]]
            starts = locate_starts(file, dialect, end, offsets, believed, CancelToken())
            assert starts[-1] == believed[len(starts) - 1] or len(starts) == len(offsets)
            for distance, start in enumerate(starts):
                if start != believed[distance]:
                    scanned[place + distance] = scan_block(blocks[place + distance]._replace(start=start))
            assert scanned[place].blocks[0].start == end
        end = scanned[place].blocks[0].end
        place += 1
    assert end == file.size
    return Scanned(
        table=pa.concat_tables([plain(one.table) for one in scanned]),
        chunks=[chunk for one in scanned for chunk in one.chunks],
        rejects=[reject for one in scanned for reject in one.rejects],
    )


def plain(table: pa.Table) -> pa.Table:
    """The table with texts as strings: views and dictionaries are a choice of each scan."""
    fields = [
        (
            field.name,
            pa.string()
            if field.type == pa.string_view() or pa.types.is_dictionary(field.type)
            else field.type,
        )
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))
