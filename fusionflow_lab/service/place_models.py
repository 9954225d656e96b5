"""The shapes of what is around jobs: files, tables, clusters, states, settings; ``model.ts`` has the same."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fusionflow_lab.service.models import Column, Model


class FilesQuery(Model):
    """Which folder."""

    path: str = Field("", description="A folder, or s3://bucket/prefix/; the roots by default.")


class FolderEntry(Model):
    """A file or a folder; bytes are null for folders."""

    name: str
    path: str
    folder: bool
    size: int | None
    modified: float | None


class FolderListing(Model):
    """A folder; ``parent`` is empty where this is a root, ``more`` where there are more entries."""

    path: str
    parent: str
    entries: list[FolderEntry]
    more: bool


class Table(Model):
    """A view or a registered table of the session."""

    name: str
    kind: str
    columns: list[Column]


class TableList(Model):
    """What stands in FROM beside files."""

    tables: list[Table]


class Cluster(Model):
    """A cluster that jobs of this job store use now.

    ``in_process`` is one of a process that drives its own jobs only, such as a kernel: it ends with that.
    """

    name: str
    scheduler: str
    workers: int
    runner: str
    host: str
    version: str
    version_ok: bool
    in_process: bool
    dashboard: str
    heartbeat: float


class ClusterList(Model):
    """The clusters in use."""

    clusters: list[Cluster]


class CacheUse(Model):
    """The states that are kept; limits are null where a rule of the bucket has them."""

    states: int
    bytes: int
    limit_bytes: int | None
    limit_days: float | None
    place: str


class CacheQuery(Model):
    """What goes."""

    max_age: str = Field("", description="What was not used for so long: 7d; by default everything.")


class CacheGone(Model):
    """What went, and what is left: states of jobs at work stay."""

    states: int
    bytes: int
    states_left: int
    bytes_left: int


class Setting(Model):
    """A setting as it holds, and where it comes from."""

    name: str
    value: str
    origin: str
    help: str


class Settings(Model):
    """All settings, without secrets."""

    settings: list[Setting]


class Health(Model):
    """That the service is there, and its job database too."""

    status: Literal["ok"]
    version: str
    build: str


class Me(Model):
    """Who asks, and below which folders he may read and write; all of them where there are none."""

    name: str
    roots: list[str]
