"""How far a rank goal is: on the own ladder, above or below, on another, and of a name that two ladders share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.eligibility.standing_facts import Ladders
from models.paths.climbing import (
    Across,
    Climb,
    across,
    climb_of,
    ladder_changes,
    ladder_of,
    least_months_in,
    moves_allowed,
)

LADDERS = Ladders.of({})


def _climb(held: str, goal: str, served: float = 0.0, ladder: str | None = "enforcement") -> Climb:
    found = climb_of(LADDERS, (ladder, held), goal, served)
    assert found is not None
    return found


def test_the_least_time_is_the_sum_of_the_steps_less_what_was_served() -> None:
    up = _climb("四级警长", "一级警长", served=10.0)
    assert (up.steps, up.months) == (3, 62.0)
    assert (up.own.en, up.goal.zh) == ("law enforcement ladder", "执法勤务警员职级")
    assert _climb("四级警长", "一级警长", served=90.0).months == 48.0, (
        "more than the least time of a step counts for no other"
    )
    assert (_climb("一级警长", "一级警长").steps, _climb("一级警长", "四级警长").steps) == (0, -1)


def test_a_goal_on_another_ladder_or_on_none_is_told_apart() -> None:
    across = _climb("四级警长", "一级主管")
    assert (across.steps, across.goal.en) == (None, "police technology ladder")
    assert climb_of(LADDERS, ("enforcement", "四级警长"), "sergeant", 0.0) is None
    assert _climb("四级警长", "一级警长", ladder=None).steps == 3, "the ladder of a step that promotions do not tell"
    assert _climb("unheard", "一级警长").steps is None


def test_a_name_on_two_ladders_is_that_of_the_work_unless_police_ranks_are_the_own_ladder() -> None:
    assert (ladder_of(LADDERS, "二级警员"), ladder_of(LADDERS, "x")) == ("enforcement", None)
    assert (least_months_in(LADDERS, "二级警员"), least_months_in(LADDERS, "x")) == (24.0, 0.0)
    assert _climb("二级警员", "一级警员").months == 24.0
    assert _climb("二级警员", "一级警员", ladder="police_rank").months == 36.0


def test_steps_of_the_records_own_come_with_their_names() -> None:
    steps = [
        ("city", "p1", 0, 1.0, "一", "first"),
        ("city", "p2", 1, None, None, None),
        ("city", "p3", 2, None, None, "third"),
    ]
    columns = ["ladder", "rank_step", "position", "minimum_years", "name_zh", "name_en"]
    own = Ladders.of({"rank_steps": pd.DataFrame(steps, columns=columns)})
    found = climb_of(own, ("city", "p1"), "p3", 0.0)
    assert found is not None
    assert (found.steps, found.months, found.own.en) == (2, 12.0, "code “city”")
    assert [own.named("city", step).zh for step in ("p1", "p2", "p3")] == ["一", "代号“p2”", "third"]


STEPS = ("二级警员", "一级警员", "四级警长", "警务技术员", "四级主管", "captain", "major")


def _allowed(*seen: tuple[str, str], held: tuple[str, float] | None = None) -> dict[str, set[str]]:
    """What may follow each step, and whoever holds one that the model has not."""
    record = {(STEPS.index(one), STEPS.index(other)) for one, other in seen}
    found = moves_allowed(LADDERS, STEPS, lambda one, other: (one, other) in record, held)
    assert found.shape == (len(STEPS) + 1, len(STEPS))
    rows = zip((*STEPS, "held"), found, strict=True)
    return {step: {STEPS[place] for place in np.flatnonzero(row)} for step, row in rows}


def test_a_step_is_followed_by_the_next_of_its_ladder_alone() -> None:
    found = _allowed()
    assert (found["二级警员"], found["一级警员"], found["四级警长"]) == ({"一级警员"}, {"四级警长"}, set())
    assert found["警务技术员"] == {"四级主管"}
    assert found["held"] == {"captain", "major"}, "of a step on no ladder nobody knows, so the model decides"


def test_a_change_of_ladder_goes_to_the_same_height_where_one_is_on_record() -> None:
    found = _allowed(("一级警员", "四级主管"), ("四级警长", "警务技术员"))
    assert found["一级警员"] == {"四级警长", "四级主管"}
    assert found["二级警员"] == {"一级警员", "警务技术员"}, "seen at another height"
    assert found["四级主管"] == set(), "never seen back"
    assert found["四级警长"] == set(), "a change that was seen once at unlike heights is no rule"


def test_of_steps_without_a_ladder_the_record_and_the_model_know() -> None:
    found = _allowed(("captain", "一级警员"), ("四级警长", "major"))
    assert found["captain"] == {"一级警员", "captain", "major"}
    assert found["major"] == {"captain", "major"}
    assert found["四级警长"] == {"major"}


def test_whoever_holds_a_step_that_the_model_has_not_goes_on_from_its_place() -> None:
    assert _allowed(held=("enforcement", 1.0))["held"] == {"四级警长"}
    assert _allowed(("警务技术员", "二级警员"), held=("technical", 0.0))["held"] == {"四级主管", "二级警员"}
    assert _allowed(held=("chicago", 1.0))["held"] == {"captain", "major"}
    assert _allowed(held=("enforcement", float("nan")))["held"] == {"captain", "major"}, "a step its ladder has not"


def test_a_ladder_binds_by_policy_or_by_its_least_times() -> None:
    columns = ["ladder", "rank_step", "position", "minimum_years"]
    rows = [
        ("city", "captain", 0.0, None),
        ("city", "major", 5.0, None),
        ("work", "a", 2.0, 1.0),
        ("work", "b", 7.0, None),
    ]
    own = Ladders.of({"rank_steps": pd.DataFrame(rows, columns=columns)})
    assert {"enforcement", "police_rank", "work"} <= own.binding
    assert "city" not in own.binding
    found = moves_allowed(own, ("a", "b", "captain"), lambda one, other: False)
    assert found.tolist() == [[False, True, False], [False, False, False], [False, False, True], [False, False, True]]


def test_changes_of_ladder_are_counted_with_those_to_a_lower_step() -> None:
    """Of eleven moves out of the two steps of enforcement three went across: two level, one down."""
    moves = {
        ("二级警员", "一级警员"): 5,
        ("一级警员", "四级警长"): 3,
        ("一级警员", "四级主管"): 2,
        ("一级警员", "警务技术员"): 1,
    }

    def seen(start: int, goals: Sequence[int]) -> tuple[int, int]:
        out = {other: count for (one, other), count in moves.items() if one == STEPS[start]}
        return sum(out.values()), sum(out.get(STEPS[goal], 0) for goal in goals)

    def counted(held: str, goal: str) -> Across:
        return across(LADDERS, ("enforcement", held), goal, STEPS, seen)

    assert counted("一级警员", "警务技术员") == Across(above=-1, moves=11, changes=3, lower=1)
    assert [counted("一级警员", goal).above for goal in ("四级主管", "二级主管")] == [0, 2]
    assert counted("unheard", "四级主管").above is None
    assert counted("一级警员", "二级科员") == Across(above=-1, moves=11, changes=0, lower=0)
    on_record = {(STEPS.index(one), STEPS.index(other)) for one, other in moves}
    found = ladder_changes(LADDERS, STEPS, lambda one, other: (one, other) in on_record)
    assert ("enforcement", "technical") in found
    assert ("technical", "enforcement") not in found


def test_the_least_times_of_a_goal_on_another_ladder_are_those_after_the_change() -> None:
    assert _climb("一级警员", "二级主管").months == 48.0
    assert _climb("一级警员", "四级主管").months == 0.0
