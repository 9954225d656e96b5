"""Read a dataset that COPY wrote: its files are those of its manifest, and so is how they are read."""

from __future__ import annotations

from pathlib import Path

from fusionflow_lab.datasets.dataset import Dataset
from fusionflow_lab.datasets.version import Version
from fusionflow_lab.planning.reader_options import CsvOptions, JsonOptions, ParquetOptions, ReaderOptions
from fusionflow_lab.query import Access
from fusionflow_lab.storage import open_store, scheme_of


def dataset_version(name: str, folder: str, access: Access) -> Version | None:
    """Return the newest version of the dataset of a path or URL; None where there is none.

    Raises
    ------
    StateError
        Its manifest cannot be read.
    """
    if scheme_of(name):
        if scheme_of(name) != "s3" or any(mark in name for mark in "*?[{") or "." in name.rpartition("/")[2]:
            return None
        return Dataset(open_store(name, access)).current()
    path = Path(folder, name)
    if not (path / "_fusionflow" / "log").is_dir():
        return None
    return Dataset(open_store(str(path.absolute()), access)).current()


def dataset_reader(version: Version) -> ReaderOptions:
    """Return how the files of a version are read."""
    hive = bool(version.reader.get("hive"))
    inside = tuple(column for column in version.columns if not (hive and column[0] in version.partition_by))
    named = tuple(column for column in version.columns if column not in inside)
    if version.file_format == "parquet":
        return ParquetOptions(hive=hive, hive_types=named)
    if version.file_format == "json":
        return JsonOptions(hive=hive, hive_types=named, columns=inside)
    facts = {name: str(version.reader[name]) for name in ("delimiter", "quote", "escape", "null")}
    return CsvOptions(
        delimiter=facts["delimiter"],
        quote=facts["quote"],
        escape=facts["escape"],
        header=bool(version.reader["header"]),
        null_string=facts["null"],
        names=() if version.reader["header"] else tuple(name for name, _ in inside),
        types=inside,
        hive=hive,
        hive_types=named,
    )
