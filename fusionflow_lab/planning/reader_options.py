"""What the user said of files: one frozen record for each format, what all have in common at the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from fusionflow_lab.source import TextRows, WholeRows


@dataclass(frozen=True, kw_only=True, slots=True)
class FileOptions:
    """Options that go with files of every format; None or empty means: find out.

    ``filename`` names a column for the file's path. ``hive``: folders such as ``year=2024`` are columns,
    of the types in ``hive_types``, else of those that their texts have (``hive_autocast``).
    ``max_errors`` is how many records may be rejected: a number, a percentage such as ``5%``, or empty for
    the default. ``by_name``: files may have other columns. ``compression`` is ``none``, ``gzip``, ``zstd`` or
    ``bz2``, empty for what each file's name says; ``max_ratio``: bytes of text that a packed byte may stand
    for, 0 for any number.
    """

    filename: str = ""
    hive: bool | None = None
    hive_types: tuple[tuple[str, str], ...] = ()
    hive_autocast: bool = True
    max_errors: str = ""
    by_name: bool = False
    compression: str = ""
    max_ratio: int = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvOptions(FileOptions):
    """Options of ``read_csv``.

    ``types`` maps column names (or, with ``columns``, all of them in order) to DuckDB types.
    ``date_format`` and ``timestamp_format`` are how dates are written where their types are given,
    ``styles`` what stands for them where types are found out. ``normal_names``: names in a header are made
    such that they need no quotes. ``leading_types`` are those of the first columns, whatever their names.
    """

    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    null_string: str = ""
    names: tuple[str, ...] = ()
    types: tuple[tuple[str, str], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    all_varchar: bool = False
    skip: int = 0
    escape: str | None = None
    comment: str = ""
    more_nulls: tuple[str, ...] = ()
    new_line: str = ""
    encoding: str = ""
    null_padding: bool = False
    strict: bool = True
    date_format: str = ""
    timestamp_format: str = ""
    styles: tuple[str, ...] = ()
    normal_names: bool = False
    leading_types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TextOptions(FileOptions):
    """Options of ``read_lines`` and ``words``; ``types`` maps groups of ``pattern`` to DuckDB types."""

    rows: TextRows = "lines"
    encoding: str = ""
    pattern: str = ""
    types: tuple[tuple[str, str], ...] = ()
    unmatched: bool = False
    lower: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ParquetOptions(FileOptions):
    """Options of ``read_parquet``.

    ``binary_as_string``: bytes of which a file does not say what they mean are text. ``row_number``: there
    is a column ``file_row_number``.
    """

    binary_as_string: bool = False
    row_number: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeOptions(FileOptions):
    """Options of ``read_document`` and ``read_text``."""

    rows: WholeRows = "documents"
    seconds: float = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonOptions(FileOptions):
    """Options of ``read_json``.

    ``form`` is that of ``JsonDialect``, empty for finding out; ``records`` whether records are objects with
    columns. ``whole``: look at all records for names and types. ``columns`` are names and types of all
    columns, ``date_format`` and ``timestamp_format`` how their dates are written. Objects are a MAP where
    their fields are in fewer than the part ``appearance`` of them on average, or are ``map_fields`` or more
    that are alike (-1: never); levels below ``depth`` (-1: none) are JSON.
    """

    form: str = ""
    records: bool | None = None
    whole: bool = False
    columns: tuple[tuple[str, str], ...] = ()
    date_format: str = ""
    timestamp_format: str = ""
    appearance: float = 0.1
    map_fields: int = 200
    depth: int = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrowOptions(FileOptions):
    """Options of ``read_arrow``: there are none, and paths say nothing."""

    hive: bool | None = False


ReaderOptions: TypeAlias = (
    ArrowOptions | CsvOptions | JsonOptions | ParquetOptions | TextOptions | WholeOptions
)
"""Options of any format."""
