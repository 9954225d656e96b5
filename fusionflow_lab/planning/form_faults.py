"""What is missing or wrong in a form, told at the control where it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.copying import sink_of
from fusionflow_lab.planning.form import (
    Form,
    FormColumn,
    FormFault,
    FormFilter,
    FormSink,
    FormSource,
    FormValue,
)

_NUMBER: Final = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+")
_WHOLE: Final = re.compile(r"\d{1,18}")
_NO_VALUE: Final = frozenset({"is_null", "not_null"})
_MANY: Final = frozenset({"in", "not_in"})


def form_faults(form: Form, aggregates: Collection[str]) -> tuple[FormFault, ...]:
    """Return what is missing or wrong in a form; nothing where it can be written as SQL.

    Parameters
    ----------
    form
        The form.
    aggregates
        The names of the aggregates there are.

    Examples
    --------
    >>> form_faults(Form(), ())
    (FormFault(where='source.path', what='name a file, a pattern or a table'),)
    """
    return tuple(_faults(form, aggregates))


def _faults(form: Form, aggregates: Collection[str]) -> Iterator[FormFault]:
    yield from _source(form.source)
    for at, column in enumerate(form.columns):
        yield from _column(f"columns.{at}", column, aggregates)
    for at, entry in enumerate(form.filters):
        yield from _filter(f"filters.{at}", entry)
    yield from _bys(form)
    if form.limit is not None:
        yield from _limit(form.limit)
    if form.sink is not None:
        yield from _sink(form.sink)


def _source(source: FormSource) -> Iterator[FormFault]:
    if not source.path:
        yield FormFault(where="source.path", what="name a file, a pattern or a table")
    if source.options and not source.function:
        yield FormFault(where="source.function", what="choose the reader that these options are for")
    for at, option in enumerate(source.options):
        if not option.name or not option.value.strip():
            yield FormFault(where=f"source.options.{at}", what="an option has a name and a value")


def _bys(form: Form) -> Iterator[FormFault]:
    if form.group and form.group_all:
        yield FormFault(where="group", what="group by all columns or by some, not both")
    names = [str(by).lower() for by in form.group]
    for at, name in enumerate(names):
        if name and name in names[:at]:
            yield FormFault(where=f"group.{at}", what="this column makes groups already")
    for name, bys in (("group", form.group), ("order", [entry.by for entry in form.order])):
        for at, by in enumerate(bys):
            if by == "":
                yield FormFault(where=f"{name}.{at}", what="choose a column")


def _column(where: str, column: FormColumn, aggregates: Collection[str]) -> Iterator[FormFault]:
    if column.function and column.function not in aggregates:
        yield FormFault(where=where, what=f"there is no aggregate {column.function}")
    if not column.column and column.function != "count":
        yield FormFault(where=where, what="choose a column")
    if column.distinct and not column.column:
        yield FormFault(where=where, what="distinct values of which column?")
    if column.distinct and not column.function:
        yield FormFault(where=where, what="distinct values are counted or added up: choose a function")


def _filter(where: str, entry: FormFilter) -> Iterator[FormFault]:
    if not entry.column:
        yield FormFault(where=f"{where}.column", what="choose a column")
    count = len(entry.values)
    wanted = 0 if entry.op in _NO_VALUE else 2 if entry.op == "between" else 1
    if entry.op in _MANY:
        if not count:
            yield FormFault(where=f"{where}.values", what="write one value at least")
    elif count != wanted:
        what = f"{entry.op} takes {wanted} value{'' if wanted == 1 else 's'}"
        yield FormFault(where=f"{where}.values", what=what)
    for at, value in enumerate(entry.values):
        what = _value(value)
        if what:
            yield FormFault(where=f"{where}.values.{at}", what=what)


def _value(value: FormValue) -> str:
    match value.kind:
        case "number":
            return "" if _NUMBER.fullmatch(value.text) else "write a number, such as 12.5"
        case "boolean":
            return "" if value.text in {"true", "false"} else "write true or false"
        case "parameter":
            return "" if _NAME.fullmatch(value.text) else "name the parameter with letters and digits"
        case "date" | "time" | "timestamp":
            return "" if value.text else f"write a {value.kind}"
        case "text":
            return ""


def _limit(limit: FormValue) -> Iterator[FormFault]:
    if limit.kind == "parameter" and _NAME.fullmatch(limit.text):
        return
    if limit.kind != "number" or not _WHOLE.fullmatch(limit.text):
        yield FormFault(where="limit", what="write a whole number")


def _sink(sink: FormSink) -> Iterator[FormFault]:
    if not sink.url:
        yield FormFault(where="sink.url", what="name a folder or a file")
        return
    try:
        sink_of(sink.url, sink_options(sink))
    except QueryError as error:
        yield FormFault(where="sink", what=f"{error.what}: {error.hint}" if error.hint else error.what)


def sink_options(sink: FormSink) -> dict[str, str | tuple[str, ...]]:
    """Return the options of COPY that a sink of a form stands for.

    Examples
    --------
    >>> sink_options(FormSink(url="out", format="csv", mode="overwrite"))
    {'format': 'csv', 'overwrite': ''}
    """
    options: dict[str, str | tuple[str, ...]] = {}
    if sink.format:
        options["format"] = sink.format
    if sink.partition_by:
        options["partition_by"] = sink.partition_by
    if sink.compression:
        options["compression"] = sink.compression
    if sink.mode != "error":
        options[sink.mode] = ""
    return options
