"""Numbers in words: bytes, counts, seconds and the line of counters, the same in cell and terminal.

Pure functions of records. The display, the command line and the result all say a thing through these,
so that one number never has two spellings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from fusionflow_lab.query import Counters

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_MINUTE = 60
_HOUR = 3600


def bytes_text(count: float) -> str:
    """Write a number of bytes in decimal units.

    Examples
    --------
    >>> bytes_text(0), bytes_text(999), bytes_text(669_400_000), bytes_text(1e18)
    ('0 B', '999 B', '669.4 MB', '1000.0 PB')
    """
    value = float(count)
    unit = _UNITS[0]
    for unit in _UNITS:
        if round(value, 1) < 1000 or unit == _UNITS[-1]:  # noqa: PLR2004 - the step between units
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def count_text(count: int, word: str = "") -> str:
    """Write a count with thousands separators, and its word in the right number.

    Examples
    --------
    >>> count_text(31_003), count_text(1, "row"), count_text(2, "row")
    ('31,003', '1 row', '2 rows')
    """
    if not word:
        return f"{count:,}"
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def seconds_text(seconds: float) -> str:
    """Write a length of time as a person would say it.

    Examples
    --------
    >>> seconds_text(0.04), seconds_text(12.34), seconds_text(75), seconds_text(7260)
    ('0.04 s', '12.3 s', '1 min 15 s', '2 h 01 min')
    """
    if seconds < 1:
        return f"{max(seconds, 0.0):.2f} s"
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def rows_law(counters: Counters) -> str:
    """Write the law of rows with this job's numbers.

    Examples
    --------
    >>> rows_law(Counters(rows_read=1003, rows_used=900, rows_filtered=101, rows_rejected=2))
    'read 1,003 = used 900 + filtered 101 + rejected 2'
    """
    return (
        f"read {counters.rows_read:,} = used {counters.rows_used:,}"
        f" + filtered {counters.rows_filtered:,} + rejected {counters.rows_rejected:,}"
    )


def with_rejects(counters: Counters) -> str:
    """Say after the word "completed" that not all went in; empty where all did.

    Examples
    --------
    >>> with_rejects(Counters(rows_rejected=1)), with_rejects(Counters())
    (' with 1 reject', '')
    """
    return f" with {count_text(counters.rows_rejected, 'reject')}" if counters.rows_rejected else ""


def counters_line(counters: Counters, seconds: float) -> str:
    """Write rows, bytes and seconds of a finished job in one line.

    Examples
    --------
    >>> counters_line(Counters(rows_read=3, rows_used=3, bytes_scanned=2048, bytes_reused=10), 0.5)
    'rows read 3 = used 3 + filtered 0 + rejected 0 · 2.0 kB scanned, 10 B reused · 0.50 s'
    """
    places = [
        f"{bytes_text(counters.bytes_scanned)} scanned",
        f"{bytes_text(counters.bytes_reused)} reused",
    ]
    if counters.bytes_verified:
        places.append(f"{bytes_text(counters.bytes_verified)} verified")
    if counters.bytes_unread:
        places.append(f"{bytes_text(counters.bytes_unread)} NOT READ: rows are missing")
    return f"rows {rows_law(counters)} · {', '.join(places)} · {seconds_text(seconds)}"


def duckdb_type(kind: pa.DataType) -> str:
    """Name an Arrow type as DuckDB does; what has no name there keeps Arrow's.

    Examples
    --------
    >>> duckdb_type(pa.int64()), duckdb_type(pa.decimal128(38, 0)), duckdb_type(pa.list_(pa.date32()))
    ('BIGINT', 'HUGEINT', 'DATE[]')
    """
    types = pa.types
    if types.is_dictionary(kind):
        name = duckdb_type(kind.value_type)
    elif types.is_decimal(kind):
        whole = (kind.precision, kind.scale) == (38, 0)
        name = "HUGEINT" if whole else f"DECIMAL({kind.precision},{kind.scale})"
    elif types.is_timestamp(kind) and kind.tz:
        name = "TIMESTAMP WITH TIME ZONE"
    elif types.is_nested(kind):
        name = _nested_type(kind)
    else:
        name = _PLAIN_TYPES.get(str(kind), str(kind))
    return name


def _nested_type(kind: pa.DataType) -> str:
    types = pa.types
    if types.is_map(kind):
        name = f"MAP({duckdb_type(kind.key_type)}, {duckdb_type(kind.item_type)})"
    elif types.is_fixed_size_list(kind):
        name = f"{duckdb_type(kind.value_type)}[{kind.list_size}]"
    elif types.is_struct(kind) or types.is_union(kind):
        fields = ", ".join(f"{_name_text(field.name)} {duckdb_type(field.type)}" for field in kind)
        name = f"{'STRUCT' if types.is_struct(kind) else 'UNION'}({fields})"
    else:
        name = f"{duckdb_type(kind.value_type)}[]"
    return name


def _name_text(name: str) -> str:
    """Write a name as SQL takes it: in quotes where it is not plain."""
    if _PLAIN_NAME.fullmatch(name):
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bool": "BOOLEAN",
        "int8": "TINYINT",
        "int16": "SMALLINT",
        "int32": "INTEGER",
        "int64": "BIGINT",
        "uint8": "UTINYINT",
        "uint16": "USMALLINT",
        "uint32": "UINTEGER",
        "uint64": "UBIGINT",
        "halffloat": "HALF",
        "float": "FLOAT",
        "double": "DOUBLE",
        "string": "VARCHAR",
        "large_string": "VARCHAR",
        "string_view": "VARCHAR",
        "binary": "BLOB",
        "large_binary": "BLOB",
        "binary_view": "BLOB",
        "date32[day]": "DATE",
        "date64[ms]": "DATE",
        "timestamp[s]": "TIMESTAMP_S",
        "timestamp[ms]": "TIMESTAMP_MS",
        "timestamp[us]": "TIMESTAMP",
        "timestamp[ns]": "TIMESTAMP_NS",
        "time64[us]": "TIME",
        "time64[ns]": "TIME",
        "month_day_nano_interval": "INTERVAL",
        "null": "NULL",
    }
)
