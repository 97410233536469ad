"""Warnings as cases, people's rights, and the database that keeps both."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands import edge
from experiments.progress import steps

review_app = typer.Typer(no_args_is_help=True, help="Warnings as cases: opened by a night, ended by people or time.")
database_app = typer.Typer(no_args_is_help=True, help="The service's database of keys, audit lines, cases and rights.")


@review_app.command("open")
def review_open() -> None:
    """Open the cases of the night in force; `pharos score` does it too, and a second time does nothing."""
    from serving.review.commands import open_of_last_night

    open_of_last_night(edge.settings(), edge.console)


@review_app.command("expire")
def review_expire(
    as_of: Annotated[str, typer.Option(help="Warnings that expire by this day end, YYYY-MM-DD or today.")],
) -> None:
    """End the warnings whose time is over; a scheduler's job, once a day."""
    from serving.review.commands import expire

    expire(edge.settings(), edge.day_of(as_of), edge.console)


@review_app.command("retain")
def review_retain(
    as_of: Annotated[str, typer.Option(help="The day that retention is counted from, YYYY-MM-DD or today.")],
) -> None:
    """Delete cases and rows of the service's log that policy keeps no longer."""
    from serving.review.commands import keep_retention

    keep_retention(edge.settings(), edge.day_of(as_of), edge.console)


@review_app.command("proof")
def review_proof(file: Annotated[Path, typer.Argument(help="A proof that `pharos erase` wrote.")]) -> None:
    """Check that this deployment signed a proof of erasure, and say what it says."""
    from serving.review.commands import check_proof

    check_proof(edge.settings(), file, edge.console)


def erase(officer_id: Annotated[str, typer.Argument(help="The officer.")]) -> None:
    """Erase an officer everywhere, keep an old export from bringing them back, and write a signed proof of it."""
    from serving.review.commands import erase_officer
    from serving.review.erasure import steps_of

    with steps(edge.console, "erase", steps_of(edge.settings()), line_seconds=0.0) as bar:  # each may wait, so is told
        erase_officer(edge.settings(), officer_id, edge.console, bar.say)


@database_app.command("upgrade")
def database_upgrade() -> None:
    """Bring the service's database to the shape of this checkout; an SQLite file is copied first."""
    from serving.review.commands import upgrade_database

    upgrade_database(edge.settings(), edge.console)


@database_app.command("move")
def database_move(
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            envvar="PHAROS_DATABASE_URL_BEFORE",
            help="Address of the database until now, where it needs a password (better in the variable).",
        ),
    ] = None,
) -> None:
    """Take keys, opt-outs, cases and the audit chain to the database that PHAROS_DATABASE_URL names, or back (unset).

    All or nothing, compared row by row, the chain verified there; an empty target is needed. Stop the service first.
    """
    from models.audit import now_of
    from serving.upgrading.moving import move

    use = edge.settings()
    for sentence in move(use, now_of(use), source).sentences:
        edge.aloud(sentence)
