"""Where the rows of a query go: a frozen record beside those of ``query``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fusionflow_lab.access import Access

SinkFormat = Literal["parquet", "csv", "json"]
SinkMode = Literal["error", "append", "overwrite"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sink:
    """Where the rows of a query go, and how they are written.

    Parameters
    ----------
    url
        A folder, which becomes a dataset, or a file (``single``).
    format
        ``"parquet"``, ``"csv"``, or ``"json"``: one object a line.
    mode
        What to do where there is something: ``"error"``, ``"append"`` to it, or ``"overwrite"`` it.
    partition_by
        Columns whose values name folders, ``column=value``.
    compression
        Of the pages of Parquet, or of whole files of text: ``"none"``, ``"zstd"``, ``"gzip"``, for Parquet
        ``"snappy"``, ``"lz4"`` and ``"brotli"``, too.
    compression_level
        As the compression counts; None for its default.
    file_size_bytes
        Bytes after which another file is begun; 0 for never.
    row_group_size
        Rows of a row group of Parquet.
    header, delimiter, quote, escape, null, force_quote, date_format, timestamp_format
        How CSV is written; ``null`` is the text of NULL.
    escape_formulas
        Whether texts that a spreadsheet would take for formulas get an apostrophe before them. They then read
        back as other texts.
    write_partition_columns
        Whether files hold the columns that name their folder, too.
    single
        Whether ``url`` is one file.
    access, select, names, types
        Filled in by planning: how the place is reached; the columns as they are written, as SQL over a table
        ``rows`` of the columns ``names``, and the DuckDB types of those.
    """

    url: str
    format: SinkFormat = "parquet"
    mode: SinkMode = "error"
    partition_by: tuple[str, ...] = ()
    compression: str = "none"
    compression_level: int | None = None
    file_size_bytes: int = 0
    row_group_size: int = 122_880
    header: bool = True
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    null: str = ""
    force_quote: bool = False
    date_format: str = ""
    timestamp_format: str = ""
    escape_formulas: bool = False
    write_partition_columns: bool = False
    single: bool = False
    access: Access = field(default_factory=Access)
    select: str = ""
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def sql(self, rows: str) -> str:
        """Return the SQL that makes what is written of the rows of a query.

        Examples
        --------
        >>> Sink(url="out", names=("a",), select='"a"').sql("SELECT k FROM t")
        'SELECT "a" FROM (SELECT k FROM t) AS rows("a")'
        """
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in self.names)
        return f"SELECT {self.select} FROM ({rows}) AS rows({names})"

    @property
    def suffix(self) -> str:
        """How the names of files end.

        Examples
        --------
        >>> Sink(url="out", format="csv", compression="gzip").suffix
        '.csv.gz'
        """
        packed = {"gzip": ".gz", "zstd": ".zst"}.get(self.compression, "")
        return f".{self.format}{packed if self.format != 'parquet' else ''}"
