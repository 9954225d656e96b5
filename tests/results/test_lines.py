from __future__ import annotations

import io

from fusionflow_lab.jobs.events import NoticeEvent
from fusionflow_lab.results.lines import ProgressLines
from fusionflow_lab.results.view import JobView


def painted(*percents: int, rewrite: bool) -> str:
    stream = io.StringIO()
    lines = ProgressLines(stream, rewrite=rewrite)
    for percent in percents:
        lines.paint(JobView(fraction=percent / 100, message="at work"))
    lines.end("done")
    return stream.getvalue()


def test_one_line_for_each_ten_percent() -> None:
    text = painted(*range(101), rewrite=False)
    assert [line.split()[0] for line in text.splitlines()[:-1]] == [str(n) for n in range(0, 101, 10)]


def test_a_jump_writes_one_line() -> None:
    assert painted(5, 95, 99, rewrite=False).splitlines() == ["  5 %  at work", " 95 %  at work", "done"]


def test_a_terminal_line_is_written_over_and_removed() -> None:
    text = painted(5, 50, rewrite=True)
    assert text.count("\n") == 1
    assert text.endswith("\r\x1b[2Kdone\n")


def test_a_notice_is_written_once() -> None:
    stream = io.StringIO()
    lines = ProgressLines(stream, rewrite=False)
    view = JobView().after(
        NoticeEvent(job="ab12", seq=1, time=0.0, code="gathered", text="rows are gathered")
    )
    lines.paint(view)
    lines.paint(view)
    assert stream.getvalue().count("! rows are gathered") == 1
