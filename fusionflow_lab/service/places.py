"""Requests about what is around jobs: files, tables, clusters, kept states, settings, and who asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from fusionflow_lab.api import Session
from fusionflow_lab.config import address_of, settings
from fusionflow_lab.config_text import shown_value
from fusionflow_lab.errors import ConfigError
from fusionflow_lab.execution.build import BUILD, VERSION
from fusionflow_lab.execution.upkeep import keep_up
from fusionflow_lab.jobs.board import Wanted
from fusionflow_lab.jobs.records import RunnerRecord
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.service.access import checked_folder
from fusionflow_lab.service.models import Column, Nothing
from fusionflow_lab.service.place_models import (
    CacheGone,
    CacheQuery,
    CacheUse,
    Cluster,
    ClusterList,
    FilesQuery,
    FolderEntry,
    FolderListing,
    Health,
    Me,
    Setting,
    Settings,
    Table,
    TableList,
)
from fusionflow_lab.service.routing import Call
from fusionflow_lab.states.retention import kept
from fusionflow_lab.storage import scheme_of
from fusionflow_lab.storage.listing import Entry, Listing, list_bucket, list_folder
from fusionflow_lab.storage.roots import is_below
from fusionflow_lab.units import seconds_of

if TYPE_CHECKING:
    from fusionflow_lab.execution import dashboard
else:
    dashboard = Lazy("fusionflow_lab.execution.dashboard")  # Dask; a cell's card shows no cluster

_DAY: Final = 86_400.0


def health(call: Call, _: Nothing) -> Health:
    """Tell that the service and its job database are there."""
    call.board.cursor()
    return Health(status="ok", version=VERSION, build=BUILD)


def me(call: Call, _: Nothing) -> Me:
    """Tell who asks, and below which folders he may read and write."""
    return Me(name=call.user, roots=list(call.session.config.root_folders))


def list_files(call: Call, asked: FilesQuery) -> FolderListing:
    """List a folder below the roots, or a prefix of a bucket; the roots themselves without a path."""
    session, path = call.session, asked.path
    if scheme_of(path):
        found = list_bucket(path, session.config.access)
        return _folder(path, _parent_url(path), found)
    roots = session.config.root_folders
    if not path and len(roots) > 1:
        return _folder("", "", Listing(entries=tuple(_roots(roots))))
    folder = checked_folder(session, path)
    above = str(Path(folder).parent)
    parent = above if above != folder and (not roots or is_below(above, roots)) else ""
    found = list_folder(folder)
    inside = tuple(entry for entry in found.entries if not roots or is_below(entry.path, roots))
    return _folder(folder, parent, Listing(entries=inside, more=found.more))


def list_tables(call: Call, _: Nothing) -> TableList:
    """List the views and registered tables of the session, with their columns."""
    session = call.session
    listed = session.command("SHOW TABLES")
    if not isinstance(listed, pa.Table):
        return TableList(tables=[])
    return TableList(tables=[_table(session, row) for row in listed.to_pylist()])


def list_clusters(call: Call, _: Nothing) -> ClusterList:
    """List the clusters that this job store's jobs use now, as far as the user's jobs name them."""
    named = call.board.clusters(Wanted(owner=call.user)) | {call.session.cluster}
    runners = [runner for runner in call.session.runners(reached=False) if runner.cluster in named]
    return ClusterList(clusters=[_cluster(runner) for runner in runners])


def show_cache(call: Call, _: Nothing) -> CacheUse:
    """Tell how many states are kept, what they take, and what they may take."""
    config = call.session.config
    if scheme_of(config.store):  # its objects are not counted one by one
        return CacheUse(states=0, bytes=0, limit_bytes=None, limit_days=None, place=config.store)
    place = config.store or str(config.home / "states")
    maps = kept(place)
    return CacheUse(
        states=sum(one.states for one in maps),
        bytes=sum(one.size for one in maps),
        limit_bytes=config.cache_bytes,
        limit_days=config.cache_seconds / _DAY,
        place=place,
    )


def clear_cache(call: Call, asked: CacheQuery) -> CacheGone:
    """Delete states that no job at work may need, by the time since their last use."""
    config = call.session.config
    if scheme_of(config.store):
        raise ConfigError(f"states are kept in {config.store}", hint="a rule of the bucket forgets old ones")
    age = seconds_of("max_age", asked.max_age) if asked.max_age else 0.0
    done = keep_up(config, call.session.stores, max_age=age)
    return CacheGone(
        states=done.states, bytes=done.size, states_left=done.states_left, bytes_left=done.size_left
    )


def show_config(call: Call, _: Nothing) -> Settings:
    """List the settings in force and where they come from, without secrets."""
    config = call.session.config
    return Settings(
        settings=[
            Setting(
                name=each.name,
                value=shown_value(config, each.name),
                origin=config.origins.get(each.name, "option"),
                help=each.help,
            )
            for each in settings()
        ]
    )


def _folder(path: str, parent: str, found: Listing) -> FolderListing:
    entries = [
        FolderEntry(name=one.name, path=one.path, folder=one.folder, size=one.size, modified=one.modified)
        for one in found.entries
    ]
    return FolderListing(path=path, parent=parent, entries=entries, more=found.more)


def _roots(roots: tuple[str, ...]) -> Iterator[Entry]:
    for root in roots:
        if Path(root).is_dir():
            yield Entry(name=root, path=root, folder=True)


def _parent_url(url: str) -> str:
    above, _, name = url.rstrip("/").rpartition("/")
    if not name or above == "s3:":
        return ""
    return "s3://" if above == "s3:/" else f"{above}/"


def _table(session: Session, row: dict[str, str]) -> Table:
    columns = session.schema(row["name"]).to_pylist()
    return Table(
        name=row["name"],
        kind=row.get("kind", "view"),
        columns=[Column(name=one["column_name"], type=one["column_type"]) for one in columns],
    )


def _cluster(runner: RunnerRecord) -> Cluster:
    return Cluster(
        name=address_of(runner.cluster),
        scheduler=runner.scheduler,
        workers=runner.workers,
        runner=runner.id,
        host=runner.host,
        version=runner.version,
        version_ok=runner.version == VERSION,
        in_process=not runner.address,
        dashboard=dashboard.dashboard_link(runner.scheduler) if runner.scheduler else "",
        heartbeat=runner.heartbeat,
    )
