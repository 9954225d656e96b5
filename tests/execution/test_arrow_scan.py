from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab import _native
from fusionflow_lab.errors import ScanCancelledError, SourceChangedError, SourceError
from fusionflow_lab.execution.arrow_scan import ArrowScan
from fusionflow_lab.execution.tasks import MapTask, map_chunks
from fusionflow_lab.planning.arrow import arrow_source
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.chunks import cut_source
from fusionflow_lab.query import Stage
from fusionflow_lab.source import Source
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.store import StateStore
from fusionflow_lab.storage import Folder

ROWS = 10_000


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    path = tmp_path_factory.mktemp("arrow") / "rows.arrow"
    table = pa.table({"n": range(ROWS), "text": [None if n % 7 == 0 else f"t{n % 13}" for n in range(ROWS)]})
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=999)
    binder = Binder()
    try:
        return arrow_source(str(path), name="source_0", pattern="rows", binder=binder)
    finally:
        binder.close()


def scan(source: Source, *, block_bytes: int, token: _native.CancelToken | None = None) -> ArrowScan:
    chunks = cut_source(source, ordered=True, block_bytes=block_bytes)
    return ArrowScan(chunks, source.columns, token or _native.CancelToken())


@pytest.mark.parametrize("block_bytes", [1 << 10, 4099, 1 << 20])
def test_any_cut_reads_every_row_once_and_in_order(source: Source, block_bytes: int) -> None:
    read = scan(source, block_bytes=block_bytes)
    table = pa.RecordBatchReader.from_stream(read).read_all()
    assert table.column("n").to_pylist() == list(range(ROWS))
    blocks = [block for report in read.report() for block in report.blocks]
    assert sum(block.rows for block in blocks) == ROWS
    assert blocks[0].start == 0
    assert [block.start for block in blocks[1:]] == [block.end for block in blocks[:-1]]


def test_a_chunk_is_known_by_its_rows(source: Source, tmp_path: Path) -> None:
    file = source.files[0]
    copy = tmp_path / "copy.arrow"
    copy.write_bytes(Path(file.path).read_bytes())
    stat = copy.stat()
    copied = replace(source, files=(replace(file, path=str(copy), mtime_ns=stat.st_mtime_ns),))
    identities = [
        [report.identity for report in scan(each, block_bytes=1 << 16).report()] for each in (source, copied)
    ]
    assert identities[0] == identities[1]


def test_what_is_not_as_planned_is_an_error(source: Source, tmp_path: Path) -> None:
    stale = replace(source, files=(replace(source.files[0], mtime_ns=1),))
    with pytest.raises(SourceChangedError, match="changed while it was read"):
        scan(stale, block_bytes=1 << 20)
    token = _native.CancelToken()
    token.cancel()
    with pytest.raises(ScanCancelledError):
        scan(source, block_bytes=1 << 20, token=token)
    text = tmp_path / "text.arrow"
    text.write_text("city,amount\n")
    binder = Binder()
    with pytest.raises(SourceError, match="this is no Arrow file"):
        arrow_source(str(text), name="source_0", pattern="text", binder=binder)
    binder.close()


def test_a_task_maps_arrow_rows_and_counts_them(source: Source, tmp_path: Path) -> None:
    stage = Stage(
        name="stage_0",
        kind="aggregate",
        source=source,
        columns=source.columns[1:],
        map_sql="SELECT text AS k0, count(*) AS s0, count(*) AS __used FROM source_0"
        " WHERE text > 't2' GROUP BY 1",
        used_column="__used",
    )
    chunks = tuple(cut_source(source, ordered=False))
    task = MapTask(stage=stage, map_hash="m", settings=(), chunks=chunks, store=Folder(str(tmp_path)))
    with Evaluator(()) as evaluator:
        report = map_chunks(task, evaluator, _native.CancelToken())
    assert report.header is not None
    counters = report.header.counters
    assert counters.rows_read == ROWS == counters.rows_used + counters.rows_filtered
    assert counters.bytes_scanned == source.size
    state = StateStore(Folder(str(tmp_path))).state(report.name)
    with duckdb.connect() as connection, pa.memory_map(source.files[0].path) as mapped:
        connection.register("rows", pa.ipc.open_file(mapped).read_all())
        expected = connection.sql("SELECT text, count(*) FROM rows WHERE text > 't2' GROUP BY 1").fetchall()
    found = {row["k0"]: row["s0"] for row in state.to_pylist()}
    assert found == dict(expected)


def test_rows_are_counted_without_columns(source: Source) -> None:
    chunks = cut_source(source, ordered=False)
    read = ArrowScan(chunks, (), _native.CancelToken())
    assert pa.RecordBatchReader.from_stream(read).read_all().num_rows == ROWS
