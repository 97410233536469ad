"""What the records tell of officers on a way: where each stands, which goal is stated, what became known since.

The reading is that of training (`training/paths/data.py`): steps are postings, or rank steps of the ladders of work.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from features.sequences import posting_sequences
from models.courses.rules import OfferedCourse, Standing
from models.eligibility.standing_facts import POLICE_LADDER
from models.holding import held_postings
from models.paths.bundle import POST
from models.paths.told_plan import Event
from models.posts.histories import CareerState
from models.posts.vacancies import open_on
from models.stated_goals import StatedGoal, stated_goals

Frames = Mapping[str, pd.DataFrame]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OfficerRecord:
    """The rows of one officer as they stood on a day; tables without an officer come whole."""

    officer_id: str
    as_of: date
    frames: Frames
    _steps: dict[str, pd.DataFrame] = field(default_factory=dict, compare=False)

    @property
    def known(self) -> bool:
        """Whether the officer is on record at all."""
        return any(len(self.rows(name)) for name in ("officers", "postings"))

    @property
    def serving(self) -> bool:
        """False where the officer had left by the day."""
        rows = self.rows("officers")
        return rows.empty or "left_on" not in rows or bool(rows["left_on"].isna().all())

    def rows(self, table: str) -> pd.DataFrame:
        """The officer's rows of a table, none where it is absent."""
        return self.frames.get(table, pd.DataFrame())

    def steps(self, kind: str) -> pd.DataFrame:
        """The posts or the rank steps held, in order, as `posting_sequences` has them; empty where none is known."""
        if kind not in self._steps:
            rows = self.rows("postings") if kind == POST else self._ranks()
            none = pd.DataFrame({"post_id": [], "started_on": []})
            self._steps[kind] = posting_sequences(rows) if len(rows) else none
        return self._steps[kind]

    def post_ended_on(self) -> date | None:
        """The day on which the last post ended, None while one is held or where none ever was."""
        rows = self.rows("postings")
        if rows.empty or len(held_postings(rows, self.as_of)):
            return None
        return pd.Timestamp(rows["ended_on"].max()).date()

    def _ended(self) -> Event:
        """That no post is held any more, known from the day after the end."""
        rows = self.rows("postings")
        last = rows.sort_values(["ended_on", "known_on"], kind="stable").iloc[-1]
        on = pd.Timestamp(last["ended_on"]).date()
        return Event("ended", str(last["post_id"]), on, max(pd.Timestamp(last["known_on"]).date(), on + ONE_DAY))

    def state(self, kind: str) -> CareerState:
        """Where the officer stands, as the model of a kind reads it."""
        steps = self.steps(kind)
        rank, since = self._rank() if kind == POST else (None, None)
        return CareerState(
            posts=[str(post) for post in steps["post_id"]],
            started_on=[day.date() for day in steps["started_on"]],
            rank=rank,
            entered_on=self._entered_on(),
            as_of=self.as_of,
            rank_since=since,
        )

    def police_state(self) -> CareerState | None:
        """The police ranks held, in order, None where none is on record."""
        rows = self.rows("promotions")
        police = rows[(rows["ladder"] == POLICE_LADDER).to_numpy(bool)] if len(rows) else rows
        if police.empty:
            return None
        steps = posting_sequences(_as_steps(police))
        return CareerState(
            posts=[str(step) for step in steps["post_id"]], started_on=[day.date() for day in steps["started_on"]],
            entered_on=self._entered_on(), as_of=self.as_of,
        )  # fmt: skip

    def stated_goal(self) -> StatedGoal | None:
        """The goal stated last."""
        return stated_goals(self.rows("career_goals")).get(self.officer_id)

    def held_courses(self) -> frozenset[str]:
        """Every course completed."""
        return frozenset(self._last_taken)

    def holds(self, course: OfferedCourse) -> bool:
        """Whether the officer has completed a course and it has not lapsed."""
        return Standing(self.as_of, None, self._last_taken, ()).holds(course)

    @cached_property
    def _last_taken(self) -> Mapping[str, date]:
        rows = self.rows("course_completions")
        if rows.empty:
            return {}
        last: dict[str, pd.Timestamp] = {}
        for course, day in zip(rows["course_id"].tolist(), rows["occurred_on"].tolist(), strict=True):
            last[str(course)] = max(day, last.get(str(course), day))
        return {course: day.date() for course, day in last.items()}

    def events(self, kind: str) -> frozenset[Event]:
        """Everything of the officer on record that may change a plan; vacancies are everybody's (`RecordsOfDay`).

        What happens on a day is part of the records from the day after, so that is the day it is known from.
        """
        return frozenset(self._events(kind))

    def _events(self, kind: str) -> Iterator[Event]:
        steps = self.steps(kind)
        if len(steps):
            yield from _told("posting", steps, "post_id", "started_on")
        if kind == POST and len(self._promotions):
            yield from _told("promotion", self._promotions, "rank_step", "occurred_on")
        if kind == POST and self.post_ended_on() is not None:
            yield self._ended()
        for what, table, item in (
            ("completion", "course_completions", "course_id"), ("appraisal", "appraisals", "kind"),
            ("assessment", "competency_assessments", "competency"), ("goal", "career_goals", "goal"),
        ):  # fmt: skip
            if len(self.rows(table)) and (kind == POST or what != "assessment"):  # no rank step asks for a level
                yield from _told(what, self.rows(table), item, "occurred_on")

    @cached_property
    def _promotions(self) -> pd.DataFrame:
        """To steps of the ladders of posts, on which rules rest; police ranks open no post."""
        rows = self.rows("promotions")
        return rows[(rows["ladder"] != POLICE_LADDER).to_numpy(bool)] if len(rows) else rows

    def _ranks(self) -> pd.DataFrame:
        return self._work_steps

    @cached_property
    def _work_steps(self) -> pd.DataFrame:
        rows = self.rows("promotions")
        if rows.empty:
            return rows
        return _as_steps(self._promotions if len(self._promotions) else rows)

    def ladder(self) -> str | None:
        """The ladder of the rank step held, None where promotions do not say."""
        rows = self._ranks()
        if rows.empty:
            return None
        return str(rows.sort_values(["started_on", "known_on"], kind="stable")["ladder"].iloc[-1])

    def _rank(self) -> tuple[str | None, date | None]:
        """The rank step held and the day from which it is known; of the posting where promotions are not kept."""
        if "promotions" not in self.frames:
            told = self.steps(POST)
            known = [] if "rank_step" not in told else [str(one) for one in told["rank_step"].dropna()]
            return (known[-1] if known else None), None
        rows = self._ranks()
        if rows.empty:
            return None, None
        known_from = map(max, rows["started_on"].tolist(), rows["known_on"].tolist())
        held, since = "", date.min
        for day, step in sorted(zip(known_from, map(str, rows["post_id"].tolist()), strict=True)):
            if step != held:
                held, since = step, day.date()
        return held, since

    def _entered_on(self) -> date | None:
        rows = self.rows("officers")
        if rows.empty or "entered_on" not in rows or pd.isna(rows["entered_on"].iloc[-1]):
            return None
        return pd.Timestamp(rows["entered_on"].iloc[-1]).date()


@dataclass(frozen=True)
class RecordsOfDay:
    """The records of many officers as they stood on a day, each officer's rows found once."""

    frames: Frames
    as_of: date
    _known: dict[str, OfficerRecord] = field(default_factory=dict)

    def of(self, officer_id: str) -> OfficerRecord:
        """The record of one of them, without rows where nothing is known."""
        if officer_id not in self._known:
            own = {name: self._own(name, rows, officer_id) for name, rows in self.frames.items()}
            held = self._held[1].iloc[list(self._held[0].get(officer_id, ()))]
            steps = {POST: held} if len(held) else {}
            self._known[officer_id] = OfficerRecord(officer_id, self.as_of, own, steps)
        return self._known[officer_id]

    @cached_property
    def _held(self) -> tuple[dict[Hashable, Any], pd.DataFrame]:
        """The posts that all officers held, in order, and the places of each officer's in them."""
        rows = self.frames.get("postings", pd.DataFrame())
        if rows.empty:
            return {}, rows
        steps = posting_sequences(rows)
        return dict(steps["officer_id"].groupby(steps["officer_id"]).indices), steps

    def vacancies(self, posts: Iterable[str]) -> Iterator[Event]:
        """The open vacancies of some posts, as events of whoever plans with posts."""
        for post in set(posts):
            yield from self._vacancies.get(post, ())

    @cached_property
    def _vacancies(self) -> Mapping[str, list[Event]]:
        rows, found = self.frames.get("vacancies"), dict[str, list[Event]]()
        if rows is None:
            return found
        standing = rows[open_on(rows, self.as_of, self.frames.get("units"))]
        for event in _told("vacancy", standing, "post_id", "opened_on"):
            found.setdefault(event.item, []).append(event)
        return found

    def _own(self, name: str, rows: pd.DataFrame, officer_id: str) -> pd.DataFrame:
        if "officer_id" not in rows:
            return rows
        return rows.iloc[list(self._places[name].get(officer_id, ()))]

    @cached_property
    def _places(self) -> dict[str, dict[Hashable, Any]]:
        """Places of each officer's rows in every table that has officers, in the order of the table."""
        named = {name: rows["officer_id"] for name, rows in self.frames.items() if "officer_id" in rows}
        return {name: dict(ids.groupby(ids).indices) for name, ids in named.items()}


def _told(kind: str, rows: pd.DataFrame, item: str, day: str) -> Iterator[Event]:
    for what, happened, known in zip(rows[item], rows[day], rows["known_on"], strict=True):
        on = happened.date()
        yield Event(kind, str(what), on, max(known.date(), on + ONE_DAY) if kind != "vacancy" else known.date())


def _as_steps(rows: pd.DataFrame) -> pd.DataFrame:
    """Promotions as postings, a rank step for a post."""
    steps = rows.rename(columns={"occurred_on": "started_on"})[["officer_id", "started_on", "known_on", "ladder"]]
    return steps.assign(post_id=rows["rank_step"], unit_id=rows["rank_step"])
