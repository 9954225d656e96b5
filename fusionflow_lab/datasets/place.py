"""Where a sink writes: its folder, or a hidden one beside the one file that it makes."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from fusionflow_lab.datasets.dataset import STAGING, is_dataset
from fusionflow_lab.errors import QueryError
from fusionflow_lab.sink import Sink
from fusionflow_lab.storage import Folder, Store, open_store, scheme_of

_THERE: Final = "there is a dataset already"
_MODES: Final = "add OVERWRITE or APPEND to the options of COPY"


def open_sink(sink: Sink) -> Store:
    """Return the store whose staging area the files of a sink wait in.

    Examples
    --------
    >>> open_sink(Sink(url="/data/out")).root, open_sink(Sink(url="/data/a.csv", single=True)).root
    ('/data/out', '/data/.a.csv.fusionflow')
    """
    if not sink.single:
        return open_store(sink.url, sink.access)
    if scheme_of(sink.url):
        what = f"{sink.url}: one file is written to a folder of this machine only"
        raise QueryError(what, hint="name a prefix, which becomes a dataset: s3://bucket/prefix")
    path = Path(sink.url)
    return Folder(str(path.with_name(f".{path.name}.fusionflow")))


def refuse_foreign(sink: Sink) -> None:
    """Refuse a place where there is something that is not ours to change, or that nothing is said about.

    Raises
    ------
    QueryError
        There is something.
    """
    if scheme_of(sink.url):
        if sink.mode == "error" and is_dataset(open_sink(sink)):
            raise QueryError(_THERE, where=sink.url, hint=_MODES)
        return
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
        raise QueryError(_THERE, where=sink.url, hint=_MODES)


def sweep(root: Path, *, max_age: float) -> int:
    """Delete files that have waited in a local dataset's staging area for so long; return how many.

    Parameters
    ----------
    root
        The dataset.
    max_age
        Seconds since they were written.

    Examples
    --------
    >>> sweep(Path("no-dataset"), max_age=60.0)
    0
    """
    before, gone = time.time() - max_age, 0
    for path in [*(root / STAGING).rglob("*")]:
        if path.is_file() and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    for folder in [*(root / STAGING).glob("*")]:
        with suppress(OSError):  # not empty
            folder.rmdir()
    return gone
