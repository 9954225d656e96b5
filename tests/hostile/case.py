"""What a hostile file is: bytes, and what is true about them by construction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Row = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What a file says: the names of its columns and the text of each field, None for nothing.

    ``flawed`` counts the records that break the rules of CSV, which are not among ``rows``. A file with
    some may also be refused. ``policies`` are other readings that lose nothing: a matter of taste.
    """

    names: tuple[str, ...]
    rows: Sequence[Row]
    flawed: int = 0
    policies: tuple[Sequence[Row], ...] = ()
    any_names: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One file. ``truth`` is None where nothing right can be read from it: it must be refused.

    ``refusable`` files have a meaning, which a reader of CSV text need not know: a refusal is right too.
    """

    name: str
    data: Callable[[], bytes]
    truth: Callable[[], Truth] | None
    refusable: bool = False
    suffix: str = ".csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How rows are written."""

    delimiter: str = ","
    end: str = "\n"
    header: bool = True
    encoding: str = "utf-8"
    prefix: bytes = b""
    quote_all: bool = False


PLAIN = Form()


def field(text: str | None, form: Form) -> str:
    """Write a field: nothing for None, quotes where they are needed."""
    if text is None:
        return ""
    needed = form.quote_all or not text or any(mark in text for mark in (form.delimiter, '"', "\n", "\r"))
    return '"' + text.replace('"', '""') + '"' if needed else text


def write(names: Sequence[str], rows: Iterable[Row], form: Form = PLAIN) -> bytes:
    """Write a file."""
    lines = [form.delimiter.join(field(text, form) for text in row) for row in rows]
    if form.header:
        lines.insert(0, form.delimiter.join(field(name or None, form) for name in names))
    text = "".join(line + form.end for line in lines)
    return form.prefix + text.encode(form.encoding)


def table(
    name: str,
    names: str,
    rows: Callable[[], Sequence[Row]] | Sequence[Row],
    form: Form = PLAIN,
    *,
    refusable: bool = False,
    policies: tuple[Sequence[Row], ...] = (),
) -> Case:
    """A well-formed file: what is written is what must be read. ``names`` are parted by commas."""

    def made() -> Sequence[Row]:
        return rows() if callable(rows) else rows

    def truth() -> Truth:
        return Truth(names=tuple(names.split(",")), rows=made(), policies=policies, any_names=not form.header)

    return Case(
        name=name, data=lambda: write(names.split(","), made(), form), truth=truth, refusable=refusable
    )


def text(
    name: str,
    data: str | bytes | Callable[[], bytes],
    names: str,
    rows: Sequence[Row] | Callable[[], Sequence[Row]],
    *,
    flawed: int = 0,
    policies: tuple[Sequence[Row], ...] = (),
    refusable: bool = False,
    any_names: bool = False,
) -> Case:
    """A file written by hand, and what it says."""
    made = data if callable(data) else (lambda: data.encode() if isinstance(data, str) else data)
    return Case(
        name=name,
        data=made,
        truth=lambda: Truth(
            names=tuple(names.split(",")),
            rows=rows() if callable(rows) else rows,
            flawed=flawed,
            policies=policies,
            any_names=any_names,
        ),
        refusable=refusable,
    )


def refused(name: str, data: bytes | Callable[[], bytes], suffix: str = ".csv") -> Case:
    """A file that must be refused."""
    return Case(name=name, data=data if callable(data) else lambda: data, truth=None, suffix=suffix)
