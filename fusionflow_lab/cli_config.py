"""``fusionflow config``: the settings in force, and where each comes from."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from fusionflow_lab.cli_parts import AsJson, exit_codes
from fusionflow_lab.config import Config, settings
from fusionflow_lab.config_text import config_text, example_environment, shown_value

configs = typer.Typer(
    help="Look at the settings: default < file < environment < traitlets < option.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@configs.command("show")
def show(
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each setting comes from.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the settings in force."""
    with exit_codes():
        config = Config.load()
        values = {setting.name: shown_value(config, setting.name) for setting in settings()}
        if as_json:
            rows = {
                name: {"value": value, "origin": config.origins[name]} if origin else value
                for name, value in values.items()
            }
            typer.echo(json.dumps(rows, indent=2))
            return
        typer.echo(config_text(config, origin=origin))


@configs.command("example")
def example() -> None:
    """Print every setting as an environment variable, with its meaning and default."""
    typer.echo(example_environment(), nl=False)
