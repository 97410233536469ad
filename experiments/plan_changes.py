"""How often the plans of the plan study changed, apart by what had become known since the last look.

A plan should change when its officer was posted off its path or a step is overdue, and should stay when nothing
relevant became known or a step came as planned. Each look goes through the rule that the service goes through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from data_contracts.asof import months_on
from data_contracts.pathing import PathPolicy
from data_contracts.policy import policy
from models.paths.beams import Route
from models.paths.replanning import Event, Now, Plan, PlannedStep, replan

WORDS = {
    "nothing": "nothing relevant became known",
    "posting": "a step of the plan came",
    "left_path": "posted off the path",
    "overdue": "a step is overdue",
    "none": "no path is left within the horizon",
    "reached": "the goal is reached",
}
SHOULD_STAY, SHOULD_CHANGE = ("nothing", "posting"), ("left_path",)


@dataclass(frozen=True)
class Looks:
    """Looks at plans after something became known, and how many of these plans took another path."""

    looks: int = 0
    changed: int = 0

    @property
    def share(self) -> float:
        """Changed of all; nan where nobody looked."""
        return self.changed / self.looks if self.looks else float("nan")


@dataclass
class PlanBook:
    """The plan of each follower as it was last told, where they stood then, and the looks by why."""

    rules: PathPolicy = field(default_factory=lambda: policy().paths)
    plans: dict[int, Plan] = field(default_factory=dict)
    posts: dict[int, str] = field(default_factory=dict)
    looks: dict[str, Looks] = field(default_factory=dict)

    def look(self, follower: int, now: Now, post: str) -> None:
        """Hold the last plan of a follower against today's, given the post that they hold now."""
        last = self.plans.pop(follower, None)
        moved = last is not None and post != self.posts[follower]
        news = (Event("posting", post, now.as_of, now.as_of),) if moved else ()
        told = replan(last, Now(now.goal, now.as_of, now.plans, news), self.rules)
        if last is not None:
            code = told.why[0].code
            before = self.looks.get(code, Looks())
            self.looks[code] = Looks(before.looks + 1, before.changed + told.changed)
        if told.plan is not None:
            self.plans[follower], self.posts[follower] = told.plan, post


def plan_of(route: Route, names: Sequence[str], goal: str, day: date) -> Plan:
    """A route as a plan told on a day; `names` are the posts of the catalogue."""
    steps = tuple(
        PlannedStep(names[leg.post], months_on(day, leg.months), months_on(day, leg.low), months_on(day, leg.high))
        for leg in route.legs
    )
    return Plan(goal, day, steps, route.chance)


def change_lines(looks: Mapping[str, Looks]) -> list[str]:
    """For people: what had become known, and how many plans changed."""
    return [
        f"looked at again, {words}: {looks[code].changed:,} of {looks[code].looks:,} plans changed"
        for code, words in WORDS.items()
        if code in looks
    ]
