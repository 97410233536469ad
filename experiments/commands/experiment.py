"""Studies: run one in one go, see which there are, and compare what they found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands import edge

experiment_app = typer.Typer(
    no_args_is_help=True, help="Studies: settings searched, models tested and compared, all in one go; resumable."
)


@experiment_app.command("run")
def experiment_run(
    name: Annotated[str, typer.Argument(help="A committed study, or the path of a .toml.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the export, where the study reads one.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that search settings; default: as the study says.", min=1, max=64)
    ] = None,
) -> None:
    """Search, test, compare, train and log one study; killed, it goes on where it was."""
    from experiments.studies.reading import read_study
    from experiments.studies.run import Asked
    from experiments.studies.running import run_study

    run_study(Asked(read_study(name), edge.settings(), data, workers), edge.console)


@experiment_app.command("list")
def experiment_list() -> None:
    """The committed studies, what each asks, and whether it was run in this state."""
    from experiments.studies.listing import as_table

    edge.console.print(as_table(edge.settings()))


def compare(
    names: Annotated[
        list[str] | None, typer.Argument(help="Studies, or STUDY/MODEL; default: the one that was run.")
    ] = None,
    study: Annotated[str | None, typer.Option(help="Every model of this study.")] = None,
    against: Annotated[str, typer.Option(help="What differences are from: baseline, best, or a model.")] = "baseline",
    out: Annotated[Path | None, typer.Option(help="Folder for page and pictures; default: in the state.")] = None,
    log: Annotated[bool, typer.Option("--log/--no-log", help="Keep page and pictures in MLflow too.")] = True,
) -> None:
    """Print and draw the leaderboard: paired intervals over officers, figures by test day, and cost."""
    from experiments.studies.comparing import Wanted, compared, show
    from experiments.studies.record import record_comparison

    asked = [*(names or ()), *([study] if study else ())]
    found = compared(Wanted(edge.settings(), asked, against, out))
    show(found, edge.console)
    if log:
        edge.aloud(f"MLflow run {record_comparison(edge.settings(), found)}")
