"""Who may take which post: the mask and the words agree, time is told in months and days, unknown is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from data_contracts.policy import Policy, policy
from data_contracts.requirements import Fact, UnknownFacts
from models.eligibility.rules import Judgement, Post, allowed, judgement, posts_of, requirements
from models.eligibility.standing_facts import Facts, facts_of
from tests.models.records import DAY, officers_of, record, simulated

BASE: dict[str, Any] = {
    "officers": [{"officer_id": "a", "entered_on": "2018-02-28", "track": "technical", "education": "college"}],
    "postings": [
        {"officer_id": "a", "post_id": "p", "unit_id": "s", "started_on": "2021-12-01", "known_on": "2021-12-01"},
        {"officer_id": "a", "post_id": "p", "unit_id": "s", "started_on": "2022-03-01", "known_on": "2022-03-01"},
        {"officer_id": "a", "post_id": "q", "unit_id": "b", "started_on": "2018-02-28", "ended_on": "2021-12-01",
         "known_on": "2018-02-28"},
    ],
    "units": [{"unit_id": "s", "unit_level": "station"}, {"unit_id": "b", "unit_level": "bureau"}],
    "promotions": [
        {"officer_id": "a", "ladder": "technical", "rank_step": "四级主管", "occurred_on": "2021-05-01"},
        {"officer_id": "a", "ladder": "police_rank", "rank_step": "一级警督", "occurred_on": "2022-05-01"},
    ],
    "courses": [{"course_id": "k", "name_zh": "课", "name_en": "Course K", "valid_months": 24}],
    "course_completions": [{"officer_id": "a", "course_id": "k", "occurred_on": "2020-07-01"}],
    "competency_assessments": [
        {"officer_id": "a", "competency": "fitness", "occurred_on": "2021-01-01", "level": 4.0},
        {"officer_id": "a", "competency": "fitness", "occurred_on": "2022-01-01", "level": 2.5},
    ],
}  # fmt: skip


def judge(post: Post, day: date = DAY, rules: Policy | None = None, **tables: Any) -> Judgement:
    """Of officer a; the mask must agree."""
    kept = {name: rows for name, rows in {**BASE, **tables}.items() if rows is not None}
    facts = facts_of(record(**kept), ["a"], day)
    told = judgement(facts, 0, post, rules or policy())
    assert allowed(facts, [post], rules or policy()).tolist() == [[told.eligible]]
    return told


def only(told: Judgement, code: str) -> tuple[str, date | None]:
    """English words and day of one rule that bars."""
    (found,) = [each for each in told.blocked_by if each.code == code]
    return found.en, found.met_from


def test_months_so_far_and_the_day_from_which_they_are_enough() -> None:
    told = judge(Post("x", unit_level="bureau"))
    assert told.met == ("probation",)
    assert only(told, "settled_in_post") == (
        "one year in the present post: 7 of 12 months in the present post, met from 2022-12-01 at the earliest",
        date(2022, 12, 1),
    )
    assert only(told, "bureau_grassroots")[1] == date(2023, 12, 1)
    assert judge(Post("x"), date(2022, 12, 1)).eligible
    assert not judge(Post("x"), date(2022, 11, 30)).eligible
    gone = [{**row, "ended_on": row.get("ended_on") or "2022-06-01"} for row in BASE["postings"]]
    assert only(judge(Post("x", unit_level="bureau"), postings=gone), "bureau_grassroots") == (
        "two years at the grass roots before a post in the bureau: 6 of 24 months in posts at the grass roots", None,
    )  # fmt: skip


def test_education_and_the_latest_level_are_compared() -> None:
    told = judge(Post("x", job_family="special_police", track="technical"))
    assert only(told, "technical_education")[0].endswith("has college, needs bachelor")
    assert only(told, "special_police_fitness")[0].endswith("fitness and police skills measured at 2.5, needs 3")
    master = [{**BASE["officers"][0], "education": "master"}]
    assert "technical_education" in judge(Post("x", track="technical"), officers=master).met


def test_the_post_asks_for_a_rank_step_of_its_own_ladder() -> None:
    higher = Post("x", track="technical", min_rank_step="二级主管")
    assert only(judge(higher), "min_rank_step") == (
        "rank step Technical supervisor, second class or above: holds Technical supervisor, fourth class, "
        "to be promoted on 2025-05-01 at the earliest by the least years in steps", date(2025, 5, 1),
    )  # fmt: skip
    late = only(judge(higher, date(2025, 5, 1)), "min_rank_step")
    assert late[1] == date(2027, 5, 1), "time beyond the least in a step counts for no other"
    due = only(judge(replace(higher, min_rank_step="三级主管"), date(2025, 5, 1)), "min_rank_step")[0]
    assert due.endswith("the promotion is still to come"), "a day that has come is no promise"
    assert "min_rank_step" in judge(replace(higher, min_rank_step="警务技术员")).met
    other = Post("x", track="enforcement", min_rank_step="一级警员")
    assert only(judge(other), "min_rank_step")[0].endswith("on another ladder than the post's; it takes a change of "
                                                           "ladder first")  # fmt: skip
    ranked = [{**row, "rank_step": "一级主管"} for row in BASE["postings"]]
    assert "min_rank_step" in judge(higher, promotions=None, postings=ranked).met
    low = [{**row, "rank_step": "四级主管"} for row in BASE["postings"]]
    assert only(judge(higher, promotions=None, postings=low), "min_rank_step")[1] is None


def test_a_change_of_ladder_that_others_made_opens_a_post_of_the_other_ladder() -> None:
    """a holds the second step of the technical ladder; the change goes to the same height, promotions come after it."""

    def told(step: str, *changes: tuple[str, str]) -> tuple[str, date | None]:
        facts = facts_of(record(**BASE), ["a"], DAY)
        facts = replace(facts, ladders=replace(facts.ladders, changes=frozenset(changes)))
        post = Post("x", track="enforcement", min_rank_step=step)
        assert not allowed(facts, [post], policy()).any(), "today it bars all the same"
        return only(judgement(facts, 0, post, policy()), "min_rank_step")

    made = ("technical", "enforcement")
    same = told("一级警员", made)
    assert same[0].endswith("at the same height, and that change is still to come")
    assert same[1] == DAY
    later = told("三级警长", made)
    assert later[1] == DAY.replace(year=DAY.year + 4), "two steps of two years, and none of those served before counts"
    assert f"to be promoted on {later[1]} at the earliest" in later[0]
    never = told("一级警员", ("enforcement", "technical"))
    assert (never[0].endswith("nobody on record changed ladder that way"), never[1]) == (True, None)
    assert told("一级警员")[1] is None


def test_by_selection_no_day_is_promised_and_a_sources_own_ladder_is_used() -> None:
    steps = [
        {"ladder": "technical", "rank_step": step, "position": place, "minimum_years": years}
        for place, (step, years) in enumerate([("四级主管", None), ("own", 1.0)])
    ]
    post = Post("x", track="technical", min_rank_step="own")
    assert only(judge(post, rank_steps=steps), "min_rank_step")[1] is None


def test_a_course_may_lack_or_lapse() -> None:
    post = posts_of(record(posts=[{"post_id": "x", "required_course_id": "k"}], courses=BASE["courses"]))[0]
    assert only(judge(post), "required_course")[0].endswith("lapsed on 2022-07-01")
    assert "required_course" in judge(post, date(2022, 6, 30)).met
    assert only(judge(post, course_completions=[]), "required_course")[0].endswith(
        "“Course K” is required: not taken yet"
    )
    assert [each.code for each in judge(post, course_completions=None).unknown] == ["required_course"]


MASTER = [{"officer_id": "a", "entered_on": "2018-02-28", "education": "master"}]
UNKNOWNS: list[tuple[Fact, Post, dict[str, Any]]] = [
    ("education", Post("x", track="technical"), {"officers": [{"officer_id": "a", "entered_on": "2018-01-01"}]}),
    ("education", Post("x", track="technical"), {"officers": None}),
    ("level", Post("x", job_family="special_police"), {"competency_assessments": None}),
    ("rank_step", Post("x", track="technical", min_rank_step="一级主管"), {"promotions": None, "officers": MASTER}),
    ("rank_step", Post("x", track="technical", min_rank_step="nowhere"), {"officers": MASTER}),
    ("course", Post("x", required_course_id="k"), {"course_completions": None}),
    ("grassroots", Post("x", unit_level="bureau"), {"units": None}),
]


@pytest.mark.parametrize(("fact", "post", "tables"), UNKNOWNS)
def test_unknown_is_named_and_bars_only_when_policy_says_so(fact: Fact, post: Post, tables: dict[str, Any]) -> None:
    day = date(2023, 1, 1)
    told = judge(post, day, **tables)
    assert [each.en.rsplit(": ")[-1] for each in told.unknown] == ["not on record"]
    assert told.eligible
    strict = replace(policy(), unknown_facts=UnknownFacts((fact,)))
    barred = judge(post, day, strict, **tables)
    assert ([each.code for each in barred.blocked_by], barred.unknown) == ([each.code for each in told.unknown], ())


def test_nobody_known_is_unknown_everywhere() -> None:
    facts = facts_of(record(**BASE), ["a", "stranger"], DAY)
    told = judgement(facts, 1, Post("x", unit_level="bureau"), policy())
    assert [each.code for each in told.unknown] == ["probation", "settled_in_post", "bureau_grassroots"]
    assert told.eligible


def test_without_a_posts_table_every_unit_is_a_post() -> None:
    posts = posts_of(record(**BASE))
    assert [(post.post_id, post.unit_level) for post in posts] == [
        ("b", "bureau"),
        ("p", None),
        ("q", None),
        ("s", "station"),
    ]
    assert [each.code for each in requirements(posts[0], policy())] == [
        "probation",
        "settled_in_post",
        "bureau_grassroots",
    ]


def test_the_mask_and_the_words_agree_on_a_whole_bureau() -> None:
    frames, ids = simulated(), officers_of(simulated())
    facts, posts = facts_of(frames, ids, DAY), posts_of(frames)
    for rules in (policy(), replace(policy(), unknown_facts=UnknownFacts(("level", "education", "rank_step")))):
        mask = allowed(facts, posts, rules)
        draw = np.random.default_rng(4)
        for officer, post in zip(draw.integers(0, len(ids), 150), draw.integers(0, len(posts), 150), strict=True):
            assert judgement(facts, int(officer), posts[post], rules).eligible == mask[officer, post]
        assert 0.05 < mask.mean() < 0.95


def test_who_else_is_asked_for_and_the_order_of_rows_change_nothing() -> None:
    frames, ids = simulated(), officers_of(simulated())
    posts = posts_of(frames)
    mixed = {name: rows.sample(frac=1.0, random_state=5) for name, rows in frames.items()}
    one = facts_of(frames, ids, DAY)
    other: Facts = facts_of(mixed, ids[10:20], DAY)
    assert (allowed(one, posts, policy())[10:20] == allowed(other, posts, policy())).all()


def test_a_step_of_the_same_name_on_another_ladder_does_not_count() -> None:
    steps = [{"ladder": ladder, "rank_step": "四级主管", "position": 5} for ladder in ("technical", "general")]
    post = Post("x", track="general", min_rank_step="四级主管")
    assert "on another ladder than the post's" in only(judge(post, rank_steps=steps), "min_rank_step")[0]
    assert "min_rank_step" in judge(replace(post, track="technical"), rank_steps=steps).met


def test_a_rule_of_months_that_is_fulfilled_today_admits_today() -> None:
    """For every kind of rule the day before bars and the day itself does not; month's ends are days like others."""
    joined = [{"officer_id": "a", "entered_on": "2018-08-31"}]
    post, bureau = Post("x"), Post("x", unit_level="bureau")
    last, day = date(2022, 11, 30), date(2022, 12, 1)
    assert only(judge(post, last), "settled_in_post")[1] == day
    assert "settled_in_post" in judge(post, day).met
    last, day = date(2023, 11, 30), date(2023, 12, 1)
    assert only(judge(bureau, last), "bureau_grassroots")[1] == day
    assert "bureau_grassroots" in judge(bureau, day).met
    last, day = date(2019, 8, 30), date(2019, 8, 31)
    assert only(judge(post, last, officers=joined), "probation")[1] == day
    assert "probation" in judge(post, day, officers=joined).met


def test_two_stretches_at_the_grass_roots_are_enough_on_the_day_that_is_told() -> None:
    stays = [("s", "2019-01-31", "2020-03-15"), ("b", "2020-03-15", "2021-08-31"), ("s", "2021-08-31", None)]
    rows = [{"officer_id": "a", "post_id": "p", "unit_id": unit, "started_on": start, "ended_on": end,
             "known_on": start} for unit, start, end in stays]  # fmt: skip
    bureau = Post("x", unit_level="bureau")
    day = only(judge(bureau, date(2022, 1, 1), postings=rows), "bureau_grassroots")[1]
    assert day == date(2022, 7, 31)
    assert only(judge(bureau, date(2022, 7, 30), postings=rows), "bureau_grassroots")[1] == day
    assert "bureau_grassroots" in judge(bureau, day, postings=rows).met


def test_exactly_what_is_asked_of_education_level_and_step_is_enough() -> None:
    bachelor = [{**BASE["officers"][0], "education": "bachelor"}]
    assert "technical_education" in judge(Post("x", track="technical"), officers=bachelor).met
    exact = [{**BASE["competency_assessments"][1], "level": 3.0}]
    special = Post("x", job_family="special_police")
    assert "special_police_fitness" in judge(special, competency_assessments=exact).met
    assert "min_rank_step" in judge(Post("x", track="technical", min_rank_step="四级主管")).met


def test_a_promotion_made_today_counts_today_and_years_served_are_not_called_met() -> None:
    """Least years in steps allow a promotion and are none: "met from today" beside a refusal contradicted itself."""
    post = Post("x", track="technical", min_rank_step="三级主管")
    before, day = date(2023, 4, 30), date(2023, 5, 1)
    words, told_day = only(judge(post, before), "min_rank_step")
    assert words.endswith(", to be promoted on 2023-05-01 at the earliest by the least years in steps")
    assert told_day == day
    for today in (day, date(2024, 7, 1)):
        (told,) = [one for one in judge(post, today).blocked_by if one.code == "min_rank_step"]
        assert told.zh == "职级不低于三级主管：现为四级主管，任职年限已满，尚待晋升"
        assert told.en.endswith("with the least years in steps served; the promotion is still to come")
        assert told.met_from == today
    promoted = [*BASE["promotions"], {"officer_id": "a", "ladder": "technical", "rank_step": "三级主管",
                                      "occurred_on": "2023-05-01"}]  # fmt: skip
    assert "min_rank_step" in judge(post, day, promotions=promoted).met


def test_a_day_before_every_record_knows_of_nobody() -> None:
    facts = facts_of({}, ["a"], date(185, 2, 23))
    assert (facts.post_id.tolist(), facts.education.tolist()) == ([None], [-1])
    assert np.isnat(facts.post_since).all()
