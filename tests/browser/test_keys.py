"""A card that is used with the keyboard alone, in a cell whose notebook takes single keys."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab import LabPage

FOCUSED = """() => {
  const one = document.activeElement;
  return one.closest('.ff-job') ? one.getAttribute('aria-label') ?? one.textContent : '';
}"""
SEEN = "() => getComputedStyle(document.activeElement).outlineStyle"
MODE = "() => window.jupyterapp.shell.currentWidget.content.mode"
CONTROLS = ["Show the rows", "result", "Ask the same", "Copy the job's id", "Copy the line"]


def tabbed(page: LabPage, key: str = "Tab") -> str:
    """Press a key and return the name of the control of the card that has the focus; empty outside of it."""
    page.page.keyboard.press(key)
    return str(page.page.evaluate(FOCUSED))


def test_a_card_is_used_by_keys_alone(page: LabPage) -> None:
    (page.lab.folder / "keys.csv").write_text("city,n\nOslo,1\nKyoto,2\n")
    query = "SELECT city, sum(n) AS total FROM 'keys.csv' GROUP BY city"
    made = f'import fusionflow_lab as ff\njob = ff.connect(workers=1).sql("{query}").submit()'
    page.open([made, "job.result(60)\nff.card(job)", "after = 1"], "keys.ipynb")
    page.run(0)
    card = page.run(1).locator(".ff-job")
    expect(card.get_by_role("button", name="Chart")).to_be_visible()
    page.idle()
    page.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    page.page.locator('.jp-Cell[data-windowed-list-index="1"] .cm-content').focus()
    page.page.keyboard.press("Escape")
    reached = next(name for name in (tabbed(page) for _ in range(40)) if name)
    names = [reached, *(tabbed(page) for _ in CONTROLS)]
    assert [name.startswith(start) for name, start in zip(names, CONTROLS, strict=False)] == [True] * 5, names
    assert names[-1] == ""

    assert tabbed(page, "Shift+Tab").startswith("Copy the line")
    for key in ("a", "d", "d", "x", "ArrowDown"):
        assert tabbed(page, key).startswith("Copy the line")
    assert page.page.evaluate(SEEN) == "solid"
    while not tabbed(page, "Shift+Tab").startswith("Show the rows"):
        pass
    assert tabbed(page, "Enter") == "Show the rows as a table"
    expect(card.locator("canvas")).to_be_visible()
    assert tabbed(page) == "bar"
    kinds = card.get_by_role("group", name="chart")
    kinds.get_by_role("button", name="histogram").focus()
    page.page.keyboard.press("Space")
    expect(kinds.get_by_role("button", name="histogram")).to_have_attribute("aria-pressed", "true")
    assert page.page.evaluate(MODE) == "command"
    expect(page.page.locator(".jp-Cell")).to_have_count(3)
    before = card.get_attribute("aria-label")
    card.get_by_role("button", name="Ask the same").press("Enter")
    expect(card).not_to_have_attribute("aria-label", str(before))
    expect(card.get_by_role("button", name="Ask the same")).to_be_enabled()
    assert page.page.evaluate(FOCUSED)
