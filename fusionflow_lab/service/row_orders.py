"""The rows of results in the orders that readers ask for: found once, then read page by page.

To sort 100 million rows takes as long as it takes; to scroll through them must not. What a sort or filter
gives is a list of row numbers: it is kept in a file without a name, four bytes a row, until others were asked
for since. Whoever asks while it is being made is told so after some seconds, and asks again.
"""

from __future__ import annotations

import mmap
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import pyarrow as pa

from fusionflow_lab.service.problems import NotReadyError
from fusionflow_lab.service.result_file import ResultFile
from fusionflow_lab.service.row_query import RowQuery, row_numbers

_KEPT: Final = 6
_PATIENCE: Final = 10.0
_SMALL: Final = 2**32


class RowNumbers:
    """Row numbers in a file: reading some costs what is taken.

    Parameters
    ----------
    file
        Holds them as unsigned integers of ``width`` bytes; it is mapped, and may be closed then.
    width
        4 or 8.
    count
        How many there are.
    """

    def __init__(self, file: IO[bytes], *, width: int, count: int) -> None:
        self._code = "I" if width == 4 else "Q"  # noqa: PLR2004 - bytes
        self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if count else None
        self._count = count

    def __len__(self) -> int:
        """Count them."""
        return self._count

    def taken(self, offset: int, limit: int, step: int = 1) -> list[int]:
        """Return ``limit`` of them, each ``step``-th from ``offset`` on."""
        if self._map is None:
            return []
        end = min(offset + limit * step, self._count)
        with memoryview(self._map) as data, data.cast(self._code) as numbers:  # type: ignore[call-overload]
            return list(numbers[offset:end:step])


class RowOrders:
    """Keeps the last orders that were asked for.

    Parameters
    ----------
    patience
        Seconds that who asks is kept waiting before he is told to ask again.

    Examples
    --------
    >>> from fusionflow_lab.states.kept_rows import keep_rows
    >>> from fusionflow_lab.service.models import Order
    >>> from fusionflow_lab.storage import Folder
    >>> keep_rows(Folder("results"), "o.arrow", pa.table({"n": [3, 1, 2]}))
    >>> RowOrders().numbers(Path("results/o.arrow"), RowQuery(order=(Order(column="n"),))).taken(0, 2)
    [1, 2]
    """

    def __init__(self, *, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._one_at_work = threading.Lock()
        self._made: OrderedDict[str, Future[RowNumbers]] = OrderedDict()

    def numbers(self, path: Path, query: RowQuery) -> RowNumbers:
        """Return the numbers of the rows that a query gives.

        Raises
        ------
        NotReadyError
            They are still being sorted.
        RequestError
            A column is unknown, or a value cannot be compared with it.
        FileNotFoundError
            The result is not there.
        """
        made = self._future(path, query)
        try:
            return made.result(self._patience)
        except NotYet:
            raise NotReadyError("the rows are still being sorted", hint="ask again in some seconds") from None

    def known(self, path: Path, query: RowQuery) -> bool:
        """Tell whether this was asked for before."""
        with self._lock:
            return _key(path, query) in self._made

    def _future(self, path: Path, query: RowQuery) -> Future[RowNumbers]:
        key = _key(path, query)
        with self._lock:
            made = self._made.get(key)
            if made is None or (made.done() and made.exception() is not None):
                made = self._made[key] = Future()
                threading.Thread(
                    target=self._make, args=(made, path, query), name="fusionflow-order", daemon=True
                ).start()
            self._made.move_to_end(key)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return made

    def _make(self, made: Future[RowNumbers], path: Path, query: RowQuery) -> None:
        with self._one_at_work:
            try:
                made.set_result(written_numbers(path, query))
            except BaseException as error:  # noqa: BLE001 - whoever waits is told, whatever it is
                made.set_exception(error)


def written_numbers(path: Path, query: RowQuery) -> RowNumbers:
    """Find the rows that a query gives and write their numbers into a file without a name."""
    count = 0
    # Beside the result, where there is room for rows; no longer mapped, it is gone.
    with (
        tempfile.TemporaryFile(dir=path.parent) as numbers,
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".sort-") as spill,
        ResultFile(path) as file,
    ):
        width = 4 if file.rows < _SMALL else 8
        kind = pa.uint32() if width == 4 else pa.uint64()  # noqa: PLR2004 - bytes
        with row_numbers(file, query, spill=Path(spill)) as reader:
            for batch in reader:
                numbers.write(_bytes(batch.column(0).cast(kind)))
                count += batch.num_rows
        numbers.flush()
        return RowNumbers(numbers, width=width, count=count)


def _bytes(numbers: pa.Array) -> memoryview:
    _, data = numbers.buffers()
    start = numbers.offset * numbers.type.byte_width
    return memoryview(data)[start : start + len(numbers) * numbers.type.byte_width]


def _key(path: Path, query: RowQuery) -> str:
    with suppress(FileNotFoundError):
        stat = path.stat()
        asked: Sequence[object] = (path, stat.st_mtime_ns, stat.st_size, query.order, query.conditions)
        return repr(asked)
    return repr((path, query))
