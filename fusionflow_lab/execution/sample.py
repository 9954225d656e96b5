"""The first rows of files, read here and now: what a sniff shows, without a job and without a cluster.

A plan of ``SELECT * FROM files LIMIT n`` is run over the first bytes of its first files, by the same scan and
the same SQL as on a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.execution.typed_scan import TypedScan
from fusionflow_lab.planning.chunks import cut_source
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Plan, Stage
from fusionflow_lab.source import Chunk
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.streams import Mapped

FILES: Final = 3
_BLOCK: Final = 1 << 18


def sample(plan: Plan) -> pa.Table:
    """Run a plan over the first bytes of its first files.

    Parameters
    ----------
    plan
        Rows of one source, limited.

    Raises
    ------
    QueryError, SourceError, OSError
        They cannot be read as planned.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fusionflow_lab.planning.catalog import Catalog
    >>> from fusionflow_lab.planning.plan import Planner
    >>> from fusionflow_lab.query import Query
    >>> planner = Planner(Catalog(Path("types")))
    >>> sample(planner.plan(Query(text="FROM 'orders/*.csv' LIMIT 2"))).num_rows
    2
    >>> planner.close()
    """
    evaluator = Evaluator(plan.settings)
    states = {
        stage.name: [_state(stage, chunk, evaluator) for chunk in _first(stage)] for stage in plan.stages
    }
    ddl = {stage.name: state_ddl(stage) for stage in plan.stages}
    return evaluator.final(plan, ddl, states)


def _first(stage: Stage) -> Sequence[Chunk]:
    """Return the first chunk of each of the first files, one block of it; of documents one only."""
    source = replace(stage.source, files=stage.source.files[: 1 if stage.source.format == "whole" else FILES])
    firsts: dict[str, Chunk] = {}
    for chunk in cut_source(source, ordered=True, block_bytes=_BLOCK):
        firsts.setdefault(chunk.file.path, replace(chunk, blocks=chunk.blocks[:1]))
    return [replace(chunk, ordinal=place) for place, chunk in enumerate(firsts.values())]


def _state(stage: Stage, chunk: Chunk, evaluator: Evaluator) -> pa.Table:
    scan = TypedScan(
        stage=stage, chunks=(chunk,), evaluator=evaluator, tables=(), token=_native.CancelToken()
    )
    made = scan.run()
    if isinstance(made.mapped, Mapped):
        return made.mapped.state
    failure = made.scan.failure()
    if failure is not None:
        raise failure from None
    raise QueryError(str(made.mapped).partition("\n")[0], where=chunk.file.path) from None
