"""Files of differing columns as one source: what ``union_by_name`` asks for.

The columns are those of the first file, then new ones as the files bring them; names that differ in case
alone are one. A column's type holds the values of all files that have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Protocol

from fusionflow_lab import _native
from fusionflow_lab.source import Dialect, Layout

_DATED = ("DATE", "TIMESTAMP")


class Named(Protocol):
    """A file with its own columns; a sniffed file is one."""

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and least type of each column."""

    @property
    def unseen(self) -> list[int]:
        """Places of the columns without any value."""


def united(files: Iterable[Named]) -> list[tuple[str, str]]:
    """Return name and type of each column that one of the files has, in DuckDB's order.

    Examples
    --------
    >>> from types import SimpleNamespace as File
    >>> first = File(columns=[("city", "VARCHAR"), ("amount", "BIGINT")], unseen=[])
    >>> united([first, File(columns=[("amount", "DOUBLE"), ("day", "DATE")], unseen=[])])
    [('city', 'VARCHAR'), ('amount', 'DOUBLE'), ('day', 'DATE')]
    """
    names: dict[str, str] = {}
    kinds: dict[str, list[str]] = {}
    for file in files:
        unseen = set(file.unseen)
        for place, (name, kind) in enumerate(file.columns):
            key = name.lower()
            names.setdefault(key, name)
            kinds.setdefault(key, []).extend([kind] * (place not in unseen))
    return [(name, common_type(kinds[key])) for key, name in names.items()]


def common_type(kinds: Sequence[str]) -> str:
    """Return the type that holds the values of columns of some types; text where there are none.

    Each file's dates are read as that file writes them.

    Examples
    --------
    >>> common_type(["BIGINT", "DOUBLE"]), common_type(["DATE", "TIMESTAMP"]), common_type(["DATE", "TIME"])
    ('DOUBLE', 'TIMESTAMP', 'VARCHAR')
    """
    distinct = [*dict.fromkeys(kinds)]
    plain = {kind.partition(" '")[0] for kind in distinct}
    if len(distinct) > 1 and plain <= set(_DATED):
        return max(plain)
    return reduce(_native.widest_type, distinct) if distinct else "VARCHAR"


def layout_of(file: Named, names: Sequence[str], dialect: Dialect) -> Layout:
    """Say where a file has the columns of the source.

    Parameters
    ----------
    file
        The file.
    names
        The columns of the source.
    dialect
        How the file's records are cut.
    """
    places = {name.lower(): place for place, (name, _) in enumerate(file.columns)}
    found = [places.get(name.lower(), -1) for name in names]
    while found and found[-1] < 0:
        found.pop()
    kinds = ["" if place < 0 else file.columns[place][1] for place in found]
    dated = (kind if kind.partition(" '")[0] in _DATED else "" for kind in kinds)
    return Layout(dialect=dialect, ordinals=tuple(found), dated=tuple(dated))
