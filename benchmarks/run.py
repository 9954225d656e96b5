"""Time us and other engines side by side: the scan alone, and the whole cell.

Every engine answers the same question over the same file in its own long-lived processes, runs are taken in
turn, and the answers must be equal. Run it with ``make bench``, or as a module for its options:

    python -m benchmarks.run --scale 0.1 --runs 3
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Final

from benchmarks.engines import Cell, Engine, NativeScan, Peer
from benchmarks.measure import Run, differences
from benchmarks.peers import PEERS, Mode, UnansweredError
from benchmarks.questions import QUESTIONS, Question
from benchmarks.report import (
    FEWER_RUNS,
    LONG_SECONDS,
    OURS,
    Timed,
    chart,
    conditions,
    ratios,
    seconds,
)

PAGE = Path(__file__).parents[1] / "docs" / "measured.md"
TITLES: Final[dict[Mode, str]] = {
    "scan": "The scan alone: parse the columns of the question",
    "query": "The whole cell",
}
RATIOS = "Ratio of wall time to each engine's, of CPU time in brackets; below 1 we are ahead."
SECONDS = "Seconds of wall time, of CPU time in brackets."


def time_question(question: Question, path: Path, engines: Sequence[Engine], mode: Mode, runs: int) -> Timed:
    """Run a question on all engines in turn; the first turn warms up and checks the answers."""
    first: dict[str, Run] = {}
    for engine in engines:
        with suppress(UnansweredError):
            first[engine.name] = engine.run(question, path, mode)
    _check(first, question, mode)
    taken: dict[str, list[Run]] = {name: [] for name in first}
    asked = [engine for engine in engines if engine.name in first]
    for turn in range(runs):
        shift = turn % len(asked)
        for engine in (*asked[shift:], *asked[:shift]):
            if turn < FEWER_RUNS or first[engine.name].wall < LONG_SECONDS:
                taken[engine.name].append(engine.run(question, path, mode))
    rows = int(path.stem.rpartition("-")[2])
    return Timed(question=question.name, rows=rows, megabytes=path.stat().st_size / 1e6, runs=taken)


def _check(runs: Mapping[str, Run], question: Question, mode: Mode) -> None:
    """End the program where an engine answers something else than DuckDB does."""
    for name, run in runs.items():
        difference = differences(runs["DuckDB"].answer, run.answer)
        if difference:
            sys.exit(f"{question.name} ({mode}): DuckDB and {name} differ: {difference}")


def time_all(mode: Mode, peers: Sequence[Engine], options: argparse.Namespace) -> list[Timed]:
    """Time all questions that are asked for."""
    timed = []
    with closing(NativeScan() if mode == "scan" else Cell()) as ours:
        for question in QUESTIONS:
            if options.only and question.name not in options.only:
                continue
            if mode == "scan" and not question.scans:
                continue
            path = question.dataset.write(options.folder, options.scale)
            timed.append(time_question(question, path, [ours, *peers], mode, options.runs))
            print(f"{mode} {question.name}: {timed[-1].wall(OURS):.2f} s", file=sys.stderr, flush=True)
    return timed


def main(arguments: Sequence[str] | None = None) -> None:
    """Time what the command line asks for and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path(".bench"), help="where the files are kept (.bench)"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full number of rows (1.0)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each engine (3)")
    parser.add_argument("--only", action="append", choices=[question.name for question in QUESTIONS])
    parser.add_argument("--mode", choices=list(TITLES), action="append", help="both by default")
    parser.add_argument(
        "--peer", choices=list(PEERS), action="append", help="DuckDB is always there; by default all"
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} and its chart")
    options = parser.parse_args(arguments)
    peers = [name for name in PEERS if name == "DuckDB" or name in (options.peer or PEERS)]
    parts = ["# Performance, measured", conditions(options.runs, peers)]
    modes: list[Mode] = options.mode or list(TITLES)
    with ExitStack() as stack:
        engines = [stack.enter_context(closing(Peer(name))) for name in peers]
        for mode in modes:
            timed = time_all(mode, engines, options)
            shown = [peer for peer in peers if any(peer in one.runs for one in timed)]
            parts += [f"## {TITLES[mode]}", RATIOS, ratios(timed, shown), SECONDS, seconds(timed, shown)]
            if options.write and mode == "query":
                chart(timed, shown, PAGE.parent / "images" / "performance.svg")
                parts.insert(2, "![Wall seconds as a part of DuckDB's](images/performance.svg)")
    page = "\n\n".join(parts) + "\n"
    print(page)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
