"""Large files of every format through one worker of little memory: its peak, beside its limit.

::

    python -m benchmarks.memory --gigabytes 5

The worker is limited as ``FUSIONFLOW_MEMORY_LIMIT`` limits it. Every answer must be DuckDB's, the worker must
live, and its peak must stay below the limit; the program fails where that is not so.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from benchmarks.datasets import as_parquet, gzipped
from benchmarks.engines import Cell, Peer
from benchmarks.measure import Run, differences
from benchmarks.questions import QUESTIONS, Question
from fusionflow_lab.results.words import bytes_text

LIMIT = 512 << 20
HEADS = ("format", "text", "file", "wall s", "CPU s", "peak of the worker", "of its limit")


def plain(path: Path) -> Path:
    """Return a file as it is."""
    return path


FORMATS: Mapping[str, tuple[str, Callable[[Path], Path]]] = MappingProxyType(
    {
        "CSV": ("h2o q1", plain),
        "JSONL": ("events by type", plain),
        "CSV.gz": ("h2o q1", gzipped),
        "Parquet": ("h2o q1", as_parquet),
        "words": ("words", plain),
    }
)


def measure(folder: Path, size: int, formats: Sequence[str]) -> Iterator[str]:
    """Ask one question of a file of each format; yield the lines of a table, as Markdown.

    Parameters
    ----------
    folder
        Where files are kept from run to run.
    size
        Bytes of text in each file, packed or not.
    formats
        Names of ``FORMATS``.

    Raises
    ------
    RuntimeError
        DuckDB answers something else, or the worker took more memory than it may.
    psutil.NoSuchProcess
        The worker died.
    """
    named = {question.name: question for question in QUESTIONS}
    yield f"| {' | '.join(HEADS)} |"
    yield f"|{' --- |' * len(HEADS)}"
    with closing(Cell(workers=1, memory_limit=f"{LIMIT >> 20} MiB")) as ours, closing(Peer("DuckDB")) as peer:
        for name in formats:
            asked, pack = FORMATS[name]
            question = named[asked]
            text = question.dataset.write(folder, question.dataset.scale_of(size))
            path = pack(text)
            yield _line(name, text, path, _checked(ours, peer, question, path))


def _checked(ours: Cell, peer: Peer, question: Question, path: Path) -> Run:
    run = ours.run(question, path, "query")
    if run.peak > LIMIT:
        raise RuntimeError(f"{path.name}: the worker took {run.peak >> 20} MiB")
    difference = differences(peer.run(question, path, "query").answer, run.answer)
    if difference:
        raise RuntimeError(f"{path.name}: DuckDB and fusionflow differ: {difference}")
    return run


def _line(name: str, text: Path, path: Path, run: Run) -> str:
    sizes = [bytes_text(file.stat().st_size) for file in (text, path)]
    peak = (f"{run.peak >> 20} MiB", f"{run.peak / LIMIT:.0%}".replace("%", " %"))
    return f"| {' | '.join([name, *sizes, f'{run.wall:.2f}', f'{run.cpu:.2f}', *peak])} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(".bench"), help="where the files are kept (.bench)"
    )
    parser.add_argument("--gigabytes", type=float, default=0.1, help="text in each file (0.1)")
    parser.add_argument("--only", action="append", choices=FORMATS)
    options = parser.parse_args(arguments)
    for line in measure(options.folder, int(options.gigabytes * 1e9), options.only or list(FORMATS)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
