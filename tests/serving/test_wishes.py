"""What an officer wishes, as the page tells it: goal, vacancies, and goals to choose from, each by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from data_contracts.errors import NotReady
from data_contracts.policy import policy
from serving.paths.wishes import WishesAnswer, WishesDesk, WishesRequest
from tests.models.records import framed

LONG_AGO = "2000-01-01"
NOW = datetime(2026, 11, 1, 9)


@dataclass(frozen=True)
class Said:
    """What was saved, and whether the log answers."""

    rows: tuple[tuple[str, str, str], ...] = ()
    away: bool = False

    def saved(self, officer_ids: Sequence[str]) -> pd.DataFrame:
        if self.away:
            raise NotReady("the log does not answer")
        days = [(kind, item, date.fromisoformat(day)) for kind, item, day in self.rows]
        return pd.DataFrame(days, columns=["item_kind", "item", "occurred_on"])


def asked(frames: Mapping[str, pd.DataFrame], said: Said | None = None) -> WishesAnswer:
    def records(officer_ids: Sequence[str] | None, as_of: date, tables: Sequence[str]) -> Mapping[str, pd.DataFrame]:
        assert officer_ids == ["o"]
        assert as_of == NOW.date() or tables == ("career_goals",)
        found = {name: frame for name, frame in frames.items() if name in tables}
        goals = found.get("career_goals")  # what happened on a day counts from the next
        before = {} if goals is None else {"career_goals": goals[goals["occurred_on"] < pd.Timestamp(as_of)]}
        return {**found, **before}

    return WishesDesk(records, policy(), said or Said()).answer(WishesRequest(officer_id="o"), "r", NOW)


def frames(**more: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    posts: list[dict[str, Any]] = [
        {"post_id": "p", "name_zh": "岗位甲", "name_en": "post one", "job_family": "patrol", "known_on": LONG_AGO}
    ]
    return {name: framed(name, rows) for name, rows in {"posts": posts, **more}.items()}


def goal(code: str, day: str) -> dict[str, object]:
    return {
        "officer_id": "o",
        "goal_kind": "post",
        "goal": code,
        "horizon_months": 36,
        "occurred_on": day,
        "known_on": day,
    }


def wish(order: int, vacancy: str, day: str = "2026-05-01") -> dict[str, object]:
    return {"officer_id": "o", "vacancy_id": vacancy, "preference_order": order, "occurred_on": day, "known_on": day}


def test_the_goal_stated_last_is_told_by_its_name() -> None:
    told = asked(frames(career_goals=[goal("q", "2025-01-01"), goal("p", "2026-02-01")])).stated
    assert told is not None
    assert (told.goal.name.zh, told.horizon_months, told.stated_on) == ("岗位甲", 36, date(2026, 2, 1))
    assert (told.ends_on, told.over) == (date(2029, 2, 1), False)
    past = asked(frames(career_goals=[goal("p", "2023-10-31")])).stated
    assert past is not None
    assert (past.ends_on, past.over) == (date(2026, 10, 31), True), "36 months from the day that it was stated"


def test_wishes_are_those_of_the_last_round_in_their_order() -> None:
    vacancy = {"vacancy_id": "v", "post_id": "p", "unit_id": "u", "places": 1, "opened_on": "2026-04-01",
               "closes_on": "2026-06-01", "known_on": "2026-04-01"}  # fmt: skip
    told = asked(frames(vacancies=[vacancy], preferences=[wish(2, "gone"), wish(1, "v"), wish(1, "old", "2025-01-01")]))
    assert [(one.order, one.post.en, one.unit_id, one.closes_on, one.closed) for one in told.wishes] == [
        (1, "post one", "u", date(2026, 6, 1), True), (2, "vacancy gone", None, None, False)
    ]  # fmt: skip


def test_a_wish_for_a_vacancy_of_a_dissolved_unit_is_closed() -> None:
    vacancy = {"vacancy_id": "v", "post_id": "p", "unit_id": "u", "places": 1, "opened_on": "2026-04-01",
               "closes_on": None, "known_on": "2026-04-01"}  # fmt: skip
    unit = {"unit_id": "u", "unit_level": "station", "known_on": "2020-01-01"}
    for closed_on, closed in (("2026-10-31", True), (None, False)):
        units = [{**unit, "closed_on": closed_on}]
        told = asked(frames(vacancies=[vacancy], preferences=[wish(1, "v")], units=units)).wishes
        assert [one.closed for one in told] == [closed]


def test_a_goal_stated_today_is_told_at_once_with_the_day_from_which_it_counts() -> None:
    told = asked(frames(career_goals=[goal("q", "2025-01-01"), goal("p", "2026-11-01")]))
    assert told.stated is not None
    assert told.coming is not None
    assert (told.stated.goal.goal, told.stated.counts_from) == ("q", None)
    assert (told.coming.goal.name.zh, told.coming.counts_from) == ("岗位甲", date(2026, 11, 2))
    assert asked(frames(career_goals=[goal("q", "2025-01-01")])).coming is None


def test_what_was_saved_is_listed_by_name_and_a_log_that_is_away_hides_nothing_else() -> None:
    said = Said((("post", "p", "2026-01-01"), ("path", "p>q", "2026-02-01"), ("path", "0" * 64, "2026-03-01")))
    told = asked(frames(), said)
    assert [(one.item_kind, one.name.en, one.saved_on.month) for one in told.saved] == [
        ("path", "a path", 3), ("path", "post one → code “q”", 2), ("post", "post one", 1)
    ]  # fmt: skip
    away = asked(frames(career_goals=[goal("p", "2026-02-01")]), Said(away=True))
    assert (away.saved, away.stated is not None) == ([], True)


def test_goals_to_choose_from_are_families_fields_steps_and_posts_once_each() -> None:
    told = asked(frames())
    assert (told.stated, told.wishes) == (None, [])
    assert list(dict.fromkeys(one.kind for one in told.choices)) == ["job_family", "talent_field", "rank_step", "post"]
    assert len({(one.kind, one.goal) for one in told.choices}) == len(told.choices)
    assert [one.name.zh for one in told.choices if one.kind == "post"] == ["岗位甲"]
