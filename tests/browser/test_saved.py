"""A notebook that is opened again when its kernel is gone, in a JupyterLab without our extension."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, LabPage

QUERY = "SELECT city, sum(n) AS total FROM 'cities.csv' GROUP BY city ORDER BY city"
CELLS = (
    "%load_ext fusionflow_lab\nimport fusionflow_lab as ff",
    f"%%fusionflow r\n{QUERY}",
    "ff.card(r.job_id)",
    "ff.grid(r)",
    f'ff.form(sql="""{QUERY}""")',
    "import ipywidgets\nleast = ipywidgets.IntSlider(value=1)",
    "%%fusionflow --interact\nSELECT city FROM 'cities.csv' WHERE n > $least",
)
WIDGETS = {2: ".ff-job", 3: ".ff-result", 4: ".ff-form", 6: ".ff-job"}
SHUT_DOWN = """async () => {
  await window.jupyterapp.shell.currentWidget.sessionContext.shutdown();
  return 1;
}"""


@pytest.fixture
def plain(lab: Lab) -> Iterator[None]:
    """Disable our extension, as an administrator does, in pages that are loaded meanwhile."""
    settings = lab.folder.parent / "config" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"disabledExtensions": {"fusionflow-lab": True}}))
    yield
    settings.unlink()


@pytest.mark.usefixtures("plain")
def test_what_was_shown_is_there_without_kernel_and_extension(page: LabPage) -> None:
    (page.lab.folder / "cities.csv").write_text("city,n\nOslo,1\nKyoto,2\nOslo,3\n")
    page.open(CELLS, "saved.ipynb")
    assert not page.page.evaluate("() => window.jupyterapp.commands.hasCommand('fusionflow:open-job')")
    for cell in range(len(CELLS)):
        page.run(cell)
    for cell, view in WIDGETS.items():
        expect(page.output(cell).locator(view)).to_be_visible()
    page.page.evaluate(SHUT_DOWN)
    for cell, view in WIDGETS.items():
        expect(page.output(cell).locator(view)).to_have_count(0)
    page.command("docmanager:save")
    page.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    for cell in (1, 2, 3, 6):
        expect(page.output(cell)).to_contain_text("Kyoto")
    expect(page.output(4)).to_contain_text("sum(n)")
    assert "widget" not in (page.lab.folder / "saved.ipynb").read_text().replace("ipywidgets", "")
