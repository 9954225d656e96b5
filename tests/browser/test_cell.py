"""A cell in a real JupyterLab."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab import LabPage


def test_a_cell_shows_its_rows(page: LabPage) -> None:
    (page.lab.folder / "small.csv").write_text("city,n\nOslo,1\nKyoto,2\nOslo,3\n")
    page.open(
        [
            "%load_ext fusionflow_lab",
            "%%fusionflow\nSELECT city, sum(n) AS total FROM 'small.csv' GROUP BY city ORDER BY city",
        ]
    )
    page.run(0)
    output = page.run(1)
    expect(output).to_contain_text("Kyoto")
    expect(output).to_contain_text("completed")
