"""Points: the published rule table applied to records, line by line and for a whole force; nothing here is learned.

Every rule turns a record into merits: each has the day it was earned, the points it is worth and, where policy lets
it expire, the first day on which it no longer counts. A merit of a `row` rule is a row that matches; it counts from
the day after. A merit of a `year` rule is a full year of an unbroken stretch of matching postings: it is earned on
the anniversary (29 February stands on the 28th in common years) and counts from that day. A line's points are the
sum of its merits that count, but no more than its cap.

Records are contract tables as they stood on a day (features/record.py). `as_of` is that day or a later one: at a
later day open postings are taken to last until then, and nothing else is taken to happen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.catalog import Table, catalog
from data_contracts.decisions import PointsRule
from models.eligibility.spells import as_days, months_later, stretches

Frames = Mapping[str, pd.DataFrame]
MERIT_COLUMNS = ("officer_id", "rule", "earned_on", "expires_on", "row", "year")
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Merit:
    """One piece of evidence: what the line counts, `counted` points of `points` after the cap.

    `row` is the place of its row in the table of the rule; `year` is its number in the stretch for a rule by years.
    """

    earned_on: date
    expires_on: date | None
    points: float
    counted: float
    expired: bool
    row: int
    year: int | None = None

    @property
    def cut_off(self) -> float:
        """What the cap took of it; an expired one has nothing to take from."""
        return 0.0 if self.expired else self.points - self.counted


class _Row(NamedTuple):
    """One row of `merits`."""

    earned_on: date
    expires_on: date | None
    row: int
    year: int


@dataclass(frozen=True)
class Line:
    """A rule applied to one officer: its merits in the order they were earned, their sum, and what the cap leaves."""

    rule: PointsRule
    merits: tuple[Merit, ...]

    @cached_property
    def subtotal(self) -> float:
        """Points of all that count, before the cap."""
        return sum(not merit.expired for merit in self.merits) * self.rule.points

    @property
    def points(self) -> float:
        """Points that the line gives."""
        return min(self.subtotal, self.rule.cap)

    @property
    def cut_off(self) -> float:
        """Points that the cap takes."""
        return self.subtotal - self.points


@dataclass(frozen=True)
class Account:
    """Every line of one officer, in the order of the rule table."""

    officer_id: str
    as_of: date
    lines: tuple[Line, ...]

    @property
    def total(self) -> float:
        """The sum of the lines, always in the order of the rule table."""
        return sum(line.points for line in self.lines)


def tables_needed(rules: Sequence[PointsRule]) -> tuple[str, ...]:
    """The tables of a record that rules read, with those that their conditions refer to.

    >>> from data_contracts.policy import policy
    >>> tables_needed(policy().points)
    ('officers', 'honours', 'postings', 'units', 'course_completions', 'courses', 'appraisals')
    """
    named = ["officers"]
    for rule in rules:
        named += [rule.table, *(name.split(".")[0] for name in (*rule.where, *rule.at_least) if "." in name)]
    return tuple(dict.fromkeys(named))


def accounts(frames: Frames, officer_ids: Sequence[str], rules: Sequence[PointsRule], as_of: date) -> list[Account]:
    """One account for each officer asked, in order; somebody without rows has lines without merits."""
    found = merits(frames, rules, as_of)
    found = found[found["officer_id"].isin(set(officer_ids))]
    days = [[None if pd.isna(day) else day.date() for day in found[name]] for name in ("earned_on", "expires_on")]
    own: dict[tuple[str, int], list[_Row]] = defaultdict(list)
    for officer_id, number, *row in zip(
        found["officer_id"], found["rule"], *days, found["row"], found["year"], strict=True
    ):
        own[officer_id, number].append(_Row(*row))
    return [
        Account(one, as_of, tuple(_line(rule, own[one, number], as_of) for number, rule in enumerate(rules)))
        for one in officer_ids
    ]


def totals(frames: Frames, officer_ids: Sequence[str], rules: Sequence[PointsRule], as_of: date) -> pd.DataFrame:
    """Points by rule code and `total`, one row for each officer (the index, in the order asked), float64.

    The same numbers as `accounts`, bit by bit, by counting: 100,000 officers take seconds.
    """
    found = merits(frames, rules, as_of)
    return _summed(found[_counts_on(found, as_of)], officer_ids, rules)


def totals_on(frames: Frames, days: Mapping[str, date], rules: Sequence[PointsRule]) -> dict[str, float]:
    """The total of each officer on a day of its own, as `totals` has it on that day; the rules are read once.

    What happens after an officer's day changes nothing of it, but a posting that is open on it must last until then.
    """
    found = merits(frames, rules, max(days.values()))
    asked = found["officer_id"].isin(days.keys()).to_numpy(bool)
    found = found[asked]
    own = np.array([days[one] for one in found["officer_id"]], "datetime64[D]")
    earned, ends = as_days(found["earned_on"]), as_days(found["expires_on"])
    yearly = np.array([rule.per == "year" for rule in rules], bool)[found["rule"].to_numpy(np.int64)]
    counts = ((earned < own) | (yearly & (earned == own))) & (np.isnat(ends) | (ends > own))
    total = _summed(found[counts], list(days), rules)["total"]
    return {str(officer): float(points) for officer, points in total.items()}


def _summed(counting: pd.DataFrame, officer_ids: Sequence[str], rules: Sequence[PointsRule]) -> pd.DataFrame:
    """The lines of merits that count, and their total; what `totals` answers."""
    counts = counting.groupby(["officer_id", "rule"], sort=False).size()
    officers = pd.Index(list(officer_ids), dtype=object, name="officer_id")
    table = pd.DataFrame(index=officers)
    total = np.zeros(len(officers))
    for number, rule in enumerate(rules):
        own = counts[counts.index.get_level_values("rule") == number].droplevel("rule")
        points = np.minimum(own.reindex(officers, fill_value=0).to_numpy(np.int64) * rule.points, rule.cap)
        table[rule.code] = points
        total = total + points
    return table.assign(total=total)


def merits(frames: Frames, rules: Sequence[PointsRule], as_of: date) -> pd.DataFrame:
    """Every merit of every officer in the frames earned by `as_of`, expired ones too: MERIT_COLUMNS.

    `rule` is the place of the rule in `rules`, `row` that of the row in its table, `year` 0 for rules by rows. In
    order of rule, officer and day.
    """
    parts = [_merits_of(frames, rule, as_of).assign(rule=n) for n, rule in enumerate(rules) if rule.table in frames]
    there = [part for part in parts if len(part)]
    if not there:
        empty = pd.DataFrame({name: pd.Series(dtype="int64") for name in MERIT_COLUMNS})
        return empty.astype({"officer_id": object, "earned_on": "datetime64[s]", "expires_on": "datetime64[s]"})
    both = pd.concat(there, ignore_index=True)[list(MERIT_COLUMNS)]
    return both.sort_values(["rule", "officer_id", "earned_on", "row", "year"], kind="stable", ignore_index=True)


def matching(frames: Frames, rule: PointsRule) -> NDArray[np.bool_]:
    """Which rows of the rule's table match its conditions, (rows,); an unknown value matches none."""
    contract, rows = catalog().table(rule.table), frames[rule.table]
    fits = rows[rule.date].notna().to_numpy(bool)
    for name, allowed in rule.where.items():
        fits &= _values(frames, contract, name).isin(allowed).to_numpy(bool)
    for name, least in rule.at_least.items():
        fits &= _values(frames, contract, name).to_numpy(np.float64, na_value=np.nan) >= least
    return fits


def _values(frames: Frames, contract: Table, name: str) -> pd.Series:
    """A column of the table, or of the row of another table that it refers to; unknown where that is absent."""
    rows, (owner, _, column) = frames[contract.name], name.rpartition(".")
    if not owner:
        return rows[column]
    if owner not in frames:
        return pd.Series(np.nan, index=rows.index)
    link = next(name for name, target in contract.references.items() if target == owner)
    key = catalog().table(owner).key[0]
    told = frames[owner].drop_duplicates(key).set_index(key)[column]
    return rows[link].map(told)


def _merits_of(frames: Frames, rule: PointsRule, as_of: date) -> pd.DataFrame:
    fits = matching(frames, rule)
    moment = np.datetime64(as_of, "D")
    found = _years(frames, rule, fits, moment) if rule.per == "year" else _rows(frames[rule.table], rule, fits, moment)
    earned = as_days(found["earned_on"])
    ends = np.full(len(found), NEVER) if rule.expires_months is None else months_later(earned, rule.expires_months)
    return found.assign(expires_on=ends.astype("datetime64[s]"))


def _rows(rows: pd.DataFrame, rule: PointsRule, fits: NDArray[np.bool_], moment: np.datetime64) -> pd.DataFrame:
    place = np.flatnonzero(fits & (as_days(rows[rule.date]) < moment))
    own = rows.iloc[place]
    earned = as_days(own[rule.date]).astype("datetime64[s]")
    officers = own["officer_id"].to_numpy(object)
    return pd.DataFrame({"officer_id": officers, "earned_on": earned, "row": place, "year": 0})


def _years(frames: Frames, rule: PointsRule, fits: NDArray[np.bool_], moment: np.datetime64) -> pd.DataFrame:
    """The full years of each stretch of matching rows; `row` is the latest row that began by the anniversary."""
    contract = catalog().table(rule.table)
    place = np.flatnonzero(fits)
    rows = frames[rule.table].iloc[place]
    ended = _ended(frames, rows, contract.ends[0])
    officers = rows["officer_id"].to_numpy(object)
    served = pd.DataFrame({"officer_id": officers, "started_on": as_days(rows[rule.date]), "ended_on": ended})
    found = stretches(served, moment)
    begin, end = as_days(found["started_on"]), as_days(found["ended_on"])
    parts, year = [], 1
    while (there := months_later(begin, 12 * year) <= end).any():
        earned = months_later(begin[there], 12 * year).astype("datetime64[s]")
        parts.append(pd.DataFrame({"officer_id": found["officer_id"][there], "earned_on": earned, "year": year}))
        year += 1
    if not parts:
        return pd.DataFrame({"officer_id": [], "earned_on": np.array([], "datetime64[s]"), "row": [], "year": []})
    years = pd.concat(parts).sort_values("earned_on", kind="stable", ignore_index=True)
    starts = pd.DataFrame({"officer_id": officers, "row": place, "earned_on": served["started_on"]})
    starts = starts.sort_values(["earned_on", "row"], kind="stable", ignore_index=True)
    return pd.merge_asof(years, starts, on="earned_on", by="officer_id", allow_exact_matches=False)


def _ended(frames: Frames, rows: pd.DataFrame, column: str) -> NDArray[np.datetime64]:
    """The end of each row; whoever has left holds no posting any more."""
    ended = as_days(rows[column])
    if "officers" not in frames:
        return ended
    left = frames["officers"].drop_duplicates("officer_id").set_index("officer_id")["left_on"]
    earliest: NDArray[np.datetime64] = np.fmin(ended, as_days(rows["officer_id"].map(left)))
    return earliest


def _counts_on(found: pd.DataFrame, as_of: date) -> NDArray[np.bool_]:
    ends = as_days(found["expires_on"])
    counts: NDArray[np.bool_] = np.isnat(ends) | (ends > np.datetime64(as_of, "D"))
    return counts


def _line(rule: PointsRule, rows: Sequence[_Row], as_of: date) -> Line:
    """Merits fill the cap in the order they were earned."""
    found, room = [], rule.cap
    for row in rows:
        expired = row.expires_on is not None and row.expires_on <= as_of
        counted = 0.0 if expired else min(rule.points, room)
        room -= counted
        year = int(row.year) if rule.per == "year" else None
        found.append(Merit(row.earned_on, row.expires_on, rule.points, counted, expired, int(row.row), year))
    return Line(rule, tuple(found))
