"""A plan for missing points told to people: the answer in a few sentences, and what expires when."""

from __future__ import annotations

from datetime import date

from data_contracts.counting import counted, noun
from data_contracts.vocabulary import Bilingual
from models.points.awaiting import Awaiting
from models.points.plan import Plan
from models.points.step_words import reached_text
from models.points.timeline import Loss
from models.points.way_words import matching, not_published
from models.points.words import number


def plan_text(plan: Plan) -> Bilingual:
    """The answer: where the officer stands, whether the target is reached, by when and how, or why not."""
    goal, day = number(plan.target.total), plan.target.deadline
    now, then = number(plan.now.total), number(plan.then.total)
    stands = Bilingual(
        f"现有{now}分；不作变动，{day}为{then}分，目标{goal}分",
        f"{counted(now, 'point')} now; {then} on {day} if nothing is done; the target is {goal}",
    )
    told, ends = _answer(plan), Bilingual("", "")
    if plan.target.asked is not None:
        ends = Bilingual(
            f"退休日期未知；按入警日期最晚为{day}，早于{plan.target.asked}，故各项均按该日计算。",
            f"Day of retirement unknown; by the day of joining it is {day} at the latest, before {plan.target.asked}, "
            "so that day counts as the deadline. ",
        )
    return Bilingual(f"{ends.zh}{stands.zh}。{told.zh}", f"{ends.en}{stands.en}. {told.en}")


def _answer(plan: Plan) -> Bilingual:
    day, missing = plan.target.deadline, number(plan.missing)
    if plan.status == "reached":
        return Bilingual("已达目标，并可保持到期", "The target is reached and holds until then")
    if plan.status == "by_itself":
        return Bilingual(f"随时间推移，{plan.on}起达到", f"It is reached by itself from {plan.on}")
    if plan.status == "possible":
        fewest = plan.combinations[0]
        many, when, awaited = len(fewest.steps), reached_text(fewest), _awaited_too(plan)
        return Bilingual(
            f"缺{missing}分，最易的办法有{many}步，可得{number(fewest.gain)}分，{when.zh}{awaited.zh}",
            f"{missing} missing; the least demanding way takes {counted(many, 'step')} for "
            f"{counted(number(fewest.gain), 'point')}: {when.en}{awaited.en}",
        )
    most, short = number(plan.most), number(plan.target.total - plan.most)
    others, awaited = _left_to_others(plan), _awaited_too(plan)
    return Bilingual(
        f"期限内靠自身努力达不到：缺{missing}分，即使到{day}前自己能争取的都得到，也只有{most}分，仍差{short}分{others.zh}{awaited.zh}",
        f"Not within the deadline by one's own steps, because {missing} {noun(missing, 'is', 'are')} missing and "
        f"with everything that they could earn by {day} the total would be {most}, {short} "
        f"short{others.en}{awaited.en}",
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


def _awaited_too(plan: Plan) -> Bilingual:
    """What appraisals that are not published yet would do to the answer."""
    told = [_if_they_match(one) for one in plan.awaiting]
    return Bilingual("".join(f"。{one.zh}" for one in told), "".join(f". {one.en}" for one in told))


def _if_they_match(one: Awaiting) -> Bilingual:
    """How many awaited appraisals reach the target, alone or with the officer's own steps, or what they give."""
    what, match, many = not_published(one.way.awaited), matching(one.way.rule), one.many
    if one.reached is None:
        gain, usual = number(one.gain), _usually(one, one.adds_on)
        full = one.adds_on > one.way.days[0] and not one.chances[0].late  # a cap holds some of them back
        whole = Bilingual("全部", "in full ") if full else Bilingual("", "")
        return Bilingual(
            f"{what.zh}；如都{match.zh}，至多再加{gain}分，{whole.zh}{usual.zh}",
            f"{what.en}; if all of them are {match.en}, they add at most {counted(gain, 'point')}, "
            f"{whole.en}{usual.en}",
        )
    then = _then_reached(one, one.reached)
    return Bilingual(
        f"{what.zh}；其中如有{many}项{match.zh}，{then.zh}",
        f"{what.en}; if {many} of them {'is' if many == 1 else 'are'} {match.en}, {then.en}",
    )


def _then_reached(one: Awaiting, reached: date) -> Bilingual:
    """From when the target is then reached, and with what besides."""
    on = one.chances[0].on
    own = Bilingual("加上自己能争取的，", " together with all own steps") if one.own else Bilingual("", "")
    if reached < on:
        return Bilingual(
            f"{own.zh}目标自{reached}起达到并可保持到期",
            f"the target is reached{own.en} from {reached} on and held until the deadline",
        )
    usual = _usually(one, reached)
    if reached == on:
        return Bilingual(f"{own.zh}即达目标，{usual.zh}", f"the target is reached{own.en}, {usual.en}")
    by_itself = Bilingual("连同自然增减，", f"{' and' if one.own else ''} with what comes and expires by itself")
    zh = f"即达目标，{usual.zh}" if one.chances[0].late else f"通常{reached}起达到目标"
    return Bilingual(f"{own.zh}{by_itself.zh}{zh}", f"the target is reached{own.en}{by_itself.en}, {usual.en}")


def _usually(one: Awaiting, day: date) -> Bilingual:
    """From which day it is so, as such appraisals usually come out; of late ones only before which it is not."""
    first = one.chances[0]
    if not first.late:
        return Bilingual(f"通常{day}起计", f"usually from {day}")
    least = Bilingual("", "") if day <= first.on else Bilingual(f"，不早于{day}", f", not before {day}")
    return Bilingual(f"公布比往常晚，日期未知{least.zh}", f"later than usual, on a day that is not known{least.en}")


def loss_text(loss: Loss) -> Bilingual:
    """What expires when."""
    points = number(loss.points)
    return Bilingual(
        f"{loss.on}起，{loss.rule.name_zh}到期，减{points}分",
        f"from {loss.on} {loss.rule.name_en} expires: {counted(points, 'point')} fewer",
    )
