"""Scan what is missing: a window of map tasks in flight, each tried again as its failure asks.

A finished task has put its state into the store; what it returns is a report, and that makes its leaf
arrive. Which failures end the job, which are tried again and where, is decided here and nowhere else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from distributed import KilledWorker
from distributed.client import FutureCancelledError

from fusionflow_lab.errors import (
    AccountError,
    ChunkError,
    FusionflowError,
    QueryError,
    SourceChangedError,
    SourceError,
    StateError,
)
from fusionflow_lab.execution.boundaries import known_starts
from fusionflow_lab.execution.dispatch import MAX_LOSSES, Dispatcher, cluster_lost, outcome
from fusionflow_lab.execution.flights import SOLO_DEATHS, Flight, Waiting, Work, backoff
from fusionflow_lab.execution.merging import Merger
from fusionflow_lab.execution.progress import Listener
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.execution.stragglers import Stragglers
from fusionflow_lab.execution.tasks import MapReport, MapTask
from fusionflow_lab.query import Plan
from fusionflow_lab.states.store import StateStore

MAX_ATTEMPTS = 3
TICK_SECONDS = 0.25

DIED = "its worker died while it was read"


class WidenedError(Exception):
    """Values were met that a sniffed type does not hold: plan again with wider types.

    Parameters
    ----------
    stage
        Name of the stage whose source it is.
    types
        Wider DuckDB type by column ordinal.
    """

    def __init__(self, stage: str, types: dict[int, str]) -> None:
        super().__init__(stage, types)
        self.stage = stage
        self.types = types


class Scan:
    """The map tasks of a plan.

    Parameters
    ----------
    plan
        Whose settings the tasks apply.
    dispatcher
        Sends the tasks.
    merger
        Takes the leaves whose states are there.
    store
        Where the tasks put the states.
    listener
        Is told of chunks that failed.
    allow_failed
        Whether to go on without chunks that kill their workers or cannot be read.
    """

    def __init__(
        self,
        *,
        plan: Plan,
        dispatcher: Dispatcher,
        merger: Merger,
        store: StateStore,
        listener: Listener,
        allow_failed: bool = False,
    ) -> None:
        self._plan = plan
        self._dispatcher = dispatcher
        self._merger = merger
        self._store = store
        self._listener = listener
        self._allow_failed = allow_failed
        self._flights: dict[asyncio.Task[MapReport], Flight] = {}
        self._stragglers = Stragglers()
        self._losses = 0
        self._partly: dict[int, Leaf] = {}

    async def run(self, runs: Sequence[StageRun]) -> None:
        """Scan and merge until every one of these stages has what it needs."""
        while not all(run.satisfied() for run in runs) or not self._merger.idle:
            if not all(run.satisfied() for run in runs):
                sizes = [run.leaves[place].size for run in runs for place in run.waiting()]
                with self._dispatcher.sharing(sum(sizes) // max(len(sizes), 1)):
                    await self._scan_waiting(runs)
            await self._merger.drain()

    def reading(self) -> int:
        """Return the bytes that were read of leaves that have not arrived.

        A task that is run again begins anew, but what was told before stays: progress never goes back.
        """
        for flight in self._flights.values():
            if flight.future is not None:
                leaf = flight.work.leaf
                read = min(self._dispatcher.readings.read(flight.future.key), leaf.size)
                leaf.reading = max(leaf.reading, read)
                self._partly[id(leaf)] = leaf
        self._partly = {place: leaf for place, leaf in self._partly.items() if not leaf.settled}
        return sum(leaf.reading for leaf in self._partly.values())

    async def cancel(self) -> None:
        """Cancel what is in flight."""
        flights, self._flights = self._flights, {}
        await self._cancel(flights)

    async def _cancel(self, flights: dict[asyncio.Task[MapReport], Flight]) -> None:
        for task in flights:
            task.cancel()
        if flights:
            await asyncio.gather(*flights, return_exceptions=True)
            futures = [flight.future for flight in flights.values() if flight.future is not None]
            await self._dispatcher.cancel(futures)

    # -- the window ------------------------------------------------------------------------------

    async def _scan_waiting(self, runs: Sequence[StageRun]) -> None:
        """Keep a window of tasks in flight until every stage has what it needs."""
        waiting = Waiting(Work(run=run, leaf=run.leaves[place]) for run in runs for place in run.waiting())
        await self._dispatcher.connect()
        while not all(run.satisfied() for run in runs):
            self._fill(waiting)
            done, _ = await asyncio.wait(
                [*self._flights, self._merger.task],
                timeout=TICK_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._merger.task in done:
                self._merger.task.result()
            for task in [task for task in self._flights if task in done]:
                await self._land(self._flights.pop(task), task, waiting)
            await self._copy_late()
        await self.cancel()

    def _fill(self, waiting: Waiting) -> None:
        while work := waiting.take(inflight=len(self._flights), window=self._dispatcher.window):
            if not work.run.satisfied():
                work.leaf.attempts += 1
                self._start(Flight(work=work))

    def _start(self, flight: Flight) -> None:
        self._flights[asyncio.create_task(self._fly(flight))] = flight

    async def _fly(self, flight: Flight) -> MapReport:
        """Submit one task and wait for its report."""
        await asyncio.sleep(flight.work.pause)
        run = flight.work.run
        task = MapTask(
            stage=replace(run.stage, source=replace(run.stage.source, files=())),
            map_hash=run.map_hash,
            settings=self._plan.settings,
            chunks=flight.work.leaf.chunks,
            store=self._store.folder,
            broadcast=run.broadcast,
            states=len(run.leaves),
        )
        flight.future = await self._dispatcher.submit(
            task, workers=flight.workers, first=bool(flight.workers)
        )
        flight.begun = time.monotonic()
        self._dispatcher.readings.watch(flight.future.key)
        try:
            return await outcome(flight.future, MapReport)
        finally:
            self._dispatcher.readings.forget(flight.future.key)
            flight.future.release()

    async def _copy_late(self) -> None:
        """Run tasks that are late a second time, on workers that are well; the first one wins."""
        late = time.monotonic() - self._stragglers.limit()
        flights = [
            flight
            for flight in self._flights.values()
            if flight.future is not None and flight.begun < late and not flight.copied and not flight.workers
        ]
        if not flights or any(flight.work.solo for flight in flights):
            return
        workers = await self._dispatcher.workers()
        for flight in flights:
            if flight.future is not None and (
                found := self._stragglers.candidates(flight.future.key, workers)
            ):
                flight.copied = True
                self._start(Flight(work=replace(flight.work, pause=0.0), workers=tuple(found)))

    # -- what came of it -------------------------------------------------------------------------

    async def _land(self, flight: Flight, task: asyncio.Task[MapReport], waiting: Waiting) -> None:
        """Take what came of a flight: a leaf that arrived, work to try again, or the job's end."""
        if flight.work.leaf.settled:
            if not task.cancelled():
                task.exception()  # asked for, so that nobody is told it was not
            return
        try:
            report = task.result()
        except (AccountError, SourceChangedError, FileNotFoundError, PermissionError):
            flight.work.leaf.broken = True
            raise
        except (QueryError, SourceError):
            if not await self._start_over(flight.work):
                flight.work.leaf.broken = True
                raise
            waiting.again(flight.work)
        except (FutureCancelledError, KilledWorker, OSError, FusionflowError) as error:
            if not self._others(flight.work):
                await self._failed(flight, error, waiting)
        else:
            await self._arrived(flight, report)

    async def _arrived(self, flight: Flight, report: MapReport) -> None:
        if report.widened:
            raise WidenedError(flight.work.run.stage.name, dict(report.widened))
        if report.header is None:
            return
        self._losses = 0
        self._stragglers.finished(time.monotonic() - flight.begun)
        run, leaf = flight.work.run, flight.work.leaf
        run.arrived(leaf, report.name, report.header)
        self._merger.put(run, leaf)
        losers = self._others(flight.work)
        self._flights = {task: other for task, other in self._flights.items() if task not in losers}
        await self._cancel(losers)

    def _others(self, work: Work) -> dict[asyncio.Task[MapReport], Flight]:
        """Return what else is in flight for the same leaf."""
        return {task: flight for task, flight in self._flights.items() if flight.work.leaf is work.leaf}

    async def _failed(self, flight: Flight, error: BaseException, waiting: Waiting) -> None:
        """Decide what follows from a failure that is not the query's."""
        work, leaf = flight.work, flight.work.leaf
        match error:
            case FutureCancelledError():
                self._lost(flight, error)
                waiting.again(replace(work, pause=backoff(max(self._losses, 1))))
            case KilledWorker():
                self._listener.chunk_error(leaf, leaf.attempts, DIED)
                await self._suspect(work, waiting)
            case _ if leaf.attempts < MAX_ATTEMPTS:
                self._listener.chunk_error(leaf, leaf.attempts, str(error))
                waiting.again(replace(work, pause=backoff(leaf.attempts)))
            case StateError():
                raise error
            case _:
                self._give_up(work, str(error).split("\n", 1)[0], error)

    def _lost(self, flight: Flight, error: FutureCancelledError) -> None:
        """Forget a cluster whose scheduler forgot our tasks; all tasks of one cluster are one loss."""
        if flight.future is None or not self._dispatcher.lose(flight.future):
            return
        self._losses += 1
        if self._losses >= MAX_LOSSES:
            raise cluster_lost(self._losses) from error

    async def _suspect(self, work: Work, waiting: Waiting) -> None:
        """Run alone what a worker died of; split what does it alone; give up a chunk that does it again."""
        leaf, deaths = work.leaf, work.deaths + work.solo
        if work.solo and len(leaf.chunks) > 1:
            await self._merger.drain()
            for part in work.run.split(leaf):
                waiting.again(Work(run=work.run, leaf=part, solo=True))
            self._merger.forget(work.run)
        elif deaths < SOLO_DEATHS:
            waiting.again(replace(work, solo=True, deaths=deaths, pause=backoff(1 + deaths)))
        else:
            self._give_up(work, f"{DIED}, also alone", None)

    def _give_up(self, work: Work, what: str, error: BaseException | None) -> None:
        """End the job for a chunk, or go on without it where that is allowed.

        Raises
        ------
        ChunkError
            It is not allowed.
        """
        leaf = work.leaf
        self._listener.chunk_error(leaf, leaf.attempts, what)
        if not self._allow_failed:
            leaf.broken = True
            raise ChunkError(
                f"a chunk failed {leaf.attempts} times: {what}",
                where=leaf.where,
                hint="look at these bytes; --allow-failed-chunks finishes the job without them",
            ) from error
        work.run.fail(leaf)
        self._listener.unread(leaf, what)

    async def _start_over(self, work: Work) -> bool:
        """Give a failed leaf proven record starts; False where it had them and failed all the same.

        A wrongly believed start shows the map rows that are not in the file, and such rows may fail.
        """
        leaf = work.leaf
        if all(block.start is not None for chunk in leaf.chunks for block in chunk.blocks):
            return False
        locate = self._dispatcher.locator(work.run.stage.source)
        work.run.restart([leaf], await known_starts(leaf.chunks, locate))
        return True
