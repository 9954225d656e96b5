"""What lies right below a folder of this machine or a prefix of a bucket, for people who look for files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fusionflow_lab.access import Access
from fusionflow_lab.storage.objects import done
from fusionflow_lab.storage.s3 import S3
from fusionflow_lab.storage.s3_errors import S3Refusal, refused
from fusionflow_lab.storage.urls import bucket_and_key, check_url

MOST_ENTRIES: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A file, or a folder, whose size and time are None; seconds since the epoch."""

    name: str
    path: str
    folder: bool
    size: int | None = None
    modified: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Folders, then files, by name; ``more`` where there are more than are listed."""

    entries: tuple[Entry, ...]
    more: bool = False


def list_folder(path: str) -> Listing:
    """List a folder of this machine; hidden files are left out, and what cannot be looked at.

    Raises
    ------
    FileNotFoundError, NotADirectoryError, PermissionError
        There is none, or it may not be read.

    Examples
    --------
    >>> [entry.name for entry in list_folder("orders").entries]
    ['2025.csv']
    """
    entries = []
    with os.scandir(path) as found:
        for each in found:
            if not each.name.startswith("."):
                entries += _entry(each)
    return _listing(entries)


def list_bucket(url: str, access: Access) -> Listing:
    """List a prefix of a bucket, or all buckets for ``s3://``.

    Raises
    ------
    FileNotFoundError
        There is no such bucket.
    PermissionError
        The store does not let us.
    QueryError
        The URL makes no sense, or holds a secret.
    SourceError
        The store does not answer.
    """
    if url.rstrip("/") == "s3:":
        return _buckets(access)
    folder = url if url.endswith("/") else f"{url}/"
    check_url(folder)
    bucket, prefix = bucket_and_key(folder)
    arguments = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/", "MaxKeys": MOST_ENTRIES}
    answer = _asked("list_objects_v2", arguments, folder, access)
    folders = [_prefix(bucket, each) for each in _list(answer, "CommonPrefixes")]
    files = [_object(bucket, each) for each in _list(answer, "Contents") if each["Key"] != prefix]
    return _listing([*folders, *files], more=bool(answer.get("IsTruncated")))


def _listing(entries: Sequence[Entry], *, more: bool = False) -> Listing:
    ordered = sorted(entries, key=lambda entry: (not entry.folder, entry.name))
    return Listing(entries=tuple(ordered[:MOST_ENTRIES]), more=more or len(ordered) > MOST_ENTRIES)


def _entry(each: os.DirEntry[str]) -> list[Entry]:
    try:
        stat = each.stat()
        folder = each.is_dir()
    except OSError:  # a link to nothing, or gone since
        return []
    if folder:
        return [Entry(name=each.name, path=each.path, folder=True, modified=stat.st_mtime)]
    return [Entry(name=each.name, path=each.path, folder=False, size=stat.st_size, modified=stat.st_mtime)]


def _buckets(access: Access) -> Listing:
    answer = _asked("list_buckets", {}, "s3://", access)
    names = [str(each["Name"]) for each in _list(answer, "Buckets")]
    return _listing([Entry(name=name, path=f"s3://{name}/", folder=True) for name in names])


def _asked(method: str, arguments: Mapping[str, object], where: str, access: Access) -> Mapping[str, object]:
    try:
        return done(S3(access).request(method, arguments, where=where))
    except S3Refusal as error:
        raise refused(error, where, access) from None


def _list(answer: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    found = answer.get(name) or []
    return found if isinstance(found, list) else []


def _prefix(bucket: str, each: Mapping[str, object]) -> Entry:
    key = str(each["Prefix"])
    return Entry(name=key.rstrip("/").rpartition("/")[2], path=f"s3://{bucket}/{key}", folder=True)


def _object(bucket: str, each: Mapping[str, object]) -> Entry:
    key, when = str(each["Key"]), each.get("LastModified")
    return Entry(
        name=key.rpartition("/")[2],
        path=f"s3://{bucket}/{key}",
        folder=False,
        size=int(str(each.get("Size", 0))),
        modified=when.timestamp() if isinstance(when, datetime) else None,
    )
