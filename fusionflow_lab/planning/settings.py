"""Session settings that change what a query means: they belong to the query, its plan and every worker.

An allow-list: a setting that is not here changes how DuckDB works and not what it answers, or must not be
changed, or cannot hold for parts of a query. Each is tried in DuckDB once, which also spells its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import literal
from fusionflow_lab.planning.messages import suggestion

Settings = tuple[tuple[str, str], ...]

_NAMES = (
    "TimeZone",
    "Calendar",
    "default_null_order",
    "default_order",
    "ieee_floating_point_ops",
    "integer_division",
    "order_by_non_integer_literal",
    "scalar_subquery_error_on_multiple_rows",
)
ALLOWED: Mapping[str, str] = MappingProxyType(
    {name.lower(): name for name in _NAMES} | {"null_order": "default_null_order"}
)
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "threads": "the cluster decides how many threads there are: start the session with other workers",
        "memory_limit": "the cluster decides how much memory a worker has",
        "default_collation": "write COLLATE where it matters",
        "variable": "write $name, and give its value with the query",
    }
)


def setting(name: str, value: str) -> tuple[str, str]:
    """Return a setting as DuckDB spells it.

    Parameters
    ----------
    name
        The name, in any case.
    value
        The value: a text, a word or a number.

    Raises
    ------
    QueryError
        It is no setting of queries, or the value is none of its values.

    Examples
    --------
    >>> setting("timezone", "Europe/Oslo"), setting("INTEGER_DIVISION", "true")
    (('TimeZone', 'Europe/Oslo'), ('integer_division', 'true'))
    """
    spelled = allowed(name)
    with duckdb.connect() as connection:
        try:
            connection.execute(f"SET {spelled} = {literal(value)}")
            row = connection.execute("SELECT current_setting(?)", [spelled]).fetchone()
        except duckdb.Error as error:
            raise QueryError(f"SET {spelled}: {str(error).splitlines()[0]}") from error
    text = str(row[0]) if row else value
    return spelled, text.lower() if text in {"True", "False"} else text


def allowed(name: str) -> str:
    """Return the name of a setting that queries may have.

    Raises
    ------
    QueryError
        It is none of them.

    Examples
    --------
    >>> allowed("NULL_ORDER")
    'default_null_order'
    """
    spelled = ALLOWED.get(name.lower())
    if spelled is None:
        hint = _REASONS.get(name.lower()) or suggestion(name, _NAMES, "settings of queries")
        raise QueryError(f"{name} is not set here", hint=hint)
    return spelled


def changed(settings: Settings, name: str, value: str) -> Settings:
    """Return settings with one set, or taken away where its value is empty.

    Examples
    --------
    >>> changed((("TimeZone", "UTC"),), "default_order", "desc")
    (('TimeZone', 'UTC'), ('default_order', 'DESC'))
    >>> changed((("TimeZone", "UTC"),), "timezone", "")
    ()
    """
    kept = tuple(entry for entry in settings if entry[0] != allowed(name))
    return tuple(sorted((*kept, setting(name, value)))) if value else kept
