"""What is known of each officer that a post may ask for: time served, education, competency, rank, courses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.naming import quoted
from data_contracts.policy import policy
from data_contracts.remembering import of_tables
from data_contracts.vocabulary import Bilingual, Education
from models.eligibility.spells import Counts, Days, as_days, full_months, grass_roots, months_later, stretches

Frames = Mapping[str, pd.DataFrame]
Numbers = NDArray[np.float64]
POLICE_LADDER = "police_rank"
NO_DAY = np.datetime64("NaT", "D")
NEEDS = (
    "officers", "postings", "units", "posts", "promotions", "rank_steps", "courses", "course_completions",
    "competency_assessments",
)  # fmt: skip


@dataclass(frozen=True)
class Ladders:
    """Every step by ladder: its position (0 lowest or as the source counts), the least years in it, and its name.

    changes: from which ladder to which somebody on record went at one height; None where nobody asked the record.
    """

    steps: Mapping[tuple[str, str], tuple[float, float | None]]
    names: Mapping[tuple[str, str], Bilingual] = field(default_factory=dict)
    changes: frozenset[tuple[str, str]] | None = None

    @classmethod
    def of(cls, frames: Frames) -> Ladders:
        """Policy's ladders, with the steps of the record's own `rank_steps` before them."""
        return _ladders_of(frames)

    @property
    def binding(self) -> frozenset[str]:
        """Ladders whose steps come one after the other: those of policy, and any that tells least times.

        Of another ladder the source knows only how high its ranks stand, and whoever is promoted may pass some over.
        """
        timed = {ladder for (ladder, _), (_, years) in self.steps.items() if years is not None}
        return frozenset(timed | {one.code for one in policy().ladders})

    def named(self, ladder: str | None, step: str) -> Bilingual:
        """What people call a step, its code quoted as one where nothing names it."""
        return self.names.get((str(ladder), step)) or quoted(step)

    def position(self, ladder: str | None, step: str | None) -> float:
        """The place of a step, NaN where it or its ladder is unknown."""
        return self.steps.get((str(ladder), str(step)), (np.nan, None))[0]

    def ladder_named(self, ladder: str | None) -> Bilingual:
        """What people call a ladder, its code quoted where policy does not name it."""
        found = next((one for one in policy().ladders if one.code == ladder), None)
        return quoted(str(ladder)) if found is None else Bilingual(found.name_zh, found.name_en)

    def years_between(self, ladder: str, position: float, goal: float) -> float | None:
        """The least years from reaching one place to being allowed the other; None where a step is by selection."""
        between = [years for (name, _), (at, years) in self.steps.items() if name == ladder and position <= at < goal]
        known = [years for years in between if years is not None]
        return sum(known) if between and len(known) == len(between) else None

    def has_height(self, ladder: str, position: float) -> bool:
        """Whether a ladder has a step at a place of another, so that a change of ladder can go there."""
        return any(name == ladder and at == position for (name, _), (at, _) in self.steps.items())


@of_tables("rank_steps")
def _ladders_of(frames: Frames) -> Ladders:
    own: dict[tuple[str, str], tuple[float, float | None]] = {
        (ladder.code, step.code): (float(place), step.minimum_years)
        for ladder in policy().ladders
        for place, step in enumerate(ladder.steps)
    }
    names = {(ladder.code, step.code): step.label for ladder in policy().ladders for step in ladder.steps}
    rows = frames.get("rank_steps")
    for row in [] if rows is None else rows.to_dict("records"):
        key, years = (str(row["ladder"]), str(row["rank_step"])), row["minimum_years"]
        own[key] = (float(row["position"]), None if pd.isna(years) else float(years))
        told = [str(row[name]) for name in ("name_zh", "name_en") if name in row and not pd.isna(row[name])]
        if told:
            names[key] = Bilingual(told[0], told[-1])
    return Ladders(own, names)


@dataclass(frozen=True)
class Facts:
    """Of n officers in order; NaT, NaN (levels, positions) and -1 (education) where unknown.

    `grassroots_months` are full months of stretches, summed; `grassroots_since` begins the stretch that is running.
    `taken` tells the last completion by course, (n,) each, None where completions are not kept.
    """

    as_of: date
    officer_ids: tuple[str, ...]
    entered_on: Days
    post_id: NDArray[np.object_]
    post_since: Days
    grassroots_months: Counts
    grassroots_since: Days
    grassroots_known: NDArray[np.bool_]
    education: Counts
    ladder: NDArray[np.object_]
    rank_step: NDArray[np.object_]
    rank_position: Numbers
    rank_since: Days
    levels: Mapping[str, Numbers]
    taken: Mapping[str, Days] | None
    ladders: Ladders

    @property
    def moment(self) -> np.datetime64:
        """The day, as arrays have it."""
        return np.datetime64(self.as_of, "D")


NO_POSTINGS = pd.DataFrame(  # of a day before every record
    {name: pd.Series(dtype="string") for name in ("officer_id", "post_id", "unit_id", "rank_step")}
    | {name: pd.Series(dtype="datetime64[us]") for name in ("started_on", "ended_on", "known_on")}
)


def facts_of(frames: Frames, officer_ids: Sequence[str], as_of: date) -> Facts:
    """Facts from records as they stood at `as_of` (features/record.py); tables may be absent."""
    ids = pd.Index(list(officer_ids), dtype=object)
    own = {"postings": NO_POSTINGS} | {
        name: rows[rows["officer_id"].isin(set(officer_ids)).to_numpy(bool)] if "officer_id" in rows else rows
        for name, rows in frames.items()
    }
    post, since, first, step = _posts(own["postings"], ids)
    ladders = Ladders.of(frames)
    entered, education = _officers(own, ids)
    ladder, rank, rank_since = _ranks(own, ids)
    unranked = pd.isna(rank)
    rank[unranked] = step[unranked]
    months, running = _grass_roots(own, ids, np.datetime64(as_of, "D"))
    return Facts(
        as_of=as_of,
        officer_ids=tuple(officer_ids),
        entered_on=np.where(np.isnat(entered), first, entered),
        post_id=post,
        post_since=since,
        grassroots_months=months,
        grassroots_since=running,
        grassroots_known=np.full(len(ids), own.get("units", pd.DataFrame()).shape[0] > 0) & ~np.isnat(first),
        education=education,
        ladder=ladder,
        rank_step=rank,
        rank_position=np.array([ladders.position(one, two) for one, two in zip(ladder, rank, strict=True)], np.float64),
        rank_since=rank_since,
        levels=_levels(own.get("competency_assessments"), ids),
        taken=_taken(own.get("course_completions"), ids),
        ladders=ladders,
    )


def _posts(rows: pd.DataFrame, ids: pd.Index) -> tuple[NDArray[np.object_], Days, Days, NDArray[np.object_]]:
    """The present post, since when (consecutive equal posts are one), the first posting's day, the rank step told."""
    rows = rows.sort_values(["officer_id", "started_on", "known_on", "post_id", "unit_id"], kind="stable")
    before = rows.groupby("officer_id", sort=False)["post_id"].shift()
    new = rows[(before.isna() | (rows["post_id"] != before).fillna(True)).to_numpy(bool)]
    last, changed = rows.drop_duplicates("officer_id", keep="last"), new.drop_duplicates("officer_id", keep="last")
    first = rows.drop_duplicates("officer_id")
    return (
        _texts(last, "post_id", ids),
        _day(changed, "started_on", ids),
        _day(first, "started_on", ids),
        _texts(last, "rank_step", ids),
    )


def _officers(own: Frames, ids: pd.Index) -> tuple[Days, Counts]:
    """Joining day and education (its place among the levels of the contract, -1 unknown)."""
    if "officers" not in own:
        return np.full(len(ids), NO_DAY), np.full(len(ids), -1, dtype=np.int64)
    rows, order = own["officers"], {level.value: place for place, level in enumerate(Education)}
    known = pd.Series(_texts(rows, "education", ids)).map(order)
    return _day(rows, "entered_on", ids), known.fillna(-1).to_numpy().astype(np.int64)


def _ranks(own: Frames, ids: pd.Index) -> tuple[NDArray[np.object_], NDArray[np.object_], Days]:
    """Ladder and step of the latest promotion (police ranks apart), and since when that step is held."""
    rows = own.get("promotions")
    if rows is None:
        nothing = np.full(len(ids), None, dtype=object)
        return nothing, nothing.copy(), np.full(len(ids), NO_DAY)
    rows = rows[(rows["ladder"] != POLICE_LADDER).to_numpy(bool)]
    rows = rows.sort_values(["officer_id", "occurred_on", "known_on", "ladder", "rank_step"], kind="stable")
    before = rows.groupby("officer_id", sort=False)["rank_step"].shift()
    new = rows[(before.isna() | (rows["rank_step"] != before).fillna(True)).to_numpy(bool)]
    last, changed = rows.drop_duplicates("officer_id", keep="last"), new.drop_duplicates("officer_id", keep="last")
    return _texts(last, "ladder", ids), _texts(last, "rank_step", ids), _day(changed, "occurred_on", ids)


def _grass_roots(own: Frames, ids: pd.Index, moment: np.datetime64) -> tuple[Counts, Days]:
    found = stretches(grass_roots(own["postings"], own.get("units")), moment)
    begin, end = as_days(found["started_on"]), as_days(found["ended_on"])
    months = pd.Series(full_months(begin, end)).groupby(found["officer_id"].to_numpy(object)).sum()
    running = found[found["open"].to_numpy(bool)]
    return months.reindex(ids, fill_value=0).to_numpy(np.int64), _day(running, "started_on", ids)


def _levels(rows: pd.DataFrame | None, ids: pd.Index) -> Mapping[str, Numbers]:
    """The latest level by competency."""
    if rows is None:
        return {}
    rows = rows.sort_values(["officer_id", "competency", "occurred_on", "known_on"], kind="stable")
    last = rows.drop_duplicates(["officer_id", "competency"], keep="last")
    return {
        str(name): part.set_index("officer_id")["level"].reindex(ids).to_numpy(np.float64)
        for name, part in last.groupby("competency", sort=True)
    }


def _taken(rows: pd.DataFrame | None, ids: pd.Index) -> Mapping[str, Days] | None:
    if rows is None:
        return None
    unique = ids.unique()
    course, names = pd.factorize(rows["course_id"].astype(object), sort=True)
    officer, day = unique.get_indexer(pd.Index(rows["officer_id"].astype(object))), as_days(rows["occurred_on"])
    last = np.full((len(names), len(unique)), NO_DAY).view(np.int64)  # NaT is the least whole number
    asked = officer >= 0
    np.maximum.at(last, (course[asked], officer[asked]), day[asked].view(np.int64))
    days = last.view("datetime64[D]")[:, unique.get_indexer(ids)]
    return {str(name): days[place] for place, name in enumerate(names)}


def _day(rows: pd.DataFrame, column: str, ids: pd.Index) -> Days:
    return as_days(rows.drop_duplicates("officer_id").set_index("officer_id")[column].reindex(ids))


def _texts(rows: pd.DataFrame, column: str, ids: pd.Index) -> NDArray[np.object_]:
    found = rows.drop_duplicates("officer_id").set_index("officer_id")[column].astype(object).reindex(ids)
    texts: NDArray[np.object_] = found.where(found.notna().to_numpy(bool), None).to_numpy(object)
    return texts


def lapses_on(taken: Days, valid_months: float) -> Days:
    """The day from which a completion no longer holds; NaT where it holds for good or there is none."""
    return np.full(len(taken), NO_DAY) if np.isnan(valid_months) else months_later(taken, int(valid_months))
