"""``glob('data/**')`` in FROM: the files of a pattern as rows.

The list is made when the query is planned and kept as an Arrow file under its content's name, so that it
is read like any other source.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path, PurePath

import pyarrow as pa

from fusionflow_lab.storage import Folder

SCHEMA = pa.schema([("file", pa.string()), ("size", pa.int64()), ("modified", pa.timestamp("us"))])


def as_named(pattern: str, paths: Sequence[str], folder: str) -> list[str]:
    """Name files as the pattern does: relative to ``folder`` where it is, like DuckDB.

    Examples
    --------
    >>> as_named("../data/*.csv", ["/home/me/data/a.csv"], "/home/me/work")
    ['../data/a.csv']
    """
    parts = PurePath(pattern).parts
    if not parts or PurePath(pattern).is_absolute():
        return list(paths)
    up = next(place for place, part in enumerate((*parts, "")) if part != "..")
    base = Path(folder).parents[up - 1] if up else Path(folder)
    prefix = str(base).rstrip("/") + "/"
    above = "../" * up
    return [above + path.removeprefix(prefix) if path.startswith(prefix) else path for path in paths]


def keep_listing(paths: Sequence[str], stats: Sequence[tuple[int, int] | None], folder: Path) -> str:
    """Write the list of files to ``folder`` and return the path of the Arrow file.

    Parameters
    ----------
    paths
        The files, in order.
    stats
        Size in bytes and modification time in nanoseconds since 1970 (UTC) of each; None where it is gone.
    folder
        Where the Arrow file goes; reached by every worker.

    Examples
    --------
    >>> path = keep_listing(["/data/a.csv"], [(12, 86_400_000_000_000)], Path("lists"))
    >>> with pa.OSFile(path) as file:
    ...     pa.ipc.open_file(file).read_all().to_pylist()
    [{'file': '/data/a.csv', 'size': 12, 'modified': datetime.datetime(1970, 1, 2, 0, 0)}]
    """
    sizes = [None if stat is None else stat[0] for stat in stats]
    times = [None if stat is None else stat[1] // 1000 for stat in stats]
    table = pa.table({"file": paths, "size": sizes, "modified": times}, schema=SCHEMA)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_table(table)
    content = memoryview(sink.getvalue())
    store = Folder(str(folder))
    name = f"{blake2b(content, digest_size=16).hexdigest()}.arrow"
    if not store.has(name):
        store.put(name, [content])
    return str(store.path(name))
