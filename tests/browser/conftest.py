"""One JupyterLab for all browser tests, one browser for each file; a page must leave no error behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.lab import Lab, LabPage, browser_of, chromium, jupyter_lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if chromium() is None:
        pytest.skip("no Chromium; to run the browser tests: apt-get install chromium fonts-dejavu-core")
    with jupyter_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser(lab: Lab) -> Iterator[Browser]:  # noqa: ARG001 - without a server there is nothing to look at
    # Not for the whole session: while it lives, Playwright keeps an event loop running in this thread.
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = browser_of(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """Return a page of its own; nothing may be left in its console, and nothing asked of another origin."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=lab.url)
    page = LabPage(context.new_page(), lab)
    yield page
    context.close()
    assert page.errors == [], "\n".join(page.errors)
    assert page.foreign == []
