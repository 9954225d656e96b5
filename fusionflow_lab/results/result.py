"""The exact answer of a job: an Arrow table, the counters that account for every row, and how it shows.

The last thing in the flow of a job: the driver makes it, the client hands it on. It goes to pandas, polars
and everything that speaks the Arrow PyCapsule interface without copying through rows.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.query import Counters
from fusionflow_lab.results.render import shown, table_html, table_text
from fusionflow_lab.results.style import STYLE
from fusionflow_lab.results.words import bytes_text, count_text, counters_line
from fusionflow_lab.results.write import write_file

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

ROWS_SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Result:
    """The rows of a finished job.

    Parameters
    ----------
    table
        The rows.
    counters
        Rows and bytes of the scan: ``read = used + filtered + rejected``.
    seconds
        From submit to result.
    job_id
        The job that made it.
    gathered
        Why rows were shipped instead of states, or empty.
    types
        DuckDB's names of the columns' types, where they are known better than from Arrow.
    written_to
        Where the job wrote rows; the table then lists the files. Empty for a result of rows.
    unchanged
        Whether nothing had to be done, because the same was asked of the same files before.

    Examples
    --------
    >>> result = Result(table=pa.table({"city": ["Oslo"], "n": [7]}), job_id="ab12")
    >>> len(result), result.columns
    (1, ('city', 'n'))
    >>> result.arrow().to_pylist()
    [{'city': 'Oslo', 'n': 7}]
    """

    table: pa.Table
    counters: Counters = field(default_factory=Counters)
    seconds: float = 0.0
    job_id: str = ""
    gathered: str = ""
    types: tuple[str, ...] = ()
    written_to: str = ""
    unchanged: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self.table.column_names)

    def __len__(self) -> int:
        """Count the rows."""
        return int(self.table.num_rows)

    def arrow(self) -> pa.Table:
        """Return the rows as an Arrow table.

        Examples
        --------
        >>> Result(table=pa.table({"n": [1, 2]})).arrow().num_rows
        2
        """
        return self.table

    def df(self) -> pd.DataFrame:
        """Return the rows as a pandas DataFrame.

        HUGEINT, which DuckDB gives for sums of integers, becomes int64 where all values fit; else Python
        decimals, exactly.

        Examples
        --------
        >>> Result(table=pa.table({"n": [1, 2]})).df()["n"].sum()
        np.int64(3)
        """
        _require("pandas")
        columns = [_narrowed(column) for column in self.table.columns]
        narrowed = pa.Table.from_arrays(columns, names=self.table.column_names)
        frame: pd.DataFrame = narrowed.to_pandas()
        return frame

    def pl(self) -> pl.DataFrame:
        """Return the rows as a polars DataFrame.

        Examples
        --------
        >>> Result(table=pa.table({"n": [1, 2]})).pl().height
        2
        """
        _require("polars")
        import polars  # noqa: ICN001 - optional

        frame = polars.from_arrow(self.table)
        if isinstance(frame, polars.Series):
            return frame.to_frame()
        return frame

    def to_parquet(self, path: str | Path) -> None:
        """Write the rows as Parquet, in the place of the file that may be there.

        Examples
        --------
        >>> Result(table=pa.table({"n": [1]})).to_parquet("rows.parquet")
        """
        write_file(self.table, Path(path), "parquet")

    def to_csv(self, path: str | Path, *, escape_formulas: bool = False) -> None:
        """Write the rows as CSV, in the place of the file that may be there.

        Parameters
        ----------
        path
            The file.
        escape_formulas
            Whether texts that a spreadsheet would take for formulas (they begin with ``=``, ``+``, ``-``,
            ``@``, a tab or a carriage return) get an apostrophe before them: harmless there, but no longer
            the same texts.

        Examples
        --------
        >>> Result(table=pa.table({"text": ["=1+1"]})).to_csv("rows.csv", escape_formulas=True)
        >>> Path("rows.csv").read_text().splitlines()
        ['text', "'=1+1"]
        """
        write_file(self.table, Path(path), "csv", escape_formulas=escape_formulas)

    def to_json(self, path: str | Path) -> None:
        """Write the rows as JSON, one object a line, in the place of the file that may be there.

        Examples
        --------
        >>> Result(table=pa.table({"n": [1]})).to_json("rows.json")
        """
        write_file(self.table, Path(path), "json")

    def to_arrow(self, path: str | Path) -> None:
        """Write the rows as an Arrow IPC stream, in the place of the file that may be there.

        Examples
        --------
        >>> Result(table=pa.table({"n": [1]})).to_arrow("rows.arrow")
        """
        write_file(self.table, Path(path), "arrow")

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the rows through the Arrow PyCapsule interface."""
        return self.table.__arrow_c_stream__(requested_schema)

    def again(self) -> Result:
        """Return the result as the answer to a question that was asked before: nothing was scanned for it.

        Examples
        --------
        >>> before = Result(table=pa.table({"n": [1]}), counters=Counters(bytes_scanned=8), seconds=2.0)
        >>> before.again().summary()
        'rows read 0 = used 0 + filtered 0 + rejected 0 · 0 B scanned, 8 B reused · 0.00 s · unchanged'
        """
        known = self.counters.bytes_scanned + self.counters.bytes_reused
        counters = replace(self.counters, bytes_scanned=0, bytes_reused=known)
        return replace(self, counters=counters, seconds=0.0, unchanged=True)

    def summary(self) -> str:
        """Account for rows, bytes and seconds in one line, and say why rows were gathered if they were.

        Empty for a table that no scan made.
        """
        if self.counters == Counters() and not self.seconds:
            return ""
        line = counters_line(self.counters, self.seconds)
        line = f"{line} · unchanged" if self.unchanged else line
        line = f"{self.written()}\n{line}" if self.written_to else line
        return f"{line} · gathered: {self.gathered}" if self.gathered else line

    def counted(self) -> str:
        """Count the rows, or the files that the job wrote.

        Examples
        --------
        >>> Result(table=pa.table({"n": [1]})).counted()
        '1 row'
        """
        return count_text(len(self), "file" if self.written_to else "row")

    def written(self) -> str:
        """Say what a job wrote where; empty for a result of rows.

        Examples
        --------
        >>> files = pa.table({"file": ["out/part-0.csv"], "rows": [3], "bytes": [2048]})
        >>> Result(table=files, written_to="out").written()
        'wrote 3 rows, 2.0 kB in 1 file to out'
        """
        if not self.written_to:
            return ""
        rows, size = (sum(self.table.column(name).to_pylist()) for name in ("rows", "bytes"))
        files = count_text(len(self), "file")
        return f"wrote {count_text(rows, 'row')}, {bytes_text(size)} in {files} to {self.written_to}"

    def to_html(self, *, rows: int = ROWS_SHOWN) -> str:
        """Write the first rows and the counters as HTML, everything escaped.

        Examples
        --------
        >>> "Oslo" in Result(table=pa.table({"city": ["Oslo"]})).to_html()
        True
        """
        part = shown(self.table, rows=rows, types=self.types)
        return (
            f'{STYLE}<div class="fusionflow">{table_html(part)}'
            f'<div class="ff-muted">{escape(self.summary())}</div></div>'
        )

    def to_text(self, *, rows: int = ROWS_SHOWN) -> str:
        """Write the first rows and the counters as plain text.

        Examples
        --------
        >>> print(Result(table=pa.table({"n": [1]}), seconds=0.25).to_text())
             n
        BIGINT
        ------
             1
        rows read 0 = used 0 + filtered 0 + rejected 0 · 0 B scanned, 0 B reused · 0.25 s
        """
        part = shown(self.table, rows=rows, types=self.types)
        return f"{table_text(part)}\n{self.summary()}".rstrip("\n")

    def __repr__(self) -> str:
        """Show the first rows and the counters."""
        return self.to_text()

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
    ) -> dict[str, str]:
        """Show the first rows in a notebook: HTML and, always beside it, text."""
        bundle = {"text/html": self.to_html(), "text/plain": self.to_text()}
        return {
            mime: text
            for mime, text in bundle.items()
            if (not include or mime in include) and (not exclude or mime not in exclude)
        }


def _narrowed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.type != pa.decimal128(38, 0):
        return column
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def _require(package: str) -> None:
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as missing:
        if missing.name != package:
            raise
        message = f"{package} is not installed here"
        raise FusionflowError(message, hint=f"pip install {package}, or use .arrow()") from None
