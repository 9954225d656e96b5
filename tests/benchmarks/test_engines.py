"""Engines answer the same in processes of their own, and say what it took."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.engines import PEERS, Engine, Mode, NativeScan, Peer
from benchmarks.measure import differences
from benchmarks.questions import QUESTIONS, Question

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, Engine]]:
    started: dict[str, Engine] = {"scan": NativeScan(), **{name: Peer(name) for name in PEERS}}
    yield started
    for engine in started.values():
        engine.close()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_peers_agree(engines: dict[str, Engine], question: Question, tmp_path: Path) -> None:
    path = question.dataset.write(tmp_path, 0.0005)
    asked: tuple[tuple[Mode, list[str]], ...] = (("query", list(PEERS)), ("scan", list(engines)))
    for mode, names in asked:
        runs = [engines[name].run(question, path, mode) for name in names]
        for run in runs:
            assert differences(runs[0].answer, run.answer) == ""
            assert run.wall > 0
            assert run.cpu >= 0
            assert run.peak > 1 << 20
