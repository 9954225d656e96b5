"""Ask ClickBench's 43 queries of us and of DuckDB, over the same generated file, in turn.

Both read the same TSV with the same types, on two threads; ours is a whole job on a warm local cluster. Every
answer is held against all rows that DuckDB has for the query: the right number of them, each of them one of
those, and what ORDER BY sorts by equal row by row (rows that tie may be others).

    python -m benchmarks.clickbench --rows 1000000 --runs 1 --write
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import pyarrow as pa

from benchmarks import hits
from benchmarks.clickbench_queries import QUERIES
from benchmarks.engines import Cell
from benchmarks.measure import Run, differences, median
from benchmarks.peers import THREADS
from benchmarks.report import drawn
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Query

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN: Final = "<!-- What follows is written by python -m benchmarks.clickbench --write -->"
END: Final = "<!-- The end of what it writes -->"
_LIMIT: Final = re.compile(r"LIMIT \d+( OFFSET \d+)?$")


class WrongAnswerError(Exception):
    """An answer is not DuckDB's."""


class DuckDB:
    """DuckDB over the file, and over a table of the same rows that knows what is right."""

    def __init__(self, path: Path) -> None:
        self._connection = duckdb.connect(config={"threads": THREADS})
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute(f"CREATE TABLE hits AS FROM {hits.source(path)}")

    def ask(self, sql: str) -> Run:
        """Run a query."""
        cpu, wall = time.process_time(), time.perf_counter()
        answer = self._connection.sql(sql).to_arrow_table()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Run(wall=wall, cpu=cpu, peak=0, answer=answer)

    def close(self) -> None:
        """Forget the table."""
        self._connection.close()

    def difference(self, text: str, places: Sequence[int], answer: pa.Table) -> str:
        """Tell how an answer differs from what the table says; empty where it does not.

        Parameters
        ----------
        text
            The query over the table ``hits``.
        places
            Columns that its ORDER BY sorts by.
        answer
            What is held against it.
        """
        expected = self._connection.sql(text).to_arrow_table()
        if answer.schema.types != expected.schema.types:
            return f"types {answer.schema.types} and {expected.schema.types}"
        found = differences(answer.select(places), expected.select(places))
        if answer.num_rows != expected.num_rows or found:
            return found or f"{answer.num_rows} and {expected.num_rows} rows"
        # Tables under names that need no quotes, whatever the query calls its columns.
        names = [f"c{place}" for place in range(answer.num_columns)]
        named = ", ".join(names)
        self._connection.register("answer", answer.rename_columns(names))
        own = self._connection.sql(
            f"SELECT count(*) FROM (FROM answer EXCEPT ALL FROM ({_LIMIT.sub('', text)}) t({named}))"
        ).fetchall()[0][0]
        return f"{own} rows that are none of DuckDB's" if own else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timed:
    """The runs of one query, and whether the native core maps all of it."""

    number: int
    native: bool
    rows: int
    ours: Sequence[Run]
    theirs: Sequence[Run]

    @property
    def ratio(self) -> float:
        """Our wall time as a part of theirs."""
        return median([run.wall for run in self.ours]) / median([run.wall for run in self.theirs])


def table(timed: Sequence[Timed]) -> str:
    """Draw a line for each query, and the sum of all.

    Examples
    --------
    >>> run = Run(wall=1.0, cpu=2.0, peak=0, answer=pa.table({}))
    >>> print(table([Timed(number=1, native=True, rows=1, ours=[run], theirs=[run])]).splitlines()[-1])
    | all | | 1 | 1.00 (2.00) | 1.00 (2.00) | **1.00** (1.00) |
    """
    heads = ["query", "mapped by", "rows", "fusionflow", "DuckDB", "ratio"]
    lines = [
        [
            str(one.number),
            "native core" if one.native else "DuckDB",
            *(str(one.rows), *_seconds([one])),
        ]
        for one in timed
    ]
    slower = sum(one.ratio > 1 for one in timed)
    whole = ["all", "", str(len(timed)), *_seconds(timed)]
    text = drawn(heads, [*lines, whole]).replace("| all |  |", "| all | |")
    return f"Seconds of wall time, of CPU time in brackets; {slower} of {len(timed)} are slower.\n\n{text}"


def _seconds(timed: Sequence[Timed]) -> list[str]:
    walls = [
        sum(median([run.wall for run in runs]) for runs in all_runs)
        for all_runs in ([one.ours for one in timed], [one.theirs for one in timed])
    ]
    cpus = [
        sum(median([run.cpu for run in runs]) for runs in all_runs)
        for all_runs in ([one.ours for one in timed], [one.theirs for one in timed])
    ]
    each = [f"{wall:.2f} ({cpu:.2f})" for wall, cpu in zip(walls, cpus, strict=True)]
    return [*each, f"**{walls[0] / walls[1]:.2f}** ({cpus[0] / max(cpus[1], 1e-3):.2f})"]


def time_all(path: Path, numbers: Sequence[int], runs: int) -> list[Timed]:
    """Ask all queries of both, in turn; end the program where an answer is not DuckDB's."""
    native = natively_mapped(path)
    duck, cell = DuckDB(path), Cell()
    timed = []
    try:
        cell.ask(_over(path, QUERIES[0][0]))
        for number in numbers:
            text, places = QUERIES[number - 1]
            sql = _over(path, text)
            ours: list[Run] = []
            theirs: list[Run] = []
            for turn in range(runs):
                for first in (turn % 2 == 0, turn % 2 != 0):
                    (ours if first else theirs).append((cell if first else duck).ask(sql))
            found = duck.difference(text, places, ours[-1].answer)
            if found:
                raise WrongAnswerError(f"query {number}: {found}")
            rows = ours[-1].answer.num_rows
            one = Timed(number=number, native=native[number - 1], rows=rows, ours=ours, theirs=theirs)
            print(f"query {number}: {' of '.join(_seconds([one])[:2])}", file=sys.stderr, flush=True)
            timed.append(one)
    finally:
        cell.close()
        duck.close()
    return timed


def natively_mapped(path: Path) -> list[bool]:
    """Tell of each query whether all of its maps are for the native core."""
    with TemporaryDirectory() as home:
        planner = Planner(Catalog(Path(home)))
        try:
            plans = [planner.plan(Query(text=_over(path, text))) for text, _ in QUERIES]
        finally:
            planner.close()
    return [all(stage.native is not None for stage in plan.stages) for plan in plans]


def _over(path: Path, text: str) -> str:
    return text.replace("FROM hits", f"FROM {hits.source(path)}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Time what the command line asks for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clickbench", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="where the file is kept (.bench)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table (1000000)")
    parser.add_argument("--runs", type=int, default=1, help="runs of each query by each engine (1)")
    parser.add_argument("--only", type=int, action="append", help="the number of a query, from 1")
    parser.add_argument("--write", action="store_true", help=f"write the table to {PAGE.name}")
    options = parser.parse_args(arguments)
    path = hits.write(options.folder, options.rows)
    timed = time_all(path, options.only or range(1, len(QUERIES) + 1), options.runs)
    facts = (
        f"{options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB of TSV; {platform.machine()}, "
        f"{os.cpu_count()} processors, DuckDB {duckdb.__version__}; warm page cache, {THREADS} threads or "
        f"workers each, in turn, {options.runs} {'run' if options.runs == 1 else 'runs'} (medians)."
    )
    text = f"{facts}\n\n{table(timed)}"
    print(text)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
