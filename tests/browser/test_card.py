"""The card in a cell: it moves, it stops the job of its cell, and it is there again after a reload."""

from __future__ import annotations

import re

import nbformat
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabPage
from tests.held import Held

JOB_MIME = "application/vnd.fusionflow.job+json"
LOAD = "%load_ext fusionflow_lab"


def without_extension(page: LabPage) -> None:
    """Show outputs as a front end does that has widgets, but not our extension."""
    drop = f"window.jupyterapp.shell.currentWidget.content.rendermime.removeMimeType('{JOB_MIME}')"
    page.page.evaluate(f"() => {{ {drop}; return 1; }}")


def percent(card: Locator) -> int:
    """Wait until a card's bar has moved, and return how far it is."""
    expect_percent(card, 1)
    return int(card.get_by_role("progressbar").get_attribute("aria-valuenow") or 0)


def expect_percent(card: Locator, least: int) -> None:
    """Wait until a card's bar is as far as that."""
    far = re.compile(f"^({'|'.join(map(str, range(least, 101)))})$")
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", far)


def test_a_widget_moves_and_stops_its_cell(page: LabPage, held: Held) -> None:
    page.open([LOAD, f"%%fusionflow --name slow\n{held.sql('stops')}", "after = 1"])
    without_extension(page)
    page.run(0)
    output = page.run(1)
    card = output.locator(".ff-job")
    expect_percent(card, percent(card) + 1)
    card.get_by_role("button", name="Stop").press("Enter")
    expect(output.last).to_contain_text("JobStoppedError")
    expect(output.first).to_contain_text("■ stop")
    expect(card).to_have_count(0)
    page.command("docmanager:save")
    page.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = nbformat.read(page.lab.folder / "test.ipynb", as_version=4).cells[1].outputs[0].data
    assert set(saved) == {"text/html", "text/plain", JOB_MIME}


def test_a_page_that_is_loaded_again_goes_on_while_its_cell_runs(page: LabPage, held: Held) -> None:
    page.open([LOAD, f"%%fusionflow --name slow\n{held.sql('goes on')}"])
    page.run(0)
    card = page.run(1).locator(".ff-job")
    before = percent(card)
    page.command("docmanager:save")
    page.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    again = page.output(1).locator(".ff-job")
    expect(again).to_contain_text("slow")
    expect_percent(again, before)
    again.get_by_role("button", name="Stop").press("Enter")
    expect(again).to_contain_text("stopped")
    page.idle()
    # JupyterLab remarks on the end of a widget that the page before had.
    page.errors[:] = [said for said in page.errors if "Comm not found" not in said]


def test_a_slider_runs_its_cell_again(page: LabPage) -> None:
    (page.lab.folder / "few.csv").write_text("n\n1\n2\n3\n4\n")
    query = "%%fusionflow few --interact\nSELECT count(*) AS more FROM 'few.csv' WHERE n > $least"
    page.open([f"{LOAD}\nimport ipywidgets\nleast = ipywidgets.IntSlider(value=1, max=5)", query])
    page.run(0)
    output = page.run(1)
    expect(output.locator(".ff-job td")).to_have_text("3")
    slider = output.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(output.locator(".ff-job td")).to_have_text("1")
