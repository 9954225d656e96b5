"""The formats of files: which names and functions mean each, and how its options are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fusionflow_lab.planning import (
    arrow,
    csv_options,
    json_options,
    parquet_options,
    text_options,
    whole_files,
)
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.reader_options import (
    ArrowOptions,
    CsvOptions,
    JsonOptions,
    ParquetOptions,
    ReaderOptions,
    TextOptions,
    WholeOptions,
)

Reading: TypeAlias = Callable[[str, Node, Binder], tuple[str, ReaderOptions]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One format of files.

    ``suffixes`` are those of names that stand for such files without a function. ``functions`` read calls,
    by name: query text, call and binder → pattern and options. ``option_names`` are for completion.
    ``packable``: such files may be packed, and then have another suffix after theirs.
    """

    suffixes: tuple[str, ...]
    default: ReaderOptions
    functions: Mapping[str, Reading]
    option_names: Sequence[str]
    packable: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """What names of such files end in, packed ones too."""
        packed = PACKED if self.packable else ()
        return (*self.suffixes, *(suffix + more for suffix in self.suffixes for more in packed))


PACKED = (".gz", ".zst", ".bz2")
"""Suffixes of packed files."""
_CSV = Format(
    suffixes=(".csv", ".tsv"),
    default=CsvOptions(),
    functions=dict.fromkeys(("read_csv", "read_csv_auto"), csv_options.read_csv),
    option_names=csv_options.OPTION_NAMES,
)
_JSON = Format(
    suffixes=(".json", ".jsonl", ".ndjson"),
    default=JsonOptions(),
    functions={
        "read_json": json_options.read_json,
        "read_json_auto": json_options.read_json,
        "read_ndjson": json_options.read_ndjson,
        "read_ndjson_auto": json_options.read_ndjson,
        "read_json_objects": json_options.read_json_objects,
        "read_json_objects_auto": json_options.read_json_objects,
        "read_ndjson_objects": json_options.read_ndjson_objects,
    },
    option_names=json_options.OPTION_NAMES,
)
_LINES = Format(
    suffixes=(),
    default=TextOptions(),
    functions={"read_lines": text_options.read_lines},
    option_names=text_options.LINE_OPTIONS,
)
_WORDS = Format(
    suffixes=(),
    default=TextOptions(rows="words"),
    functions={"words": text_options.read_words},
    option_names=text_options.WORD_OPTIONS,
)
_PARQUET = Format(
    suffixes=(".parquet",),
    default=ParquetOptions(),
    functions=dict.fromkeys(("read_parquet", "parquet_scan"), parquet_options.read_parquet),
    option_names=parquet_options.OPTION_NAMES,
    packable=False,
)
_DOCUMENTS = Format(
    suffixes=(),
    default=WholeOptions(rows="documents"),
    functions={"read_document": whole_files.read_document},
    option_names=whole_files.DOCUMENT_OPTIONS,
)
_TEXTS = Format(
    suffixes=(),
    default=WholeOptions(rows="texts"),
    functions={"read_text": whole_files.read_text},
    option_names=whole_files.TEXT_OPTIONS,
)
_ARROW = Format(
    suffixes=(".arrow", ".feather", ".ipc"),
    default=ArrowOptions(),
    functions={"read_arrow": arrow.read_arrow},
    option_names=(),
)
_FORMATS = (_ARROW, _CSV, _JSON, _PARQUET, _LINES, _WORDS, _DOCUMENTS, _TEXTS)

SUFFIXES = tuple(suffix for known in _FORMATS for suffix in known.names)
"""Suffixes of names that are read without a function."""
READERS: Mapping[str, Reading] = {name: read for known in _FORMATS for name, read in known.functions.items()}
"""Functions that read files, by name."""


def options_of(path: str) -> ReaderOptions | None:
    """Return how a file of this name is read where nothing is said; None where the name does not tell.

    Examples
    --------
    >>> options_of("Sales.CSV") == CsvOptions()
    True
    >>> options_of("sales.csv.gz") == CsvOptions()
    True
    >>> options_of("notes.txt") is None
    True
    """
    for known in _FORMATS:
        if path.lower().endswith(known.names):
            return known.default
    return None


def option_names(function: str) -> Sequence[str]:
    """Return the options of a function that reads files; none for another.

    Examples
    --------
    >>> "delim" in option_names("read_csv"), option_names("sum")
    (True, ())
    """
    for known in _FORMATS:
        if function in known.functions:
            return known.option_names
    return ()
