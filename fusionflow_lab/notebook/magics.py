"""The magics: ``%%fusionflow`` runs a cell as a job, ``%fusionflow`` runs one line or looks after jobs.

Thin: they parse the line, call the session and hand the job to a screen. ``load_ipython_extension`` is what
``%load_ext fusionflow_lab`` calls.
"""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType

import pyarrow as pa
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from fusionflow_lab.api import Job, Relation, Session
from fusionflow_lab.errors import QueryError
from fusionflow_lab.notebook.awaiting import AwaitingCells
from fusionflow_lab.notebook.blocking import run_blocking
from fusionflow_lab.notebook.commands import Commands
from fusionflow_lab.notebook.completion import CellMatcher
from fusionflow_lab.notebook.display import screen_for
from fusionflow_lab.notebook.ending import kernel_ends
from fusionflow_lab.notebook.failure import without_traceback
from fusionflow_lab.notebook.interacting import Interactions, cell_key, controls_of
from fusionflow_lab.notebook.options import CellOptions, help_text, parse_line
from fusionflow_lab.notebook.sessions import Sessions
from fusionflow_lab.notebook.values import given_params
from fusionflow_lab.planning.statement import explained, statement
from fusionflow_lab.results.follow import run_job, submitted
from fusionflow_lab.results.message import USER_ERRORS
from fusionflow_lab.results.result import Result
from fusionflow_lab.traits import FusionFlow


@magics_class
class FusionflowMagics(Magics):
    """``%fusionflow`` and ``%%fusionflow``, and the session they use.

    Parameters
    ----------
    shell
        The shell they are registered in.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._settings = FusionFlow(config=shell.config)
        shell.configurables.append(self._settings)  # type: ignore[arg-type]
        self._sessions = Sessions(self._settings.given)
        self._commands = Commands(self._sessions, shell.user_ns, self._follow)
        self._interactions = Interactions()
        self._awaiting = AwaitingCells(shell)
        self._matcher = CellMatcher(lambda: self._sessions.get(None, None), shell.user_ns)

    @no_var_expand
    @line_cell_magic
    def fusionflow(self, line: str, cell: str | None = None) -> object:
        """Run SQL over files on a Dask cluster."""
        if cell is not None:
            return run_blocking(self._cell(line, cell, awaits=False))
        with _plain_errors(verbose=False):
            known, answer = self._commands.run(line)
            if known:
                return answer
            return self._run_line(line)

    async def awaited(self, line: str, cell: str) -> None:
        """Run a cell from an event loop; what a ``%%fusionflow`` cell calls."""
        await self._cell(line, cell, awaits=True)

    async def _cell(self, line: str, cell: str, *, awaits: bool) -> None:
        with _plain_errors(verbose="--verbose" in line.split()):
            options = parse_line(line)
            text = _cell_text(options, cell)
            self._interactions.release(cell_key(self._shell, text))
            query = explained(text)
            if statement(text) is not None:
                self._show(await asyncio.to_thread(self._command, options, text), options)
                return
            if options.save:
                await asyncio.to_thread(self._save, options, text)
                if not options.execute:
                    _print(f"view {options.save} is made")
                    return
            if query is not None or options.dry_run:
                wanted = text if query is None else query
                _print(await asyncio.to_thread(self._explain, options, wanted))
            elif options.detach:
                await self._detach(options, text)
            elif options.interact:
                await self._interact(options, text)
            else:
                await self._run(options, text, awaits=awaits)

    @property
    def session(self) -> Session:
        """The session of the cells; made with the first use."""
        return self._sessions.get(None, None)

    def register(self) -> None:
        """Put the magics into the shell."""
        self._shell.register_magics(self)
        self._awaiting.register()
        self._shell.Completer.custom_matchers.append(self._matcher.match)
        atexit.register(self._sessions.close)
        self._sessions.prepare()

    def unregister(self) -> None:
        """Take the magics out of the shell and close the session."""
        atexit.unregister(self._sessions.close)
        self._awaiting.unregister()
        self._shell.Completer.custom_matchers.remove(self._matcher.match)
        self._shell.configurables.remove(self._settings)  # type: ignore[arg-type]
        manager = self._shell.magics_manager
        self._interactions.close()
        manager.registry.pop(type(self).__name__, None)
        for kind in ("line", "cell"):
            manager.magics[kind].pop("fusionflow", None)
        self._sessions.close()

    def _relation(
        self, options: CellOptions, text: str, values: Mapping[str, object] = MappingProxyType({})
    ) -> Relation:
        session = self._sessions.get(options.cluster, options.workers)
        return session.sql(
            text,
            params={**given_params(options.params, self._shell.user_ns), **values},
            scope=self._shell.user_ns,
            name=options.name,
            use_cache=options.cache,
            allow_failed_chunks=options.allow_failed_chunks,
            max_errors=options.max_errors,
        )

    def _command(self, options: CellOptions, text: str) -> pa.Table | str | None:
        session = self._sessions.get(options.cluster, options.workers)
        return session.command(text, scope=self._shell.user_ns)

    def _save(self, options: CellOptions, text: str) -> None:
        session = self._sessions.get(options.cluster, options.workers)
        session.create_view(options.save, text, replace=True, scope=self._shell.user_ns)

    def _show(self, said: pa.Table | str | None, options: CellOptions) -> None:
        if isinstance(said, pa.Table):
            result = Result(table=said)
            self._shell.display_pub.publish(result._repr_mimebundle_())
            if options.result:
                self._shell.user_ns[options.result] = result
        elif said and not options.quiet:
            _print(said)

    def _submitter(self, options: CellOptions, text: str) -> Callable[[], Job]:
        def submit() -> Job:
            job = self._relation(options, text).submit(priority=options.priority, reuse=True)
            self._sessions.add(job)
            if options.result:
                self._shell.user_ns[options.result] = job
            return job

        return submit

    async def _run(self, options: CellOptions, text: str, *, awaits: bool) -> None:
        screen = screen_for(self._shell, options, find=self._sessions.job, awaits=awaits)
        ends = partial(kernel_ends, self._shell)
        result = await run_job(self._submitter(options, text), screen, name=options.name, ends=ends)
        if options.result:
            self._shell.user_ns[options.result] = result

    async def _interact(self, options: CellOptions, text: str) -> None:
        relation = await asyncio.to_thread(self._relation, options, text)
        given = {**self._shell.user_ns, **given_params(options.params, self._shell.user_ns)}
        controls = controls_of([each.name for each in relation.query.parameters], given)

        def keep(job: Job) -> None:
            if options.result:
                self._shell.user_ns[options.result] = job.result()

        ask = partial(self._relation, options, text)
        box = await asyncio.to_thread(
            self._interactions.open, cell_key(self._shell, text), ask, controls, keep
        )
        self._sessions.add(box.job)
        box.show()
        silent = screen_for(self._shell, CellOptions(quiet=True))
        result = await run_job(lambda: box.job, silent, ends=partial(kernel_ends, self._shell))
        if options.result:
            self._shell.user_ns[options.result] = result

    async def _detach(self, options: CellOptions, text: str) -> None:
        job = await submitted(self._submitter(options, text))
        if not options.quiet:
            held = f"{options.result} holds it" if options.result else f"job = %fusionflow job {job.id}"
            _print(f"job {job.id} runs; {held}")

    def _explain(self, options: CellOptions, text: str) -> str:
        return self._relation(options, text).explain()

    def _run_line(self, text: str) -> object:
        options = CellOptions()
        query = explained(text)
        if query is not None:
            _print(self._explain(options, query))
            return None
        if statement(text) is not None:
            self._show(self._command(options, text), options)
            return None
        return self._follow(self._submitter(options, text), leave=False)

    def _follow(self, find: Callable[[], Job], *, leave: bool) -> object:
        """Show a job under one line of code; its rows are shown as the line's value."""
        screen = screen_for(self._shell, CellOptions(), table=False, find=self._sessions.job)
        ends = partial(kernel_ends, self._shell)
        return run_blocking(run_job(find, screen, leave=leave, ends=ends))


FusionflowMagics.fusionflow.__doc__ = help_text()


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; loading twice leaves the ones that are there."""
    if FusionflowMagics.__name__ not in shell.magics_manager.registry:
        FusionflowMagics(shell).register()


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics out again and close their session."""
    magics = shell.magics_manager.registry.get(FusionflowMagics.__name__)
    if isinstance(magics, FusionflowMagics):
        magics.unregister()


def _print(text: str) -> None:
    print(text)  # noqa: T201 - this is the cell's output


def _cell_text(options: CellOptions, cell: str) -> str:
    if options.file is None:
        if not cell.strip():
            raise QueryError("the cell holds no SQL", hint="write a SELECT below the first line, or -f FILE")
        return cell
    if cell.strip():
        raise QueryError("the cell holds SQL, and -f names a file of SQL", hint="leave one of them out")
    return options.file.read_text(encoding="utf-8")


@contextmanager
def _plain_errors(*, verbose: bool) -> Iterator[None]:
    try:
        yield
    except USER_ERRORS as error:
        if not verbose:
            without_traceback(error)
        raise
