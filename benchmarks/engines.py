"""The engines, each in processes of its own that live through all runs and use two threads.

The others (``peers.py``) answer in one process each. Our scan alone is drained by two processes, our cell
runs on a warm local cluster of two workers.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import pyarrow as pa

from benchmarks.measure import Run, cpu_of, family, peak_of, reset_peak
from benchmarks.peers import PEERS, THREADS, Mode, UnansweredError
from benchmarks.questions import QUESTIONS, Question
from fusionflow_lab._native import CancelToken, Scan  # noqa: TID251 - the scan alone is timed
from fusionflow_lab.api import Job, Session, connect
from fusionflow_lab.jobs.events import PreviewEvent
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.chunks import cut_source
from fusionflow_lab.source import Chunk, Column, Reader


class Engine(Protocol):
    """Answers questions and tells what it took."""

    name: str

    def run(self, question: Question, path: Path, mode: Mode) -> Run:
        """Answer a question over a file, or only parse the columns it reads."""

    def close(self) -> None:
        """End its processes."""


def serve_peer(pipe: Connection, name: str) -> None:
    """Answer what comes through the pipe until it is closed."""
    answer = PEERS[name]()
    named = {question.name: question for question in QUESTIONS}
    while (asked := pipe.recv()) is not None:
        key, path, mode = asked
        question = named[key]
        question.clear(path)
        processes = family()
        reset_peak(processes)
        cpu, wall = cpu_of(processes), time.perf_counter()
        try:
            table = answer(question, path, mode)
        except UnansweredError as unanswered:
            pipe.send(unanswered)
            continue
        wall, cpu = time.perf_counter() - wall, cpu_of(processes) - cpu
        peak = peak_of(processes)
        pipe.send(Run(wall=wall, cpu=cpu, peak=peak, answer=question.answer(path, table)))


class Peer:
    """Another engine in a process of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._pipe, self._process = _start(serve_peer, name)

    def run(self, question: Question, path: Path, mode: Mode) -> Run:
        """Answer a question over a file, or only parse the columns it reads.

        Raises
        ------
        UnansweredError
            It does not answer this one.
        """
        self._pipe.send((question.name, path, mode))
        run: Run | UnansweredError = self._pipe.recv()
        if isinstance(run, UnansweredError):
            raise run
        return run

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join()


def serve_scan(pipe: Connection, _name: str) -> None:
    """Drain scans of the chunks that come through the pipe until it is closed."""
    while (asked := pipe.recv()) is not None:
        reset_peak([os.getpid()])
        cpu = time.process_time()
        counts = drain(*asked)
        pipe.send((counts, time.process_time() - cpu, peak_of([os.getpid()])))


def drain(chunks: list[Chunk], columns: list[Column], width: int, dialect: Reader) -> list[int]:
    """Scan chunks and count the values of each column."""
    scan = Scan(chunks, columns, width, dialect, CancelToken())
    counts = [0] * len(columns)
    for batch in pa.RecordBatchReader.from_stream(scan):
        for place, column in enumerate(batch.columns):
            counts[place] += len(column) - column.null_count
    failure = scan.failure()
    if failure is not None:
        raise failure
    return counts


class NativeScan:
    """Our scan without anything around it, in two processes of one thread."""

    name = "fusionflow"

    def __init__(self) -> None:
        self._home = TemporaryDirectory()
        self._catalog = Catalog(Path(self._home.name))
        self._workers = [_start(serve_scan, "scan") for _ in range(THREADS)]

    def run(self, question: Question, path: Path, mode: Mode) -> Run:
        """Parse the columns that the question reads; the answer is how many values they have."""
        if mode != "scan":
            raise ValueError("the scan alone answers no query")
        source = self._catalog.resolve(str(path), question.options, "source")
        wanted = [
            next(column for column in source.columns if column.name == name) for name in question.columns
        ]
        chunks = cut_source(source, ordered=False)
        wall = time.perf_counter()
        for number, (pipe, _) in enumerate(self._workers):
            pipe.send((chunks[number::THREADS], wanted, len(source.columns), source.dialect))
        parts = [pipe.recv() for pipe, _ in self._workers]
        wall = time.perf_counter() - wall
        counts = [sum(values) for values in zip(*(part[0] for part in parts), strict=True)]
        return Run(
            wall=wall,
            cpu=sum(part[1] for part in parts),
            peak=max(part[2] for part in parts),
            answer=pa.table({name: [count] for name, count in zip(question.columns, counts, strict=True)}),
        )

    def close(self) -> None:
        """End the processes."""
        for pipe, process in self._workers:
            pipe.send(None)
            process.join()
        self._home.cleanup()


class Cell:
    """The whole way of a cell: plan, tasks on a warm cluster, previews, states, result.

    Its processes are those that its start brings, and this one; a worker that dies fails the next run.
    """

    name = "fusionflow"

    def __init__(self, *, workers: int = THREADS, memory_limit: str = "auto") -> None:
        self._home = TemporaryDirectory()
        self._session: Session = connect(
            home=self._home.name, workers=workers, runner="inprocess", traits={"memory_limit": memory_limit}
        )
        others = family()[1:]
        self._session.start()
        self._pids = [pid for pid in family() if pid not in others]

    def run(self, question: Question, path: Path, mode: Mode) -> Run:
        """Answer a question over a file as a job; nothing that is stored is used."""
        sql = question.sql(path) if mode == "query" else question.scan_sql(path)
        question.clear(path)
        run = self.ask(sql)
        return replace(run, answer=question.answer(path, run.answer))

    def ask(self, sql: str) -> Run:
        """Run a query as a job; nothing that is stored is used."""
        reset_peak(self._pids)
        cpu, wall = cpu_of(self._pids), time.perf_counter()
        job = self._session.sql(sql, use_cache=False).submit()
        preview = asyncio.run(_watch(job, wall))
        answer = job.result().arrow()
        wall, cpu = time.perf_counter() - wall, cpu_of(self._pids) - cpu
        return Run(wall=wall, cpu=cpu, peak=peak_of(self._pids[1:]), answer=answer, preview=preview)

    def close(self) -> None:
        """End the cluster."""
        self._session.close()
        self._home.cleanup()


async def _watch(job: Job, started: float) -> float | None:
    """Follow a job as a cell does; return when its first preview came."""
    first = None
    async for event in job:
        if isinstance(event, PreviewEvent) and first is None:
            first = time.perf_counter() - started
    return first


def _start(
    serve: Callable[[Connection, str], None], name: str
) -> tuple[Connection, multiprocessing.process.BaseProcess]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, name))  # Dask has processes of its own
    process.start()
    there.close()
    return here, process
