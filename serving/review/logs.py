"""The service's own log, where rows leave it: by the rule of retention, or because an officer is erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from data_contracts import service_log
from data_contracts.errors import NotReady
from data_contracts.service_log import METADATA
from data_contracts.settings import Settings

TABLES = tuple(
    name for name, table in METADATA.tables.items() if "officer_id" in table.c
)  # events keep ids of their own


@dataclass(frozen=True)
class ServiceLog:
    """The log at an address; one that was never written has nothing to lose."""

    url: str

    @classmethod
    def of(cls, settings: Settings) -> ServiceLog:
        """Of a deployment."""
        return cls(settings.feedback_url)

    def delete(self, where: Mapping[str, sa.ColumnElement[bool]]) -> dict[str, int]:
        """Delete rows by table, in one transaction, and leave nothing of them in an SQLite file; how many there were.

        Raises NotReady where it cannot; then none was deleted.
        """
        engine = self._engine()
        if engine is None:
            return dict.fromkeys(where, 0)
        try:
            with engine.begin() as connection:
                gone = {
                    name: int(connection.execute(METADATA.tables[name].delete().where(rule)).rowcount)
                    for name, rule in where.items()
                }
            if engine.dialect.name == "sqlite" and any(gone.values()):
                _compact(engine)
        except (sa.exc.DatabaseError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            raise NotReady(f"the service's log cannot be used ({type(cause).__name__}); look after its disk") from error
        finally:
            engine.dispose()
        return gone

    def left(self, officer_id: str) -> dict[str, int]:
        """How many rows tell of an officer, by table."""
        engine = self._engine()
        if engine is None:
            return dict.fromkeys(TABLES, 0)
        try:
            with engine.connect() as connection:
                return {
                    name: _count(connection, table, officer_id)
                    for name, table in METADATA.tables.items()
                    if name in TABLES
                }
        finally:
            engine.dispose()

    def _engine(self) -> sa.Engine | None:
        try:
            service_log.opened(self.url, make=False).dispose()
        except NotReady:
            return None
        return service_log.opened(self.url, make=True)  # an older log may lack a table


def _count(connection: sa.Connection, table: sa.Table, officer_id: str) -> int:
    asked = sa.select(sa.func.count()).select_from(table).where(table.c.officer_id == officer_id)
    return int(connection.execute(asked).scalar_one())


def _compact(engine: sa.Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
