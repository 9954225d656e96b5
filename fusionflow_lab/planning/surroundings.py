"""What a session knows beside the text of a query: its names, the files here, DuckDB's functions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.planning.formats import SUFFIXES, option_names
from fusionflow_lab.planning.parameters import is_value
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.workspace import Workspace

_SUFFIXES = (*SUFFIXES, ".txt")
_MOST_FILES = 200


class SessionSurroundings:
    """``Surroundings`` of the queries of one session.

    Parameters
    ----------
    planner
        Tells columns and functions.
    names
        The session's views and tables.
    scope
        Variables of the user's program.

    Examples
    --------
    >>> from fusionflow_lab.planning.catalog import Catalog
    >>> from fusionflow_lab.planning.complete import complete
    >>> from fusionflow_lab.planning.frames import FrameStore
    >>> planner = Planner(Catalog(Path("types")))
    >>> names = Workspace(planner, FrameStore(Path("frames"), limit=1 << 20))
    >>> found = complete("SELECT am FROM 'orders/*.csv'", 9, SessionSurroundings(planner, names, {}))
    >>> found.candidates[0]
    Candidate(text='amount', kind='column', detail='DOUBLE')
    >>> planner.close()
    """

    def __init__(self, planner: Planner, names: Workspace, scope: Mapping[str, object]) -> None:
        self._planner = planner
        self._names = names
        self._scope = scope

    def tables(self) -> Sequence[tuple[str, str]]:
        """Return name and kind of what can stand in FROM by name."""
        return [(row["name"], row["kind"]) for row in self._names.listing(self._scope).to_pylist()]

    def columns(self, source: str) -> Sequence[tuple[str, str]]:
        """Return name and type of the columns of what stands in FROM; empty where it cannot be read."""
        try:
            plan = self._planner.plan(self._names.query(f"FROM {source}", scope=self._scope))
        except (FusionflowError, OSError, duckdb.Error):
            return []
        return list(zip(plan.names, plan.types, strict=True))

    def files(self, prefix: str) -> Sequence[str]:
        """Return the paths of files and folders (with a slash at the end) that begin with a text."""
        folder, _, begin = prefix.rpartition("/")
        shown = f"{folder}/" if "/" in prefix else ""
        try:
            with os.scandir(Path(shown).expanduser()) as entries:
                names = [
                    f"{entry.name}/" if entry.is_dir() else entry.name
                    for entry in entries
                    if entry.name.startswith(begin) and (begin or not entry.name.startswith("."))
                ]
        except OSError:
            return []
        files = sorted(name for name in names if name.endswith(_SUFFIXES))
        folders = sorted(name for name in names if name.endswith("/"))
        patterns = [f"*{suffix}" for suffix in _SUFFIXES if sum(name.endswith(suffix) for name in files) > 1]
        found = [*files, *(name for name in patterns if name.startswith(begin)), *folders]
        return [shown + name for name in found[:_MOST_FILES]]

    def functions(self) -> Sequence[str]:
        """Return the names of functions."""
        return sorted(self._planner.functions)

    def variables(self) -> Sequence[str]:
        """Return the names of what can be the value of a parameter."""
        return sorted(
            name for name, value in self._scope.items() if not name.startswith("_") and is_value(value)
        )

    def options(self, function: str) -> Sequence[str]:
        """Return the options of a function that reads files."""
        return sorted(option_names(function))
