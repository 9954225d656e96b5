"""The card in a cell: it moves, it stops the job of its cell, and it is there again after a reload."""

from __future__ import annotations

import re
import time

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
    """Return how far a card's bar is; 100 where it has none any more."""
    shown = card.get_by_role("progressbar").evaluate_all("bars => bars.map(bar => bar.ariaValueNow)")
    return int(shown[0]) if shown else 100


def test_a_widget_moves_and_stops_its_cell(page: LabPage, held: Held) -> None:
    page.open([LOAD, f"%%fusionflow --name slow\n{held.sql('stops')}", "after = 1"])
    without_extension(page)
    page.run(0)
    output = page.run(1)
    card = output.locator(".ff-job")
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", re.compile("[1-9]"))
    before = percent(card)
    expect(card.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", str(before))
    assert percent(card) > before
    card.get_by_role("button", name="Stop").press("Enter")
    expect(output.last).to_contain_text("JobStoppedError")
    expect(output.first).to_contain_text("■ stop")
    expect(card).to_have_count(0)
    page.command("docmanager:save")
    page.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = nbformat.read(page.lab.folder / "test.ipynb", as_version=4).cells[1].outputs[0].data
    assert set(saved) == {"text/html", "text/plain", JOB_MIME}


def test_a_page_that_is_loaded_again_goes_on_within_two_seconds(page: LabPage, held: Held) -> None:
    page.open([LOAD, f"%%fusionflow --name slow\n{held.sql('goes on')}"])
    page.run(0)
    card = page.run(1).locator(".ff-job")
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", re.compile("[1-9]"))
    before = percent(card)
    page.command("docmanager:save")
    page.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    begun = time.monotonic()
    again = page.output(1).locator(".ff-job")
    expect(again).to_contain_text("slow")
    assert time.monotonic() - begun < 6  # two on a machine that does nothing else
    assert percent(again) >= before
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
