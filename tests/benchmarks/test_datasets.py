"""The timed files are the same everywhere, have the rows they say and are written once."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.datasets import BRC, G1, WIDE, Dataset

DIGESTS = {"1brc": "7118da85e9534884", "h2o-g1": "67667f478e144232", "wide": "64f70df0a45183bb"}


def small(dataset: Dataset) -> Dataset:
    return replace(dataset, rows=2_500, pool_rows=1_000)


@pytest.mark.parametrize("dataset", [BRC, G1, WIDE], ids=lambda dataset: dataset.name)
def test_rows_and_bytes(dataset: Dataset, tmp_path: Path) -> None:
    path = small(dataset).write(tmp_path, 1.0)
    with path.open(newline="", encoding="utf-8") as lines:
        records = list(csv.reader(lines, delimiter=";" if dataset is BRC else ","))
    assert len(records) == 2_500 + bool(dataset.header)
    assert len({len(record) for record in records}) == 1
    assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] == DIGESTS[dataset.name]


def test_a_file_is_written_once(tmp_path: Path) -> None:
    first = small(BRC).write(tmp_path, 0.1)
    written = first.stat().st_mtime_ns
    assert small(BRC).write(tmp_path, 0.1) == first
    assert first.stat().st_mtime_ns == written
    assert [path.name for path in tmp_path.iterdir()] == ["1brc-250.csv"]
