"""Every block of code in the pages for users and operators runs, in its order, page by page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fusionflow_lab.api import Session

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs" / "users").glob("*.md")), *sorted((ROOT / "docs" / "operators").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FUSIONFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    names: dict[str, object] = {}
    try:
        run_blocks(page, names)
    finally:
        session = names.get("session")
        if isinstance(session, Session):
            session.close()


def run_blocks(page: Path, names: dict[str, object]) -> None:
    for language, code in _BLOCK.findall(page.read_text()):
        match language:
            case "sh":
                subprocess.run(["/bin/sh", "-e", "-c", code], check=True, capture_output=True)
            case "python":
                exec(compile(code, str(page), "exec"), names)  # noqa: S102 - our own pages
            case "sql":
                session = names["session"]
                assert isinstance(session, Session)
                assert session.sql(code).result().arrow().num_rows > 0
            case "text":
                pass
            case _:
                pytest.fail(f"{page}: a block of {language} is not run")
