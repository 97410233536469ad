"""What an officer wishes, as the page tells it: goal, vacancies, and goals to choose from, each by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from data_contracts.policy import policy
from serving.paths.wishes import WishesAnswer, WishesDesk, WishesRequest
from tests.models.records import framed

LONG_AGO = "2000-01-01"
NOW = datetime(2026, 11, 1, 9)


def asked(frames: Mapping[str, pd.DataFrame]) -> WishesAnswer:
    def records(officer_ids: Sequence[str] | None, as_of: date, tables: Sequence[str]) -> Mapping[str, pd.DataFrame]:
        assert (officer_ids, as_of) == (["o"], NOW.date())
        return {name: frame for name, frame in frames.items() if name in tables}

    return WishesDesk(records, policy()).answer(WishesRequest(officer_id="o"), "r", NOW)


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


def test_wishes_are_those_of_the_last_round_in_their_order() -> None:
    vacancy = {"vacancy_id": "v", "post_id": "p", "unit_id": "u", "places": 1, "opened_on": "2026-04-01",
               "closes_on": "2026-06-01", "known_on": "2026-04-01"}  # fmt: skip
    told = asked(frames(vacancies=[vacancy], preferences=[wish(2, "gone"), wish(1, "v"), wish(1, "old", "2025-01-01")]))
    assert [(one.order, one.post.en, one.unit_id, one.closes_on) for one in told.wishes] == [
        (1, "post one", "u", date(2026, 6, 1)), (2, "vacancy gone", None, None)
    ]  # fmt: skip


def test_goals_to_choose_from_are_families_fields_steps_and_posts_once_each() -> None:
    told = asked(frames())
    assert (told.stated, told.wishes) == (None, [])
    assert list(dict.fromkeys(one.kind for one in told.choices)) == ["job_family", "talent_field", "rank_step", "post"]
    assert len({(one.kind, one.goal) for one in told.choices}) == len(told.choices)
    assert [one.name.zh for one in told.choices if one.kind == "post"] == ["岗位甲"]
