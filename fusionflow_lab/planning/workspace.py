"""The names of a session: its views and tables, and how a text that mentions them becomes a query.

A query holds all it needs: the values of its parameters, the texts of its views, the files of its tables.
"""

from __future__ import annotations

import re
import shutil
import threading
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from fusionflow_lab.datasets.dataset import is_dataset
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import literal
from fusionflow_lab.planning.copying import Copying, CreateTable, written_query
from fusionflow_lab.planning.formats import SUFFIXES
from fusionflow_lab.planning.frames import FrameStore, is_frame
from fusionflow_lab.planning.inputs import References
from fusionflow_lab.planning.messages import nearest, pinned, place, suggestion
from fusionflow_lab.planning.parameters import parameter
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.settings import Settings, allowed, changed
from fusionflow_lab.planning.statement import CreateView, SetOption
from fusionflow_lab.query import Access, Frame, Parameter, Query, View
from fusionflow_lab.sink import Sink
from fusionflow_lab.storage import Folder

_NOTHING: Mapping[str, object] = MappingProxyType({})
_RESERVED = re.compile(r"^(source|stage)_\d+$|^state$")
_PATH = re.compile(r"[/\\*?.\[\]{}]")


class Workspace:
    """Views and registered tables of one session. May be shared by threads.

    Parameters
    ----------
    planner
        Parses and checks.
    frames
        Keeps tables of the user's program.
    access
        How files elsewhere are reached.
    """

    def __init__(self, planner: Planner, frames: FrameStore, access: Access | None = None) -> None:
        self._access = access or Access()
        self._planner = planner
        self._frames = frames
        self._views: dict[str, View] = {}
        self._tables: dict[str, Frame] = {}
        self._settings: Settings = ()
        self._lock = threading.Lock()

    @property
    def views(self) -> tuple[View, ...]:
        """The views, in the order they were made."""
        return tuple(self._views.values())

    @property
    def tables(self) -> tuple[Frame, ...]:
        """The registered tables, in the order they were registered."""
        return tuple(self._tables.values())

    def query(
        self,
        text: str,
        *,
        params: Mapping[str, object] | None = None,
        scope: Mapping[str, object] = _NOTHING,
        name: str = "",
        use_cache: bool = True,
    ) -> Query:
        """Collect what a text mentions into a query.

        Parameters
        ----------
        text
            One SELECT.
        params
            Values of parameters; each must be mentioned.
        scope
            Variables of the user's program: the values of other parameters, and tables.
        name
            A name for the job.
        use_cache
            Whether states that are known may stand in for scanning.

        Raises
        ------
        QueryError
            A parameter or a table is unknown, or has a value that cannot be used.
        """
        written = written_query(text)
        found = self._planner.references(text, self._views)
        with pinned(text):
            parameters = _parameters(text, found, params or {}, scope)
            frames = tuple(self._mentioned(text, found, scope))
        return Query(
            text=text,
            name=name,
            use_cache=use_cache,
            parameters=parameters,
            views=found.views,
            frames=frames,
            settings=self._settings,
            access=self._access,
            sink=self._sink(written),
        )

    def _sink(self, written: Copying | CreateTable | None) -> Sink | None:
        """Return where a text writes; a table becomes a dataset of a fresh name in the scratch folder."""
        if isinstance(written, CreateTable):
            _check_name(written.name)
            self._refuse_taken(written)
            return Sink(url=str(self._scratch / uuid.uuid4().hex), compression="zstd")
        return None if written is None else written.sink

    def _refuse_taken(self, asked: CreateTable) -> None:
        key = asked.name.lower()
        tables = {name.lower() for name in self._tables}
        if key in tables or (key in self._views and not asked.replace):
            hint = "CREATE OR REPLACE TABLE, or take another name"
            raise QueryError(f"there is a table or view {asked.name}", hint=hint)

    def made(self, query: Query) -> None:
        """Give the dataset of a submitted ``CREATE TABLE`` its name; nothing happens for another query."""
        asked = written_query(query.text)
        if isinstance(asked, CreateTable) and query.sink is not None:
            view = View(name=asked.name, text=f"FROM {literal(query.sink.url)}")
            with self._lock:
                self._views = {**self._views, asked.name.lower(): view}

    def set_option(self, asked: SetOption) -> tuple[str, str]:
        """Set or reset a session setting for the queries to come; return its name and new value.

        Raises
        ------
        QueryError
            It is no setting of queries, or the value is none of its values.
        """
        with self._lock:
            self._settings = changed(self._settings, asked.name, asked.value)
        name = allowed(asked.name)
        return name, dict(self._settings).get(name, "")

    def register(self, name: str, data: object) -> None:
        """Give a table of the user's program a name; one of this name is replaced.

        Raises
        ------
        QueryError
            The name cannot be used, or the data cannot be read as a table.
        """
        _check_name(name)
        if not is_frame(data):
            raise QueryError(f"{name} is a {type(data).__name__}, no table", hint=_TABLE_HINT)
        with self._lock:
            if name.lower() in self._views:
                raise QueryError(f"there is a view {name}", hint=f"DROP VIEW {name}, or take another name")
            self._tables[name] = self._frames.put(name, data)

    def create_view(self, asked: CreateView, *, scope: Mapping[str, object] = _NOTHING) -> bool:
        """Make a view; it is planned once, so that its mistakes show here. False where there was one.

        Its parameters and variables have the values of the moment when a query reads it; here parameters
        are NULL.

        Raises
        ------
        QueryError
            There is one of this name, it reads itself, or its query is wrong.
        FileNotFoundError, SourceError
            Its files cannot be found or read.
        """
        _check_name(asked.name)
        key = asked.name.lower()
        if key in {name.lower() for name in self._tables}:
            raise QueryError(f"there is a table {asked.name}", hint="take another name for the view")
        if key in self._views and not asked.replace:
            if asked.if_not_exists:
                return False
            raise QueryError(
                f"there is a view {asked.name}", hint="CREATE OR REPLACE VIEW, or take another name"
            )
        view = View(name=asked.name, text=asked.text, columns=asked.columns)
        views = {**self._views, key: view}
        found = self._planner.references(asked.padded, views)
        with pinned(asked.padded):
            frames = tuple(self._mentioned(asked.padded, found, scope))
        query = Query(
            text=asked.padded,
            parameters=tuple(parameter(name, None) for name in found.parameters),
            views=found.views,
            frames=frames,
            settings=self._settings,
            access=self._access,
        )
        width = len(self._planner.plan(query).names)
        if len(asked.columns) > width:
            raise QueryError(f"view {asked.name} names {len(asked.columns)} columns, its query has {width}")
        with self._lock:
            self._views = views
        return True

    def take(self, other: Workspace) -> None:
        """Take over the names of another session."""
        with self._lock:
            self._views = {**other._views, **self._views}
            self._tables = {**other._tables, **self._tables}
            self._settings = self._settings or other._settings

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        """Forget a table that ``CREATE TABLE`` made, and its rows; False where there was none.

        Raises
        ------
        QueryError
            There is none, and ``if_exists`` is not said.
        """
        view = self._views.get(name.lower())
        place = None if view is None else self._dataset(view)
        if view is None or place is None:
            if if_exists:
                return False
            known = [other.name for other in self._views.values() if self._dataset(other)]
            hint = suggestion(name, known, "tables") or "SHOW TABLES lists them"
            raise QueryError(f"there is no table {name} of CREATE TABLE", hint=hint)
        self.drop_view(name)
        shutil.rmtree(place, ignore_errors=True)
        return True

    def _dataset(self, view: View) -> Path | None:
        """Return where the rows of a table lie; None for a view that is none."""
        place = Path(view.text.removeprefix("FROM '").removesuffix("'"))
        return place if place.parent == self._scratch else None

    @property
    def _scratch(self) -> Path:
        return self._frames.folder.with_name("tables")

    def drop_view(self, name: str, *, if_exists: bool = False) -> bool:
        """Forget a view; False where there was none.

        Raises
        ------
        QueryError
            There is none, and ``if_exists`` is not said.
        """
        with self._lock:
            kept = {key: view for key, view in self._views.items() if key != name.lower()}
            if len(kept) == len(self._views):
                if if_exists:
                    return False
                known = [view.name for view in self._views.values()]
                raise QueryError(
                    f"there is no view {name}",
                    hint=suggestion(name, known, "views") or "SHOW VIEWS lists them",
                )
            self._views = kept
        return True

    def listing(self, scope: Mapping[str, object] = _NOTHING, *, views_only: bool = False) -> pa.Table:
        """List what can stand in FROM by name: views, registered tables, and those of a scope."""
        views = [view for view in self.views if self._dataset(view) is None]
        rows = [(view.name, "view", " ".join(view.text.split())) for view in views]
        if not views_only:
            rows += [(view.name, "table", "made by CREATE TABLE") for view in self.views if view not in views]
        if not views_only:
            rows += [(name, "table", "registered") for name in self._tables]
            mine = {name.lower() for name, _, _ in rows}
            rows += [
                (name, "variable", type(value).__name__)
                for name, value in scope.items()
                if not name.startswith("_") and name.lower() not in mine and is_frame(value)
            ]
        columns = zip(*rows, strict=True) if rows else ((), (), ())
        return pa.table(
            {
                name: pa.array(values, pa.string())
                for name, values in zip(("name", "kind", "what"), columns, strict=True)
            }
        )

    def _mentioned(self, text: str, found: References, scope: Mapping[str, object]) -> Iterable[Frame]:
        """Yield the tables that a query mentions, those of the scope kept as they are now."""
        for name, offset in found.tables.items():
            if _PATH.search(name) or is_dataset(Folder(name)):
                continue
            if name in self._tables:
                yield self._tables[name]
            elif name in scope:
                if not is_frame(scope[name]):
                    kind = type(scope[name]).__name__
                    what = f"there is no table {name}: the variable is a {kind}"
                    raise QueryError(what, where=_place(text, offset), hint=_TABLE_HINT)
                yield self._frames.put(name, scope[name])
            else:
                known = [*(view.name for view in self.views), *self._tables]
                known += [key for key, value in scope.items() if not key.startswith("_") and is_frame(value)]
                hint = _file_hint(name) or suggestion(name, known, "views and tables") or _FILE_HINT
                raise QueryError(f"there is no table {name}", where=_place(text, offset), hint=hint)


_TABLE_HINT = "take a DataFrame of pandas or polars, or a table of pyarrow"
_FILE_HINT = "name files in quotes: FROM 'folder/*.csv'; other suffixes: read_csv('file.txt')"


def _file_hint(name: str) -> str:
    """Say which file here a name without quotes most likely meant."""
    files = [entry.name for entry in sorted(Path().iterdir()) if entry.name.endswith(SUFFIXES)]
    near = nearest(name, [file.rpartition(".")[0] for file in files])
    found = next((file for file in files if near and file.rpartition(".")[0] == near), "")
    return f"did you mean '{found}'?" if found else ""


def _place(text: str, offset: int | None) -> str:
    return "" if offset is None else place(text, offset)


def _parameters(
    text: str, found: References, params: Mapping[str, object], scope: Mapping[str, object]
) -> tuple[Parameter, ...]:
    for name in params:
        if name not in found.parameters:
            hint = suggestion(name, list(found.parameters), "the query mentions")
            raise QueryError(
                f"the query has no parameter ${name}", hint=hint or f"write ${name} where its value belongs"
            )
    bound = []
    for name, offset in found.parameters.items():
        if name.isdecimal():
            raise QueryError(
                "parameters have names here",
                where=_place(text, offset),
                hint="write $name in place of ? or $1",
            )
        if name not in params and name not in scope:
            near = nearest(name, [key for key in (*params, *scope) if not key.startswith("_")])
            hint = f"did you mean ${near}? " if near else ""
            hint += f"give it a value: a variable {name}, or params {{'{name}': …}}"
            raise QueryError(f"${name} has no value", where=_place(text, offset), hint=hint)
        bound.append(parameter(name, params[name] if name in params else scope[name]))
    return tuple(bound)


def _check_name(name: str) -> None:
    if not name or _PATH.search(name):
        raise QueryError(f"{name or 'an empty text'} cannot be a name here: it looks like a file")
    if _RESERVED.match(name.lower()):
        raise QueryError(f"{name} is a name that plans use", hint="take another name")
