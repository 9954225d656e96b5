"""Where a sink writes: its folder, or a hidden one beside the one file that it makes."""

from __future__ import annotations

from pathlib import Path

from fusionflow_lab.errors import QueryError
from fusionflow_lab.sink import Sink
from fusionflow_lab.storage import Folder, Store


def open_sink(sink: Sink) -> Store:
    """Return the store whose staging area the files of a sink wait in.

    Examples
    --------
    >>> open_sink(Sink(url="/data/out")).root, open_sink(Sink(url="/data/a.csv", single=True)).root
    ('/data/out', '/data/.a.csv.fusionflow')
    """
    if "://" in sink.url:
        raise QueryError(f"{sink.url}: this version writes to local folders only", hint="name a folder here")
    if not sink.single:
        return Folder(sink.url)
    path = Path(sink.url)
    return Folder(str(path.with_name(f".{path.name}.fusionflow")))


def refuse_foreign(sink: Sink) -> None:
    """Refuse a place where there is something that is not ours to change, or that nothing is said about.

    Raises
    ------
    QueryError
        There is something.
    """
    path = Path(sink.url)
    if sink.single:
        if path.is_dir():
            raise QueryError("this is a folder", where=sink.url, hint="name a file that is not there")
        if sink.mode == "error" and path.exists():
            raise QueryError("the file is there already", where=sink.url, hint="add OVERWRITE to the options")
        return
    if path.is_file():
        raise QueryError("this is a file", where=sink.url, hint="name a folder, or a file with its suffix")
    if not path.is_dir():
        return
    ours = (path / "_fusionflow" / "log").is_dir()
    others = next((entry for entry in path.iterdir() if entry.name != "_fusionflow"), None)
    if others is not None and not ours:
        raise QueryError(
            f"the folder holds {others.name}, which no COPY of ours wrote",
            where=sink.url,
            hint="write to another folder, or empty this one yourself",
        )
    if ours and sink.mode == "error" and any((path / "_fusionflow" / "log").iterdir()):
        raise QueryError(
            "there is a dataset already",
            where=sink.url,
            hint="add OVERWRITE or APPEND to the options of COPY",
        )
