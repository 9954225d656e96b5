"""The board and the details ask the service of their session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab import Session, connect, dashboard, details
from fusionflow_lab.errors import JobError
from fusionflow_lab.job import Job
from fusionflow_lab.notebook.widgets.assets import widgets_there

pytestmark = pytest.mark.skipif(not widgets_there(), reason="the bundles are not built: make ui")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with connect(home=tmp_path, workers=1) as session:
        yield session


def test_a_board_is_of_its_session(session: Session) -> None:
    board = dashboard(session=session)
    assert "Search name, SQL, id" in board._esm
    assert ".ff-board" in board._css
    board.close()


def test_details_are_of_a_job(session: Session) -> None:
    job = session.sql("SELECT 1 AS n").submit()
    job.wait(60)
    shown = job.details()
    assert getattr(shown, "job_id", "") == job.id == details(job).job_id


def test_where_there_are_no_widgets_a_saved_notebook_shows_jobs_as_text(session: Session) -> None:
    job = session.sql("SELECT 1 AS n, '<b>' AS \"<i>\"").submit()
    job.wait(60)
    board, whole = dashboard(session=session), details(job)
    for shown, text in ((board, job.id), (whole, f"completed · job {job.id}")):
        bundle, _ = shown._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"}
        assert text in str(bundle["text/plain"])
        assert "<b>'" not in str(bundle["text/html"])
        assert "<i>" not in str(bundle["text/html"])
        shown.close()


def test_a_job_without_a_session_is_refused(session: Session) -> None:
    job = session.sql("SELECT 2 AS n").submit()
    with pytest.raises(JobError, match="belongs to no session"):
        details(Job(job._manager, job.id, job.text))
