"""Charts of whole results: bars and bins are counted where the rows are, and only they are sent."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Final

import pyarrow as pa

from fusionflow_lab.results.words import duckdb_type
from fusionflow_lab.service.models import ChartQuery
from fusionflow_lab.service.problems import RequestError
from fusionflow_lab.service.result_file import ResultFile
from fusionflow_lab.service.row_pages import Page
from fusionflow_lab.service.row_query import RowScan, column_name, refused_values

_BARS: Final = 30
_BINS: Final = 30
_SECONDS: Final = ("DATE", "TIMESTAMP")


def chart_of(path: Path, asked: ChartQuery) -> Page:
    """Count what a chart shows.

    Returns
    -------
    For bars the values of the column, the sum (or count) and the number of rows, the largest 30 first; for a
    histogram the lower and the upper edge of each bin, in seconds since 1970 where they are times, and its
    rows. ``total`` counts all bars.

    Raises
    ------
    FileNotFoundError
        The result is not there.
    RequestError
        A column is unknown or has no numbers, or a value cannot be compared with it.

    Examples
    --------
    >>> from fusionflow_lab.states.kept_rows import keep_rows
    >>> from fusionflow_lab.storage import Folder
    >>> keep_rows(Folder("results"), "c.arrow", pa.table({"city": ["a", "b", "a"], "n": [1, 5, 2]}))
    >>> chart_of(Path("results/c.arrow"), ChartQuery(kind="bar", x=0, y=1)).rows.to_pylist()
    [{'label': 'b', 'value': 5.0, 'rows': 1}, {'label': 'a', 'value': 3.0, 'rows': 2}]
    """
    with ResultFile(path) as file, tempfile.TemporaryDirectory(dir=path.parent, prefix=".chart-") as spill:
        places = file.chosen([asked.x] if asked.y is None else [asked.x, asked.y])
        read = [*places, *(file.ordinal(one.column) for one in asked.filter)]
        with RowScan(file, read, spill=Path(spill)) as scan, refused_values():
            return _bars(file, scan, asked) if asked.kind == "bar" else _bins(file, scan, asked)


def _bars(file: ResultFile, scan: RowScan, asked: ChartQuery) -> Page:
    where, values = scan.where(asked.filter)
    value = "count(*)::DOUBLE" if asked.y is None else f"sum({_number(file, asked.y)})"
    grouped = (
        f"SELECT {column_name(asked.x)} AS label, {value} AS value, count(*) AS rows FROM rows WHERE {where}"
    )
    text = f"""
        SELECT *, count(*) OVER () AS bars FROM ({grouped} GROUP BY ALL) WHERE value IS NOT NULL
        ORDER BY abs(value) DESC, label LIMIT {_BARS}
    """
    found = scan.sql(text, values).to_arrow_table()
    total = found.column("bars")[0].as_py() if found.num_rows else 0
    return Page(rows=found.drop_columns(["bars"]), total=total)


def _bins(file: ResultFile, scan: RowScan, asked: ChartQuery) -> Page:
    where, values = scan.where(asked.filter)
    number = _number(file, asked.x)
    finite = f"FROM (SELECT {number} AS x FROM rows WHERE {where}) WHERE isfinite(x)"
    ((low, high),) = scan.sql(f"SELECT min(x), max(x) {finite}", values).fetchall()
    if low is None:
        rows = pa.table({name: pa.array([], pa.float64()) for name in ("low", "high", "rows")})
        return Page(rows=rows, total=0)
    step = round_step((high - low) / _BINS) or 1.0
    text = f"""
        SELECT low, low + {step!r} AS high, rows::DOUBLE AS rows
        FROM (SELECT floor(x / {step!r}) * {step!r} AS low, count(*) AS rows {finite} GROUP BY ALL)
        ORDER BY low
    """
    found = scan.sql(text, values).to_arrow_table()
    return Page(rows=found, total=found.num_rows)


def _number(file: ResultFile, place: int) -> str:
    """Write a column as a number in SQL: times as seconds since 1970."""
    kind = duckdb_type(file.schema.field(place).type)
    name = column_name(place)
    if kind.startswith(_SECONDS):
        return f"CASE WHEN isfinite({name}) THEN epoch({name}) END"
    if pa.types.is_integer(file.schema.field(place).type) or kind.startswith(("DECIMAL", "HUGE")):
        return f"{name}::DOUBLE"
    if pa.types.is_floating(file.schema.field(place).type):
        return f"CASE WHEN isfinite({name}) THEN {name}::DOUBLE END"
    what = f"{file.schema.names[place]} holds no numbers: it is {kind}"
    raise RequestError(what, where="query", hint="draw another column")


def round_step(step: float) -> float:
    """Return the next of 1, 2 and 5 times a power of ten; 0 for none.

    Examples
    --------
    >>> round_step(0.03), round_step(7.0), round_step(0.0)
    (0.05, 10.0, 0.0)
    """
    if not step > 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(step))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= step * 0.999), 10 * power)
