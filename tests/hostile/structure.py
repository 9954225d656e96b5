# ruff: noqa: E501 - one file a line
"""Files, lines and headers: empty, ragged, mixed, repeated, too wide."""

from __future__ import annotations

from tests.hostile.case import Case, Form, Row, Truth, refused, table, text

MANY = 100_000
ROWS: list[Row] = [(str(n), f"text {n}", str(n * 3)) for n in range(40)]
NAMES = "id,text,value"
MIXED: list[Row] = [(str(n), f"t{n}") for n in range(300)]


def ragged_late() -> bytes:
    lines = [f"{n},x,{n}\n" for n in range(MANY)]
    lines[MANY - 7] = "short,x\n"
    return ("a,b,c\n" + "".join(lines)).encode()


def joined() -> bytes:
    """Two files put behind each other, headers and all."""
    return b"a,b\n" + b"1,x\n" * 500 + b"a,b\n" + b"2,y\n" * 500


def wide(columns: int) -> Case:
    names = ",".join(f"c{n}" for n in range(columns))
    rows: list[Row] = [tuple(str(n * row) for n in range(columns)) for row in range(3)]
    return table(f"{columns} columns", names, rows)


def mixed_ends(*ends: str) -> bytes:
    rows = [("id", "v"), *MIXED]
    return "".join(f"{row[0]},{row[1]}{ends[place % len(ends)]}" for place, row in enumerate(rows)).encode()


CASES = [
    Case(name="empty file", data=lambda: b"", truth=lambda: Truth(names=(), rows=[], any_names=True), refusable=True),
    text("only a line end", "\n", "", [], refusable=True, any_names=True, policies=([(None,)],)),
    text("only a byte order mark", b"\xef\xbb\xbf", "", [], refusable=True, any_names=True),
    text("header only", "a,b,c\n", "a,b,c", []),
    text("header without line end", "a,b,c", "a,b,c", []),
    text("one record", "a,b\n1,x\n", "a,b", [("1", "x")]),
    text("no last line end", "a,b\n1,x\n2,y", "a,b", [("1", "x"), ("2", "y")]),
    text("last field empty without line end", "a,b\n1,x\n2,", "a,b", [("1", "x"), ("2", None)]),
    table("CR LF", NAMES, ROWS, Form(end="\r\n")),
    table("CR", NAMES, ROWS, Form(end="\r"), refusable=True),
    text("LF and CR LF", mixed_ends("\n", "\r\n"), "id,v", MIXED),
    text("LF, CR LF and CR", mixed_ends("\n", "\r\n", "\r"), "id,v", MIXED, refusable=True),
    table("byte order mark", NAMES, ROWS, Form(prefix=b"\xef\xbb\xbf")),
    table("byte order mark before a quote", NAMES, ROWS, Form(prefix=b"\xef\xbb\xbf", quote_all=True)),
    text("blank lines", "a,b\n1,x\n\n2,y\n\n\n3,z\n", "a,b", [("1", "x"), ("2", "y"), ("3", "z")]),
    text("blank lines at the end", "a,b\n1,x\n2,y\n\n\n\n", "a,b", [("1", "x"), ("2", "y")]),
    text("blank lines before the header", "\n\na,b\n1,x\n2,y\n", "a,b", [("1", "x"), ("2", "y")]),
    text("blank lines in one column", "a\n1\n\n3\n", "a", [("1",), (None,), ("3",)], policies=([("1",), ("3",)],)),
    text("short record", "a,b,c\n1,2,3\n4,5\n6,7,8\n", "a,b,c", [("1", "2", "3"), ("6", "7", "8")], flawed=1),
    text("long record", "a,b\n1,2\n3,4,5\n6,7\n", "a,b", [("1", "2"), ("6", "7")], flawed=1),
    text("short record late", ragged_late, "a,b,c", lambda: [(str(n), "x", str(n)) for n in range(MANY) if n != MANY - 7], flawed=1),
    text("records of all lengths", "a,b,c\n1\n1,2\n1,2,3\n1,2,3,4\n", "a,b,c", [("1", "2", "3")], flawed=3, refusable=True),
    text("delimiter behind each line", "a,b,\n1,x,\n2,y,\n", "a,b,column2", [("1", "x", None), ("2", "y", None)], any_names=True, policies=([("1", "x"), ("2", "y")],)),
    text("delimiter behind data lines", "a,b\n1,x,\n2,y,\n", "a,b", [("1", "x"), ("2", "y")], refusable=True, any_names=True, policies=([("1", "x", None), ("2", "y", None)],)),
    text("two files in one", joined, "a,b", lambda: [("1", "x")] * 500 + [("a", "b")] + [("2", "y")] * 500),
    text("sums at the end", "a,b\nx,1\ny,2\nTotal,3\n", "a,b", [("x", "1"), ("y", "2"), ("Total", "3")]),
    text("equal names", "a,a,b,A\n1,2,3,4\n", "a,a_1,b,A_1", [("1", "2", "3", "4")], any_names=True),
    text("names that are missing", "a,,b,\n1,2,3,4\n", "a,column1,b,column3", [("1", "2", "3", "4")], any_names=True),
    text("spaces around names", " a , b\n1,2\n", "a,b", [("1", "2")], any_names=True),
    text("line end in a name", '"a\nb",c\n1,2\n', "a\nb,c", [("1", "2")]),
    text("years as names", "country,2020,2021\nDE,1,2\nFR,3,4\n", "country,2020,2021", [("DE", "1", "2"), ("FR", "3", "4")], policies=([("country", "2020", "2021"), ("DE", "1", "2"), ("FR", "3", "4")],)),
    text("words of SQL as names", "select,from,group\n1,2,3\n", "select,from,group", [("1", "2", "3")]),
    text("names beyond ASCII", "größe,名前,😀\n1,2,3\n", "größe,名前,😀", [("1", "2", "3")]),
    table("numbers without header", "a,b", [("1", "2"), ("3", "4"), ("5", "6")], Form(header=False)),
    text("all text", "name,city\nBob,Rome\nAnn,Oslo\n", "name,city", [("Bob", "Rome"), ("Ann", "Oslo")], policies=([("name", "city"), ("Bob", "Rome"), ("Ann", "Oslo")],)),
    text("one column of text", "name\nBob\nAnn\nEve\n", "name", [("Bob",), ("Ann",), ("Eve",)]),
    text("one column of sentences", "text\nHello, world\nfoo, bar, baz\nplain\n", "text", [("Hello, world",), ("foo, bar, baz",), ("plain",)], refusable=True),
    table("semicolons", NAMES, ROWS, Form(delimiter=";")),
    table("tabs", NAMES, ROWS, Form(delimiter="\t")),
    table("bars", NAMES, ROWS, Form(delimiter="|")),
    text("delimiters of two kinds", "a;b\n1;x,y\n2;z,w\n", "a,b", [("1", "x,y"), ("2", "z,w")]),
    text("a remark above the header", "# made by hand\na,b\n1,x\n2,y\n3,z\n", "a,b", [("1", "x"), ("2", "y"), ("3", "z")], refusable=True),
    text("lines above the header", "Report\nof 2024\n\na,b,c\n1,x,2\n2,y,3\n3,z,4\n", "a,b,c", [("1", "x", "2"), ("2", "y", "3"), ("3", "z", "4")], refusable=True, flawed=0),
    wide(2_000),
    wide(10_000),
    text("only NULLs", "a,b\n,\n,\n", "a,b", [(None, None), (None, None)]),
    refused("a NUL byte", b"a,b\n1,x\x00y\n2,z\n"),
    refused("NUL bytes at the end", b"a,b\n1,x\n2,z\n" + b"\x00" * 4096),
    refused("a line of 70 MB", lambda: b"a,b\n1," + b"x" * (70 << 20) + b"\n2,y\n"),
]  # fmt: skip
