"""What is asked of every engine: one SQL text for us and DuckDB, the same in Polars' words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from benchmarks.datasets import BRC, EVENTS, G1, LOG, PROSE, WIDE, Dataset
from fusionflow_lab.planning.reader_options import CsvOptions, JsonOptions

if TYPE_CHECKING:
    import dask.dataframe as dd
    import polars as pl

NO_OPTIONS = CsvOptions()
BRC_OPTIONS = CsvOptions(delimiter=";", header=False, names=("station", "temperature"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A query over one file, in SQL and for Polars; ``columns`` are those that it reads.

    ``theirs`` is DuckDB's SQL where it has no such function, ``grouped`` what is asked of Dask DataFrame.
    Where records have line feeds in quotes (``has_line_feeds``), DataFusion and Dask cut them in two. The
    answer of a question that ``writes`` goes to Parquet, packed with zstd.
    """

    name: str
    dataset: Dataset
    columns: tuple[str, ...]
    query: str
    lazy: Callable[[pl.LazyFrame], pl.LazyFrame]
    options: CsvOptions | JsonOptions = NO_OPTIONS
    theirs: str = ""
    writes: bool = False
    has_line_feeds: bool = False
    grouped: Callable[[dd.DataFrame], dd.DataFrame] | None = None

    @property
    def scans(self) -> bool:
        """Tell whether every engine can parse the columns and do nothing else."""
        return not (self.theirs or self.writes)

    def source(self, path: Path) -> str:
        """Return the FROM item for a file."""
        if isinstance(self.options, JsonOptions) or not self.options.names:
            return f"'{path}'"
        names = ", ".join(f"'{name}'" for name in self.options.names)
        return f"read_csv('{path}', delim = '{self.options.delimiter}', header = false, names = [{names}])"

    def sql(self, path: Path) -> str:
        """Return the SQL for a file."""
        sql = self.query.format(source=self.source(path))
        to = f"'{self.target(path)}' (FORMAT parquet, COMPRESSION zstd)"
        return f"COPY ({sql}) TO {to}" if self.writes else sql

    def their_sql(self, path: Path) -> str:
        """Return DuckDB's SQL for a file."""
        lines = (
            f"read_csv('{path}', header = false, delim = '\x01', quote = '', columns = {{'line': 'VARCHAR'}})"
        )
        return self.theirs.format(lines=lines) if self.theirs else self.sql(path)

    def target(self, path: Path) -> Path:
        """Return where a question that writes puts its rows."""
        return path.with_name(f"{path.stem}.copied")

    def clear(self, path: Path) -> None:
        """Remove what was written."""
        target = self.target(path)
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def answer(self, path: Path, table: pa.Table) -> pa.Table:
        """Return what is compared: the answer, or number and digest of the rows that were written."""
        if not self.writes:
            return table
        target = self.target(path)
        files = f"{target}/**/*.parquet" if target.is_dir() else target
        rows = (
            f"SELECT count(*) AS n, sum(hash(t) % 1000003)::BIGINT AS digest FROM read_parquet('{files}') t"
        )
        with duckdb.connect() as connection:
            written = connection.sql(rows).to_arrow_table()
        self.clear(path)
        return written

    def scan_sql(self, path: Path) -> str:
        """Return SQL that has to parse the columns and do nothing else."""
        counts = ", ".join(f"count({column})" for column in self.columns)
        return f"SELECT {counts} FROM {self.source(path)}"

    def frame(self, path: Path) -> pl.LazyFrame:
        """Return the file for Polars."""
        import polars as pl

        if self.theirs:
            return pl.scan_csv(
                path, separator="\x01", has_header=False, quote_char=None, new_columns=["line"]
            )
        if isinstance(self.options, JsonOptions):
            return pl.scan_ndjson(path)
        if not self.options.names:
            return pl.scan_csv(path)
        return pl.scan_csv(
            path,
            separator=self.options.delimiter or ",",
            has_header=False,
            new_columns=list(self.options.names),
        )


def _all(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame


def _stations(frame: pl.LazyFrame) -> pl.LazyFrame:
    import polars as pl

    degrees = pl.col("temperature")
    values = (degrees.min().alias("low"), degrees.mean().alias("mean"), degrees.max().alias("high"))
    return frame.group_by("station").agg(*values).sort("station")


def _sums(
    key: str, *, summed: tuple[str, ...] = (), mean: str = ""
) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    def ask(frame: pl.LazyFrame) -> pl.LazyFrame:
        import polars as pl

        values = [pl.col(name).sum().alias(f"sum_{name}") for name in summed]
        values += [pl.col(mean).mean().alias(f"mean_{mean}")] if mean else []
        return frame.group_by(key).agg(*values).sort(key)

    return ask


def _groups(frame: pl.LazyFrame) -> pl.LazyFrame:
    import polars as pl

    keys = [f"id{number}" for number in range(1, 7)]
    grouped = frame.group_by(keys).agg(pl.col("v3").sum().alias("total"), pl.len().alias("n"))
    return grouped.select(pl.len().cast(pl.Int64), pl.col("n").max().cast(pl.Int64), pl.col("total").sum())


def _dask_stations(frame: dd.DataFrame) -> dd.DataFrame:
    return frame.groupby("station").temperature.agg(["min", "mean", "max"])


def _dask_sums(key: str, **how: str) -> Callable[[dd.DataFrame], dd.DataFrame]:
    return lambda frame: frame.groupby(key)[list(how)].agg(how)


def _wide(frame: pl.LazyFrame) -> pl.LazyFrame:
    import polars as pl

    grouped = frame.filter(pl.col("c5") < 50).group_by("c4")  # noqa: PLR2004 - as in the SQL
    return grouped.agg(pl.len().alias("n"), pl.col("c2").sum().alias("total")).sort("c4")


LOG_PATTERN = r"^(?P<at>\S+) (?P<level>\w+) \[[^\]]*\] GET (?P<path>/\S*) (?P<ms>\d+)ms$"


def _words(frame: pl.LazyFrame) -> pl.LazyFrame:
    import polars as pl

    words = frame.select(pl.col("line").str.split(" ").alias("word")).explode("word").group_by("word")
    counted = words.agg(pl.len().cast(pl.Int64).alias("n"))
    return counted.sort("n", "word", descending=[True, False]).head(20)


def _log(frame: pl.LazyFrame) -> pl.LazyFrame:
    import polars as pl

    found = frame.select(pl.col("line").str.extract_groups(LOG_PATTERN).alias("found")).unnest("found")
    ms = pl.col("ms").cast(pl.Int64)
    grouped = found.filter(pl.col("level") != "INFO").group_by("path")
    return grouped.agg(
        pl.len().cast(pl.Int64).alias("n"), ms.mean().alias("mean"), ms.max().alias("high")
    ).sort("path")


def _types(frame: pl.LazyFrame) -> pl.LazyFrame:
    import polars as pl

    return frame.group_by("type").agg(pl.len().cast(pl.Int64).alias("n")).sort("type")


def _repositories(frame: pl.LazyFrame) -> pl.LazyFrame:
    import polars as pl

    named = frame.select(pl.col("repo").struct.field("name"))
    grouped = named.group_by("name").agg(pl.len().cast(pl.Int64).alias("n"))
    return grouped.sort("n", "name", descending=[True, False]).head(10)


_BY_PATH = (
    "SELECT path, count(*) AS n, avg({ms}) AS mean, max({ms}) AS high FROM {lines} "
    "WHERE level <> 'INFO' GROUP BY path ORDER BY path"
)

QUESTIONS = (
    Question(
        name="1brc",
        dataset=BRC,
        columns=("station", "temperature"),
        options=BRC_OPTIONS,
        query="SELECT station, min(temperature) AS low, avg(temperature) AS mean, max(temperature) AS high "
        "FROM {source} GROUP BY station ORDER BY station",
        lazy=_stations,
        grouped=_dask_stations,
    ),
    Question(
        name="h2o q1",
        dataset=G1,
        columns=("id1", "v1"),
        query="SELECT id1, sum(v1) AS sum_v1 FROM {source} GROUP BY id1 ORDER BY id1",
        lazy=_sums("id1", summed=("v1",)),
        grouped=_dask_sums("id1", v1="sum"),
    ),
    Question(
        name="h2o q3",
        dataset=G1,
        columns=("id3", "v1", "v3"),
        query="SELECT id3, sum(v1) AS sum_v1, avg(v3) AS mean_v3 FROM {source} GROUP BY id3 ORDER BY id3",
        lazy=_sums("id3", summed=("v1",), mean="v3"),
        grouped=_dask_sums("id3", v1="sum", v3="mean"),
    ),
    Question(
        name="h2o q5",
        dataset=G1,
        columns=("id6", "v1", "v2", "v3"),
        query="SELECT id6, sum(v1) AS sum_v1, sum(v2) AS sum_v2, sum(v3) AS sum_v3 "
        "FROM {source} GROUP BY id6 ORDER BY id6",
        lazy=_sums("id6", summed=("v1", "v2", "v3")),
        grouped=_dask_sums("id6", v1="sum", v2="sum", v3="sum"),
    ),
    Question(
        name="h2o q10",
        dataset=G1,
        columns=("id1", "id2", "id3", "id4", "id5", "id6", "v3"),
        query="SELECT count(*) AS groups, max(n) AS most, sum(total) AS total FROM "
        "(SELECT id1, id2, id3, id4, id5, id6, sum(v3) AS total, count(*) AS n FROM {source} "
        "GROUP BY id1, id2, id3, id4, id5, id6) q",
        lazy=_groups,
    ),
    Question(
        name="wide",
        dataset=WIDE,
        columns=("c4", "c5", "c2"),
        query="SELECT c4, count(*) AS n, sum(c2) AS total FROM {source} "
        "WHERE c5 < 50 GROUP BY c4 ORDER BY c4",
        lazy=_wide,
        has_line_feeds=True,
    ),
    Question(
        name="CSV to Parquet",
        dataset=G1,
        columns=("id1", "v1"),
        query="SELECT * FROM {source}",
        lazy=_all,
        writes=True,
    ),
    Question(
        name="words",
        dataset=PROSE,
        columns=("word",),
        query="SELECT word, count(*) AS n FROM words({source}) GROUP BY word ORDER BY n DESC, word LIMIT 20",
        theirs="SELECT word, count(*) AS n "
        "FROM (SELECT unnest(string_split(line, ' ')) AS word FROM {lines}) "
        "GROUP BY word ORDER BY n DESC, word LIMIT 20",
        lazy=_words,
    ),
    Question(
        name="log lines",
        dataset=LOG,
        columns=("path", "ms"),
        query=_BY_PATH.replace("{lines}", f"read_lines({{source}}), extract(line, '{LOG_PATTERN}')").replace(
            "{ms}", "ms"
        ),
        theirs=_BY_PATH.replace(
            "{lines}",
            f"(SELECT unnest(regexp_extract(line, '{LOG_PATTERN}', ['at', 'level', 'path', 'ms'])) "
            "FROM {lines})",
        ).replace("{ms}", "ms::BIGINT"),
        lazy=_log,
    ),
    Question(
        name="events by type",
        dataset=EVENTS,
        columns=("type",),
        options=JsonOptions(),
        query="SELECT type, count(*) AS n FROM {source} GROUP BY type ORDER BY type",
        lazy=_types,
    ),
    Question(
        name="events by repository",
        dataset=EVENTS,
        columns=("repo",),
        options=JsonOptions(),
        query="SELECT repo.name AS name, count(*) AS n FROM {source} "
        "GROUP BY ALL ORDER BY n DESC, name LIMIT 10",
        lazy=_repositories,
    ),
)
