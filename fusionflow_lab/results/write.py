"""Write a result's rows to a file or a stream: CSV, JSON (one object a line), Arrow or Parquet.

CSV and JSON are DuckDB's, so that every type is written as DuckDB writes it. A file appears whole or not at
all.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import duckdb
import pyarrow as pa

from fusionflow_lab.lazily import Lazy

if TYPE_CHECKING:
    import pyarrow.compute as pc
else:
    pc = Lazy("pyarrow.compute")  # it takes as long as half of pyarrow

FileFormat = Literal["csv", "json", "arrow", "parquet"]


def write_file(
    table: pa.Table, path: Path, file_format: FileFormat, *, escape_formulas: bool = False
) -> None:
    r"""Write rows to a file, in the place of the one that may be there.

    Parameters
    ----------
    table
        The rows.
    path, file_format
        Where, and how.
    escape_formulas
        Whether texts of a CSV file that a spreadsheet would take for formulas get an apostrophe before them.

    Raises
    ------
    OSError
        The file cannot be written, or its format does not hold the rows.

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp()) / "rows.csv"
    >>> write_file(pa.table({"city": ["Oslo", None]}), path, "csv")
    >>> path.read_text()
    'city\nOslo\n\n'
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as staged:
        part = Path(staged.name)
    try:
        write_rows(escaped(table) if escape_formulas else table, part, file_format)
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def format_of(path: str | Path) -> FileFormat | None:
    """Return the format that a file's suffix names; None for none.

    Examples
    --------
    >>> format_of("rows.jsonl"), format_of("rows.txt")
    ('json', None)
    """
    by_suffix: dict[str, FileFormat] = {
        ".csv": "csv",
        ".json": "json",
        ".ndjson": "json",
        ".jsonl": "json",
        ".parquet": "parquet",
        ".arrow": "arrow",
    }
    return by_suffix.get(Path(path).suffix)


def escaped(table: pa.Table) -> pa.Table:
    """Put an apostrophe before texts that begin as formulas do."""
    columns = [
        pc.replace_substring_regex(column, r"\A([=+\-@\t\r])", r"'\1")
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def write_stream(table: pa.Table, stream: BinaryIO, file_format: FileFormat) -> None:
    r"""Write rows to a stream such as stdout.

    Examples
    --------
    >>> import io
    >>> stream = io.BytesIO()
    >>> write_stream(pa.table({"n": [1]}), stream, "json")
    >>> stream.getvalue()
    b'{"n":1}\n'
    """
    with tempfile.TemporaryDirectory(prefix="fusionflow-") as folder:
        part = Path(folder) / "rows"
        write_rows(table, part, file_format)
        with part.open("rb") as rows:
            shutil.copyfileobj(rows, stream)
    stream.flush()


def write_rows(
    rows: pa.Table | pa.RecordBatchReader, path: Path, file_format: FileFormat, *, listed: bool = False
) -> None:
    r"""Write rows to a path that nobody reads before the end, or to a pipe.

    Parameters
    ----------
    rows
        The rows; of a reader no more than some batches are in memory.
    path, file_format
        Where, and how.
    listed
        Whether JSON is one list in place of an object a line.

    Raises
    ------
    OSError
        It cannot be written, or its format does not hold the rows.

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp()) / "rows"
    >>> write_rows(pa.table({"n": [1]}), path, "csv")
    >>> path.read_text()
    'n\n1\n'
    """
    if file_format == "arrow":
        reader = rows.to_reader() if isinstance(rows, pa.Table) else rows
        with path.open("wb") as sink, pa.ipc.new_stream(sink, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
        return
    options = {
        "csv": "FORMAT csv, HEADER true",
        "json": f"FORMAT json, ARRAY {str(listed).lower()}",
        "parquet": "FORMAT parquet, COMPRESSION zstd",
    }
    with duckdb.connect() as connection:
        if isinstance(rows, pa.RecordBatchReader):  # one thread keeps few batches, and leaves the others free
            connection.execute("SET threads = 1")
        connection.register("rows", rows)
        target = str(path).replace("'", "''")
        try:
            connection.execute(f"COPY (FROM rows) TO '{target}' ({options[file_format]}, USE_TMP_FILE false)")
        except duckdb.Error as error:
            raise OSError(f"cannot write the rows as {file_format}: {error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
