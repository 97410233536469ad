"""Cases as they are kept: opened by a night, changed by people one step at a time, ended by time.

Every change stands in one transaction with its line in the audit chain. Who changes a case says which version they saw;
another one has come first where that is not the present version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.audit.chain import Action, AuditChain, Entry
from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import NotThere, Refused, Stale
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from data_contracts.settings import Settings
from models.audit import chain_in
from serving.review.states import CaseAction, CaseState
from serving.review.tables import CASE_EVENTS, CASES, METADATA

CASE_COLUMNS, EVENT_COLUMNS = (tuple(column.name for column in table.c) for table in (CASES, CASE_EVENTS))
MANY = 500  # ids in one question to a database
SOME = 200  # cases read at a time
Place = tuple[date, str]  # of a case in the order of lists: its expiry and its id


@dataclass(frozen=True)
class Case:
    """A warning for one officer and outcome; `told` is the result of the night as it was published."""

    case_id: str
    officer_id: str
    outcome: str
    horizon_months: int
    night: str
    model_version: str
    told: Mapping[str, Any]
    state: CaseState
    version: int
    opened_on: date
    expires_on: date
    due_on: date | None = None
    assigned_to: str | None = None
    expired_on: date | None = None
    closed_on: date | None = None

    def expired(self, today: date) -> bool:
        """Whether the warning stands no more, told so already or not."""
        return self.expired_on is not None or self.expires_on <= today


@dataclass(frozen=True)
class CaseEvent:
    """One step of a case: what was done, by whom, why, and the state after it."""

    case_id: str
    version: int
    action: CaseAction
    state: CaseState
    actor: str
    at: datetime
    reason: str | None
    details: Mapping[str, Any]
    idempotency_key: str

    def same_as(self, other: CaseEvent) -> bool:
        """Whether it is the same wish, sent again; the moment does not count."""
        names = ("case_id", "version", "action", "actor", "reason", "details")
        return all(getattr(self, name) == getattr(other, name) for name in names)


@dataclass(frozen=True)
class CaseStore:
    """The cases of a deployment."""

    database: Database
    chain: AuditChain
    names: Pseudonyms = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> CaseStore:
        """Of a deployment; nothing is opened yet."""
        database = service_database(settings, "the table of cases")
        return cls(database, chain_in(settings, database), pseudonyms(settings.keys_dir))

    def case(self, case_id: str) -> Case:
        """One case; raises NotThere."""
        with self.database.reading(METADATA) as connection:
            return _one(connection, case_id)

    def of_officers(self, officer_ids: Sequence[str]) -> list[Case]:
        """Every case of these officers, the newest of each last."""
        with self.database.reading(METADATA) as connection:
            return [case for some in _parts(officer_ids) for case in _of_officers(connection, some)]

    def events(self, case_ids: Sequence[str]) -> list[CaseEvent]:
        """What was done in these cases, in order."""
        asked = CASE_EVENTS.select().order_by(CASE_EVENTS.c.case_id, CASE_EVENTS.c.version)
        with self.database.reading(METADATA) as connection:
            return [
                _event(row)
                for some in _parts(case_ids)
                for row in connection.execute(asked.where(CASE_EVENTS.c.case_id.in_(some))).mappings()
            ]

    def holds(self, event: CaseEvent) -> bool:
        """Whether this very event is kept already; raises Refused where its key stands for another one."""
        with self.database.reading(METADATA) as connection:
            return _is_held(connection, event)

    def in_order(self, states: Sequence[CaseState], after: Place | None) -> Iterator[Case]:
        """Cases in these states, the first to expire first, never by how bad they look; `after` a place in that order.

        They are read some at a time: nothing is held open between two of them.
        """
        while True:
            some = self._some(states, after)
            yield from some
            if len(some) < SOME:
                return
            after = some[-1].expires_on, some[-1].case_id

    def _some(self, states: Sequence[CaseState], after: Place | None) -> list[Case]:
        order = (CASES.c.expires_on, CASES.c.case_id)
        asked = CASES.select().where(CASES.c.state.in_(states)).order_by(*order).limit(SOME)
        if after is not None:
            day, case_id = after
            same = sa.and_(CASES.c.expires_on == day, CASES.c.case_id > case_id)
            asked = asked.where(sa.or_(CASES.c.expires_on > day, same))
        with self.database.reading(METADATA) as connection:
            return [_case(row) for row in connection.execute(asked).mappings()]

    def step(self, before: Case, after: Case, event: CaseEvent, request_id: str) -> tuple[Case, bool]:
        """Put `after` in the place of `before` and keep the event; the case now, and whether this did it.

        The same event sent again changes nothing. Raises Stale where `before` is not the present version any more,
        Refused where its key stands for another event or another case of the same officer and outcome stands.
        """
        with self.chain.together(METADATA) as (connection, write):
            if _is_held(connection, event):
                return _one(connection, before.case_id), False
            present = _one(connection, before.case_id)
            if present.version != before.version:
                raise overtaken(present.version)
            if _stands(after) and not _stands(before):
                _refuse_a_second(connection, after)
            changed = {name: value for name, value in _row(after).items() if name != "case_id"}
            connection.execute(CASES.update().where(CASES.c.case_id == after.case_id).values(**changed))
            connection.execute(CASE_EVENTS.insert().values(**_event_row(event)))
            write(self.entry(event, after.officer_id, request_id))
            if event.action is CaseAction.CORRECT:
                write(self.entry(event, after.officer_id, request_id, Action.RECORD_CORRECTED))
        return after, True

    def entry(self, event: CaseEvent, officer_id: str, request_id: str, action: Action = Action.CASE_CHANGED) -> Entry:
        """The line of an event: never the words that were said."""
        told = {"case_id": event.case_id, "step": event.action.value, "state": event.state.value,
                "version": event.version}  # fmt: skip
        return Entry(event.at, event.actor, action, request_id, (self.names.of(officer_id),), told)


def insert(connection: sa.Connection, cases: Sequence[Case]) -> None:
    """Add new cases."""
    if cases:
        connection.execute(CASES.insert(), [_row(case) for case in cases])


def cases_of(connection: sa.Connection, officer_ids: Sequence[str]) -> list[Case]:
    """Inside a transaction: every case of these officers, the newest of each last."""
    return [case for some in _parts(officer_ids) for case in _of_officers(connection, some)]


def _of_officers(connection: sa.Connection, officer_ids: Sequence[str]) -> list[Case]:
    asked = CASES.select().where(CASES.c.officer_id.in_(officer_ids))
    ordered = asked.order_by(CASES.c.officer_id, CASES.c.opened_on, CASES.c.closed_on.is_(None), CASES.c.case_id)
    return [_case(row) for row in connection.execute(ordered).mappings()]


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    each = list(dict.fromkeys(ids))
    yield from (each[start : start + MANY] for start in range(0, len(each), MANY))


def _one(connection: sa.Connection, case_id: str) -> Case:
    row = connection.execute(CASES.select().where(CASES.c.case_id == case_id)).mappings().first()
    if row is None:
        raise NotThere("there is no such case", zh="没有这条预警")
    return _case(row)


def _is_held(connection: sa.Connection, event: CaseEvent) -> bool:
    same = sa.and_(CASE_EVENTS.c.actor == event.actor, CASE_EVENTS.c.idempotency_key == event.idempotency_key)
    row = connection.execute(CASE_EVENTS.select().where(same)).mappings().first()
    if row is None:
        return False
    if not _event(row).same_as(event):
        raise Refused(
            "this idempotency key was used for something else; send it under a new one",
            zh="此幂等键（idempotency_key）已用于其他操作；请换一个新的",
        )
    return True


def _stands(case: Case) -> bool:
    return case.closed_on is None and case.expired_on is None


def _refuse_a_second(connection: sa.Connection, case: Case) -> None:
    others = [one for one in _of_officers(connection, [case.officer_id]) if one.outcome == case.outcome]
    if any(_stands(one) for one in others):
        raise Refused(
            "a newer case of this officer and outcome is open; go on with that one",
            zh="该民警此类结局已有更新的预警在处理中；请继续处理那一条",
        )


def overtaken(version: int) -> Stale:
    """Somebody else's step came first; the case stands at `version` now."""
    return Stale(
        f"the case is at version {version} now; read it again and decide anew",
        zh=f"该预警现为第 {version} 版；请重新读取后再决定",
    )


def _row(case: Case) -> dict[str, Any]:
    told = json.dumps(case.told, ensure_ascii=False)
    return {**{name: getattr(case, name) for name in CASE_COLUMNS}, "told": told, "state": case.state.value}


def _case(row: sa.RowMapping) -> Case:
    return Case(**{**row, "told": json.loads(row["told"]), "state": CaseState(row["state"])})


def _event_row(event: CaseEvent) -> dict[str, Any]:
    details = json.dumps(dict(event.details), ensure_ascii=False, sort_keys=True)
    codes = {"action": event.action.value, "state": event.state.value, "details": details}
    return {**{name: getattr(event, name) for name in EVENT_COLUMNS}, **codes}


def _event(row: sa.RowMapping) -> CaseEvent:
    codes = {"action": CaseAction(row["action"]), "state": CaseState(row["state"])}
    return CaseEvent(**{**row, **codes, "details": json.loads(row["details"])})
