"""Rejected records of a finished scan, each with its place in its file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from itertools import accumulate
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from fusionflow_lab.execution.account import refuse_missing_rejects
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.source import SourceFile
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


class _Before(NamedTuple):
    """Line feeds, and bytes of text in a packed file, before a block."""

    lines: int
    text: int


def reject_table(runs: Sequence[StageRun], store: StateStore) -> pa.Table:
    """Collect the rejects of all stages, in the order of files and bytes, each once.

    ``line`` is the record's first line in the file, from 1; NULL where what lies before it was not read
    (a LIMIT that was satisfied early). Lines and bytes of packed files are those of their text.

    Raises
    ------
    AccountError
        A state holds another number of rejects than its scan has counted.
    """
    parts = []
    for run in runs:
        rejecting = [leaf for leaf in run.needed() if leaf.header is not None and leaf.header.rejects]
        before = _before(run.needed(), {chunk.file.path for leaf in rejecting for chunk in leaf.chunks})
        for leaf in rejecting:
            table = store.rejects(leaf.name)
            refuse_missing_rejects(leaf, table)
            if table is not None:
                parts.append(_placed(leaf, table, before))
    if not parts:
        return SCHEMA.empty_table()
    found = pa.concat_tables(parts).sort_by([(name, "ascending") for name in _PLACE])
    return _once(found) if len(runs) > 1 else found


def _placed(leaf: Leaf, table: pa.Table, before: Mapping[tuple[str, int], _Before]) -> pa.Table:
    """Turn (chunk, block, line in the block) into file and line, and bytes of text into those of all text."""
    paths = pa.array([chunk.file.path for chunk in leaf.chunks])
    firsts = list(accumulate((len(chunk.blocks) for chunk in leaf.chunks), initial=0))
    places = [
        (chunk.file, before.get((chunk.file.path, block.offset)))
        for chunk in leaf.chunks
        for block in chunk.blocks
    ]
    lines = [None if found is None else found.lines for _, found in places]
    texts = [(None if file.compression else 0) if found is None else found.text for file, found in places]
    chunk = table.column("chunk")
    block = pc.add(pa.array(firsts, pa.int64()).take(chunk), pc.cast(table.column("block"), pa.int64()))
    above = pa.array(lines, pa.int64()).take(block)
    columns = {
        "file": paths.take(chunk),
        "byte": pc.add(table.column("byte"), pa.array(texts, pa.uint64()).take(block)),
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


def _before(leaves: Iterable[Leaf], paths: Collection[str]) -> dict[tuple[str, int], _Before]:
    """Count what lies before each block's first record, as far as all blocks before it were read."""
    files: dict[str, SourceFile] = {}
    blocks: dict[str, list[BlockRecord]] = {}
    for leaf in leaves:
        files.update((chunk.file.path, chunk.file) for chunk in leaf.chunks)
        for path, scanned in leaf.scanned():
            if path in paths:
                blocks.setdefault(path, []).extend(scanned)
    found: dict[tuple[str, int], _Before] = {}
    for path, file in ((path, files[path]) for path in blocks):
        end, lines, text = file.data_start, file.header_lines, 0
        for block in sorted(blocks[path], key=lambda block: block.offset):
            if block.start != end:
                break
            found[path, block.offset] = _Before(lines, text)
            end, lines, text = block.end, lines + block.lines, text + block.text
    return found
