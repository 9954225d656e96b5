"""Rejected records of a finished scan, each with its place in its file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

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


def reject_table(runs: Sequence[StageRun], store: StateStore) -> pa.Table:
    """Collect the rejects of all stages, in the order of files and bytes.

    ``line`` is the record's first line in the file, from 1; NULL where what lies before it was not read
    (a LIMIT that was satisfied early).
    """
    rows: dict[tuple[str, int, str | None], dict[str, object]] = {}
    for run in runs:
        lines = _lines_before(run.needed())
        for leaf in run.needed():
            if leaf.header is not None and leaf.header.rejects:
                table = store.rejects(leaf.name)
                for row in _placed(leaf, table, lines) if table is not None else ():
                    rows[str(row["file"]), int(str(row["byte"])), str(row["column"])] = row
    return pa.Table.from_pylist([rows[place] for place in sorted(rows)], schema=SCHEMA)


def _placed(leaf: Leaf, table: pa.Table, lines: dict[tuple[str, int], int]) -> Iterable[dict[str, object]]:
    """Turn (chunk, block, line in the block) into file and line."""
    for row in table.to_pylist():
        chunk = leaf.chunks[row["chunk"]]
        before = lines.get((chunk.file.path, chunk.blocks[row["block"]].offset))
        yield {
            "file": chunk.file.path,
            "byte": row["byte"],
            "line": None if before is None else before + row["line"] + 1,
            "column": row["column"],
            "reason": row["reason"],
            "raw": row["raw"],
        }


def _lines_before(leaves: Iterable[Leaf]) -> dict[tuple[str, int], int]:
    """Count the line feeds before each block's first record, as far as all blocks before it were read."""
    files: dict[str, SourceFile] = {}
    blocks: dict[str, list[BlockRecord]] = {}
    for leaf in leaves:
        files.update((chunk.file.path, chunk.file) for chunk in leaf.chunks)
        for path, block in leaf.blocks():
            blocks.setdefault(path, []).append(block)
    lines: dict[tuple[str, int], int] = {}
    for path, file in files.items():
        end, before = file.data_start, file.header_lines
        for block in sorted(blocks.get(path, ()), key=lambda block: block.offset):
            if block.start != end:
                break
            lines[path, block.offset] = before
            end, before = block.end, before + block.lines
    return lines
