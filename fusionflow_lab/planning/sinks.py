"""What is written of the rows of a query: the columns of its sink as SQL, and who writes them.

Values that the native writer does not spell itself are spelt by DuckDB, so that every type is written as
DuckDB writes it. A query whose final SQL only hands on the rows of its one stage is written by the tasks that
map them; any other where its final SQL runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.aggregates import travels_changed
from fusionflow_lab.planning.ast import column, literal, select, table
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.messages import suggestion
from fusionflow_lab.query import Plan, Query
from fusionflow_lab.sink import Sink
from fusionflow_lab.states.casts import quoted
from fusionflow_lab.storage import scheme_of

_PLAIN: Final = frozenset(
    {
        "VARCHAR",
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
    }
)
_FORMULA: Final = "^[=+\\-@\\t\\r]"
# Types that Parquet (through Arrow) does not hold, or not without a change of meaning.
_FOREIGN: Final = re.compile(r"\b(INTERVAL|UNION|BIT|BIGNUM|VARINT|VARIANT|GEOMETRY|TIME WITH TIME ZONE)\b")


def with_sink(plan: Plan, query: Query, sink: Sink, binder: Binder) -> Plan:
    """Return a plan whose rows are written.

    Raises
    ------
    QueryError
        The sink names columns that are not there, or the format does not hold the rows.
    """
    if not plan.names:
        raise QueryError(
            "the columns of this PIVOT show only when it has run: they cannot be written",
            hint="name the values: PIVOT … ON column IN ('a', 'b')",
        )
    names = _distinct(plan.names)
    keys = [_key(name, names) for name in sink.partition_by]
    kept = [place for place in range(len(names)) if sink.write_partition_columns or names[place] not in keys]
    if not kept:
        raise QueryError(
            "PARTITION_BY names every column: nothing is left to write", hint="add WRITE_PARTITION_COLUMNS"
        )
    mapped = _is_mapped(plan, binder)
    if not mapped:
        _refuse_changed(plan)
    items = [f"{_item(sink, names[place], plan.types[place])} AS {quoted(names[place])}" for place in kept]
    items += [f"CAST({quoted(key)} AS VARCHAR) AS {quoted(f'__p{place}')}" for place, key in enumerate(keys)]
    path = Path(query.folder, Path(sink.url).expanduser()).absolute()
    whole = replace(
        sink,
        url=sink.url.rstrip("/") if scheme_of(sink.url) else str(path),
        access=query.access,
        partition_by=tuple(keys),
        select=", ".join(items),
        names=names,
        types=tuple(plan.types),
    )
    stages = tuple(replace(stage, sink=whole) for stage in plan.stages) if mapped else plan.stages
    return replace(plan, sink=whole, stages=stages)


def _refuse_changed(plan: Plan) -> None:
    """Refuse types that a table of the answer does not hold as they are."""
    for name, kind in zip(plan.names, plan.types, strict=True):
        if travels_changed(kind):
            raise QueryError(
                f"{name} is {kind}, which does not travel between processes",
                hint=f"CAST({quoted(name)} AS VARCHAR)",
            )


def _is_mapped(plan: Plan, binder: Binder) -> bool:
    """Tell whether the final SQL only hands on the rows of the one stage: then its tasks write them."""
    if len(plan.stages) != 1 or plan.stages[0].kind != "rows" or plan.stages[0].reason:
        return False
    fresh = [f"c{place}" for place in range(len(plan.names))]
    return plan.final_sql in [
        binder.sql(select([column(name) for name in names], table(plan.stages[0].name)))
        for names in (plan.names, fresh)
    ]


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Tell columns of one name apart as DuckDB does.

    Examples
    --------
    >>> _distinct(["a", "A", "b", "a"])
    ('a', 'A_1', 'b', 'a_2')
    """
    taken: dict[str, int] = {}
    fresh = []
    for name in names:
        count = taken.get(name.lower(), 0)
        taken[name.lower()] = count + 1
        fresh.append(f"{name}_{count}" if count else name)
    return tuple(fresh)


def _key(name: str, names: Sequence[str]) -> str:
    found = next((known for known in names if known.lower() == name.lower()), None)
    if found is None:
        raise QueryError(
            f"PARTITION_BY names {name}, which is no column of the query",
            hint=suggestion(name, list(names), "columns"),
        )
    return found


def _item(sink: Sink, name: str, kind: str) -> str:
    """Write one column as SQL."""
    match sink.format:
        case "parquet":
            return _parquet(name, kind)
        case "json":
            return quoted(name) if kind in _PLAIN else f"encode(to_json({_typed(name, kind)})::VARCHAR)"
        case "csv":
            return _csv(sink, name, kind)


def _parquet(name: str, kind: str) -> str:
    foreign = _FOREIGN.search(re.sub(r'"(?:[^"]|"")*"', "", kind))
    if foreign:
        raise QueryError(
            f"{name} is {kind}: Parquet does not hold {foreign[0]}", hint=f"CAST({quoted(name)} AS VARCHAR)"
        )
    if kind in {"TIMESTAMP_S", "TIMESTAMP_MS"}:
        return f"CAST({quoted(name)} AS TIMESTAMP)"
    return f"CAST({quoted(name)} AS INTEGER)" if kind == '"NULL"' else quoted(name)


def _typed(name: str, kind: str) -> str:
    """Write a column as its type: in a table of the answer it may be another one, such as text for JSON."""
    return quoted(name) if kind == '"NULL"' else f"CAST({quoted(name)} AS {kind})"


def _csv(sink: Sink, name: str, kind: str) -> str:
    value = quoted(name)
    if kind == "VARCHAR" and sink.escape_formulas:
        return f"CASE WHEN regexp_matches({value}, '{_FORMULA}') THEN '''' || {value} ELSE {value} END"
    if kind in _PLAIN:
        return value
    if kind == "DATE" and sink.date_format:
        return f"strftime({value}, {literal(sink.date_format)})"
    if kind.startswith("TIMESTAMP") and sink.timestamp_format:
        return f"strftime({value}, {literal(sink.timestamp_format)})"
    return f"CAST({_typed(name, kind)} AS VARCHAR)"
