"""Notebooks that a program runs: the cell blocks, says a line each 10 %, and leaves its result there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import papermill
import pytest
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from fusionflow_lab.api import connect
from fusionflow_lab.jobs.link import connected, end_runner
from fusionflow_lab.notebook.widgets.assets import widgets_there
from tests.held import hashed

FILES = 10


def by_papermill(path: Path) -> None:
    papermill.execute_notebook(
        path, path, parameters={"most": FILES - 1}, cwd=path.parent, progress_bar=False, kernel_name="python3"
    )


def by_jupyter_execute(path: Path) -> None:
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", str(path)]
    subprocess.run(command, check=True, capture_output=True)


def by_the_executor_of_jupyter_scheduler(path: Path) -> None:
    """Do what its DefaultExecutionManager does."""
    notebook = nbformat.read(path, as_version=4)
    executor = ExecutePreprocessor(kernel_name="python3", store_widget_state=True)  # type: ignore[no-untyped-call]
    executor.preprocess(notebook, {"metadata": {"path": str(path.parent)}})
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Have kernels leave their jobs to a runner, which ends with the tests."""
    home = tmp_path_factory.mktemp("headless-home")
    with pytest.MonkeyPatch.context() as patch:
        settings = {"HOME": str(home), "RUNNER": "detached", "WORKERS": "2"}
        for name, value in settings.items():
            patch.setenv(f"FUSIONFLOW_{name}", value)
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        yield home
    with connect(home=home, runner="inprocess") as session:
        for runner in session.runners():
            connection = connected(runner)
            if connection is not None:
                end_runner(connection)


def written(folder: Path, sql: str) -> Path:
    """Write a notebook with parameters, a query, a widget, and a cell that uses the result."""
    made = nbformat.v4.new_code_cell
    card = "import fusionflow_lab\nfusionflow_lab.card(r.job_id)" if widgets_there() else ""
    texts = ["most = 9", "%load_ext fusionflow_lab", f"%%fusionflow r\n{sql}", card, "len(r)"]
    cells = [made(text) for text in texts]
    cells[0].metadata["tags"] = ["parameters"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "report.ipynb"
    nbformat.write(notebook, path)
    return path


def query_cell(path: Path) -> NotebookNode:
    return next(cell for cell in nbformat.read(path, as_version=4).cells if "%%fusionflow" in cell.source)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "run",
    [
        by_papermill,
        pytest.param(by_jupyter_execute, marks=pytest.mark.long),
        pytest.param(by_the_executor_of_jupyter_scheduler, marks=pytest.mark.long),
    ],
)
def test_a_program_that_runs_a_notebook(run: Callable[[Path], None], slow_data: Path, tmp_path: Path) -> None:
    text = f"text || value || '{run.__name__}'"
    # Four fifths are done at once; the rest takes as long as several lines.
    digest = f"CASE WHEN part < {FILES - 2} THEN sha256({text}) ELSE {hashed(text, 30)} END"
    sql = f"SELECT part, max({digest}) AS d FROM '{slow_data}/part_*.csv' WHERE part <= $most GROUP BY part"
    path = written(tmp_path, sql)
    run(path)
    lines = "".join(output.text for output in query_cell(path).outputs if output.output_type == "stream")
    steps = [int(percent) // 10 for percent in re.findall(r"^ *(\d+) %", lines, re.MULTILINE)]
    assert steps == sorted(set(steps))
    assert len(steps) > 1
    assert steps[-1] == 10
    (shown,) = [output for output in query_cell(path).outputs if output.output_type == "display_data"]
    assert "✓ completed" in shown.data["text/plain"]
    assert f"{FILES} rows" in shown.data["text/html"]
    assert not any("widget" in kind for kind in shown.data)
    *_, card, last = nbformat.read(path, as_version=4).cells
    assert last.outputs[0].data["text/plain"] == str(FILES)
    for output in card.outputs:
        assert not any("widget" in kind for kind in output.data)
    page, _ = HTMLExporter().from_filename(str(path))  # type: ignore[no-untyped-call]
    assert page.count("completed</b>") == 1 + len(card.outputs)


@pytest.mark.long
def test_a_mistake_ends_the_run_and_is_in_the_file(home: Path, tmp_path: Path) -> None:
    assert os.environ["FUSIONFLOW_HOME"] == str(home)
    path = written(tmp_path, "SELECT nope FROM 'none.csv'")
    with pytest.raises(PapermillExecutionError):
        by_papermill(path)
    assert any("none.csv" in "".join(output.get("traceback", ())) for output in query_cell(path).outputs)
