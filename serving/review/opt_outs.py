"""Who opted out of being assessed by the system alone: from the next run on they are not scored, and people decide.

Only keyed pseudonyms are kept, so that the wish outlives an officer's erasure and tells nobody who it was.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa

from data_contracts.audit.chain import Action, AuditChain, Entry
from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import NotReady
from data_contracts.local_time import local_day
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from data_contracts.settings import Settings
from models.audit import chain_in
from serving.review.tables import METADATA, OPT_OUTS

NOBODY = "whoever opted out"  # no id has a space: this marks the key


@dataclass(frozen=True)
class Wish:
    """An officer opts out, or in again: when (UTC without a zone), written by whom, in which request."""

    officer_id: str
    out: bool
    at: datetime
    actor: str
    request_id: str = ""


@dataclass(frozen=True)
class OptOuts:
    """The opt-outs of a deployment."""

    database: Database
    chain: AuditChain
    names: Pseudonyms = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> OptOuts:
        """Of a deployment; nothing is opened yet."""
        database = service_database(settings, "the table of opt-outs")
        return cls(database, chain_in(settings, database), pseudonyms(settings.keys_dir))

    def among(self, officer_ids: Collection[str]) -> dict[str, date]:
        """Which of these officers opted out, and since when.

        Raises NotReady where it cannot be told, also because the key of the pseudonyms is another one: then nobody may
        be scored, for it might be one who opted out.
        """
        with self.database.reading(METADATA) as connection:
            rows = connection.execute(OPT_OUTS.select()).all()
        if not rows:
            return {}
        if any(row.key_mark != self.names.of(NOBODY) for row in rows):
            raise NotReady(
                "the key of pseudonyms is not the one that opt-outs were kept with, so nobody can tell who opted out; "
                "restore the key"
            )
        since = {row.pseudonym: row.since for row in rows}
        told = ((officer_id, since.get(self.names.of(officer_id))) for officer_id in officer_ids)
        return {officer_id: day for officer_id, day in told if day is not None}

    def keep(self, wish: Wish) -> date | None:
        """Keep a wish with its audit line, in one transaction; since when the officer is out now, None for in.

        The same wish again changes nothing and has no line.
        """
        before = self.among([wish.officer_id]).get(wish.officer_id)
        if (before is not None) == wish.out:
            return before
        pseudonym = self.names.of(wish.officer_id)
        with self.chain.together(METADATA) as (connection, write):
            connection.execute(OPT_OUTS.delete().where(OPT_OUTS.c.pseudonym == pseudonym))
            if wish.out:
                row = {"pseudonym": pseudonym, "key_mark": self.names.of(NOBODY), "since": local_day(wish.at)}
                connection.execute(sa.insert(OPT_OUTS).values(**row))
            details = {"opted_out": wish.out}
            write(Entry(wish.at, wish.actor, Action.OPT_OUT_CHANGED, wish.request_id, (pseudonym,), details))
        return local_day(wish.at) if wish.out else None
