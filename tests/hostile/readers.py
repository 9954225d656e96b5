"""Ours and the peers, each reading a file as it does when nobody tells it anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pandas as pd  # noqa: TID253 - peers
import polars as pl  # noqa: TID253 - peers
import pyarrow as pa
import pyarrow.csv

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError
from tests.hostile.judge import Reading

Reader = Callable[[Path], Reading | None]


def read_ours(session: Session, path: Path) -> Reading | None:
    """Read with a session; None where the file was refused."""
    try:
        result = session.sql(f"SELECT * FROM read_csv('{path}')").result()
    except (FusionflowError, OSError):
        return None
    table = result.table
    columns = [column.to_pylist() for column in table.columns]
    rows = list(zip(*columns, strict=True))
    return Reading(names=table.column_names, rows=rows, rejected=result.counters.rows_rejected)


def read_duckdb(path: Path) -> Reading | None:
    """Read with DuckDB."""
    try:
        with duckdb.connect() as connection:
            found = connection.execute("FROM read_csv(?)", [str(path)])
            return Reading(names=[column[0] for column in found.description or []], rows=found.fetchall())
    except duckdb.Error:
        return None


def read_polars(path: Path) -> Reading | None:
    """Read with Polars."""
    try:
        frame = pl.read_csv(path)
    except pl.exceptions.PolarsError:
        return None
    return Reading(names=frame.columns, rows=frame.rows())


def read_pandas(path: Path) -> Reading | None:
    """Read with pandas; its marks for nothing are taken as NULL."""
    try:
        frame = pd.read_csv(path)
    except (ValueError, OSError, EOFError):
        return None
    columns = [
        [None if value is pd.NaT or value != value else value for value in frame.iloc[:, place].tolist()]  # noqa: PLR0124 - NaN
        for place in range(frame.shape[1])
    ]
    return Reading(names=[str(name) for name in frame.columns], rows=list(zip(*columns, strict=True)))


def read_pyarrow(path: Path) -> Reading | None:
    """Read with pyarrow."""
    try:
        table = pa.csv.read_csv(path)
    except (pa.ArrowException, OSError):
        return None
    columns = [column.to_pylist() for column in table.columns]
    return Reading(names=table.column_names, rows=list(zip(*columns, strict=True)))


PEERS: Mapping[str, Reader] = {
    "DuckDB": read_duckdb,
    "pandas": read_pandas,
    "Polars": read_polars,
    "pyarrow": read_pyarrow,
}
