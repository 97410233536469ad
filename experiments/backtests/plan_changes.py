"""How often the plans of the plan study changed, apart by what had become known since the last look.

A plan should stay where nothing relevant became known, and, where something did, change exactly when its path is no
longer close to the best: so plans that changed are counted, and plans that stayed though they were behind. A posting
off the path is no cause by itself, for the path may go on from there. Each look goes through the service's own rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from data_contracts.asof import months_on
from data_contracts.pathing import PathPolicy
from data_contracts.policy import policy
from models.paths.beams import Route
from models.paths.reasons import BESIDE
from models.paths.replanning import Now, replan
from models.paths.told_plan import Event, Plan, PlannedStep

WORDS = {
    "nothing": "nothing relevant became known",
    "posting": "a step of the plan came",
    "left_path": "posted off the path",
    "overdue": "a step is overdue",
    "unlikely": "nothing relevant became known, and the old path is none any more",
    "none": "no path is left within the horizon",
    "reached": "the goal is reached",
}
GONE = ("closed", "unlikely")  # reasons that say that the old path is not among today's


@dataclass(frozen=True)
class Looks:
    """Looks at plans, by what had become known: how many took another path, and how many stayed `behind`, with a
    chance that is no longer close to the best of the day; of those that changed, whose old path was `closed`, and for
    whom another was clearly `better`."""

    looks: int = 0
    changed: int = 0
    behind: int = 0
    closed: int = 0
    better: int = 0


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
            codes = [why.code for why in told.why if why.code not in BESIDE]
            code = codes[0]
            one, stayed = self.looks.get(code, Looks()), told.plan is not None and not told.changed
            behind = stayed and told.plan is not None and self._behind(told.plan, now.plans)
            self.looks[code] = Looks(
                one.looks + 1, one.changed + told.changed, one.behind + behind,
                one.closed + any(gone in codes for gone in GONE), one.better + ("better" in codes),
            )  # fmt: skip
        if told.plan is not None:
            self.plans[follower], self.posts[follower] = told.plan, post

    def _behind(self, held: Plan, found: Sequence[Plan]) -> bool:
        """Whether the path of a plan is not among today's, or its chance is further below the best than policy lets."""
        best = max((plan.chance for plan in found), default=0.0)
        today = next((plan.chance for plan in found if plan.path == held.path), -1.0)
        return today < (1 - self.rules.keep_within) * best


def plan_of(route: Route, names: Sequence[str], goal: str, day: date) -> Plan:
    """A route as a plan told on a day; `names` are the posts of the catalogue."""
    steps = tuple(
        PlannedStep(names[leg.post], months_on(day, leg.months), months_on(day, leg.low), months_on(day, leg.high))
        for leg in route.legs
    )
    return Plan(goal, day, steps, route.chance)


def change_lines(looks: Mapping[str, Looks]) -> list[str]:
    """For people: what had become known, how many plans changed, and how many that stayed were behind."""
    return [
        f"looked at again, {words}: {looks[code].changed:,} of {looks[code].looks:,} plans changed, "
        f"{looks[code].behind:,} stayed though behind{_why(looks[code])}"
        for code, words in WORDS.items()
        if code in looks
    ]


def _why(one: Looks) -> str:
    told = [f"{count:,} because {words}" for count, words in
            ((one.closed, "the old path was closed"), (one.better, "another was clearly better")) if count]  # fmt: skip
    return f" ({'; '.join(told)})" if told else ""
