"""Read the arguments of ``read_parquet`` into ``ParquetOptions``: DuckDB's names, and a word for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from fusionflow_lab.planning.arguments import (
    FILE_OPTIONS,
    Draft,
    Reading,
    file_options,
    read_boolean,
    read_call,
    read_ignored,
)
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.reader_options import ParquetOptions

ROW_NUMBER = "file_row_number"


def read_parquet(text: str, function: Node, binder: Binder) -> tuple[str, ParquetOptions]:
    """Return the pattern and the options of a call of ``read_parquet``.

    Raises
    ------
    QueryError
        An option is unknown, has a wrong value, or asks for what is not done.
    """
    pattern, draft = read_call(text, function, binder, _READ)
    found = draft.found
    return pattern, ParquetOptions(
        **asdict(file_options(found)),
        binary_as_string=bool(found.get("binary_as_string", False)),
        row_number=bool(found.get(ROW_NUMBER, False)),
    )


def _refused(hint: str) -> Reading:
    def read(draft: Draft, name: str, node: Node) -> object:
        raise draft.error(f"{draft.function} does not know {name} here", node, hint)

    return read


_FILES = ("filename", "hive_partitioning", "hive_types", "hive_types_autocast", "union_by_name")
_READ: Mapping[str, Reading] = {
    **{name: FILE_OPTIONS[name] for name in _FILES},
    "binary_as_string": read_boolean,
    ROW_NUMBER: read_boolean,
    "parquet_version": read_ignored,
    "explicit_cardinality": read_ignored,
    "can_have_nan": read_ignored,
    "compression": read_ignored,
    "prefetch_strategy": read_ignored,
    "column_statistics": read_ignored,
    "schema": _refused("rename and cast columns in SELECT; union_by_name = true for files that differ"),
    "encryption_config": _refused("decrypt the files first"),
    "int96_as": _refused("cast the column in SELECT"),
    "utf8_validation": _refused("text is always checked; cast a BLOB in SELECT"),
    "allow_empty": _refused("name files that are there"),
}

OPTION_NAMES = (*_FILES, "binary_as_string", ROW_NUMBER)
"""The options that do something, for completion."""
