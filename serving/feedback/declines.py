"""What an officer declined, or reported as done, and must not be shown yet: until its time is over or, of what was
declined, something brings it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from data_contracts.asof import add_months
from data_contracts.feedback_rules import DecliningPolicy
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, ItemKind
from features.changes import history_changes
from features.history import History
from serving.feedback.exposures import ExposureLog

ChangesOf = Callable[[Sequence[str], date], pd.DataFrame]  # officers, as-of -> rows as of features/changes.py


@dataclass(frozen=True)
class Declined:
    """An item that stays away from an officer until a day, unless something changes; `done` is one reported as done,
    of which the records may not know yet."""

    officer_id: str
    item_kind: str
    item: str
    since: date
    until: date
    done: bool = False

    @property
    def because(self) -> Bilingual:
        """Why it is not shown, by what it is: a path of one step is called as its post is."""
        if self.done:
            return Bilingual(
                f"本人于 {self.since} 报告已完成，{self.until} 前不再建议；是否完成以记录为准",
                f"reported as done on {self.since}; not suggested again before {self.until}, whatever the records tell "
                "by then",
            )
        if self.item_kind == ItemKind.PATH.value:
            return Bilingual(
                f"本人于 {self.since} 对这条路径表示不感兴趣，{self.until} 前不再建议",
                f"this path was declined on {self.since}; it is not suggested again before {self.until}",
            )
        return Bilingual(
            f"本人于 {self.since} 表示不感兴趣，{self.until} 前不再建议",
            f"declined on {self.since}; not suggested again before {self.until}",
        )


def declined_courses(away: Iterable[Declined]) -> frozenset[str]:
    """The courses among what stays away from one officer."""
    return frozenset(one.item for one in away if one.item_kind == ItemKind.COURSE.value)


@dataclass(frozen=True)
class DeclineBook:
    """Declines from the log, held against what changed in the officers' careers since."""

    log: ExposureLog
    policy: DecliningPolicy
    changes: ChangesOf

    def declines(self, officer_id: str, as_of: date) -> tuple[Declined, ...]:
        """What must not be shown to one officer on a day, and why."""
        return self.away([officer_id], as_of).get(officer_id, ())

    def away(self, officer_ids: Sequence[str], as_of: date) -> dict[str, tuple[Declined, ...]]:
        """The same for many; officers without any are not in the answer. Careers are read only where it matters."""
        said = [_declined(row, self.policy) for row in self.log.kept_away(officer_ids).to_dict("records")]
        held = [one for one in said if one.since <= as_of < one.until]
        if held:
            back = self._back(sorted({one.officer_id for one in held}), as_of)
            held = [one for one in held if not _brought_back(one, back)]
        return {name: tuple(one for one in held if one.officer_id == name) for name in {one.officer_id for one in held}}

    def _back(self, officer_ids: Sequence[str], as_of: date) -> pd.DataFrame:
        if not self.policy.returns_on:
            return pd.DataFrame(columns=["officer_id", "since", "item"])
        known = self.changes(officer_ids, as_of)
        return known[known["cause"].isin(self.policy.returns_on)]


def decline_book(settings: Settings, rules: Policy, log: ExposureLog) -> DeclineBook:
    """The declines of this service; careers are read from the history, which may grow while it runs."""
    return DeclineBook(log, rules.feedback.declining, partial(history_changes, History(settings.history_dir)))


def _declined(row: Mapping[Any, Any], policy: DecliningPolicy) -> Declined:
    since: date = row["occurred_on"]
    until = add_months(since, policy.months_away)
    kind, item = str(row["item_kind"]), str(row["item"])
    return Declined(str(row["officer_id"]), kind, item, since, until, done=row["action"] == "done")


def _brought_back(one: Declined, changes: pd.DataFrame) -> bool:
    """A change after the day of the decline: about everything, or about this post. What is done stays done."""
    if one.done:
        return False
    after = (changes["officer_id"] == one.officer_id) & (changes["since"] > pd.Timestamp(one.since))
    about = changes["item"].isna() | ((changes["item"] == one.item) & (one.item_kind == "post"))
    return bool((after & about).any())
