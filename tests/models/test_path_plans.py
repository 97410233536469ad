"""Paths as they are told: everything that belongs to a step, each reason for having none, and what would help most."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual, GoalKind
from models.paths.climbing import Across, Climb
from models.paths.plans import PathPlanner
from models.paths.telling import Bars, Before, Blocked, Change, Gap, Prepared, Question, StepCourse, StepFacts
from models.posts.histories import Array, CareerState
from tests.models.path_models import CATALOGUE, CHAIN, hand_made

DAY = date(2024, 1, 1)
STATE = CareerState(["p0"], [date(2022, 1, 1)], as_of=DAY)
ASKED = Question("o-1", STATE, "p3", ("p3",), 48)
RULE = Blocked("settled", Bilingual("任职满一年", "a year in post"))
PLANNER = PathPlanner(hand_made(), CATALOGUE, {}, policy().paths)


def _with(**facts: object) -> PathPlanner:
    return replace(PLANNER, facts=StepFacts(**facts))  # type: ignore[arg-type]


def test_a_step_tells_gaps_courses_points_and_rules() -> None:
    gap = Gap("law", 1.0, 2.0)

    def prepares(officer: str, post: str, _before: Before) -> Prepared:
        course = StepCourse(f"c-{officer}-{post}", Bilingual("法", "law"), 8.0, ("law",))
        return ([gap] if post == "p3" else []), [course]

    planner = _with(
        prepares=prepares, points=lambda _officer, _post: 5.0,
        blocked=lambda _officer, post, day: [RULE] if post == "p3" and day <= DAY else [],
    )  # fmt: skip
    told = planner.tell(ASKED, 5)
    assert told.because is None
    assert [step.post for step in told.paths[0].steps][-1] == "p3"
    last = told.paths[0].steps[-1]
    direct = next(path for path in told.paths if len(path.steps) == 1).steps[0]
    assert (last.gaps, last.points, direct.blocked) == ((gap,), 5.0, (RULE,))
    later = [step for path in told.paths for step in path.steps[1:] if step.post == "p3"]
    assert later
    assert all(step.blocked == () for step in later), "what bars today is no news of a step that comes in years"
    assert last.courses[0].course_id == "c-o-1-p3"
    assert last.courses[0].closes == ("law",)
    plan = told.paths[0].as_plan("p3", DAY)
    assert plan.steps[-1].low_on < plan.steps[-1].expected_on < plan.steps[-1].high_on
    assert plan.courses >= {"c-o-1-p3"}
    assert sorted((path.chance for path in told.paths), reverse=True) == [path.chance for path in told.paths]


def test_a_family_is_reached_by_any_of_its_posts_and_passed_by_none() -> None:
    both = PLANNER.tell(replace(ASKED, goal="family", posts=("p2", "p3", "unheard")), 5)
    assert {path.steps[-1].post for path in both.paths} == {"p2", "p3"}
    assert all(step.post not in ("p2", "p3") for path in both.paths for step in path.steps[:-1])
    assert both.chance > PLANNER.tell(ASKED, 5).chance


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (replace(ASKED, goal="p9", posts=("p9",)), "goal_unknown"),
        (replace(ASKED, goal="p0", posts=("p0",)), "already_there"),
        (replace(ASKED, end_months=1.0), "retirement_first"),
    ],
)
def test_why_there_is_no_path(asked: Question, code: str) -> None:
    told = PLANNER.tell(asked, 5)
    assert (told.paths, told.because is not None and told.because.code) == ((), code)


def test_least_times_rules_and_nobody_ever_are_told_apart() -> None:
    least = replace(PLANNER, least_months=np.full(4, 120.0)).tell(ASKED, 5)
    assert least.because is not None
    assert (least.because.code, "48" in least.because.text.en) == ("minimum_times", True)
    closed = _with(blocked=lambda _officer, post, _day: [RULE] if post == "p3" else []).tell(ASKED, 5)
    assert closed.because is not None
    assert (closed.because.code, closed.because.blocked) == ("rule_blocks", (RULE,))
    assert "任职满一年" in closed.because.text.zh
    chain = CHAIN.copy()
    chain[:, 3] = 0.0
    never = replace(PLANNER, model=hand_made(chain)).tell(ASKED, 5)
    assert never.because is not None
    assert never.because.code == "never_reached"


@pytest.mark.parametrize("horizon", [48, 72])  # within a frame and from one to the next
def test_the_chance_of_the_ways_that_were_not_declined_is_told_beside_that_of_any(horizon: int) -> None:
    asked, every = replace(ASKED, horizon_months=horizon), {("p3",), ("p1", "p3"), ("p2", "p3")}
    told = PLANNER.tell(asked, 9)
    ways = {tuple(step.post for step in path.steps): path.chance for path in told.paths}
    assert every <= set(ways)
    assert told.wanted is None, "nothing was declined"

    def wanted(*declined: tuple[str, ...], **more: object) -> float:
        found = PLANNER.tell(replace(asked, unwanted=lambda way: way in declined, **more), 9)  # type: ignore[arg-type]
        assert (found.chance, found.paths) == (told.chance, told.paths), "it changes nothing else"
        assert found.wanted is not None
        return found.wanted

    assert wanted() == pytest.approx(told.chance)
    for way in every:
        assert wanted(way) == pytest.approx(told.chance - ways[way], rel=1e-9)
    assert wanted(*ways) == pytest.approx(told.chance - sum(ways.values()), abs=1e-9)


def test_a_newer_goal_is_declined_by_its_own_name() -> None:
    newer = replace(ASKED, goal="new", posts=("new", "p3"), like="p3")
    told = PLANNER.tell(replace(newer, unwanted=lambda way: way[-1] == "new"), 5)
    assert told.wanted == 0.0
    told = PLANNER.tell(replace(newer, unwanted=lambda way: way[-1] == "p3"), 5)
    assert told.wanted == pytest.approx(told.chance)


def test_who_passes_a_post_of_the_family_has_reached_it_there_and_is_counted_once() -> None:
    """All go to p2 first and half of them on to p3: the chance of either is that of p2, not of both together."""
    chain = np.array([[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.0, 0.5], [1.0, 0.0, 0.0, 0.0]])
    planner = replace(PLANNER, model=hand_made(chain))

    def chance(*posts: str) -> float:
        return planner.tell(replace(ASKED, goal="f", posts=posts, goal_kind=GoalKind.JOB_FAMILY), 5).chance

    assert chance("p3") > 0.0
    assert chance("p2", "p3") == pytest.approx(chance("p2"))
    assert chance("p2") > 0.0


def test_a_barred_post_of_a_family_is_not_told_as_if_no_other_were_open() -> None:
    chain = np.array([[0.5, 0.0, 0.001, 0.499], [1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
    planner = replace(
        PLANNER, model=hand_made(chain),
        facts=StepFacts(blocked=lambda _officer, post, _day: [RULE] if post == "p3" else []),
    )  # fmt: skip
    asked = replace(ASKED, goal="f", posts=("p2", "p3"), goal_kind=GoalKind.JOB_FAMILY)
    told = planner.tell(asked, 5)
    assert told.because is not None
    assert (told.because.code, told.because.blocked) == ("rule_blocks", (RULE,))
    assert "bars code “p3” within the horizon: a year in post; rules leave 1 of the 2 posts" in told.because.text.en
    assert "2个岗位中有1个按规则可任" in told.because.text.zh
    alone = planner.tell(replace(asked, posts=("p3",)), 5)
    assert alone.because is not None
    assert alone.because.text.en == "a rule bars code “p3” within the horizon: a year in post"


def test_a_rule_on_the_way_is_told_too() -> None:
    chain = np.zeros((4, 4))
    chain[0, 1] = chain[1, 3] = 1.0
    planner = replace(
        PLANNER, model=hand_made(chain),
        facts=StepFacts(blocked=lambda _officer, post, _day: [RULE] if post == "p1" else []),
    )  # fmt: skip
    told = planner.tell(ASKED, 5)
    assert told.because is not None
    assert (told.because.code, told.because.blocked) == ("rule_blocks", (RULE,))
    assert "goes by code “p1”: a year in post" in told.because.text.en


def test_a_later_step_is_judged_with_what_the_steps_before_it_bring() -> None:
    seen: list[Before] = []

    def prepares(_officer: str, post: str, _before: Before) -> Prepared:
        return [], [StepCourse(f"c-{post}", Bilingual("法", "law"))]

    def lacking(_officer: str, _post: str, before: Before) -> list[Blocked]:
        seen.append(before)
        return [RULE]

    told = _with(prepares=prepares, lacking=lacking).tell(ASKED, 5)
    by_one = next(path for path in told.paths if [step.post for step in path.steps] == ["p1", "p3"])
    assert (by_one.steps[0].blocked, by_one.steps[1].blocked) == ((), (RULE,))
    before = next(one for one in seen if [post for post, _ in one.steps] == ["p1"])
    assert [one.course_id for one in before.courses] == ["c-p1", "c-p3"], "its own courses are done by then"
    assert DAY < before.steps[0][1] < before.day < before.latest


def test_the_course_of_the_change_stands_in_the_step_that_it_helps_once_a_path() -> None:
    course = StepCourse("c9", Bilingual("甲", "nine"), 8.0)
    opens = Change(Bilingual("完成甲", "complete nine"), np.array([1.0, 1.0, 3.0, 6.0]), course)
    told = _with(changes=lambda _officer: [opens]).tell(ASKED, 5)
    assert told.helps is not None
    assert told.helps.course == course
    for path in told.paths:
        named = [step.post for step in path.steps if course in step.courses]
        assert named == [next(step.post for step in path.steps if step.post in ("p2", "p3"))]


def test_a_change_that_is_hardly_one_is_not_told() -> None:
    little = [Change(Bilingual("甲", "little"), np.array([1.0, 1.0, 1.0, 1.01]))]
    assert _with(changes=lambda _officer: little).tell(ASKED, 5).helps is None


LADDER = Bilingual("执法勤务警员职级", "law enforcement ladder")
UP = Climb(2, 40.0, LADDER, LADDER)
OTHER = Bilingual("综合管理职级", "general administration ladder")


def _off(above: int, changes: int = 70, months: float = 0.0) -> Climb:
    """A goal on another ladder."""
    return Climb(None, months, LADDER, OTHER, Across(above, 900, changes, 3))


@pytest.mark.parametrize(
    ("asked", "chain", "code", "words"),
    [
        (replace(ASKED, goal="p9", posts=("p9",)), CHAIN, "goal_unknown", "know such a post: code “p9”"),
        (replace(ASKED, posts=("p9",), unseen="never_held"), CHAIN, "never_held", "nobody on record"),
        (
            replace(ASKED, posts=(), goal_kind=GoalKind.JOB_FAMILY, unseen="no_posts"),
            CHAIN,
            "no_posts",
            "no known post belongs to the job family code “p3”",
        ),
        (replace(ASKED, climb=replace(UP, steps=-1)), CHAIN, "beyond", "which is above the goal"),
        (replace(ASKED, climb=replace(UP, months=61.2)), CHAIN, "minimum_times", "at least 62 months more"),
        (replace(ASKED, posts=("p9",), climb=replace(UP, months=61.2)), CHAIN, "minimum_times", "horizon is 48"),
        (replace(ASKED, climb=UP), None, "never_reached", "at least 40 months more"),
        (replace(ASKED, climb=replace(UP, steps=4)), None, "too_many_steps", "is 4 steps up"),
        (
            replace(ASKED, climb=_off(0)),
            None,
            "other_ladder",
            "70 went to the general administration ladder; within",
        ),
        (replace(ASKED, climb=_off(-2)), None, "other_ladder", "70 went to the general administration ladder, 3 of"),
        (replace(ASKED, climb=_off(0, changes=0)), None, "other_ladder", "of 900 moves on record out of steps of the"),
        (replace(ASKED, climb=_off(3, months=72.0)), None, "minimum_times", "ladder need at least 72 months; the"),
        (ASKED, None, "never_reached", "of 100 moves on record out of code “p0” 0 went straight to code “p3”"),
        (replace(ASKED, end_months=1.0), CHAIN, "retirement_first", "service ends by 2024-02-01"),
    ],
)
def test_every_reason_says_what_is_true_of_it(asked: Question, chain: Array | None, code: str, words: str) -> None:
    nobody = CHAIN.copy()
    nobody[:, 3] = 0.0
    told = replace(PLANNER, model=hand_made(nobody if chain is None else chain)).tell(asked, 5)
    assert told.because is not None
    assert (told.because.code, told.because.reached) == (code, code == "beyond")
    assert words in told.because.text.en
    assert "{" not in told.because.text.zh + told.because.text.en


def test_what_was_counted_on_record_is_told_with_the_last_day_counted() -> None:
    nobody = CHAIN.copy()
    nobody[:, 3] = 0.0
    planner, until = replace(PLANNER, model=hand_made(nobody)), date(2025, 12, 31)
    for asked in (ASKED, replace(ASKED, climb=_off(0)), replace(ASKED, climb=_off(0, changes=0))):
        told, plain = (planner.tell(replace(asked, counted_until=day), 5).because for day in (until, None))
        assert told is not None
        assert plain is not None
        assert told.text.en == plain.text.en + " (records counted up to 2025-12-31)"
        assert told.text.zh == plain.text.zh + "（记录统计截至2025-12-31）"
    beyond = planner.tell(replace(ASKED, climb=replace(UP, steps=-1), counted_until=until), 5).because
    assert beyond is not None
    assert "2025-12-31" not in beyond.text.en, "it counts nothing"


def test_least_times_in_post_are_told_with_the_day_of_the_next_move() -> None:
    told = replace(PLANNER, least_months=np.full(4, 96.0)).tell(ASKED, 5)
    assert told.because is not None
    assert told.because.code == "minimum_times"
    assert "held for 96 months at least, the present one until 2030-01-01" in told.because.text.en


def test_least_times_of_a_post_that_ended_are_not_told_as_of_one_held() -> None:
    ended = replace(ASKED, ended_on=date(2023, 12, 1))
    told = replace(PLANNER, least_months=np.full(4, 96.0)).tell(ended, 5)
    assert told.because is not None
    assert told.because.code == "minimum_times"
    assert "the present one" not in told.because.text.en
    assert "no post is held now" in told.because.text.en
    assert "of code “p0”, held until 2023-12-01, the next move may come on 2030-01-01" in told.because.text.en
    assert "现岗位" not in told.because.text.zh
    assert "现无任职，最近任代号“p0”（至2023-12-01），自其起始日期计算，最早2030-01-01可调动" in told.because.text.zh


def _barred_until(post: str, day: date) -> PathPlanner:
    return _with(blocked=lambda _officer, one, on: [RULE] if one == post and on < day else [])


def test_a_rule_that_will_be_met_bars_no_goal_and_no_step_comes_before_it() -> None:
    told = _barred_until("p3", date(2026, 12, 1)).tell(ASKED, 5)
    assert told.because is None
    for path in told.paths:
        plan = path.as_plan("p3", DAY)
        assert date(2026, 12, 1) <= plan.steps[-1].low_on <= plan.steps[-1].expected_on


@pytest.mark.parametrize("months", [44.0, 46.0])  # in the post before, and with the time until then past the horizon
def test_time_in_each_post_that_leaves_too_little_is_told_as_no_rule_without_a_name(months: float) -> None:
    """What only the steps bring bars nobody today: it was told as rules that can be met, followed by no name."""
    nothing, stay = np.zeros(4), np.array([0.0, 0.0, 0.0, months])
    chain = np.zeros((4, 4))
    chain[0, 1] = chain[1, 3] = 1.0
    facts = StepFacts(blocked=lambda *_: [], bars=lambda *_: Bars(nothing, nothing, stay, nothing, nothing > 0))
    told = replace(PLANNER, model=hand_made(chain), facts=facts).tell(ASKED, 5)
    assert told.because is not None
    assert (told.because.code, told.because.blocked) == ("together", ())
    assert "()" not in told.because.text.en


def test_a_rule_that_is_met_too_late_for_any_way_is_told_as_that() -> None:
    told = _barred_until("p3", date(2027, 12, 31)).tell(ASKED, 5)
    assert told.because is not None
    assert (told.because.code, told.because.blocked) == ("rule_late", (RULE,))
    assert "can be met within the horizon (a year in post)" in told.because.text.en
    chain = np.zeros((4, 4))
    chain[0, 1] = chain[1, 3] = 1.0
    on_the_way = replace(_barred_until("p1", date(2027, 11, 30)), model=hand_made(chain)).tell(ASKED, 5)
    assert on_the_way.because is not None
    assert "the rules of code “p1”" in on_the_way.because.text.en
    never = _barred_until("p3", date(2028, 1, 2)).tell(ASKED, 5)
    assert never.because is not None
    assert never.because.code == "rule_blocks"


def test_of_several_posts_those_that_wait_for_no_rule_are_counted_beside_the_one_that_does() -> None:
    """Whoever reads of the rule must not take it for what bars the whole family."""
    chain = np.zeros((4, 4))
    chain[0, 1] = chain[1, 3] = 1.0
    late = replace(_barred_until("p3", date(2027, 12, 31)), model=hand_made(chain))
    told = late.tell(replace(ASKED, posts=("p2", "p3")), 5)
    assert told.because is not None
    assert (told.because.code, told.because.blocked) == ("rule_late", (RULE,))
    assert "rules leave 1 of the 2 posts of the" in told.because.text.en
    assert "但满足之后余下的时间不足" in told.because.text.zh
    way = replace(_barred_until("p1", date(2027, 11, 30)), model=hand_made(chain))
    on_the_way = way.tell(replace(ASKED, posts=("p2", "p3")), 5)
    assert on_the_way.because is not None
    assert "rules leave" not in on_the_way.because.text.en, "not of a post on the way"


def test_service_that_ends_before_a_rule_is_met_is_the_reason() -> None:
    told = _barred_until("p3", date(2025, 6, 1)).tell(replace(ASKED, end_months=9.0), 5)
    assert told.because is not None
    assert (told.because.code, told.because.blocked) == ("retirement_first", (RULE,))
    assert "service ends by 2024-10-01, before the rules of code “p3” are met" in told.because.text.en
    nobody = CHAIN.copy()
    nobody[:, 3] = 0.0
    never = replace(_barred_until("p3", date(2025, 6, 1)), model=hand_made(nobody))
    because = never.tell(replace(ASKED, end_months=9.0), 5).because
    assert because is not None
    assert because.code == "never_reached", "nobody ever got there, whenever service ends"


def test_retirement_that_leaves_no_way_with_the_rules_kept_is_the_reason() -> None:
    planner = replace(_barred_until("p3", date(2025, 6, 1)), least_months=np.full(4, 30.0))
    told = planner.tell(replace(ASKED, end_months=17.0), 5)
    assert told.because is not None
    assert told.because.code == "retirement_first"
    assert "with rules and least times no way" in told.because.text.en


def test_rules_and_least_times_that_only_together_leave_no_way_say_so() -> None:
    chain = np.zeros((4, 4))
    chain[0, 1] = chain[1, 3] = 1.0
    planner = replace(_barred_until("p1", date(2026, 3, 15)), least_months=np.full(4, 21.0), model=hand_made(chain))
    told = planner.tell(ASKED, 5)
    assert told.because is not None
    assert told.because.code == "together"


def test_time_at_the_grass_roots_that_the_way_itself_brings_meets_a_rule() -> None:
    """p3 asks for two years at the grass roots; of the posts only p1 is there, and the officer is not."""
    nothing = np.zeros(4)
    bars = Bars(
        first=np.array([0.0, 0.0, 0.0, np.inf]), later=nothing, stay=nothing, roots=np.array([0.0, 0.0, 0.0, 24.0]),
        at_roots=np.array([False, True, False, False]), served=6.0,
    )  # fmt: skip
    facts = {"blocked": lambda _officer, post, _day: [RULE] if post == "p3" else []}
    told = _with(**facts, bars=lambda _officer, _posts, _met: bars).tell(ASKED, 5)
    assert {tuple(step.post for step in path.steps) for path in told.paths} == {("p1", "p3"), ("p2", "p1", "p3")}
    assert all(path.steps[-1].low_months >= 18.0 for path in told.paths)
    soon = _with(**facts, bars=lambda _officer, _posts, _met: bars).tell(replace(ASKED, horizon_months=15), 5)
    assert soon.because is not None
    assert soon.because.code == "rule_blocks", "eighteen months at the grass roots do not fit"
    serving = replace(bars, first=np.array([0.0, 0.0, 0.0, 18.0]), serving=True)
    left = serving.opening(np.array([3, 3]), np.array([[2], [1]]), np.array([[5.0], [5.0]]))
    assert left.stay.tolist() == [np.inf, 13.0], "who leaves the grass roots early gathers no more there"
    assert serving.opening(np.array([3]), np.array([[2]]), np.array([[18.5]])).stay.tolist() == [0.0]


def test_the_change_that_helps_most_is_told_with_its_chance() -> None:
    little, much = np.array([1.0, 1.0, 1.0, 1.5]), np.array([1.0, 1.0, 1.0, 6.0])
    changes = [Change(Bilingual("甲", "little"), little), Change(Bilingual("乙", "much"), much)]
    told = _with(changes=lambda _officer: changes).tell(ASKED, 5)
    assert told.helps is not None
    assert (told.helps.text.en, told.helps.before) == ("much", told.chance)
    assert told.helps.chance > told.chance
    none = _with(changes=lambda _officer: [Change(Bilingual("丙", "nothing"), np.ones(4))]).tell(ASKED, 5)
    assert none.helps is None
    lifted = replace(ASKED, factors=much)
    assert _with(changes=lambda _officer: changes).tell(lifted, 5).helps is None
    assert PLANNER.tell(lifted, 5).chance > told.chance


def test_a_path_that_is_asked_for_is_told_however_many_are_better_and_only_where_it_is_likely_enough() -> None:
    every = [tuple(step.post for step in path.steps) for path in PLANNER.tell(ASKED, 5).paths]
    best = [tuple(step.post for step in path.steps) for path in PLANNER.tell(ASKED, 1).paths]
    asked = replace(ASKED, also=every[-1])
    told = PLANNER.tell(asked, 1).paths
    assert [tuple(step.post for step in path.steps) for path in told] == [*best, every[-1]]
    assert PLANNER.tell(replace(ASKED, also=best[0]), 1).paths == PLANNER.tell(ASKED, 1).paths, "once"
    assert len(PLANNER.tell(replace(ASKED, also=("nowhere", "p3")), 1).paths) == 1
    strict = replace(PLANNER, policy=replace(policy().paths, least_chance=told[1].chance + 1e-6))
    assert len(strict.tell(asked, 1).paths) == 1


def test_a_path_is_closed_where_rules_open_one_of_its_posts_not_within_the_horizon() -> None:
    never = _with(blocked=lambda _officer, post, day: [RULE] if post == "p2" else [])
    assert [never.closed(ASKED, path) for path in (("p2", "p3"), ("p1", "p3"), ("nowhere", "p3"))] == [
        True, False, False
    ]  # fmt: skip
    assert not PLANNER.closed(ASKED, ("p2", "p3")), "no rule speaks"
