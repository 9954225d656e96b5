"""A version of a dataset as it is kept: which files it consists of, what they hold, and who wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fusionflow_lab.errors import StateError

FORMAT = 1
LOG = "_fusionflow/log"
DONE = "_fusionflow/done"
STAGING = "_fusionflow/staging"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One file: its name in the dataset, and the token under which it waits there before it is part of it."""

    name: str
    token: str
    rows: int
    bytes: int
    digest: str
    partition: tuple[str | None, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """What a dataset consists of.

    Parameters
    ----------
    number
        Counts from 0.
    job, mode, time
        Which job made it, how (``append``, ``overwrite``, ``error``), and when, in seconds since the epoch.
    file_format, reader
        How its files are read: ``parquet``, ``csv`` or ``json``, and options.
    columns
        Name and DuckDB type of its columns, those that only name folders included.
    partition_by
        The columns that name folders.
    parts
        All its files, in the order of their rows.
    added
        Those that it made part of the dataset.
    removed
        Names of the files of the version before that are no part of it.
    jobs
        The job of each version up to this one.
    result
        What the job kept as its result; empty for nothing.
    """

    number: int
    job: str
    mode: str
    time: float
    file_format: str
    reader: Mapping[str, str | bool]
    columns: tuple[tuple[str, str], ...]
    partition_by: tuple[str, ...]
    parts: tuple[Part, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    jobs: tuple[str, ...]
    result: str = ""

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(part.rows for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(part.bytes for part in self.parts)

    @property
    def name(self) -> str:
        """Its name in the dataset."""
        return f"{LOG}/{self.number:08}.json"

    @property
    def done(self) -> str:
        """The name whose presence says that all its files are in their places."""
        return f"{DONE}/{self.number:08}"

    def to_json(self) -> bytes:
        """Write it as it is kept."""
        return json.dumps({"format": FORMAT, **asdict(self)}, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes, where: str) -> Version:
        """Read what ``to_json`` wrote.

        Raises
        ------
        StateError
            It is damaged, or of a newer version of this program.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            values["parts"] = {FORMAT: values["parts"]}[values.pop("format")]
            values["parts"] = tuple(
                Part(**{**part, "partition": tuple(part["partition"])}) for part in values["parts"]
            )
            values["columns"] = tuple((str(name), str(kind)) for name, kind in values["columns"])
            for name in ("partition_by", "added", "removed", "jobs"):
                values[name] = tuple(values[name])
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise StateError(
                f"the manifest of a dataset cannot be read: {error}",
                where=where,
                hint="was it written by a newer version?",
            ) from None
