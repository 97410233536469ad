"""What is told of a concern from its words, without the web: suggestions, urgency, who helps, deadlines at risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from data_contracts.decisions import ConcernCategory, Named
from data_contracts.policy import Policy
from data_contracts.triaging import Alarm, Asked
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.concerns.deadlines import DEADLINES
from models.concerns.model import ConcernModel
from models.concerns.text_model import URGENCIES, Chances
from models.concerns.workload import COLUMNS, Workload

Status = Literal["sorted", "category_only", "unsure"]
Unread = Literal["not_chinese", "no_concern"]
Deadlines = Literal["acknowledge", "resolve"]


@dataclass(frozen=True)
class Suggestion:
    """A code with the chance that it is the right one."""

    code: str
    category: str
    name: Bilingual
    chance: float


@dataclass(frozen=True)
class Reading:
    """What words say; `category` and `subcategory` are None where the model cannot tell. Of words that are not read
    (`unread` says why) nothing is known of how urgent they are: `urgent_chance` is None, `urgency` the lowest.

    `alarm` is what plain words of danger say: then the text is urgent, and goes where policy sends it, whatever the
    model makes of it, so that no chance of the model is told beside it.
    """

    status: Status
    category: str | None
    subcategory: str | None
    categories: tuple[Suggestion, ...]
    subcategories: tuple[Suggestion, ...]
    urgency: str
    urgent_chance: float | None
    every_category: Numbers
    unread: Unread | None = None
    alarm: Alarm | None = None


@dataclass(frozen=True)
class Came:
    """How a concern came: everything but its words."""

    raised_on: date
    channel: str | None = None
    raised_by: str | None = None
    unit_id: str | None = None


@dataclass(frozen=True)
class DueDay:
    """A deadline and its last day in time."""

    deadline: Deadlines
    due_on: date
    allowed_days: int


@dataclass(frozen=True)
class Triage:
    """A model under a policy."""

    model: ConcernModel
    policy: Policy

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """What each text says, in order."""
        text, told = self.model.text, self.model.text.chances(texts)
        levels = text.levels_of(told)
        readings = [self._reading(told, row, URGENCIES[int(levels[row])]) for row in range(len(texts))]
        alarms = (self.policy.triage.alarm_of(one) for one in texts)
        return [one if alarm is None else _alarmed(one, alarm) for one, alarm in zip(readings, alarms, strict=True)]

    def _reading(self, told: Chances, row: int, urgency: str) -> Reading:
        by, labels = self.model.text.settling, self.model.text.labels
        subcategory, category = told.subcategory[row], told.category[row]
        unread: Unread | None = "no_concern" if told.none[row] else None if told.read[row] else "not_chinese"
        read = unread is None
        first, above = int(subcategory.argmax()), int(category.argmax())
        sure = read and subcategory[first] >= by.tell_subcategory
        known = sure or (read and category[above] >= by.tell_category)
        status: Status = "sorted" if sure else "category_only" if known else "unsure"
        return Reading(
            status,
            (labels.category_of[first] if sure else labels.categories[above]) if known else None,
            labels.subcategories[first] if sure else None,
            self._suggested(category, labels.categories, labels.categories),
            self._suggested(subcategory, labels.subcategories, labels.category_of),
            urgency,
            float(told.urgency[row, URGENCIES.index("urgent")]) if read else None,
            category,
            unread,
        )

    def _suggested(self, chances: Numbers, codes: Sequence[str], above: Sequence[str]) -> tuple[Suggestion, ...]:
        order = np.argsort(-chances, kind="stable")[: self.policy.triage.telling.suggestions]
        return tuple(Suggestion(codes[at], above[at], self._names[codes[at]], float(chances[at])) for at in order)

    @cached_property
    def _names(self) -> dict[str, Bilingual]:
        some: list[Named] = [*self.policy.concerns, *(sub for one in self.policy.concerns for sub in one.subcategories)]
        return {one.code: Bilingual(one.name_zh, one.name_en) for one in some}

    def missed(
        self, readings: Sequence[Reading], came: Sequence[Came], record: pd.DataFrame, as_of: date
    ) -> list[Mapping[str, float]]:
        """The chance of missing each deadline, by its name, of concerns that are open on a day: over all categories
        that the words may mean, each by its chance. Nothing of a deadline that the model has not learned."""
        codes = self.model.text.labels.categories
        if not readings:
            return []
        pairs = [(at, code) for at in range(len(readings)) for code in codes]
        told = self.chances(
            [came[at] for at, _ in pairs],
            [code for _, code in pairs],
            [readings[at].urgency for at, _ in pairs],
            record,
            as_of,
        )
        weights = np.stack([one.every_category for one in readings])
        whole = {name: (some.reshape(len(readings), -1) * weights).sum(axis=1) for name, some in told.items()}
        return [{name: float(some[at]) for name, some in whole.items()} for at in range(len(readings))]

    def chances(
        self, came: Sequence[Came], categories: Sequence[str | None], urgencies: Sequence[str], record: pd.DataFrame,
        as_of: date,
    ) -> dict[str, Numbers]:  # fmt: skip
        """By deadline that the model has learned, the chance that each is missed, as it is still open on a day."""
        models = {name: one for name, one in self.model.deadlines.items() if name in DEADLINES}
        if not models:
            return {}
        frame = self.situations(came, categories, urgencies, record)
        gone = np.array([(as_of - one.raised_on).days for one in came], float)
        told = {}
        for name, model in models.items():
            allowed = {one.code: float(getattr(one, f"{name}_within_days")) for one in self.policy.concerns}
            days = np.array([allowed.get(code or "", np.nan) for code in categories])
            told[name] = model.chances_now(frame, np.nan_to_num(gone / np.maximum(days, 1.0)))
        return told

    def situations(
        self, came: Sequence[Came], categories: Sequence[str | None], urgencies: Sequence[str], record: pd.DataFrame
    ) -> pd.DataFrame:
        """What a chance of missing a deadline is told from, a row for each."""
        raised = pd.Series(pd.to_datetime([one.raised_on for one in came]))
        known = record[list(COLUMNS)] if len(record) else pd.DataFrame(columns=list(COLUMNS))
        work = Workload(known)
        frame = pd.DataFrame({
            "category": list(categories), "channel": [one.channel for one in came],
            "raised_by": [one.raised_by for one in came], "urgency": list(urgencies),
            "weekday": raised.dt.weekday.astype(str), "unit_id": [one.unit_id for one in came],
        })  # fmt: skip
        return frame.assign(
            unit_open=work.open_on("unit_id", frame["unit_id"], raised),
            desk_open=work.open_on("category", frame["category"], raised),
        )


def _alarmed(reading: Reading, alarm: Alarm) -> Reading:
    found = replace(reading, urgency=URGENCIES[-1], urgent_chance=None, unread=None, alarm=alarm)
    if alarm.subcategory is None:
        return found
    return replace(found, status="sorted", category=alarm.category, subcategory=alarm.subcategory)


def helpers_for(policy: Policy, urgency: str | None, came: Came, category: str | None, subcategory: str | None) -> tuple[Named, ...]:  # fmt: skip  # noqa: E501
    """Kinds of helper, preferred first."""
    asked = Asked(urgency or "normal", came.channel, category, subcategory, came.raised_by)
    return policy.triage.helpers_for(asked)


def due_days(category: ConcernCategory, raised_on: date) -> tuple[DueDay, DueDay]:
    """The deadlines of a category for a concern of a day."""
    signed, done = category.acknowledge_within_days, category.resolve_within_days
    return (
        DueDay("acknowledge", raised_on + timedelta(days=signed), signed),
        DueDay("resolve", raised_on + timedelta(days=done), done),
    )


def category_of(policy: Policy, code: str | None) -> ConcernCategory | None:
    """A category by its code; None where there is no such."""
    return next((one for one in policy.concerns if one.code == code), None)
