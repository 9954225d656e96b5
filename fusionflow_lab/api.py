"""The Python face: connect, ask, watch, take the result.

Everything else (magics, command line, server) calls this module and nothing below it. A session owns
one cluster, which starts with the first job and ends with the session.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
from distributed import Client

from fusionflow_lab.config import Config
from fusionflow_lab.errors import QueryError
from fusionflow_lab.execution.cluster import open_cluster
from fusionflow_lab.execution.forecast import forecast, speed
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.execution.runner import Runner, Stores
from fusionflow_lab.jobs.events import Event, PreviewEvent, ProgressEvent, Status
from fusionflow_lab.jobs.manager import JobManager
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.planning.ast import literal
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.explain import explain
from fusionflow_lab.planning.frames import FrameStore
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.sniffed import sniffed_text
from fusionflow_lab.planning.statement import CreateView, DropView, SetOption, Show, statement
from fusionflow_lab.planning.workspace import Workspace
from fusionflow_lab.query import Plan, Query
from fusionflow_lab.results.result import Result
from fusionflow_lab.states.evaluate import quoted, warm_up
from fusionflow_lab.states.store import StateStore
from fusionflow_lab.storage import Folder


def connect(cluster: str = "local", *, home: str | Path | None = None, workers: int | None = None) -> Session:
    """Open a session.

    Parameters
    ----------
    cluster
        ``"local"`` for worker processes of this machine, or a Dask scheduler's address.
    home
        Folder of job database, states and results; by default ``FUSIONFLOW_HOME`` or the user's data folder.
    workers
        Worker processes of a local cluster; by default one for each processor.

    Raises
    ------
    ConfigError
        A setting is unknown or out of range.

    Examples
    --------
    >>> with connect(workers=1) as session:
    ...     result = session.sql("SELECT count(*) AS n FROM 'orders/*.csv'").result()
    """
    return Session(Config.load(home=home, workers=workers), cluster)


class Session:
    """A cluster, a job store and the jobs submitted through it. Made by ``connect``."""

    def __init__(self, config: Config, cluster: str) -> None:
        self.config = config
        self.cluster = cluster
        self._thread = LoopThread()
        stores = Stores(
            jobs=JobStore(config.home / "jobs.sqlite"),
            states=StateStore(Folder(str(config.home / "states"))),
            results=Folder(str(config.home / "results")),
        )
        self._stores = stores
        self._catalog = Catalog(config.home / "sources")
        self._planner = Planner(self._catalog)
        frames = FrameStore(config.home / "frames", limit=config.frame_bytes)
        self._names = Workspace(self._planner, frames)
        self._dask = _LazyClient(cluster, config)
        self._runner = Runner(
            stores=stores, catalog=self._catalog, planner=self._planner, client=self._dask.client
        )
        self._manager = JobManager(stores=stores, runner=self._runner, thread=self._thread, cluster=cluster)
        self._closing = threading.Lock()
        self._closed = False

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

        Raises
        ------
        QueryError
            The text does not parse, or a parameter or table has no value that can be used.

        Examples
        --------
        >>> with connect(workers=1) as session:
        ...     session.register("cities", pa.table({"city": ["Oslo"], "country": ["Norway"]}))
        ...     text = "FROM 'orders/*.csv' JOIN cities USING (city) WHERE amount > $x"
        ...     session.sql(text, params={"x": 5}).query.parameters
        (Parameter(name='x', type='INTEGER', value='5'),)
        """
        self._refuse_statement(text)
        query = self._names.query(text, params=params, scope=scope or {}, name=name, use_cache=use_cache)
        return Relation(self, replace(query, allow_failed_chunks=allow_failed_chunks))

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
        plan = self._plan(self.sql(text, scope=scope).query)
        return pa.table({"column_name": plan.names, "column_type": plan.types})

    def sniff(self, pattern: str) -> str:
        """Say how CSV files are read: dialect, columns, types, and the ``read_csv`` call that says so.

        Raises
        ------
        SourceError, FileNotFoundError
            They cannot be found or read.
        """
        return sniffed_text(self._planner.source(pattern))

    def take_names(self, other: Session) -> None:
        """Take over the views and registered tables of another session of the same home."""
        self._names.take(other._names)

    def _refuse_statement(self, text: str) -> None:
        if statement(text) is not None:
            raise QueryError(
                "this is no query",
                hint="session.command(text) runs CREATE VIEW, DROP VIEW, SHOW, SET and RESET",
            )

    def start(self) -> None:
        """Start the cluster now, and wait until it is there."""
        self._thread.submit(self._dask.client()).result()

    @property
    def scheduler_address(self) -> str:
        """Address of the cluster's scheduler; starts the cluster where there is none yet."""
        address: str = self._thread.submit(self._dask.client()).result().scheduler.address
        return address

    def jobs(self) -> tuple[JobRecord, ...]:
        """Return the newest jobs of this job store, newest first."""
        return self._manager.jobs()

    def job(self, job_id: str) -> Job:
        """Return a job by its id.

        Raises
        ------
        JobError
            There is none of this id.
        """
        record = self._manager.record(job_id)
        return Job(self._manager, job_id, record.query.text)

    def close(self) -> None:
        """Stop what runs (its work is kept), end the cluster, release everything. Twice does no harm."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._manager.stop_all()
        self._thread.submit(self._dask.close()).result()
        self._thread.close()
        self._planner.close()
        self._stores.jobs.close()

    def _plan(self, query: Query) -> Plan:
        return self._runner.plan(query)

    def _explain(self, query: Query) -> str:
        plan = self._plan(query)
        forecasts = forecast(plan, self._stores.states, use_cache=query.use_cache)
        return explain(plan, forecasts, speed(self.jobs(), self.cluster))

    def _submit(self, query: Query) -> Job:
        plan = self._plan(query)
        return Job(self._manager, self._manager.submit(replace(query, moment=plan.moment), plan), query.text)


@dataclass(frozen=True, slots=True)
class Relation:
    """A query that has not run: look at its plan, submit it, or ask for the result."""

    session: Session
    query: Query

    def explain(self) -> str:
        """Draw the plan: stages, their SQL, what is to read and what is known. Nothing runs.

        Raises
        ------
        QueryError, SourceError, FileNotFoundError
            The query or its files are at fault.
        """
        return self.session._explain(self.query)  # noqa: SLF001 - a part of the session

    def submit(self) -> Job:
        """Start a job and return it at once; raises as ``explain`` does."""
        return self.session._submit(self.query)  # noqa: SLF001 - a part of the session

    def result(self, timeout: float | None = None) -> Result:
        """Submit, wait and return the result."""
        return self.submit().result(timeout)


class Job:
    """A submitted query: its status, progress, events and, in the end, its result."""

    def __init__(self, manager: JobManager, job_id: str, text: str) -> None:
        self._manager = manager
        self.id = job_id
        self.text = text

    def __repr__(self) -> str:
        """Name the job and its status."""
        return f"<Job {self.id}: {self.status}>"

    def __await__(self) -> Generator[object, None, Result]:
        """Wait for the result without blocking the event loop."""
        return self._ended().__await__()

    def __aiter__(self) -> AsyncIterator[Event]:
        """Iterate over the events from the first on."""
        return self.events()

    @property
    def status(self) -> Status:
        """The job's status."""
        status = self._manager.feed(self.id).status
        return status.status if status is not None else "CREATED"

    @property
    def progress(self) -> ProgressEvent | None:
        """The newest progress."""
        return self._manager.feed(self.id).progress

    def preview(self) -> PreviewEvent | None:
        """Return the newest preview."""
        return self._manager.feed(self.id).preview

    def done(self) -> bool:
        """Tell whether the job has ended, well or not."""
        return self._manager.feed(self.id).ended

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the job has ended; False where ``timeout`` seconds were not enough."""
        return self._manager.feed(self.id).wait(timeout)

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the result.

        Raises
        ------
        JobStoppedError
            The job was stopped.
        TimeoutError
            It did not end within ``timeout`` seconds.
        FusionflowError, OSError
            What the job failed of.
        """
        return self._manager.result(self.id, timeout)

    def stop(self) -> None:
        """Stop the job; returns at once. What it has scanned is kept."""
        self._manager.stop(self.id)

    def rejects(self) -> pa.Table:
        """Return the rejected records: file, byte, line, column, reason, raw."""
        return self._manager.rejects(self.id)

    def events(self, since: int = 0) -> AsyncIterator[Event]:
        """Iterate over durable events after number ``since`` and the newest live ones, to the end."""
        return self._manager.feed(self.id).watch(since)

    async def _ended(self) -> Result:
        async for _ in self.events():
            pass
        return self.result()


class _LazyClient:
    """The session's Dask client: opened by the first job, closed with the session."""

    def __init__(self, address: str, config: Config) -> None:
        self._address = address
        self._config = config
        self._stack = AsyncExitStack()
        self._opening: asyncio.Task[Client] | None = None

    async def client(self, lost: Client | None = None) -> Client:
        """Return the client; a cluster that failed, ended or was ``lost`` is opened anew."""
        opening = self._opening
        if opening is not None and opening.done() and self._broken(opening, lost):
            self._opening = None
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        # Stopping the first job must not tear down the cluster that the second one waits for.
        return await asyncio.shield(self._opening)

    async def close(self) -> None:
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
        await self._stack.aclose()

    @staticmethod
    def _broken(opening: asyncio.Task[Client], lost: Client | None) -> bool:
        if opening.cancelled() or opening.exception() is not None:
            return True
        return opening.result() is lost or opening.result().status != "running"

    async def _open(self) -> Client:
        warming = asyncio.create_task(asyncio.to_thread(warm_up))
        client = await self._connected()
        await warming
        return client

    async def _connected(self) -> Client:
        return await self._stack.enter_async_context(
            open_cluster(
                self._address, workers=self._config.workers, memory_limit=str(self._config.memory_limit)
            )
        )
