"""Columns that are not in the files but in their paths: ``filename``, and folders such as ``year=2024``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import PurePath
from urllib.parse import unquote

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.messages import suggestion
from fusionflow_lab.planning.reader_options import FileOptions
from fusionflow_lab.source import Column, Source

_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_READ: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("BIGINT", int),
    ("DATE", date.fromisoformat),
    ("TIMESTAMP", datetime.fromisoformat),
)


def parts_of(path: str) -> dict[str, str | None]:
    """Return the partitions that a path names, by key.

    Examples
    --------
    >>> parts_of("sales/year=2024/city=New%20York/a.csv")
    {'city': 'New York', 'year': '2024'}
    """
    pairs = [re.fullmatch(r"([^=]+)=([^=]*)", folder) for folder in PurePath(path).parts[:-1]]
    found = {unquote(pair[1]): None if pair[2] == _NOTHING else unquote(pair[2]) for pair in pairs if pair}
    return dict(sorted(found.items()))


def with_parts(source: Source, options: FileOptions) -> Source:
    """Add the columns that are in the paths of a source's files, as DuckDB does.

    Raises
    ------
    QueryError
        The files have such a column, or their folders do not agree.
    """
    parts = [parts_of(file.path) for file in source.files]
    keys = [*parts[0]] if parts and all([*each] == [*parts[0]] for each in parts) else []
    if options.hive is False:
        keys = []
    elif options.hive and not keys:
        hint = "name folders as key=value in every path, or leave hive_partitioning out"
        raise QueryError("the folders of the files do not name the same partitions", hint=hint)
    named = [options.filename] * bool(options.filename) + keys
    _refuse_twice(source, named, options)
    types = [_type(key, [each[key] for each in parts], options) for key in keys]
    extra = [
        Column(name=name, type=kind, ordinal=-1 - place, fixed=True)
        for place, (name, kind) in enumerate(
            zip(named, ["VARCHAR"] * bool(options.filename) + types, strict=True)
        )
    ]
    files = tuple(
        replace(file, extra=(file.path,) * bool(options.filename) + tuple(each[key] for key in keys))
        for file, each in zip(source.files, parts, strict=True)
    )
    return replace(source, columns=(*source.columns, *extra), files=files if extra else source.files)


def _refuse_twice(source: Source, named: Sequence[str], options: FileOptions) -> None:
    taken = {column.name.lower() for column in source.columns}
    for name in named:
        if name.lower() in taken:
            hint = "name it otherwise: filename = 'path'; or leave folders out: hive_partitioning = false"
            raise QueryError(f"the files have a column {name} already", hint=hint)
        taken.add(name.lower())
    for name, _ in options.hive_types:
        if name not in named:
            raise QueryError(
                f"there is no partition {name} to give a type to", hint=suggestion(name, named, "partitions")
            )


def _type(key: str, values: Sequence[str | None], options: FileOptions) -> str:
    given = dict(options.hive_types)
    if key in given:
        return given[key]
    known = [value for value in values if value is not None]
    if known and options.hive_autocast:
        for kind, read in _READ:
            if all(_reads(read, value) for value in known):
                return kind
    return "VARCHAR"


def _reads(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return "_" not in value
