"""A plan changes when it should and not when it should not, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.asof import add_months
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.paths.reasons import because
from models.paths.replanning import Now, Replanned, arrived, replan
from models.paths.told_plan import WITH_PROMOTIONS, Event, Left, Plan, PlannedStep, Promised, knew

PATHS = policy().paths
MADE = date(2024, 1, 1)
STEPS = (
    PlannedStep("m", date(2025, 1, 1), date(2024, 7, 1), date(2025, 7, 1), ("law",)),
    PlannedStep("z", date(2026, 6, 1), date(2025, 9, 1), date(2027, 6, 1), ("exam",)),
)
LAST = Plan("z", MADE, STEPS, 0.30)
OTHER = Plan(
    "z", date(2024, 6, 1), (PlannedStep("k", date(2025, 5, 1), date(2025, 5, 1), date(2025, 5, 1)), STEPS[1]), 0.32
)
SAME = replace(LAST, made_on=date(2024, 6, 1), chance=0.29)


def _event(kind: str, item: str, day: date = date(2024, 3, 1)) -> Event:
    return Event(kind, item, day, day)


def _now(*events: Event, plans: tuple[Plan, ...] = (OTHER, SAME), as_of: date = date(2024, 6, 1)) -> Now:
    return Now("z", as_of, plans, events)


def _codes(*events: Event, plans: tuple[Plan, ...] = (OTHER, SAME), as_of: date = date(2024, 6, 1)) -> list[str]:
    return [one.code for one in replan(LAST, _now(*events, plans=plans, as_of=as_of), PATHS).why]


def test_a_first_plan_is_the_best_one() -> None:
    found = replan(None, _now(), PATHS)
    assert (found.plan, found.status, found.changed) == (OTHER, "first", False), "there was nothing it changed from"
    none = replan(None, _now(plans=()), PATHS)
    assert (none.status, none.changed) == ("no_path", False)


@pytest.mark.parametrize(
    "event",
    [
        None,
        _event("vacancy", "elsewhere"),
        _event("posting", "k", date(2023, 12, 1)),  # known before the plan was made
        _event("appraisal", "performance", date(2024, 7, 1)),  # not known yet
    ],
)
def test_nothing_relevant_changes_nothing_however_much_better_another_path_is(event: Event | None) -> None:
    much_better = replace(OTHER, chance=0.9)
    found = replan(LAST, _now(*([event] if event else []), plans=(much_better, SAME)), PATHS)
    assert (found.plan, found.status, found.changed) == (LAST, "on_track", False)
    assert [one.code for one in found.why] == ["nothing"]


@pytest.mark.parametrize(
    "event",
    [_event("completion", "law"), _event("vacancy", "m"), _event("appraisal", "x"), _event("promotion", "step")],
)
def test_relevant_news_keep_the_path_while_it_is_close_and_leave_it_when_it_is_not(event: Event) -> None:
    kept = replan(LAST, _now(event), PATHS)
    assert (kept.plan, kept.changed, kept.status) == (SAME, False, "on_track")
    assert [one.code for one in kept.why] == [event.kind, "kept"]
    assert kept.why[0].since == event.occurred_on
    limit = SAME.chance / (1 - PATHS.keep_within)
    at_the_limit = replan(LAST, _now(event, plans=(replace(OTHER, chance=limit), SAME)), PATHS)
    assert not at_the_limit.changed
    left = replan(LAST, _now(event, plans=(replace(OTHER, chance=limit + 0.01), SAME)), PATHS)
    assert (left.plan is not None and left.plan.path, left.changed) == (("k", "z"), True)
    assert left.why[-1].code == "better"


def test_a_new_goal_makes_a_new_plan() -> None:
    plan = replace(OTHER, goal="y")
    found = replan(LAST, Now("y", date(2024, 6, 1), [plan], [_event("goal", "y")]), PATHS)
    assert (found.plan, found.changed, found.why[0].code) == (plan, True, "goal")
    assert found.why[0].since == date(2024, 3, 1)
    told_later = Event("goal", "y", date(2024, 3, 1), date(2024, 3, 2))
    again = replan(LAST, Now("y", date(2024, 6, 1), [plan], [_event("goal", "x", date(2024, 4, 1)), told_later]), PATHS)
    assert again.why[0].since == date(2024, 3, 1), "the day it was stated, of this goal"
    none = replan(LAST, Now("y", date(2024, 6, 1), []), PATHS)
    assert (none.plan, none.status, none.why[0].since) == (None, "no_path", None)


@pytest.mark.parametrize(("day", "status"), [(date(2024, 5, 1), "on_track"), (date(2025, 8, 1), "off_track")])
def test_a_step_taken_says_on_or_off_track(day: date, status: str) -> None:
    rest = Plan("z", date(2025, 9, 1), (STEPS[1],), 0.5)
    found = replan(LAST, _now(_event("posting", "m", day), plans=(rest,), as_of=date(2025, 9, 1)), PATHS)
    assert (found.status, found.plan, found.changed) == (status, rest, False)
    assert [one.code for one in found.why] == ["posting", "kept"]


@pytest.mark.parametrize(("expected", "status"), [(date(2026, 2, 28), "ahead"), (date(2026, 3, 1), "on_track")])
def test_ahead_is_who_gets_to_the_goal_sooner_than_was_told_first_and_whoever_asks_again(
    expected: date, status: str
) -> None:
    """By more than three months of 1 June 2026; an early step alone, with the goal as far as before, is on track."""
    step, day = _event("posting", "m", date(2024, 5, 1)), date(2024, 6, 1)
    rest = Plan("z", day, (replace(STEPS[1], expected_on=expected),), 0.5)
    found = replan(LAST, _now(step, plans=(rest,), as_of=day), PATHS)
    assert found.plan is not None
    again = replan(replace(found.plan, knew=knew([step], day, ("z",))), _now(step, plans=(rest,), as_of=day), PATHS)
    for one in (found, again):
        assert one.status == status
        assert ("sooner" in [why.code for why in one.why]) == (status == "ahead"), "with the days that make it so"
    better = Plan("z", day, (STEPS[0], replace(STEPS[1], expected_on=expected)), 0.9)
    other = replan(LAST, _now(step, plans=(better, replace(rest, chance=0.1)), as_of=day), PATHS)
    assert other.status == "on_track", "of another path nothing was told to be ahead of"


def test_a_posting_off_the_path_is_off_track_and_changes_the_plan() -> None:
    onward = Plan("z", date(2024, 6, 1), (STEPS[1],), 0.2)
    found = replan(LAST, _now(_event("posting", "k"), plans=(onward,)), PATHS)
    assert (found.status, found.plan, found.changed) == ("off_track", onward, True)
    assert [one.code for one in found.why] == ["left_path", "closed"]
    none = replan(LAST, _now(_event("posting", "k"), plans=()), PATHS)
    assert (none.status, none.plan) == ("no_path", None)


THIRD = (
    PlannedStep("k", date(2025, 5, 1), date(2024, 2, 1), date(2025, 9, 1)),
    PlannedStep("z", date(2026, 5, 1), date(2025, 2, 1), date(2027, 9, 1)),
)
SECOND = (PlannedStep("y", date(2025, 5, 1), date(2024, 2, 1), date(2025, 9, 1)), STEPS[1])


def test_a_step_of_another_path_that_was_told_is_on_track_and_that_path_is_followed() -> None:
    onward, back = Plan("z", date(2024, 6, 1), THIRD[1:], 0.29), Plan("z", date(2024, 6, 1), STEPS, 0.3)
    told = replace(LAST, others=(SECOND, THIRD))
    found = replan(told, _now(_event("posting", "k"), plans=(back, onward)), PATHS)
    assert (found.status, found.plan, found.changed) == ("on_track", onward, True)
    assert [(one.code, one.path) for one in found.why] == [("told_path", ("k", "z")), ("followed", ())]
    for expected, status in ((date(2026, 2, 28), "ahead"), (date(2026, 3, 1), "on_track")):
        sooner = replace(onward, steps=(replace(THIRD[1], expected_on=expected),))
        early = replan(told, _now(_event("posting", "k", date(2024, 1, 15)), plans=(sooner,)), PATHS)
        assert early.status == status, "by the day of the goal that was told first, on 1 June 2026"
        assert early.plan is not None
        assert early.plan.promised == Promised(STEPS[1].expected_on, LAST.made_on, THIRD[1].high_on)
    fallen = replace(_now(_event("posting", "k"), plans=(replace(sooner, steps=(replace(
        THIRD[1], expected_on=date(2026, 1, 1)),)),)), chance=0.2)  # fmt: skip
    assert replan(replace(told, goal_chance=0.3), fallen, PATHS).status == "on_track", "sooner, and much less likely"
    fell = replace(_now(_event("posting", "k"), plans=(onward,)), chance=0.2)
    found = replan(replace(told, goal_chance=0.3), fell, PATHS)
    assert [(one.was, one.item) for one in found.why if one.code == "chance_fell"] == [("30.00%", "20.00%")]
    rose = replan(replace(told, goal_chance=0.1), fell, PATHS)
    assert [one.code for one in rose.why] == ["told_path", "followed"], "told where it speaks against the path"
    there = replan(told, _now(_event("posting", "k"), _event("posting", "z", date(2024, 5, 1))), PATHS)
    assert there.status == "reached"
    closed = replan(told, _now(_event("posting", "k"), plans=(back,)), PATHS)
    assert (closed.status, closed.changed) == ("on_track", False), "the first path still stands first"
    both = replan(told, _now(_event("posting", "m"), plans=(Plan("z", date(2024, 6, 1), STEPS[1:], 0.3),)), PATHS)
    assert [one.code for one in both.why] == ["posting", "kept"], "its own path goes before the others"


@pytest.mark.parametrize(
    ("before", "status"), [(0.086, "on_track"), (0.195, "off_track"), (0.3, "off_track"), (None, "off_track")]
)
def test_who_left_every_path_is_off_track_unless_the_chance_of_the_goal_rose(before: float | None, status: str) -> None:
    onward = Plan("z", date(2024, 6, 1), (STEPS[1],), 0.2)
    last, now = replace(LAST, goal_chance=before), replace(_now(_event("posting", "k"), plans=(onward,)), chance=0.195)
    found = replan(last, now, PATHS)
    assert (found.status, found.changed) == (status, True)
    told = {0.086: ["chance_rose"], 0.195: ["chance_not"], 0.3: ["chance_not"], None: []}[before]
    assert [one.code for one in found.why] == ["left_path", *told, "closed"]
    longer = replan(replace(last, horizon_months=36), replace(now, horizon_months=60), PATHS)
    assert longer.status == "off_track", "within another time it is another chance"


@pytest.mark.parametrize("events", [(), (_event("completion", "another"),), (_event("appraisal", "x"),)])
def test_a_path_whose_chance_fell_by_itself_is_left_for_one_that_is_told_and_nobody_is_off_track(
    events: tuple[Event, ...],
) -> None:
    now = _now(*events, plans=(OTHER,))
    found = replan(replace(LAST, goal_chance=0.3), replace(now, chance=0.2), PATHS)
    assert (found.status, found.changed, found.plan) == ("on_track", True, OTHER)
    assert found.why[-1].code == "unlikely"
    again = replan(replace(OTHER, knew=knew(now.events, now.as_of, OTHER.path)), now, PATHS)
    assert (again.status, again.changed, [one.code for one in again.why]) == ("on_track", False, ["nothing"])
    late = replan(LAST, replace(now, as_of=date(2025, 11, 1)), PATHS)
    assert (late.status, late.changed) == ("off_track", True), "the step of the old path is late"
    assert {"overdue", "unlikely"} <= {one.code for one in late.why}


@pytest.mark.parametrize(("chance", "status"), [(0.2, "off_track"), (0.4, "on_track")])
def test_a_path_that_rules_closed_is_told_as_closed_though_nothing_else_became_known(
    chance: float, status: str
) -> None:
    now = replace(_now(plans=(OTHER,)), chance=chance, barred=True)
    found = replan(replace(LAST, goal_chance=0.3), now, PATHS)
    assert (found.status, found.changed, found.plan, found.why[-1].code) == (status, True, OTHER, "closed")


_POSTS = st.sampled_from("klmn")
_PATHS = st.lists(_POSTS, max_size=2, unique=True).map(lambda way: (*way, "z"))


@given(
    last=_PATHS, others=st.lists(_PATHS, max_size=2),
    today=st.lists(st.tuples(_PATHS, st.floats(0.002, 0.5)), max_size=5),
    events=st.lists(st.builds(_event, st.sampled_from(("posting", "completion", "appraisal", "vacancy")), _POSTS,
                              st.dates(MADE, date(2026, 1, 1))), max_size=3),
    as_of=st.dates(MADE, date(2027, 1, 1)), barred=st.booleans(), declined=st.lists(_PATHS, max_size=1),
)  # fmt: skip
def test_the_plan_that_holds_is_always_one_of_those_that_are_told(
    last: tuple[str, ...], others: list[tuple[str, ...]], today: list[tuple[tuple[str, ...], float]],
    events: list[Event], as_of: date, barred: bool, declined: list[tuple[str, ...]],
) -> None:  # fmt: skip
    def steps(path: tuple[str, ...]) -> tuple[PlannedStep, ...]:
        due = date(2025, 1, 1)
        return tuple(PlannedStep(post, due, due, due) for post in path)

    plans = [Plan("z", as_of, steps(path), chance) for path, chance in today if path not in declined]
    before = Plan("z", MADE, steps(last), 0.3, others=tuple(steps(path) for path in others))
    now = Now("z", as_of, plans, events, dict.fromkeys(declined, MADE), barred=barred)
    found = replan(before, now, PATHS)
    told = {plan.path for plan in plans}
    assert found.plan is None or found.plan.path in told
    assert (found.plan is None) <= (not told or found.status == "reached"), "where paths are told one of them holds"


@pytest.mark.parametrize(("before", "status"), [(0.1, "on_track"), (0.3, "off_track")])
def test_a_path_that_closed_is_off_track_unless_the_chance_of_the_goal_rose(before: float, status: str) -> None:
    now = replace(_now(_event("appraisal", "x"), plans=(OTHER,)), chance=0.2, barred=True)
    found = replan(replace(LAST, goal_chance=before), now, PATHS)
    assert (found.status, found.changed, found.why[-1].code) == (status, True, "closed")


@pytest.mark.parametrize(
    ("before", "zh", "en"),
    [
        (
            0.3,
            "目标的可能性由 30.00%（2024-01-01）降至 19.50%",
            "the chance of the goal fell from 30.00%, as told on 2024-01-01, to 19.50%",
        ),
        (0.195, "目标的可能性未上升，仍为 19.50%", "the chance of the goal did not rise: it is 19.50%, as before"),
    ],
)
def test_a_chance_that_fell_is_told_as_fallen_and_one_that_stays_as_the_same(before: float, zh: str, en: str) -> None:
    onward = Plan("z", date(2024, 6, 1), (STEPS[1],), 0.2)
    now = replace(_now(_event("posting", "k"), plans=(onward,)), chance=0.195)
    told = [one.text for one in replan(replace(LAST, goal_chance=before), now, PATHS).why if one.code == "chance_not"]
    assert told == [Bilingual(zh, en)]


def test_a_goal_that_was_held_and_is_no_longer_is_told_as_that() -> None:
    held = Plan("z", MADE, (), 1.0)
    found = replan(held, _now(_event("posting", "k")), PATHS)
    assert (found.plan, found.status, found.changed) == (OTHER, "off_track", True)
    assert [one.code for one in found.why] == ["left_goal", "posting"]
    assert replan(held, _now(plans=()), PATHS).status == "no_path"
    assert [arrived("z", MADE, last).changed for last in (None, LAST, replace(held, goal="y"), held)] == [
        True, True, True, False
    ]  # fmt: skip


def test_an_overdue_step_is_off_track_after_the_days_of_grace() -> None:
    within = replan(LAST, _now(as_of=date(2025, 9, 1)), PATHS)
    assert (within.status, within.changed) == ("on_track", False)
    late = replan(LAST, _now(as_of=date(2025, 11, 1)), PATHS)
    kept = replace(SAME, steps=(replace(STEPS[0], late_since=STEPS[0].high_on), STEPS[1]))
    assert (late.status, late.changed, late.plan) == ("off_track", False, kept)
    assert _codes(as_of=date(2025, 11, 1)) == ["overdue", "kept"]


def test_an_overdue_step_stays_overdue_until_it_is_done_or_another_comes_first() -> None:
    day, due = date(2025, 11, 1), STEPS[0].high_on
    anew = PlannedStep("m", date(2026, 6, 1), date(2026, 1, 1), date(2026, 12, 1), ("law",))
    today = Plan("z", day, (anew, STEPS[1]), 0.3)
    now = _now(plans=(today,), as_of=day)
    told = replan(LAST, now, PATHS)
    again = replan(told.plan, now, PATHS)
    assert (again.status, again.changed, again.plan) == ("off_track", False, told.plan), "nothing changed"
    assert [(one.code, one.since) for one in again.why] == [("overdue", due), ("nothing", None)]
    met = Event("appraisal", "x", date(2025, 12, 1), date(2025, 12, 1))
    after = replan(again.plan, _now(met, plans=(replace(today, made_on=date(2025, 12, 1)),), as_of=met.known_on), PATHS)
    assert (after.status, [one.code for one in after.why]) == ("off_track", ["overdue", "appraisal", "kept"])
    assert after.why[0].since == due, "by the day by which it was first due"
    rest = Plan("z", date(2026, 2, 1), (STEPS[1],), 0.5)
    done = replan(again.plan, _now(_event("posting", "m", rest.made_on), plans=(rest,), as_of=rest.made_on), PATHS)
    assert (done.status, done.plan) == ("on_track", rest)
    better = Plan("z", met.known_on, (replace(anew, post="k"), STEPS[1]), 0.9)
    other = replan(again.plan, _now(met, plans=(better, today), as_of=met.known_on), PATHS)
    assert (other.status, other.plan, other.why[-1].code) == ("off_track", better, "better")


def test_how_often_one_asks_puts_no_step_off() -> None:
    """Each appraisal gives the kept plan new days; a stranger who asked every half year was on track for three."""
    plan, seen = LAST, list[str]()
    for month in range(2, 15):
        day = date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 1)
        slipped = [add_months(one, month) for one in (STEPS[0].expected_on, STEPS[0].low_on, STEPS[0].high_on)]
        step = PlannedStep("m", slipped[0], slipped[1], slipped[2], ("law",))
        came = Event("appraisal", f"{month}", day, day)
        found = replan(plan, _now(came, plans=(Plan("z", day, (step, STEPS[1]), 0.3),), as_of=day), PATHS)
        assert found.plan is not None
        assert found.plan.path == LAST.path
        seen.append(found.status)
        plan = replace(found.plan, knew=None)
    late = [replan(LAST, _now(as_of=date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 1)), PATHS).status
            for month in range(2, 15)]  # fmt: skip
    assert seen == late
    assert set(seen) == {"on_track", "off_track"}
    moved = replace(SAME, steps=(replace(STEPS[0], high_on=date(2026, 1, 1)), STEPS[1]))
    again = replace(_now(plans=(moved,)), horizon_months=36)
    found = replan(replace(LAST, horizon_months=24), again, PATHS)
    assert found.plan == moved, "another time asked for is another plan, with days of its own"


@pytest.mark.parametrize(
    ("last", "events", "plans", "status"),
    [
        (None, (), (OTHER, SAME), "off_track"),
        (LAST, (), (OTHER, SAME), "off_track"),
        (LAST, (_event("posting", "m", date(2024, 5, 1)),), (Plan("z", MADE, STEPS[1:], 0.5),), "off_track"),
        (Plan("z", MADE, (), 0.0), (), (), "no_path"),
        (LAST, (_event("posting", "z", date(2024, 5, 1)),), (), "reached"),
    ],
)
def test_nobody_is_on_track_of_a_goal_whose_term_is_over(
    last: Plan | None, events: tuple[Event, ...], plans: tuple[Plan, ...], status: str
) -> None:
    ended = date(2024, 5, 31)
    found = replan(last, replace(_now(*events, plans=plans), term_ends=ended), PATHS)
    assert found.status == status
    assert [one.since for one in found.why if one.code == "term_over"] == ([] if status == "reached" else [ended])
    if plans and last is not None:
        assert found.why[0].code == "term_over", "what made the status stands first"


@pytest.mark.parametrize(("ends", "status"), [(date(2026, 6, 1), "on_track"), (date(2026, 5, 31), "off_track")])
def test_nobody_is_on_track_of_a_goal_that_the_plan_reaches_after_its_term(ends: date, status: str) -> None:
    """The last step is expected on 1 June 2026; a plan that stays because nothing became known goes by today's days."""
    found = replan(LAST, replace(_now(), term_ends=ends), PATHS)
    assert found.status == status
    assert [(one.code, one.since) for one in found.why] == [("after_term", ends)] * (status == "off_track") + [
        ("nothing", None)
    ]
    assert found.plan == LAST
    assert [one.code for one in found.news] == ["nothing"], "true until it is mended, no news"
    sooner = replace(SAME, steps=(STEPS[0], replace(STEPS[1], expected_on=date(2026, 5, 1))))
    assert replan(LAST, replace(_now(plans=(OTHER, sooner)), term_ends=ends), PATHS).status == "on_track"
    first = replan(None, replace(_now(), term_ends=ends), PATHS)
    assert first.status == ("off_track" if status == "off_track" else "first"), "asked again it would be the same"
    assert {one.code for one in first.why} == {"first", *(["after_term"] if status == "off_track" else [])}


@pytest.mark.parametrize(
    ("expected", "codes"),
    [
        (date(2026, 9, 1), ["nothing"]),  # three months of grace
        (date(2026, 9, 2), ["later", "nothing"]),
        (date(2026, 3, 1), ["nothing"]),
        (date(2026, 2, 28), ["sooner", "nothing"]),
    ],
)
def test_how_far_the_expected_day_moved_is_told_though_nothing_became_known(expected: date, codes: list[str]) -> None:
    now = _now(plans=(OTHER, replace(SAME, steps=(STEPS[0], replace(STEPS[1], expected_on=expected)))))
    for _ in range(2):  # told as long as it is true
        found = replan(LAST, now, PATHS)
        assert ({one.code for one in found.why}, found.plan, found.changed) == (set(codes), LAST, False)
    if codes != ["nothing"]:
        (moved,) = (one for one in found.why if one.code == codes[0])
        assert (moved.since, moved.was, moved.item) == (MADE, "2026-06-01", expected.isoformat())
        assert "2026-06-01" in moved.text.zh
        assert expected.isoformat() in moved.text.en
    longer = replan(replace(LAST, horizon_months=36), replace(now, horizon_months=60), PATHS)
    assert not {"later", "sooner"} & {one.code for one in longer.why}, "another time has other days"


def test_the_slip_is_measured_from_the_first_word_of_a_path_whatever_came_between() -> None:
    """News that keep the plan give it new days; the day told first is what the goal slips from, with its own date."""
    plan = LAST
    for months in (2, 4):  # neither is more than the months of grace away from the one before it
        day = add_months(MADE, months)
        later = replace(
            SAME, made_on=day, steps=(STEPS[0], replace(STEPS[1], expected_on=add_months(date(2026, 6, 1), months)))
        )
        for kind in ("appraisal", "completion"):  # with the first it is looked for anew, the other changes nothing
            found = replan(plan, _now(_event(kind, "x", day), plans=(OTHER, later), as_of=day), PATHS)
            assert found.plan is not None
            plan = found.plan
        told = [(one.since, one.was, one.item) for one in found.why if one.code == "later"]
        assert told == ([(MADE, "2026-06-01", "2026-10-01")] if months == 4 else [])
    assert plan.promised == Promised(date(2026, 6, 1), MADE, STEPS[1].high_on)


def test_the_chance_that_fell_is_told_with_the_day_it_was_told_on() -> None:
    last = replace(LAST, goal_chance=0.3)
    onward = Plan("z", date(2024, 6, 1), (STEPS[1],), 0.2)
    found = replan(last, replace(_now(_event("posting", "q"), plans=(onward,)), chance=0.2), PATHS)
    assert [(one.was, one.since) for one in found.why if one.code == "chance_not"] == [("30.00%", MADE)]


@pytest.mark.parametrize(("expected", "code"), [(date(2028, 5, 17), "later"), (date(2030, 1, 2), "beyond_interval")])
def test_who_goes_on_along_another_path_told_is_held_to_the_day_of_the_goal_that_was_told_first(
    expected: date, code: str
) -> None:
    """It was told for 2026 by the best path and for 2029 by this one: in 2028 it comes later than told, not sooner."""
    slow = replace(STEPS[1], expected_on=date(2029, 4, 4), high_on=date(2030, 1, 1))
    direct = Plan("z", MADE, (STEPS[1],), 0.3, others=((replace(STEPS[0], post="k"), slow),))
    rest = Plan("z", date(2024, 6, 1), (replace(STEPS[1], expected_on=expected),), 0.3)
    found = replan(direct, _now(_event("posting", "k", date(2024, 5, 1)), plans=(rest,)), PATHS)
    told = {one.code: one.was for one in found.why}
    assert told == {"told_path": "", code: "2026-06-01", "followed": ""}
    assert found.plan == rest
    assert found.status == ("on_track" if code == "later" else "off_track"), "the interval of this path counts"


def test_who_is_later_than_the_interval_told_first_is_off_track_until_the_goal_comes_nearer_again() -> None:
    plan = LAST
    for day, status in (
        (STEPS[1].high_on, "on_track"),
        (date(2027, 6, 2), "off_track"),
        (date(2026, 8, 1), "on_track"),
    ):
        moved = replace(SAME, steps=(STEPS[0], replace(STEPS[1], expected_on=day, high_on=date(2029, 1, 1))))
        found = replan(plan, _now(_event("completion", "law"), plans=(moved,)), PATHS)
        assert found.status == status
        assert found.plan is not None
        plan = replace(found.plan, knew=frozenset())
        code = {"off_track": "beyond_interval"}.get(status, "later")
        assert (code in [one.code for one in found.why]) == (day != date(2026, 8, 1)), "two months are within the grace"
        if status == "off_track":
            assert found.why[0].text.en.endswith("later than the interval told then")


def test_a_plan_for_a_new_goal_is_a_first_plan() -> None:
    """Nothing of it was told yet that anybody could be on track of."""
    found = replan(LAST, Now("y", date(2024, 6, 1), [replace(OTHER, goal="y")]), PATHS)
    assert (found.status, found.changed, found.why[0].code) == ("first", True, "goal")
    over = replan(LAST, Now("y", date(2024, 6, 1), [replace(OTHER, goal="y")], term_ends=date(2024, 7, 1)), PATHS)
    assert over.status == "off_track"


def test_a_path_that_was_declined_counts_again_when_that_word_is_over() -> None:
    """A plan of two in a hundred stayed beside one of eighteen, for nothing had become known."""
    poor, good = replace(SAME, chance=0.02), replace(OTHER, chance=0.18)
    last = replace(LAST, chance=0.02, without=frozenset({(("k", "z"), MADE)}))
    still = replan(last, replace(_now(plans=(poor,)), declined={("k", "z"): MADE}), PATHS)
    assert (still.plan, [one.code for one in still.why]) == (last, ["nothing"])
    back = replan(last, _now(plans=(good, poor)), PATHS)
    assert (back.plan, back.changed, back.status) == (good, True, "on_track")
    assert [one.code for one in back.why] == ["declined_over", "better"]
    assert ("k → z" in back.why[0].text.en, back.why[0].since) == (True, MADE), "the day of that word"
    close = replan(last, _now(plans=(replace(good, chance=0.021), poor)), PATHS)
    assert (close.plan, close.changed, [one.code for one in close.why]) == (poor, False, ["declined_over", "kept"])


def test_reaching_the_goal_ends_the_plan_even_past_a_step() -> None:
    found = replan(LAST, _now(_event("posting", "z", date(2024, 5, 1))), PATHS)
    assert (found.status, found.plan, found.why[0].code) == ("reached", None, "reached")
    assert "z" in found.why[0].text.zh


def test_no_plan_left_is_off_track_even_where_nothing_became_known() -> None:
    found = replan(LAST, _now(plans=()), PATHS)
    assert (found.plan, found.status, [one.code for one in found.why]) == (None, "off_track", ["none"])


def test_a_goal_that_is_stated_again_is_looked_for_again() -> None:
    """Its time may be another now; the old path stays while it is near enough to the best."""
    again = _event("goal", "z", date(2024, 4, 1))
    kept = replan(LAST, _now(again), PATHS)
    assert ([one.code for one in kept.why], kept.changed) == (["goal_again", "kept"], False)
    much_better = replace(OTHER, chance=0.9)
    found = replan(LAST, _now(again, plans=(much_better, SAME)), PATHS)
    assert ([one.code for one in found.why], found.plan) == (["goal_again", "better"], much_better)


def test_a_goal_that_was_reached_within_its_term_and_left_is_not_told_as_not_reached() -> None:
    ended, reached = date(2024, 5, 31), date(2023, 11, 1)
    found = replan(LAST, replace(_now(), term_ends=ended, held_on=reached), PATHS)
    assert found.status == "on_track", "it was reached in time; the plan is a new one"
    first = found.why[0]
    assert (first.code, first.since) == ("was_held", reached)
    assert first.text.en == (
        "the goal z was reached within its term, which goes to 2024-05-31, and left since; state it again where it is "
        "still the goal"
    )
    named = first.named(lambda code: Bilingual(f"《{code}》", f"“{code}”"))
    assert ("“z”" in named.en, "2024-05-31" in named.zh, "《2024" in named.zh) == (True, True, False)
    assert [one.code for one in found.news] == ["nothing"]
    running = replan(LAST, replace(_now(), term_ends=date(2025, 1, 1), held_on=reached), PATHS)
    assert [one.code for one in running.why] == ["was_held", "nothing"], "no word of a goal that comes too late"


def test_a_posting_off_the_path_does_not_make_the_first_word_of_it_forgotten() -> None:
    """What was told before it is said whenever somebody asks again; the days of the plan made then are its own."""
    off = _event("posting", "elsewhere", date(2024, 4, 1))
    slipped = replace(SAME, steps=(STEPS[0], replace(STEPS[1], expected_on=date(2028, 1, 1))))
    found = replan(LAST, _now(off, plans=(slipped,)), PATHS)
    assert found.plan is not None
    assert [one.code for one in found.why] == ["left_path", "beyond_interval", "kept_rest"]
    assert found.why[-1].path == slipped.path
    known = replace(found.plan, knew=knew([off], date(2024, 6, 1), found.plan.path))
    again = replan(known, _now(off, plans=(slipped,), as_of=date(2024, 7, 1)), PATHS)
    assert [one.code for one in again.why] == ["made_anew", "nothing"]
    assert again.why[0].was == STEPS[1].expected_on.isoformat()
    assert "by which the goal was expected on 2026-06-01" in again.why[0].named(lambda _: Bilingual("岗", "post")).en
    farther = replace(slipped, steps=(STEPS[0], replace(STEPS[1], expected_on=date(2028, 6, 1))))
    later = replan(known, _now(off, plans=(farther,), as_of=date(2024, 9, 1)), PATHS)
    assert (later.why[0].code, later.why[0].was) == ("beyond_interval", "2028-01-01"), "than the plan made after it"


def test_off_track_is_told_once_and_then_that_the_plan_made_after_the_posting_is_what_counts() -> None:
    """Until a step of it is done; another posting off every path is off track again."""
    off, day = _event("posting", "elsewhere", date(2024, 4, 1)), date(2024, 6, 1)

    def kept(found: Replanned, *events: Event) -> Plan:
        assert found.plan is not None
        return replace(found.plan, knew=knew(events, day, found.plan.path))

    found = replan(LAST, _now(off, plans=(SAME,)), PATHS)
    assert (found.status, "made_anew" in [one.code for one in found.why]) == ("off_track", False)
    last = kept(found, off)
    assert last.left == Left("elsewhere", off.occurred_on, STEPS[1].expected_on)
    for _ in range(2):
        again = replan(last, _now(off, plans=(SAME,)), PATHS)
        assert again.status == "on_track"
        told = again.why[0]
        assert (told.code, told.item, told.since) == ("made_anew", "elsewhere", off.occurred_on)
        assert [one.code for one in again.news] == ["nothing"], "true until a step is done, no news"
        last = kept(again, off)
    step = _event("posting", "m", date(2024, 5, 20))
    taken = replan(last, _now(off, step, plans=(replace(SAME, steps=SAME.steps[1:]),)), PATHS)
    assert taken.plan is not None
    assert (taken.plan.left, "made_anew" in [one.code for one in taken.why]) == (None, False)
    farther = _event("posting", "nowhere", date(2024, 5, 25))
    lost = replan(last, _now(off, farther, plans=(SAME,)), PATHS)
    elsewhere = Left("nowhere", farther.occurred_on, STEPS[1].expected_on)
    assert (lost.status, lost.plan and lost.plan.left) == ("off_track", elsewhere)


def test_how_far_the_goal_moved_is_told_once_where_another_path_became_the_better_one() -> None:
    off = _event("posting", "elsewhere", date(2024, 4, 1))
    best = Plan("z", date(2024, 6, 1), (replace(STEPS[1], expected_on=date(2029, 1, 1)),), 0.9)
    found = replan(LAST, _now(off, plans=(best, SAME)), PATHS)
    assert found.plan == best
    later = next(one for one in found.why if one.code == "beyond_interval")
    assert (later.item, later.was) == ("2029-01-01", STEPS[1].expected_on.isoformat())
    assert found.plan.promised is None, "what was told of this path first is its own"


def test_what_the_plan_does_not_rest_on_is_told_once_and_changes_nothing() -> None:
    much_better = replace(OTHER, chance=0.9)
    other, again = _event("completion", "another course"), _event("goal", "another", date(2024, 4, 1))
    found = replan(LAST, _now(again, other, plans=(much_better, SAME)), PATHS)
    assert (found.status, found.changed) == ("on_track", False)
    assert [(one.code, one.item, one.since) for one in found.why] == [
        ("goal_stated", "another", date(2024, 4, 1)), ("other_completion", "another course", date(2024, 3, 1)),
        ("stays", "", None),
    ]  # fmt: skip
    assert found.plan == replace(LAST, made_on=date(2024, 6, 1)), "told, so that it is no news the next time"
    after = replan(found.plan, _now(again, other, plans=(much_better, SAME), as_of=date(2024, 7, 1)), PATHS)
    assert [one.code for one in after.why] == ["nothing"]


def test_a_posting_learned_of_late_is_told_with_what_else_became_known() -> None:
    late = Event("posting", "m", date(2023, 12, 20), date(2024, 2, 3))
    course = Event("completion", "another course", date(2023, 11, 1), date(2024, 2, 1))
    rest = Plan("z", date(2024, 6, 1), (STEPS[1],), 0.5)
    found = replan(LAST, _now(late, course, plans=(rest,)), PATHS)
    assert [one.code for one in found.why] == ["posting", "other_completion", "kept"]
    assert (found.status, found.plan) == ("on_track", rest)


def test_appraisals_of_one_day_are_one_reason() -> None:
    found = replan(LAST, _now(_event("appraisal", "annual"), _event("appraisal", "quarterly")), PATHS)
    assert [(one.code, one.count) for one in found.why] == [("appraisal", 2), ("kept", 1)]
    assert found.why[0].text.en == "2 appraisals became known"
    days = [
        _event("appraisal", kind, date(2024, month, 1)) for month in (2, 3, 4, 5) for kind in ("annual", "quarterly")
    ]
    assert [(one.code, one.count, one.since) for one in replan(LAST, _now(*days), PATHS).why][:1] == [
        ("appraisal", 8, date(2024, 5, 1))
    ]


def test_that_no_post_is_held_any_more_is_told_and_weighed() -> None:
    found = replan(LAST, _now(_event("ended", "now", date(2024, 5, 1))), PATHS)
    assert [(one.code, one.since) for one in found.why] == [("ended", date(2024, 5, 1)), ("kept", None)]
    assert "no post is held now" in found.why[0].text.en
    assert found.status == "on_track"


def test_vacancies_of_one_post_are_one_reason_with_the_newest_day() -> None:
    many = [_event("vacancy", post, date(2024, month, 1)) for post in ("m", "z") for month in (2, 4, 3)]
    found = replan(LAST, _now(*many), PATHS)
    told = [(one.item, one.since) for one in found.why if one.code == "vacancy"]
    assert told == [("m", date(2024, 4, 1)), ("z", date(2024, 4, 1))]
    assert [one.count for one in found.why if one.code == "vacancy"] == [3, 3]
    assert "3 vacancies on the path" in found.why[0].text.en


def test_after_no_path_a_new_one_is_told_as_new_and_none_again_is_no_change() -> None:
    none = Plan("z", MADE, (), 0.0)
    opened = replan(none, _now(_event("appraisal", "x")), PATHS)
    assert (opened.plan, opened.status, opened.changed) == (OTHER, "on_track", True)
    assert [one.code for one in opened.why] == ["appraisal", "opened"]
    still = replan(none, _now(plans=()), PATHS)
    assert (still.plan, still.status, still.changed, [one.code for one in still.why]) == (
        None,
        "no_path",
        False,
        ["none"],
    )


def test_a_new_goal_tells_both_goals_and_everything_else_that_became_known() -> None:
    plan = replace(OTHER, goal="y")
    found = replan(LAST, Now("y", date(2024, 6, 1), [plan], [_event("goal", "y"), _event("appraisal", "x")]), PATHS)
    assert [one.code for one in found.why] == ["goal", "appraisal"]
    named = found.why[0].named(lambda code: Bilingual(f"目{code}", f"goal {code}"))
    assert (named.zh, named.en) == ("目标已由 目z 改为 目y", "the goal was goal z and is now goal y")


def test_a_goal_of_another_kind_does_not_tell_the_whole_career_as_news() -> None:
    """Plans for a post remember postings and plans for a rank promotions: to each the other's are unknown."""
    old, new = _event("posting", "s2", date(1993, 1, 1)), _event("posting", "s3", date(2024, 2, 1))
    last = replace(LAST, knew=knew([_event("posting", "a", date(2020, 1, 1))], MADE, LAST.path))
    plan = Plan("y", date(2024, 6, 1), STEPS, 0.2)
    found = replan(last, Now("y", date(2024, 6, 1), [plan], [old, new, _event("goal", "y")]), PATHS)
    assert [(one.code, one.item) for one in found.why] == [("goal", "y"), ("posting", "s3")]


def test_after_a_plan_for_a_rank_no_assessment_of_before_it_is_news() -> None:
    """A plan for a rank remembers no assessments: what was known before it is old to every plan after it."""
    seen, met = _event("assessment", "law", date(2023, 12, 21)), _event("appraisal", "annual", date(2023, 11, 1))
    lately = _event("assessment", "fitness", date(2024, 2, 1))
    then = Now("y", date(2024, 6, 1), [Plan("y", date(2024, 6, 1), STEPS, 0.2)], [seen, lately, met])
    for_rank = replace(LAST, knew=knew([met], MADE, LAST.path))
    assert [(one.code, one.item) for one in replan(for_rank, then, PATHS).why] == [
        ("goal", "y"), ("other_assessment", "fitness")
    ]  # fmt: skip
    late = _event("assessment", "equipment", date(2023, 12, 22))  # its row came after the plan, which knows the others
    for_post = replace(LAST, knew=knew([met, seen], MADE, LAST.path))
    found = replan(for_post, replace(then, events=[seen, late, met]), PATHS)
    assert [(one.code, one.item) for one in found.why] == [("goal", "y"), ("other_assessment", "equipment")]


def test_a_row_delivered_late_is_news_whatever_day_it_says_it_was_known_on() -> None:
    before, late = _event("completion", "exam", date(2023, 11, 1)), _event("posting", "k", date(2023, 12, 20))
    last = replace(LAST, knew=knew([before], MADE, LAST.path))
    assert [one.code for one in replan(last, _now(before), PATHS).why] == ["nothing"]
    found = replan(last, _now(before, late, plans=(OTHER,)), PATHS)
    assert [one.code for one in found.why] == ["left_path", "closed"]
    assert (found.status, found.changed) == ("off_track", True)
    coming = _event("appraisal", "x", date(2024, 7, 1))
    assert [one.code for one in replan(last, _now(before, coming), PATHS).why] == ["nothing"], (
        "not known yet on the day"
    )


def test_a_plan_remembers_what_was_known_on_its_day_and_the_vacancies_of_its_path() -> None:
    seen, coming = _event("appraisal", "x", date(2023, 12, 1)), _event("appraisal", "x", date(2024, 1, 2))
    mine, other = _event("vacancy", "m", date(2023, 12, 1)), _event("vacancy", "elsewhere", date(2023, 12, 1))
    assert knew([seen, coming, mine, other], MADE, LAST.path) == {seen.mark, mine.mark, WITH_PROMOTIONS}
    assert replace(seen, known_on=date(2024, 5, 1)).mark == seen.mark, "a later word of the same is no news"


def test_what_made_the_status_stands_first_and_many_alike_are_one_line() -> None:
    courses = [_event("completion", f"c{day}", date(2024, 3, day)) for day in range(1, 21)]
    found = replan(LAST, _now(*courses, as_of=date(2025, 11, 1)), PATHS)
    assert [(one.code, one.count) for one in found.why] == [("overdue", 1), ("other_completion", 20), ("kept", 1)]
    assert found.why[1].text.en == "completed 20 courses that the plan did not ask for, c20 last"
    assert found.why[1].since == date(2024, 3, 20)
    few = replan(LAST, _now(*courses[:3]), PATHS)
    assert [one.code for one in few.why] == ["other_completion"] * 3 + ["stays"]


def test_an_assessment_of_what_the_plan_needs_is_a_reason_to_look_again() -> None:
    lacking = replace(LAST, steps=(replace(STEPS[0], gaps=("law",)), STEPS[1]))
    found = replan(lacking, _now(_event("assessment", "law")), PATHS)
    assert [(one.code, one.item) for one in found.why] == [("assessment", "law"), ("kept", "")]
    other = replan(lacking, _now(_event("assessment", "fitness")), PATHS)
    assert [one.code for one in other.why] == ["other_assessment", "stays"]


def test_another_time_for_the_goal_is_told_and_the_plan_looked_at_again() -> None:
    last = replace(LAST, horizon_months=60)
    found = replan(last, replace(_now(), horizon_months=36), PATHS)
    assert found.why[0].text.en == "the time was 60 months and is now 36 months"
    assert [one.code for one in found.why] == ["horizon", "kept"]
    assert found.why[0].named(lambda code: Bilingual(f"<{code}>", f"<{code}>")).zh == "期限已由 60 个月改为 36 个月"
    assert [one.code for one in replan(last, replace(_now(), horizon_months=60), PATHS).why] == ["nothing"]
    none = replan(replace(last, steps=()), replace(_now(), horizon_months=36), PATHS)
    assert [one.code for one in none.why] == ["horizon", "opened"]


def test_a_promotion_is_news_to_a_plan_that_remembers_promotions_and_by_its_day_to_an_earlier_one() -> None:
    late = Event("promotion", "step", date(2023, 12, 30), MADE)
    remembers = replace(LAST, knew=knew([], MADE, LAST.path))
    for last, told in ((remembers, ["promotion", "kept"]), (replace(LAST, knew=frozenset({"ab"})), ["nothing"])):
        found = replan(last, _now(late), PATHS)
        assert [one.code for one in found.why] == told
    again = replace(LAST, knew=knew([late], MADE, LAST.path))
    assert [one.code for one in replan(again, _now(late), PATHS).why] == ["nothing"]


def test_an_assessment_that_opens_a_gap_on_the_plan_is_what_the_plan_needs() -> None:
    event = _event("assessment", "law")
    short = replace(SAME, steps=(replace(STEPS[0], gaps=("law",)), STEPS[1]))
    assert [one.code for one in replan(LAST, _now(event, plans=(OTHER, short)), PATHS).why] == ["assessment", "kept"]
    assert _codes(event) == ["other_assessment", "stays"]


@pytest.mark.parametrize(("chance", "status"), [(0.1, "on_track"), (0.4, "ahead")])
def test_who_gets_there_sooner_with_less_chance_is_not_ahead_though_nothing_became_known(
    chance: float, status: str
) -> None:
    """A day of retirement cuts off what comes late: the goal is expected sooner, and far less likely."""
    last, sooner = replace(LAST, goal_chance=0.4), replace(STEPS[1], expected_on=date(2026, 1, 1))
    today = replace(SAME, steps=(STEPS[0], sooner))
    found = replan(last, replace(_now(plans=(today,)), chance=chance), PATHS)
    assert found.status == status
    assert ("less_likely" in [one.code for one in found.why]) == (status == "on_track")
    assert "sooner" in [one.code for one in found.why]


def test_who_was_told_of_less_chance_since_is_not_ahead_of_what_was_told_first() -> None:
    """The days are held against those told first, and so is the chance; what nobody kept is that told last."""
    sooner = replace(STEPS[1], expected_on=date(2026, 1, 1))
    first = Promised(STEPS[1].expected_on, MADE, STEPS[1].high_on, 0.4)
    last = replace(LAST, goal_chance=0.1, promised=first, steps=(STEPS[0], sooner))
    now = replace(_now(plans=(replace(SAME, steps=last.steps),)), chance=0.1)
    found = replan(last, now, PATHS)
    assert [(one.code, one.was, one.item) for one in found.why if one.code == "less_likely"] == [
        ("less_likely", "40.00%", "10.00%")
    ]
    assert found.status == "on_track"
    assert replan(last, replace(now, chance=0.4), PATHS).status == "ahead"
    before = replace(last, promised=replace(first, chance=None))
    assert replan(before, now, PATHS).status == "ahead", "as likely as it was told last"
    fell = replan(before, replace(now, chance=0.05), PATHS)
    assert (fell.status, "chance_fell" in [one.code for one in fell.why]) == ("on_track", True)
    assert replan(last, replace(now, chance=None), PATHS).status == "ahead"
    slow = replace(SAME, steps=(STEPS[0], replace(STEPS[1], expected_on=date(2028, 6, 1))))
    late = replan(replace(last, steps=slow.steps), replace(now, plans=(slow,)), PATHS)
    assert {"later", "beyond_interval"} & {one.code for one in late.why}
    assert "less_likely" not in [one.code for one in late.why], "nobody would take that for ahead"


def test_a_plan_remembers_the_chance_that_was_told_first() -> None:
    found = replan(replace(LAST, goal_chance=0.4), _now(_event("vacancy", "m"), plans=(SAME,)), PATHS)
    assert found.plan is not None
    assert found.plan.promised == Promised(STEPS[1].expected_on, MADE, STEPS[1].high_on, 0.4)


def test_days_up_to_another_end_of_service_are_not_held_against_each_other() -> None:
    end, sooner = date(2026, 9, 1), replace(STEPS[1], expected_on=date(2026, 1, 1))
    today = replace(SAME, steps=(STEPS[0], sooner))
    told = replace(LAST, goal_chance=0.4)
    now = replace(_now(plans=(today,)), given_end=end, chance=0.1)
    found = replan(told, now, PATHS)
    assert (found.status, [one.code for one in found.why]) == ("on_track", ["chance_fell", "given_end", "kept"])
    assert (found.plan, found.plan and found.plan.promised) == (today, None), "what it says now is what was told first"
    again = replan(replace(told, given_end=end), now, PATHS)
    assert "given_end" not in [one.code for one in again.why]
    over = replan(replace(told, given_end=end), replace(now, given_end=None, chance=0.4), PATHS)
    assert (over.status, [one.code for one in over.why]) == ("on_track", ["end_beyond", "kept"])
    longer = replace(now, horizon_months=24)
    both = replan(replace(told, horizon_months=36), longer, PATHS)
    assert "chance_fell" not in [one.code for one in both.why], "chances within other times do not compare"


def test_a_course_of_the_plan_that_was_declined_is_told_once() -> None:
    day = date(2024, 5, 1)
    asks = replace(LAST, steps=(replace(STEPS[0], courses=("law", "kept")), STEPS[1]))
    without = replace(SAME, steps=(replace(STEPS[0], courses=("kept",)), STEPS[1]))
    now = replace(_now(plans=(without,)), refused={"law": day, "kept": day, "another": day})
    found = replan(asks, now, PATHS)
    assert (found.why[0].code, found.why[0].item, found.why[0].since) == ("course_declined", "law", day)
    assert (found.plan, found.changed, found.status) == (without, False, "on_track")
    assert [one.code for one in replan(found.plan, now, PATHS).why] == ["nothing"]
    assert [one.code for one in replan(asks, replace(now, plans=(OTHER,)), PATHS).why] == ["unlikely"]


def test_of_ranks_words_speak_of_promotions() -> None:
    def told(code: str, ranks: bool) -> str:
        one = because(code, "s", date(2024, 1, 1), "2026-01-01", path=("s", "t"))
        return one.named(lambda item: Bilingual(f"级{item}", f"step {item}"), ranks).en

    assert (told("posting", False), told("posting", True)) == ("took up step s", "promoted to step s")
    assert told("told_path", True) == "promoted to step s, on another of the paths told: step s → step t"
    assert told("left_path", True).startswith("step s, the rank step held now,")
    assert told("made_anew", True).startswith("the promotion to step s left the paths told")
    assert told("overdue", True) == told("overdue", False)
