"""Keys of the systems that may ask the service, and the chain of who read what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands import edge

if TYPE_CHECKING:
    from data_contracts.audit.search import Sought

keys_app = typer.Typer(no_args_is_help=True, help="API keys of the systems that may ask the service.")
audit_app = typer.Typer(no_args_is_help=True, help="The chain of who read, decided or changed what.")


@keys_app.command("add")
def keys_add(
    name: Annotated[str, typer.Argument(help="The system or person that will hold the key.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it opens, such as recommend:read; repeatable; with --officer all by itself."),
    ] = None,
    unit: Annotated[list[str] | None, typer.Option(help="A unit it may see, with all under it; repeatable.")] = None,
    all_units: Annotated[bool, typer.Option("--all-units", help="It may see the whole force.")] = False,
    officer: Annotated[
        str | None, typer.Option(help="The id of an officer whose own key it is: it opens what concerns them alone.")
    ] = None,
    system: Annotated[
        bool, typer.Option("--system", help="A program holds it, such as a nightly job: no case is assigned to it.")
    ] = False,
    days: Annotated[int, typer.Option(help="Days until it expires.", min=1, max=730)] = 365,
) -> None:
    """Make a key and print it once; only its hash is kept."""
    from serving.access.commands import Opens, add_key

    opens = Opens(tuple(scope or ()), None if all_units else tuple(unit or ()), officer, system)
    add_key(edge.settings(), name, opens, days, edge.console)


@keys_app.command("list")
def keys_list() -> None:
    """Every key ever made: whose, a person's or a program's, what it opens, until when; never the key itself."""
    from serving.access.commands import list_keys

    list_keys(edge.settings(), edge.console)


@keys_app.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(help="The id, as the list shows it.")]) -> None:
    """Close a key for good; a running service refuses it within seconds."""
    from serving.access.commands import revoke_key

    revoke_key(edge.settings(), key_id, edge.console)


@audit_app.command("verify")
def audit_verify(
    head: Annotated[
        list[str] | None, typer.Option(help="A head that was kept elsewhere, as printed; repeatable.")
    ] = None,
) -> None:
    """Walk the whole chain and name the first line that is not what was written; exit status 1 if there is one."""
    from data_contracts.audit.heads import Head
    from models.audit import verify

    found = verify(edge.settings(), [Head.from_json(text) for text in head or ()])
    for accepted in found.accepted:
        edge.errors.print(accepted.sentence, markup=False, highlight=False, soft_wrap=True)
    if not found.good:
        edge.errors.print(f"line {found.first_bad:,}: {found.why}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)
    but = f", but for {len(found.accepted):,} accepted breaks" if found.accepted else ""
    edge.console.print(f"{found.lines:,} lines, and each is what was written{but}", highlight=False)


@audit_app.command("head")
def audit_head() -> None:
    """Print the signed head of the chain, to be kept where nobody who can change the chain can reach it."""
    from models.audit import newest_head

    edge.aloud(newest_head(edge.settings()).to_json())


@audit_app.command("search")
def audit_search(
    officer: Annotated[str | None, typer.Option(help="Lines about this officer, by their id.")] = None,
    unit: Annotated[str | None, typer.Option(help="Lines that name this unit.")] = None,
    by: Annotated[str | None, typer.Option(help="Who did it: a key's id, or the whole actor, as key:ID.")] = None,
    action: Annotated[list[str] | None, typer.Option(help="What was done, as risk_read; repeatable.")] = None,
    request: Annotated[str | None, typer.Option(help="The request id of an answer.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="From this day on (UTC), YYYY-MM-DD.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Up to this day (UTC), YYYY-MM-DD.")] = None,
    limit: Annotated[
        int, typer.Option(help="How many of the newest are shown; a file gets all.", min=1, max=100_000)
    ] = 50,
    out: Annotated[Path | None, typer.Option(help="A new CSV file for all lines found.")] = None,
) -> None:
    """Who read, decided or changed what: lines of the chain, newest last. The search is a line of its own."""
    from experiments.advice.audit_search import show
    from models.audit import search

    found = search(edge.settings(), _sought(unit, by, action, request, (first, last)), officer, to_file=out is not None)
    show(found, limit, out, edge.console)


def _sought(
    unit: str | None,
    by: str | None,
    actions: list[str] | None,
    request: str | None,
    days: tuple[str | None, str | None],
) -> Sought:
    from data_contracts.audit.search import Sought, actions_of

    first, last = (None if day is None else edge.day_of(day) for day in days)
    return Sought(frozenset(), unit, by, actions_of(actions or ()), request, first, last)


@audit_app.command("accept")
def audit_accept(
    reason: Annotated[str, typer.Option(help="Why the break may stand, in a sentence.")],
    by: Annotated[str, typer.Option(help="Who answers for this.")],
    head: Annotated[
        list[str] | None, typer.Option(help="A head that was kept elsewhere of lines that are gone; repeatable.")
    ] = None,
) -> None:
    """Accept by name that lines are gone or changed: the chain takes lines again, and `verify` tells it for ever."""
    from data_contracts.audit.heads import Head
    from models.audit import accept_break

    told = accept_break(edge.settings(), reason, by, [Head.from_json(text) for text in head or ()])
    edge.aloud(f"accepted, and on record for good: {told}")
