"""Sort and filter as SQL: which rows of a result pass, in which order, by their numbers in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from fusionflow_lab.service.models import Cell, Condition, Order
from fusionflow_lab.service.problems import RequestError
from fusionflow_lab.service.result_file import ResultFile

_MEMORY: Final = "1GB"
_BATCH: Final = 1 << 17


@dataclass(frozen=True, kw_only=True, slots=True)
class RowQuery:
    """Which rows are asked for, and in which order; those of the file in its order by default.

    Examples
    --------
    >>> RowQuery(order=(Order(column="n", descending=True),)).plain
    False
    """

    order: tuple[Order, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether all rows are asked for in the order of the file."""
        return not self.order and not self.conditions

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that must be read to answer."""
        names = [one.column for one in self.order] + [one.column for one in self.conditions]
        return tuple(dict.fromkeys(names))


@contextmanager
def row_numbers(
    file: ResultFile, query: RowQuery, *, spill: Path, most: int | None = None
) -> Iterator[pa.RecordBatchReader]:
    """Read the numbers of the rows that a query gives, in its order; NULL comes last.

    Parameters
    ----------
    file, query
        What is asked of which result.
    spill
        A folder for what a sort cannot hold in memory.
    most
        Only the first so many.

    Raises
    ------
    RequestError
        A column is unknown, or a value cannot be compared with it.
    """
    # Under names of our own: two columns of a result may have one name.
    names = {name: f"c{place}" for place, name in enumerate(query.columns)}
    ordinals = [file.ordinal(name) for name in query.columns]
    by = [f"{names[one.column]} {'DESC' if one.descending else 'ASC'} NULLS LAST" for one in query.order]
    with duckdb.connect() as connection:
        # What Arrow compares may differ from what DuckDB does: it only scans.
        connection.execute("SET disabled_optimizers = 'filter_pushdown'")
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute("SET temp_directory = $folder", {"folder": str(spill)})
        connection.register("rows", file.numbered(ordinals, list(names.values())))
        types = {} if not query.conditions else _types(connection, file, ordinals, list(names.values()))
        where, values = _where(query.conditions, names, types)
        text = f"SELECT number FROM rows WHERE {where} ORDER BY {', '.join([*by, 'number'])}"
        try:
            found = connection.sql(text if most is None else f"{text} LIMIT {most}", params=values)
            yield found.to_arrow_reader(_BATCH)
        except duckdb.Error as error:
            what = str(error).partition("\n")[0]
            raise RequestError(what, where="filter", hint="compare with values of its type") from None


def _types(
    connection: duckdb.DuckDBPyConnection, file: ResultFile, ordinals: Sequence[int], names: Sequence[str]
) -> Mapping[str, str]:
    """Return DuckDB's type of each column."""
    connection.register("empty", file.numbered(ordinals, names, rows=False))
    described = connection.execute("SELECT column_name, column_type FROM (DESCRIBE empty)").fetchall()
    connection.unregister("empty")
    return dict(described)


def _where(
    conditions: Sequence[Condition], columns: Mapping[str, str], types: Mapping[str, str]
) -> tuple[str, list[Cell]]:
    """Write conditions as SQL with places for their values; every name in it is ours."""
    texts, values = ["true"], list[Cell]()
    for one in conditions:
        column = columns[one.column]
        found = _values(one)
        cast = f"CAST(? AS {types[column]})"
        match one.op:
            case "is_null":
                text = f"{column} IS NULL"
            case "not_null":
                text = f"{column} IS NOT NULL"
            case "contains" | "starts_with":
                text = f"{one.op}(lower(CAST({column} AS VARCHAR)), lower(CAST(? AS VARCHAR)))"
            case "in":
                text = f"{column} IN ({', '.join([cast] * len(found))})" if found else "false"
            case _:
                text = f"{column} {one.op} {cast}"
        texts.append(text)
        values += found
    return " AND ".join(texts), values


def _values(condition: Condition) -> list[Cell]:
    """Return the values that a condition compares with."""
    value, op = condition.value, condition.op
    if op in {"is_null", "not_null"}:
        good = value is None
    elif op == "in":
        good = isinstance(value, list)
    else:
        good = value is not None and not isinstance(value, list)
    if not good:
        told = {"in": "a list", "is_null": "no value", "not_null": "no value"}.get(op, "one value")
        hint = "is_null and not_null ask for NULL"
        raise RequestError(f"{op} of {condition.column} takes {told}", where="filter", hint=hint)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
