"""What would help whoever has no path: tried by the search itself, told with the chance it brings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.paths.climbing import Climb
from models.paths.helping import Pathless, with_what_helps
from models.paths.plans import PathPlanner
from models.paths.telling import Bars, Blocked, Change, Instead, Question, StepCourse, StepFacts
from models.paths.together import search_all
from models.posts.histories import Array, CareerState, Catalogue
from tests.models.path_models import CATALOGUE, CHAIN, hand_made

STATE = CareerState(["p0"], [date(2022, 1, 1)], as_of=date(2024, 1, 1))
ASKED = Question("o-1", STATE, "p3", ("p3",), 36)
RARE = CHAIN.copy()
RARE[:, 3] = 0.0005
LAW = StepCourse("law", Bilingual("法", "law"))
COURSE = Change(Bilingual("完成课程", "complete the course"), np.array([1.0, 1.0, 1.0, 40.0]), LAW)


def _helped(planner: PathPlanner, *questions: Question) -> list[tuple[Instead, ...]]:
    refused = []
    for one in questions:
        ahead = search_all(planner.model, planner.asking(one), planner.wanted(5))[0]
        told = planner.tell(one, 5, ahead)
        assert told.refused
        refused.append(Pathless(planner, one, ahead, told))
    found = [told.because for told in with_what_helps(refused)]
    return [one.instead for one in found if one is not None]


def _planner(chain: Array, **facts: object) -> PathPlanner:
    return PathPlanner(hand_made(chain), CATALOGUE, {}, policy().paths, StepFacts(**facts))  # type: ignore[arg-type]


def test_a_course_that_opens_the_goal_is_the_change_with_the_chance_it_brings() -> None:
    little = replace(COURSE, text=Bilingual("少", "little"), factors=np.array([1.0, 1.0, 1.0, 1.01]))
    planner = _planner(RARE, changes=lambda _officer: [little, COURSE])
    (found,) = _helped(planner, ASKED)
    assert (found[0].kind, found[0].text.en, found[0].course) == ("course", "complete the course", COURSE.course)
    with_it = planner.tell(replace(ASKED, factors=COURSE.factors), 5)
    assert found[0].chance == with_it.chance > policy().paths.least_chance
    assert found[0].before is not None
    assert 0 < found[0].before < policy().paths.least_chance


def test_a_rule_that_bars_the_goal_is_told_with_the_chance_were_it_met() -> None:
    rule = Blocked("settled", Bilingual("任职满一年", "a year in post"))
    planner = _planner(CHAIN, blocked=lambda _officer, post, _day: [rule] if post == "p3" else [])
    (found,) = _helped(planner, ASKED)
    assert [one.kind for one in found] == ["rule"]
    assert found[0].text.en == "meet these rules: a year in post"
    assert found[0].chance == _planner(CHAIN).tell(ASKED, 5).chance


def test_only_the_rules_that_are_named_are_lifted() -> None:
    degree = Blocked("degree", Bilingual("本科", "a bachelor's degree"))
    other = Blocked("other", Bilingual("其他", "another rule"))
    bars = {"p2": [other], "p3": [degree]}
    shut = CHAIN.copy()
    shut[0] = [0.0, 0.0, 1.0, 0.0]  # the goal is reached by p2 alone
    shut[2, 3] = 1.0
    planner = _planner(shut, blocked=lambda _officer, post, _day: bars.get(post, []))
    (found,) = _helped(planner, ASKED)
    assert "rule" not in [one.kind for one in found], "the degree alone brings no path"
    bars["p2"] = [degree]
    (found,) = _helped(planner, ASKED)
    assert [one.text.en for one in found if one.kind == "rule"] == ["meet these rules: a bachelor's degree"]


def test_what_only_time_meets_is_no_change_and_the_likeliest_change_stands_first() -> None:
    timed = Blocked("rank", Bilingual("职级", "to be promoted on 2030-01-01 at the earliest"), timed=True)
    rule = Blocked("degree", Bilingual("本科", "a bachelor's degree"))
    planner = _planner(CHAIN, blocked=lambda _officer, post, _day: [timed] if post == "p3" else [])
    (found,) = _helped(planner, ASKED)
    assert [one.kind for one in found] == ["none"]

    def opens(_officer: str, posts: Sequence[str], met: Collection[Blocked]) -> Bars:
        months = np.array([48.0 if post == "p3" and rule not in met else 0.0 for post in posts])
        nothing = np.zeros(len(posts))
        return Bars(months, months, nothing, nothing, nothing > 0)

    rare = CHAIN.copy()
    rare[:, 3] *= 0.2
    planner = _planner(rare, blocked=lambda _officer, post, _day: [rule] if post == "p3" else [], bars=opens)
    (found,) = _helped(planner, replace(ASKED, horizon_months=3))
    goals = [one for one in found if one.kind != "nearer_goal"]
    assert {one.kind for one in goals} == {"rule", "horizon"}
    assert [one.chance for one in goals] == sorted((one.chance for one in goals), reverse=True)
    assert goals[0].kind == "horizon", "the longer time gives more, so it stands before the rule"


def test_a_longer_time_and_a_goal_on_the_way_are_told_where_the_goal_is_far() -> None:
    size = 6
    chain = np.zeros((size, size))
    for post in range(size - 1):
        chain[post, post + 1] = 1.0
    posts = tuple(f"p{number}" for number in range(size))
    planner = PathPlanner(hand_made(chain), Catalogue(posts, tuple((post,) for post in posts)), {}, policy().paths)
    far = replace(ASKED, goal="p5", posts=("p5",))
    (found, ending) = _helped(planner, far, replace(far, officer_id="o-2", end_months=36.0))
    assert [one.kind for one in found] == ["horizon", "nearer_goal"]
    assert (found[0].horizon_months, found[0].text.en) == (120, "allow 120 months")
    assert found[0].chance == planner.tell(replace(far, horizon_months=120), 5).chance
    assert (found[1].post, found[1].chance) == ("p3", planner.tell(replace(far, posts=("p3",)), 5).chance)
    assert found[0].before is not None
    assert found[1].before is None, "no chance of the goal asked for stands beside that of another goal"
    assert [one.kind for one in ending] == ["none"], "no longer time helps who retires"


def test_where_nothing_does_that_is_said() -> None:
    never = CHAIN.copy()
    never[:, 3] = 0.0
    ladder = Bilingual("职级", "ladder")
    (found, climbing) = _helped(_planner(never), ASKED, replace(ASKED, climb=Climb(2, 300.0, ladder, ladder)))
    assert [one.kind for one in found] == ["none"]
    assert found[0].text.en.startswith("no single change brings a path")
    assert [one.kind for one in climbing] == ["none"]
    assert [one.chance for one in (*found, *climbing)] == [one.before for one in (*found, *climbing)]
