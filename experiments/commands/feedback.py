"""The service's own log of suggestions and feedback."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands import edge

feedback_app = typer.Typer(no_args_is_help=True, help="The service's own log of suggestions and feedback.")


@feedback_app.command("prune")
def feedback_prune(
    as_of: Annotated[str, typer.Option(help="The day by which age is counted, YYYY-MM-DD.")],
    officer: Annotated[str | None, typer.Option(help="Also forget everything about this officer.")] = None,
) -> None:
    """Delete suggestions, feedback and plans that policy no longer keeps, and those of officers who left."""
    from data_contracts.policy import policy
    from models.audit import has_come
    from serving.feedback.pruning import prune

    deleted = prune(edge.settings(), policy(), has_come(edge.settings(), edge.day_of(as_of)), officer)
    edge.console.print("deleted " + ", ".join(f"{number} {name}" for name, number in deleted.items()), highlight=False)
