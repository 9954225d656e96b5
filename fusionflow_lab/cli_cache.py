"""``fusionflow cache``: what is kept of earlier scans, and how to get rid of it."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from fusionflow_lab.cli_parts import AsJson, exit_codes, say
from fusionflow_lab.config import Config
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.units import bytes_of, seconds_of

if TYPE_CHECKING:
    from fusionflow_lab import storage
    from fusionflow_lab.execution import stores, upkeep
    from fusionflow_lab.results import words
    from fusionflow_lab.states import retention
else:
    stores = Lazy("fusionflow_lab.execution.stores")
    upkeep = Lazy("fusionflow_lab.execution.upkeep")
    words = Lazy("fusionflow_lab.results.words")
    retention = Lazy("fusionflow_lab.states.retention")
    storage = Lazy("fusionflow_lab.storage")


MAPS_SHOWN = 20

cache = typer.Typer(
    help="Look at what is kept of earlier scans, and get rid of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@cache.command("list")
def list_states(*, as_json: AsJson = False) -> None:
    """Print the maps whose states are kept, those used last first."""
    with exit_codes():
        config = Config.load()
        if storage.scheme_of(config.store):
            say(
                f"states are kept in {config.store}: a rule of the bucket forgets old ones",
                [],
                as_json=as_json,
            )
            return
        maps = retention.kept(config.store or config.home / "states")
        if as_json:
            say("", [asdict(one) for one in maps], as_json=True)
            return
        for one in maps[:MAPS_SHOWN]:
            ago = words.seconds_text(max(time.time() - one.used, 0))
            typer.echo(
                f"{one.name[:12]:12}  {words.bytes_text(one.size):>9}  "
                f"{words.count_text(one.states, 'state'):>13}  used {ago} ago"
            )
        if len(maps) > MAPS_SHOWN:
            typer.echo(f"… {words.count_text(len(maps) - MAPS_SHOWN, 'more map')}")
        total = sum(one.size for one in maps)
        states = sum(one.states for one in maps)
        typer.echo(
            f"{words.bytes_text(total)} in {words.count_text(states, 'state')}"
            f" of {words.count_text(len(maps), 'map')}; "
            f"kept {config.cache_max_age} after their last use, up to {config.cache_max_size}"
        )


@cache.command("gc")
def gc(
    *,
    max_age: Annotated[
        str | None, typer.Option("--max-age", metavar="AGE", help="Keep what was used since: 30d, 12h.")
    ] = None,
    max_size: Annotated[
        str | None, typer.Option("--max-size", metavar="SIZE", help="Keep that much: 20GB, 500 MB.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Delete states that were not used for long or take too much. Those of live jobs stay."""
    with exit_codes():
        config = Config.load()
        opened = stores.open_stores(config)
        try:
            done = upkeep.keep_up(
                config,
                opened,
                max_age=None if max_age is None else seconds_of("--max-age", max_age),
                max_size=None if max_size is None else bytes_of("--max-size", max_size),
            )
        finally:
            opened.jobs.close()
        text = (
            f"deleted {words.count_text(done.states, 'state')} ({words.bytes_text(done.size)})"
            f" and {words.count_text(done.orphans, 'unfinished file')};"
            f" {words.count_text(done.states_left, 'state')} ({words.bytes_text(done.size_left)}) stay"
        )
        say(text, asdict(done), as_json=as_json)
