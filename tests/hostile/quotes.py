# ruff: noqa: E501 - one file a line
"""Quotes: line ends within them, at every place where a reader may cut, and quotes that break the rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.hostile.case import Form, Row, refused, table, text

MANY = 100_000
BLOCK = 1 << 20


def numbered(count: int, special: dict[int, str]) -> Callable[[], Sequence[Row]]:
    """Rows of id, text, value; some texts are special."""
    return lambda: [
        (str(place), special.get(place, f"text {place}"), str(place * 7)) for place in range(count)
    ]


def around_block_edge() -> list[Row]:
    """Quoted lines that look like records, lying across the first edges of blocks."""
    rows: list[Row] = []
    size = len("id,text,value\n")
    edge = BLOCK
    while len(rows) < 60_000:
        place = len(rows)
        long = edge - 300 < size < edge
        body = "9,fake,9\n" * 80 if long else f"text {place}"
        rows.append((str(place), body, str(place)))
        size += len(f"{place},{body},{place}\n") + 2 * long
        edge += BLOCK if long else 0
    return rows


def unclosed_within() -> bytes:
    lines = [f'{place},"text {place}",{place}\n' for place in range(2 * MANY)]
    lines[MANY] = f'{MANY},"text {MANY},{MANY}\n'
    return ("id,text,value\n" + "".join(lines)).encode()


def swallowing() -> bytes:
    lines = [f"{place},text {place},{place}\n" for place in range(2 * MANY)]
    lines[MANY] = f'{MANY},"text {MANY},{MANY}\n'
    return ("id,text,value\n" + "".join(lines)).encode()


def stray_late() -> bytes:
    lines = [f"{place},{place}\n" for place in range(MANY)]
    lines[MANY - 5] = 'abc",5\n'
    return ("a,b\n" + "".join(lines)).encode()


ROWS: list[Row] = [("1", "x"), ("2", "y")]

CASES = [
    table("quoted line ends", "id,text,value", numbered(50, {3: "two\nlines", 7: "a\n\nb"})),
    table("quoted line end first", "id,text,value", numbered(50, {0: "two\nlines"})),
    table("quoted line end late", "id,text,value", numbered(MANY, {MANY - 3: "two\nlines"})),
    table("quoted line ends with records in them", "id,text,value", numbered(MANY, {MANY // 2: "1,a,1\n" * 50})),
    table("quoted lines across block edges", "id,text,value", around_block_edge),
    table("quoted CR LF", "id,text,value", numbered(50, {3: "two\r\nlines"}), Form(end="\r\n")),
    table("quoted CR LF in a file of LF", "id,text,value", numbered(50, {3: "two\r\nlines"})),
    table("quoted line feed in a file of CR LF", "id,text,value", numbered(50, {3: "two\nlines"}), Form(end="\r\n")),
    table("quoted CR", "id,text,value", numbered(50, {3: "two\rlines"})),
    table("quoted delimiters", "id,text,value", numbered(50, {3: "a,b,c", 4: ",", 5: ",,,,"})),
    table("doubled quotes", "id,text,value", numbered(50, {3: 'say "hi"', 4: '"', 5: '""', 6: '"\n"'})),
    table("all quoted", "id,text,value", numbered(300, {3: "a,b"}), Form(quote_all=True)),
    table("quotes in the header", 'id,"x",value', numbered(9, {})),
    table("a field of 5 MB", "id,text,value", numbered(20, {7: "long text, " * 450_000})),
    table("a field of 3 MB of lines", "id,text,value", numbered(20, {7: "one,line,here\n" * 220_000})),
    table("quote at each 64 bytes", "id,text,value", numbered(400, {place: '"' * (place % 70) for place in range(400)})),
    table("semicolons and quoted commas", "id,text", [(str(n), "a,b,c;d") for n in range(30)], Form(delimiter=";")),
    text("empty and quoted empty", 'a,b\n1,""\n2,\n', "a,b", [("1", ""), ("2", None)], policies=([("1", None), ("2", None)], [("1", ""), ("2", "")])),
    text("spaces before a quote", 'a,b\n1, "x"\n2, "y"\n', "a,b", [("1", ' "x"'), ("2", ' "y"')], flawed=0, refusable=True, policies=(ROWS,)),
    text("text after a closing quote", 'a,b\n1,x\n"2"z,y\n3,w\n4,v\n', "a,b", [("1", "x"), ("3", "w"), ("4", "v")], flawed=1),
    text("stray quote within a field", 'a,b\n1,5" pipe\n2,y\n3,z\n', "a,b", [("1", '5" pipe'), ("2", "y"), ("3", "z")], refusable=True),
    text("single quotes", "a;b\n'x;y';1\n'z';2\n'v;w';3\n", "a,b", [("x;y", "1"), ("z", "2"), ("v;w", "3")], refusable=True),
    text("apostrophes", "a,b\nO'Hara,1\nO'Neil,2\n'tis,3\n", "a,b", [("O'Hara", "1"), ("O'Neil", "2"), ("'tis", "3")]),
    text("backslash before a quote", 'a,b\n"x\\"y",1\n"z",2\n"w",3\n', "a,b", [('x"y', "1"), ("z", "2"), ("w", "3")], refusable=True),
    text("backslash at the end of a field", 'a,b\n"C:\\dir\\",1\n"z",2\n', "a,b", [("C:\\dir\\", "1"), ("z", "2")]),
    text("quoted NULL word", 'a,b\n"NULL",1\n"NA",2\n', "a,b", [("NULL", "1"), ("NA", "2")]),
    text("unclosed quote in the last record", 'a,b\n1,x\n2,"y\n', "a,b", [("1", "x")], flawed=1),
    text("stray quote late", stray_late, "a,b", lambda: [*((str(n), str(n)) if n != MANY - 5 else ('abc"', "5") for n in range(MANY))], refusable=True),
    text("unclosed quote between quotes", unclosed_within, "id,text,value", lambda: [(str(n), f"text {n}", str(n)) for n in range(2 * MANY) if n != MANY], flawed=1),
    refused("unclosed quote in a large file", swallowing),
]  # fmt: skip
