"""The same cells in Notebook 7, which loads the same extension."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab import LabPage


def test_a_cell_runs_in_notebook_7(page: LabPage) -> None:
    (page.lab.folder / "rivers.csv").write_text("river,km\nGlomma,600\nKatsura,114\n")
    query = "%%fusionflow\nSELECT river, km FROM 'rivers.csv' ORDER BY km"
    name = page.lab.write("seven.ipynb", ["%load_ext fusionflow_lab", query])
    page.page.goto(f"{page.lab.url}notebooks/{name}?token={page.lab.token}")
    cells = page.page.locator(".jp-Cell")
    cells.first.locator(".cm-content").click()
    expect(page.page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")
    page.page.keyboard.press("Shift+Enter")
    page.page.keyboard.press("Shift+Enter")
    expect(cells.nth(1).locator(".jp-OutputArea-output")).to_contain_text("Katsura")
    expect(cells.nth(1).locator(".jp-OutputArea-output")).to_contain_text("completed")
