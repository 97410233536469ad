"""Search settings of models on validation time only."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands import edge

tune_app = typer.Typer(no_args_is_help=True, help="Search settings on validation time only; resumable.")


@tune_app.command("risk")
def tune_risk(
    as_of: Annotated[str, typer.Option(help="The day it would be trained on, YYYY-MM-DD; nothing later is seen.")],
    trials: Annotated[
        int, typer.Option(help="Settings to judge in all, those of earlier calls included.", min=1, max=10_000)
    ] = 30,
) -> None:
    """Search settings of the risk model on validation time; `pharos train risk` then uses the best."""
    from training.tuning.spaces import tune

    edge.console.print(tune("risk", edge.settings(), edge.day_of(as_of), trials, edge.console))


@tune_app.command("next-post")
def tune_next_post(
    as_of: Annotated[str, typer.Option(help="The day it would be trained on, YYYY-MM-DD; nothing later is seen.")],
    trials: Annotated[
        int, typer.Option(help="Settings to judge in all, those of earlier calls included.", min=1, max=10_000)
    ] = 30,
) -> None:
    """Search settings of the next-post model on validation time; `pharos train next-post` then uses the best."""
    from training.tuning.spaces import tune

    edge.console.print(tune("next-post", edge.settings(), edge.day_of(as_of), trials, edge.console))


@tune_app.command("concerns")
def tune_concerns(
    as_of: Annotated[str, typer.Option(help="The day it stands under, YYYY-MM-DD; only phrases are learned from.")],
    trials: Annotated[
        int, typer.Option(help="Settings to judge in all, those of earlier calls included.", min=1, max=10_000)
    ] = 20,
    challenger: Annotated[bool, typer.Option(help="Search the network that challenges it.")] = False,
) -> None:
    """Search settings of the sorting of concerns on held-out phrases; `pharos train concerns` then uses the best."""
    from training.tuning.spaces import tune

    name = "concerns-challenger" if challenger else "concerns"
    edge.console.print(tune(name, edge.settings(), edge.day_of(as_of), trials, edge.console))
