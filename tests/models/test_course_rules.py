"""What is required is told as the features count it, with dates, and never before it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.asof import DAYS_A_MONTH, add_months
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual, Track
from features.engine import connect, load
from features.least_time import DAYS_PER_MONTH as FEATURE_MONTH
from features.mandated import mandated_training
from models.courses.goals import GoalPosts
from models.courses.learners import learner_of, offered_courses
from models.courses.rules import OfferedCourse, PostNeed, Standing, _by_rule, _mandated, due_courses
from tests.features.engines import seed_row, spine_of
from tests.features.histories import framed

DAY = date(2025, 6, 1)
RULES = policy().courses
COMPETENCIES = ("firearms", "fitness", "law", "data_skills", "other")


def course(code: str, competency: str, valid: int | None = 12, *, mandated: bool = True) -> OfferedCourse:
    return OfferedCourse(code, Bilingual(code, code), competency, mandated, 16.0, None, valid)


def standing(taken: dict[str, date], track: str | None = "enforcement") -> Standing:
    return Standing(DAY, track, taken, policy().training)


def test_months_are_those_of_the_features() -> None:
    assert DAYS_A_MONTH == FEATURE_MONTH


def test_rules_agree_with_the_features_for_a_random_bureau() -> None:
    rng = np.random.default_rng(3)
    officers = [f"o{number}" for number in range(60)]
    long_ago = pd.Timestamp("2015-01-01")
    nothing: dict[str, Any] = {"superseded_on": pd.NaT}
    courses: list[dict[str, Any]] = [
        {"course_id": f"k{n}-{name}", "competency": name, "mandated": n < 2, "valid_months": (12.0, 24.0, None)[n],
         "hours": 8.0, "known_on": long_ago, **nothing}
        for n in range(3) for name in COMPETENCIES
    ]  # fmt: skip
    people: list[dict[str, Any]] = [
        {"officer_id": name, "entered_on": long_ago, "known_on": long_ago, **nothing,
         "track": (None, *(track.value for track in Track))[number % 4]}
        for number, name in enumerate(officers)
    ]  # fmt: skip
    taken: list[dict[str, Any]] = []
    for name in officers:
        for one in courses:
            if rng.random() < 0.6:
                day = pd.Timestamp(DAY) - pd.Timedelta(days=int(rng.integers(1, 900)))
                row = {"officer_id": name, "course_id": one["course_id"], "occurred_on": day, "known_on": day}
                taken.append(row | nothing)
    frames: dict[str, list[dict[str, Any]]] = {"courses": courses, "officers": people, "course_completions": taken}
    made = {table: framed(table, rows) for table, rows in frames.items()}
    backend, tables = connect({**made, "postings": seed_row("postings")})
    load(backend, "spine", spine_of(officers, [DAY]))
    counted = mandated_training(
        backend.table("spine"), tables["course_completions"], tables["courses"], tables["officers"]
    ).to_pandas()
    assert counted["mandated_courses_overdue"].nunique() > 3
    catalogue = offered_courses(made)
    for row in counted.to_dict("records"):
        own = {name: frame if name == "courses" else frame[frame["officer_id"] == row["officer_id"]]
               for name, frame in made.items()}  # fmt: skip
        found = learner_of(GoalPosts(own, policy()), row["officer_id"], DAY).standing
        assert sum(due.overdue for due in _mandated(found, catalogue, 60)) == row["mandated_courses_overdue"]
        by_rule = sum(due.overdue for due in _by_rule(found, catalogue, 60))
        assert by_rule == (0 if pd.isna(row["training_rules_overdue"]) else row["training_rules_overdue"])


def test_a_lapsed_certificate_is_told_with_its_day() -> None:
    (due,) = due_courses(standing({"k": date(2024, 3, 1)}, "general"), [course("k", "other")], None, RULES)
    assert (due.due_on, due.overdue) == (date(2025, 3, 1), True)
    assert due.reasons[0].text == Bilingual(
        "上次2024-03-01完成，自2025-03-01起已到期", "due since 2025-03-01, last taken on 2024-03-01"
    )
    assert due.reasons[0].since == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("days_ago", "told", "overdue"),
    [(304, False, False), (306, True, False), (365, True, False), (425, True, False), (426, True, True)],
)
def test_it_is_told_before_it_lapses_and_overdue_after_the_grace(days_ago: int, told: bool, overdue: bool) -> None:
    taken = {"k": DAY - timedelta(days=days_ago)}
    found = due_courses(standing(taken, "general"), [course("k", "other")], None, RULES)
    assert [due.overdue for due in found] == ([overdue] if told else [])


def test_a_course_that_two_rules_ask_for_is_told_once_with_both_reasons() -> None:
    (due,) = due_courses(standing({}, "general"), [course("k-law", "law")], None, RULES)
    assert [reason.code for reason in due.reasons] == ["never_taken", "rule_never"]
    assert due.overdue
    (soon,) = due_courses(
        standing({"k-law": DAY - timedelta(days=340)}, "general"), [course("k-law", "law")], None, RULES
    )
    assert [reason.code for reason in soon.reasons] == ["due_on", "rule_due_on"]
    (late,) = due_courses(
        standing({"k-law": DAY - timedelta(days=500)}, "general"), [course("k-law", "law")], None, RULES
    )
    assert [reason.code for reason in late.reasons] == ["due_since", "rule_due_since"]
    assert "update in law every 12 months: due since 2025-01-18" in late.reasons[1].text.en


OTHER = course("other-law", "law", None, mandated=False)
NEED = PostNeed(Bilingual("刑侦", "investigation"), "k-law")


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("taken", "need", "codes", "overdue", "due_on"),
    [
        ({"k-law": ago(900), "other-law": ago(380)}, None, ["due_since", "counts_another_course"], True,
         date(2023, 12, 14)),
        ({"k-law": ago(900), "other-law": ago(20)}, None, ["due_since"], True, date(2023, 12, 14)),
        ({"k-law": ago(380), "other-law": ago(370)}, None, ["due_since", "within_grace", "counts_another_course"],
         False, ago(15)),
        ({"k-law": ago(350), "other-law": ago(340)}, None, ["due_on", "counts_another_course"], False, ago(-15)),
        ({"other-law": ago(380)}, None, ["never_taken", "counts_another_course"], True, None),
        ({"k-law": ago(380)}, NEED, ["required_by_post", "due_since", "rule_due_since"], True, ago(15)),
        ({"other-law": ago(340)}, NEED, ["required_by_post", "never_taken", "counts_another_course"], True, None),
    ],
)  # fmt: skip
def test_one_course_is_told_with_one_day_and_one_verdict(
    taken: dict[str, date], need: PostNeed | None, codes: list[str], overdue: bool, due_on: date | None
) -> None:
    courses = [course("k-law", "law"), OTHER]
    (due,) = due_courses(standing(taken, "general"), courses, need, RULES)
    assert [reason.code for reason in due.reasons] == codes
    assert (due.overdue, due.due_on) == (overdue, due_on)
    if "other-law" in taken and "counts_another_course" in codes:
        assert due.reasons[-1].text == Bilingual(
            f"“法律知识更新”按同类课程计，最近一次是{taken['other-law']}完成的另一课程；但本课程仍须单独完成",
            f"for update in law any course of its kind counts, and the last was another one, on {taken['other-law']}; "
            "this course itself is asked for all the same",
        )


def test_what_a_post_requires_now_is_not_told_beside_a_day_to_come() -> None:
    asked = course("a-law", "law", None, mandated=False)  # the first of its kind, so that the rule names it too
    need = PostNeed(NEED.name, asked.course_id)
    (due,) = due_courses(standing({"other-law": ago(340)}, "general"), [asked, OTHER], need, RULES)
    assert ([reason.code for reason in due.reasons], due.due_on) == (["required_by_post"], None)


def test_the_rule_with_the_shorter_grace_is_told_as_soon_as_it_makes_the_course_overdue() -> None:
    firearms, other = course("k", "firearms"), course("o", "firearms", None, mandated=False)
    (due,) = due_courses(standing({"k": ago(400)}), [firearms, other], None, RULES)
    assert [(reason.code, due.overdue) for reason in due.reasons] == [("rule_due_since", True)]
    (soon,) = due_courses(standing({"k": ago(380)}), [firearms, other], None, RULES)
    assert [reason.code for reason in soon.reasons] == ["rule_due_since", "within_grace"]
    assert "30 days" in soon.reasons[1].text.en, "it is overdue after 30 days, though a certificate has 60"
    (late,) = due_courses(standing({"k": ago(410), "o": ago(400)}), [firearms, other], None, RULES)
    assert [reason.code for reason in late.reasons] == ["rule_due_since", "counts_another_course"]
    assert late.due_on == ago(400 - 365)
    assert late.reasons[0].text.en.endswith(f"last on {ago(400)} with o")
    assert late.reasons[1].text.en == f"this course itself was last taken on {ago(410)}"


@pytest.mark.parametrize("days_ago", [380, 340])
def test_a_day_that_comes_from_another_course_names_it(days_ago: int) -> None:
    """The course asked for was never taken: without the name the day would stand beside no completion of it."""
    asked = course("a-law", "law", None, mandated=False)
    other = replace(OTHER, name=Bilingual("新法讲座", "lecture on new laws"))
    (due,) = due_courses(standing({"other-law": ago(days_ago)}, "general"), [asked, other], None, RULES)
    day, late = add_months(ago(days_ago), 12), days_ago == 380
    assert (due.course, due.due_on) == (asked, day)
    assert due.reasons[0].text == Bilingual(
        f"“法律知识更新”每12个月一次，按同类课程计，上次为{ago(days_ago)}完成的“新法讲座”，"
        + (f"自{day}起已到期" if late else f"{day}到期"),
        f"update in law every 12 months, by any course of its kind: due {'since' if late else 'on'} {day}, "
        f"last on {ago(days_ago)} with lecture on new laws",
    )
    both = {"other-law": ago(days_ago), "a-law": ago(days_ago)}
    (own,) = due_courses(standing(both, "general"), [asked, other], None, RULES)
    assert "lecture" not in own.reasons[0].text.en, "of two on one day the one asked for counts"


def test_a_competency_asked_of_other_tracks_only_is_not_owed() -> None:
    firearms = course("k-firearms", "firearms")
    assert due_courses(standing({}, "general"), [firearms], None, RULES) == []
    assert len(due_courses(standing({}, "enforcement"), [firearms], None, RULES)) == 1
    assert [due.course for due in due_courses(standing({}, None), [firearms], None, RULES)] == [firearms]


def test_the_course_of_the_post_is_required_until_it_is_held() -> None:
    need = PostNeed(Bilingual("刑侦", "investigation"), "e")
    own = course("e", "other", None, mandated=False)
    (due,) = due_courses(standing({}, "general"), [own], need, RULES)
    assert due.reasons[0].text == Bilingual("现岗位“刑侦”要求此课程", "your post, investigation, requires it")
    assert due_courses(standing({"e": date(2010, 1, 1)}, "general"), [own], need, RULES) == []


def test_the_longest_overdue_stands_first_and_the_mandated_course_answers_a_rule() -> None:
    courses = [course("a", "other"), course("b", "other"), course("free", "law", None, mandated=False),
               course("law", "law")]  # fmt: skip
    taken = {"a": date(2024, 1, 1), "b": date(2023, 1, 1), "law": date(2024, 2, 1)}
    found = due_courses(standing(taken, "general"), courses, None, RULES)
    assert [due.course.course_id for due in found] == ["b", "a", "law"]


EDITION = OfferedCourse("wave", Bilingual("数据安全", "data safety"), "data_skills", True, 8.0, date(2025, 3, 10))


def on(day: date, taken: dict[str, date] | None = None, joined: date | None = None) -> Standing:
    """Somebody of a track that no rule asks the competency of the edition of."""
    return Standing(day, "general", taken or {}, (), joined)


@pytest.mark.parametrize(
    ("day", "code", "overdue"),
    [
        (date(2025, 3, 9), None, False),  # announced, not yet issued
        (date(2025, 3, 10), "edition_due_on", False),
        (date(2025, 9, 10), "edition_due_on", False),
        (date(2025, 9, 11), "edition_due_since", True),
        (date(2025, 11, 10), "edition_due_since", True),
        (date(2025, 11, 11), None, False),  # its offer is over
    ],
)
def test_an_edition_is_required_once_of_everybody_until_its_offer_ends(
    day: date, code: str | None, overdue: bool
) -> None:
    assert (RULES.edition_due_months, RULES.edition_months) == (6, 8)
    found = due_courses(on(day), [EDITION], None, RULES)
    told = [(due.reasons[0].code, due.overdue, due.due_on) for due in found]
    assert told == ([] if code is None else [(code, overdue, date(2025, 9, 10))])
    assert due_courses(on(day, {"wave": date(2025, 3, 12)}), [EDITION], None, RULES) == []
    assert due_courses(on(day), [replace(EDITION, mandated=False)], None, RULES) == []


def test_an_edition_says_when_it_was_issued_and_is_to_be_taken() -> None:
    (due,) = due_courses(on(date(2025, 4, 1)), [EDITION], None, RULES)
    assert due.reasons[0].text == Bilingual(
        "每人学一次的必修课程，2025-03-10发布，最迟须于2025-09-10完成，尚无完成记录",
        "mandatory once for everybody, issued on 2025-03-10: to be taken by 2025-09-10, and no completion is on record",
    )
    (late,) = due_courses(on(date(2025, 10, 1)), [EDITION], None, RULES)
    assert late.reasons[0].text.zh.endswith("最迟应于2025-09-10完成，尚无完成记录")
    assert late.reasons[0].since == date(2025, 9, 10)


@pytest.mark.parametrize(
    ("joined", "due_on"),
    [
        (date(2020, 7, 1), date(2025, 9, 10)),
        (date(2025, 4, 1), date(2025, 10, 1)),  # the whole term from joining
        (date(2025, 7, 1), date(2025, 11, 10)),  # as far as the offer lasts
    ],
)
def test_who_joins_after_the_issue_has_a_term_of_their_own(joined: date, due_on: date) -> None:
    (due,) = due_courses(on(date(2025, 9, 20), joined=joined), [EDITION], None, RULES)
    assert (due.due_on, due.overdue) == (due_on, due_on < date(2025, 9, 20))
    assert (f"before you joined on {joined}" in due.reasons[0].text.en) is (joined > EDITION.issued_on)  # type: ignore[operator]


@pytest.mark.parametrize(("days", "late"), [(3, False), (60, False), (61, True)])
def test_who_has_just_joined_is_not_late_on_the_first_day(days: int, late: bool) -> None:
    """A recruit of four days was told of four courses overdue."""
    rule = next(one for one in policy().training if one.grace_days == 60 and "general" in one.tracks)
    courses = [course("lasting", "conduct"), course("ruled", rule.competency, mandated=False)]
    joined = date(2025, 9, 1)
    own = replace(standing({}, "general"), as_of=joined + timedelta(days=days), entered_on=joined)
    found = {due.course.course_id: due for due in due_courses(own, courses, None, RULES)}
    assert {due.overdue for due in found.values()} == {late}
    assert set(found) == {"lasting", "ruled"}
    for due in found.values():
        assert due.due_on == (None if late else date(2025, 10, 31))
        assert ("you joined on 2025-09-01: to be taken by 2025-10-31" in due.reasons[0].text.en) is not late
    unknown = replace(own, entered_on=None)
    assert all(due.overdue for due in due_courses(unknown, courses, None, RULES)), "nobody knows when it began"


def test_a_mandated_course_without_a_day_is_asked_of_whom_policy_asks_its_competency() -> None:
    standing_course = replace(EDITION, issued_on=None)
    asked = [due_courses(standing({}, track), [standing_course], None, RULES) for track in ("technical", "general")]
    assert [[(due.reasons[0].code, due.due_on, due.overdue) for due in one] for one in asked] == [
        [("never_taken", None, True)], [],
    ]  # fmt: skip
    assert due_courses(standing({"wave": date(2010, 1, 1)}, "general"), [standing_course], None, RULES) == []


@pytest.mark.parametrize("taken", [date(2024, 2, 1), date(2023, 3, 5), date(2024, 5, 31)])
def test_the_last_day_of_grace_is_the_last_on_which_it_is_not_overdue(taken: date) -> None:
    """Over a leap day calendar months and days part: what was told as the last day was overdue already."""
    firearms = course("k", "firearms")
    held = {"k": taken}
    (due,) = _mandated(replace(standing(held), as_of=add_months(taken, 12)), [firearms], 60)
    assert due.overdue_after is not None
    assert due.finish_by(add_months(taken, 12)) == due.due_on, "the day itself, as long as it is not past"
    for late in (0, 1):
        day = due.overdue_after + timedelta(days=late)
        (told,) = _mandated(replace(standing(held), as_of=day), [firearms], 60)
        assert (told.overdue, told.finish_by(day)) == (bool(late), None if late else due.overdue_after)


def test_an_edition_that_answers_a_rule_too_has_one_day() -> None:
    edition = replace(EDITION, competency="law", issued_on=date(2025, 3, 1))
    (due,) = due_courses(standing({OTHER.course_id: ago(380)}, "general"), [edition, OTHER], None, RULES)
    assert due.due_on == add_months(ago(380), 12)
    assert [reason.code for reason in due.reasons] == ["rule_due_since", "within_grace"]
