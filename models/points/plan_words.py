"""A plan for missing points told to people: the answer in one sentence, and each loss, way and step."""

from __future__ import annotations

from data_contracts.decisions import PointsRule
from data_contracts.vocabulary import Bilingual
from models.points.plan import Combination, Loss, Plan, Step
from models.points.ways import Way
from models.points.words import Records, number


def plan_text(plan: Plan) -> Bilingual:
    """The answer: where the officer stands, whether the target is reached, by when and how, or why not."""
    goal, day = number(plan.target.total), plan.target.deadline
    now, then = number(plan.now.total), number(plan.then.total)
    stands = Bilingual(
        f"现有{now}分；不作变动，{day}为{then}分，目标{goal}分",
        f"{now} points now; {then} on {day} if nothing is done; the target is {goal}",
    )
    told = _answer(plan)
    return Bilingual(f"{stands.zh}。{told.zh}", f"{stands.en}. {told.en}")


def _answer(plan: Plan) -> Bilingual:
    day, missing = plan.target.deadline, number(plan.missing)
    if plan.status == "reached":
        return Bilingual("已达目标，并可保持到期", "The target is reached and holds until then")
    if plan.status == "by_itself":
        return Bilingual(f"随时间推移，{plan.on}起达到", f"It is reached by itself from {plan.on}")
    if plan.status == "possible":
        fewest = plan.combinations[0]
        many = len(fewest.steps)
        return Bilingual(
            f"缺{missing}分，最易的办法有{many}步，可得{number(fewest.gain)}分，最早{fewest.on}达到",
            f"{missing} missing; the least demanding way takes {_steps(many)} for {number(fewest.gain)} points, "
            f"on {fewest.on} at the earliest",
        )
    most, short = number(plan.most), number(plan.target.total - plan.most)
    others = _left_to_others(plan)
    return Bilingual(
        f"期限内靠自身努力达不到：缺{missing}分，即使到{day}前自己能争取的都得到，也只有{most}分，仍差{short}分{others.zh}",
        f"Not within the deadline by one's own steps, because {missing} are missing and with everything that they "
        f"could earn by {day} the total would be {most}, {short} short{others.en}",
    )


def _left_to_others(plan: Plan) -> Bilingual:
    """Lines that could give more but that nobody can decide to earn."""
    rules = [way.rule for way in plan.left_to_others]
    if not rules:
        return Bilingual("", "")
    zh, en = "、".join(rule.name_zh for rule in rules), ", ".join(rule.name_en for rule in rules)
    return Bilingual(
        f"；{zh}由他人评定，不能列入计划", f"; others decide on the following, so nobody can plan for them: {en}"
    )


def loss_text(loss: Loss) -> Bilingual:
    """What expires when."""
    points = number(loss.points)
    return Bilingual(
        f"{loss.on}起，{loss.rule.name_zh}到期，减{points}分",
        f"from {loss.on} {loss.rule.name_en} expires: {points} points fewer",
    )


def way_text(way: Way) -> Bilingual:
    """What a rule could still give, step by step."""
    rule = way.rule
    if way.by_itself:
        days = "、".join(str(day) for day in way.by_itself)
        return Bilingual(
            f"{rule.name_zh}：现任职持续，{days}自然增加年限，已计入；上限余{number(way.room)}分",
            f"{rule.name_en}: years pass by themselves on {days.replace('、', ', ')} while the posting lasts and are "
            f"counted in; the cap leaves {number(way.room)}",
        )
    if not way.room:
        return Bilingual(
            f"{rule.name_zh}：已到上限{number(rule.cap)}分", f"{rule.name_en}: at the cap {number(rule.cap)}"
        )
    if not way.steps:
        return Bilingual(f"{rule.name_zh}：期限内无法增加", f"{rule.name_en}: nothing can be added by the deadline")
    if not rule.plannable:
        return Bilingual(
            f"{rule.name_zh}：由他人评定，不能列入计划；如获得，每次{number(rule.points)}分，上限余{number(way.room)}分",
            f"{rule.name_en}: others decide on it, so it cannot be planned for; {number(rule.points)} points each "
            f"time it is given, the cap leaves {number(way.room)}",
        )
    each = [number(points) for points in way.gives()]
    return Bilingual(
        f"{rule.name_zh}：至多{way.steps}次，依次{'、'.join(each)}分，最早{way.days[0]}起计",
        f"{rule.name_en}: at most {way.steps} more for {', '.join(each)} points, the first from {way.days[0]}",
    )


def step_text(step: Step, records: Records) -> Bilingual:
    """One step: what to earn, with the course and its hours, and from when it could count."""
    rule, asked = step.rule, _asked(step.rule)
    course_zh, course_en = "", ""
    if step.offer is not None:
        name, hours = records.name("courses", "course_id", step.offer.course_id), number(step.offer.hours)
        course_zh, course_en = f"，如培训“{name.zh}”{hours}学时", f", such as “{name.en}” of {hours} hours"
        if step.offer.last is not None:
            course_zh += f"（开设至{step.offer.last}）"
            course_en += f" (on offer until {step.offer.last})"
    also_zh = "".join(f"，另计入{one.name_zh}{number(one.points)}分" for one in step.also)
    also_en = "".join(f", and {number(one.points)} more as {one.name_en}" for one in step.also)
    return Bilingual(
        f"{rule.name_zh}{asked.zh}{course_zh}，最早{step.on}起计{number(rule.points)}分{also_zh}",
        f"{rule.name_en}{asked.en}{course_en}: {number(rule.points)} points from {step.on} at the earliest{also_en}",
    )


def combination_text(found: Combination) -> Bilingual:
    """How many steps, what they give, and when the last could count."""
    gain, many = number(found.gain), len(found.steps)
    cap = Bilingual("（已扣除超出上限的部分）", " (less what is over a cap)") if found.capped else Bilingual("", "")
    return Bilingual(
        f"{many}步共{gain}分{cap.zh}，最早{found.on}完成",
        f"{_steps(many)} for {gain} points{cap.en}, done on {found.on}",
    )


def _asked(rule: PointsRule) -> Bilingual:
    if not rule.at_least:
        return Bilingual("", "")
    least = number(next(iter(rule.at_least.values())))
    return Bilingual(f"（不低于{least}分）", f" (with {least} or more)")


def _steps(many: int) -> str:
    return "1 step" if many == 1 else f"{many} steps"
