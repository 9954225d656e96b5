from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from fusionflow_lab.notebook.display import CardScreen, LineScreen, screen_for
from fusionflow_lab.notebook.options import CellOptions, parse_line
from fusionflow_lab.query import Counters
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.view import JobView
from tests.notebook.shells import bare_shell

AT_WORK = JobView(job="ab12", status="IN_PROGRESS", fraction=0.4)
DONE = JobView(job="ab12", status="COMPLETED", fraction=1.0)
RESULT = Result(table=pa.table({"city": ["Oslo"]}), counters=Counters(rows_read=1, rows_used=1), seconds=1.0)


def terminal(publisher: CapturingDisplayPublisher) -> InteractiveShell:
    shell = bare_shell()
    shell.display_pub = publisher
    return shell


@pytest.fixture
def publisher() -> CapturingDisplayPublisher:
    return CapturingDisplayPublisher()  # type: ignore[no-untyped-call]


def test_a_card_is_one_output_updated_in_place(publisher: CapturingDisplayPublisher) -> None:
    screen = CardScreen(publisher, rows=10, table=True)
    for view in (AT_WORK, replace(AT_WORK, fraction=0.8)):
        screen.paint(view)
    screen.finish(DONE, RESULT)
    assert [output["update"] for output in publisher.outputs] == [False, True, True]
    assert len({output["transient"]["display_id"] for output in publisher.outputs}) == 1
    assert "Oslo" in publisher.outputs[-1]["data"]["text/plain"]


def test_a_card_without_a_job_leaves_no_trace(publisher: CapturingDisplayPublisher) -> None:
    CardScreen(publisher, rows=10, table=True).leave(JobView())
    assert publisher.outputs == []
    screen = CardScreen(publisher, rows=10, table=True)
    screen.paint(JobView(message="planning"))
    screen.leave(JobView(message="planning"))
    assert publisher.outputs[-1]["data"] == {"text/html": "", "text/plain": ""}


def test_a_failed_job_keeps_how_far_it_came(publisher: CapturingDisplayPublisher) -> None:
    screen = CardScreen(publisher, rows=10, table=True)
    screen.paint(AT_WORK)
    screen.leave(replace(AT_WORK, status="FAILED", message="said by the error"))
    text = publisher.outputs[-1]["data"]["text/plain"]
    assert text.startswith("✗ failed")
    assert "said by the error" not in text


def test_lines_go_to_stderr_and_the_table_is_an_output(
    publisher: CapturingDisplayPublisher, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = LineScreen(publisher, rows=10, table=True, keep=True, progress=True)
    screen.paint(AT_WORK)
    screen.finish(DONE, RESULT)
    captured = capsys.readouterr()
    assert [line.split()[0] for line in captured.err.splitlines()] == ["40", "100"]
    assert captured.out == ""
    assert "Oslo" in publisher.outputs[0]["data"]["text/plain"]


@pytest.mark.parametrize(
    ("line", "kind", "stderr", "outputs"),
    [
        ("", LineScreen, True, 1),
        ("--progress none", LineScreen, False, 1),
        ("-q", LineScreen, False, 0),
        ("--progress text", LineScreen, True, 1),
    ],
)
def test_a_terminal_gets_lines(
    publisher: CapturingDisplayPublisher,
    capsys: pytest.CaptureFixture[str],
    line: str,
    kind: type,
    *,
    stderr: bool,
    outputs: int,
) -> None:
    screen = screen_for(terminal(publisher), parse_line(line))
    assert isinstance(screen, kind)
    screen.paint(AT_WORK)
    screen.finish(DONE, RESULT)
    assert bool(capsys.readouterr().err) is stderr
    assert len(publisher.outputs) == outputs


def test_where_the_result_follows_the_table_is_left_out(publisher: CapturingDisplayPublisher) -> None:
    screen_for(terminal(publisher), CellOptions(progress="none"), table=False).finish(DONE, RESULT)
    text = publisher.outputs[0]["data"]["text/plain"]
    assert "rows read 1 = used 1" in text
    assert "Oslo" not in text
