"""The paths desk without the web: order, the plan that holds first, refusals, progress against the last plan."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from pydantic import ValidationError

from data_contracts.asof import add_months, months_on
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.paths.plans import PathPlanner
from models.paths.telling import Blocked, Change, Gap, Instead, NoPath, Question, StepCourse, StepFacts, Told
from models.paths.told_plan import Event, Plan, Promised
from models.posts.histories import CareerState
from models.stated_goals import StatedGoal
from serving.api.problems import ProblemError
from serving.api.strict_body import parse
from serving.feedback.exposures import ExposureLog
from serving.night.manifest import ModelIdentity
from serving.on_force import UNKNOWN_OFFICER
from serving.paths.answering import _given_end
from serving.paths.answers import PathDesk
from serving.paths.asking import NO_GOAL, AskedPath
from serving.paths.plan_log import PlanKey
from serving.paths.schemas import GoalReached, NoPathFound, PathGoal, PathsAnswer, PathsFound, PathsRequest
from serving.schemas import Because, NotScored, Text
from tests.models.path_models import CATALOGUE, hand_made
from tests.serving.desks import NOW
from tests.serving.feedback_room import decline, kept_suggester, plain_suggester

MODEL = ModelIdentity("paths", "2", "c" * 64, "career_v1", "h2")
RULE = Blocked("grassroots", Bilingual("两年基层经历", "two years at the grass roots"))
FACTS = StepFacts(
    prepares=lambda _officer, _post, _before: (
        [Gap("law", None, 2.0)],
        [StepCourse("c1", Bilingual("法律", "law"), 8.0, ("law",))],
    ),
    points=lambda _officer, post: 3.0 if post == "p3" else None,
    blocked=lambda _officer, post, day: [RULE] if post == "p2" and day < date(2027, 1, 1) else [],
    changes=lambda _officer: [Change(Bilingual("考过", "pass the exam"), np.array([1.0, 1.0, 1.0, 6.0]))],
)
PLANNER = PathPlanner(hand_made(), CATALOGUE, {}, policy().paths, FACTS)
STEP = {"post_id": "p3", "expected_on": "2027-06-01", "low_on": "2027-01-01", "high_on": "2027-08-01"}
START = {"a": "p0", "b": "p1", "there": "p3"}


@dataclass(frozen=True)
class FakePaths:
    """Officers stand where START says; `known` are the events of each."""

    known: tuple[Event, ...] = ()

    def on(self, officer_ids: Sequence[str], as_of: date) -> FakePaths:
        return self

    def question(self, officer_id: str, goal: PathGoal | None, horizon_months: int | None) -> AskedPath | Because:
        if officer_id not in START:
            return UNKNOWN_OFFICER
        if goal is None and officer_id != "b":
            return NO_GOAL
        code = "p3" if goal is None else goal.goal
        state = CareerState([START[officer_id]], [date(2024, 11, 1)], as_of=date(2026, 11, 1))
        question = Question(officer_id, state, code, (code,), horizon_months or policy().paths.default_horizon_months)
        told = None if goal is None else f"{goal.kind}:{goal.goal}"
        return AskedPath(question, START[officer_id], told, goal is None and horizon_months is None)

    def check_goal(self, goal: PathGoal | None) -> None:
        pass

    def knows(self, item: str) -> bool:
        return item in CATALOGUE.codes

    def tell_all(self, questions: Sequence[Question], top: int) -> Sequence[Told]:
        return [PLANNER.tell(question, top) for question in questions]

    def events(self, question: Question, posts: Sequence[str]) -> Sequence[Event]:
        return self.known

    def knew(self, question: Question, last: Plan) -> frozenset[str]:
        return frozenset(event.mark for event in self.known if event.known_on <= last.made_on)

    def closed(self, question: Question, path: Sequence[str]) -> bool:
        return PLANNER.closed(question, path)

    def required(self, officer_id: str) -> frozenset[str]:
        return frozenset()

    def name(self, item: str) -> Bilingual:
        return Bilingual(f"岗{item}", f"post {item}")


class KeptPlans:
    """Plans in memory; with `broken` nothing can be read."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.kept: dict[PlanKey, Plan] = {}

    def last(self, keys: Sequence[PlanKey], as_of: date) -> Mapping[PlanKey, Plan]:
        if self.broken:
            raise NotReady("no disk")
        told = {key: plan for key, plan in self.kept.items() if plan.made_on <= as_of}
        found = {key: told.get(key, told.get(replace(key, retiring=False))) for key in keys}
        return {key: plan for key, plan in found.items() if plan is not None}

    def keep(self, plans: Mapping[PlanKey, Plan]) -> None:
        if self.broken:
            raise NotReady("no disk")
        self.kept |= plans


def _desk(*events: Event, plans: KeptPlans | None = None) -> PathDesk:
    return PathDesk(MODEL, FakePaths(events), plans or KeptPlans(), plain_suggester(), policy())


def _ask(desk: PathDesk, *officers: str, **more: object) -> list[PathsFound | GoalReached | NoPathFound | NotScored]:
    return _answer(desk, *officers, **more).results


def _answer(desk: PathDesk, *officers: str, **more: object) -> PathsAnswer:
    body = {"officer_ids": list(officers), "goal": {"kind": "post", "goal": "p3"}, **more}
    return desk.answer(PathsRequest.model_validate(body), "r-1", NOW)


def _last(found: PathsFound, place: int, **more: object) -> dict[str, object]:
    """A path of an answer, sent back as the last plan."""
    path = found.paths[place]
    steps = [
        {"post_id": step.post_id, "expected_on": step.expected_on, "low_on": step.low_on, "high_on": step.high_on,
         "courses": [course.course_id for course in step.courses]}
        for step in path.steps
    ]  # fmt: skip
    return {"goal": "p3", "made_on": date(2026, 10, 1), "chance": path.chance, "steps": steps, **more}


def test_answers_are_in_order_whatever_happens_to_each() -> None:
    found = _ask(_desk(), "b", "nobody", "there", "a", "b")
    assert [one.officer_id for one in found] == ["b", "nobody", "there", "a", "b"]
    assert [one.status for one in found] == ["scored", "not_scored", "reached", "scored", "scored"]
    nobody, there = found[1], found[2]
    assert isinstance(nobody, NotScored)
    assert isinstance(there, GoalReached)
    assert (nobody.because.code, there.because.code) == ("unknown_officer", "already_there")
    assert there.progress is None


def test_a_path_tells_everything_of_its_steps() -> None:
    (found,) = _ask(_desk(), "a", horizon_months=24, top=3)
    assert isinstance(found, PathsFound)
    assert (found.start.zh, found.horizon_months, found.goal.zh, len(found.paths)) == ("岗p0", 24, "岗p3", 3)
    last = found.paths[0].steps[-1]
    assert (last.post_id, last.points, last.name.en) == ("p3", 3.0, "post p3")
    assert (last.gaps[0].competency, last.gaps[0].level, last.courses[0].closes) == ("law", None, ["law"])
    assert last.low_on <= last.expected_on <= last.high_on
    assert found.change is not None
    assert found.change.chance > found.change.before == found.chance
    assert (found.progress.status, found.progress.changed, found.progress.why[0].code) == ("first", False, "first")
    by_two = [step for path in found.paths for step in path.steps if step.post_id == "p2"]
    assert all([rule.rule for rule in step.blocked_by] == ["grassroots"] for step in by_two)


def test_without_a_goal_nothing_is_scored_and_policy_gives_the_horizon() -> None:
    (none,) = _ask(_desk(), "a", goal=None)
    assert isinstance(none, NotScored)
    assert none.because.code == "no_goal"
    (found,) = _ask(_desk(), "a")
    assert isinstance(found, PathsFound)
    assert found.horizon_months == policy().paths.default_horizon_months


def test_the_last_plan_stays_first_until_something_becomes_known() -> None:
    (before,) = _ask(_desk(), "a")
    assert isinstance(before, PathsFound)
    second = [step.post_id for step in before.paths[1].steps]
    (after,) = _ask(_desk(), "a", last_plans={"a": _last(before, 1)})
    assert isinstance(after, PathsFound)
    assert (after.progress.status, after.progress.changed) == ("on_track", False)
    assert [step.post_id for step in after.paths[0].steps] == second
    event = Event("completion", "c1", date(2026, 10, 15), date(2026, 10, 15))
    (news,) = _ask(_desk(event), "a", last_plans={"a": _last(before, 2)})
    assert isinstance(news, PathsFound)
    assert news.progress.why[0].code == "completion"
    assert news.progress.changed == (news.paths[0] == before.paths[0])


def test_a_way_that_opens_after_the_first_answer_told_none_is_told_as_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    plans, tell = KeptPlans(), FakePaths.tell_all
    none = Told((), 0.0, None, NoPath("never_reached", Bilingual("无", "none")))
    monkeypatch.setattr(FakePaths, "tell_all", lambda _self, questions, _top: [none for _ in questions])
    (closed,) = _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1))
    assert isinstance(closed, NoPathFound)
    assert closed.progress is None, "nothing was told before"
    kept = dict(plans.kept)
    (again,) = _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1))
    assert isinstance(again, NoPathFound)
    assert again.progress is not None
    assert (again.progress.status, again.progress.changed, plans.kept) == ("no_path", False, kept)
    monkeypatch.setattr(FakePaths, "tell_all", tell)
    (found,) = _ask(_desk(plans=plans), "a")
    assert isinstance(found, PathsFound)
    assert (found.progress.status, found.progress.changed) == ("on_track", True)
    assert [why.code for why in found.progress.why] == ["opened"]


def test_a_goal_reached_or_closed_is_said_in_the_progress() -> None:
    (before,) = _ask(_desk(), "a")
    assert isinstance(before, PathsFound)
    event = Event("posting", "p3", date(2026, 10, 15), date(2026, 10, 15))
    (there,) = _ask(_desk(event), "there", last_plans={"there": _last(before, 0)})
    assert isinstance(there, GoalReached)
    assert (there.start.zh, there.goal.zh, there.since) == ("岗p3", "岗p3", date(2024, 11, 1))
    assert there.progress is not None
    assert there.progress.status == "reached"


def test_the_plan_that_was_told_is_kept_and_the_next_answer_stands_against_it() -> None:
    plans = KeptPlans()
    (first,) = _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1))
    assert isinstance(first, PathsFound)
    assert [why.code for why in first.progress.why] == ["first"]
    kept = plans.kept[PlanKey("a", "post:p3", policy().paths.default_horizon_months)]
    assert (kept.made_on, kept.goal) == (date(2026, 10, 1), "p3")
    (again,) = _ask(_desk(plans=plans), "a")
    assert isinstance(again, PathsFound)
    assert (again.progress.changed, [why.code for why in again.progress.why]) == (False, ["nothing"])
    assert list(plans.kept.values()) == [kept], "a plan that stays is not written again"
    event = Event("posting", "p2", date(2026, 10, 15), date(2026, 10, 15))
    (moved,) = _ask(_desk(event, plans=plans), "a")
    assert isinstance(moved, PathsFound)
    assert moved.progress.why[0].code == "told_path"
    assert moved.progress.status == "on_track", "the first step of another path told"
    assert "post p2 → " in moved.progress.why[0].text.en
    (shorter,) = _ask(_desk(plans=plans), "a", horizon_months=60)
    assert isinstance(shorter, PathsFound)
    assert shorter.progress.why[0].code == "first", "a plan within another time is no measure"


@pytest.mark.parametrize("event", [("completion", "not asked for"), ("goal", "another")])
def test_what_a_plan_does_not_rest_on_is_told_once_on_the_day_of_the_plan_too(event: tuple[str, str]) -> None:
    plans = KeptPlans()
    _ask(_desk(plans=plans), "a")
    late = Event(*event, date(2026, 10, 15), date(2026, 10, 16))
    (told, again, later) = (
        _ask(_desk(late, plans=plans), "a")[0], _ask(_desk(late, plans=plans), "a")[0],
        _ask(_desk(late, plans=plans), "a", as_of=NOW.date())[0],
    )  # fmt: skip
    assert all(isinstance(one, PathsFound) for one in (told, again, later))
    codes = [[why.code for why in one.progress.why] for one in (told, again, later)]  # type: ignore[union-attr]
    assert codes == [["goal_stated" if event[0] == "goal" else "other_completion", "stays"], ["nothing"], ["nothing"]]


def test_a_step_told_as_overdue_is_overdue_in_the_same_answer_asked_for_again() -> None:
    plans = KeptPlans()
    first = _ask(_desk(plans=plans), "b")[0]
    assert isinstance(first, PathsFound)
    key, plan = next(iter(plans.kept.items()))
    old = replace(plan, made_on=date(2020, 1, 1), steps=tuple(
        replace(step, expected_on=date(2021, 1, 1), low_on=date(2020, 6, 1), high_on=date(2021, 6, 1))
        for step in plan.steps))  # fmt: skip
    plans.kept[key] = old
    told = [_ask(_desk(plans=plans), "b")[0] for _ in range(3)]
    progress = [one.progress for one in told if isinstance(one, PathsFound)]
    assert [one.status for one in progress] == ["off_track"] * 3
    assert [(why.code, why.since) for why in progress[2].why] == [
        ("overdue", date(2021, 6, 1)), ("beyond_interval", date(2020, 1, 1)), ("nothing", None),
    ]  # fmt: skip
    sent = _last(first, 0, made_on=plans.kept[key].made_on)
    again = _ask(_desk(plans=plans), "b", last_plans={"b": sent})[0]
    assert isinstance(again, PathsFound)
    assert again.progress.status == "off_track", "a plan sent back has new days; its first step is late"


def test_a_goal_whose_term_is_over_is_off_track_and_is_told_once_more_without_a_new_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question, plans = FakePaths.question, KeptPlans()
    stated = StatedGoal("post", "p3", 12, date(2025, 3, 1))

    def of_the_record(paths: FakePaths, officer_id: str, goal: PathGoal | None, months: int | None) -> object:
        return replace(question(paths, officer_id, goal, months), stated=stated)  # type: ignore[type-var]

    monkeypatch.setattr(FakePaths, "question", of_the_record)
    told, kept = [], list[Plan]()
    for _ in range(3):
        told.append(_ask(_desk(plans=plans), "b")[0])
        kept.append(next(iter(plans.kept.values())))
    answers = [one for one in told if isinstance(one, PathsFound)]
    assert [one.progress.status for one in answers] == ["off_track"] * 3, "the first word of it too"
    assert [one.code for one in answers[2].progress.why] == ["term_over", "nothing"]
    assert "post p3" in answers[2].progress.why[0].text.en
    assert answers[2].progress.why[0].since == stated.ends_on
    assert kept[1] == kept[2], "nothing new was told, so nothing new is kept"


def test_a_model_trained_after_the_day_asked_about_is_told_to_know_later_facts() -> None:
    desk = replace(_desk(), model=replace(MODEL, trained_as_of="2026-01-01"))
    told = _answer(desk, "b", as_of="2022-01-01").notices
    assert [one.code for one in told] == ["before_training"]
    assert "trained as of 2026-01-01, after the day asked about, 2022-01-01: its chances and counts" in told[0].en
    assert "以2026-01-01为训练截止日，晚于所问的2022-01-01" in told[0].zh
    assert _answer(desk, "b", as_of="2026-01-01").notices == []


def test_plans_for_the_stated_goal_follow_each_other() -> None:
    plans = KeptPlans()
    _ask(_desk(plans=plans), "b", goal=None, as_of=date(2026, 10, 1))
    assert [key.goal for key in plans.kept] == ["stated"]


def test_what_was_declined_is_left_out_by_name_with_the_day_it_may_come_back(tmp_path: Path) -> None:
    log = ExposureLog(f"sqlite:///{tmp_path / 'log.db'}")
    desk = replace(_desk(), suggester=kept_suggester(log))
    (before,) = _ask(desk, "a")
    assert isinstance(before, PathsFound)
    assert (before.declined, before.chance_without_declined) == ([], None)
    unwanted = next(path for path in before.paths if len(path.steps) == 2)
    decline(log, "a", "path", unwanted.path_id, date(2026, 10, 20))
    decline(log, "a", "post", "p2", date(2026, 10, 21))
    (after,) = _ask(desk, "a")
    assert isinstance(after, PathsFound)
    assert unwanted.path_id not in [path.path_id for path in after.paths]
    assert after.chance == before.chance
    assert after.chance_without_declined is not None
    assert after.chance_without_declined < before.chance - unwanted.chance, "nor the other ways that begin with p2"
    assert after.chance_without_declined >= sum(path.chance for path in after.paths) - 0.001
    assert f"without them it is {after.chance_without_declined:.2%}" in after.chances.goal.en
    told = {one.item: one for one in after.declined}
    months = policy().feedback.declining.months_away
    assert told[unwanted.path_id].until == add_months(date(2026, 10, 20), months)
    way = " → ".join(step.name.en for step in unwanted.steps)
    names = {item: one.name for item, one in told.items() if one.name is not None}
    assert (names[unwanted.path_id].en, names["p2"].zh) == (way, "岗p2")
    assert told[unwanted.path_id].text.en.startswith("this path was declined on 2026-10-20; it is not suggested again")
    assert told[unwanted.path_id].item_kind == "path"
    assert told["p2"].text.zh.startswith("本人于 2026-10-21 表示不感兴趣")


def test_where_every_way_was_declined_a_post_is_named_only_where_asking_by_name_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who declined each way to a post was sent to ask for it by name, and was refused with the same words."""
    log = ExposureLog(f"sqlite:///{tmp_path / 'log.db'}")
    desk = replace(_desk(), suggester=kept_suggester(log))
    decline(log, "b", "post", "p3", date(2026, 10, 20))
    (refused,) = _ask(desk, "b", goal=None)
    assert isinstance(refused, NoPathFound)
    assert refused.because.code == "declined"
    assert "or name the post “post p3” in the request, which is then answered though" in refused.because.en
    (named,) = _ask(desk, "b")
    assert isinstance(named, PathsFound), "it helps"
    while isinstance(named, PathsFound):
        decline(log, "b", "path", named.paths[0].path_id, date(2026, 10, 21))
        (named,) = _ask(desk, "b")
    assert isinstance(named, NoPathFound)
    assert named.because.code == "declined"
    assert named.because.zh.endswith("可登记新的目标")
    assert named.because.en.startswith("every path within the horizon is one that the officer declined")
    found = FakePaths.tell_all

    def with_others(paths: FakePaths, questions: Sequence[Question], top: int) -> list[Told]:
        return [replace(one, wanted=0.0064) for one in found(paths, questions, top)]

    monkeypatch.setattr(FakePaths, "tell_all", with_others)
    (left,) = _ask(desk, "b")
    assert isinstance(left, NoPathFound)
    assert "the other ways have a chance of 0.64% together, and none of them is told by itself" in left.because.en
    assert "其余途径合计可能性为0.64%" in left.because.zh
    assert "name the post" not in named.because.en, "it was named, and the ways to it were declined"


@pytest.mark.parametrize(
    ("place", "since", "why"),
    [
        (0, date(2026, 10, 20), [["first"], ["declined_over", "later", "better"], ["nothing"]]),
        (1, NOW.date(), [["first"], ["nothing"], ["declined_over", "later", "kept"], ["later", "nothing"]]),
    ],
)
def test_a_path_counts_again_when_the_word_against_it_is_over(
    tmp_path: Path, place: int, since: date, why: list[list[str]]
) -> None:
    """Its likeliest path declined, a plan of another was kept for good though the better one was told again."""
    log, plans = ExposureLog(f"sqlite:///{tmp_path / 'log.db'}"), KeptPlans()
    desk = replace(_desk(plans=plans), suggester=kept_suggester(log))
    body = PathsRequest.model_validate({"officer_ids": ["a"], "goal": {"kind": "post", "goal": "p3"}})
    (first,) = _ask(_desk(), "a")
    assert isinstance(first, PathsFound)
    paths = first.paths
    until = add_months(since, policy().feedback.declining.months_away)
    back = NOW + (until - NOW.date())
    told = list[list[str]]()
    for day in (NOW, back, back) if place == 0 else (NOW, NOW, back, back):
        if len(told) == place:
            decline(log, "a", "path", paths[place].path_id, since)
        (found,) = desk.answer(body, "r-1", day).results
        assert isinstance(found, PathsFound)
        told.append([one.code for one in found.progress.why])
        best = found.paths[0].path_id == paths[0].path_id
    assert told == why
    assert best


def test_a_decline_that_held_on_the_day_asked_about_holds_though_it_is_over_now(tmp_path: Path) -> None:
    log = ExposureLog(f"sqlite:///{tmp_path / 'log.db'}")
    desk = replace(_desk(), suggester=kept_suggester(log))
    (before,) = _ask(desk, "a", as_of="2026-04-01")
    assert isinstance(before, PathsFound)
    decline(log, "a", "path", before.paths[0].path_id, date(2026, 2, 2))
    for day, away in ((date(2026, 4, 1), True), (date(2026, 8, 2), False)):
        (found,) = _ask(desk, "a", as_of=day)
        assert isinstance(found, PathsFound)
        assert (found.paths[0].path_id != before.paths[0].path_id, bool(found.declined)) == (away, away)


def test_a_plan_that_is_sent_back_slips_from_the_day_told_first() -> None:
    plans = KeptPlans()
    (first,) = _ask(_desk(plans=plans), "b")
    assert isinstance(first, PathsFound)
    key, plan = next(iter(plans.kept.items()))
    plans.kept[key] = replace(plan, promised=Promised(date(2020, 1, 1), date(2019, 1, 1)))
    sent = _last(first, 0, made_on=plan.made_on)
    (again,) = _ask(_desk(plans=plans), "b", last_plans={"b": sent})
    assert isinstance(again, PathsFound)
    assert [(one.code, one.since) for one in again.progress.why if one.code == "later"] == [("later", date(2019, 1, 1))]


def test_days_of_steps_are_counted_in_calendar_months() -> None:
    start, plans = date(2024, 2, 29), KeptPlans()
    (found,) = _ask(_desk(plans=plans), "a", as_of=start, horizon_months=12)
    assert isinstance(found, PathsFound)
    steps = [step for path in found.paths for step in path.steps]
    for step in steps:
        for day, months in (
            (step.low_on, step.low_months), (step.expected_on, step.months), (step.high_on, step.high_months)
        ):  # fmt: skip
            assert abs((day - months_on(start, months)).days) <= 2, "months are told to one digit, days to the day"
        assert step.high_on == add_months(start, round(step.high_months)), "the ends are whole months"
    kept = next(iter(plans.kept.values()))
    assert [step.high_on for step in kept.steps] == [step.high_on for step in found.paths[0].steps]


def test_where_plans_cannot_be_kept_the_answer_comes_and_says_degraded() -> None:
    answer = _answer(_desk(plans=KeptPlans(broken=True)), "a")
    assert answer.degraded
    assert answer.results[0].status == "scored"
    assert not _answer(_desk(), "a").degraded
    with pytest.raises(InvalidInput, match="has not come yet"):
        _answer(_desk(), "a", as_of=date(2030, 1, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"goal": {"kind": "dream", "goal": "p3"}},
        {"horizon_months": 0},
        {"top": 11},
        {"officer_ids": []},
        {"last_plans": {"a": {"goal": "p3"}}},
        {"surprise": 1},
        {"retires_on": {"A": "2040-01-01"}},
        {"last_plans": {"A": {"goal": "p3", "made_on": "2026-10-01", "chance": 0.5, "steps": [STEP]}}},
        {
            "last_plans": {
                "a": {"goal": "p3", "made_on": "2026-10-01", "chance": 0.5, "steps": [{**STEP, "low_on": "2027-09-01"}]}
            }
        },
        {
            "last_plans": {
                "a": {
                    "goal": "p3",
                    "made_on": "2026-10-01",
                    "chance": 0.5,
                    "steps": [{**STEP, "high_on": "2026-12-01"}],
                }
            }
        },
    ],
)
def test_bodies_that_are_wrong_are_refused(wrong: dict[str, object]) -> None:
    body = {"officer_ids": ["a"], "goal": {"kind": "post", "goal": "p3"}, **wrong}
    with pytest.raises(ValidationError):
        PathsRequest.model_validate(body)


def test_an_entry_of_nobody_asked_is_told_by_its_place_in_both_languages() -> None:
    body = {"officer_ids": ["a"], "retires_on": {"a": "2040-01-01", "b": "2040-01-01"}}
    with pytest.raises(ProblemError) as refused:
        parse(json.dumps(body).encode(), PathsRequest)
    (fault,) = refused.value.errors
    assert fault.message.startswith("retires_on, entry 2: an officer who is not in officer_ids; correct the id")
    assert fault.message_zh.startswith("retires_on 第2项的民警不在 officer_ids 中；请更正编号")


@pytest.mark.parametrize(
    ("wrong", "en", "zh"),
    [
        ({"made_on": "2026-11-02"}, r"last_plans, entry 1, made_on: 2026-11-02 is after 2026-11-01, the day",
         "last_plans 第1项 made_on：2026-11-02 晚于所问日期 2026-11-01"),
        ({"steps": [STEP, {**STEP, "post_id": "p3x"}]}, r"last_plans, entry 1, steps\[1\]\.post_id: .* 'p3x'; send",
         "last_plans 第1项 steps[1].post_id"),
    ],
)  # fmt: skip
def test_a_last_plan_that_was_never_told_is_refused(wrong: dict[str, object], en: str, zh: str) -> None:
    plan = {"goal": "p3", "made_on": "2026-10-01", "chance": 0.5, "steps": [STEP], **wrong}
    with pytest.raises(InvalidInput, match=en) as refused:
        _ask(_desk(), "a", last_plans={"a": plan})
    assert refused.value.zh.startswith(zh)


def test_rules_that_block_the_goal_are_named() -> None:
    facts = replace(FACTS, blocked=lambda _officer, post, _day: [RULE] if post == "p3" else [])
    planner = replace(PLANNER, facts=facts)

    class Blocking(FakePaths):
        def tell_all(self, questions: Sequence[Question], top: int) -> Sequence[Told]:
            return [planner.tell(question, top) for question in questions]

    desk = PathDesk(MODEL, Blocking(), KeptPlans(), plain_suggester(), policy())
    (found,) = _ask(desk, "a")
    assert isinstance(found, NoPathFound)
    assert (found.because.code, [one.rule for one in found.blocked_by]) == ("rule_blocks", ["grassroots"])


def test_a_nearer_goal_is_told_by_name_and_its_chance_stands_alone() -> None:
    near = Instead("nearer_goal", Bilingual("先到", "aim first"), None, 0.06, post="p2")
    longer = Instead("horizon", Bilingual("延长", "allow more"), 0.002, 0.07, horizon_months=60)

    class Refusing(FakePaths):
        def tell_all(self, questions: Sequence[Question], top: int) -> Sequence[Told]:
            none = NoPath("too_short", Bilingual("太短", "too short"), instead=(longer, near))
            return [Told((), 0.0, because=none) for _ in questions]

    (found,) = _ask(PathDesk(MODEL, Refusing(), KeptPlans(), plain_suggester(), policy()), "a")
    assert isinstance(found, NoPathFound)
    assert found.change is not None
    assert (found.change.before, found.change.chance, found.change.goal) == (0.002, 0.07, None)
    (told,) = found.other_changes
    assert (told.goal_id, told.goal, told.chance) == ("p2", Text(zh="岗p2", en="post p2"), 0.06)
    assert told.before is None, "a chance of the goal asked for beside that of another goal would compare the two"


def test_a_path_ends_at_the_day_of_retirement_that_the_caller_gives() -> None:
    soon, late = NOW.date() + timedelta(days=60), date(2060, 1, 1)
    (unknown,) = _ask(_desk(), "a")
    assert isinstance(unknown, PathsFound)
    assert (unknown.retirement.basis, unknown.retirement.on) == ("unknown", None)
    assert "no account of it" in unknown.retirement.text.en
    free, bound = _ask(_desk(), "a", "b", retires_on={"a": late, "b": soon})
    assert isinstance(free, PathsFound)
    assert free.paths == unknown.paths
    assert (free.retirement.basis, free.retirement.on) == ("given", late)
    assert isinstance(bound, NoPathFound)
    assert bound.because.code == "retirement_first"
    assert str(soon) in bound.retirement.text.zh
    (sooner,) = _ask(_desk(), "b")
    assert isinstance(sooner, PathsFound), "only retirement stood in the way"


def test_every_step_of_a_path_comes_before_retirement() -> None:
    end = NOW.date() + timedelta(days=600)
    (found,) = _ask(_desk(), "a", retires_on={"a": end})
    (free,) = _ask(_desk(), "a")
    assert isinstance(found, PathsFound)
    assert isinstance(free, PathsFound)
    assert found.chance < free.chance
    assert max(step.high_on for path in found.paths for step in path.steps) <= end
    assert max(step.high_on for path in free.paths for step in path.steps) > end


def test_where_retirement_leaves_no_path_the_kept_plan_is_off_track() -> None:
    desk = _desk(plans=KeptPlans())
    (before,) = _ask(desk, "b")
    assert isinstance(before, PathsFound)
    (after,) = _ask(desk, "b", retires_on={"b": NOW.date() + timedelta(days=60)})
    assert isinstance(after, NoPathFound)
    assert after.progress is not None
    assert (after.progress.status, [why.code for why in after.progress.why]) == (
        "off_track",
        ["given_end", "retirement"],
    )
    assert after.progress.changed


def test_a_refusal_tells_the_chance_in_its_own_words_alone() -> None:
    """Of one answer one figure said that the chance fell to nothing, and another that it was .09 %."""
    event, plans = Event("posting", "elsewhere", date(2026, 10, 15), date(2026, 10, 15)), KeptPlans()
    _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1))
    (found,) = _ask(_desk(event, plans=plans), "a", retires_on={"a": NOW.date() + timedelta(days=60)})
    assert isinstance(found, NoPathFound)
    assert found.progress is not None
    codes = {why.code for why in found.progress.why}
    assert "left_path" in codes
    assert not {"chance_not", "chance_rose", "chance_fell"} & codes


def test_who_left_every_path_told_is_off_track_only_where_the_chance_did_not_rise() -> None:
    event = Event("posting", "elsewhere", date(2026, 10, 15), date(2026, 10, 15))
    key = PlanKey("a", "post:p3", policy().paths.default_horizon_months)
    for before, status, code in ((0.0001, "on_track", "chance_rose"), (0.9999, "off_track", "chance_not")):
        plans = KeptPlans()
        _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1))
        plans.kept[key] = replace(plans.kept[key], goal_chance=before)
        (found,) = _ask(_desk(event, plans=plans), "a")
        assert isinstance(found, PathsFound)
        assert found.progress.status == status
        assert [why.code for why in found.progress.why[:2]] == ["left_path", code]
        assert f"{before:.2%}" in found.progress.why[1].text.zh
        assert plans.kept[key].goal_chance == pytest.approx(found.chance, abs=1e-4), "of today, for the next answer"


def test_a_plan_that_the_caller_kept_tells_whether_the_chance_rose_where_it_says_what_it_was() -> None:
    event = Event("posting", "elsewhere", date(2026, 10, 15), date(2026, 10, 15))
    step = {"post_id": "p3", "expected_on": "2027-01-01", "low_on": "2026-12-01", "high_on": "2028-01-01"}
    sent = {"goal": "p3", "made_on": "2026-10-01", "chance": 0.2, "steps": [step]}
    for before, status, code in ((0.0001, "on_track", "chance_rose"), (0.9999, "off_track", "chance_not")):
        (found,) = _ask(_desk(event), "a", last_plans={"a": {**sent, "goal_chance": before}})
        assert isinstance(found, PathsFound)
        assert (found.progress.status, found.progress.why[1].code) == (status, code)
    (untold,) = _ask(_desk(event), "a", last_plans={"a": sent})
    assert isinstance(untold, PathsFound)
    assert untold.progress.status == "off_track"
    assert not {"chance_rose", "chance_not"} & {why.code for why in untold.progress.why}


def test_of_one_path_asked_for_the_others_told_before_are_remembered() -> None:
    plans = KeptPlans()
    key = PlanKey("a", "post:p3", policy().paths.default_horizon_months)
    _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1), top=1)
    assert plans.kept[key].others == ()
    (first,) = _ask(_desk(plans=plans), "a", top=5)
    _ask(_desk(plans=plans), "a", top=1)
    assert isinstance(first, PathsFound)
    told = [tuple(step.post_id for step in path.steps) for path in first.paths]
    assert [tuple(step.post for step in steps) for steps in plans.kept[key].others] == told[1:]


def test_a_goal_that_is_reached_is_a_change_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = KeptPlans()
    _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1))
    event = Event("posting", "p3", date(2026, 10, 15), date(2026, 10, 15))
    monkeypatch.setitem(START, "a", "p3")
    told = []
    for _ in range(3):
        (found,) = _ask(_desk(event, plans=plans), "a")
        assert isinstance(found, GoalReached)
        assert found.progress is not None
        told.append((found.progress.status, found.progress.changed, found.progress.why[0].code))
    assert told == [("reached", True, "reached"), *[("reached", False, "reached")] * 2]
    monkeypatch.setitem(START, "a", "p0")
    gone = Event("posting", "p0", date(2026, 10, 20), date(2026, 10, 20))
    (again,) = _ask(_desk(event, gone, plans=plans), "a")
    assert isinstance(again, PathsFound)
    assert (again.progress.status, again.progress.changed) == ("off_track", True)
    assert "left_goal" in [why.code for why in again.progress.why]


def test_a_goal_that_is_held_is_reached_whatever_posting_brought_it() -> None:
    (before,) = _ask(_desk(), "a")
    assert isinstance(before, PathsFound)
    (there,) = _ask(_desk(), "there", last_plans={"there": _last(before, 0)})
    assert isinstance(there, GoalReached)
    assert there.progress is not None
    assert (there.progress.status, [why.code for why in there.progress.why]) == ("reached", ["reached"])


def test_the_plan_that_is_kept_is_one_of_the_paths_told_whoever_asks_and_whenever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Chances change from clock to clock though nothing becomes known; few paths are asked for, or many."""
    rng, gone = np.random.default_rng(0), 0
    for _ in range(30):
        plans, officer = KeptPlans(), str(rng.choice(["a", "b"]))
        key = PlanKey(officer, "post:p3", policy().paths.default_horizon_months)
        for month in range(1, 7):
            chain = rng.dirichlet(np.full(4, 0.3), 4) * (1 - np.eye(4))
            model = hand_made(chain / np.maximum(chain.sum(1, keepdims=True), 1e-9))
            monkeypatch.setattr(sys.modules[__name__], "PLANNER", replace(PLANNER, model=model))
            for top in (int(rng.integers(1, 5)), 1):
                (found,) = _ask(_desk(plans=plans), officer, as_of=date(2026, month, 1), top=top)
                if isinstance(found, PathsFound):
                    assert plans.kept[key].path == tuple(step.post_id for step in found.paths[0].steps)
                    gone += "unlikely" in [why.code for why in found.progress.why]
            assert isinstance(found, NoPathFound) or not found.progress.changed, "asked again it stays"  # type: ignore[union-attr]
    assert gone > 10, "some chances fell below what is told"


def test_a_day_of_retirement_that_lowers_the_chance_is_named_as_the_reason() -> None:
    plans = KeptPlans()
    beyond: list[bool] = []
    _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1))
    for days, told_of in ((550, True), (550, False), (800, True), (3000, False), (3000, False)):
        end = NOW.date() + timedelta(days=days)
        (found,) = _ask(_desk(plans=plans), "a", retires_on={"a": end})
        assert isinstance(found, PathsFound)
        why = {one.code: one.text.en for one in found.progress.why}
        assert found.progress.status == "on_track", "an end that comes earlier makes nobody ahead"
        assert ("given_end" in why) == told_of, days
        assert not {"sooner", "later", "beyond_interval"} & {*why}, "days up to another end"
        if told_of:
            assert why["given_end"].startswith(f"paths end on {end}, the day of retirement given with the question")
            assert ("chance_fell" in why) == (days == 550)
        beyond.append("end_beyond" in why)
    assert beyond == [False, False, False, True, False], "the first that lies beyond the horizon"
    (without,) = _ask(_desk(plans=plans), "a")
    assert isinstance(without, PathsFound)
    assert [why.code for why in without.progress.why] == ["nothing"]


@pytest.mark.parametrize(("kind", "words"), [("post", "took up post p1"), ("rank_step", "promoted to post p1")])
def test_a_step_of_rank_is_a_promotion_in_words_too(monkeypatch: pytest.MonkeyPatch, kind: str, words: str) -> None:
    asked = FakePaths.question

    def of_kind(*told: Any) -> AskedPath | Because:
        found = asked(*told)
        return replace(found, question=replace(found.question, kind=kind)) if isinstance(found, AskedPath) else found

    monkeypatch.setattr(FakePaths, "question", of_kind)
    (before,) = _ask(_desk(), "a")
    assert isinstance(before, PathsFound)
    place = next(place for place, path in enumerate(before.paths) if path.steps[0].post_id == "p1")
    moved = Event("posting", "p1", date(2026, 10, 15), date(2026, 10, 15))
    (found,) = _ask(_desk(moved), "a", last_plans={"a": _last(before, place)})
    assert isinstance(found, PathsFound)
    assert [why.text.en for why in found.progress.why if why.code == "posting"] == [words]


def test_only_a_day_that_came_with_the_question_and_cuts_paths_off_is_a_given_end() -> None:
    end = NOW.date()
    for retiring, months, given in ((True, 12.0, True), (True, 36.0, False), (True, None, False), (False, 12.0, False)):
        question = SimpleNamespace(end_on=end, end_months=months, horizon_months=36)
        asked = cast(AskedPath, SimpleNamespace(retiring=retiring, question=question))
        assert (_given_end(asked) == end) == given


def test_a_day_of_retirement_that_was_only_tried_changes_nothing_of_the_plan_without_one() -> None:
    """It is not kept, says the schema; a plan that ends there is kept apart, and follows the one without."""
    plans = KeptPlans()
    _ask(_desk(plans=plans), "a", as_of=date(2026, 10, 1))
    (tried,) = _ask(_desk(plans=plans), "a", retires_on={"a": NOW.date() + timedelta(days=60)})
    assert isinstance(tried, NoPathFound)
    assert tried.progress is not None
    assert tried.progress.status == "off_track"
    (again,) = _ask(_desk(plans=plans), "a")
    assert isinstance(again, PathsFound)
    assert (again.progress.status, [why.code for why in again.progress.why]) == ("on_track", ["nothing"])
    (still,) = _ask(_desk(plans=plans), "a", retires_on={"a": NOW.date() + timedelta(days=60)})
    assert isinstance(still, NoPathFound)
    assert still.progress is not None
    assert still.progress.status == "off_track", "the day is not kept, and nor is what it took away"
