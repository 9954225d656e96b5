from __future__ import annotations

import io
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from fusionflow_lab.jobs.events import (
    ChunkErrorEvent,
    NoticeEvent,
    PreviewEvent,
    ProgressEvent,
    Status,
    StatusEvent,
)
from fusionflow_lab.notebook.card import Bundle, badge, final, live
from fusionflow_lab.query import Counters
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.view import JobView

SCRIPT = "<script>alert(1)</script>"
COUNTERS = Counters(rows_read=1000, rows_used=900, rows_filtered=98, rows_rejected=2, bytes_scanned=5000)


class Page(HTMLParser):
    """The tags of a page, and whether they are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def preview(text: str = "Oslo") -> PreviewEvent:
    table = pa.table({"city": [text], "n": [3]})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return PreviewEvent(job="ab12", seq=2, time=0.0, fraction=0.42, rows=1200, ipc=sink.getvalue())


def at_work(text: str = "Oslo") -> JobView:
    view = JobView(name=text)
    events = (
        StatusEvent(job="ab12", seq=1, time=0.0, status="IN_PROGRESS"),
        NoticeEvent(job="ab12", seq=2, time=0.0, code="gathered", text=f"rows are gathered: {text}"),
        ChunkErrorEvent(job="ab12", seq=3, time=0.0, file=text, start=0, end=9, attempt=1, message=text),
        ProgressEvent(
            job="ab12",
            seq=3,
            time=0.0,
            chunks_done=42,
            chunks_total=100,
            bytes_done=42_000_000,
            bytes_total=100_000_000,
            counters=COUNTERS,
            bytes_per_second=1e7,
            eta=5.8,
            workers=2,
        ),
        preview(text),
    )
    for event in events:
        view = view.after(event)
    return view


def test_the_live_card_says_all_that_is_known() -> None:
    text = live(at_work(), rows=10)["text/plain"]
    assert "▶ in progress · 42 % · Oslo · job ab12" in text
    assert "42.0 MB of 100.0 MB · 1,000 rows · 10.0 MB/s · 5.8 s left · 2 workers" in text
    assert "rows read 1,000 = used 900 + filtered 98 + rejected 2" in text
    assert "preview, 42 % read" in text
    assert "… 1,199 more rows" in text


def test_the_bar_tells_its_value_to_screen_readers() -> None:
    page = Page(live(at_work(), rows=10)["text/html"])
    (bar,) = [attributes for _, attributes in page.tags if attributes.get("role") == "progressbar"]
    assert (bar["aria-valuemin"], bar["aria-valuenow"], bar["aria-valuemax"]) == ("0", "42", "100")
    assert bar["aria-label"]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("CREATED", "created"),
        ("QUEUED", "queued"),
        ("IN_PROGRESS", "in progress"),
        ("COMPLETED", "completed"),
        ("FAILED", "failed"),
        ("STOPPING", "stopping"),
        ("STOPPED", "stopped"),
    ],
)
def test_a_status_is_an_icon_and_a_word(status: Status, word: str) -> None:
    icon, said, _ = badge(status)
    assert said == word
    assert len(icon) == 1
    for bundle in both(JobView(status=status)):
        assert f"{icon} {word}" in bundle["text/plain"]


def both(view: JobView, text: str = "Oslo") -> tuple[Bundle, Bundle]:
    result = Result(table=pa.table({text: [text]}), counters=COUNTERS, seconds=1.5, gathered=text)
    return live(view, rows=10), final(view, result, rows=10)


def test_bundles_are_html_and_text_alone() -> None:
    for bundle in both(at_work()):
        assert sorted(bundle) == ["text/html", "text/plain"]


def test_nothing_from_outside_reaches_the_page_as_markup() -> None:
    evil = f"\"'><img src=x onerror=alert(1)>{SCRIPT}"
    for bundle in both(at_work(evil), evil):
        tags = {tag for tag, _ in Page(bundle["text/html"]).tags}
        assert tags <= {
            "style",
            "div",
            "span",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "b",
            "i",
            "br",
            "small",
        }
        assert "&lt;script&gt;" in bundle["text/html"]


def test_the_final_card_accounts_for_every_row() -> None:
    view = at_work().after(StatusEvent(job="ab12", seq=4, time=0.0, status="COMPLETED"))
    bundle = both(view)[1]
    assert "rows read 1,000 = used 900 + filtered 98 + rejected 2 · 5.0 kB scanned" in bundle["text/plain"]
    assert "2 rows rejected; %fusionflow rejects ab12 lists file, line and reason" in bundle["text/plain"]
    assert "progressbar" not in bundle["text/html"]


def test_the_table_can_be_left_out() -> None:
    result = Result(table=pa.table({"city": ["Oslo"]}), counters=COUNTERS, seconds=1.5)
    bundle = final(JobView(status="COMPLETED"), result, rows=10, table=False)
    assert "Oslo" not in bundle["text/plain"]
    assert "<td" not in bundle["text/html"]


def test_many_notices_are_counted() -> None:
    view = JobView()
    for number in range(8):
        view = view.after(NoticeEvent(job="ab12", seq=number, time=0.0, code="c", text=f"notice {number}"))
    assert "! and 3 more notices" in live(view, rows=10)["text/plain"]


def test_a_card_is_small() -> None:
    assert len(live(at_work(), rows=10)["text/html"]) < 8_000


def test_a_long_name_leaves_room_for_the_rest_of_its_line() -> None:
    for bundle in both(JobView(job="ab12", name="daily\n" * 100)):
        head, *_ = bundle["text/plain"].splitlines()
        assert len(head) < 130
        assert "↵" in head
        assert "job ab12" in head
