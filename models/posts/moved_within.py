"""Who moved where within so many months, counted officer by officer: what "6 of 10 officers from your post with this
training moved here within three years" rests on.

An officer counts for a post and a course from the first day on which both were true: the post was held, the course was
taken. Only those count whose months since that day were all seen, so that nobody counts as one who stayed for having
come lately. Who left the force stays counted: they did not move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import DAYS_A_MONTH
from data_contracts.suggesting import CountRules
from models.posts.histories import Array, Catalogue

ANY = ""  # the course of those counted whatever they have taken
NAMES = ("totals_key", "totals", "moved_key", "moved")
TIMED, UNTOLD = "times", -1
SURE = 0.95  # of the interval of what a training makes


@dataclass(frozen=True)
class Counted:
    """`moved` of `total` officers who held the post and, where `course_id` names one, had that training.

    `months` are those after which they moved, from taking up the post, or from the later of that and the training: the
    median, the fewest and the most, to the nearest month; None where too few moved.
    """

    course_id: str
    moved: int
    total: int
    months: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class MovedWithin:
    """Officers by (post, course), and by (post, course, next post); keys are sorted, see `_key`.

    totals_key (t,), totals (t,), moved_key (m,), moved (m,): int64 each. `courses[0]` is ANY. times (m, 3): the median,
    the fewest and the most months until the move, UNTOLD where too few moved; None where a version did not count them.
    `day` is the last one counted, None where a version did not say.
    """

    posts: tuple[str, ...]
    courses: tuple[str, ...]
    months: int
    totals_key: Array
    totals: Array
    moved_key: Array
    moved: Array
    times: Array | None = None
    day: date | None = None
    codes: Mapping[str, int] = field(init=False, repr=False, compare=False)
    places: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", {post: code for code, post in enumerate(self.posts)})
        object.__setattr__(self, "places", {course: code for code, course in enumerate(self.courses)})

    def counted(self, present: str, course_id: str, following: str) -> Counted:
        """What was counted; 0 of 0 where nothing was kept."""
        at, course, to = self.codes.get(present, -1), self.places.get(course_id, -1), self.codes.get(following, -1)
        if min(at, course, to) < 0:
            return Counted(course_id, 0, 0)
        pair = at * len(self.courses) + course
        total, place = _value(self.totals_key, self.totals, pair), _place(self.moved_key, pair * len(self.posts) + to)
        if place is None:
            return Counted(course_id, 0, total)
        return Counted(course_id, int(self.moved[place]), total, self._months(place))

    def _months(self, place: int) -> tuple[int, int, int] | None:
        if self.times is None or self.times[place, 0] == UNTOLD:
            return None
        middle, fewest, most = self.times[place].tolist()
        return middle, fewest, most

    def told(self, present: str, courses: frozenset[str], following: str, rules: CountRules) -> Counted | None:
        """What is worth telling an officer of that post with these courses, None where too few were counted.

        A course is named only where those who had it moved more often than all did, as policy has it, surely more
        often than those without it, and where not nearly everybody had it; the one with the largest lead, each lead
        shrunk by ten officers who moved as all did, so that five of five do not beat sixty of eighty. Leave mandated
        courses out of `courses`.
        """
        everybody = self.counted(present, ANY, following)
        if not rules.worth_telling(everybody.moved, everybody.total):
            return None
        share = everybody.moved / everybody.total
        some = [self.counted(present, course, following) for course in sorted(courses & self.places.keys() - {ANY})]
        leads = [(one.moved - share * one.total) / (one.total + 10) for one in some]
        known = [
            (lead, place)
            for place, lead in enumerate(leads)
            if _sets_apart(some[place], everybody, rules) and _surely(some[place], everybody, len(some))
        ]
        return some[max(known, key=lambda one: (one[0], -one[1]))[1]] if known else everybody

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Plain JSON and plain arrays."""
        told = {"posts": list(self.posts), "courses": list(self.courses), "months": self.months,
                "day": None if self.day is None else self.day.isoformat()}  # fmt: skip
        arrays = {f"within.{name}": getattr(self, name) for name in NAMES}
        return told, arrays if self.times is None else {**arrays, f"within.{TIMED}": self.times}

    @classmethod
    def from_parts(cls, told: Mapping[str, Any], arrays: Mapping[str, Array]) -> MovedWithin:
        """The inverse of `to_parts`; parts of earlier versions have no times and no day."""
        values = {name: arrays[f"within.{name}"] for name in NAMES}
        times = arrays.get(f"within.{TIMED}")
        day = None if told.get("day") is None else date.fromisoformat(told["day"])
        return cls(tuple(told["posts"]), tuple(told["courses"]), int(told["months"]), **values, times=times, day=day)


def count_moved_within(
    steps: pd.DataFrame, completions: pd.DataFrame | None, catalogue: Catalogue, as_of: pd.Timestamp, rules: CountRules
) -> MovedWithin:
    """Count `steps` (officer_id, post_id, started_on in order, as known on the day) and completions known by it.

    Pairs of a post and a course with fewer officers than `least_officers` are not kept: nothing is told of them.
    """
    last = as_of - pd.DateOffset(months=rules.within_months)
    spells = steps[["officer_id", "post_id", "started_on"]].assign(
        ended_on=steps.groupby("officer_id")["started_on"].shift(-1).fillna(as_of)
    )
    spells["post"] = spells["post_id"].map(catalogue.codes)
    spells = spells[spells["post"].notna()]
    taken, courses = _taken(completions)
    held = spells.merge(taken, on="officer_id")
    held["since"] = held[["started_on", "occurred_on"]].max(axis=1)
    held = held[held["since"] < held["ended_on"]]
    plain = spells.assign(course=0, since=spells["started_on"])
    columns = ["officer_id", "post", "course", "since"]
    both = pd.concat([plain[columns], held[columns]], ignore_index=True).sort_values("since", kind="stable")
    first = both.drop_duplicates(["officer_id", "post", "course"])
    first = first[first["since"] <= last]
    return replace(_counted(first, spells, courses, catalogue, rules), day=as_of.date())


def _taken(completions: pd.DataFrame | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Each officer's first day with each course, as (officer_id, course, occurred_on), and the courses by number."""
    if completions is None or completions.empty:
        empty = pd.DataFrame({"officer_id": pd.Series(dtype="string"), "course": pd.Series(dtype="int64"),
                              "occurred_on": pd.Series(dtype="datetime64[us]")})  # fmt: skip
        return empty, (ANY,)
    first = completions.groupby(["officer_id", "course_id"], as_index=False, observed=True)["occurred_on"].min()
    names = tuple(sorted(first["course_id"].astype(str).unique()))
    number = first["course_id"].astype(str).map({name: place for place, name in enumerate(names, start=1)})
    return first[["officer_id", "occurred_on"]].assign(course=number), (ANY, *names)


def _counted(
    first: pd.DataFrame, spells: pd.DataFrame, courses: tuple[str, ...], catalogue: Catalogue, rules: CountRules
) -> MovedWithin:
    """Officers by key: each counts once for a post and a course, and once for each post that followed in time."""
    pair = first["post"].to_numpy(np.int64) * len(courses) + first["course"].to_numpy(np.int64)
    keys, totals = np.unique(pair, return_counts=True)
    kept = keys[totals >= rules.least_officers]
    later = first.assign(pair=pair)[np.isin(pair, kept)]
    later = later.merge(spells[["officer_id", "post", "started_on"]], on="officer_id", suffixes=("", "_next"))
    until = later["since"] + pd.DateOffset(months=rules.within_months)
    later = later[(later["started_on"] > later["since"]) & (later["started_on"] <= until)]
    later = later[later["post"] != later["post_next"]]
    triple = later["pair"].to_numpy(np.int64) * catalogue.size + later["post_next"].to_numpy(np.int64)
    officers = pd.factorize(later["officer_id"])[0].astype(np.int64)
    keys, months = _first_move(triple, officers, (later["started_on"] - later["since"]).dt.days.to_numpy())
    moved_key, begins, moved = np.unique(keys, return_index=True, return_counts=True)
    enough = moved >= rules.least_moved
    times = [_times(months[start : start + count], rules) for start, count in zip(begins, moved, strict=True)]
    return MovedWithin(
        catalogue.posts, courses, rules.within_months, kept, totals[totals >= rules.least_officers].astype(np.int64),
        moved_key[enough], moved[enough].astype(np.int64), np.array(times, np.int64).reshape(-1, 3)[enough],
    )  # fmt: skip


def _first_move(triple: Array, officers: Array, days: Array) -> tuple[Array, Array]:
    """Each officer once for each key, in the order of keys, with the whole months until the first such move."""
    order = np.lexsort((days, officers, triple))
    keys, officer = triple[order], officers[order]
    first = np.ones(len(order), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (officer[1:] != officer[:-1])
    return keys[first], np.rint(days[order][first] / DAYS_A_MONTH)


def _times(months: Array, rules: CountRules) -> tuple[int, int, int]:
    """The median, the fewest and the most; UNTOLD of too few officers, whom the ends would point at."""
    if len(months) < rules.least_timed:
        return UNTOLD, UNTOLD, UNTOLD
    return round(float(np.median(months))), int(months.min()), int(months.max())


def _sets_apart(one: Counted, everybody: Counted, rules: CountRules) -> bool:
    """Whether those with a training moved clearly more often than all, and are not nearly all."""
    often = one.moved * everybody.total >= rules.training_lift * everybody.moved * one.total
    rare = one.total <= rules.most_trained * everybody.total
    return often and rare and one.moved > 0 and rules.worth_telling(one.moved, one.total)


def _surely(one: Counted, everybody: Counted, tried: int) -> bool:
    """Whether the share with a training is above that without it: the interval of the difference lies above zero.

    Newcombe's, of two of Wilson's, wide enough that of all trainings `tried` none leads by chance (Bonferroni).
    """
    without = max(everybody.total - one.total, 0)
    moved = min(max(everybody.moved - one.moved, 0), without)
    if without == 0:
        return False
    z = NormalDist().inv_cdf(1.0 - (1.0 - SURE) / 2.0 / tried)
    share, low, _ = _wilson(one.moved, one.total, z)
    other, _, high = _wilson(moved, without, z)
    return share - other > math.hypot(share - low, high - other)


def _wilson(moved: int, total: int, z: float) -> tuple[float, float, float]:
    """The share, and the ends of its interval."""
    share, square = moved / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return share, middle - half, middle + half


def _value(keys: Array, values: Array, key: int) -> int:
    place = _place(keys, key)
    return 0 if place is None else int(values[place])


def _place(keys: Array, key: int) -> int | None:
    place = int(np.searchsorted(keys, key))
    return place if place < len(keys) and keys[place] == key else None
