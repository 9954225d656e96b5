"""What the submit form holds: a query of one source as separate choices.

A form and its SQL are two faces of one query: ``form_text.form_sql`` writes the one,
``form_read.sql_form`` reads the other. What a form cannot hold is no form (``NotAForm``), and its SQL
stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

ValueKind = Literal["number", "text", "boolean", "date", "time", "timestamp", "parameter"]
Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "contains", "starts_with", "ends_with", "like", "not_like", "ilike",
    "not_ilike", "in", "not_in", "between", "is_null", "not_null",
]  # fmt: skip
Direction = Literal["", "asc", "desc"]
Nulls = Literal["", "first", "last"]
FormMode = Literal["error", "append", "overwrite"]
FormFormat = Literal["", "parquet", "csv", "json"]


class _Travels:
    """Base of what front ends send: a field that is not known is refused by its name."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}  # pydantic takes nothing but a dict


@dataclass(frozen=True, kw_only=True, slots=True)
class FormValue(_Travels):
    """A value as it is typed: ``text`` of a ``kind``; of a parameter its name without ``$``."""

    kind: ValueKind = "text"
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormOption(_Travels):
    """An option of a reader; ``value`` is a constant as SQL, such as ``'a'``, ``true`` or ``['a', 'b']``."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FormSource(_Travels):
    """The files: a path or pattern, or the name of a table or view; how they are read.

    ``function`` is empty where the name of the files tells how they are read.
    """

    path: str = ""
    function: str = ""
    options: tuple[FormOption, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FormColumn(_Travels):
    """A column of the answer: one of the source, or an aggregate of one.

    ``function`` is the aggregate, empty for none; ``count`` of no column counts rows.
    An empty ``alias`` is none.
    """

    column: str = ""
    function: str = ""
    distinct: bool = False
    alias: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormFilter(_Travels):
    """A condition on a column: no value for ``is_null``, two for ``between``, any number for ``in``."""

    column: str
    op: Operator
    values: tuple[FormValue, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FormOrder(_Travels):
    """A column by which rows are sorted: its name, or its place in the answer from 1."""

    by: str | int
    direction: Direction = ""
    nulls: Nulls = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormSink(_Travels):
    """Where rows are written.

    An empty ``format`` is that of the name, an empty ``compression`` the usual one.
    """

    url: str
    format: FormFormat = ""
    mode: FormMode = "error"
    partition_by: tuple[str, ...] = ()
    compression: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Form(_Travels):
    """A query of one source.

    Parameters
    ----------
    source
        What is read.
    columns
        The columns of the answer; all of the source where there are none.
    distinct
        Whether equal rows are one.
    filters
        Conditions that must all hold.
    group
        Columns that make groups, by name or by place in the answer.
    group_all
        Whether all columns that are no aggregates make groups (``GROUP BY ALL``).
    order
        How rows are sorted.
    limit
        How many rows at most, a number or a parameter; None for all.
    sink
        Where rows are written; None for a result.

    Examples
    --------
    >>> Form(source=FormSource(path="orders/*.csv")).columns
    ()
    """

    source: FormSource = FormSource()
    columns: tuple[FormColumn, ...] = ()
    distinct: bool = False
    filters: tuple[FormFilter, ...] = ()
    group: tuple[str | int, ...] = ()
    group_all: bool = False
    order: tuple[FormOrder, ...] = ()
    limit: FormValue | None = None
    sink: FormSink | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotAForm:
    """Why a text has no form: the part that a form cannot show, and its place (``line 1, column 8``).

    ``is_query`` is false for a statement of another kind.
    """

    reason: str
    where: str = ""
    is_query: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class FormFault:
    """What is missing or wrong in a form, and where: ``filters.0.values``."""

    where: str
    what: str


def form_parameters(form: Form) -> tuple[str, ...]:
    """Return the names of the parameters of a form, in the order in which they are mentioned.

    Examples
    --------
    >>> least = FormValue(kind="parameter", text="least")
    >>> form_parameters(Form(filters=(FormFilter(column="amount", op=">", values=(least,)),)))
    ('least',)
    """
    values = [value for entry in form.filters for value in entry.values]
    if form.limit is not None:
        values.append(form.limit)
    return tuple(dict.fromkeys(value.text for value in values if value.kind == "parameter"))
