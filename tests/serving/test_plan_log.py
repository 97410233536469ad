"""Told plans on disk: the newest by the day asked about comes back as it was told, for that officer and question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from models.paths.told_plan import Left, Plan, PlannedStep, Promised
from serving.paths.plan_log import STATED, PlanKey, PlanLog, plan_log

STEP = PlannedStep("p1", date(2027, 1, 1), date(2026, 6, 1), date(2028, 1, 1), ("c1", "c2"), (), date(2025, 9, 1))
LAST_STEP = replace(STEP, post="p2", courses=(), gaps=("law",), late_since=None)
PLAN = Plan("p2", date(2026, 1, 1), (STEP, LAST_STEP), 0.25, frozenset({"ab", "cd"}), 36)
KEY = PlanKey("o-1", "", 36)


def test_a_plan_comes_back_as_it_was_told_after_the_process_ended(state: Settings) -> None:
    log = plan_log(state)
    log.keep({KEY: PLAN, PlanKey("o-2", "", 36): replace(PLAN, chance=0.5)})
    log.close()
    log.close()
    assert plan_log(state).last([KEY], date(2026, 1, 1)) == {KEY: PLAN}
    assert (state.feedback_dir / "feedback.db").stat().st_mode & 0o077 == 0, "only its owner may read it"


def test_the_newest_by_the_day_holds_and_older_ones_stay(state: Settings) -> None:
    log, newer = plan_log(state), replace(PLAN, made_on=date(2026, 3, 1), chance=0.4)
    log.keep({KEY: newer})
    log.keep({KEY: PLAN})
    assert log.last([KEY], date(2026, 4, 1)) == {KEY: newer}
    assert log.last([KEY], date(2026, 2, 1)) == {KEY: PLAN}
    assert log.last([KEY], date(2025, 12, 31)) == {}
    log.keep({KEY: replace(newer, chance=0.3)})
    assert log.last([KEY], date(2026, 4, 1))[KEY].chance == 0.3, "of one day the last told"


def test_the_other_paths_told_and_the_chance_of_the_goal_are_kept_beside_it(state: Settings) -> None:
    log = plan_log(state)
    for plan in (PLAN, replace(PLAN, knew=None), replace(PLAN, steps=(), chance=1.0)):
        whole = replace(plan, others=((LAST_STEP,), (STEP, STEP, LAST_STEP)), goal_chance=0.4)
        log.keep({KEY: whole})
        assert log.last([KEY], date(2026, 4, 1)) == {KEY: whole}


def test_the_day_that_was_told_first_is_kept_with_a_plan(state: Settings) -> None:
    days = date(2027, 5, 1), date(2025, 3, 1)
    for promised in (Promised(*days), Promised(*days, date(2028, 1, 1)), Promised(*days, None, 0.25), None):
        plan_log(state).keep({KEY: replace(PLAN, promised=promised)})
        assert plan_log(state).last([KEY], date(2026, 1, 1))[KEY].promised == promised


def test_the_posting_after_which_a_plan_was_made_is_kept_with_it(state: Settings) -> None:
    for left in (Left("elsewhere", date(2025, 3, 1), date(2026, 3, 1)), None):
        plan_log(state).keep({KEY: replace(PLAN, left=left)})
        assert plan_log(state).last([KEY], date(2026, 1, 1))[KEY].left == left


def test_the_day_of_retirement_of_a_plan_is_kept_with_it(state: Settings) -> None:
    for end in (date(2027, 3, 1), None):
        plan_log(state).keep({KEY: replace(PLAN, given_end=end)})
        assert plan_log(state).last([KEY], date(2026, 1, 1))[KEY].given_end == end


def test_what_was_left_out_as_declined_is_kept_with_a_plan_and_without_one(
    state: Settings,
) -> None:
    said, nothing = (("k", "z"), date(2025, 12, 1)), frozenset[tuple[tuple[str, ...], date]]()
    for without in (frozenset({said, (("z",), date(2026, 1, 1))}), nothing):
        for plan in (PLAN, replace(PLAN, steps=(), chance=0.0)):
            told = replace(plan, without=without)
            plan_log(state).keep({KEY: told})
            assert plan_log(state).last([KEY], date(2026, 1, 1)) == {KEY: told}


def test_other_goals_and_times_have_plans_of_their_own(state: Settings) -> None:
    log = plan_log(state)
    log.keep({KEY: PLAN})
    log.keep({})
    for other in (replace(KEY, goal="post:p2"), replace(KEY, horizon_months=60), replace(KEY, officer_id="o-3")):
        assert log.last([other], date(2026, 4, 1)) == {}


def test_plans_for_the_stated_goal_follow_each_other_whatever_its_time(state: Settings) -> None:
    log, own = plan_log(state), PlanKey("o-1", STATED, 36)
    log.keep({replace(own, horizon_months=60): replace(PLAN, horizon_months=60)})
    assert log.last([own], date(2026, 4, 1)) == {own: replace(PLAN, horizon_months=60)}
    assert log.last([KEY], date(2026, 4, 1)) == {}, "within a time that was asked for it has plans of its own"


def test_plans_up_to_a_day_of_retirement_are_apart_and_follow_those_without(state: Settings) -> None:
    for key in (replace(KEY, goal="post:p2"), PlanKey("o-1", STATED, 36)):
        log, retiring = plan_log(state), replace(key, retiring=True)
        log.keep({key: PLAN})
        assert log.last([retiring], date(2026, 4, 1)) == {retiring: PLAN}, "given for the first time"
        shorter = replace(PLAN, steps=(STEP,), chance=0.1)
        log.keep({retiring: shorter})
        found = log.last([key, retiring], date(2026, 4, 1))
        assert found == {key: PLAN, retiring: shorter}


def test_that_there_was_no_path_remembers_what_was_known(state: Settings) -> None:
    none, before = replace(PLAN, steps=(), chance=0.0), replace(PLAN, steps=(), chance=0.0, knew=None)
    log = plan_log(state)
    log.keep({KEY: none})
    assert log.last([KEY], date(2026, 4, 1)) == {KEY: none}, "what is delivered late is news to it too"
    log.keep({KEY: before})
    assert log.last([KEY], date(2026, 4, 1)) == {KEY: before}, "as versions before kept it"


def test_plans_of_earlier_versions_come_back(state: Settings) -> None:
    log, own = plan_log(state), PlanKey("o-1", STATED, 36)
    log.keep({replace(KEY, horizon_months=60): replace(PLAN, horizon_months=60, chance=0.5)})
    assert log.last([own], date(2026, 4, 1))[own].chance == 0.5, "of any time where there is none of this"
    log.keep({KEY: PLAN})
    step = (
        '{"post": "p1", "expected_on": "2027-01-01", "low_on": "2026-06-01", "high_on": "2028-01-01", "courses": ["c"]}'
    )
    with log.transaction() as connection:
        connection.execute(sa.text("update plans set steps = :steps").bindparams(steps=f"[{step}]"))
    (found,) = log.last([own], date(2026, 4, 1)).values()
    assert (found.horizon_months, found.knew, found.others, found.goal_chance) == (36, None, (), None)
    assert found.steps == (replace(STEP, courses=("c",), late_since=None),)


def test_a_log_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "plans.db").write_text("no database, but long enough to be taken for one by who does not look")
    with pytest.raises(NotReady, match="log of plans cannot be used"):
        PlanLog(f"sqlite:///{tmp_path / 'plans.db'}").last([KEY], date(2026, 1, 1))
