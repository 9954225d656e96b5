"""The grid in the kernel: what it is given to show, and what it asks. The page is tested in tests/browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.api import Session, connect
from fusionflow_lab.errors import JobError
from fusionflow_lab.notebook.widgets.assets import STATIC
from fusionflow_lab.notebook.widgets.grid import ResultGrid, grid
from fusionflow_lab.results.result import Result

pytestmark = pytest.mark.skipif(not STATIC.is_dir(), reason="the widgets are not built: make ui")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with connect(home=tmp_path_factory.mktemp("grid"), workers=1) as session:
        yield session


def test_a_job_a_result_and_an_id_are_one_grid(session: Session, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text("city,n\nOslo,1\nBergen,2\n")
    job = session.sql(f"SELECT city, n FROM '{tmp_path}/trips.csv'").submit()
    result = job.result(60)
    for shown in (grid(job), grid(result, session=session), grid(job.id, session=session)):
        assert isinstance(shown, ResultGrid)
        assert (shown.job_id, shown.what) == (job.id, "result")
        shown.close()


def test_a_saved_notebook_shows_the_first_rows(session: Session, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text("city,n\nOslo,1\nBergen,x\n")
    text = f"SELECT city, n FROM read_csv('{tmp_path}/trips.csv', types={{'n': 'INTEGER'}})"
    job = session.sql(text).submit()
    job.result(60)
    shown = grid(job)
    bundle, _ = shown._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "Oslo" in str(bundle["text/html"])
    assert "Oslo" in str(bundle["text/plain"])
    shown.what = "rejects"
    bundle, _ = shown._repr_mimebundle_()
    assert "Bergen,x" in str(bundle["text/plain"])
    shown.close()


def test_rows_that_no_job_made_have_no_grid() -> None:
    with pytest.raises(JobError, match="no job made these rows"):
        grid(Result(table=pa.table({"n": [1]})))
