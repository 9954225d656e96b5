"""Scores on the corpora of the Pollock benchmark: the best peers reach 9.72 untold and 9.964 told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.native.pollock import mean, measures, score, scores, unpack


@pytest.mark.parametrize(
    ("is_told", "simple", "weighted"), [(False, 9.93, 9.90), (True, 9.97, 9.80)], ids=["untold", "told"]
)
def test_made_files(corpora: Path, tmp_path: Path, simple: float, weighted: float, *, is_told: bool) -> None:
    names = unpack(corpora / "pollock" / "pollock_dev.tar.xz", tmp_path)
    weights = json.loads((corpora / "pollock_weights" / "pollock_weights.json").read_text())
    found = scores(tmp_path, names, is_told=is_told)
    assert mean(found) >= simple
    assert mean(found, weights) >= weighted


def test_found_files(corpora: Path, tmp_path: Path) -> None:
    names = unpack(corpora / "pollock_survey" / "pollock_survey_dev.tar.xz", tmp_path)
    assert mean(scores(tmp_path, names, is_told=False)) >= 9.0


def test_the_scorer_tells_what_is_lost() -> None:
    clean = [["a", "b"], ["1", "2"], ["3", "4"]]
    assert score(clean, clean) == 10.0
    assert score(None, clean) == 0.0
    assert score(clean[1:], clean) == pytest.approx(1 + 0 + (0.5 + 1 + 2 / 3) + (4 / 6 + 1 + 0.8))
    assert measures(["x"], ["y"]) == 0.0
    assert score([["a"]], []) == 10.0
