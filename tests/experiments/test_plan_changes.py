"""Plans of the study that were looked at again are counted by what had become known."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput
from experiments.backtests import plans as command
from experiments.backtests.plan_changes import Looks, PlanBook, change_lines, plan_of
from experiments.backtests.plan_study import Ahead, Study, StudyResult
from experiments.backtests.plans import PlanBacktest, run_backtest
from models.paths.beams import Leg, Route
from models.paths.replanning import Now

NAMES = ("a", "b", "c", "z")
FIRST, LATER, LATE = date(2026, 1, 1), date(2026, 7, 1), date(2031, 1, 1)


def route(*posts: int, chance: float = 0.5) -> Route:
    return Route(tuple(Leg(post, 0.5, 12.0 * n, 6.0 * n, 24.0 * n) for n, post in enumerate(posts, start=1)), chance)


def now(day: date, *routes: Route) -> Now:
    return Now("z", day, [plan_of(one, NAMES, "z", day) for one in routes])


def test_a_route_is_told_as_a_plan_with_days() -> None:
    plan = plan_of(route(1, 3), NAMES, "z", FIRST)
    assert plan.path == ("b", "z")
    assert [step.expected_on for step in plan.steps] == [date(2027, 1, 1), date(2028, 1, 1)]
    assert (plan.steps[0].low_on, plan.steps[0].high_on) == (date(2026, 7, 1), date(2028, 1, 1))


def test_looks_are_counted_by_what_became_known() -> None:
    book = PlanBook()
    for follower in range(4):
        book.look(follower, now(FIRST, route(1, 3)), "a")
    assert book.looks == {}, "a first plan changes nothing"
    better = route(2, 3, chance=0.9)
    book.look(0, now(LATER, better, route(1, 3)), "a")  # nothing happened
    book.look(1, now(LATER, route(3)), "b")  # the step came
    book.look(2, now(LATER, better), "c")  # posted elsewhere
    book.look(3, now(LATE, better), "a")  # its time is over
    assert book.looks == {
        "nothing": Looks(1, 0, 1), "posting": Looks(1, 0), "left_path": Looks(1, 1, closed=1),
        "overdue": Looks(1, 1, closed=1),
    }  # fmt: skip
    book.look(0, now(LATE), "a")
    assert "left_path" in book.looks
    assert change_lines(book.looks)[2].endswith("0 stayed though behind (1 because the old path was closed)")
    assert change_lines(book.looks)[:2] == [
        "looked at again, nothing relevant became known: 0 of 1 plans changed, 1 stayed though behind",
        "looked at again, a step of the plan came: 0 of 1 plans changed, 0 stayed though behind",
    ]


def test_the_command_writes_arms_comparisons_and_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def study(asked: Study, say: object) -> StudyResult:
        arms = {"plan": 0.2, "popularity": 0.1, "popular_course": 0.15}
        ahead = {name: Ahead(2.0, 1.5, 2.5, 0.1, 0.05, 0.15) for name in list(arms)[1:]}
        looks = {"nothing": Looks(9, 0), "left_path": Looks(4, 3), "overdue": Looks(2, 1)}
        return StudyResult(asked.officers, arms, dict.fromkeys(arms, 30.0), ahead, looks)

    monkeypatch.setattr(command, "run_study", study)
    told, out = Console(record=True, width=200), tmp_path / "plans.json"
    run_backtest(PlanBacktest(officers=70), out, told)
    report = json.loads(out.read_text())
    assert [(one["model"], one["officers"], one["reached"]) for one in report["records"]] == [
        ("plan", 70, 0.2), ("popularity", 70, 0.1), ("popular_course", 70, 0.15),
    ]  # fmt: skip
    assert report["comparisons"][0]["versus"] == "popularity"
    assert report["comparisons"][0]["ratio"] == 2.0
    assert report["data"]["ahead_enough"] is True
    assert report["data"]["plan_changes"][1] == {"because": "left_path", "looks": 4, "changed": 3, "behind": 0,
                                                 "closed": 0, "better": 0}  # fmt: skip
    text = told.export_text()
    assert "at least 1.25 times as many goals" in text
    assert "posted off the path: 3 of 4 plans changed" in text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(PlanBacktest("chicago"), "live on twice"), (PlanBacktest(advice_months=0), "1 or more of each")],
)
def test_what_makes_no_study_is_refused(wrong: PlanBacktest, told: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=told):
        run_backtest(wrong, tmp_path / "x.json", Console(quiet=True))
