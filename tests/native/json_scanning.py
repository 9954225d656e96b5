"""What the tests of JSON share: sniff and scan in one go, through DuckDB as a map would see the rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from fusionflow_lab._native import BlockReport, CancelToken, Scan
from fusionflow_lab.planning.json_files import json_source, with_json_types
from fusionflow_lab.planning.reader_options import JsonOptions
from fusionflow_lab.source import Chunk, Source
from fusionflow_lab.states.casts import read_sql
from tests.native.scanning import cut

PLAIN = JsonOptions()
Columns = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a file turned out to be."""

    columns: Columns
    rows: list[tuple[object, ...]]
    rejects: list[dict[str, object]]
    blocks: list[BlockReport]


def write(folder: Path, data: str | bytes, name: str = "data.json") -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(*paths: Path, options: JsonOptions = PLAIN, block_size: int | None = None) -> Read:
    """Read files as they are sniffed, in blocks of a size; types widen until they hold all values."""
    names = [str(path) for path in paths]
    source = json_source(names[0], options, names)
    while True:
        scan = _scan(source, block_size)
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.register("__scan", scan)
            try:
                found = connection.execute(read_sql(source.columns, frozenset()))
                columns = [(str(name), str(kind)) for name, kind, *_ in found.description or []]
                rows = found.fetchall()
            except duckdb.Error:
                if not scan.widened():
                    raise (scan.failure() or AssertionError("nothing failed")) from None
                source = with_json_types(source, dict(scan.widened()))
                continue
        rejects = pa.RecordBatchReader.from_stream(scan.rejects()).read_all().to_pylist()
        blocks = [block for chunk in scan.report() for block in chunk.blocks]
        assert sum(block.rows for block in blocks) == len(rows) + len(rejects)
        return Read(columns=columns, rows=rows, rejects=rejects, blocks=blocks)


def _scan(source: Source, block_size: int | None) -> Scan:
    size = block_size if source.splits else None
    chunks = [
        Chunk(ordinal=place, file=file, blocks=cut(file, size).blocks)
        for place, file in enumerate(source.files)
    ]
    return Scan(chunks, source.columns, len(source.columns), source.dialect, CancelToken())


def read_duckdb(*paths: Path, call: str = "read_json_auto({})") -> tuple[Columns, list[tuple[object, ...]]]:
    """Read with DuckDB."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(f"FROM {call.format([str(path) for path in paths])}")
        return [(str(name), str(kind)) for name, kind, *_ in found.description or []], found.fetchall()
