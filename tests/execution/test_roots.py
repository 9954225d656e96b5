from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from fusionflow_lab import _native
from fusionflow_lab.access import Access
from fusionflow_lab.api import Session
from fusionflow_lab.execution.tasks import MapTask, map_chunks
from fusionflow_lab.planning.chunks import cut_source
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.storage import Folder


def test_a_file_that_became_a_link_out_is_not_read(session: Session, tmp_path: Path) -> None:
    root, secret, file = tmp_path / "root", tmp_path / "secret.csv", tmp_path / "root" / "a.csv"
    root.mkdir()
    file.write_text("n\n1\n")
    secret.write_text("n\n2\n")
    os.utime(file, ns=(0, secret.stat().st_mtime_ns))  # nothing but the link tells that it is another
    query = session.sql(f"FROM '{file}'").query
    plan = session.planner.plan(replace(query, access=Access(roots=(str(root),))))
    stage = plan.stages[0]
    chunks = tuple(cut_source(stage.source, ordered=True))
    task = MapTask(
        stage=stage,
        map_hash="m",
        settings=plan.settings,
        chunks=chunks,
        store=Folder(str(tmp_path / "states")),
    )

    assert map_chunks(task, Evaluator(()), _native.CancelToken()).header is not None
    file.unlink()
    file.symlink_to(secret)
    with pytest.raises(PermissionError, match="is outside the folders that may be used here"):
        map_chunks(task, Evaluator(()), _native.CancelToken())
