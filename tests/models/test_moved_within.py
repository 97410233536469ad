"""What "6 of 10 officers from your post with this training" rests on, against a count by hand and by brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data_contracts.suggesting import CountRules
from models.posts.histories import Catalogue
from models.posts.moved_within import ANY, Counted, MovedWithin, count_moved_within

RULES = CountRules(
    within_months=36, least_officers=2, least_moved=1, least_share=0.0, training_lift=1.0, most_trained=1.0
)
AS_OF = pd.Timestamp("2024-01-01")
POSTS = Catalogue(("a", "b", "c"), ((),) * 3)


def steps(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["officer_id", "post_id", "started_on"])
    frame["started_on"] = pd.to_datetime(frame["started_on"])
    return frame.sort_values(["officer_id", "started_on"], kind="stable").reset_index(drop=True)


def taken(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["officer_id", "course_id", "occurred_on"])
    frame["occurred_on"] = pd.to_datetime(frame["occurred_on"])
    return frame


def test_a_count_that_can_be_done_by_hand() -> None:
    careers = steps([
        ("1", "a", "2015-01-01"), ("1", "b", "2016-01-01"),  # moved in time, trained while there
        ("2", "a", "2015-01-01"), ("2", "b", "2018-01-02"),  # a day more than three years after the start ...
        ("3", "a", "2015-01-01"),  # stayed
        ("4", "a", "2022-01-01"), ("4", "b", "2022-06-01"),  # three years are not over: counts for nobody
        ("5", "a", "2015-01-01"), ("5", "c", "2016-01-01"), ("5", "b", "2017-01-01"),  # by way of c, within time
    ])  # fmt: skip
    courses = taken([
        ("1", "law", "2015-06-01"),
        ("2", "law", "2015-06-01"),  # ... but within three years of having both post and training
        ("5", "law", "2016-06-01"),  # after leaving a: not "from your post with this training"
        ("3", "law", "2010-01-01"),
    ])  # fmt: skip
    found = count_moved_within(careers, courses, POSTS, AS_OF, RULES)
    assert found.counted("a", ANY, "b") == Counted(ANY, 2, 4)
    assert found.counted("a", "law", "b") == Counted("law", 2, 3)
    assert found.counted("a", ANY, "c") == Counted(ANY, 1, 4)
    assert found.counted("c", ANY, "b") == Counted(ANY, 0, 0), "one officer is too few to keep"
    assert found.counted("a", "unheard", "b") == Counted("unheard", 0, 0)
    assert found.counted("z", ANY, "b") == Counted(ANY, 0, 0)


def test_counts_agree_with_brute_force() -> None:
    rng = np.random.default_rng(4)
    rows, courses = [], []
    for officer in range(120):
        day, last = pd.Timestamp("2010-01-01") + pd.Timedelta(days=int(rng.integers(0, 3000))), ""
        for _ in range(int(rng.integers(1, 6))):
            post = str(rng.choice([one for one in ("a", "b", "c") if one != last]))
            rows.append((str(officer), post, str(day.date())))
            day, last = day + pd.Timedelta(days=int(rng.integers(30, 1500))), post
        for name in rng.choice(["law", "radio", "drive"], int(rng.integers(0, 4))):
            courses.append(
                (str(officer), str(name), str((AS_OF - pd.Timedelta(days=int(rng.integers(0, 5000)))).date()))
            )
    careers, trained = steps(rows), taken(courses)
    careers = careers[careers["started_on"] < AS_OF].reset_index(drop=True)
    found = count_moved_within(careers, trained, POSTS, AS_OF, RULES)
    said = 0
    for post in POSTS.posts:
        for course in (ANY, "law", "radio", "drive"):
            for following in POSTS.posts:
                moved, total = _brute(careers, trained, post, course, following)
                if post == following or total < RULES.least_officers:
                    continue
                said += moved
                told = found.counted(post, course, following)
                assert (told.moved, told.total) == (moved, total)
                assert (told.months is not None) == (moved >= RULES.least_timed)
    assert said > 50


def _brute(careers: pd.DataFrame, trained: pd.DataFrame, post: str, course: str, following: str) -> tuple[int, int]:
    """Officer by officer and spell by spell, as the words say it."""
    moved = total = 0
    for officer, own in careers.groupby("officer_id"):
        days, posts = own["started_on"].tolist(), own["post_id"].tolist()
        had = trained[(trained["officer_id"] == officer) & (trained["course_id"] == course)]["occurred_on"]
        if course and had.empty:
            continue
        since = None
        for place, one in enumerate(posts):
            begins = max(days[place], had.min()) if course else days[place]
            ends = days[place + 1] if place + 1 < len(days) else AS_OF
            if one == post and begins < ends:
                since = begins
                break
        if since is None or since + pd.DateOffset(months=36) > AS_OF:
            continue
        total += 1
        until = since + pd.DateOffset(months=36)
        moved += any(since < day <= until and one == following for day, one in zip(days, posts, strict=True))
    return moved, total


def test_a_later_posting_changes_nothing_that_was_over() -> None:
    rows = [(str(n), "a", "2015-01-01") for n in range(4)] + [("0", "b", "2016-01-01")]
    before = count_moved_within(steps(rows), None, POSTS, AS_OF, RULES)
    after = count_moved_within(steps([*rows, ("1", "b", "2023-12-01")]), None, POSTS, AS_OF, RULES)
    assert before.counted("a", ANY, "b") == after.counted("a", ANY, "b") == Counted(ANY, 1, 4)


def test_how_long_the_moves_took_is_told_of_enough_officers_alone() -> None:
    days = [f"2016-{month:02d}-01" for month in range(1, 12)]  # 12 to 22 months after the start
    rows = [(str(n), "a", "2015-01-01") for n in range(12)] + [(str(n), "b", day) for n, day in enumerate(days)]
    rows += [("0", "a", "2017-01-01"), ("0", "b", "2017-06-01")]  # back again: the first time counts
    rules = replace(RULES, least_timed=11)
    found = count_moved_within(steps(rows), None, POSTS, AS_OF, rules)
    assert found.counted("a", ANY, "b") == Counted(ANY, 11, 12, (17, 12, 22))
    few = count_moved_within(steps(rows), None, POSTS, AS_OF, replace(RULES, least_timed=12))
    assert few.counted("a", ANY, "b") == Counted(ANY, 11, 12, None), "the ends would point at one of few"
    again = MovedWithin.from_parts(*found.to_parts())
    assert again.counted("a", ANY, "b").months == (17, 12, 22)
    told, arrays = found.to_parts()
    del arrays["within.times"]  # as versions before it stored them
    assert MovedWithin.from_parts(told, arrays).counted("a", ANY, "b") == Counted(ANY, 11, 12)


def _within(everybody: tuple[int, int], **courses: tuple[int, int]) -> MovedWithin:
    names = (ANY, *sorted(courses))
    values = [everybody, *(courses[name] for name in names[1:])]
    keys = np.arange(len(names))
    moved, totals = (np.array([value[side] for value in values]) for side in (0, 1))
    return MovedWithin(("a", "b"), names, 36, keys, totals, keys * 2 + 1, moved)


def test_the_training_told_is_the_one_with_the_surest_lead() -> None:
    within = _within((20, 100), five=(5, 5), many=(60, 80), worse=(1, 50))
    rules = CountRules(36, 5, 2, 0.05, 1.2, 0.8)
    assert within.told("a", frozenset({"five", "many", "worse"}), "b", rules) == Counted("many", 60, 80)
    assert within.told("a", frozenset({"five"}), "b", rules) == Counted("five", 5, 5)
    assert within.told("a", frozenset({"worse"}), "b", rules) == Counted(ANY, 20, 100)
    assert within.told("a", frozenset(), "b", rules) == Counted(ANY, 20, 100)
    assert within.told("b", frozenset(), "a", rules) is None
    assert within.told("a", frozenset({"five"}), "b", replace(rules, least_officers=6)) == Counted(ANY, 20, 100)
    assert within.told("a", frozenset(), "b", replace(rules, least_officers=200)) is None


def test_a_training_of_few_people_is_no_reason_unless_it_surely_leads() -> None:
    rules = CountRules(36, 5, 2, 0.05, 1.2, 0.8)
    tiny = _within((125, 1050), few=(2, 10))
    assert tiny.told("a", frozenset({"few"}), "b", rules) == Counted(ANY, 125, 1050)
    sure = _within((125, 1050), some=(30, 100))
    assert sure.told("a", frozenset({"some"}), "b", rules) == Counted("some", 30, 100)
    names = {f"c{place}": (2, 10) for place in range(40)}
    many = _within((125, 1050), **{**names, "lucky": (5, 15)})
    assert many.told("a", frozenset({"lucky"}), "b", rules) == Counted("lucky", 5, 15)
    assert many.told("a", frozenset({"lucky", *names}), "b", rules) == Counted(ANY, 125, 1050), (
        "one of 41 leads by chance"
    )


def test_counts_survive_storage() -> None:
    within = _within((20, 100), law=(6, 10))
    told, arrays = within.to_parts()
    again = MovedWithin.from_parts(told, arrays)
    assert again.counted("a", "law", "b") == Counted("law", 6, 10)
    assert all(array.dtype.kind in "iu" for array in arrays.values())


@pytest.mark.parametrize("completions", [None, taken([])])
def test_without_courses_only_posts_are_counted(completions: pd.DataFrame | None) -> None:
    found = count_moved_within(
        steps([("1", "a", "2015-01-01"), ("2", "a", "2015-01-01")]), completions, POSTS, AS_OF, RULES
    )
    assert found.courses == (ANY,)
    assert found.counted("a", ANY, "b") == Counted(ANY, 0, 2)


def test_a_rare_move_and_a_training_that_everybody_has_are_no_reasons() -> None:
    rules = CountRules(36, 5, 2, 0.05, 1.2, 0.8)
    assert _within((20, 1365)).told("a", frozenset(), "b", rules) is None
    assert _within((70, 1365)).told("a", frozenset(), "b", rules) == Counted(ANY, 70, 1365)
    everybody, barely = _within((20, 100), all=(20, 81)), _within((20, 100), hardly=(9, 40))
    assert everybody.told("a", frozenset({"all"}), "b", rules) == Counted(ANY, 20, 100)
    assert barely.told("a", frozenset({"hardly"}), "b", rules) == Counted(ANY, 20, 100)
