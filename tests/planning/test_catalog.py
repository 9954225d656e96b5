from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fusionflow_lab import _native
from fusionflow_lab.access import Access
from fusionflow_lab.errors import QueryError, SourceError
from fusionflow_lab.planning.catalog import MOST_KNOWN, Catalog
from fusionflow_lab.planning.csv_files import SniffedFile
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.source import Column, Dialect
from fusionflow_lab.storage import RemoteFiles


class CountingSniffer:
    """The native core, counting how often it looks into files."""

    def __init__(self) -> None:
        self.looks = 0

    def list_files(self, pattern: str) -> list[str]:
        return _native.list_files(pattern)

    def sniff_files(
        self, paths: Sequence[str], options: CsvOptions, remote: RemoteFiles | None = None
    ) -> Sequence[SniffedFile]:
        self.looks += 1
        return _native.sniff_files(paths, options, remote)

    def stat_files(self, paths: Sequence[str]) -> list[tuple[int, int] | None]:
        return _native.stat_files(paths)


def test_files_columns_and_dialect_are_found(files: Path) -> None:
    source = Catalog(files / "types").resolve(f"{files}/*.csv", CsvOptions(), "source_0")
    assert source.name == "source_0"
    assert [Path(file.path).name for file in source.files] == ["part0.csv", "part1.csv", "part2.csv"]
    assert source.columns == (
        Column(name="city", type="VARCHAR", ordinal=0),
        Column(name="price", type="DOUBLE", ordinal=1),
        Column(name="n", type="BIGINT", ordinal=2),
    )
    assert source.dialect == Dialect(delimiter=",", quote='"', header=True, column_count=3)
    assert source.files[0].data_start == len("city,price,n\n")
    assert source.size == sum((files / f"part{number}.csv").stat().st_size for number in range(3))


def test_types_meet_over_all_files(files: Path) -> None:
    (files / "part1.csv").write_text("city,price,n\na,x,1.5\n")
    source = Catalog(files / "types").resolve(f"{files}/*.csv", CsvOptions(), "s")
    assert [column.type for column in source.columns] == ["VARCHAR", "VARCHAR", "DOUBLE"]


def test_unchanged_files_are_looked_at_once(files: Path) -> None:
    sniffer = CountingSniffer()
    catalog = Catalog(files / "types", sniffer)
    first = catalog.resolve(f"{files}/*.csv", CsvOptions(), "source_0")
    again = catalog.resolve(f"{files}/*.csv", CsvOptions(), "source_1")
    assert sniffer.looks == 1
    assert again == replace(first, name="source_1")
    catalog.resolve(f"{files}/*.csv", CsvOptions(skip=1), "source_2")
    assert sniffer.looks == 2


def test_a_changed_or_new_file_is_looked_at_again(files: Path) -> None:
    sniffer = CountingSniffer()
    catalog = Catalog(files / "types", sniffer)
    catalog.resolve(f"{files}/*.csv", CsvOptions(), "s")
    stat = (files / "part0.csv").stat()
    os.utime(files / "part0.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    catalog.resolve(f"{files}/*.csv", CsvOptions(), "s")
    assert sniffer.looks == 2
    (files / "part3.csv").write_text("city,price,n\n")
    assert len(catalog.resolve(f"{files}/*.csv", CsvOptions(), "s").files) == 4
    assert sniffer.looks == 3


def test_given_types_are_fixed(files: Path) -> None:
    catalog = Catalog(files / "types")
    options = CsvOptions(types=(("N", "INTEGER"),))
    source = catalog.resolve(f"{files}/part0.csv", options, "s")
    assert source.columns[2] == Column(name="n", type="INTEGER", ordinal=2, fixed=True)
    assert not source.columns[0].fixed
    columns = CsvOptions(columns=(("a", "VARCHAR"), ("b", "DOUBLE"), ("c", "SMALLINT")))
    renamed = catalog.resolve(f"{files}/part0.csv", columns, "s")
    assert [(column.name, column.type, column.fixed) for column in renamed.columns] == [
        ("a", "VARCHAR", True),
        ("b", "DOUBLE", True),
        ("c", "SMALLINT", True),
    ]


def test_all_varchar_reads_text(files: Path) -> None:
    options = CsvOptions(all_varchar=True, header=True)
    source = Catalog(files / "types").resolve(f"{files}/part0.csv", options, "s")
    assert {column.type for column in source.columns} == {"VARCHAR"}


def test_wider_types_are_remembered_by_every_later_catalogue(files: Path) -> None:
    pattern, folder = f"{files}/*.csv", files / "types"
    catalog = Catalog(folder)
    source = catalog.resolve(pattern, CsvOptions(), "source_0")
    catalog.widen(source, {2: "DOUBLE"})
    catalog.widen(source, {1: "VARCHAR"})
    wide = ["VARCHAR", "VARCHAR", "DOUBLE"]
    assert [column.type for column in catalog.resolve(pattern, CsvOptions(), "s").columns] == wide
    later = Catalog(folder).resolve(pattern, CsvOptions(), "s")
    assert [column.type for column in later.columns] == wide
    one = Catalog(folder).resolve(f"{files}/part0.csv", CsvOptions(), "s")
    assert [column.type for column in one.columns] == ["VARCHAR", "DOUBLE", "BIGINT"]


def test_given_types_do_not_widen(files: Path) -> None:
    options = CsvOptions(types=(("n", "INTEGER"),))
    catalog = Catalog(files / "types")
    source = catalog.resolve(f"{files}/part0.csv", options, "s")
    catalog.widen(source, {1: "VARCHAR", 2: "VARCHAR"})
    found = catalog.resolve(f"{files}/part0.csv", options, "s")
    assert [column.type for column in found.columns] == ["VARCHAR", "VARCHAR", "INTEGER"]


def test_a_broken_memory_is_forgotten(files: Path) -> None:
    catalog = Catalog(files / "types")
    source = catalog.resolve(f"{files}/part0.csv", CsvOptions(), "s")
    catalog.widen(source, {2: "DOUBLE"})
    for path in (files / "types").iterdir():
        path.write_text("{")
    fresh = Catalog(files / "types").resolve(f"{files}/part0.csv", CsvOptions(), "s")
    assert fresh.columns[2].type == "BIGINT"


def test_files_that_do_not_agree_are_refused(files: Path) -> None:
    (files / "part1.csv").write_text("town,price,n\na,1.5,1\n")
    with pytest.raises(SourceError, match="part1"):
        Catalog(files / "types").resolve(f"{files}/*.csv", CsvOptions(), "s")


def test_a_type_for_no_column_names_the_nearest(files: Path) -> None:
    options = CsvOptions(types=(("prize", "DOUBLE"),))
    with pytest.raises(QueryError, match="price"):
        Catalog(files / "types").resolve(f"{files}/part0.csv", options, "s")


def test_a_catalog_forgets_what_was_not_asked_for_long(files: Path) -> None:
    sniffer = CountingSniffer()
    catalog = Catalog(files / "types", sniffer)
    for skip in range(MOST_KNOWN + 1):
        catalog.resolve(f"{files}/part0.csv", CsvOptions(skip=skip % 2, null_string=str(skip)), "s")
    catalog.resolve(f"{files}/part0.csv", CsvOptions(skip=0, null_string="100"), "s")
    assert sniffer.looks == MOST_KNOWN + 1
    catalog.resolve(f"{files}/part0.csv", CsvOptions(skip=0, null_string="0"), "s")
    assert sniffer.looks == MOST_KNOWN + 2


@pytest.mark.parametrize(
    ("pattern", "near"), [("prt0.csv", "part0.csv"), ("nowhere/*.csv", ""), ("parts*.csv", "part2.csv")]
)
def test_no_file_names_the_nearest(pattern: str, near: str, files: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        Catalog(files / "types").resolve(f"{files}/{pattern}", CsvOptions(), "s")
    hint = f"\ntry: did you mean {files}/{near}?" if near else ""
    assert str(raised.value) == f"no file matches {files}/{pattern}{hint}"


def test_a_list_of_files_is_read_whole_or_refused(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.csv").write_text("n\n1\n")
    catalog = Catalog(tmp_path / "types")
    here = str(tmp_path)

    found = catalog.resolve(f"{{{here}/a.csv,b.csv,c.*}}", CsvOptions(), "t", folder=here)

    assert [Path(file.path).name for file in found.files] == ["a.csv", "b.csv", "c.csv"]
    with pytest.raises(FileNotFoundError, match=r"no file matches none\.csv"):
        catalog.resolve("{a.csv,none.csv}", CsvOptions(), "t", folder=here)


def test_roots_hold_for_every_file_of_a_list(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("n\n1\n")
    (tmp_path / "b.csv").write_text("n\n1\n")
    catalog, access = Catalog(tmp_path / "types"), Access(roots=(str(tmp_path / "in"),))

    for pattern in ("{a.csv,../b.csv}", f"{{a.csv,{tmp_path}/b.csv}}"):
        with pytest.raises(PermissionError, match="is outside the folders"):
            catalog.resolve(pattern, CsvOptions(), "t", folder=str(tmp_path / "in"), access=access)
