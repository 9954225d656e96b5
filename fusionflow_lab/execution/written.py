"""The files that the tasks of a stage wrote: those of a run, and which states still have theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from fusionflow_lab.errors import StateError
from fusionflow_lab.execution.commit import Committer
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.writing import PARTS, parts_of
from fusionflow_lab.sink import Sink
from fusionflow_lab.states.store import StateHeader, StateStore


def usable_states(
    sink: Sink, store: StateStore, known: Mapping[str, StateHeader], *, use: bool = True
) -> dict[str, StateHeader]:
    """Return the states whose files can be committed now; the others are forgotten.

    Parameters
    ----------
    sink
        Where the files go.
    store
        Holds the states.
    known
        States of one map, by name.
    use
        Whether any may be used.
    """
    committer = Committer(sink, "")
    usable = {}
    for name, header in known.items():
        try:
            good = use and committer.usable([*parts_of(store.state(name))])
        except StateError:
            good = False
        if good:
            usable[name] = header
        else:
            store.delete([name])
    return usable


def task_parts(sink: Sink, store: StateStore, runs: Sequence[StageRun]) -> pa.Table:
    """Return the table of the files that the tasks of a plan wrote, in the order of their rows.

    Raises
    ------
    StateError
        A file is gone, or stands for the rows of several tasks; its state is deleted.
    """
    committer = Committer(sink, "")
    tables, seen = [PARTS.empty_table()], set[str]()
    for run in runs:
        for leaf in run.stored():
            table = store.state(leaf.name)
            parts = [*parts_of(table)]
            tokens = {part.token for part in parts}
            if seen & tokens or not committer.usable(parts):
                store.delete([leaf.name])
                raise StateError("a file that was written is gone", where=leaf.name)
            seen |= tokens
            tables.append(table)
    return pa.concat_tables(tables)
