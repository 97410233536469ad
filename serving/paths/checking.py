"""What a request about paths may name: a goal that somebody knows, and a last plan that could have been told.

Entries by officer are told by their place, never by the officer, so that nobody learns from a fault who exists.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from data_contracts.errors import InvalidInput
from data_contracts.vocabulary import Bilingual, TalentField
from models.courses.goals import GoalPosts

if TYPE_CHECKING:
    from serving.paths.asking import PathDay
    from serving.paths.schemas import LastPlan, PathGoal

FIELDS = ", ".join(one.value for one in TalentField)
WANTED = {
    "post": (
        Bilingual("岗位", "post"),
        Bilingual("请给出已登记岗位的 post_id", "send the post_id of a post on record"),
    ),
    "job_family": (
        Bilingual("岗位类别", "job family"),
        Bilingual(
            "请给出已登记岗位的 job_family，或 policy/names.toml 中列出的类别",
            "send the job_family of a post on record or one named in policy/names.toml",
        ),
    ),
    "rank_step": (
        Bilingual("职级", "rank step"),
        Bilingual(
            "请给出 policy/ladders.toml 或 rank_steps 表中的职级",
            "send a step of the ladders in policy/ladders.toml or of the table rank_steps",
        ),
    ),
    "talent_field": (
        Bilingual("人才方向", "talent field"),
        Bilingual(f"请给出以下之一：{FIELDS}", f"send one of {FIELDS}"),
    ),
}


def check_goal(asked: PathGoal | None, goals: GoalPosts, as_of: date, also: Iterable[str] = ()) -> None:
    """Raises InvalidInput, with the nearest names, for a goal that neither the records nor policy know.

    `also` are goals that a model learned of and the records no longer tell: a dissolved post has an answer of its own.
    """
    if asked is None or goals.known((asked.kind, asked.goal)) or asked.goal in set(also):
        return
    what, remedy = WANTED[asked.kind]
    near = difflib.get_close_matches(asked.goal, sorted(goals.codes(asked.kind)), n=3)
    zh, en = ("", "") if not near else (f"；相近的有 {'、'.join(near)}", f"; near it are {', '.join(near)}")
    raise InvalidInput(
        f"goal.goal: neither the records of {as_of} nor policy know such a {what.en}: {asked.goal!r}; {remedy.en}{en}",
        zh=f"goal.goal：{as_of} 的记录与政策中都没有这样的{what.zh}“{asked.goal}”；{remedy.zh}{zh}",
    )


def check_last_plans(plans: Mapping[str, LastPlan], day: PathDay, as_of: date) -> None:
    """Raises InvalidInput for a plan of a day to come or with a step that nobody knows, naming place and remedy."""
    for place, plan in enumerate(plans.values(), start=1):
        if plan.made_on > as_of:
            raise InvalidInput(
                f"last_plans, entry {place}, made_on: {plan.made_on} is after {as_of}, the day asked about; send the "
                "as_of of the answer that held the plan",
                zh=f"last_plans 第{place}项 made_on：{plan.made_on} 晚于所问日期 {as_of}；请填写该计划所在答复的 as_of",
            )
        for step, one in enumerate(plan.steps):
            if not day.knows(one.post_id):
                raise InvalidInput(
                    f"last_plans, entry {place}, steps[{step}].post_id: neither the records nor the model know a post "
                    f"or rank step {one.post_id!r}; send the plan as it was answered, or leave it out",
                    zh=f"last_plans 第{place}项 steps[{step}].post_id：记录与模型中都没有岗位或职级“{one.post_id}”；"
                    "请原样送回所答的计划，或不填",
                )
