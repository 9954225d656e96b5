"""Bytes by name: files elsewhere that are read, and places where states, results and datasets are written.

Reading: ``find_objects`` finds (``s3://``, ``http://``), ``RemoteFiles`` gives bytes to the native core.
Writing: ``open_store`` opens a ``Store``: a ``Folder``, or an ``ObjectFolder`` of a bucket.
"""

from __future__ import annotations

from fusionflow_lab.storage.folder import Folder
from fusionflow_lab.storage.object_folder import ObjectFolder
from fusionflow_lab.storage.objects import ObjectInfo
from fusionflow_lab.storage.places import Finder, find_objects, open_store
from fusionflow_lab.storage.reader import (
    RemoteFile,
    RemoteFiles,
    chunk_files,
    first_byte,
    range_files,
    sample_files,
)
from fusionflow_lab.storage.store import Parts, Store
from fusionflow_lab.storage.urls import SCHEMES, check_url, redacted, scheme_of

__all__ = [
    "SCHEMES",
    "Finder",
    "Folder",
    "ObjectFolder",
    "ObjectInfo",
    "Parts",
    "RemoteFile",
    "RemoteFiles",
    "Store",
    "check_url",
    "chunk_files",
    "find_objects",
    "first_byte",
    "open_store",
    "range_files",
    "redacted",
    "sample_files",
    "scheme_of",
]
