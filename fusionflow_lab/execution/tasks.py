"""What runs on workers: scan the chunks of a task, map them to one state, store it, report.

A task returns a small report, never rows: the state is in the store under its content's name before
the task ends, so a worker may die right after it without any loss.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from distributed import get_worker

from fusionflow_lab import _native
from fusionflow_lab.datasets.place import open_sink
from fusionflow_lab.errors import FusionflowError, QueryError, ScanCancelledError, SourceError
from fusionflow_lab.execution.allocator import keep_freed
from fusionflow_lab.execution.arrow_scan import ArrowReport
from fusionflow_lab.execution.build import BUILD, VERSION
from fusionflow_lab.execution.columnar_scan import ColumnarScan, group_identity
from fusionflow_lab.execution.final_tasks import BucketTask, FinalTask, finish, merge_bucket
from fusionflow_lab.execution.native_pass import buckets_of
from fusionflow_lab.execution.typed_scan import AnyScan, TypedScan
from fusionflow_lab.execution.worker_state import Settings, WorkerState
from fusionflow_lab.execution.writing import PartWriter, rows_of
from fusionflow_lab.logs import WORKER_LOGGER, about, ids_text
from fusionflow_lab.query import Access, Counters, Stage
from fusionflow_lab.sink import Sink
from fusionflow_lab.source import Chunk, Dialect, SourceFile, file_byte
from fusionflow_lab.states.evaluate import Evaluator, warm_up
from fusionflow_lab.states.memory import memory_error
from fusionflow_lab.states.rows_law import refuse_broken
from fusionflow_lab.states.store import (
    MANY_STATES,
    BlockRecord,
    BlockRecords,
    ChunkRecord,
    StateHeader,
    StateStore,
    chunk_cut,
    chunk_key,
    may_be_large,
)
from fusionflow_lab.states.streams import ArrowStream, Mapped
from fusionflow_lab.storage import Store, range_files
from fusionflow_lab.storage.roots import refuse_outside

__all__ = [
    "BUILD",
    "VERSION",
    "BucketTask",
    "Check",
    "DigestTask",
    "FinalTask",
    "LocateTask",
    "MapReport",
    "MapTask",
    "WorkerState",
    "finish",
    "keep_freed",
    "map_chunks",
    "merge_bucket",
    "run_task",
    "warm_up",
]

_log = logging.getLogger(WORKER_LOGGER)


@dataclass(frozen=True, kw_only=True, slots=True)
class MapTask:
    """Scan ``chunks`` and map them to one state; ``stage`` names no files.

    ``broadcast`` are the digests of the stage's broadcast tables, in their order; ``states`` says how many
    states the stage will have.
    """

    stage: Stage
    map_hash: str
    settings: Settings
    chunks: tuple[Chunk, ...]
    store: Store
    broadcast: tuple[str, ...] = ()
    states: int = MANY_STATES


@dataclass(frozen=True, kw_only=True, slots=True)
class MapReport:
    """What a map task did: a stored state, or sniffed columns (ordinal, type) that must widen."""

    name: str = ""
    header: StateHeader | None = None
    widened: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LocateTask:
    """Find the true record starts of a file's blocks from a proven one on."""

    file: SourceFile
    dialect: Dialect
    start: int
    offsets: tuple[int, ...]
    believed: tuple[int, ...]
    access: Access = field(default_factory=Access)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """Byte ranges of a file that is as it was planned for."""

    file: SourceFile
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestTask:
    """Digest byte ranges of files as a scan would; the answer is a list, empty texts for "cannot be".

    ``stage`` says which columns of row groups a scan reads, with ``settings``; None for text, whose bytes are
    all read.
    """

    checks: tuple[Check, ...]
    access: Access = field(default_factory=Access)
    stage: Stage | None = None
    settings: Settings = ()


def run_task(task: MapTask | LocateTask | DigestTask | FinalTask | BucketTask) -> object:
    """Run a task on this worker; an error of ours is returned, for the driver to raise.

    Raised here, it would be written with its traceback to the terminal of whoever started the cluster.
    """
    worker = get_worker()
    state: WorkerState = worker.extensions["fusionflow"]
    try:
        with state.token(worker.get_current_task()) as token:
            match task:
                case MapTask():
                    return map_chunks(task, state.evaluator(task.settings), token)
                case LocateTask():
                    return _starts(task, token)
                case DigestTask():
                    evaluator = state.evaluator(task.settings) if task.stage else None
                    return [_identity(check, task, evaluator, token) for check in task.checks]
                case FinalTask():
                    return finish(task, state.evaluator(task.settings))
                case BucketTask():
                    return merge_bucket(task, state.evaluator(task.settings))
    except (FusionflowError, OSError) as error:
        _log.info("%s%s", _ids(worker.get_current_task(), task), error)
        return error
    finally:
        if not isinstance(task, LocateTask | DigestTask):
            pa.default_memory_pool().release_unused()


def _ids(key: object, task: object) -> str:
    """Name the job and the chunks of a task, as the beginning of a line of the log."""
    job = str(key[0]).removeprefix("fusionflow-").partition(".")[0] if isinstance(key, tuple) else ""
    chunks = [chunk.ordinal for chunk in task.chunks] if isinstance(task, MapTask) else []
    chunk = f"{chunks[0]}-{chunks[-1]}" if len(chunks) > 1 else "".join(map(str, chunks))
    with about(job=job, chunk=chunk):
        return ids_text()


def map_chunks(task: MapTask, evaluator: Evaluator, token: _native.CancelToken) -> MapReport:
    """Scan, map and store; the same on a worker, in a test or in a benchmark.

    Raises
    ------
    QueryError
        The SQL fails on a row (an overflow, a cast).
    SourceError, OSError
        The files cannot be read as planned.
    PermissionError
        A file lies outside the roots of the query; it may have become a link since it was planned.
    ScanCancelledError
        The token was raised.
    """
    for chunk in task.chunks if task.stage.source.access.roots else ():
        refuse_outside(chunk.file.path, [chunk.file.path], task.stage.source.access.roots)
    store = StateStore(task.store)
    tables = [(digest, partial(store.broadcast, digest)) for digest in task.broadcast]
    passes = TypedScan(
        stage=task.stage,
        chunks=task.chunks,
        evaluator=evaluator,
        tables=tables,
        token=token,
        write=None if task.stage.sink is None else _writing(task, task.stage.sink, token),
    )
    made = passes.run()
    scan, mapped = made.scan, made.mapped
    if scan.widened():
        return MapReport(widened=tuple(scan.widened()))
    if not isinstance(mapped, Mapped):
        failure = scan.failure()
        if failure is not None:
            raise failure from None
        if token.cancelled:
            raise ScanCancelledError("the task was cancelled") from None
        if isinstance(mapped, duckdb.OutOfMemoryException):
            raise memory_error(task.stage, memory=evaluator.memory) from None
        raise QueryError(_first_line(mapped), where=_where(task.chunks)) from None
    header = _header(task, scan, mapped)
    split = may_be_large(mapped.state, task.states)
    buckets = buckets_of(task.stage, mapped, evaluator) if split else None
    name = store.put(header, mapped.state, _rejects(task, scan), buckets)
    return MapReport(name=name, header=header)


def _writing(
    task: MapTask, sink: Sink, token: _native.CancelToken
) -> Callable[[ArrowStream], tuple[pa.Table, int]]:
    writer = PartWriter(
        sink=sink, store=open_sink(sink), area=task.map_hash, place=task.chunks[0].ordinal, token=token
    )

    def write(stream: ArrowStream) -> tuple[pa.Table, int]:
        parts = writer.write(stream)
        return parts, rows_of(parts)

    return write


def _header(task: MapTask, scan: AnyScan, mapped: Mapped) -> StateHeader:
    reports: Sequence[_native.ChunkReport | ArrowReport] = scan.report()
    records = [_record(task.stage, chunk, report) for chunk, report in zip(task.chunks, reports, strict=True)]
    blocks = [block for record in records for block in record.blocks]
    rows_read = sum(block.rows for block in blocks)
    rejected = sum(block.rejected for block in blocks)
    passed = scan.rows_passed if isinstance(scan, ColumnarScan) else 0
    used = rows_read - rejected - passed if mapped.rows_used is None else mapped.rows_used
    counters = Counters(
        rows_read=rows_read,
        rows_used=used,
        rows_filtered=rows_read - rejected - used,
        rows_rejected=rejected,
        bytes_scanned=sum(
            file_byte(chunk.file, block.end) - file_byte(chunk.file, block.start)
            for chunk, record in zip(task.chunks, records, strict=True)
            for block in record.blocks
        ),
    )
    refuse_broken(counters, _where(task.chunks))
    return StateHeader(
        map_hash=task.map_hash,
        chunks=tuple(records),
        counters=counters,
        rows=mapped.state.num_rows,
        rejects=rejected,
        size=mapped.state.nbytes,
    )


def _record(stage: Stage, chunk: Chunk, report: _native.ChunkReport | ArrowReport) -> ChunkRecord:
    reports: Sequence[_native.BlockReport | BlockRecord] = report.blocks
    blocks = BlockRecords.of(
        BlockRecord(
            offset=block.offset,
            start=found.start,
            end=found.end,
            rows=found.rows,
            rejected=found.rejected,
            lines=found.lines,
            text=found.text,
        )
        for block, found in zip(chunk.blocks, reports, strict=True)
    )
    cut = chunk_cut(chunk)
    identity = report.identity
    if any(column.ordinal < 0 for column in stage.columns):
        # What the path says is part of the rows: the same bytes elsewhere are other rows.
        text = f"{identity} {chunk.file.extra}"
        identity = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return ChunkRecord(key=chunk_key(chunk), identity=identity, blocks=blocks, cut=cut)


def _rejects(task: MapTask, scan: AnyScan) -> pa.Table:
    """Return the rejects with ``chunk`` counted from the task's first chunk: the same in every plan."""
    table = pa.RecordBatchReader.from_stream(scan.rejects()).read_all().drop_columns(["text"])
    place = table.schema.get_field_index("chunk")
    first = pa.scalar(task.chunks[0].ordinal, pa.int32())
    return table.set_column(place, "chunk", pc.subtract(table.column(place), first))


def _starts(task: LocateTask, token: _native.CancelToken) -> list[int]:
    remote = range_files(task.file, (), task.access, cancelled=lambda: token.cancelled)
    return _native.locate_starts(
        task.file, task.dialect, task.start, task.offsets, task.believed, token, remote=remote
    )


def _identity(check: Check, task: DigestTask, evaluator: Evaluator | None, token: _native.CancelToken) -> str:
    """Digest the ranges; a file that is not as planned any more is left to the scan to refuse."""
    try:
        if task.stage is not None and evaluator is not None:
            return group_identity(check.file, check.ranges, task.stage, evaluator, token)
        remote = range_files(check.file, check.ranges, task.access, cancelled=lambda: token.cancelled)
        return _native.digest_ranges(check.file, check.ranges, token, remote=remote)
    except (SourceError, OSError):
        return ""


def _first_line(error: Exception) -> str:
    """Keep DuckDB's sentence, without its advice for its own settings."""
    return str(error).split("\n", 1)[0]


def _where(chunks: Sequence[Chunk]) -> str:
    first, last = chunks[0], chunks[-1]
    if first.file.path != last.file.path:
        return f"{first.file.path} … {last.file.path}"
    begin = min(block.offset for chunk in chunks for block in chunk.blocks)
    end = max(block.end for chunk in chunks for block in chunk.blocks)
    return f"{first.file.path}, between bytes {begin} and {end}"
