"""Files made by others: read alike in any blocks and at every level, or refused; never a bug."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fusionflow_lab._native import sniff_files
from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.source import Dialect, SourceFile
from tests.native.pollock import read
from tests.native.scanning import Scanned, columns, cut, run, scan_proven

CORPORA = ["csv_spectrum", "csv_rfc4180", "duckdb_csv", "arrow_testing/data/csv"]
LARGEST = 100_000


@pytest.mark.parametrize("corpus", CORPORA)
def test_blocks_and_levels_change_nothing(
    corpus: str, corpora: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    files = [path for path in (corpora / corpus).rglob("*") if path.is_file()]
    files = [
        path
        for path in files
        if path.suffix not in {".json", ".md", ".gz"} and path.stat().st_size <= LARGEST
    ]
    assert files
    for path in sorted(files):
        with subtests.test(file=path.name):
            monkeypatch.delenv("FUSIONFLOW_SIMD", raising=False)
            sniffed = described(path)
            if sniffed is None:
                continue
            file, dialect, count = sniffed
            whole = outcome(file, dialect, count, None)
            assert outcome(file, dialect, count, 97) == whole
            assert outcome(file, dialect, count, 1000) == whole
            monkeypatch.setenv("FUSIONFLOW_SIMD", "portable")
            assert outcome(file, dialect, count, None) == whole


@pytest.mark.parametrize(("corpus", "folder"), [("csv_spectrum", "csvs"), ("csv_rfc4180", "csv")])
def test_values_are_those_of_the_json_beside(corpus: str, folder: str, corpora: Path, tmp_path: Path) -> None:
    for path in sorted((corpora / corpus / folder).glob("*.csv")):
        truth = corpora / corpus / "json" / f"{path.stem}.json"
        if path.stem == "location_coordinates" or not truth.exists():
            continue  # another encoding, or a file that is not to be read
        named = corpus == "csv_spectrum" or path.name.startswith("header")
        copy = shutil.copy(path, tmp_path)
        rows = read(Path(copy), CsvOptions(all_varchar=True, header=named, delimiter=","))
        expected = json.loads(truth.read_text())
        values = [list(row.values()) if isinstance(row, dict) else row for row in expected]
        assert rows is not None
        found = [[cell.replace("\r\n", "\n") for cell in row] for row in rows[int(named) :]]
        assert found == [[cell.replace("\r\n", "\n") for cell in row] for row in values], path.name


def described(path: Path) -> tuple[SourceFile, Dialect, int] | None:
    """The file with its dialect and number of columns, or None where the sniffer refuses it."""
    try:
        (found,) = sniff_files([str(path)], CsvOptions())
    except SourceError:
        return None
    file = SourceFile(
        path=found.path,
        size=found.size,
        mtime_ns=found.mtime_ns,
        data_start=found.data_start,
        header_lines=found.header_lines,
    )
    dialect = Dialect(
        delimiter=found.delimiter,
        quote=found.quote,
        header=found.header,
        escape=found.escape,
        carriage_returns=found.carriage_returns,
        encoding=found.encoding,
        column_count=len(found.columns),
    )
    return file, dialect, len(found.columns)


def outcome(file: SourceFile, dialect: Dialect, count: int, block_size: int | None) -> object:
    """Rows and rejects, or that the file is refused."""
    wanted = columns(*["VARCHAR"] * count)
    try:
        if block_size is None:
            scanned = run([cut(file)], wanted, dialect=dialect)
        else:
            scanned = scan_proven(file, block_size, wanted, dialect)
    except SourceError as error:
        return error.what
    assert_law(scanned)
    return scanned.rows, [(reject["byte"], reject["reason"], reject["raw"]) for reject in scanned.rejects]


def assert_law(scanned: Scanned) -> None:
    """Rows read are rows given and rows rejected."""
    assert sum(block.rows for block in scanned.blocks) == scanned.table.num_rows + len(scanned.rejects)
