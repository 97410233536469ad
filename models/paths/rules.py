"""The rules that a path must keep: from when who may take which post, least times in a post, the end of service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from models.eligibility.spells import full_months, months_later
from models.paths.dwell import QUARTER_MONTHS
from models.posts.histories import Array, Histories


class Opening(NamedTuple):
    """From when posts may be taken, (m,) each: months from now, and months in the post before; infinite for never."""

    months: Array
    stay: Array


Opens = Callable[[Array, Array, Array, Array], Opening]
"""(officer rows (m,), posts (m,), earlier steps of the path (m, k), months from now until each of them (m, k)): rules
may ask for what a path itself brings, such as time at the grass roots. Before the first step only `months` is read."""


@dataclass(frozen=True)
class Rules:
    """What stands in the way; everything may be absent.

    least_months: (size,) the shortest stay in each post or rank step before the next move.
    end_months: (n,) months until each officer retires, NaN where unknown. `first` is the officer row of row 0.
    moves: (size + 1, size) which post or rank step may follow which, the last row for one that the model has not.
    """

    opens: Opens | None = None
    least_months: Array | None = None
    end_months: Array | None = None
    first: int = 0
    moves: Array | None = None

    def from_row(self, row: int) -> Rules:
        """The same for a part of the questions that starts at `row`."""
        return replace(self, first=self.first + row)

    def opening(self, rows: Array, posts: Array, steps: Array, months: Array) -> Opening:
        """From when the officer of each row may take the post after these steps; at once where no rule speaks."""
        if self.opens is None:
            return Opening(np.zeros(len(rows)), np.zeros(len(rows)))
        return self.opens(rows + self.first, posts, steps, months)

    def following(self, chances: Array, present: Array) -> Array:
        """Chances (m, size) of what follows the `present` ones (m,), those that may not follow left out.

        >>> Rules(moves=np.array([[False, True], [False, False], [True, True]])).following(
        ...     np.array([[0.6, 0.3], [0.6, 0.4]]), np.array([0, 1])).tolist()
        [[0.0, 1.0], [0.0, 0.0]]
        """
        if self.moves is None:
            return chances
        kept = chances * self.moves[present]
        return np.asarray(kept / np.maximum(kept.sum(1, keepdims=True), 1e-12))

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
