"""Engines answer the same in processes of their own, and say what it took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.engines import Cell, Engine, NativeScan, Peer
from benchmarks.measure import differences
from benchmarks.peers import PEERS, Mode, UnansweredError
from benchmarks.questions import QUESTIONS, Question

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, Engine]]:
    started: dict[str, Engine] = {
        **{name: Peer(name) for name in PEERS},
        "cell": Cell(),
        "scan": NativeScan(),
    }
    yield started
    for engine in started.values():
        engine.close()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_engines_agree(engines: dict[str, Engine], question: Question, tmp_path: Path) -> None:
    path = question.dataset.write(tmp_path, 0.0005)
    asked: tuple[tuple[Mode, list[str]], ...] = (("query", [*PEERS, "cell"]), ("scan", [*PEERS, "scan"]))
    for mode, names in asked if question.scans else asked[:1]:
        runs = []
        for name in names:
            with suppress(UnansweredError):
                runs.append(engines[name].run(question, path, mode))
        assert len(runs) > 2
        for run in runs:
            assert differences(runs[0].answer, run.answer) == ""
            assert run.wall > 0
            assert run.cpu >= 0
            assert run.peak > 1 << 20
    assert list(tmp_path.iterdir()) == [path]
