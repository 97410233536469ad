"""Concerns that stay open: how urgent their words are, when they are due, and whom they should go to by now.

`open_concerns` is what the helper's page, `POST /v1/concerns/open` and `pharos concerns follow-up` all show. Nothing of
it is kept: it is told anew from the record each time, so whoever is erased from the record is gone from here.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd

from data_contracts.counting import counted
from data_contracts.decisions import ConcernCategory, Named
from data_contracts.policy import Policy
from data_contracts.triaging import Alarm, Asked, Step
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from serving.concerns.triage import Came, Reading, Suggestion, Triage, category_of, due_days, helpers_for

DONE = {"acknowledge": "acknowledged_on", "resolve": "resolved_on"}
OPEN_IN = {"acknowledged": "acknowledge", "resolved": "resolve"}
Row = Mapping[Hashable, Any]  # of the contract's table, by column
PRESSING: Mapping[str | None, int] = {"urgent": 0, "soon": 1, "normal": 2, None: 2}


@dataclass(frozen=True)
class Due:
    """One deadline of an open concern."""

    deadline: Literal["acknowledge", "resolve"]
    due_on: date
    overdue: bool
    done_on: date | None
    chance_missed: float | None


@dataclass(frozen=True)
class Escalated:
    """Whom it should go to, since when, and why in words."""

    to: Named
    since: date
    text: Bilingual


@dataclass(frozen=True)
class Open:
    """One open concern; `urgency` and `suggested` are None without a model, and `suggested` where it cannot tell.

    `alarm` is the danger that its words plainly say; then `suggested` is None, for policy says where it goes.
    """

    concern_id: str
    officer_id: str | None
    unit_id: str | None
    came: Came
    acknowledged: bool
    days_open: int
    category: str | None
    subcategory: str | None
    suggested: Suggestion | None
    urgency: str | None
    helpers: tuple[Named, ...]
    handler: Bilingual | None
    answer_by: Bilingual | None
    due: tuple[Due, ...] = field(default_factory=tuple)
    escalation: Escalated | None = None
    alarm: Alarm | None = None

    @property
    def order(self) -> tuple[int, int, date, str]:
        """Most pressing first: those to go further, the urgent, the nearest deadline."""
        waiting = [one.due_on for one in self.due if one.done_on is None]
        return int(self.escalation is None), PRESSING[self.urgency], min(waiting, default=date.max), self.concern_id


def open_concerns(
    seen: pd.DataFrame, triage: Triage | None, policy: Policy, as_of: date, record: pd.DataFrame | None = None
) -> list[Open]:
    """Every concern of `seen` that is not resolved, most pressing first.

    `seen` are rows of the contract's table as they stood at `as_of`; `record` are all rows, where `seen` is a part of
    them: how busy units and desks are is counted there. `triage` None tells no urgency, no suggestion and no chance.
    """
    some = seen[seen["resolved_on"].isna()].reset_index(drop=True)
    if some.empty:
        return []
    texts = some["text"].fillna("").astype(str).tolist()
    readings: Sequence[Reading | None] = triage.read(texts) if triage is not None else [None] * len(some)
    came = [_came(row) for row in some.to_dict("records")]
    codes = [_text(one) or (read.category if read else None)
             for one, read in zip(some["category"], readings, strict=True)]  # fmt: skip
    chances = _chances(triage, came, codes, readings, seen if record is None else record, as_of)
    rows = zip(some.to_dict("records"), came, codes, readings, range(len(some)), strict=True)
    found = [_open(policy, as_of, row, one, code, read, {name: told[at] for name, told in chances.items()})
             for row, one, code, read, at in rows]  # fmt: skip
    return sorted(found, key=lambda one: one.order)


def _chances(
    triage: Triage | None, came: Sequence[Came], codes: Sequence[str | None], readings: Sequence[Reading | None],
    record: pd.DataFrame, as_of: date,
) -> Mapping[str, Numbers]:  # fmt: skip
    """By deadline, the chance that each is missed, as it is still open at `as_of`."""
    if triage is None:
        return {}
    urgencies = [one.urgency if one else "normal" for one in readings]
    return triage.chances(came, codes, urgencies, record, as_of)


def _open(
    policy: Policy, as_of: date, row: Row, came: Came, code: str | None, read: Reading | None,
    chances: Mapping[str, float],
) -> Open:  # fmt: skip
    category = category_of(policy, code)
    subcategory = _text(row["subcategory"]) or (read.subcategory if read else None)
    urgency = read.urgency if read and read.unread is None else None
    due = () if category is None else _dues(category, came, row, as_of, chances)
    channel = policy.triage.channel_of(came.channel)
    return Open(
        str(row["concern_id"]),
        _text(row["officer_id"]),
        came.unit_id,
        came,
        not _missing(row["acknowledged_on"]),
        (as_of - came.raised_on).days,
        _text(row["category"]),
        _text(row["subcategory"]),
        _suggestion(read),
        urgency,
        helpers_for(policy, urgency, came, code, subcategory),
        None if category is None else Bilingual(category.handler_zh, category.handler_en),
        None if channel is None else channel.answer,
        due,
        escalated(policy, category, came, urgency, due, as_of),
        read.alarm if read else None,
    )


def _suggestion(read: Reading | None) -> Suggestion | None:
    """The subcategory that is told, where one is; that of an alarm is policy's and no guess of the model."""
    if read is None or read.subcategory is None or read.alarm is not None:
        return None
    return read.subcategories[0]


def _dues(
    category: ConcernCategory, came: Came, row: Row, as_of: date, chances: Mapping[str, float]
) -> tuple[Due, ...]:
    told = []
    for one in due_days(category, came.raised_on):
        done = None if _missing(row[DONE[one.deadline]]) else pd.Timestamp(str(row[DONE[one.deadline]])).date()
        past = (done or as_of) > one.due_on
        chance = None if done or past else chances.get(one.deadline)
        told.append(Due(one.deadline, one.due_on, past, done, chance))
    return tuple(told)


def escalated(
    policy: Policy, category: ConcernCategory | None, came: Came, urgency: str | None, due: Sequence[Due], as_of: date
) -> Escalated | None:
    """Of the steps of policy that fit and whose day has come, the last one; None where there is none.

    A concern without a category has no deadline: only steps that count from the day it was raised speak of it.
    """
    open_ = {one.deadline for one in due if one.done_on is None} if category else {"acknowledge", "resolve"}
    asked, found = Asked(urgency or "normal", came.channel), None
    for step in policy.triage.step:
        days = _due_in(step, category)
        if OPEN_IN[step.open] not in open_ or days is None or not step.fits(asked):
            continue
        since = came.raised_on + timedelta(days=days)
        if since <= as_of:
            to = policy.triage.helper_of(step.to)
            found = Escalated(to, since, _why(step, to, (as_of - came.raised_on).days))
    return found


def _due_in(step: Step, category: ConcernCategory | None) -> int | None:
    if category is None and step.after_days is None:
        return None
    return step.due(0 if category is None else getattr(category, f"{OPEN_IN[step.open]}_within_days"))


def _why(step: Step, to: Named, days: int) -> Bilingual:
    zh = {"acknowledged": "尚未签收", "resolved": "尚未办结"}[step.open]
    return Bilingual(
        f"提出已 {days} 天，{zh}，请转{to.name_zh}",
        f"raised {counted(days, 'day')} ago and not {step.open} yet: it should go to the {to.name_en}",
    )


def _came(row: Row) -> Came:
    raised = pd.Timestamp(str(row["raised_on"])).date()
    return Came(raised, _text(row["channel"]), _text(row["raised_by"]), _text(row["unit_id"]))


def _text(value: object) -> str | None:
    return None if _missing(value) else str(value)


def _missing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value))
