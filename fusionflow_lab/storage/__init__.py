"""Bytes by name: where states, results and datasets are written.

``Store`` is what all places have in common; ``Folder`` is one in the file system.
"""

from __future__ import annotations

from fusionflow_lab.storage.folder import Folder
from fusionflow_lab.storage.store import Parts, Store

__all__ = ["Folder", "Parts", "Store"]
