"""Hostile texts and documents, and what is true about each by construction."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.documents import write_docx, write_mail, write_pdf


@dataclass(frozen=True, kw_only=True, slots=True)
class TextCase:
    """One file, how it is read, the rows that must come (None: it must be refused), and how many rejects."""

    name: str
    write: Callable[[Path], object]
    query: str
    rows: Sequence[tuple[object, ...]] | None
    rejects: int = 0


LINES = "SELECT line FROM read_lines('{path}', max_errors = 10)"
WORDS = "SELECT word FROM words('{path}', max_errors = 10)"
FOUND = "SELECT a, b FROM read_lines('{path}', max_errors = 10), extract(line, '(?<a>\\S+)=(?<b>\\d+)') m"
WHOLE = "SELECT content FROM read_text('{path}', max_errors = 10)"
PAGES = "SELECT page, text FROM read_document('{path}', max_errors = 10, timeout = 20)"


def case(
    name: str, data: bytes, query: str, rows: Sequence[tuple[object, ...]] | None, rejects: int = 0
) -> TextCase:
    return TextCase(
        name=name, write=lambda path: path.write_bytes(data), query=query, rows=rows, rejects=rejects
    )


def ones(*texts: str | None) -> list[tuple[object, ...]]:
    return [(text,) for text in texts]


def nested_html(depth: int) -> bytes:
    return b"<html><body>" + b"<div>" * depth + b"deep" + b"</div>" * depth


def packed(content: bytes) -> bytes:
    """Return a zip archive that calls itself a Word document."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", content)
    return made.getvalue()


ENCRYPT = (
    "/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O ("
    + "o" * 32
    + ") /U ("
    + "u" * 32
    + ") >> /ID [(a) (a)]"
)
NUL = "a\0b"

CASES = (
    case("empty", b"", LINES, []),
    case("one-feed", b"\n", LINES, ones("")),
    case("no-last-feed", b"a\nb", LINES, ones("a", "b")),
    case("mixed-ends", b"a\r\nb\nc\rd\r\n\r\n", LINES, ones("a", "b", "c\rd", "")),
    case("lone-cr-at-end", b"a\r", LINES, ones("a")),
    case("bom", b"\xef\xbb\xbfa\n", LINES, ones("a")),
    case("bom-alone", b"\xef\xbb\xbf", LINES, []),
    case("bom-inside", b"a\n\xef\xbb\xbfb\n", LINES, ones("a", "\ufeffb")),
    case("nul", b"a\0b\n\0\n", LINES, ones(NUL, "\0")),
    case(
        "invalid-utf8",
        b"ok\n\xff\nok\n\xc0\x80\n\xed\xa0\x80\n\xf4\x90\x80\x80\n",
        LINES,
        ones("ok", "ok"),
        4,
    ),
    case("cut-character", b"ok\n\xe2\x82", LINES, ones("ok"), 1),
    case("utf16", "\ufeffgrüße\nzwei\n".encode("utf-16-le"), LINES, ones("grüße", "zwei")),
    case("utf16-half-pair", b"\xff\xfea\0\n\0\x00\xd8\n\0b\0", LINES, ones("a", "b"), 1),
    case("utf16-odd", b"\xff\xfea\0\n", LINES, None),
    case("utf32", b"\xff\xfe\0\0a\0\0\0", LINES, None),
    case("gzip-by-another-name", b"\x1f\x8b\x08\0\0\0\0\0\0\0", LINES, None),
    case("other-line-ends", "a\u2028b\x0bc\x85\n".encode(), LINES, ones("a\u2028b\x0bc\x85")),
    case("many-blank-lines", b"\n" * 3000, LINES, ones(*[""] * 3000)),
    case("long-line", b"x" * (3 << 20) + b"\ny\n", LINES, ones("x" * (3 << 20), "y")),
    case("words-of-marks", "e\u0301\u0301 \u0301x".encode(), WORDS, ones("e\u0301\u0301", "\u0301x")),
    case("words-of-nothing", b" \t.,;:!?-_'\"\n" * 100, WORDS, []),
    case("words-joined", "a\u200db a\u00adb a\u00a0b".encode(), WORDS, ones("a", "b", "a", "b", "a", "b")),
    case("one-long-word", b"w" * (2 << 20), WORDS, ones("w" * (2 << 20))),
    case("words-beside-no-text", b"a b\nc \xff d\ne\n", WORDS, ones("a", "b", "e"), 1),
    case("found-or-not", b"x=1\n=2\ny=\nz=3 w=4\n", FOUND, [("x", 1), ("z", 3)], 2),
    case(
        "found-widens",
        b"x=1\n" * 9 + b"y=99999999999999999999\n",
        FOUND,
        [("x", 1)] * 9 + [("y", 10**20 - 1)],
    ),
    case("found-leading-zeros", b"x=007\n", FOUND, [("x", "007")]),
    case("found-beyond-ascii", "é=1\nx=\u0661\n".encode(), FOUND, [("é", 1)], 1),
    case("whole-no-text", b"\xff", WHOLE, [], 1),
    case("whole-empty", b"", WHOLE, ones("")),
    TextCase(
        name="pdf", write=lambda path: write_pdf(path, ["one", ""]), query=PAGES, rows=[(1, "one"), (2, "")]
    ),
    TextCase(
        name="pdf-encrypted",
        write=lambda path: write_pdf(path, ["one"], extra=ENCRYPT),
        query=PAGES,
        rows=[],
        rejects=1,
    ),
    TextCase(
        name="pdf-cut",
        write=lambda path: write_pdf(path, ["one"]).write_bytes(b"%PDF-1.7\n" + b"\0" * 500),
        query=PAGES,
        rows=[],
        rejects=1,
    ),
    case("pdf-empty", b"", PAGES, [], 1),
    case("pdf-that-is-html", b"<html>no", PAGES, [], 1),
    case("docx-that-is-no-archive", b"PK\x03\x04 cut", PAGES, [], 1),
    case("docx-of-nothing", packed(b"<x/>"), PAGES, [], 1),
    case("docx-of-entities", packed(b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"), PAGES, [], 1),
    TextCase(
        name="docx", write=lambda path: write_docx(path, ["a"]), query=PAGES, rows=[(1, "a\nleft\tright")]
    ),
    case("html-empty", b"", PAGES, [(1, "")]),
    case("html-broken", b"<p>a<p>b</i><table><td>c", PAGES, [(1, "a\nb\nc")]),
    case("html-deep", nested_html(200), PAGES, [(1, "deep")]),
    case("html-latin", b"<meta charset=latin-1><p>gr\xfc\xdfe", PAGES, [(1, "grüße")]),
    case("md-no-text", b"# \xff", PAGES, [], 1),
    TextCase(name="eml", write=lambda path: write_mail(path, "S", "hi"), query=PAGES, rows=[(1, "hi\n")]),
    case("eml-that-is-none", b"\0\1\2", PAGES, [], 1),
    case(
        "eml-odd-charset", b"Subject: x\nContent-Type: text/plain; charset=nope\n\nabc", PAGES, [(1, "abc")]
    ),
    case("unknown", b"abc", PAGES, [], 1),
)


def suffix(found: TextCase) -> str:
    """Return the suffix of a case's file: documents are known by it."""
    kind = found.name.partition("-")[0]
    return f".{kind}" if kind in {"pdf", "docx", "html", "md", "eml"} else ".txt"
