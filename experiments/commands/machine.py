"""Walk the whole way on this machine, and see what it lacks."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from experiments.commands import edge


def _told_version(asked: bool) -> None:
    if asked:
        edge.console.print(f"pharos {metadata.version('pharos')}", highlight=False)
        raise typer.Exit


def version(
    asked: Annotated[
        bool, typer.Option("--version", help="Say the version and stop.", callback=_told_version, is_eager=True)
    ] = False,
) -> None:
    """What stands before every command."""


def demo(
    source: Annotated[str, typer.Option(help="simulator, chicago or new_york.")] = "simulator",
    data: Annotated[Path | None, typer.Option(help="Folder of a city's export.")] = None,
    officers: Annotated[int, typer.Option(help="Strength of the simulated force.", min=1, max=1_000_000)] = 3000,
    years: Annotated[int, typer.Option(help="Simulated years of records.", min=1, max=60)] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bureau.", min=0, max=2**32 - 1)] = 7,
    keep_serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Leave the service running.")] = True,
) -> None:
    """Walk the whole way: histories, features, training, the gate, the night, and a first answer over HTTP."""
    from experiments.demo import DemoPlan, run_demo

    run_demo(DemoPlan(source, data, officers, years, seed, keep_serving), edge.settings(), edge.console)


def doctor() -> None:
    """Look at this machine and this state, and say what each lack costs; exit status 1 if the way is blocked."""
    from experiments import missing_tables
    from experiments.doctor import as_table, examine

    settings = edge.settings()
    findings = examine(settings)
    edge.console.print(as_table(findings))
    if settings.history_dir.exists():
        edge.console.print(missing_tables.as_table(missing_tables.standings(settings)))
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)
