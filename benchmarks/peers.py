"""The other engines: each answers a question with the means that its users have, on two threads.

DataFusion, chDB and Dask DataFrame are asked what is one SELECT over a CSV file; the rest needs functions
that they do not have, or have otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Final, Literal

import duckdb
import pyarrow as pa
from distributed import Client

from benchmarks.questions import Question
from fusionflow_lab.planning.reader_options import CsvOptions

Mode = Literal["scan", "query"]
Answerer = Callable[[Question, Path, Mode], pa.Table]
THREADS: Final = 2


class UnansweredError(Exception):
    """An engine does not answer a question, and says why."""


def duckdb_answerer() -> Answerer:
    """Answer with DuckDB."""
    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute("SET enable_progress_bar = false").fetchall()

    def answer(question: Question, path: Path, mode: Mode) -> pa.Table:
        sql = question.their_sql(path) if mode == "query" else question.scan_sql(path)
        if question.writes and mode == "query":
            connection.execute(sql)
            return pa.table({})
        return connection.sql(sql).to_arrow_table()

    return answer


def polars_answerer() -> Answerer:
    """Answer with Polars."""
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars as pl

    def answer(question: Question, path: Path, mode: Mode) -> pa.Table:
        frame = question.frame(path)
        if mode == "scan":
            return frame.select(pl.col(question.columns).count()).collect().to_arrow()
        if question.writes:
            question.lazy(frame).sink_parquet(question.target(path), compression="zstd")
            return pa.table({})
        return question.lazy(frame).collect().to_arrow()

    return answer


def datafusion_answerer() -> Answerer:
    """Answer with DataFusion."""
    import datafusion

    def answer(question: Question, path: Path, mode: Mode) -> pa.Table:
        options = _asked(question, mode)
        names = options.names or ()
        if question.has_line_feeds:
            raise UnansweredError("it cuts records at line feeds in quotes")
        context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(THREADS))
        reader: dict[str, object] = {}
        if names:
            types = [pa.float64() if at else pa.string() for at in range(len(names))]
            schema = pa.schema(zip(names, types, strict=True))
            reader = {"has_header": False, "delimiter": options.delimiter, "schema": schema}
        context.register_csv("t", path, **reader)
        return context.sql(question.query.format(source="t")).to_arrow_table()

    return answer


def chdb_answerer() -> Answerer:
    """Answer with chDB."""
    import chdb

    def answer(question: Question, path: Path, mode: Mode) -> pa.Table:
        options = _asked(question, mode)
        names = options.names or ()
        columns = ", ".join(f"{name} {'Float64' if at else 'String'}" for at, name in enumerate(names))
        source = f"file('{path}', 'CSV', '{columns}')" if names else f"file('{path}', 'CSVWithNames')"
        settings = [f"max_threads = {THREADS}", "output_format_arrow_string_as_string = 1"]
        settings += [f"format_csv_delimiter = '{options.delimiter}'"] if names else []
        sql = f"{question.query.format(source=source)} SETTINGS {', '.join(settings)}"
        found: pa.Table = chdb.query(sql, "ArrowTable")
        return found

    return answer


def dask_answerer() -> Answerer:
    """Answer with Dask DataFrame, on a cluster of two processes."""
    import dask.dataframe

    dask.config.set({"dataframe.convert-string": True})
    client = Client(n_workers=THREADS, threads_per_worker=1, dashboard_address=":0")
    Finalize(client, client.close, exitpriority=10)

    def answer(question: Question, path: Path, mode: Mode) -> pa.Table:
        options = _asked(question, mode)
        names = options.names or ()
        if question.grouped is None:
            raise UnansweredError("it is not one group-by")
        reader = {"header": None, "names": list(names), "sep": options.delimiter} if names else {}
        frame = dask.dataframe.read_csv(path, **reader)
        found = question.grouped(frame).compute(scheduler=client).sort_index()
        return pa.Table.from_pandas(found.reset_index(), preserve_index=False)

    return answer


def _asked(question: Question, mode: Mode) -> CsvOptions:
    """Return how the file of a question is read.

    Raises
    ------
    UnansweredError
        The question is not for this engine.
    """
    if mode == "scan" or not question.scans or not isinstance(question.options, CsvOptions):
        raise UnansweredError("it is asked only for one SELECT over a CSV file")
    return question.options


PEERS: Final[dict[str, Callable[[], Answerer]]] = {
    "DuckDB": duckdb_answerer,
    "Polars": polars_answerer,
    "DataFusion": datafusion_answerer,
    "chDB": chdb_answerer,
    "Dask DataFrame": dask_answerer,
}
