"""What time does to cases: a warning ends when it expires, and what is over is deleted when policy says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from data_contracts.asof import add_months
from data_contracts.audit.chain import Action, Entry
from data_contracts.policy import Policy
from data_contracts.service_log import EXPOSURES, FEEDBACK, PLANS
from models.audit import operator
from serving.review.cases import CaseStore
from serving.review.logs import ServiceLog
from serving.review.tables import CASE_EVENTS, CASE_NIGHTS, CASES, METADATA


@dataclass(frozen=True)
class Deleted:
    """How many rows of each table a rule of retention deleted."""

    rows: dict[str, int]

    @property
    def sentence(self) -> str:
        """For people."""
        return "deleted: " + ", ".join(f"{count:,} of {name}" for name, count in self.rows.items())


def expire(connection: sa.Connection, today: date) -> int:
    """Close what expired by a day, whatever its state; how many there were.

    A case that people closed earlier is marked too: from then on it keeps no night from opening another.
    """
    over = sa.and_(CASES.c.expired_on.is_(None), CASES.c.expires_on <= today)
    found = connection.execute(
        CASES.update().where(over).values(expired_on=CASES.c.expires_on, due_on=None, version=CASES.c.version + 1)
    )
    return int(found.rowcount)


def expire_cases(store: CaseStore, as_of: date, now: datetime) -> int:
    """The same as a step of its own, with its audit line; no line where nothing expired."""
    with store.chain.together(METADATA) as (connection, write):
        expired = expire(connection, as_of)
        if expired:
            details = {"step": "expire", "as_of": as_of.isoformat(), "cases": expired}
            write(Entry(now, operator(), Action.CASE_CHANGED, details=details))
    return expired


def retain(store: CaseStore, log: ServiceLog, policy: Policy, as_of: date, now: datetime) -> Deleted:
    """Delete what was kept as long as policy says: expired cases with their events, nights, and the service's log.

    Of the log the rule of the table `feedback` counts. One audit line tells how many rows went, of which day.
    """
    months = policy.retention_of("feedback").months
    before = add_months(as_of, -policy.review.keep_months)
    ended = CASES.c.expired_on <= before
    old = sa.select(CASES.c.case_id).where(ended)
    with store.chain.together(METADATA) as (connection, write):
        expire(connection, as_of)
        rows = {} if months is None else log.delete(_old_log(add_months(as_of, -months)))
        rows["case_events"] = connection.execute(CASE_EVENTS.delete().where(CASE_EVENTS.c.case_id.in_(old))).rowcount
        rows["cases"] = connection.execute(CASES.delete().where(ended)).rowcount
        rows["case_nights"] = connection.execute(CASE_NIGHTS.delete().where(CASE_NIGHTS.c.as_of <= before)).rowcount
        details = {"as_of": as_of.isoformat(), "rows": rows}
        write(Entry(now, operator(), Action.RETENTION_KEPT, details=details))
    store.database.compact()
    return Deleted(rows)


def _old_log(before: date) -> dict[str, sa.ColumnElement[bool]]:
    midnight = datetime.combine(before, datetime.min.time())
    return {
        EXPOSURES.name: EXPOSURES.c.shown_at <= midnight,
        FEEDBACK.name: FEEDBACK.c.occurred_on <= before,
        PLANS.name: PLANS.c.made_on <= before,
    }
