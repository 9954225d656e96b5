"""All hostile files."""

from __future__ import annotations

from pathlib import Path

from tests.hostile import encodings, packed, quotes, structure, values
from tests.hostile.case import Case

CASES: tuple[Case, ...] = (*values.CASES, *quotes.CASES, *structure.CASES, *encodings.CASES, *packed.CASES)


def put(case: Case, folder: Path) -> Path:
    """Write a case's file; its name tells nothing."""
    path = folder / f"data{case.suffix}"
    path.write_bytes(case.data())
    return path
