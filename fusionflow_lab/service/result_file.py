"""A result that is kept, read page by page: only the batches of the file that a page touches.

The file is mapped, not loaded. A page in the order of the file is cut out of its batches. Sorted or filtered,
DuckDB scans the columns that are asked about and says the numbers of the rows; those are then taken from
their batches, so that every value is the file's own.
"""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import duckdb
import pyarrow as pa

from fusionflow_lab.service.models import Cell, Condition, Order
from fusionflow_lab.service.problems import RequestError

_FACTS: Final = b"fusionflow"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some rows of a result, and how many there are in all that pass the conditions."""

    rows: pa.Table
    total: int


class ResultFile:
    """A kept result, opened for one request.

    Parameters
    ----------
    path
        The Arrow IPC file.

    Raises
    ------
    FileNotFoundError
        It is not there.

    Examples
    --------
    >>> from fusionflow_lab.results.kept import keep_table
    >>> from fusionflow_lab.storage import Folder
    >>> keep_table(Folder("results"), "r.arrow", pa.table({"n": [3, 1, 2]}))
    >>> with ResultFile(Path("results/r.arrow")) as result:
    ...     page = result.page(offset=0, limit=2, order=[Order(column="n")])
    >>> page.rows.column("n").to_pylist(), page.total
    ([1, 2], 3)
    """

    def __init__(self, path: Path) -> None:
        self._source = pa.memory_map(str(path))
        self._reader = pa.ipc.open_file(self._source)
        sizes = [self._batch(at).num_rows for at in range(self._reader.num_record_batches)]
        self._ends = list(accumulate(sizes))
        metadata = dict(self._reader.schema.metadata or {})
        metadata.pop(_FACTS, None)
        self.schema: pa.Schema = self._reader.schema.with_metadata(metadata or None)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; rows that were returned stay good."""
        self._source.close()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._ends[-1] if self._ends else 0

    def page(
        self,
        *,
        offset: int,
        limit: int,
        order: Sequence[Order] = (),
        conditions: Sequence[Condition] = (),
    ) -> Page:
        """Return rows ``[offset, offset + limit)`` of those that pass, in the order of the file or as told.

        Raises
        ------
        RequestError
            A column is unknown, or a value cannot be compared with it.
        """
        if not order and not conditions:
            places = range(min(offset, self.rows), min(offset + limit, self.rows))
            return Page(rows=self._slice(places.start, len(places)), total=self.rows)
        numbers, total = self._numbers(offset, limit, order, conditions)
        return Page(rows=self._taken(numbers), total=total)

    def _batch(self, at: int) -> pa.RecordBatch:
        return self._reader.get_batch(at)

    def _slice(self, start: int, count: int) -> pa.Table:
        batches = []
        at = bisect_right(self._ends, start)
        while count > 0 and at < len(self._ends):
            begin = start - (self._ends[at - 1] if at else 0)
            batch = self._batch(at).slice(begin, count)
            batches.append(batch)
            count -= batch.num_rows
            start += batch.num_rows
            at += 1
        return pa.Table.from_batches(batches, schema=self._reader.schema).cast(self.schema)

    def _taken(self, numbers: Sequence[int]) -> pa.Table:
        """Return rows by their numbers, in that order."""
        by_batch: dict[int, list[int]] = {}
        for number in sorted(numbers):
            by_batch.setdefault(bisect_right(self._ends, number), []).append(number)
        batches = [
            self._batch(at).take(pa.array([one - (self._ends[at - 1] if at else 0) for one in ones]))
            for at, ones in by_batch.items()
        ]
        table = pa.Table.from_batches(batches, schema=self._reader.schema).cast(self.schema)
        places = {number: place for place, number in enumerate(sorted(numbers))}
        return table.combine_chunks().take(pa.array([places[number] for number in numbers], pa.int64()))

    def _numbers(
        self, offset: int, limit: int, order: Sequence[Order], conditions: Sequence[Condition]
    ) -> tuple[list[int], int]:
        named = [one.column for one in order] + [one.column for one in conditions]
        ordinals = {name: self._ordinal(name) for name in named}
        # Under names of our own: two columns of a result may have one name.
        read = {ordinal: f"c{ordinal}" for ordinal in ordinals.values()}
        table = self._reader.read_all().select(list(read)).rename_columns(list(read.values()))
        columns = {name: f"c{ordinal}" for name, ordinal in ordinals.items()}
        by = [f"{columns[one.column]} {'DESC' if one.descending else 'ASC'} NULLS LAST" for one in order]
        with duckdb.connect() as connection:
            connection.register("rows", table)
            # What Arrow compares may differ from what DuckDB does: it only scans.
            connection.execute("SET disabled_optimizers = 'filter_pushdown'")
            where, values = _where(conditions, columns, _types(connection))
            numbered = f"(SELECT row_number() OVER () - 1 AS number, * FROM rows) WHERE {where}"
            page = f"SELECT number FROM {numbered} ORDER BY {', '.join([*by, 'number'])} LIMIT ? OFFSET ?"
            try:
                found = connection.execute(page, [*values, limit, offset]).fetchall()
                total = self.rows if not conditions else _count(connection, where, values)
            except duckdb.Error as error:
                what = str(error).partition("\n")[0]
                raise RequestError(what, where="filter", hint="compare with values of its type") from None
        return [number for (number,) in found], total

    def _ordinal(self, name: str) -> int:
        names = self.schema.names
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names[:20])}"
            raise RequestError(f"the result has no column {name}", where="query", hint=hint)
        return int(names.index(name))


def _count(connection: duckdb.DuckDBPyConnection, where: str, values: Sequence[Cell]) -> int:
    found = connection.execute(f"SELECT count(*) FROM rows WHERE {where}", list(values)).fetchone()
    return int(found[0]) if found else 0


def _types(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """Return DuckDB's type of each column."""
    described = connection.execute("SELECT column_name, column_type FROM (DESCRIBE rows)").fetchall()
    return dict(described)


def _where(
    conditions: Sequence[Condition], columns: Mapping[str, str], types: Mapping[str, str]
) -> tuple[str, list[Cell]]:
    """Write conditions as SQL with places for their values; every name in it is ours."""
    texts, values = ["true"], list[Cell]()
    for one in conditions:
        column = columns[one.column]
        found = _values(one)
        cast = f"CAST(? AS {types[column]})"
        match one.op:
            case "is_null":
                text = f"{column} IS NULL"
            case "not_null":
                text = f"{column} IS NOT NULL"
            case "contains" | "starts_with":
                text = f"{one.op}(lower(CAST({column} AS VARCHAR)), lower(CAST(? AS VARCHAR)))"
            case "in":
                text = f"{column} IN ({', '.join([cast] * len(found))})" if found else "false"
            case _:
                text = f"{column} {one.op} {cast}"
        texts.append(text)
        values += found
    return " AND ".join(texts), values


def _values(condition: Condition) -> list[Cell]:
    """Return the values that a condition compares with."""
    value, op = condition.value, condition.op
    if op in {"is_null", "not_null"}:
        good = value is None
    elif op == "in":
        good = isinstance(value, list)
    else:
        good = value is not None and not isinstance(value, list)
    if not good:
        told = {"in": "a list", "is_null": "no value", "not_null": "no value"}.get(op, "one value")
        hint = "is_null and not_null ask for NULL"
        raise RequestError(f"{op} of {condition.column} takes {told}", where="filter", hint=hint)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
