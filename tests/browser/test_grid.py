"""The grid over a result of 200,000 rows: scroll to the end, sort, filter, draw, light and dark."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.lab import LabPage

CELL = """
import fusionflow_lab
session = fusionflow_lab.connect(workers=1)
job = session.sql('''
    SELECT range AS n, DATE '2024-01-01' + (range % 366)::INTEGER AS day, 'city ' || range % 7 AS city,
           sin(range / 1000) * 100 AS level, CASE WHEN range % 5 > 0 THEN range * 1000 END AS size_bytes,
           '<b>' || range || '</b>' AS "<i>markup</i>"
    FROM range(200000)
''').submit()
job.result(60)
fusionflow_lab.grid(job)
"""


def test_a_large_result_is_paged_sorted_filtered_drawn_and_saved(page: LabPage) -> None:
    page.open([CELL], "grid.ipynb")
    view = page.run(0).locator(".ff-result")
    grid = view.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "200001")
    expect(grid.get_by_role("row").nth(3)).to_contain_text("2024-01-03")
    grid.focus()
    page.page.keyboard.press("Control+End")
    expect(grid.locator(".ff-focused")).to_have_text("<b>199999</b>")
    grid.get_by_role("columnheader", name="level").click()
    expect(grid.get_by_role("columnheader", name="level")).to_have_attribute("aria-sort", "ascending")
    filtered_and_drawn(page, view)
    # What a widget's messages would not carry comes from the server, in the order of the grid.
    lines = saved(page, view, "CSV").read_text().splitlines()
    assert lines[0] == "n,day,city,level,size_bytes,<i>markup</i>"
    levels = [float(line.split(",")[3]) for line in lines[1:]]
    assert len(levels) == 28_571
    assert levels == sorted(levels)

    # The same in the panel, over HTTP.
    job = str(view.get_attribute("aria-label")).split()[-1]
    page.command("fusionflow:open-job", job=job)
    details = page.page.locator(".ff-details")
    details.get_by_role("tab", name="Result").click()
    there = details.locator(".ff-result")
    expect(there.get_by_role("grid")).to_have_attribute("aria-rowcount", "200001")
    filtered_and_drawn(page, there)
    assert len(saved(page, there, "JSON").read_text().splitlines()) == 28_571
    assert page.faint() == []
    expect(there.locator("canvas")).to_be_visible()


def filtered_and_drawn(page: LabPage, view: Locator) -> None:
    """Go to a row, keep the rows of one city, and draw them."""
    grid = view.get_by_role("grid")
    view.get_by_label("go to row").fill("123,457")
    page.page.keyboard.press("Enter")
    expect(grid.locator(".ff-focused")).to_be_visible()
    view.get_by_label("sort, filter or hide city").click()
    view.get_by_label("condition").select_option("=")
    view.get_by_label("value").fill("city 3")
    view.get_by_role("button", name="Filter", exact=True).click()
    expect(view.get_by_role("status").first).to_have_text("28,571 of 200,000 rows")
    expect(grid.get_by_role("row").nth(1)).to_contain_text("city 3")
    view.get_by_label("close").click()
    view.get_by_role("button", name="Chart").click()
    chart = view.get_by_role("img")
    expect(chart.locator("canvas")).to_be_visible()
    expect(chart).to_have_attribute("aria-label", re.compile(r"^line of mean of n by day: \d+ points"))


def saved(page: LabPage, view: Locator, kind: str) -> Path:
    """Download the rows and return the file."""
    view.get_by_role("button", name="Download").click()
    with page.page.expect_download() as download:
        view.get_by_role("button", name=kind, exact=True).click()
    return Path(download.value.path())
