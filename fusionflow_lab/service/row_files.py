"""Rows as one whole file, however many: sorted and filtered as pages are, written while it is sent.

A page is made before it is answered and has at most so many rows; a file goes through in pieces.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from fusionflow_lab.results.streamed import streamed
from fusionflow_lab.results.write import FileFormat, escaped
from fusionflow_lab.service.models import FileQuery
from fusionflow_lab.service.result_file import ResultFile
from fusionflow_lab.service.row_orders import RowNumbers, RowOrders
from fusionflow_lab.service.row_query import RowQuery
from fusionflow_lab.service.wire import ARROW, CSV, JSON, NDJSON, PARQUET

WRITTEN: Final[Mapping[str, FileFormat]] = MappingProxyType(
    {JSON: "json", NDJSON: "json", ARROW: "arrow", PARQUET: "parquet", CSV: "csv"}
)
SUFFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {JSON: "json", NDJSON: "jsonl", ARROW: "arrow", PARQUET: "parquet", CSV: "csv"}
)
# Rows that are taken at once by their numbers: about so many bytes, within these.
_TAKEN_BYTES: Final = 16 << 20
_TAKEN: Final = range(16, 100_000)


def file_of(path: Path, asked: FileQuery, orders: RowOrders, media: str) -> Generator[bytes]:
    r"""Write the rows that are asked for as a file, whose pieces are yielded; the first one is made now.

    Raises
    ------
    FileNotFoundError
        The result is not there.
    NotReadyError
        The rows are still being sorted.
    RequestError
        A column is unknown, or a value cannot be compared with it.
    OSError
        The format does not hold the rows.

    Examples
    --------
    >>> from fusionflow_lab.states.kept_rows import keep_rows
    >>> from fusionflow_lab.storage import Folder
    >>> keep_rows(Folder("results"), "f.arrow", pa.table({"n": [3, 1, 2]}))
    >>> asked = FileQuery.model_validate({"sort": '[{"column": "n"}]'})
    >>> b"".join(file_of(Path("results/f.arrow"), asked, RowOrders(), NDJSON))
    b'{"n":1}\n{"n":2}\n{"n":3}\n'
    """
    query = RowQuery(order=tuple(asked.sort), conditions=tuple(asked.filter))
    numbers = None if query.plain else orders.numbers(path, query)
    parts = _parts(path, asked, numbers, media)
    return _after(next(parts, b""), parts)


def _after(first: bytes, parts: Generator[bytes]) -> Generator[bytes]:
    with closing(parts):
        yield first
        yield from parts


def _parts(path: Path, asked: FileQuery, numbers: RowNumbers | None, media: str) -> Generator[bytes]:
    with ResultFile(path) as file:
        rows = file.batches(asked.columns) if numbers is None else _taken(path, file, asked, numbers)
        reader = pa.RecordBatchReader.from_batches(file.schema_of(asked.columns), rows)
        if asked.escape_formulas and media == CSV:
            reader = _escaped(reader)
        yield from streamed(reader, WRITTEN[media], listed=media == JSON)


def _taken(path: Path, file: ResultFile, asked: FileQuery, numbers: RowNumbers) -> Iterator[pa.RecordBatch]:
    fitting = _TAKEN_BYTES * file.rows // max(path.stat().st_size, 1)
    step = min(max(fitting, _TAKEN.start), _TAKEN.stop)
    for begin in range(0, len(numbers), step):
        yield from file.rows_at(numbers.taken(begin, step), asked.columns).to_batches()


def _escaped(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            yield from escaped(pa.Table.from_batches([batch])).to_batches()

    return pa.RecordBatchReader.from_batches(escaped(reader.schema.empty_table()).schema, batches())
