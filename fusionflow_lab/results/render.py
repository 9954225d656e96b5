"""A table of rows as HTML and as text, for people: types in the header, numbers to the right, NULL apart.

Used for previews and for results, so that a preview looks like what it becomes. No scripts, every text
escaped. The colours are those of ``style``; without them, as where a notebook is not trusted, it still reads.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest

import duckdb
import pyarrow as pa

from fusionflow_lab.results.cells import CellText, cell_text, is_number
from fusionflow_lab.results.words import count_text, duckdb_type

_COLUMNS_HTML = 60
_TEXT_WIDTH = 120
_HEADER_WIDTH = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The part of a table that is shown: its columns, its first rows as texts, and what is left out."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[CellText, ...], ...]
    total_rows: int
    total_columns: int

    @property
    def more(self) -> str:
        """What is left out, in words; empty if nothing is."""
        rows = self.total_rows - len(self.rows)
        columns = self.total_columns - len(self.names)
        left = [count_text(rows, "more row")] if rows else []
        left += [count_text(columns, "more column")] if columns else []
        return f"… {', '.join(left)}" if left else ""


def shown(
    table: pa.Table,
    *,
    rows: int,
    types: Sequence[str] = (),
    total: int | None = None,
    columns: int = _COLUMNS_HTML,
) -> Shown:
    """Take the first rows and columns of a table as texts.

    Parameters
    ----------
    table
        The rows, or the first of them.
    rows
        How many rows to show at most.
    types
        What the header says of the columns' types; Arrow's types in DuckDB's words if empty.
    total
        Number of all rows where ``table`` holds only the first of them.
    columns
        How many columns to show at most.

    Examples
    --------
    >>> shown(pa.table({"n": [1, None, 3]}), rows=2).more
    '… 1 more row'
    """
    head = table.slice(0, rows)
    kept = min(columns, table.num_columns)
    fields = [table.schema.field(place) for place in range(kept)]
    texts = [[cell_text(value) for value in _values(head.column(place))] for place in range(kept)]
    return Shown(
        names=tuple(field.name for field in fields),
        types=tuple(types[:kept]) or tuple(duckdb_type(field.type) for field in fields),
        numbers=tuple(is_number(field.type) for field in fields),
        rows=tuple(zip(*texts, strict=True)) if kept else (),
        total_rows=table.num_rows if total is None else total,
        total_columns=table.num_columns,
    )


def _values(column: pa.ChunkedArray) -> list[object]:
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return _as_duckdb_writes(column)
    try:
        values: list[object] = column.to_pylist()
    except (OverflowError, ValueError):  # a date that Python does not know: infinity, 44 BC, the year 10000
        return _as_duckdb_writes(column)
    return values


def _as_duckdb_writes(column: pa.ChunkedArray) -> list[object]:
    rows = pa.table({"value": column})
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        return [text for (text,) in connection.execute("SELECT CAST(value AS VARCHAR) FROM rows").fetchall()]


def table_html(part: Shown) -> str:
    """Write the shown part of a table as HTML, everything escaped.

    Examples
    --------
    >>> html = table_html(shown(pa.table({"<b>": ["<script>"]}), rows=1))
    >>> "<script>" in html, "&lt;script&gt;" in html
    (False, True)
    """
    heads = "".join(
        f'<th scope="col"{_align(number=number)}>{_header_html(name, kind)}</th>'
        for name, kind, number in zip(part.names, part.types, part.numbers, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(_cell_html(cell, number=number) for cell, number in zip(row, part.numbers, strict=True))
        + "</tr>"
        for row in part.rows
    )
    more = f'<div class="ff-muted">{escape(part.more)}</div>' if part.more else ""
    return (
        f'<div class="ff-scroll"><table class="ff-rows"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def _align(*, number: bool) -> str:
    return ' class="ff-num" style="text-align: right"' if number else ' style="text-align: left"'


def _header_html(name: str, kind: str) -> str:
    cell = cell_text(name, width=_HEADER_WIDTH)
    title = f' title="{escape(cell.full)}"' if cell.full else ""
    return f'<span{title}>{escape(cell.text)}</span><br><small class="ff-type">{escape(kind)}</small>'


def _cell_html(cell: CellText, *, number: bool) -> str:
    title = f' title="{escape(cell.full)}"' if cell.full else ""
    text = f'<i class="ff-null">{cell.text}</i>' if cell.null else escape(cell.text)
    return f"<td{_align(number=number)}{title}>{text}</td>"


def table_text(part: Shown, *, width: int = _TEXT_WIDTH) -> str:
    """Write the shown part of a table as plain text; columns that do not fit are counted.

    Examples
    --------
    >>> print(table_text(shown(pa.table({"city": ["Oslo", None], "n": [7, 12]}), rows=10)))
    city         n
    VARCHAR BIGINT
    ------- ------
    Oslo         7
    NULL        12
    """
    columns = [
        _column_lines(_short(name), _short(kind), [row[place].text for row in part.rows], number=number)
        for place, (name, kind, number) in enumerate(zip(part.names, part.types, part.numbers, strict=True))
    ]
    fitting = _fitting([_cells(column[0]) for column in columns], width)
    lines = [" ".join(line).rstrip() for line in zip_longest(*columns[:fitting], fillvalue="")]
    unseen = Shown(
        names=part.names[:fitting],
        types=part.types[:fitting],
        numbers=part.numbers[:fitting],
        rows=part.rows,
        total_rows=part.total_rows,
        total_columns=part.total_columns,
    )
    return "\n".join([*lines, unseen.more] if unseen.more else lines)


def _short(head: str) -> str:
    return cell_text(head, width=_HEADER_WIDTH).text


def _column_lines(name: str, kind: str, texts: list[str], *, number: bool) -> list[str]:
    width = max(_cells(text) for text in (name, kind, *texts))
    return [_padded(text, width, right=number) for text in (name, kind, "-" * width, *texts)]


def _fitting(widths: list[int], limit: int) -> int:
    used = 0
    for place, width in enumerate(widths):
        used += width + (1 if place else 0)
        if used > limit and place:
            return place
    return len(widths)


def _padded(text: str, width: int, *, right: bool) -> str:
    room = " " * (width - _cells(text))
    return room + text if right else text + room


def _cells(text: str) -> int:
    """Count the terminal cells a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
