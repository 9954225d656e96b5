"""Results as files: written by whoever drove the job, read memory-mapped by whoever asks for them.

What the Arrow table itself cannot hold (DuckDB's types, why rows were gathered) goes into the schema's
metadata.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pyarrow as pa

from fusionflow_lab.query import Counters
from fusionflow_lab.results.result import Result
from fusionflow_lab.states.kept_rows import Rows, keep_rows, kept_rows
from fusionflow_lab.storage import Folder

_FACTS = b"fusionflow"


def keep_result(folder: Folder, name: str, result: Result, rows: Rows | None = None) -> Result:
    """Write a result, and return it; where its rows come as a stream (``rows``), they are in the file then.

    Examples
    --------
    >>> import tempfile
    >>> folder = Folder(tempfile.mkdtemp())
    >>> kept = keep_result(folder, "r.arrow", Result(table=pa.table({"n": [1]}), types=("TINYINT",)))
    >>> kept_result(folder, "r.arrow").types
    ('TINYINT',)
    """
    facts = json.dumps(
        {
            "types": result.types,
            "gathered": result.gathered,
            "written_to": result.written_to,
            "counters": asdict(result.counters),
        }
    )
    found = result.table if rows is None else rows
    metadata = {**(found.schema.metadata or {}), _FACTS: facts.encode()}
    keep_rows(folder, name, found, found.schema.with_metadata(metadata))
    return result if isinstance(found, pa.Table) else replace(result, table=_plain(kept_rows(folder, name)))


def kept_result(folder: Folder, name: str) -> Result:
    """Return a result that was kept: rows, types and why they were gathered.

    Raises
    ------
    FileNotFoundError
        It is not there.
    """
    table = kept_rows(folder, name)
    facts = json.loads((table.schema.metadata or {}).get(_FACTS, b"{}"))
    return Result(
        table=_plain(table),
        types=tuple(facts.get("types", ())),
        gathered=facts.get("gathered", ""),
        written_to=facts.get("written_to", ""),
        counters=Counters(**facts.get("counters", {})),
    )


def _plain(table: pa.Table) -> pa.Table:
    """Return a table without what was written beside its rows."""
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != _FACTS}
    return table.replace_schema_metadata(metadata or None)
