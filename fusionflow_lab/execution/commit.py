"""Make files that were written part of what they were written for: a dataset's next version, or one file.

Whatever happens meanwhile, there is what was before or what shall be; done again, it is done once.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.datasets.dataset import Change, Dataset, LostPartError
from fusionflow_lab.datasets.place import open_sink, refuse_foreign
from fusionflow_lab.datasets.version import Part
from fusionflow_lab.errors import QueryError
from fusionflow_lab.sink import Sink

WRITTEN_NAMES = ("file", "rows", "bytes")
WRITTEN_TYPES = ("VARCHAR", "BIGINT", "BIGINT")


@dataclass(frozen=True, slots=True)
class Committer:
    """Commits what one job writes to one sink.

    Parameters
    ----------
    sink
        Where the rows go.
    job
        Who writes.
    """

    sink: Sink
    job: str

    def begin(self) -> str:
        """Return what this job kept as its result where it has committed already, else an empty text.

        Raises
        ------
        QueryError
            There is something in the place, and this job did not put it there.
        """
        if self.sink.single:
            if self._is_there():
                return self._result.read_text()
        else:
            version = Dataset(open_sink(self.sink)).of_job(self.job)
            if version is not None:
                return version.result
        refuse_foreign(self.sink)
        return ""

    def usable(self, parts: Sequence[Part]) -> bool:
        """Tell whether files that were written earlier can be committed now."""
        dataset = Dataset(open_sink(self.sink))
        current = dataset.current()
        return all(dataset.usable(part, self.sink.mode, current) for part in parts)

    def prepare(self, parts: Sequence[Part]) -> pa.Table:
        """Do what can be done before the commit, and return what will be written: a job's result.

        Parameters
        ----------
        parts
            The files, in the order of their rows; of one file, its head comes first.

        Raises
        ------
        LostPartError
            A file is gone.
        """
        if not self.sink.single:
            return written_table(parts)
        path = Path(self.sink.url)
        self._join(parts)
        rows, size = sum(part.rows for part in parts), self._joined.stat().st_size
        whole = Part(name=path.name, token="", rows=rows, bytes=size, digest="")
        return written_table([whole])

    def commit(self, parts: Sequence[Part], *, result: str) -> None:
        """Commit the files; a job that has done so does nothing more.

        Parameters
        ----------
        parts
            As they were prepared.
        result
            Names what the job keeps as its result.

        Raises
        ------
        LostPartError
            A file is gone.
        QueryError
            There is something else meanwhile.
        """
        if self.sink.single:
            self._commit_file(result)
        else:
            Dataset(open_sink(self.sink)).commit(self._change(parts, result))

    def _change(self, parts: Sequence[Part], result: str) -> Change:
        sink = self.sink
        reader: dict[str, str | bool] = {"hive": bool(sink.partition_by) and not sink.write_partition_columns}
        if sink.format == "csv":
            reader |= {
                "delimiter": sink.delimiter,
                "quote": sink.quote,
                "escape": sink.escape,
                "header": sink.header,
                "null": sink.null,
            }
        return Change(
            job=self.job,
            mode=sink.mode,
            file_format=sink.format,
            reader=reader,
            columns=tuple(zip(sink.names, sink.types, strict=True)),
            partition_by=sink.partition_by,
            parts=tuple(parts),
            result=result,
        )

    # -- one file --------------------------------------------------------------------------------

    @property
    def _joined(self) -> Path:
        return Path(open_sink(self.sink).root, f"{self.job}.joined")

    @property
    def _result(self) -> Path:
        return Path(open_sink(self.sink).root, f"{self.job}.result")

    def _is_there(self) -> bool:
        """Tell whether the file is the one that this job made."""
        with suppress(FileNotFoundError):
            return self._result.exists() and self._joined.samefile(self.sink.url)
        return False

    def _commit_file(self, result: str) -> None:
        target, joined = Path(self.sink.url), self._joined
        if self._is_there():
            return
        self._result.write_text(result)
        if self.sink.mode == "overwrite":
            beside = joined.with_suffix(".linked")
            beside.unlink(missing_ok=True)
            beside.hardlink_to(joined)
            beside.replace(target)
            return
        try:
            target.hardlink_to(joined)
        except FileExistsError:
            what = "the file is there already"
            raise QueryError(what, where=self.sink.url, hint="add OVERWRITE to the options") from None

    def _join(self, parts: Sequence[Part]) -> None:
        store, joined = open_sink(self.sink), self._joined
        if joined.exists():
            return
        for part in parts:
            if not store.has(part.token):
                raise LostPartError(part)
        paths = [Path(store.root, part.token) for part in parts]
        fresh = joined.with_name(uuid.uuid4().hex)
        _native.join_parts(paths, self.sink.format, fresh.parent, fresh.name, _native.CancelToken())
        with suppress(FileExistsError):
            joined.hardlink_to(fresh)
        fresh.unlink()

    def clean(self) -> None:
        """Forget what waited for the commit; call it when the job is known to be completed."""
        if self.sink.single:
            shutil.rmtree(open_sink(self.sink).root, ignore_errors=True)


def written_table(parts: Sequence[Part]) -> pa.Table:
    """Return the files that were written, as the result of a job shows them.

    Examples
    --------
    >>> part = Part(name="a.csv", token="", rows=3, bytes=20, digest="")
    >>> written_table([part]).to_pylist()
    [{'file': 'a.csv', 'rows': 3, 'bytes': 20}]
    """
    return pa.table(
        {
            "file": pa.array([part.name for part in parts], pa.string()),
            "rows": pa.array([part.rows for part in parts], pa.int64()),
            "bytes": pa.array([part.bytes for part in parts], pa.int64()),
        }
    )
