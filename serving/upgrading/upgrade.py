"""What `pharos upgrade` does: look, copy, bring each part forward, say which models must be trained again, and delete
the copies that policy keeps no longer.

Each step is whole or not at all, and a part that is current is left alone: killed at any moment, the command is run
again and goes on. What was before the first step lies in the backup that every message names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from data_contracts import service_log
from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import NotReady, PharosError, Refused
from data_contracts.local_time import local_day
from data_contracts.policy import policy
from data_contracts.private import tighten
from data_contracts.settings import Settings
from features.history import History
from models import registry_shape
from models.audit import mark_begun
from serving.loading import Builders
from serving.upgrading import backup
from serving.upgrading.copies import delete_ended
from serving.upgrading.fitting import Fit, champions
from serving.upgrading.parts import Part, Standing, missing_in_log, parts
from serving.upgrading.quiet import nobody_else


@dataclass(frozen=True)
class Outcome:
    """The parts as they were found, the copy that was made (None: nothing had to change), the champions, the
    earlier copies that were deleted, and what others could look into until now.
    """

    found: list[Part]
    copy: Path | None
    models: list[Fit]
    ended: list[str] = field(default_factory=list)
    tightened: list[Path] = field(default_factory=list)

    @property
    def behind(self) -> list[Part]:
        """What is or was to be brought forward."""
        return [part for part in self.found if part.standing is Standing.BEHIND]


def look(settings: Settings, builders: Builders) -> Outcome:
    """What an upgrade would do; changes nothing. Models are told once their registry can be read."""
    _check_state(settings)
    found = parts(settings)
    registry = next(part for part in found if part.name.startswith("registry"))
    readable = registry.standing is Standing.CURRENT
    return Outcome(found, None, champions(settings, builders) if readable else [])


def upgrade(settings: Settings, moment: datetime, builders: Builders, *, server_copied: bool = False) -> Outcome:
    """Bring a state folder forward, a copy first.

    Raises Refused where a later version left it or a server's database was not copied by its keeper, LockHeld while
    somebody uses it, NotReady naming the step that failed and the copy.
    """
    _check_state(settings)
    with nobody_else(settings):
        tightened = _tightened(settings)
        found = parts(settings)
        behind = [part for part in found if part.standing is Standing.BEHIND]
        _check_allowed(settings, found, server_copied)
        copy = backup.copied(settings, moment) if behind else None
        for part in behind:
            _step(settings, part, copy)
    ended = delete_ended(settings, policy(), local_day(moment), moment)
    return Outcome(found, copy, champions(settings, builders), ended, tightened)


def _check_state(settings: Settings) -> None:
    if not settings.state.is_dir():
        raise NotReady(f"there is no state at {settings.state}; set PHAROS_STATE to the folder to be upgraded")


def _tightened(settings: Settings) -> list[Path]:
    try:
        return tighten(settings.state)
    except OSError as error:
        raise NotReady(f"{error.filename} is not this user's to close to others; let its owner run it") from error


def _check_allowed(settings: Settings, found: list[Part], server_copied: bool) -> None:
    if ahead := [part.name for part in found if part.standing is Standing.AHEAD]:
        raise Refused(f"{', '.join(ahead)}: a later version left this; start that one, nothing was changed")
    service = next(part for part in found if part.name == "service database")
    on_server = Database(settings.service_url, service.name).file is None
    if service.standing is Standing.BEHIND and on_server and not server_copied:
        raise Refused(
            "the service database stands on a server, which no copy here reaches; copy it with pg_dump, then run "
            "`pharos upgrade --server-copied`"
        )


def _step(settings: Settings, part: Part, copy: Path | None) -> None:
    try:
        STEPS[part.name](settings)
    except (PharosError, sa.exc.SQLAlchemyError, OSError, ValueError) as error:
        told = str(error) if isinstance(error, PharosError) else type(error).__name__
        name = "" if copy is None else copy.name
        raise NotReady(
            f"{part.name} could not be brought forward ({told}); everything as it was lies in {copy}: mend the cause "
            f"and run `pharos upgrade` again, or go back with `pharos upgrade --restore {name}`"
        ) from error


def _service(settings: Settings) -> None:
    from data_contracts.migrations.upgrade import upgrade as brought_forward

    database = service_database(settings, "the service's database")
    brought_forward(database)
    database.close()


def _log(settings: Settings) -> None:
    """Make missing tables and columns in one transaction; a new column of old rows is empty."""
    database = Database(settings.feedback_url, "the service's log")
    try:
        with database.migrating() as connection:
            for place in missing_in_log(connection):
                table, _, column = place.partition(".")
                if column:
                    _add(connection, service_log.METADATA.tables[table].c[column])
            service_log.METADATA.create_all(connection)
    finally:
        database.close()


def _add(connection: sa.Connection, column: sa.Column[object]) -> None:
    if not column.nullable:
        raise NotReady(f"{column} must not be empty and old rows have none; this version cannot take this log over")
    kind = column.type.compile(connection.dialect)
    connection.exec_driver_sql(f'ALTER TABLE "{column.table.name}" ADD COLUMN "{column.name}" {kind}')


def _history(settings: Settings) -> None:
    History(settings.history_dir).bring_forward()


STEPS: Mapping[str, Callable[[Settings], None]] = {
    "service database": _service,
    "log of suggestions": _log,
    "registry of models (MLflow)": registry_shape.bring_forward,
    "addresses of artefacts": registry_shape.bring_forward,
    "history": _history,
    "audit chain": mark_begun,
}
