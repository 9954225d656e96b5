"""A result that is kept, read row by number: only the batches of the file that are touched.

The file is mapped, not loaded. Rows in the order of the file are cut out of its batches, others are taken
from them by their numbers, so that every value is the file's own.
"""

from __future__ import annotations

import difflib
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from fusionflow_lab.results.words import duckdb_type
from fusionflow_lab.service.problems import RequestError

TYPE: Final = b"duckdb_type"
_FACTS: Final = b"fusionflow"
_SCANNED: Final = 122_880


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
    >>> from fusionflow_lab.states.kept_rows import keep_rows
    >>> from fusionflow_lab.storage import Folder
    >>> keep_rows(Folder("results"), "r.arrow", pa.table({"n": [3, 1, 2]}))
    >>> with ResultFile(Path("results/r.arrow")) as result:
    ...     rows = result.rows_at([2, 0])
    >>> rows.column("n").to_pylist()
    [2, 3]
    """

    def __init__(self, path: Path) -> None:
        self._source = pa.memory_map(str(path))
        self._reader = pa.ipc.open_file(self._source)
        sizes = [self._reader.get_batch(at).num_rows for at in range(self._reader.num_record_batches)]
        self._ends = list(accumulate(sizes))
        self.schema: pa.Schema = _with_types(self._reader.schema)

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

    def ordinal(self, name: str) -> int:
        """Return the place of the first column of a name.

        Raises
        ------
        RequestError
            There is none.
        """
        names = self.schema.names
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names[:20])}"
            raise RequestError(f"the result has no column {name}", where="query", hint=hint)
        return int(names.index(name))

    def chosen(self, columns: Sequence[int]) -> list[int]:
        """Return places of columns that are there; all where none is named.

        Raises
        ------
        RequestError
            There is no such column.
        """
        wrong = [place for place in columns if not 0 <= place < len(self.schema)]
        if wrong:
            hint = f"there are {len(self.schema)}, from 0"
            raise RequestError(f"the result has no column {wrong[0]}", where="columns", hint=hint)
        return list(columns) or list(range(len(self.schema)))

    def slice(self, start: int, count: int, columns: Sequence[int] = ()) -> pa.Table:
        """Return rows ``[start, start + count)`` as far as they are there."""
        chosen = self.chosen(columns)
        batches = []
        at = bisect_right(self._ends, start)
        while count > 0 and at < len(self._ends):
            batch = self._batch(at, chosen).slice(start - self._start(at), count)
            batches.append(batch)
            count -= batch.num_rows
            start += batch.num_rows
            at += 1
        return self._table(batches, chosen)

    def rows_at(self, numbers: Sequence[int], columns: Sequence[int] = ()) -> pa.Table:
        """Return rows by their numbers, in that order."""
        chosen = self.chosen(columns)
        by_batch: dict[int, list[int]] = {}
        for number in sorted(numbers):
            by_batch.setdefault(bisect_right(self._ends, number), []).append(number)
        batches = [
            self._batch(at, chosen).take(pa.array([one - self._start(at) for one in ones], pa.int64()))
            for at, ones in by_batch.items()
        ]
        table = self._table(batches, chosen)
        places = {number: place for place, number in enumerate(sorted(numbers))}
        return table.combine_chunks().take(pa.array([places[number] for number in numbers], pa.int64()))

    def batches(self, columns: Sequence[int] = ()) -> Iterator[pa.RecordBatch]:
        """Read all rows in the order of the file, some at a time."""
        chosen = self.chosen(columns)
        for at in range(len(self._ends)):
            whole = self._batch(at, chosen)
            for begin in range(0, whole.num_rows, _SCANNED):
                yield whole.slice(begin, _SCANNED)

    def numbered(
        self, columns: Sequence[int], names: Sequence[str], *, rows: bool = True
    ) -> pa.RecordBatchReader:
        """Read columns under other names, with the number of each row before them; no rows to see types."""
        kinds = [self.schema.field(place).type for place in columns]
        schema = pa.schema([("number", pa.int64()), *zip(names, kinds, strict=True)])
        return pa.RecordBatchReader.from_batches(schema, self._numbered(schema, columns) if rows else ())

    def _numbered(self, schema: pa.Schema, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        for at in range(len(self._ends)):
            whole = self._reader.get_batch(at)
            for begin in range(0, whole.num_rows, _SCANNED):
                part = whole.slice(begin, _SCANNED)
                first = self._start(at) + begin
                numbers = pa.arange(first, first + part.num_rows)
                arrays = [numbers, *(part.column(place) for place in columns)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _start(self, at: int) -> int:
        return self._ends[at - 1] if at else 0

    def _batch(self, at: int, columns: Sequence[int]) -> pa.RecordBatch:
        batch = self._reader.get_batch(at)
        schema = self.schema_of(columns)
        return pa.RecordBatch.from_arrays([batch.column(place) for place in columns], schema=schema)

    def _table(self, batches: Sequence[pa.RecordBatch], columns: Sequence[int]) -> pa.Table:
        return pa.Table.from_batches(batches, schema=self.schema_of(columns))

    def schema_of(self, columns: Sequence[int] = ()) -> pa.Schema:
        """Return names and types of columns; of all where none is named."""
        columns = self.chosen(columns)
        return pa.schema([self.schema.field(place) for place in columns], metadata=self.schema.metadata)


def _with_types(schema: pa.Schema) -> pa.Schema:
    """Say DuckDB's type of a field beside it, where Arrow's does not; leave out the facts of the result."""
    metadata = dict(schema.metadata or {})
    types = json.loads(metadata.pop(_FACTS, b"{}")).get("types") or [None] * len(schema)
    fields = [
        field
        if kind is None or kind == duckdb_type(field.type)
        else field.with_metadata({**(field.metadata or {}), TYPE: kind.encode()})
        for field, kind in zip(schema, types, strict=True)
    ]
    return pa.schema(fields, metadata=metadata or None)
