"""Columns that a scan hands over as text, cast to the types that the plan was bound with.

The scan reads plain values of common types itself. Every other type, and every value that looks odd to
it, is DuckDB's to read: what its CAST takes is a value, what it refuses is a reject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fusionflow_lab.source import Column

__all__ = ["cast_sql", "castable_sql", "misfits_sql", "quoted", "read_sql"]

# Types that Arrow carries under another name, alone or in lists, structs and maps.
_CARRIED = re.compile(r"\b(HUGEINT|UUID|JSON)\b")
_NAMES = re.compile(r'"(?:[^"]|"")*"')
# Types with a value that is written as nothing.
_EMPTY = frozenset({"BLOB", "VARCHAR"})
_SHOWN = 60


def quoted(name: str) -> str:
    """Quote an identifier for DuckDB.

    Examples
    --------
    >>> quoted("a b")
    '"a b"'
    """
    return '"' + name.replace('"', '""') + '"'


def cast_sql(column: Column, text: str, *, attempt: bool = False) -> str:
    """Write the cast of a column's text; an attempt is NULL where the value does not fit.

    Examples
    --------
    >>> cast_sql(Column(name="u", type="UUID", ordinal=0), "u")
    "CAST(NULLIF(u, '') AS UUID)"
    >>> cast_sql(Column(name="d", type="DATE", ordinal=0, format="%d.%m.%Y"), "d", attempt=True)
    "TRY(CAST(strptime(NULLIF(d, ''), '%d.%m.%Y') AS DATE))"
    """
    value = text if column.type in _EMPTY else f"NULLIF({text}, '')"
    if column.format:
        value = f"strptime({value}, {_literal(column.format)})"
    cast = f"CAST({value} AS {column.type})"
    # Not TRY_CAST: that makes [NULL] of '[x]', which the cast to INTEGER[] refuses.
    return f"TRY({cast})" if attempt else cast


def read_sql(columns: Iterable[Column], text: frozenset[str]) -> str:
    """Select the columns of a scan under their types; those in ``text`` come as VARCHAR.

    Examples
    --------
    >>> read_sql([Column(name="n", type="HUGEINT", ordinal=0)], frozenset())
    'SELECT CAST("n" AS HUGEINT) AS "n" FROM __scan'
    """
    items = [f"{_read(column, text)} AS {quoted(column.name)}" for column in columns]
    return f"SELECT {', '.join(items)} FROM __scan" if items else "FROM __scan"


def _read(column: Column, text: frozenset[str]) -> str:
    if column.name in text or column.ordinal < 0:
        return cast_sql(column, quoted(column.name))
    if _CARRIED.search(_NAMES.sub("", column.type)):
        return f"CAST({quoted(column.name)} AS {column.type})"
    return quoted(column.name)


def misfits_sql(columns: Iterable[Column]) -> str:
    """Select number, first unfitting column and reason of the rows of a scan that do not fit.

    Examples
    --------
    >>> print(misfits_sql([Column(name="u", type="UUID", ordinal=0)]))
    SELECT __row, __misfit[1], __misfit[2] FROM (SELECT __row, CASE WHEN "u" <> '' AND
    TRY(CAST(NULLIF("u", '') AS UUID)) IS NULL THEN ['u', '"' || "u"[:60] || CASE WHEN length("u") > 60
    THEN '…' ELSE '' END || '" is not a UUID'] END AS __misfit
    FROM (SELECT *, row_number() OVER () - 1 AS __row FROM __scan)) WHERE __misfit IS NOT NULL
    """
    cases = " ".join(_case(column) for column in columns)
    rows = "(SELECT *, row_number() OVER () - 1 AS __row FROM __scan)"
    found = f"(SELECT __row, CASE {cases} END AS __misfit FROM {rows})"
    return f"SELECT __row, __misfit[1], __misfit[2] FROM {found} WHERE __misfit IS NOT NULL"


def _case(column: Column) -> str:
    name = quoted(column.name)
    kind = f"{column.type} in the format {column.format}" if column.format else column.type
    dots = f"CASE WHEN length({name}) > {_SHOWN} THEN '…' ELSE '' END"
    reason = f"""'"' || {name}[:{_SHOWN}] || {dots} || {_literal(f'" is not a {kind}')}"""
    misfit = f"{name} <> '' AND {cast_sql(column, name, attempt=True)} IS NULL"
    return f"WHEN {misfit} THEN [{_literal(column.name)}, {reason}]"


def castable_sql(column: Column) -> str:
    """Count the rejected values of a column that DuckDB reads all the same.

    Examples
    --------
    >>> print(castable_sql(Column(name="n", type="INTEGER", ordinal=0)))
    SELECT count(*) FROM __rejects
    WHERE "column" = 'n' AND TRY(CAST(NULLIF(text, '') AS INTEGER)) IS NOT NULL
    """
    cast = cast_sql(column, "text", attempt=True)
    return f'SELECT count(*) FROM __rejects WHERE "column" = {_literal(column.name)} AND {cast} IS NOT NULL'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
