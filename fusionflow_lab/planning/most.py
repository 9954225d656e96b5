"""What a query and a file may have at most: beyond, planning would take minutes or all memory."""

from __future__ import annotations

from typing import Final

from fusionflow_lab.errors import QueryError, SourceError

MOST_CHARACTERS: Final = 1 << 20
MOST_COLUMNS: Final = 100_000


def refuse_length(text: str) -> None:
    """Refuse a text that no person wrote.

    Raises
    ------
    QueryError
        It is longer than ``MOST_CHARACTERS``.

    Examples
    --------
    >>> refuse_length("SELECT 1")
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(
            f"the query has {len(text):,} characters; {MOST_CHARACTERS:,} are the most",
            hint="put values into a table and join it, or give them as parameters: x IN (FROM t)",
        )


def refuse_columns(count: int, where: str) -> None:
    """Refuse files of too many columns.

    Raises
    ------
    SourceError
        They have more than ``MOST_COLUMNS``.

    Examples
    --------
    >>> refuse_columns(3, "trips.csv")
    """
    if count > MOST_COLUMNS:
        raise SourceError(
            f"a record has {count:,} columns; {MOST_COLUMNS:,} are the most",
            where=where,
            hint="is the delimiter right? else read lines: FROM read_lines(…)",
        )
