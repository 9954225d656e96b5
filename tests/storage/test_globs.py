"""Patterns over keys match what they match over paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.storage.globs import literal_prefix, matcher

KEYS = (
    "a.csv",
    "b.csv",
    "A.csv",
    ".hidden.csv",
    "a-b.csv",
    "x[1].csv",
    "x^.csv",
    "deep/a.csv",
    "deep/er/b1.csv",
    "deep/er/b22.csv",
    "deep/er/still/c.csv",
    "year=2024/month=1/p.csv",
    "year=2025/month=2/p.csv",
)


@pytest.mark.parametrize(
    "pattern",
    [
        "*.csv",
        "?.csv",
        "[ab].csv",
        "[!a].csv",
        "[a-c].csv",
        "[^a].csv",
        "x[[]1].csv",
        "**",
        "**/*.csv",
        "deep/**/*.csv",
        "deep/*/b?.csv",
        "deep/**",
        "{a,b}.csv",
        "{deep,year=*/*}/{er/b1,p,a}.csv",
        "year=*/month=[12]/*.csv",
        "*a*",
        "a[-]b.csv",
    ],
)
def test_the_same_files_as_on_disk(tmp_path: Path, pattern: str) -> None:
    for key in KEYS:
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    try:
        listed = _native.list_files(f"{tmp_path}/{pattern}")
    except FileNotFoundError:
        listed = []
    on_disk = [str(Path(path).relative_to(tmp_path)) for path in listed]
    assert sorted(key for key in KEYS if matcher(pattern).fullmatch(key)) == sorted(on_disk)
    assert all(key.startswith(literal_prefix(pattern)) for key in on_disk)


@pytest.mark.parametrize("pattern", ["{a", "x[a", "{" + "{a,b}" * 12 + "}"])
def test_patterns_without_sense_are_refused(pattern: str) -> None:
    with pytest.raises(QueryError):
        matcher(pattern)
