"""Pages of rows: which rows and columns of a result, and no more of them than one message carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from fusionflow_lab.service.models import RowsQuery
from fusionflow_lab.service.problems import RequestError
from fusionflow_lab.service.result_file import ResultFile
from fusionflow_lab.service.row_orders import RowOrders
from fusionflow_lab.service.row_query import RowQuery, row_numbers

_SHALLOW: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some rows of a result, and how many there are in all that pass the conditions."""

    rows: pa.Table
    total: int


def page_of(path: Path, asked: RowsQuery, orders: RowOrders) -> Page:
    """Read the rows that are asked for.

    Raises
    ------
    FileNotFoundError
        The result is not there.
    NotReadyError
        The rows are still being sorted.
    RequestError
        A column is unknown, or a value cannot be compared with it; or one row is larger than a page may be.

    Examples
    --------
    >>> from fusionflow_lab.states.kept_rows import keep_rows
    >>> from fusionflow_lab.storage import Folder
    >>> keep_rows(Folder("results"), "p.arrow", pa.table({"n": [3, 1, 2], "text": ["abc", "d", "e"]}))
    >>> asked = RowsQuery.model_validate({"sort": '[{"column": "n"}]', "columns": "[1]", "cut": 2})
    >>> page = page_of(Path("results/p.arrow"), asked, RowOrders())
    >>> page.rows.column("text").to_pylist(), page.total
    (['d', 'e', 'ab…'], 3)
    """
    query = RowQuery(order=tuple(asked.sort), conditions=tuple(asked.filter))
    with ResultFile(path) as file:
        if query.plain:
            total = file.rows
            last = min(asked.offset + asked.limit * asked.step, total)
            numbers: Sequence[int] = range(min(asked.offset, last), last, asked.step)
        else:
            numbers, total = _numbers(path, file, query, asked, orders)
        if query.plain and asked.step == 1:
            rows = file.slice(asked.offset, len(numbers), asked.columns)
        else:
            rows = file.rows_at(numbers, asked.columns)
    rows = rows if not asked.cut else _cut(rows, asked.cut)
    return Page(rows=rows if not asked.max_bytes else _fitting(rows, asked.max_bytes), total=total)


def _numbers(
    path: Path, file: ResultFile, query: RowQuery, asked: RowsQuery, orders: RowOrders
) -> tuple[Sequence[int], int]:
    last = asked.offset + asked.limit * asked.step
    if not asked.limit and not query.conditions:
        return (), file.rows
    if query.conditions or last > _SHALLOW or orders.known(path, query):
        numbers = orders.numbers(path, query)
        return numbers.taken(asked.offset, asked.limit, asked.step), len(numbers)
    # The first rows alone are found much sooner than the order of all.
    with row_numbers(file, query, spill=path.parent, most=last) as reader:
        first = reader.read_all().column(0).to_pylist()
    return first[asked.offset :: asked.step], file.rows


def _cut(rows: pa.Table, most: int) -> pa.Table:
    """Cut texts and BLOBs that are longer than ``most`` characters or bytes; a cut text ends in …."""
    columns = [_cut_column(column, most) for column in rows.columns]
    return pa.Table.from_arrays(columns, schema=rows.schema)


def _cut_column(column: pa.ChunkedArray, most: int) -> pa.ChunkedArray:
    types = pa.types
    if types.is_string(column.type) or types.is_large_string(column.type):
        long = pc.greater(pc.utf8_length(column), most)
        if not pc.any(long).as_py():
            return column
        head = pc.utf8_slice_codeunits(column, 0, most)
        return pc.if_else(long, pc.binary_join_element_wise(head, "…", ""), column)
    if types.is_binary(column.type) or types.is_large_binary(column.type):
        return pc.binary_slice(column, 0, most)
    return column


def _fitting(rows: pa.Table, most: int) -> pa.Table:
    """Return as many of the first rows as have at most so many bytes, at least one."""
    count = rows.num_rows
    while count > 1 and _size(rows.slice(0, count)) > most:
        count = max(1, min(count - 1, count * most // _size(rows.slice(0, count))))
    fitting = rows.slice(0, count)
    if count == 1 and _size(fitting) > most:
        hint = "choose fewer columns, or cut long texts"
        raise RequestError(f"one row has more than {most:,} bytes", where="max_bytes", hint=hint)
    return fitting


def _size(rows: pa.Table) -> int:
    """Return the bytes of rows as an Arrow stream, without making it."""
    sink = pa.MockOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return int(sink.size())
