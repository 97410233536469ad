"""Watch a model in use, and preview what other cut-offs would give."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands import edge

WATCHED = f"Exit status: 0 quiet; 3 drift warning; 4 drift alert; {edge.FAILED}, or a day before training, not judged."


def watch(
    as_of: Annotated[str, typer.Option(help="The day whose snapshot or night is compared, YYYY-MM-DD or today.")],
    out: Annotated[Path | None, typer.Option(help="Folder for page and JSON; default: watch/ in the state.")] = None,
    version: Annotated[str | None, typer.Option(help="A registered version; default: the champion.")] = None,
) -> None:
    """Compare inputs, predictions and outcomes with training; a scheduler hears of drift by the exit status."""
    from experiments.drift.watch import run_watch

    if status := run_watch(edge.settings(), edge.day_of(as_of), out, edge.console, version):
        raise typer.Exit(status)


def preview(
    as_of: Annotated[str, typer.Option(help="The day whose snapshot shows the volume, YYYY-MM-DD.")],
    outcome: Annotated[list[str] | None, typer.Option(help="Default: every outcome of the model.")] = None,
    poor_share: Annotated[
        list[float] | None,
        typer.Option(help="A share of the force, above 0 and below 1; may be given again.", min=0, max=1),
    ] = None,
    cut_off: Annotated[
        list[float] | None, typer.Option(help="A least chance, above 0 and below 1; may be given again.", min=0, max=1)
    ] = None,
    unit_budget: Annotated[
        list[float] | None, typer.Option(help="Most of a unit, above 0 and below 1; may be given again.", min=0, max=1)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="JSON to write.")] = None,
) -> None:
    """What alert volume, precision and recall each way to set the grade poor would give."""
    from experiments.preview_tables import run_preview
    from serving.risk.preview import Preview

    budgets = tuple(poor_share or ()), tuple(cut_off or ()), tuple(unit_budget or ())
    run_preview(edge.settings(), Preview(edge.day_of(as_of), tuple(outcome or ()), *budgets), out, edge.console)
