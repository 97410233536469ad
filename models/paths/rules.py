"""The rules that a path must keep: who may take which post when, least times in a post, the end of service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.eligibility.spells import full_months, months_later
from models.paths.dwell import QUARTER_MONTHS
from models.paths.finding import DAYS_A_MONTH
from models.posts.histories import Array, Histories

Allowed = Callable[[Array, Array, Array], Array]
"""(officer rows, posts, days since 1970), all (m,) -> (m,) whether each officer may take that post on that day."""


@dataclass(frozen=True)
class Rules:
    """What stands in the way; everything may be absent.

    least_months: (size,) the shortest stay in each post or rank step before the next move.
    end_months: (n,) months until each officer retires, NaN where unknown. `first` is the officer row of row 0.
    """

    allowed: Allowed | None = None
    least_months: Array | None = None
    end_months: Array | None = None
    first: int = 0

    def from_row(self, row: int) -> Rules:
        """The same for a part of the questions that starts at `row`."""
        return replace(self, first=self.first + row)

    def allows(self, rows: Array, posts: Array, days: Array) -> Array:
        """(m,) 1.0 where the officer of a row may take the post on the day, else 0.0."""
        if self.allowed is None:
            return np.ones(len(rows))
        return np.asarray(self.allowed(rows + self.first, posts, days), np.float64)

    def open_posts(self, rows: Array, histories: Histories, times: Array, size: int) -> Array:
        """(m, size) 1.0 where a rule allows the post, else 0.0.

        A post is judged on the middle day of the move that `times` (m, quarters) speaks of.
        """
        if self.allowed is None:
            return np.ones((len(rows), size))
        total = times.sum(1)
        middle = (np.arange(times.shape[1]) + 0.5) * QUARTER_MONTHS * DAYS_A_MONTH
        days = histories.day + np.where(total > 0, (times * middle).sum(1) / np.where(total > 0, total, 1), 0)
        posts = np.tile(np.arange(size), len(rows))
        return self.allows(np.repeat(rows, size), posts, np.repeat(days, size)).reshape(len(rows), size)

    def waits(self, histories: Histories, size: int) -> Array | None:
        """(m,) months that must still pass before the next move, None where no rule says so."""
        if self.least_months is None:
            return None
        present = histories.present(size)
        least = np.append(self.least_months, 0.0)[present]
        day = histories.day.astype("datetime64[D]")
        since = day - np.nan_to_num(histories.days[:, 0]).round().astype("timedelta64[D]")
        due = np.maximum(months_later(since, least.round().astype(np.int64)), day)
        whole = full_months(day, due)  # by the calendar, as rules count
        begins, ends = months_later(day, whole), months_later(day, whole + 1)
        return np.asarray(whole + (due - begins) / (ends - begins), np.float64)

    def before_the_end(self, times: Array, rows: Array) -> Array:
        """`times` (m, quarters) with nothing after retirement."""
        if self.end_months is None:
            return times
        end = np.nan_to_num(self.end_months[rows + self.first], nan=np.inf)
        begins = np.arange(times.shape[1]) * QUARTER_MONTHS
        return np.where(begins[None, :] + QUARTER_MONTHS <= end[:, None] + 1e-9, times, 0.0)
