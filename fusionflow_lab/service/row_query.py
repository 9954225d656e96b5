"""Sort and filter as SQL: which rows of a result pass, in which order, by their numbers in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

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


class RowScan:
    """SQL over the rows of a result: the table ``rows`` has ``number`` and, as ``c0``, the columns asked for.

    Parameters
    ----------
    file, places
        The result, and the places of the columns that are read.
    spill
        A folder for what a sort cannot hold in memory.

    Examples
    --------
    >>> from fusionflow_lab.states.kept_rows import keep_rows
    >>> from fusionflow_lab.storage import Folder
    >>> keep_rows(Folder("results"), "s.arrow", pa.table({"n": [3, 1, 2]}))
    >>> with ResultFile(Path("results/s.arrow")) as file, RowScan(file, [0], spill=Path()) as scan:
    ...     scan.sql("SELECT sum(c0) FROM rows").fetchall()
    [(6,)]
    """

    def __init__(self, file: ResultFile, places: Sequence[int], *, spill: Path) -> None:
        self._file = file
        self._places = tuple(dict.fromkeys(places))
        # Under names of our own: two columns of a result may have one name.
        self._names = [column_name(place) for place in self._places]
        self._connection = duckdb.connect()
        # What Arrow compares may differ from what DuckDB does: it only scans.
        self._connection.execute("SET disabled_optimizers = 'filter_pushdown'")
        self._connection.execute(f"SET memory_limit = '{_MEMORY}'")
        self._connection.execute("SET temp_directory = $folder", {"folder": str(spill)})

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release what DuckDB holds."""
        self._connection.close()

    def where(self, conditions: Sequence[Condition]) -> tuple[str, list[Cell]]:
        """Write conditions as SQL with places for their values; every name in it is ours.

        Raises
        ------
        RequestError
            A column is unknown, or takes no such value.
        """
        names = {one.column: column_name(self._file.ordinal(one.column)) for one in conditions}
        return _where(conditions, names, self._types() if conditions else {})

    def sql(self, text: str, values: Sequence[Cell] = ()) -> duckdb.DuckDBPyRelation:
        """Run a query over the rows."""
        self._connection.register("rows", self._file.numbered(self._places, self._names))
        found = self._connection.sql(text, params=list(values))
        if found is None:
            raise TypeError("only queries give rows")
        return found

    def _types(self) -> Mapping[str, str]:
        """Return DuckDB's type of each column."""
        self._connection.register("rows", self._file.numbered(self._places, self._names, rows=False))
        described = "SELECT column_name, column_type FROM (DESCRIBE rows)"
        return dict(self._connection.execute(described).fetchall())


def column_name(place: int) -> str:
    """Return what a column is called in a scan.

    Examples
    --------
    >>> column_name(3)
    'c3'
    """
    return f"c{place}"


@contextmanager
def refused_values() -> Iterator[None]:
    """Say what DuckDB says of a value that cannot be compared as what it is: a wrong request."""
    try:
        yield
    except duckdb.Error as error:
        what = str(error).partition("\n")[0]
        raise RequestError(what, where="filter", hint="compare with values of its type") from None


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
    places = {name: file.ordinal(name) for name in query.columns}
    by = [
        f"{column_name(places[one.column])} {'DESC' if one.descending else 'ASC'} NULLS LAST"
        for one in query.order
    ]
    with RowScan(file, list(places.values()), spill=spill) as scan:
        where, values = scan.where(query.conditions)
        text = f"SELECT number FROM rows WHERE {where} ORDER BY {', '.join([*by, 'number'])}"
        with refused_values():
            yield scan.sql(text if most is None else f"{text} LIMIT {most}", values).to_arrow_reader(_BATCH)


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
