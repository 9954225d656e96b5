"""Documents: a row for each page or part, one reject for each that cannot be read."""

from __future__ import annotations

import os
import time
from pathlib import Path

import duckdb
import pytest

from fusionflow_lab import _native
from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError, ScanCancelledError
from fusionflow_lab.execution.extractor import Extractor
from tests.documents import write_docx, write_mail, write_pdf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pdf(tmp_path / "a.pdf", ["First page", "Second page"], title="A report")
    write_docx(tmp_path / "b.docx", ["Dear reader,", "grüße"], title="A letter")
    page = "<html><head><title>Web</title><meta name=author content=X><script>no()</script></head><body>"
    (tmp_path / "c.html").write_text(page + "<h1>Hello</h1><p>big <b>wide</b>\nworld<p>end", encoding="utf-8")
    (tmp_path / "d.md").write_text("# Notes\n\n* one\n", encoding="utf-8")
    write_mail(tmp_path / "e.eml", "Bill", "Please pay.", html="<p>Please <i>pay</i>.", attached=b"%PDF")
    (tmp_path / "f.pdf").write_bytes(b"%PDF-1.4 nothing of the kind")
    return tmp_path


ALL = "read_document('{folder}/*.{{pdf,docx,html,md,eml}}', max_errors = '100%')"


def test_pages_and_parts_are_rows(session: Session, folder: Path) -> None:
    source = ALL.format(folder=folder)
    query = f"SELECT parse_filename(file) AS f, page, title, text, metadata FROM {source} ORDER BY file, page"
    job = session.sql(query).submit()
    rows = [tuple(row.values())[:4] for row in job.result().arrow().to_pylist()]
    assert rows == [
        ("a.pdf", 1, "A report", "First page"),
        ("a.pdf", 2, "A report", "Second page"),
        ("b.docx", 1, "A letter", "Dear reader,\ngrüße\nleft\tright"),
        ("c.html", 1, "Web", "Hello\nbig wide world\nend"),
        ("d.md", 1, "Notes", "# Notes\n\n* one\n"),
        ("e.eml", 1, "Bill", "Please pay.\n"),
        ("e.eml", 2, "Bill", "Please pay."),
        ("e.eml", 3, "Bill", None),
    ]
    metadata = [dict(row["metadata"]) for row in job.result().arrow().to_pylist()]
    assert [entry.get("author") for entry in metadata[:4]] == ["A. Writer", "A. Writer", "A. Writer", "X"]
    assert (metadata[0]["pages"], metadata[7]["filename"]) == ("2", "bill.pdf")
    rejects = job.rejects().to_pylist()
    assert [(Path(row["file"]).name, row["reason"]) for row in rejects] == [
        ("f.pdf", "it is broken, or no PDF")
    ]
    counters = job.result().counters
    assert (counters.rows_read, counters.rows_used, counters.rows_rejected) == (9, 8, 1)


def test_the_words_of_documents_can_be_grouped(session: Session, folder: Path) -> None:
    source = ALL.format(folder=folder)
    text = f"SELECT page, count(*), count(text) FROM {source} GROUP BY 1 ORDER BY 1"
    rows = [tuple(row.values()) for row in session.sql(text).result().arrow().to_pylist()]
    assert rows == [(1, 5, 5), (2, 2, 2), (3, 1, 0)]


def test_documents_that_were_read_are_not_read_again(session: Session, folder: Path) -> None:
    text = f"SELECT page, count(*) AS n FROM {ALL.format(folder=folder)} GROUP BY ALL ORDER BY ALL"
    first = session.sql(text).result()
    os.utime(folder / "a.pdf")
    again = session.sql(text).result()
    assert again.arrow().equals(first.arrow())
    assert (first.counters.bytes_scanned > 0, again.counters.bytes_scanned) == (True, 0)


def test_read_text_is_duckdbs(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("one\r\ntwo é\0".encode())
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.txt").write_bytes(b"\xef\xbb\xbfmark")
    text = f"SELECT * FROM read_text('{tmp_path}/*.txt') ORDER BY filename"
    with duckdb.connect() as oracle:
        expected = oracle.sql(text).to_arrow_table()
    found = session.sql(text).result().arrow()
    assert found.column_names == expected.column_names
    for name in ("filename", "content", "size"):
        assert found.column(name).to_pylist() == expected.column(name).to_pylist()
    moments = [column.column("last_modified").to_pylist() for column in (found, expected)]
    assert [moment.timestamp() for moment in moments[0]] == [moment.timestamp() for moment in moments[1]]


def test_a_text_that_is_none_is_a_reject(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"bad \xff")
    job = session.sql(f"SELECT content FROM read_text('{tmp_path}/*.txt', max_errors = 1)").submit()
    assert job.result().arrow().num_rows == 0
    assert job.rejects().column("reason").to_pylist() == ["invalid UTF-8 at byte 4 of the file"]


def test_an_endless_document_is_one_reject(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless.md")
    with Extractor(_native.CancelToken(), seconds=0.5) as extractor:
        assert extractor.parts(str(tmp_path / "endless.md")) == "reading it took more than 0.5 s"
        extractor._seconds = 60  # it starts another process, which may take a while
        good = tmp_path / "good.md"
        good.write_text("fine", encoding="utf-8")
        parts = extractor.parts(str(good))
        assert not isinstance(parts, str)
        assert parts[0]["text"] == "fine"


def test_a_document_beyond_the_memory_is_one_reject(tmp_path: Path) -> None:
    large = tmp_path / "large.md"
    with large.open("wb") as file:
        file.truncate(400 << 20)
    with Extractor(_native.CancelToken(), memory=300 << 20) as extractor:
        assert extractor.parts(str(large)) == "reading it took more than 300 MiB of memory"


def test_a_reader_that_dies_is_one_reject(tmp_path: Path) -> None:
    with Extractor(_native.CancelToken()) as extractor:
        told = extractor.parts(str(tmp_path / "gone.md"))
        assert isinstance(told, str)
        assert "its reader failed: FileNotFoundError" in told


def test_a_cancelled_scan_ends_soon(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless.md")
    token = _native.CancelToken()
    token.cancel()
    begun = time.monotonic()
    with Extractor(token) as extractor, pytest.raises(ScanCancelledError):
        extractor.parts(str(tmp_path / "endless.md"))
    assert time.monotonic() - begun < 10


def test_mistakes_are_told(session: Session, folder: Path) -> None:
    for text, told in [
        (f"FROM read_document('{folder}/*.md', timeout = 0)", "timeout is a number of seconds"),
        (f"FROM read_document('{folder}/*.md', pages = 1)", "read_document has no option pages"),
        (f"FROM read_text('{folder}/*.xyz')", "no file matches"),
    ]:
        with pytest.raises((FusionflowError, FileNotFoundError), match=told):
            session.sql(text).result()
