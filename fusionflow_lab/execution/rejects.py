"""Rejected records of a finished scan, each with its place in its file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc

from fusionflow_lab.execution.account import refuse_missing_rejects
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.query import SourceFile
from fusionflow_lab.states.store import BlockRecord, StateStore

SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("byte", pa.uint64()),
        ("line", pa.int64()),
        ("column", pa.string()),
        ("reason", pa.string()),
        ("raw", pa.string()),
    ]
)
_PLACE = ("file", "byte", "column")


def reject_table(runs: Sequence[StageRun], store: StateStore) -> pa.Table:
    """Collect the rejects of all stages, in the order of files and bytes, each once.

    ``line`` is the record's first line in the file, from 1; NULL where what lies before it was not read
    (a LIMIT that was satisfied early).

    Raises
    ------
    AccountError
        A state holds another number of rejects than its scan has counted.
    """
    parts = []
    for run in runs:
        rejecting = [leaf for leaf in run.needed() if leaf.header is not None and leaf.header.rejects]
        lines = _lines_before(run.needed(), {chunk.file.path for leaf in rejecting for chunk in leaf.chunks})
        for leaf in rejecting:
            table = store.rejects(leaf.name)
            refuse_missing_rejects(leaf, table)
            if table is not None:
                parts.append(_placed(leaf, table, lines))
    if not parts:
        return SCHEMA.empty_table()
    found = pa.concat_tables(parts).sort_by([(name, "ascending") for name in _PLACE])
    return _once(found) if len(runs) > 1 else found


def _placed(leaf: Leaf, table: pa.Table, lines: Mapping[tuple[str, int], int]) -> pa.Table:
    """Turn (chunk, block, line in the block) into file and line."""
    paths = pa.array([chunk.file.path for chunk in leaf.chunks])
    firsts = list(accumulate((len(chunk.blocks) for chunk in leaf.chunks), initial=0))
    before = [lines.get((chunk.file.path, block.offset)) for chunk in leaf.chunks for block in chunk.blocks]
    chunk = table.column("chunk")
    block = pc.add(pa.array(firsts, pa.int64()).take(chunk), pc.cast(table.column("block"), pa.int64()))
    above = pa.array(before, pa.int64()).take(block)
    columns = {
        "file": paths.take(chunk),
        "byte": table.column("byte"),
        "line": pc.add(pc.add(above, pc.cast(table.column("line"), pa.int64())), 1),
        **{name: table.column(name) for name in ("column", "reason", "raw")},
    }
    return pa.table({name: columns[name].cast(SCHEMA.field(name).type) for name in SCHEMA.names})


def _once(table: pa.Table) -> pa.Table:
    """Drop rows of a sorted table that lie where the one before lies."""
    same = [pa.array([False])]
    if table.num_rows > 1:
        pairs = (_equal(table.column(name)) for name in _PLACE)
        same.append(reduce(pc.and_, pairs).combine_chunks())
    return table.filter(pc.invert(pa.chunked_array(same)))


def _equal(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Compare each value with the one before; NULL is equal to NULL."""
    one, other = column.slice(0, len(column) - 1), column.slice(1)
    both = pc.and_(pc.is_null(one), pc.is_null(other))
    return pc.or_(both, pc.fill_null(pc.equal(one, other), False))  # noqa: FBT003 - pyarrow's


def _lines_before(leaves: Iterable[Leaf], paths: Collection[str]) -> dict[tuple[str, int], int]:
    """Count the line feeds before each block's first record, as far as all blocks before it were read."""
    files: dict[str, SourceFile] = {}
    blocks: dict[str, list[BlockRecord]] = {}
    for leaf in leaves:
        files.update((chunk.file.path, chunk.file) for chunk in leaf.chunks)
        for path, found in leaf.scanned():
            if path in paths:
                blocks.setdefault(path, []).extend(found)
    lines: dict[tuple[str, int], int] = {}
    for path, file in ((path, files[path]) for path in blocks):
        end, before = file.data_start, file.header_lines
        for block in sorted(blocks[path], key=lambda block: block.offset):
            if block.start != end:
                break
            lines[path, block.offset] = before
            end, before = block.end, before + block.lines
    return lines
