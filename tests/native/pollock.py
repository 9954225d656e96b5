"""Score how well messy CSV files are read, by the method of the Pollock benchmark (VLDB 2023).

A file scores 1 for being read at all, and precision, recall and F1 of its header, its records and its
cells as multisets, compared with the clean file: 10 at best. A set of files scores the mean, simple or
weighted by how common each kind of flaw is.
"""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.source import Dialect
from tests.native.scanning import cut, run

Rows = Sequence[Sequence[str]]
ENCODINGS = {"ascii": "utf-8", "utf-8": "utf-8", "iso-8859-1": "latin-1", "windows-1252": "windows-1252"}
UNTOLD = CsvOptions(all_varchar=True)


def unpack(archive: Path, folder: Path) -> list[str]:
    """Unpack a corpus; return the names of its files that have a clean one."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    clean = {path.name for path in (folder / "clean").iterdir()}
    return sorted(path.name for path in (folder / "csv").iterdir() if path.name in clean)


def read(path: Path, options: CsvOptions = UNTOLD) -> Rows | None:
    """Read a file as a query would, all columns as text; None where it is refused."""
    try:
        source = Catalog(path.parent / "types").resolve(str(path), options, "source_0")
        assert isinstance(source.dialect, Dialect)
        scanned = run(
            [cut(source.files[0])],
            source.columns,
            column_count=len(source.columns),
            dialect=source.dialect,
        )
    except SourceError:
        return None
    header = [[column.name for column in source.columns]] if source.dialect.header else []
    return header + [[str(value or "") for value in row] for row in scanned.rows]


def told(parameters: Mapping[str, object]) -> CsvOptions:
    """Return the options that say what a corpus says of a file."""

    def count(name: str) -> int:
        return int(str(parameters.get(name) or 0))

    header = count("header_lines")
    return CsvOptions(
        delimiter=str(parameters["delimiter"]) or None,
        quote=str(parameters["quotechar"]),
        escape=str(parameters["escapechar"]),
        header=header > 0,
        skip=count("preamble_lines") + max(header - 1, 0),
        new_line=str(parameters["row_delimiter"]),
        encoding=ENCODINGS.get(str(parameters["encoding"]).lower(), ""),
        all_varchar=True,
        null_padding=True,
        strict=False,
    )


def score(loaded: Rows | None, clean: Rows) -> float:
    """Score what was loaded, 0 to 10.

    Examples
    --------
    >>> score([["a", "b"], ["1", "2"]], [["a", "b"], ["1", "2"]])
    10.0
    >>> score(None, [["a"]])
    0.0
    """
    if loaded is None:
        return 0.0
    if not clean:
        return 10.0
    header = measures(loaded[0] if loaded else [], clean[0])
    records = measures(["".join(row) for row in loaded[1:]], ["".join(row) for row in clean[1:]])
    cells = measures([cell for row in loaded for cell in row], [cell for row in clean for cell in row])
    return 1.0 + header + records + cells


def measures(loaded: Sequence[str], clean: Sequence[str]) -> float:
    """Add precision, recall and F1 of one multiset against another."""
    if not clean:
        return 3.0
    common = (Counter(loaded) & Counter(clean)).total()
    if not common:
        return 0.0
    precision, recall = common / len(clean), common / len(loaded)
    return precision + recall + 2 * precision * recall / (precision + recall)


def clean_rows(path: Path) -> Rows:
    """Read a clean file."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def scores(folder: Path, names: Sequence[str], *, is_told: bool) -> dict[str, float]:
    """Score each file of an unpacked corpus."""
    found = {}
    for name in names:
        options = UNTOLD
        if is_told:
            options = told(json.loads((folder / "parameters" / f"{name}_parameters.json").read_text()))
        found[name] = score(read(folder / "csv" / name, options), clean_rows(folder / "clean" / name))
    return found


def mean(found: Mapping[str, float], weights: Mapping[str, float] | None = None) -> float:
    """Return the mean of scores, weighted or not."""
    if weights is None:
        return sum(found.values()) / len(found)
    return sum(found[name] * weights[name] for name in found) / sum(weights[name] for name in found)
