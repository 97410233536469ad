"""One round of wishes as the matching reads it: whose wishes for which vacancies, with points, rules and tie-breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from data_contracts.errors import InvalidInput
from data_contracts.policy import Policy
from models.eligibility.rules import BlockedBy, Post, allowed, judgement, posts_of
from models.eligibility.spells import full_months
from models.eligibility.standing_facts import NEEDS, Facts, facts_of
from models.matching.wishes import MatchInput
from models.points.lines import tables_needed, totals
from models.points.words import Records as Names
from models.posts.vacancies import of_dissolved_units, open_on
from serving.matching.fit import TABLES as FITTED_BY
from serving.matching.granted import best_granted, check_granted, counted
from serving.matching.schemas import MatchRequest, Opening
from serving.on_force import not_on_force
from serving.points.answers import RecordSource
from serving.waiting import still_wanted
from serving.words import text_of

Frames = Mapping[str, pd.DataFrame]
FREE = (True, "", "")
WISHES = ["officer_id", "vacancy_id", "preference_order", "occurred_on"]
VACANCIES = ["vacancy_id", "post_id", "unit_id", "places", "closes_on"]
UNDATED = pd.Timestamp("NaT")  # what a caller brings was stated in time, as far as we are concerned
Fit = Callable[[Frames, pd.DataFrame, date], "pd.Series[float]"]  # records, wishes with post_id, as-of -> each wish


@dataclass(frozen=True)
class Round:
    """What is matched, and what the matching was given."""

    given: MatchInput
    points: pd.Series[float]
    openings: Mapping[str, Opening]
    classes: Mapping[tuple[str, str], str]  # the priority class that counts, by officer and vacancy
    left_out: Mapping[str, str]  # why a vacancy that was asked for does not take part, by its id: a code of `ASIDE`
    rules: Rules

    def unknown(self, officer_id: str, vacancy_id: str) -> tuple[BlockedBy, ...]:
        """What a vacancy asks for and the officer's record does not tell."""
        opening = self.openings.get(vacancy_id)
        return () if opening is None else self.rules.unknown(officer_id, opening.post_id)


def round_of(records: RecordSource, policy: Policy, asked: MatchRequest, as_of: date, fit: Fit | None = None) -> Round:
    """Read the round of a request as of a day; raises InvalidInput naming what is missing and the remedy.

    Everybody who wishes for one of its vacancies takes part, whoever was asked about.
    """
    open_ones, dissolved = _vacancies(records, asked, as_of)
    told = [*open_ones["vacancy_id"].astype(str), *dissolved["vacancy_id"].astype(str)]
    wishes = _brought(asked) if asked.wishes is not None else _recorded(records, told, as_of)
    check_granted(asked.priorities, wishes, open_ones, policy.matching)
    ids = list(dict.fromkeys(wishes["officer_id"].astype(str)))
    fitted = FITTED_BY if fit is not None else ()
    frames = records(ids, as_of, list(dict.fromkeys([*NEEDS, *tables_needed(policy.points), *fitted])))
    facts = facts_of(frames, ids, as_of)
    still_wanted()
    points = totals(frames, ids, policy.points, as_of)["total"]
    rules = _rules(open_ones, frames, facts, policy)
    judged = _judged(wishes, open_ones, frames, rules)
    still_wanted()
    if fit is not None:
        posts = open_ones.set_index("vacancy_id")["post_id"].to_dict()
        judged = judged.assign(fit=fit(frames, judged.assign(post_id=judged["vacancy_id"].map(posts)), as_of))
    stated = best_granted(asked.priorities, judged, policy.matching)
    closed = frozenset(dissolved["vacancy_id"].astype(str))
    given = MatchInput(_officers(facts, points), stated, open_ones.drop(columns=["post_id", "unit_id"]), closed)
    openings = {**_openings(dissolved, frames), **_openings(open_ones, frames)}
    taking = set(open_ones["vacancy_id"].astype(str))
    named = [] if asked.vacancies is not None else list(dict.fromkeys(asked.vacancy_ids or ()))
    left_out = {one: "unit_closed" if one in closed else "unknown_vacancy" for one in named if one not in taking}
    return Round(given, points, openings, counted(stated), left_out, rules)


def _openings(vacancies: pd.DataFrame, frames: Frames) -> Mapping[str, Opening]:
    """Post and unit of each vacancy by its id, with their names."""
    names = Names(frames)
    rows = zip(*(vacancies[name] for name in ("vacancy_id", "post_id", "unit_id")), strict=True)
    return {
        str(vacancy): Opening(
            post_id=str(post),
            post_name=text_of(names.name("posts", "post_id", str(post))),
            unit_id=None if pd.isna(unit) else str(unit),
            unit_name=None if pd.isna(unit) else text_of(names.name("units", "unit_id", str(unit))),
        )
        for vacancy, post, unit in rows
    }


def _vacancies(records: RecordSource, asked: MatchRequest, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The vacancies of the round, and those that would be of it had their unit not been dissolved."""
    if asked.vacancies is not None:
        _check_posts(records, [one.post_id for one in asked.vacancies], as_of)
        brought = pd.DataFrame([one.model_dump() for one in asked.vacancies])
        return brought.assign(closes_on=UNDATED, unit_id=None)[VACANCIES], pd.DataFrame(columns=VACANCIES)
    known = records([], as_of, ["vacancies", "units"])
    rows, units = known.get("vacancies"), known.get("units")
    if rows is None:
        raise InvalidInput(
            "no vacancy is known on this day; ingest vacancies, or bring them as `vacancies`",
            zh="当日没有已知的空缺；请导入 vacancies 表，或在请求中以 `vacancies` 给出",
        )
    if asked.vacancy_ids is not None:
        rows = rows[rows["vacancy_id"].isin(asked.vacancy_ids)]
    else:
        rows = rows[open_on(rows, as_of, None)]
    dissolved = of_dissolved_units(rows, as_of, units)
    standing, gone = (rows.loc[own, VACANCIES].reset_index(drop=True) for own in (~dissolved, dissolved))
    return standing, gone


def _check_posts(records: RecordSource, post_ids: Sequence[str], as_of: date) -> None:
    """Raises InvalidInput for a post that the table of posts does not know; without that table any post may be new."""
    rows = records([], as_of, ["posts"]).get("posts")
    known = None if rows is None else set(rows["post_id"].astype(str))
    for place, post_id in enumerate(post_ids):
        if known is not None and post_id not in known:
            raise InvalidInput(
                f"vacancies[{place}].post_id: there is no post {post_id!r} on {as_of}; ingest it first, or send one on "
                "record",
                zh=f"vacancies[{place}].post_id：{as_of} 没有岗位“{post_id}”；请先导入，或给出已登记的岗位",
            )


def _brought(asked: MatchRequest) -> pd.DataFrame:
    """The wishes of a request; raises InvalidInput for a vacancy that one officer wishes for twice, which records, with
    one row for each officer and vacancy, cannot tell.
    """
    seen: dict[tuple[str, str], int] = {}
    for place, one in enumerate(asked.wishes or ()):
        first = seen.setdefault((one.officer_id, one.vacancy_id), place)
        if first != place:
            raise InvalidInput(
                f"wishes[{place}].vacancy_id: {one.vacancy_id!r} is wished for by the same officer in wishes[{first}] "
                "already; leave one of the two out",
                zh=f"wishes[{place}].vacancy_id：该民警在 wishes[{first}] 中已填报“{one.vacancy_id}”；请删去其中一项",
            )
    given = pd.DataFrame([one.model_dump() for one in asked.wishes or ()], columns=WISHES[:3])
    return given.assign(occurred_on=UNDATED)


def _recorded(records: RecordSource, vacancy_ids: Sequence[str], as_of: date) -> pd.DataFrame:
    """Everybody's wishes for these vacancies; wishes of other rounds have orders of their own."""
    rows = records(None, as_of, ["preferences"]).get("preferences")
    if rows is None:
        raise InvalidInput(
            "no preference is known on this day; ingest preferences, or bring them as `wishes`",
            zh="当日没有已知的志愿；请导入 preferences 表，或在请求中以 `wishes` 给出",
        )
    return rows.loc[rows["vacancy_id"].isin(vacancy_ids), WISHES].reset_index(drop=True)


@dataclass(frozen=True)
class Rules:
    """Who may take which post: officers x posts wanted, and why not."""

    facts: Facts
    posts: Sequence[Post]
    policy: Policy

    def judge(self, officers: Sequence[str], posts: Sequence[str | None]) -> list[tuple[bool, str, str]]:
        """For each wish whether nothing bars, and what does in both languages; an unknown vacancy bars nothing."""
        at, column = self._at, self._column
        mask = allowed(self.facts, self.posts, self.policy)
        return [
            (True, "", "")
            if post is None or mask[at[officer], column[post]]
            else self._barred(at[officer], column[post])
            for officer, post in zip(officers, posts, strict=True)
        ]

    def unknown(self, officer_id: str, post_id: str) -> tuple[BlockedBy, ...]:
        """What a post asks for and the officer's record does not tell; nothing of one that is not wanted here."""
        if officer_id not in self._at or post_id not in self._column:
            return ()
        post = self.posts[self._column[post_id]]
        return judgement(self.facts, self._at[officer_id], post, self.policy).unknown

    @cached_property
    def _at(self) -> Mapping[str, int]:
        return {officer: place for place, officer in enumerate(self.facts.officer_ids)}

    @cached_property
    def _column(self) -> Mapping[str, int]:
        return {post.post_id: place for place, post in enumerate(self.posts)}

    def _barred(self, officer: int, post: int) -> tuple[bool, str, str]:
        found = judgement(self.facts, officer, self.posts[post], self.policy).blocked_by
        return False, "；".join(one.zh for one in found), "; ".join(one.en for one in found)


def _rules(vacancies: pd.DataFrame, frames: Frames, facts: Facts, policy: Policy) -> Rules:
    """Of the posts of these vacancies; one that is not on record asks for what every post does."""
    on_record = {post.post_id: post for post in posts_of(frames)} if "postings" in frames else {}
    posts = dict.fromkeys(vacancies["post_id"].astype(str))
    return Rules(facts, [on_record.get(post_id, Post(post_id)) for post_id in posts], policy)


def _judged(wishes: pd.DataFrame, vacancies: pd.DataFrame, frames: Frames, rules: Rules) -> pd.DataFrame:
    """The wishes with `eligible`, `because_zh` and `because_en`."""
    post_of = dict(zip(vacancies["vacancy_id"].astype(str), vacancies["post_id"].astype(str), strict=True))
    officers = wishes["officer_id"].astype(str).tolist()
    judged = rules.judge(officers, [post_of.get(one) for one in wishes["vacancy_id"].astype(str)])
    absent = not_on_force(frames, list(dict.fromkeys(officers)))
    judged = [
        (False, absent[one].zh, absent[one].en) if one in absent else told
        for one, told in zip(officers, judged, strict=True)
    ]
    told = pd.DataFrame(judged, columns=["eligible", "because_zh", "because_en"], index=wishes.index)
    return pd.concat([wishes, told.astype({"eligible": bool})], axis=1)


def _officers(facts: Facts, points: pd.Series[float]) -> pd.DataFrame:
    months = full_months(facts.entered_on, np.full(len(facts.officer_ids), facts.moment)).astype(np.float64)
    return pd.DataFrame(
        {
            "officer_id": list(facts.officer_ids),
            "points": points.to_numpy(np.float64),
            "grassroots_months": facts.grassroots_months.astype(np.float64),
            "service_months": np.where(np.isnat(facts.entered_on), np.nan, months),
        }
    )
