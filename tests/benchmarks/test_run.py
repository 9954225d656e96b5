"""A short form of ``make bench``: it runs, and we and the others that are installed answer the same."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from importlib.util import find_spec

import pytest

from benchmarks.peers import PEERS
from benchmarks.questions import QUESTIONS
from benchmarks.report import OURS, PACKAGES
from benchmarks.run import main

# Dask DataFrame is asked by the long tests: it starts a cluster of its own.
ASKED = [name for name in PEERS if name != "Dask DataFrame"]
Page = list[list[str]]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Return the cells of all tables; an answer that is not DuckDB's would have ended the program."""
    folder = tmp_path_factory.mktemp("bench")
    installed = [f"--peer={name}" for name in ASKED if find_spec(PACKAGES[name])]
    printed = io.StringIO()
    with redirect_stdout(printed):
        main([f"--folder={folder}", "--scale=0.0002", "--runs=1", *installed])
    return [line[2:-2].split(" | ") for line in printed.getvalue().splitlines() if line[:1] == "|"]


def test_every_question_is_asked(page: Page) -> None:
    names = {line[0] for line in page}
    assert names >= {question.name for question in QUESTIONS}
    assert any(OURS in line for line in page)


@pytest.mark.parametrize("peer", ASKED)
def test_a_peer_answers(peer: str, page: Page) -> None:
    if not find_spec(PACKAGES[peer]):
        pytest.skip(f"{peer} is in the dependency group bench, which `make bench` installs")
    heads = [number for number, line in enumerate(page) if f"to {peer}" in line]
    assert heads  # the whole cell is the last table; not every peer scans alone
    head = page[heads[-1]]
    place = head.index(f"to {peer}")
    cells = [line[place] for line in page[heads[-1] + 2 :] if len(line) == len(head)]
    assert any(cell != "-" for cell in cells)
