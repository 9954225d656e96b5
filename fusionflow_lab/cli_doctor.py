"""``fusionflow doctor``: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from fusionflow_lab.cli_parts import FAILED, AsJson, Cluster, exit_codes
from fusionflow_lab.config import Config
from fusionflow_lab.lazily import Lazy

if TYPE_CHECKING:
    from fusionflow_lab.execution import preflight, shipping
    from fusionflow_lab.execution.preflight import Check
else:
    preflight = Lazy("fusionflow_lab.execution.preflight")
    shipping = Lazy("fusionflow_lab.execution.shipping")


def doctor(
    *,
    cluster: Cluster = "local",
    path: Annotated[
        list[str] | None,
        typer.Option("--path", help="A file or URL that every worker should read.", show_default=False),
    ] = None,
    give: Annotated[
        bool, typer.Option("--give-package", help="First give the workers the package that runs here.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at all that a job needs; exit code 1 where something is missing."""
    with exit_codes():
        config = Config.load()
        checks = list(preflight.look_here(config))
        if cluster != "local" and give:
            shipping.give_package(cluster)
        if cluster != "local":
            checks += preflight.look_at(cluster, config, path or ())
    if as_json:
        typer.echo(json.dumps([{**asdict(check), "ok": check.ok} for check in checks], indent=2))
    else:
        typer.echo("\n".join(map(_line, checks)))
    if not all(check.ok for check in checks):
        raise typer.Exit(FAILED)


def _line(check: Check) -> str:
    head = f"{'✓' if check.ok else '✗'} {check.name}: {check.found}"
    return head if check.ok else f"{head}\n  try: {check.remedy}"
