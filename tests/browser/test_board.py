"""The jobs board and the details of a job in a real JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.lab import LabPage

FILES = """
from pathlib import Path
import fusionflow_lab
session = fusionflow_lab.connect(home="board", workers=1, runner="inprocess")  # jobs of its own alone
Path("trips").mkdir(exist_ok=True)
for part in range(16):
    rows = "".join(f"{part},{'Oslo' if n % 2 else 'Lima'},{n},{'x' * 2000}\\n" for n in range(2000))
    Path(f"trips/{part:02}.csv").write_text(f"part,city,n,pad\\n{rows}")
"""
# Each file is a task of its own, which takes a while; the later ones take so long that no job ends.
JOBS = """
digests = [f"length(md5(repeat(city || n, {5000 + n})))" for n in range(12)]
slow = f"sum(CASE WHEN part < 8 THEN {' + '.join(digests[:2])} ELSE {' + '.join(digests)} END)"
short = [session.sql(f"SELECT {n} AS n", name=f"number {n}").submit() for n in range(10)]
for n in range(3):
    session.sql(f"SELECT {slow} AS t{n} FROM 'trips/*.csv'", name=f"checksums {n}").submit()
all(job.wait(60) for job in short)
"""
BOARD = "fusionflow_lab.dashboard(session=session)"
HOSTILE = "session.sql('SELECT 1 AS one', name='<img src=x onerror=alert(1)>').submit().wait(60)"


def rows(board: Locator) -> Locator:
    return board.locator('[role="row"]')


def test_jobs_are_found_stopped_and_looked_into(page: LabPage) -> None:
    page.open([FILES, JOBS, HOSTILE, BOARD])
    for cell in range(3):
        page.run(cell)
    page.idle()
    board = page.run(3).locator(".ff-board")
    expect(rows(board)).to_have_count(14)
    expect(board.locator("img")).to_have_count(0)

    # Filter and search: the service answers, the counts say how many there are.
    expect(board.get_by_role("button", name=re.compile("completed 11"))).to_be_visible()
    board.get_by_role("searchbox").fill("checksums")
    expect(rows(board)).to_have_count(3)
    board.get_by_role("searchbox").fill("number 7")
    expect(rows(board)).to_have_count(1)
    board.get_by_role("searchbox").fill("")
    board.get_by_role("button", name=re.compile("in progress")).click()
    expect(rows(board)).to_have_count(3)

    # The map of chunks moves while the job is at work.
    board.get_by_text("checksums 0").click()
    details = page.output(3).locator(".ff-details")
    details.get_by_role("tab", name="Chunks").click()
    done = details.locator(".ff-chunks .ff-chunk-done")
    expect(done.first).to_be_visible()
    before = done.count()
    expect(done.nth(before)).to_be_visible()
    details.locator('[data-cell="0/1"]').hover()
    expect(details.locator(".ff-chunks-told")).to_contain_text(
        re.compile(r"trips/00\.csv, bytes [\d,]+.[\d,]+: ")
    )
    details.get_by_role("button", name="← Jobs").click()

    # All that are at work are stopped together, after a question.
    board.locator('[role="grid"]').focus()
    page.page.keyboard.press("Control+a")
    board.get_by_role("button", name=re.compile(r"^Stop \d")).click()
    question = board.get_by_role("alertdialog")
    expect(question).to_contain_text("What they have scanned is kept")
    question.get_by_role("button", name=re.compile(r"^Stop \d")).click()
    expect(board.get_by_role("button", name=re.compile("in progress 0"))).to_be_visible()
    expect(board.get_by_role("button", name=re.compile("stopped [123]"))).to_be_visible()
