"""Fit is a rule: each part by hand, what is not on record left out, and a sentence for each part in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
import pytest

from data_contracts.suggesting import FitWeights
from models.posts.fit import Fit, Standard, Wanting, fit_of, of_open_rounds, wanting_of

WEIGHTS = FitWeights(competencies=0.5, goal=0.3, wishes=0.2, same_family=0.5, wish_step=0.15)
STANDARD = Standard({"p": {"law": 4.0, "radio": 2.0, "drive": 1.0}}, {"p": "legal", "q": "legal", "r": "patrol"})
OFFICERS = ["1", "2"]


def frame(columns: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=columns.split())
    for name in made.columns:
        if name.endswith("_on"):
            made[name] = pd.to_datetime(made[name])
    return made


DAY = date(2023, 2, 1)
RECORDS: Mapping[str, pd.DataFrame] = {
    "competency_assessments": frame("officer_id competency occurred_on level known_on", [
        ("1", "law", "2020-01-01", 1.0, "2020-01-01"), ("1", "law", "2022-01-01", 3.0, "2022-01-01"),
        ("1", "radio", "2021-01-01", 2.5, "2021-01-01"), ("other", "drive", "2021-01-01", 5.0, "2021-01-01"),
    ]),
    "career_goals": frame("officer_id occurred_on goal_kind goal horizon_months known_on", [
        ("1", "2020-01-01", "post", "r", 120, "2020-01-01"), ("1", "2022-01-01", "post", "q", 120, "2022-01-01"),
    ]),
    "preferences": frame("officer_id vacancy_id preference_order occurred_on known_on", [
        ("1", "v2", 2, "2022-01-01", "2022-01-01"), ("1", "v1", 3, "2022-01-01", "2022-01-01"),
        ("1", "gone", 1, "2022-01-01", "2022-01-01"),
    ]),
    "vacancies": frame("vacancy_id post_id", [("v1", "p"), ("v2", "p")]),
    "posts": frame("post_id job_family", [("p", "legal"), ("q", None)]),
    "competency_standards": frame("post_id competency standard_level", [("p", "law", 4.0)]),
}  # fmt: skip


def _part(fit: Fit | None, code: str) -> tuple[float, str, str]:
    assert fit is not None
    part = next(one for one in fit.parts if one.code == code)
    return part.score, part.text.zh, part.text.en


def test_the_latest_level_the_last_goal_and_the_best_wish_count() -> None:
    found = wanting_of(RECORDS, OFFICERS, DAY)
    assert found["1"] == Wanting({"law": 3.0, "radio": 2.5}, ("post", "q"), {"p": 2})
    assert found["2"] == Wanting({}, None, None)
    assert Standard.of(RECORDS) == Standard({"p": {"law": 4.0}}, {"p": "legal"})


def test_a_goal_whose_term_is_over_counts_no_more_and_none_before_it_does() -> None:
    goals = RECORDS["career_goals"].assign(horizon_months=[120, 12])
    for day, goal in ((date(2023, 1, 1), ("post", "q")), (date(2023, 1, 2), None)):
        found = wanting_of({**RECORDS, "career_goals": goals}, OFFICERS, day)["1"]
        assert found.goal == goal
        assert (found.lapsed is None) == (goal is not None), "that it counts no more is told"


def test_only_wishes_for_vacancies_open_on_the_day_count() -> None:
    rounds = frame("vacancy_id post_id opened_on closes_on", [
        ("v1", "p", "2023-01-01", "2023-02-01"), ("v2", "q", "2022-01-01", "2022-02-01"),
        ("gone", "r", "2023-03-01", "2023-04-01"),
    ])  # fmt: skip
    records = {**RECORDS, "vacancies": rounds}
    assert wanting_of(of_open_rounds(records, date(2023, 2, 1)), OFFICERS, date(2023, 2, 1))["1"].wishes == {"p": 3}
    assert wanting_of(of_open_rounds(records, date(2023, 2, 2)), OFFICERS, date(2023, 2, 2))["1"].wishes is None
    assert of_open_rounds({}, date(2023, 2, 2)) == {}
    closed = frame("unit_id closed_on", [("u", "2023-01-31")])
    dissolved = {**records, "vacancies": rounds.assign(unit_id=["u", "u", "u"]), "units": closed}
    assert wanting_of(of_open_rounds(dissolved, date(2023, 2, 1)), OFFICERS, date(2023, 2, 1))["1"].wishes is None


def test_all_parts_together() -> None:
    own = wanting_of(RECORDS, OFFICERS, DAY)["1"]
    found = fit_of("p", own, STANDARD, WEIGHTS)
    score, zh, en = _part(found, "competencies")
    assert score == pytest.approx((3 / 4 + 1) / 2)
    assert en == "meets 1 of 2 measured competencies; below standard: law and procedure 3 of 4; 1 not measured"
    assert zh == "已测评的 2 项能力中 1 项达标；未达标：执法规范3（标准4）；1 项未测评"
    assert _part(found, "goal")[0] == 0.5
    assert _part(found, "wishes")[0] == pytest.approx(0.85)
    assert _part(found, "wishes")[1:] == ("您的第 2 志愿", "your wish number 2")
    assert found is not None
    assert found.score == pytest.approx(0.5 * 0.875 + 0.3 * 0.5 + 0.2 * 0.85)


@pytest.mark.parametrize(
    ("goal", "score"),
    [(("post", "p"), 1.0), (("job_family", "legal"), 1.0), (("post", "q"), 0.5), (("post", "r"), 0.0),
     (("job_family", "patrol"), 0.0), (("post", "unheard"), 0.0)],
)  # fmt: skip
def test_goals(goal: tuple[str, str], score: float) -> None:
    found = fit_of("p", Wanting(goal=goal), STANDARD, WEIGHTS)
    assert found is not None
    assert (found.score, len(found.parts)) == (score, 1), "the other parts are not on record"


@pytest.mark.parametrize("goal", [("rank_step", "x"), ("talent_field", "traffic")])
def test_a_goal_that_is_no_post_says_nothing_of_posts(goal: tuple[str, str]) -> None:
    assert fit_of("p", Wanting(goal=goal), STANDARD, WEIGHTS) is None


def test_nothing_on_record_is_no_fit_and_not_a_bad_one() -> None:
    assert fit_of("p", Wanting(), Standard(), WEIGHTS) is None
    assert fit_of("p", Wanting(levels={"swim": 3.0}), STANDARD, WEIGHTS) is None
    assert wanting_of({}, ["1"], DAY) == {"1": Wanting()}
    assert wanting_of({"preferences": RECORDS["preferences"]}, ["1"], DAY) == {"1": Wanting()}
    assert Standard.of({}) == Standard()


def test_who_wished_for_other_posts_did_not_wish_for_this() -> None:
    found = fit_of("q", Wanting(wishes={"p": 1}), STANDARD, WEIGHTS)
    assert _part(found, "wishes")[0] == 0.0
    assert _part(fit_of("q", Wanting(wishes={"q": 20}), STANDARD, WEIGHTS), "wishes")[0] == 0.0, "never below nothing"


def test_a_standard_of_nothing_is_met() -> None:
    found = fit_of("p", Wanting({"law": 0.0}), Standard({"p": {"law": 0.0}}), WEIGHTS)
    assert _part(found, "competencies")[0] == 1.0
