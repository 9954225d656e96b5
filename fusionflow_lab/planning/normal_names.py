"""Column names that need no quotes: what ``normalize_names`` asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import duckdb

from fusionflow_lab.errors import QueryError

_KEYWORDS = "SELECT DISTINCT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'column_name'"


def normal_names(names: Sequence[str]) -> list[str]:
    """Return names as DuckDB normalizes them: small ASCII letters, digits and underscores, none a keyword.

    Raises
    ------
    QueryError
        Two names become one in a way that leaves open how DuckDB numbers them.

    Examples
    --------
    >>> normal_names(["Größe in m", "2024", "Group", "größe in M"])
    ['groe_in_m', '_2024', '_group', 'groe_in_m_1']
    """
    with duckdb.connect() as connection:
        keywords = {str(row[0]) for row in connection.sql(_KEYWORDS).fetchall()}
    normal = [_normal(name, keywords) for name in names]
    twice = {name for name in normal if normal.count(name) > 1}
    if any(re.sub(r"_\d+$", "", name) in twice - {name} for name in normal):
        hint = "leave normalize_names out, or say names = ['a', 'b']"
        raise QueryError("normalized names of columns would be taken twice", hint=hint)
    counts = dict.fromkeys(normal, -1)
    return [_numbered(name, counts) for name in normal]


def _normal(name: str, keywords: set[str]) -> str:
    text = unicodedata.normalize("NFKD", name)
    kept = "".join(
        " " if character in " \t\n\v\f\r" else character
        for character in text
        if character.isascii() and (character.isalnum() or character in "_ \t\n\v\f\r")
    )
    plain = "_".join(kept.split()).lower() or "_"
    return f"_{plain}" if plain[0].isdigit() or plain in keywords else plain


def _numbered(name: str, counts: dict[str, int]) -> str:
    counts[name] += 1
    return f"{name}_{counts[name]}" if counts[name] else name
