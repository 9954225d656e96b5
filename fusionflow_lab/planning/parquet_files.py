"""What is in Parquet files: their footers say it, nothing is sniffed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import duckdb

from fusionflow_lab.errors import QueryError, SourceError
from fusionflow_lab.planning.messages import suggestion
from fusionflow_lab.planning.parquet_options import ROW_NUMBER
from fusionflow_lab.planning.reader_options import ParquetOptions
from fusionflow_lab.source import Column, ParquetReader, Source, SourceFile
from fusionflow_lab.storage import RemoteFiles


class LookedFile(Protocol):
    """What one file is like; ``_native.FileLook`` is one."""

    @property
    def path(self) -> str:
        """Path of the file."""

    @property
    def size(self) -> int:
        """Bytes of it."""

    @property
    def mtime_ns(self) -> int:
        """When it was changed last."""

    @property
    def etag(self) -> str:
        """Version of a remote object; empty for a local file."""

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and type of each column."""

    @property
    def refused(self) -> list[str]:
        """Why a column cannot be read, for each; empty where it can."""

    @property
    def cuts(self) -> list[int]:
        """Bytes where its row groups end."""


class Looker(Protocol):
    """Looks at files that say themselves what they hold; the native core is one."""

    def look_at_files(
        self, paths: Sequence[str], reader: ParquetReader, remote: RemoteFiles | None = None
    ) -> Sequence[LookedFile]:
        """Look at files."""


def parquet_source(
    looker: Looker,
    pattern: str,
    options: ParquetOptions,
    paths: Sequence[str],
    remote: RemoteFiles | None = None,
) -> Source:
    """Look at Parquet files: their columns and row groups.

    Raises
    ------
    SourceError
        One cannot be read, or the files do not agree.
    QueryError
        They have a column ``file_row_number`` of their own.
    """
    reader = ParquetReader(
        binary_as_string=options.binary_as_string, row_number=ROW_NUMBER if options.row_number else ""
    )
    looks = looker.look_at_files(paths, reader, remote)
    columns = _united(looks) if options.by_name else _first(looks)
    if options.row_number:
        if ROW_NUMBER in (name.lower() for name, _ in columns):
            raise QueryError(f"the files have a column {ROW_NUMBER} already", hint=f"leave {ROW_NUMBER} out")
        columns.append((ROW_NUMBER, "BIGINT"))
    shapes: dict[tuple[tuple[str, str], ...], int] = {}
    return Source(
        name="",
        pattern=pattern,
        dialect=reader,
        format="parquet",
        columns=tuple(
            Column(name=name, type=kind, ordinal=ordinal, fixed=True)
            for ordinal, (name, kind) in enumerate(columns)
        ),
        files=tuple(
            SourceFile(
                path=look.path,
                size=look.size,
                mtime_ns=look.mtime_ns,
                etag=look.etag,
                data_start=0,
                cuts=tuple(look.cuts),
                shape=shapes.setdefault(tuple(look.columns), len(shapes)),
            )
            for look in looks
        ),
        refused=_refused(looks),
    )


def _first(looks: Sequence[LookedFile]) -> list[tuple[str, str]]:
    """Return the columns of the first file; the others must have them, of types that go into theirs."""
    first, *others = looks
    differing = {tuple(look.columns): look for look in others if look.columns != first.columns}
    for look in differing.values():
        found = _by_lower(look.columns)
        for name, kind in first.columns:
            own = found.get(name.lower())
            if own is None:
                near = suggestion(name, [column for column, _ in look.columns], "its columns")
                raise SourceError(
                    f"column {name} of {first.path} is not in this file",
                    where=look.path,
                    hint=f"read_parquet(…, union_by_name = true){f'; {near}' if near else ''}",
                )
            if own != kind and _common([kind, own]) != kind:
                raise SourceError(
                    f"column {name} is {own} here and {kind} in {first.path}: not every value fits",
                    where=look.path,
                    hint="read_parquet(…, union_by_name = true) finds a type for both",
                )
    return list(first.columns)


def _united(looks: Sequence[LookedFile]) -> list[tuple[str, str]]:
    """Return the columns of all files, by name; their types hold the values of each."""
    names: dict[str, str] = {}
    kinds: dict[str, list[str]] = {}
    for columns in dict.fromkeys(tuple(look.columns) for look in looks):
        for name, kind in columns:
            names.setdefault(name.lower(), name)
            kinds.setdefault(name.lower(), []).append(kind)
    return [(name, _common(kinds[key])) for key, name in names.items()]


def _common(kinds: Sequence[str]) -> str:
    """Return the type that DuckDB brings some types to.

    Examples
    --------
    >>> _common(["INTEGER", "DOUBLE"]), _common(["DATE", "DATE"]), _common(["BIGINT", "VARCHAR"])
    ('DOUBLE', 'DATE', 'VARCHAR')
    """
    distinct = [*dict.fromkeys(kinds)]
    if len(distinct) == 1:
        return distinct[0]
    parts = " UNION ALL ".join(f"SELECT CAST(NULL AS {kind}) AS x" for kind in distinct)
    with duckdb.connect() as connection:
        try:
            return str(connection.execute(f"DESCRIBE {parts}").fetchall()[0][1])
        except duckdb.Error as error:
            raise SourceError(
                f"files have columns of types that do not go together: {', '.join(distinct)}",
                hint="read them apart, and bring them together in SELECT",
            ) from error


def _by_lower(columns: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    return {name.lower(): kind for name, kind in columns}


def _refused(looks: Sequence[LookedFile]) -> tuple[tuple[str, str], ...]:
    """Name the columns that cannot be read in one of the files, and why."""
    found: dict[str, str] = {}
    for look in looks:
        for (name, _), why in zip(look.columns, look.refused, strict=True):
            if why:
                found.setdefault(name.lower(), why)
    return tuple(found.items())
