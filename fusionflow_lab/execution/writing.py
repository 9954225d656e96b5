"""Write the rows of a query to the files of its sink; what is known of them afterwards is a small table.

The files wait in the dataset's staging area until the job commits them. The table, one row for each file, is
what a task that writes keeps as its state.
"""

from __future__ import annotations

import mmap
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

import duckdb
import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.datasets.dataset import STAGING
from fusionflow_lab.datasets.version import Part
from fusionflow_lab.errors import QueryError
from fusionflow_lab.sink import Sink
from fusionflow_lab.states.streams import ArrowStream
from fusionflow_lab.storage import Folder, Store

NULL_FOLDER: Final = "__HIVE_DEFAULT_PARTITION__"

PARTS: Final = pa.schema(
    [
        ("name", pa.string()),
        ("token", pa.string()),
        ("rows", pa.int64()),
        ("bytes", pa.int64()),
        ("digest", pa.string()),
        ("partition", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PartWriter:
    """Writes streams of rows.

    Parameters
    ----------
    sink
        How.
    store
        Where: the dataset, or what stands for it until the one file is made.
    area
        Names the folder in the staging area.
    place
        Where the rows stand among those of other tasks: files of tasks sort by it.
    token
        Cancels.
    head
        Whether to write a file without rows; others have no header where they will be one file.
    """

    sink: Sink
    store: Store
    area: str
    place: int
    token: _native.CancelToken
    head: bool = False

    def write(self, stream: ArrowStream) -> pa.Table:
        """Write the rows of a stream, and return the table of the files.

        Raises
        ------
        duckdb.Error
            The stream ended with an error.
        ScanCancelledError
            The token was raised.
        OSError
            The files cannot be written.
        QueryError
            The format does not hold a value.
        """
        prefix = f"part-{self.place:06}-{uuid.uuid4().hex[:12]}"
        area = f"{STAGING}/{self.area}"
        if isinstance(self.store, Folder):
            folder = self.store.path(area)
            folder.mkdir(parents=True, exist_ok=True)
            written = self._written(stream, folder, prefix)
            return parts_table(self._part(part, f"{area}/{part.name}") for part in written)
        with tempfile.TemporaryDirectory(prefix="fusionflow-") as name:
            written = self._written(stream, Path(name), prefix)
            return parts_table([*self._staged(written, Path(name), area)])

    def _written(self, stream: ArrowStream, folder: Path, prefix: str) -> Sequence[_native.Part]:
        single = self.sink.single and not self.head
        sink = replace(self.sink, header=False) if single else self.sink
        try:
            return _native.write_parts(stream, sink, folder, prefix, self.token, keep_empty=self.head)
        except QueryError as error:
            raise duckdb.Error(error.what) from None
        except ValueError as error:
            raise QueryError(str(error)) from None

    def _staged(self, written: Iterable[_native.Part], folder: Path, area: str) -> Iterator[Part]:
        for part in written:
            name = self._part(part, "").name
            with (
                (folder / part.name).open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
                memoryview(content) as view,
            ):
                token = self.store.stage(name, [view], area=area)
            (folder / part.name).unlink()
            yield self._part(part, token)

    def _part(self, part: _native.Part, token: str) -> Part:
        return Part(
            name=f"{partition_path(self.sink.partition_by, part.partition)}{part.name}{self.sink.suffix}",
            token=token,
            rows=part.rows,
            bytes=part.bytes,
            digest=part.digest,
            partition=tuple(part.partition),
        )


def partition_path(names: Sequence[str], values: Sequence[str | None]) -> str:
    """Return the folder of a partition, as DuckDB and Hive name it.

    Examples
    --------
    >>> partition_path(["day", "k y"], ["2026-01-02", None])
    'day=2026-01-02/k%20y=__HIVE_DEFAULT_PARTITION__/'
    >>> partition_path(["k"], ["a/b=é"]), partition_path([], [])
    ('k=a%2Fb%3D%C3%A9/', '')
    """
    folders = [f"{_encoded(name)}={_value(value)}/" for name, value in zip(names, values, strict=True)]
    return "".join(folders)


def _encoded(text: str) -> str:
    return quote(text, safe="")


def _value(value: str | None) -> str:
    if value is None:
        return NULL_FOLDER
    # A text that looks like the word for NULL is told apart from it.
    return _encoded(value) if value != NULL_FOLDER else f"%5F{NULL_FOLDER[1:]}"


def parts_table(parts: Iterable[Part]) -> pa.Table:
    """Return the table of some files.

    Examples
    --------
    >>> part = Part(name="p.csv", token="t", rows=1, bytes=2, digest="d")
    >>> [*parts_of(parts_table([part]))] == [part]
    True
    """
    rows = [
        {
            "name": part.name,
            "token": part.token,
            "rows": part.rows,
            "bytes": part.bytes,
            "digest": part.digest,
            "partition": list(part.partition),
        }
        for part in parts
    ]
    return pa.Table.from_pylist(rows, schema=PARTS)


def parts_of(table: pa.Table) -> Iterator[Part]:
    """Yield the files of a table."""
    for row in table.to_pylist():
        yield Part(**{**row, "partition": tuple(row["partition"])})


def rows_of(table: pa.Table) -> int:
    """Return how many rows the files of a table have."""
    return sum(table.column("rows").to_pylist())
