"""The panel beside the notebooks, and jobs that outlive their kernels."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.lab import LabPage
from tests.held import Held

MARKUP = "<img src=x onerror=alert(1)>"
TURNED = "\u202egnp"
QUERY = f"""%%fusionflow --name '{MARKUP}'
SELECT "{MARKUP}", sum(n) AS "<b>total</b>" FROM '{MARKUP}.csv' GROUP BY ALL ORDER BY ALL"""
FAILS = f"%%fusionflow --name fails\nSELECT CAST(\"{MARKUP}\" AS INTEGER) AS x FROM '{MARKUP}.csv'"


def test_the_panel_shows_jobs_files_and_clusters_and_no_text_becomes_markup(page: LabPage) -> None:
    rows = f"{MARKUP},n\nOslo,1\n{MARKUP},2\n{TURNED},3\n"
    (page.lab.folder / f"{MARKUP}.csv").write_text(rows)
    page.open(["%load_ext fusionflow_lab", QUERY, FAILS, "x = 1"])
    page.run(0)
    expect(page.run(1)).to_contain_text("completed")
    expect(page.run(2).first).to_contain_text("failed")
    page.page.get_by_role("tab", name="FusionFlow").click()
    panel = page.page.locator("#fusionflow-panel")
    expect(panel.get_by_text(MARKUP).first).to_be_visible()

    # By keys alone: the search, the list, and a job of it in a tab of its own.
    panel.get_by_role("searchbox").press_sequentially("onerror")
    expect(panel.get_by_role("row")).to_have_count(2)
    panel.get_by_role("searchbox").fill(MARKUP)
    for _ in range(7):  # five statuses and the order lie between
        page.page.keyboard.press("Tab")
    expect(panel.get_by_role("grid")).to_be_focused()
    assert panel.get_by_role("grid").evaluate("box => getComputedStyle(box).outlineWidth") == "2px"
    page.page.keyboard.press("End")
    page.page.keyboard.press("Enter")
    details = page.page.locator(".ff-details")
    for tab in ("Overview", "Plan", "Chunks", "Timeline", "Logs", "Result"):
        details.get_by_role("tab", name=tab).click()
        expect(details.get_by_role("tabpanel")).not_to_contain_text("loading")
    expect(details.get_by_role("grid")).to_contain_text("\\u202egnp")
    page.command("fusionflow:jobs")
    expect(page.page.locator("#fusionflow-jobs")).to_contain_text(MARKUP)

    panel.get_by_role("tab", name="Files").click()
    panel.get_by_role("button", name=page.lab.folder.name).first.click()
    panel.get_by_role("button", name=MARKUP).click()
    expect(panel.get_by_text("2 columns")).to_be_visible()
    assert page.faint() == []
    page.page.locator(".lm-TabBar-tab", has_text="test.ipynb").click()
    panel.get_by_role("button", name="Query in a cell").click()
    written = page.page.locator(".jp-Notebook .jp-Cell").filter(has_text="LIMIT 100")
    expect(written).to_contain_text(f"{MARKUP}.csv")
    panel.get_by_role("tab", name="Clusters").click()
    expect(panel.get_by_text("local", exact=True)).to_be_visible()
    panel.get_by_role("tab", name="Cache").click()
    expect(panel.get_by_text("scans only what has changed")).to_be_visible()
    expect(page.page.locator(".ff img, .ff b, .fusionflow img")).to_have_count(0)


def test_a_job_whose_kernel_is_killed_is_attached_from_the_panel(page: LabPage, held: Held) -> None:
    page.open(
        ["%load_ext fusionflow_lab", f"%%fusionflow --name outlives --detach\n{held.sql('outlives')}", "1"]
    )
    page.run(0)
    expect(page.run(1)).to_contain_text("runs")
    page.lab.kill_kernels()
    dialog = page.page.locator("dialog.jp-Dialog")  # it says that the kernel has died, when it likes
    page.page.add_locator_handler(dialog, lambda said: said.get_by_role("button", name="Ok").click())
    page.page.get_by_role("tab", name="FusionFlow").click()
    page.page.locator("#fusionflow-panel").get_by_text("outlives").first.click()
    details = page.page.get_by_role("region", name=re.compile("^job ")).first
    expect(details).to_contain_text("in progress")
    page.page.locator(".lm-TabBar-tab", has_text="test.ipynb").click()
    while not page.output(2).count():  # what is run before the next kernel is there is lost
        page.run(2)
        page.page.wait_for_timeout(500)
    page.run(0)
    page.idle()
    page.page.locator(".lm-TabBar-tab", has_text="Job ").click()
    page.page.get_by_role("button", name="Attach here").click()
    page.page.locator(".lm-TabBar-tab", has_text="test.ipynb").click()
    expect(page.page.locator(".jp-Notebook")).to_contain_text("%fusionflow attach")
    attached = page.page.locator(".jp-Notebook .jp-Cell").filter(has_text="%fusionflow attach")
    expect(attached.locator(".jp-OutputArea-output").first).to_contain_text("in progress")
    page.page.locator(".lm-TabBar-tab", has_text="Job ").click()
    details.get_by_role("button", name="Stop the job").click()
    page.page.locator(".lm-TabBar-tab", has_text="test.ipynb").click()
    expect(attached.locator(".jp-OutputArea-output").first).to_contain_text("stopped")
    page.errors.clear()  # JupyterLab says what it lost with the kernel


def test_sql_in_cells_has_the_colours_of_sql(page: LabPage) -> None:
    page.open(["%%fusionflow\nSELECT city FROM 'cities.csv'", "select = 1"])
    line = page.page.locator(".jp-Cell").first.locator(".cm-line").nth(1)
    colour = "(element) => getComputedStyle(element).color"
    word = line.locator("span", has_text="SELECT").last
    expect(word).not_to_have_css("color", line.evaluate(colour))
    keyword = word.evaluate(colour)
    python = page.page.locator(".jp-Cell").nth(1).locator(".cm-line").first
    assert python.locator("span", has_text="select").count() == 0 or keyword != python.evaluate(colour)
