"""Follow up on what officers, families and the community raised."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands import edge

concerns_app = typer.Typer(no_args_is_help=True, help="Concerns: what stays open, and whom it should go to.")


@concerns_app.command("follow-up")
def follow_up(
    as_of: Annotated[str, typer.Option(help="The day that it is asked about, YYYY-MM-DD.")],
    top: Annotated[int, typer.Option(help="Lines shown, most pressing first.", min=1, max=10_000)] = 40,
) -> None:
    """List the open concerns that should go further by now, most pressing first; a scheduler's job, once a day."""
    from serving.concerns.follow_up import follow_up
    from serving.concerns.telling import as_table

    day = edge.day_of(as_of)
    edge.console.print(as_table(follow_up(edge.settings(), day), day, top))
