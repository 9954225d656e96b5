"""``fusionflow cache``: what is kept of earlier scans, and how to get rid of it."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from fusionflow_lab.cli_parts import AsJson, exit_codes, say
from fusionflow_lab.config import Config
from fusionflow_lab.execution.stores import open_stores
from fusionflow_lab.execution.upkeep import keep_up
from fusionflow_lab.results.words import bytes_text, count_text, seconds_text
from fusionflow_lab.states.retention import kept
from fusionflow_lab.storage import scheme_of
from fusionflow_lab.units import bytes_of, seconds_of

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
        if scheme_of(config.store):
            say(
                f"states are kept in {config.store}: a rule of the bucket forgets old ones",
                [],
                as_json=as_json,
            )
            return
        maps = kept(config.store or config.home / "states")
        if as_json:
            say("", [asdict(one) for one in maps], as_json=True)
            return
        for one in maps[:MAPS_SHOWN]:
            ago = seconds_text(max(time.time() - one.used, 0))
            typer.echo(
                f"{one.name[:12]:12}  {bytes_text(one.size):>9}  {count_text(one.states, 'state'):>13}  "
                f"used {ago} ago"
            )
        if len(maps) > MAPS_SHOWN:
            typer.echo(f"… {count_text(len(maps) - MAPS_SHOWN, 'more map')}")
        total = sum(one.size for one in maps)
        states = sum(one.states for one in maps)
        typer.echo(
            f"{bytes_text(total)} in {count_text(states, 'state')} of {count_text(len(maps), 'map')}; "
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
        stores = open_stores(config)
        try:
            done = keep_up(
                config,
                stores,
                max_age=None if max_age is None else seconds_of("--max-age", max_age),
                max_size=None if max_size is None else bytes_of("--max-size", max_size),
            )
        finally:
            stores.jobs.close()
        text = (
            f"deleted {count_text(done.states, 'state')} ({bytes_text(done.size)})"
            f" and {count_text(done.orphans, 'unfinished file')};"
            f" {count_text(done.states_left, 'state')} ({bytes_text(done.size_left)}) stay"
        )
        say(text, asdict(done), as_json=as_json)
