"""How Alembic runs our revisions: on the connection that it was given, in the transaction that is open."""

from __future__ import annotations

from alembic import context

from data_contracts.migrations import VERSION


def run() -> None:
    """Run what was asked for."""
    connection = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("revisions are run by `pharos database upgrade`, which opens the database")
    context.configure(connection=connection, version_table=VERSION.name)
    context.run_migrations()


if hasattr(context, "config"):  # only Alembic loads this with a context; walking over the modules does nothing
    run()
