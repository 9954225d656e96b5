"""The Python face: connect, ask, watch, take the result.

Everything else (magics, command line, server) calls this module and nothing below it. A session leaves
its jobs to a runner, a process of its own that starts with the first job and outlives the session; or it
drives them itself (``runner="inprocess"``).
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from fusionflow_lab.config import Config, Value, address_of
from fusionflow_lab.datasets.place import refuse_foreign
from fusionflow_lab.errors import QueryError
from fusionflow_lab.execution.forecast import forecast, speed
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.execution.stores import open_stores
from fusionflow_lab.job import Job
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.opening import open_manager
from fusionflow_lab.jobs.records import JobRecord, RunnerRecord
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.logs import JobFiles, write_logs, write_logs_no_more
from fusionflow_lab.planning.ast import literal
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.complete import Completion, complete
from fusionflow_lab.planning.explain import explain
from fusionflow_lab.planning.frames import FrameStore
from fusionflow_lab.planning.most import refuse_length
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.sniffed import sniffed_text
from fusionflow_lab.planning.statement import CreateView, DropTable, DropView, SetOption, Show, statement
from fusionflow_lab.planning.surroundings import SessionSurroundings
from fusionflow_lab.planning.workspace import Workspace
from fusionflow_lab.query import Query
from fusionflow_lab.relation import Relation
from fusionflow_lab.states.casts import quoted
from fusionflow_lab.units import max_errors_of

__all__ = ["Job", "Relation", "Session", "attach", "connect"]


def connect(
    cluster: str = "local",
    *,
    home: str | Path | None = None,
    workers: int | None = None,
    runner: str | None = None,
    traits: Mapping[str, Value] | None = None,
) -> Session:
    """Open a session.

    Parameters
    ----------
    cluster
        ``"local"`` for worker processes of this machine, or a Dask scheduler's address.
    home
        Folder of job database, states and results; by default ``FUSIONFLOW_HOME`` or the user's data folder.
    workers
        Worker processes of a local cluster; by default one for each processor.
    runner
        Who drives the jobs: ``"detached"``, a process of its own that outlives this one, or
        ``"inprocess"``, this one; by default ``FUSIONFLOW_RUNNER`` or detached.
    traits
        More settings, which win over file and environment; what the Jupyter program is configured with.

    Raises
    ------
    ConfigError
        A setting is unknown or out of range.

    Examples
    --------
    >>> with connect(workers=1, runner="inprocess") as session:
    ...     result = session.sql("SELECT count(*) AS n FROM 'orders/*.csv'").result()
    """
    config = Config.load(home=home, workers=workers, runner=runner, traits=traits)
    return Session(config, cluster, workers=workers)


def attach(job_id: str, *, home: str | Path | None = None) -> Job:
    """Return a job of any process, at work or ended, by its id or the start of it.

    Raises
    ------
    JobError
        There is none of this id; the message names the nearest.
    """
    session = connect(home=home)
    job = session.attach(job_id)
    weakref.finalize(job, session.close)
    return job


class Session:
    """A job store, a cluster and the jobs submitted through it. Made by ``connect``."""

    def __init__(self, config: Config, cluster: str, *, workers: int | None = None) -> None:
        self.config = config
        self.cluster = config.cluster_name(cluster)
        self._thread = LoopThread()
        self.stores = open_stores(config)
        catalog = Catalog(config.home / "sources")
        self.planner = Planner(catalog, results=self.stores.results.root, native=config.evaluator == "auto")
        frames = FrameStore(config.home / "frames", limit=config.frame_bytes)
        self._names = Workspace(self.planner, frames, config.access)
        self._manager = open_manager(
            config,
            self.cluster,
            stores=self.stores,
            thread=self._thread,
            catalog=catalog,
            planner=self.planner,
            workers=workers,
        )
        self._lines = JobFiles(config.logs)
        if config.runner == "inprocess":
            write_logs(self._lines, as_json=config.log_format == "json", level=config.log_level)
        self._closing = threading.Lock()
        self.closed = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        self.close()

    def sql(
        self,
        text: str,
        *,
        params: Mapping[str, object] | None = None,
        scope: Mapping[str, object] | None = None,
        name: str = "",
        use_cache: bool = True,
        allow_failed_chunks: bool = False,
        max_errors: str | int = "",
    ) -> Relation:
        """Take a query; nothing runs yet.

        Parameters
        ----------
        text
            One SELECT in DuckDB's SQL, over files, views and registered tables.
        params
            The values of ``$x`` in the text: they are constants of their types, never text of the query.
        scope
            Variables that stand for other parameters and for tables in FROM; ``globals()`` will do.
        name
            A name for the job.
        use_cache
            Whether chunks that were scanned before are left alone.
        allow_failed_chunks
            Whether to finish without chunks that kill their workers or cannot be read; the result says so.
        max_errors
            How many records of a source may be rejected before the job fails: ``100``, ``"5%"``; what
            ``read_csv(…, max_errors = …)`` says goes first. By default ``FUSIONFLOW_MAX_ERRORS`` or 1 %.

        Raises
        ------
        QueryError
            The text does not parse, or a parameter or table has no value that can be used.
        ConfigError
            ``max_errors`` is neither a number nor a percentage.

        Examples
        --------
        >>> with connect(workers=1) as session:
        ...     session.register("cities", pa.table({"city": ["Oslo"], "country": ["Norway"]}))
        ...     text = "FROM 'orders/*.csv' JOIN cities USING (city) WHERE amount > $x"
        ...     session.sql(text, params={"x": 5}).query.parameters
        (Parameter(name='x', type='INTEGER', value='5'),)
        """
        refuse_length(text)
        self._refuse_statement(text)
        query = self._names.query(text, params=params, scope=scope or {}, name=name, use_cache=use_cache)
        here = replace(
            query,
            allow_failed_chunks=allow_failed_chunks,
            max_errors=max_errors_of(str(max_errors)) or self.config.max_errors,
            folder=str(Path.cwd()),
        )
        return Relation(self, here)

    def command(self, text: str, *, scope: Mapping[str, object] | None = None) -> pa.Table | str | None:
        """Run a statement that is no query, and return what it says; None for a query, which is not run.

        These are ``CREATE [OR REPLACE] VIEW``, ``DROP VIEW``, ``SHOW VIEWS``, ``SHOW TABLES``, and
        ``SET`` and ``RESET`` of the settings that change what the queries after it mean. A view lasts as long
        as the session; jobs that read it hold its text, and the values that its ``$x`` and
        variables have then.

        Raises
        ------
        QueryError
            The statement is wrong.

        Examples
        --------
        >>> with connect(workers=1) as session:
        ...     session.command("CREATE VIEW kyoto AS FROM 'orders/*.csv' WHERE city = 'Kyoto'")
        'view kyoto is made'
        """
        asked = statement(text)
        match asked:
            case CreateView():
                made = self._names.create_view(asked, scope=scope or {})
                return f"view {asked.name} is made" if made else f"view {asked.name} is there already"
            case DropTable():
                gone = self._names.drop_table(asked.name, if_exists=asked.if_exists)
                return f"table {asked.name} is dropped" if gone else f"there is no table {asked.name}"
            case DropView():
                gone = self._names.drop_view(asked.name, if_exists=asked.if_exists)
                return f"view {asked.name} is dropped" if gone else f"there is no view {asked.name}"
            case Show():
                return self._names.listing(scope or {}, views_only=asked.what == "views")
            case SetOption():
                name, value = self._names.set_option(asked)
                return f"{name} is {value}" if value else f"{name} is as it was at first"
        return None

    def create_view(
        self,
        name: str,
        text: str,
        *,
        replace: bool = False,
        scope: Mapping[str, object] | None = None,
    ) -> None:
        """Make a view of a query; as ``CREATE VIEW`` does."""
        asked = CreateView(name=name, text=text, padded=text, replace=replace)
        self._names.create_view(asked, scope=scope or {})

    def register(self, name: str, data: object) -> None:
        """Give a table of this program a name that queries can read.

        It is written to the session's home folder once, so that jobs can read it when this program is gone.

        Parameters
        ----------
        name
            The name in FROM.
        data
            A DataFrame of pandas or polars, a table of pyarrow, or anything that exports an Arrow stream.

        Raises
        ------
        QueryError
            It is larger than ``frame_limit``, or cannot be read as a table.
        """
        self._names.register(name, data)

    def schema(self, name: str, *, scope: Mapping[str, object] | None = None) -> pa.Table:
        """Return the columns of a file, pattern, view or table: ``column_name``, ``column_type``.

        Raises
        ------
        QueryError, SourceError, FileNotFoundError
            There is none of this name, or it cannot be read.
        """
        path = any(mark in name for mark in "./*?")
        text = f"FROM {literal(name) if path else quoted(name)}"
        plan = self.planner.plan(self.sql(text, scope=scope).query)
        return pa.table({"column_name": plan.names, "column_type": plan.types})

    def sniff(self, pattern: str) -> str:
        """Say how files are read: dialect, columns, types, and the call that says so.

        Raises
        ------
        SourceError, FileNotFoundError
            They cannot be found or read.
        """
        return sniffed_text(self.planner.source(pattern, self.config.access))

    def complete(self, text: str, cursor: int, *, scope: Mapping[str, object] | None = None) -> Completion:
        """Return what may stand at a place of an unfinished query.

        Parameters
        ----------
        text
            The query as far as it is written.
        cursor
            Characters before the place.
        scope
            Variables that queries may use.

        Examples
        --------
        >>> with connect(workers=1) as session:
        ...     session.complete("SELECT am FROM 'orders/*.csv'", 9).candidates[0].text
        'amount'
        """
        return complete(text, cursor, SessionSurroundings(self.planner, self._names, scope or {}))

    def take_names(self, other: Session) -> None:
        """Take over the views and registered tables of another session of the same home."""
        self._names.take(other._names)

    def _refuse_statement(self, text: str) -> None:
        if statement(text) is not None:
            raise QueryError(
                "this is no query",
                hint="session.command(text) runs CREATE VIEW, DROP VIEW, SHOW, SET and RESET",
            )

    def prepare(self) -> None:
        """Have a runner start, where jobs are left to one; what is wrong with it, the first job says."""
        self._manager.prepare()

    def start(self) -> None:
        """Start the cluster now, and wait until it is there."""
        self._manager.start()

    @property
    def scheduler_address(self) -> str:
        """Address of the cluster's scheduler; starts the cluster where there is none yet."""
        return self._manager.start()

    def feed(self, job_id: str) -> JobFeed:
        """Return the events of a job of this id as they come, whoever drives it."""
        return self._manager.feed(job_id)

    def runners(self, *, reached: bool = True) -> tuple[RunnerRecord, ...]:
        """Return the runners at work for this home, newest first; others may share its database.

        ``reached`` false adds the processes that drive their own jobs, as kernels may.
        """
        name = self.config.cluster_name
        found = Registry(self.stores.jobs.engine).alive(reached=reached)
        return tuple(each for each in found if name(address_of(each.cluster)) == each.cluster)

    def jobs(self) -> tuple[JobRecord, ...]:
        """Return the newest jobs of this job store, newest first."""
        return self._manager.jobs()

    def job(self, job_id: str) -> Job:
        """Return a job by its id, or by the start of it.

        Raises
        ------
        JobError
            There is none of this id; the message names the nearest.
        """
        record = self._manager.record(job_id)
        return Job(self._manager, record.id, record.query.text, session=self)

    def attach(self, job_id: str) -> Job:
        """Return a job as ``job`` does, and see that it is driven where it lost its runner."""
        job = self.job(job_id)
        self._manager.attach(job.id)
        return job

    def forget(self, job_id: str) -> None:
        """Delete a job that nobody drives, with all that it left but states; see ``JobManager.forget``."""
        self._manager.forget(job_id)

    def close(self) -> None:
        """Release everything. Jobs of a runner go on; those driven here stop. Twice does no harm."""
        with self._closing:
            if self.closed:
                return
            self.closed = True
        self._manager.close()
        write_logs_no_more(self._lines)
        self._thread.close()
        self.planner.close()
        self.stores.jobs.close()

    def explain(self, query: Query) -> str:
        """Draw the plan of a query; see ``Relation.explain``."""
        plan = self.planner.plan(query)
        forecasts = forecast(plan, self.stores.states, use_cache=query.use_cache)
        return explain(plan, forecasts, speed(self.jobs(), self.cluster))

    def submit(self, query: Query, *, priority: int = 0, reuse: bool = False, key: str = "") -> Job:
        """Start a job; see ``Relation.submit``."""
        settings = {"TimeZone": self.planner.time_zone, **dict(query.settings)}
        whole = replace(query, settings=tuple(sorted(settings.items())))
        if query.sink is None and not self.planner.knows(query):
            self._manager.announce(whole)
        plan = self.planner.plan(query)
        if plan.sink is not None:
            refuse_foreign(plan.sink)
        whole = replace(whole, moment=plan.moment)
        found = self._manager.submit(whole, plan, priority=priority, reuse=reuse, submit_key=key)
        self._names.made(whole)
        return Job(self._manager, found.job, query.text, reused=found.reused, session=self)
