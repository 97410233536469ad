"""From an earlier version's state folder to this one's."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands import edge


def upgrade(
    check: Annotated[bool, typer.Option("--check", help="Only say what there is and what would be done.")] = False,
    restore: Annotated[
        str | None, typer.Option(help="Go back to a copy: the name of a folder under backups/ in the state folder.")
    ] = None,
    without_later: Annotated[
        bool,
        typer.Option("--without-later", help="With --restore: let opt-outs, revoked keys and cases of later days go."),
    ] = False,
    server_copied: Annotated[
        bool, typer.Option("--server-copied", help="The service database on a server was copied by its keeper.")
    ] = False,
) -> None:
    """Bring the state folder forward to this version: a verified copy first; safe to run again after anything."""
    from models.audit import now_of
    from serving.builders import builders
    from serving.upgrading import going_back, tables, upgrade

    use = edge.settings()
    if restore is not None:
        for sentence in going_back.restore(use, restore, now_of(use), without_later=without_later).sentences:
            edge.aloud(sentence)
        return
    made = builders()
    done = upgrade.look(use, made) if check else upgrade.upgrade(use, now_of(use), made, server_copied=server_copied)
    edge.console.print(tables.parts_table(done))
    for sentence in tables.sentences(done, checked_only=check):
        edge.aloud(sentence)
