"""Take text out of documents: a program of its own, for a document may take its reader down or never end.

Run by its path, with nothing of this package. One request a line on its input, JSON: the path of a document.
One answer each on its output, JSON after its length in eight bytes: ``parts``, or ``error`` (why it is not
read), or ``missing`` (the package that would read it). What an unexpected document makes a reader raise ends
this program; whoever started it takes the last line of its error output for the reason, and starts another.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, TypeAlias

Part: TypeAlias = dict[str, object]

# Elements of HTML that no reader sees, and those that stand on lines of their own.
_HIDDEN = frozenset({"script", "style", "template", "noscript", "head"})
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure"),
        *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
        *("option", "p", "pre", "section", "table", "tr", "ul"),
    }
)


class UnreadError(Exception):
    """A document cannot be read; the message says why."""


def part(text: str | None, *, page: int = 1, title: str = "", metadata: Mapping[str, object] = {}) -> Part:
    """Make one row: a page of a PDF, a part of a message, or a whole document.

    Examples
    --------
    >>> part("Hello", title="A letter", metadata={"author": "A", "empty": None})
    {'page': 1, 'title': 'A letter', 'text': 'Hello', 'metadata': {'author': 'A'}}
    """
    known = {str(name): _clean(str(value)) for name, value in metadata.items() if value not in {None, ""}}
    return {
        "page": page,
        "title": _clean(title.strip()) or None,
        "text": None if text is None else _clean(text),
        "metadata": known,
    }


def _clean(text: str) -> str:
    """Replace what is no character: halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()


def read_pdf(path: Path) -> list[Part]:
    """Read a PDF: a row for each page."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        why = "it needs a password" if "password" in str(error).lower() else "it is broken, or no PDF"
        raise UnreadError(why) from error
    metadata = document.get_metadata_dict(skip_empty=True)
    title = str(metadata.pop("Title", ""))
    named = {name.lower(): value for name, value in metadata.items()} | {"pages": len(document)}
    rows = []
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage().get_text_bounded()
            page.close()
        except pypdfium2.PdfiumError as error:
            raise UnreadError(f"its page {number + 1} is broken") from error
        rows.append(part(text.replace("\r\n", "\n"), page=number + 1, title=title, metadata=named))
    return rows


def read_docx(path: Path) -> list[Part]:
    """Read a Word document: its paragraphs and tables, in their order."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table

    try:
        document = docx.Document(str(path))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise UnreadError("it is broken, encrypted, or no Word document") from error
    lines = []
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            lines += ["\t".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            lines.append(block.text)
    facts = document.core_properties
    names = ("author", "subject", "keywords", "category", "language", "created", "modified")
    metadata = {name: getattr(facts, name) for name in names}
    return [part("\n".join(lines), title=facts.title, metadata=metadata)]


def read_html(path: Path) -> list[Part]:
    """Read a page of the web: what is seen of it."""
    return [_html(path.read_bytes())]


def _html(raw: bytes | str) -> Part:
    import lxml.etree
    import lxml.html

    if not raw.strip():
        return part("")
    try:
        tree = lxml.html.document_fromstring(raw)
    except (lxml.etree.ParserError, ValueError) as error:
        raise UnreadError("there is no HTML in it") from error
    title = tree.findtext(".//title") or ""
    names = (
        (entry.get("name") or entry.get("property"), entry.get("content")) for entry in tree.iter("meta")
    )
    lines = (" ".join(line.split()) for line in "".join(_seen(tree)).split("\n"))
    return part("\n".join(filter(None, lines)), title=title, metadata={str(n): v for n, v in names if n})


def _seen(tree: object) -> Iterator[str]:
    """Yield the texts of a tree that are seen; elements of their own lines get line ends around them."""
    import lxml.etree

    hidden = 0
    for event, node in lxml.etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        name = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            hidden += name in _HIDDEN
            yield "\n" if name in _BLOCKS else "\t" if name in {"td", "th"} else ""
            yield (node.text or "").replace("\n", " ") if not hidden else ""
            continue
        if event == "end":
            hidden -= name in _HIDDEN
            yield "\n" if name in _BLOCKS else ""
        yield (node.tail or "").replace("\n", " ") if not hidden else ""


def read_markdown(path: Path) -> list[Part]:
    """Read Markdown as the text it is; its first heading is the title."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadError(f"invalid UTF-8 at byte {error.start}") from error
    headings = (line for line in text.splitlines() if line.startswith("# "))
    return [part(text, title=next(headings, "").removeprefix("# "))]


def read_message(path: Path) -> list[Part]:
    """Read a mail: a row for each part; files that are attached have no text."""
    with path.open("rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    if not message.keys():
        raise UnreadError("it has no headers: it is no mail")
    names = ("from", "to", "cc", "date", "message-id")
    heads = {name: message[name] for name in names}
    parts = [entry for entry in message.walk() if not entry.is_multipart()]
    return [_message_part(entry, number, message, heads) for number, entry in enumerate(parts, 1)]


def _message_part(
    entry: EmailMessage, number: int, message: EmailMessage, heads: Mapping[str, object]
) -> Part:
    kind, file = entry.get_content_type(), entry.get_filename()
    text = None
    if entry.get_content_maintype() == "text" and not entry.is_attachment():
        raw = entry.get_payload(decode=True)
        try:
            text = bytes(raw or b"").decode(entry.get_content_charset("utf-8"), "replace")
        except LookupError:
            text = bytes(raw or b"").decode("utf-8", "replace")
        text = str(_html(text)["text"] or "") if kind == "text/html" else text.replace("\r\n", "\n")
    metadata = {**heads, "content-type": kind, "filename": file}
    return part(text, page=number, title=str(message["subject"] or ""), metadata=metadata)


READERS: Mapping[str, Callable[[Path], list[Part]]] = MappingProxyType(
    {
        ".pdf": read_pdf,
        ".docx": read_docx,
        ".html": read_html,
        ".htm": read_html,
        ".md": read_markdown,
        ".markdown": read_markdown,
        ".eml": read_message,
    }
)
PACKAGES = MappingProxyType({"docx": "python-docx"})


def answer(path: str) -> dict[str, object]:
    """Read one document.

    Examples
    --------
    >>> answer("notes.xyz")
    {'error': '.xyz files are not read; .pdf, .docx, .html, .htm, .md, .markdown, .eml are'}
    """
    suffix = Path(path).suffix.lower()
    if suffix not in READERS:
        return {"error": f"{suffix or 'such'} files are not read; {', '.join(READERS)} are"}
    try:
        return {"parts": READERS[suffix](Path(path))}
    except UnreadError as error:
        return {"error": str(error)}
    except ModuleNotFoundError as error:
        name = str(error.name).partition(".")[0]
        return {"missing": PACKAGES.get(name, name)}


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        raw = json.dumps(answer(json.loads(line))).encode()
        answers.write(len(raw).to_bytes(8, "big") + raw)
        answers.flush()


def limit_memory(size: int) -> None:
    """Let this process have so many bytes of memory at most, where the system can see to that."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    limit_memory(int(sys.argv[1]))
    # Whatever a reader prints must not get among the answers.
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, channel)
