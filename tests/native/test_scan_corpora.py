"""Files made by others: read alike in any blocks and at every level, or refused; never a bug."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab._native import sniff_files
from fusionflow_lab.errors import SourceError
from fusionflow_lab.query import Dialect, ReaderOptions, SourceFile
from tests.native.scanning import Scanned, columns, cut, run, scan_proven

CORPORA = ["csv_spectrum", "csv_rfc4180", "duckdb_csv"]
LARGEST = 100_000


@pytest.mark.parametrize("corpus", CORPORA)
def test_blocks_and_levels_change_nothing(
    corpus: str, corpora: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    files = [path for path in (corpora / corpus).rglob("*.[ct]sv") if path.stat().st_size <= LARGEST]
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


def described(path: Path) -> tuple[SourceFile, Dialect, int] | None:
    """The file with its dialect and number of columns, or None where the sniffer refuses it."""
    try:
        (found,) = sniff_files([str(path)], ReaderOptions())
    except SourceError:
        return None
    file = SourceFile(
        path=found.path,
        size=found.size,
        mtime_ns=found.mtime_ns,
        data_start=found.data_start,
        header_lines=found.header_lines,
    )
    dialect = Dialect(delimiter=found.delimiter, quote=found.quote, header=found.header)
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
