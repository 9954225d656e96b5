"""The submit form in a real JupyterLab: choices make SQL, SQL makes choices, and a job comes of them."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

from tests.browser.lab import LabPage

API = "fusionflow/api/v1"


def test_a_form_and_its_sql_and_its_job(page: LabPage) -> None:
    for number in range(2):
        (page.lab.folder / f"trips-{number}.csv").write_text("city,km\nOslo,1\nKyoto,2\nOslo,4\n")
    page.open(["import fusionflow_lab\nform = fusionflow_lab.form('trips-*.csv')\nform", "print(form.sql)"])
    form = page.run(0)
    text = form.get_by_label("SQL of the query")
    # Pick, add up, filter: the SQL follows, and the service has judged it.
    form.locator(".ff-picker").get_by_text("city").click()
    form.get_by_role("button", name="+ column").click()
    form.get_by_label("function of column 2").select_option("sum")
    form.get_by_label("name of column 2", exact=True).fill("km")
    form.get_by_label("new name of column 2").fill("far")
    expected = "SELECT city, sum(km) AS far\nFROM 'trips-*.csv'\nGROUP BY ALL"
    expect(text).to_have_value(expected)
    expect(form).to_contain_text("2 columns · 2 chunks · reads 60 B")
    # The SQL is typed in: the form follows, and the caret stays. Without Control+End: for 10 ms after Control
    # goes down, JupyterLab keeps an Enter from a text in a cell, and a test types as quickly as that.
    text.evaluate("box => box.setSelectionRange(box.value.length, box.value.length)")
    text.type("\nORDER BY far DESC LIMIT 1", delay=20)
    expect(form.get_by_label("rows at most, or $parameter")).to_have_value("1")
    expect(form.get_by_label("column of sort 1")).to_have_value("far")
    expect(text).to_have_value(f"{expected}\nORDER BY far DESC LIMIT 1")
    assert text.evaluate("box => box.selectionStart === box.value.length")
    # What the form cannot show is said; the SQL is brought back.
    text.fill("SELECT city FROM 'trips-*.csv' WHERE km > 1 OR city = 'Oslo'")
    expect(form).to_contain_text("The form cannot show the condition ((km > 1) OR (city = 'Oslo')).")
    text.fill(f"{expected}\nORDER BY far DESC LIMIT 1")
    form.get_by_role("button", name="Submit").click()
    expect(form).to_contain_text("completed")
    expect(form).to_contain_text("10")
    expect(form).to_contain_text("reads nothing: all 60 B are known")
    expect(page.run(1)).to_contain_text("ORDER BY far DESC LIMIT 1")

    # The same from the panel: the same map, and nothing is read for it.
    query = f"{expected}\nORDER BY far DESC LIMIT 1"
    page.command("fusionflow:new-job")
    panel = page.page.locator("#fusionflow-new-job")
    panel.get_by_label("SQL of the query").fill(query)
    expect(panel).to_contain_text("reads nothing: all 60 B are known")
    panel.get_by_role("button", name="Submit").click()
    expect(panel.locator(".ff-job")).to_contain_text("completed")
    again, before = (job for job in jobs(page) if job["sql"] == query)
    assert map_of(page, again) == map_of(page, before)
    assert again["counters"]["bytes_scanned"] == 0 < before["counters"]["bytes_scanned"]


def jobs(page: LabPage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(page.lab.fetch(f"{API}/jobs"))["jobs"]
    return found


def map_of(page: LabPage, job: dict[str, Any]) -> str:
    (stage,) = json.loads(page.lab.fetch(f"{API}/jobs/{job['id']}/plan"))["stages"]
    assert stage["map_hash"]
    return str(stage["map_hash"])
