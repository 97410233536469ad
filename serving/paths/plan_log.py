"""The plans that officers were told, kept so that each answer can say how it stands against the last one.

One table that only grows, in the database of the service's own log: a plan is never changed, a newer one follows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from data_contracts.log_store import LogStore
from data_contracts.service_log import PLANS
from data_contracts.settings import Settings
from models.paths.told_plan import Left, Plan, PlannedStep, Promised

STATED = "stated"
KNEW = "knew"
OTHERS, GOAL_CHANCE, WITHOUT, PROMISED, LEFT = "others", "goal_chance", "without", "promised", "left"
GIVEN_END = "given_end"
PROMISED_DAYS = ("day", "told_on", "by")
LATE = "late_since"  # of a step, where it was found overdue
DUE = "due_by"  # of a step, where another interval was told of it first
RETIRING = "!"  # ends the goal as it was asked, where the day of retirement was given
ANY_TIME = 0  # months: no question has such a horizon


@dataclass(frozen=True)
class PlanKey:
    """Whose plan for which question.

    Plans for the officer's own stated goal within its own time follow each other whatever that goal and that time are:
    `goal` is STATED there. A goal that was only asked about has plans of its own, and so has the stated one within a
    time that was asked for, where `goal` is empty: a plan within 12 months is no measure for one within 60. Plans up to
    a day of retirement that came with the question follow those without it and are kept apart (`retiring`): a day that
    was only tried has changed nothing for whoever asks without it.
    """

    officer_id: str
    goal: str
    horizon_months: int
    retiring: bool = False


@dataclass
class PlanLog(LogStore):
    """Plans of one database; usable from many threads, opened at the first use."""

    holds = "plans"

    def last(self, keys: Sequence[PlanKey], as_of: date) -> Mapping[PlanKey, Plan]:
        """The newest plan of each key made by `as_of`; keys without one are left out. Raises NotReady."""
        wanted = set(keys)
        asked = (
            PLANS.select()
            .where(PLANS.c.officer_id.in_(sorted({key.officer_id for key in keys})), PLANS.c.made_on <= as_of)
            .order_by(PLANS.c.made_on, PLANS.c.number)
        )
        with self.transaction() as connection:
            rows = [dict(row) for row in connection.execute(asked).mappings()]
        found = {known: _plan(row) for row in rows for known in _keys(row)}
        last = {key: found[known] for key in wanted if (known := _found_by(key, found)) is not None}
        return {key: last[key] for key in keys if key in last}

    def keep(self, plans: Mapping[PlanKey, Plan]) -> None:
        """Add plans, in one transaction. Raises NotReady where it cannot; then none was added."""
        rows = [_row(key, plan) for key, plan in plans.items()]
        if rows:
            with self.transaction() as connection:
                connection.execute(PLANS.insert(), rows)


def plan_log(settings: Settings) -> PlanLog:
    """The log of this service; nothing is opened yet."""
    return PlanLog(settings.feedback_url)


def _keys(row: Mapping[str, Any]) -> tuple[PlanKey, PlanKey]:
    """As it was asked, and whatever the time."""
    goal = str(row["asked_goal"])
    key = PlanKey(
        row["officer_id"], goal.removesuffix(RETIRING), row["horizon_months"], retiring=goal.endswith(RETIRING)
    )
    return key, replace(key, horizon_months=ANY_TIME)


def _found_by(key: PlanKey, found: Mapping[PlanKey, Plan]) -> PlanKey | None:
    """The plan that a question stands against: for the stated goal that of any time, of versions before it was marked
    that of the same time, else of any; of one up to a day of retirement, where it has none yet, that without."""
    tried = [key]
    if key.goal == STATED:
        asked = replace(key, goal="")
        tried = [replace(key, horizon_months=ANY_TIME), asked, replace(asked, horizon_months=ANY_TIME)]
    if key.retiring:  # whoever gives the day for the first time
        tried += [replace(one, retiring=False) for one in tried]
    return next((one for one in tried if one in found), None)


def _row(key: PlanKey, plan: Plan) -> dict[str, Any]:
    told = [_told(step) for step in plan.steps]
    beside: dict[str, Any] = {}
    if plan.knew is not None:
        beside[KNEW] = sorted(plan.knew)
    if plan.others:
        beside[OTHERS] = [[_told(step) for step in steps] for steps in plan.others]
    if plan.goal_chance is not None:
        beside[GOAL_CHANCE] = plan.goal_chance
    if plan.without:
        beside[WITHOUT] = sorted(plan.without)
    if plan.promised is not None:
        beside[PROMISED] = asdict(plan.promised)
    if plan.left is not None:
        beside[LEFT] = asdict(plan.left)
    if plan.given_end is not None:
        beside[GIVEN_END] = plan.given_end
    if beside:
        told = [{**(told[0] if told else {}), **beside}, *told[1:]]
    steps = json.dumps(told, default=str, ensure_ascii=False)
    goal = key.goal + RETIRING * key.retiring
    return {"officer_id": key.officer_id, "asked_goal": goal, "horizon_months": key.horizon_months, "goal": plan.goal,
            "made_on": plan.made_on, "chance": plan.chance, "steps": steps}  # fmt: skip


def _plan(row: Mapping[str, Any]) -> Plan:
    """What it knew, the other paths told, the chance of the goal and what was left out stand beside its first step, or
    alone where there is none; earlier versions kept none of them."""
    told = json.loads(row["steps"])
    beside = told[0] if told else {}
    knew, promised, left, end = (beside.get(name) for name in (KNEW, PROMISED, LEFT, GIVEN_END))
    steps = tuple(_step(one) for one in told if "post" in one)
    return Plan(
        row["goal"], row["made_on"], steps, row["chance"],
        None if knew is None else frozenset(knew), row["horizon_months"],
        tuple(tuple(_step(one) for one in steps) for steps in beside.get(OTHERS, ())), beside.get(GOAL_CHANCE),
        frozenset((tuple(path), date.fromisoformat(said_on)) for path, said_on in beside.get(WITHOUT, ())),
        None if promised is None else _promised(promised),
        None if left is None else Left(left["post"], *map(date.fromisoformat, (left["since"], left["was"]))),
        None if end is None else date.fromisoformat(end),
    )  # fmt: skip


def _promised(told: Mapping[str, Any]) -> Promised:
    """Earlier versions kept no end of the interval, and no chance."""
    days = {name: date.fromisoformat(told[name]) for name in PROMISED_DAYS if told.get(name) is not None}
    return Promised(**days, chance=told.get("chance"))


def _told(step: PlannedStep) -> dict[str, Any]:
    told = asdict(step)
    return {name: value for name, value in told.items() if value is not None or name not in (LATE, DUE)}


def _step(told: Mapping[str, Any]) -> PlannedStep:
    expected, low, high = (date.fromisoformat(told[name]) for name in ("expected_on", "low_on", "high_on"))
    late, due = (None if told.get(name) is None else date.fromisoformat(told[name]) for name in (LATE, DUE))
    return PlannedStep(
        told["post"], expected, low, high, tuple(told["courses"]), tuple(told.get("gaps", ())), late, due
    )
