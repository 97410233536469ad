"""Grade the force each night, and what became of the nights."""

from __future__ import annotations

from typing import Annotated

import typer

from data_contracts.errors import PharosError
from experiments.commands import edge

night_app = typer.Typer(no_args_is_help=True, help="What became of the nights' scoring runs.")


def score(
    as_of: Annotated[
        str | None, typer.Option(help="The day whose snapshot is graded, YYYY-MM-DD; default: the newest, if fresh.")
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="What is so this time: late, smaller, larger or unit_gone; repeatable.")
    ] = None,
) -> None:
    """Grade every officer in a snapshot, publish the result whole, and put it in force; a second run does nothing."""
    from serving.builders import builders
    from serving.night.exits import exit_of
    from serving.night.nightly import NightAsked, score_night
    from serving.night.tables import as_table

    try:
        asked = NightAsked.of(None if as_of is None else edge.day_of(as_of), accept or ())
        report = score_night(asked, edge.settings(), builders(), edge.console)
    except PharosError as error:
        edge.tell(error)
        raise typer.Exit(exit_of(error)) from error
    edge.console.print(as_table(report))
    raise typer.Exit(exit_of(report))


@night_app.command("runs")
def night_runs(last: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=100_000)] = 20) -> None:
    """Every run of the night: when, by which model, what became of it and why."""
    from functools import partial

    from models.audit import now_of
    from serving.night.run_table import run_table
    from serving.night.tables import runs_table

    edge.console.print(runs_table(run_table(edge.settings(), partial(now_of, edge.settings())).all(), last))
