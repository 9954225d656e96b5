"""Which kind of store a URL names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fusionflow_lab.errors import QueryError
from fusionflow_lab.query import Access
from fusionflow_lab.storage.folder import Folder
from fusionflow_lab.storage.globs import has_magic
from fusionflow_lab.storage.http import HttpObjects
from fusionflow_lab.storage.object_folder import ObjectFolder
from fusionflow_lab.storage.objects import ObjectInfo, Objects, done
from fusionflow_lab.storage.other import OtherObjects
from fusionflow_lab.storage.s3 import S3, S3Objects
from fusionflow_lab.storage.store import Store
from fusionflow_lab.storage.urls import check_url, scheme_of


class Finder(Protocol):
    """Finds objects by pattern; ``find_objects`` is one."""

    def __call__(self, pattern: str, access: Access) -> Sequence[ObjectInfo]:
        """Return the objects of a pattern."""


def open_objects(url: str, access: Access) -> Objects:
    """Return what reads the objects of a URL.

    Raises
    ------
    QueryError
        Nothing here does, or the URL holds a secret.
    SourceError
        A package is missing for it.
    """
    check_url(url)
    match scheme_of(url):
        case "s3":
            return S3Objects(S3(access))
        case "http" | "https":
            return HttpObjects(access.http_hosts)
        case _:
            return OtherObjects.of(url)


def open_store(url: str, access: Access) -> Store:
    """Return the store at a URL, or at a path of the file system.

    Raises
    ------
    QueryError
        Nothing is written there, or the URL holds a secret.

    Examples
    --------
    >>> open_store("/data/states", Access())
    Folder(root='/data/states')
    """
    scheme = scheme_of(url)
    if not scheme:
        return Folder(url)
    check_url(url)
    if scheme != "s3" or has_magic(url):
        raise QueryError(f"{url}: nothing is written there", hint="name a folder, or s3://bucket/prefix")
    return ObjectFolder(url.rstrip("/"), access)


def find_objects(pattern: str, access: Access) -> Sequence[ObjectInfo]:
    """Return the objects of a pattern, sorted by name.

    Raises
    ------
    FileNotFoundError
        There is none, or no such bucket.
    PermissionError
        The store does not let us, or the host is not among those that may be read.
    QueryError
        The pattern makes no sense, or holds a secret.
    SourceError
        The store does not answer.
    """
    return done(open_objects(pattern, access).find(pattern))
