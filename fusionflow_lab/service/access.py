"""What a front end may name: queries, folders and files below the roots of the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fusionflow_lab.api import Session
from fusionflow_lab.query import Query
from fusionflow_lab.storage.roots import is_below, outside
from fusionflow_lab.storage.urls import scheme_of


def root_of(session: Session) -> str:
    """Return what relative paths start from: the first root, or the folder of this process."""
    roots = session.config.root_folders
    return roots[0] if roots else str(Path.cwd())


def checked_folder(session: Session, folder: str) -> str:
    """Return a folder as queries take it.

    Raises
    ------
    PermissionError
        It is outside the roots.
    """
    roots = session.config.access.roots
    path = str(Path(root_of(session), Path(folder).expanduser()))
    if roots and not is_below(path, roots):
        raise outside(folder, roots)
    return path


def asked_query(
    session: Session,
    sql: str,
    *,
    params: Mapping[str, object],
    folder: str = "",
    name: str = "",
    use_cache: bool = True,
    max_errors: str | int = "",
) -> Query:
    """Return a query that reads and writes below the roots only.

    Raises
    ------
    QueryError
        The text does not parse.
    PermissionError
        It writes outside the roots.
    """
    relation = session.sql(sql, params=params, name=name, use_cache=use_cache, max_errors=max_errors)
    query = replace(relation.query, folder=checked_folder(session, folder))
    roots = session.config.access.roots
    if query.sink is not None and roots and not scheme_of(query.sink.url):
        place = Path(query.folder, Path(query.sink.url).expanduser())
        if not is_below(place, roots):
            raise outside(query.sink.url, roots)
    return query
