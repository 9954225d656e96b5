"""Time us, DuckDB and Polars side by side: the scan alone, and the whole cell.

Every engine answers the same question over the same file in its own long-lived processes, runs are taken in
turn, and the answers must be equal. Run it with ``make bench``, or as a module for its options:

    python -m benchmarks.run --scale 0.1 --runs 3
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.engines import PEERS, Cell, Engine, Mode, NativeScan, Peer
from benchmarks.measure import Run, differences
from benchmarks.questions import QUESTIONS, Question
from benchmarks.report import OURS, Timed, conditions, table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def time_question(question: Question, path: Path, engines: Sequence[Engine], mode: Mode, runs: int) -> Timed:
    """Run a question on all engines in turn; the first turn warms up and checks the answers."""
    taken: dict[str, list[Run]] = {engine.name: [] for engine in engines}
    _check({engine.name: engine.run(question, path, mode) for engine in engines}, question, mode)
    for turn in range(runs):
        shift = turn % len(engines)
        for engine in (*engines[shift:], *engines[:shift]):
            taken[engine.name].append(engine.run(question, path, mode))
    rows = int(path.stem.rpartition("-")[2])
    return Timed(question=question.name, rows=rows, megabytes=path.stat().st_size / 1e6, runs=taken)


def _check(runs: Mapping[str, Run], question: Question, mode: Mode) -> None:
    """End the program where an engine answers something else than DuckDB does."""
    for name, run in runs.items():
        difference = differences(runs["DuckDB"].answer, run.answer)
        if difference:
            sys.exit(f"{question.name} ({mode}): DuckDB and {name} differ: {difference}")


def time_all(mode: Mode, options: argparse.Namespace) -> str:
    """Time all questions that are asked for, and return the table."""
    ours: Engine = NativeScan() if mode == "scan" else Cell()
    engines: list[Engine] = [ours, *(Peer(name) for name in PEERS)]
    timed = []
    try:
        for question in QUESTIONS:
            if options.only and question.name not in options.only:
                continue
            if mode == "scan" and not question.scans:
                continue
            path = question.dataset.write(options.folder, options.scale)
            timed.append(time_question(question, path, engines, mode, options.runs))
            print(f"{mode} {question.name}: {timed[-1].wall(OURS):.2f} s", file=sys.stderr, flush=True)
    finally:
        for engine in engines:
            engine.close()
    return table(timed, list(PEERS))


def main(arguments: Sequence[str] | None = None) -> None:
    """Time what the command line asks for and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path(".bench"), help="where the files are kept (.bench)"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full number of rows (1.0)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each engine (5)")
    parser.add_argument("--only", action="append", choices=[question.name for question in QUESTIONS])
    parser.add_argument("--mode", choices=["scan", "query"], action="append", help="both by default")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} for the documentation")
    options = parser.parse_args(arguments)
    modes: list[Mode] = options.mode or ["scan", "query"]
    titles = {"scan": "The scan alone: parse the columns of the question", "query": "The whole cell"}
    parts = [f"## {titles[mode]}\n\n{time_all(mode, options)}" for mode in modes]
    page = "\n\n".join(["# Performance", conditions(options.runs), *parts]) + "\n"
    print(page)
    if options.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
