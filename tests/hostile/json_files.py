# ruff: noqa: E501 - one file a line
"""Hostile JSON: what each file says is known, and nothing of it may be lost in silence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MANY = 20_000
BIG = 12345678901234567890123


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonCase:
    """One file. ``rows`` are its records in order, as DuckDB's types give them; None: it must be refused.

    ``flawed`` counts records that must be rejects.
    """

    name: str
    data: bytes
    rows: Sequence[Mapping[str, object]] | None
    flawed: int = 0


def lines(
    name: str, *records: Mapping[str, object], rows: Sequence[Mapping[str, object]] | None = None
) -> JsonCase:
    """Records, one a line; those that are read are the same where nothing else is said."""
    data = "".join(json.dumps(record) + "\n" for record in records).encode()
    return JsonCase(name=name, data=data, rows=rows if rows is not None else records)


def text(name: str, data: str | bytes, *rows: Mapping[str, object], flawed: int = 0) -> JsonCase:
    """A file written by hand, and what it says."""
    return JsonCase(
        name=name, data=data.encode() if isinstance(data, str) else data, rows=rows, flawed=flawed
    )


def refused(name: str, data: bytes) -> JsonCase:
    """A file that must be refused."""
    return JsonCase(name=name, data=data, rows=None)


def late(name: str, usual: object, odd: object, *, as_text: bool = False, told: object = None) -> JsonCase:
    """Many records of one kind, an odd one among them, beside enough text that no sample sees all."""
    pad = "x" * 300
    records: list[Mapping[str, object]] = [{"pad": pad, "v": usual}] * MANY
    records[MANY * 3 // 10] = {"pad": pad, "v": odd}
    rows: list[Mapping[str, object]] = [{"pad": pad, "v": json.dumps(usual) if as_text else usual}] * MANY
    rows[MANY * 3 // 10] = {
        "pad": pad,
        "v": told if told is not None else json.dumps(odd) if as_text else odd,
    }
    return lines(name, *records, rows=rows)


def late_name() -> JsonCase:
    """A field that only one record has, in the middle of the file."""
    record: dict[str, object] = {"pad": "x" * 300, "v": 1}
    records: list[dict[str, object]] = [record] * MANY
    records[MANY * 3 // 10] = {**record, "surprise": "found"}
    return lines(
        "late name", *records, rows=[{**entry, "surprise": entry.get("surprise")} for entry in records]
    )


def late_inner_name() -> JsonCase:
    """A field of an object in a list that only one record has."""
    record: dict[str, object] = {"pad": "x" * 300, "v": [{"a": 1}]}
    records: list[dict[str, object]] = [record] * MANY
    records[MANY * 3 // 10] = {"pad": "x", "v": [{"a": 1, "b": 2}]}
    rows = [
        {"pad": entry["pad"], "v": [{"a": 1, "b": 2 if entry["pad"] == "x" else None}]} for entry in records
    ]
    return lines("late name in a list", *records, rows=rows)


GOOD = '{"a":1}\n'
ONE = {"a": 1}
CASES = (
    late("late fraction", 1, 2.5),
    late("late long integer", 1, BIG),
    late("late text among numbers", 1, "x", as_text=True),
    late("late number among truth words", usual=True, odd=1, as_text=True),
    late("late number among texts", "x", 7, told="7"),
    late("late number that a DOUBLE would round", 1.5, 12345678901234567, as_text=True),
    late("late object among numbers", 1, {"b": [1]}, as_text=True, told='{"b":[1]}'),
    late("late fraction in an object", {"a": 1}, {"a": 2.5}),
    late_name(),
    late_inner_name(),
    lines("long integers", {"id": BIG}, {"id": -BIG}, {"id": 0}),
    lines("limits of BIGINT", {"id": 2**63 - 1}, {"id": -(2**63)}),
    lines("one beyond BIGINT", {"id": 2**63}, {"id": 2**64 - 1}),
    lines("names that differ in case", {"a": 1, "A": 2}, rows=[{"a": 1, "A_1": 2}]),
    lines("texts that look like others", {"a": "007", "b": "1e5", "c": "true", "d": "null", "e": ""}),
    lines("all sorts of characters", {"a": "\x7f\u2028\u2029\ufeff\U0010ffff"}, {"a": '\x00\x1f"\\/'}),
    text("number beyond a DOUBLE", '{"a":1e999}\n', {"a": "1e999"}),
    text("byte order mark and CR LF", b'\xef\xbb\xbf{"a":1}\r\n{"a":2}\r\n', ONE, {"a": 2}),
    text("blank lines", "\n  \n" + GOOD + "\r\n\n" + GOOD, ONE, ONE),
    text("no end of the last line", GOOD + '{"a":2}', ONE, {"a": 2}),
    text("a line that breaks off", GOOD + '{"a":\n' + GOOD, ONE, ONE, flawed=1),
    text("the last line breaks off", GOOD * 3 + '{"a":1', ONE, ONE, ONE, flawed=1),
    text("two values in a line", GOOD + '{"a":2}{"a":3}\n', ONE, flawed=1),
    text("a comma at the end", GOOD + '{"a":2,}\n' + '{"a":[1,]}\n', ONE, flawed=2),
    text("no numbers of JSON", GOOD + '{"a":NaN}\n{"a":Infinity}\n{"a":+1}\n{"a":.5}\n{"a":0x1}\n{"a":01}\n', ONE, flawed=6),
    text("a name twice", GOOD + '{"a":1,"a":2}\n', ONE, flawed=1),
    text("a name twice, once escaped", GOOD + '{"a":1,"\\u0061":2}\n', ONE, flawed=1),
    text("an escaped name", '{"\\u0061":1}\n' + GOOD, ONE, ONE),
    text("half a surrogate", GOOD + '{"a":1,"b":"\\ud800"}\n', ONE, flawed=1),
    text("no UTF-8", GOOD.encode() + b'{"a":1,"b":"\xc3"}\n', ONE, flawed=1),
    text("zeros", GOOD.encode() + b"\x00\x00\n" + GOOD.encode(), ONE, ONE, flawed=1),
    text("a comment", "// remark\n" + GOOD, ONE, flawed=1),
    text("single quotes", GOOD + "{'a':1}\n", ONE, flawed=1),
    text("null lines", GOOD + "null\n", ONE, {"a": None}),
    text("a long line", '{"a":1,"b":"' + "y" * (3 << 20) + '"}\n' + GOOD, {"a": 1, "b": "y" * (3 << 20)}, {"a": 1, "b": None}),
    text("a list over lines", '[\n{"a":1},\n\n{"a":2}]\n', ONE, {"a": 2}),
    text("an object over lines", '{\n  "a": 1\n}\n', ONE),
    text("deep lists", GOOD + '{"a":' + "[" * 2000 + "]" * 2000 + "}\n", ONE, flawed=1),
    refused("a list that is never closed", b'[{"a":1},{"a":2}'),
    refused("two lists in a line", b'[{"a":1}][{"a":2}]'),
    text("text after a list", '[{"a":1}]\nx', {"json": [{"a": 1}]}, flawed=1),
    refused("UTF-16", '{"a":1}\n'.encode("utf-16")),
    refused("CSV", b"a,b\n1,2\n"),
    refused("nothing", b""),
    refused("zeros alone", b"\x00" * 100),
)  # fmt: skip
