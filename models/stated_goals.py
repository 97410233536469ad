"""The goal that an officer has on record and the term that runs with it: one reading for posts, paths and courses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from data_contracts.asof import add_months


@dataclass(frozen=True)
class StatedGoal:
    """The goal on record, as `career_goals` has it; its term runs from the day on which it was stated."""

    kind: str
    goal: str
    horizon_months: int
    stated_on: date

    @property
    def code(self) -> tuple[str, str]:
        """Kind and goal."""
        return self.kind, self.goal

    @property
    def ends_on(self) -> date:
        """The last day of its term."""
        return add_months(self.stated_on, self.horizon_months)

    def over(self, as_of: date) -> bool:
        """Whether its term is over on a day; on its last day it is not.

        >>> goal = StatedGoal("job_family", "legal", 24, date(2020, 7, 14))
        >>> goal.over(date(2022, 7, 14)), goal.over(date(2022, 7, 15))
        (False, True)
        """
        return self.ends_on < as_of

    def reached_on(self, taken: Sequence[tuple[str, date]], posts: Collection[str]) -> date | None:
        """The first day within its term on which one of its posts was held; `taken` are posts one after another, each
        from a day until the next.

        >>> goal = StatedGoal("job_family", "legal", 24, date(2020, 7, 14))
        >>> taken = [("legal-1", date(2019, 1, 1)), ("patrol-1", date(2020, 7, 14)), ("legal-2", date(2021, 3, 1))]
        >>> goal.reached_on(taken, ("legal-1", "legal-2")), goal.reached_on(taken[:2], ("legal-1", "legal-2"))
        (datetime.date(2021, 3, 1), None)
        >>> goal.reached_on([taken[0], ("patrol-1", date(2020, 8, 1))], ("legal-1",))
        datetime.date(2020, 7, 14)
        """
        until = [*(day for _, day in taken[1:]), date.max]
        days = (
            max(day, self.stated_on)
            for (post, day), end in zip(taken, until, strict=True)
            if post in posts and day <= self.ends_on and end > self.stated_on
        )
        return min(days, default=None)


def stated_goals(rows: pd.DataFrame) -> dict[str, StatedGoal]:
    """By officer the goal stated last, from rows of `career_goals` in the order of their delivery: of several stated on
    one day the one known last, of those known on one day the one delivered last. Whoever stated none is left out, and
    one whose term is over hides those before it.

    >>> before, day, after = pd.to_datetime(["2019-01-01", "2020-01-01", "2020-01-02"])
    >>> rows = pd.DataFrame({"officer_id": [*"aaabb"], "occurred_on": [day, day, before, day, day],
    ...     "known_on": [day, day, day, after, day], "goal_kind": "post", "goal": [*"qprqp"], "horizon_months": 12})
    >>> [stated_goals(rows)[one].goal for one in "ab"]
    ['p', 'q']
    """
    if rows.empty:
        return {}
    ordered = rows.sort_values(["officer_id", "occurred_on", "known_on"], kind="stable")
    last = ordered.drop_duplicates("officer_id", keep="last")
    told = (last[name] for name in ("officer_id", "goal_kind", "goal", "horizon_months", "occurred_on"))
    return {
        str(one): StatedGoal(str(kind), str(goal), int(months), day.date())
        for one, kind, goal, months, day in zip(*told, strict=True)
    }
