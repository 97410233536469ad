"""A plan for missing points told to people: the answer in one sentence, and each loss, way and step."""

from __future__ import annotations

from collections.abc import Sequence

from data_contracts.counting import counted, noun
from data_contracts.decisions import PointsRule
from data_contracts.vocabulary import AppraisalGrade, Bilingual, UnitLevel, Word
from models.points.appraisals import LATE_MONTHS
from models.points.chances import Chance
from models.points.plan import Combination, Loss, Plan, Step
from models.points.ways import NEARLY, Way
from models.points.words import Records, number


def plan_text(plan: Plan) -> Bilingual:
    """The answer: where the officer stands, whether the target is reached, by when and how, or why not."""
    goal, day = number(plan.target.total), plan.target.deadline
    now, then = number(plan.now.total), number(plan.then.total)
    stands = Bilingual(
        f"现有{now}分；不作变动，{day}为{then}分，目标{goal}分",
        f"{counted(now, 'point')} now; {then} on {day} if nothing is done; the target is {goal}",
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
            f"缺{missing}分，最易的办法有{many}步，可得{number(fewest.gain)}分，最早{fewest.on}达到{_awaited_too(plan).zh}",
            f"{missing} missing; the least demanding way takes {counted(many, 'step')} for "
            f"{counted(number(fewest.gain), 'point')}, on {fewest.on} at the earliest{_awaited_too(plan).en}",
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
    told = [_if_they_match(plan, way) for way in plan.awaited]
    return Bilingual("".join(f"。{one.zh}" for one in told), "".join(f". {one.en}" for one in told))


def _if_they_match(plan: Plan, way: Way) -> Bilingual:
    """How many awaited appraisals reach the target, alone or with the officer's own steps, or what they give."""
    awaited = [one for one in way.chances[: way.steps] if one.awaited]
    given, what, matching = way.gives(), _not_published(way.awaited), _matching(way.rule)
    usual = Bilingual(f"通常{awaited[0].on}起计", f"usually from {awaited[0].on}")
    if awaited[0].late:
        usual = Bilingual("公布比往常晚，日期未知", "later than usual, on a day that is not known")
    ways = [(plan.then.total, "", "")]
    if plan.status != "possible":  # then own steps alone reach it
        ways.append((plan.most, "加上自己能争取的，", " together with all own steps"))
    for total, zh, en in ways:
        for many in range(1, len(awaited) + 1):
            if total + sum(given[:many]) >= plan.target.total - NEARLY:
                return Bilingual(
                    f"{what.zh}；其中如有{many}项{matching.zh}，{zh}即达目标，{usual.zh}",
                    f"{what.en}; if {many} of them {'is' if many == 1 else 'are'} {matching.en}, the target is "
                    f"reached{en}, {usual.en}",
                )
    gain = number(sum(given[: len(awaited)]))
    return Bilingual(
        f"{what.zh}；如都{matching.zh}，至多再加{gain}分，{usual.zh}",
        f"{what.en}; if all of them are {matching.en}, they add at most {counted(gain, 'point')}, {usual.en}",
    )


def _not_published(awaited: Sequence[Chance]) -> Bilingual:
    """Which appraisals are awaited; they are of one period."""
    many, year = len(awaited), awaited[0].earned.year
    if many == 1:
        return Bilingual(
            f"{year}年的考核有1项尚未公布，结果未知",
            f"1 appraisal of {year} is not published yet and its outcome is not known",
        )
    return Bilingual(
        f"{year}年的考核有{many}项尚未公布，结果未知",
        f"{many} appraisals of {year} are not published yet and their outcome is not known",
    )


def _matching(rule: PointsRule) -> Bilingual:
    """What an appraisal must come out as to give points on a line."""
    grades = _labels(rule.where.get("grade", ()), AppraisalGrade)
    if grades is None:
        return Bilingual(f"符合“{rule.name_zh}”", f"such as “{rule.name_en}” asks for")
    return Bilingual(f"评为{grades.zh}", grades.en)


def _such_a_post(rule: PointsRule) -> Bilingual:
    """The posts whose years give points on a line."""
    levels = _labels(rule.where.get("units.unit_level", ()), UnitLevel) if len(rule.where) == 1 else None
    if levels is None:
        return Bilingual("年限计入本项的岗位", "a post whose years count on this line")
    return Bilingual(f"{levels.zh}岗位", f"a post in a {levels.en}")


def _labels(codes: Sequence[str], words: type[Word]) -> Bilingual | None:
    """Codes of a vocabulary as people call them; None where there are none or one is unknown."""
    if not codes or not {*codes} <= {one.value for one in words}:
        return None
    told = [words(code) for code in codes]
    return Bilingual("或".join(one.zh for one in told), " or ".join(one.en for one in told))


def loss_text(loss: Loss) -> Bilingual:
    """What expires when."""
    points = number(loss.points)
    return Bilingual(
        f"{loss.on}起，{loss.rule.name_zh}到期，减{points}分",
        f"from {loss.on} {loss.rule.name_en} expires: {counted(points, 'point')} fewer",
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
    awaited = _and(_awaited_of(way), _missing_of(way))
    if not way.steps:
        late = _too_late(way)
        return Bilingual(
            f"{rule.name_zh}：期限内无法增加{late.zh}{awaited.zh}",
            f"{rule.name_en}: nothing can be added by the deadline{late.en}{awaited.en}",
        )
    if not rule.plannable:
        return Bilingual(
            f"{rule.name_zh}：由他人评定，不能列入计划；如获得，每次{number(rule.points)}分，上限余{number(way.room)}分"
            f"{awaited.zh}",
            f"{rule.name_en}: others decide on it, so it cannot be planned for; "
            f"{counted(number(rule.points), 'point')} each time it is given, the cap leaves "
            f"{number(way.room)}{awaited.en}",
        )
    each, move = [number(points) for points in way.gives()], _transfer(rule, way.chances[way.steps - 1])
    return Bilingual(
        f"{rule.name_zh}：至多{way.steps}次，依次{'、'.join(each)}分，最早{way.days[0]}起计{move.zh}{awaited.zh}",
        f"{rule.name_en}: at most {way.steps} more for {', '.join(each)} {noun(', '.join(each), 'point')}, the first "
        f"from {way.days[0]}{move.en}{awaited.en}",
    )


def _and(one: Bilingual, other: Bilingual) -> Bilingual:
    return Bilingual(f"{one.zh}{other.zh}", f"{one.en}{other.en}")


def _awaited_of(way: Way) -> Bilingual:
    """The appraisals of a line that are not published yet, and when they usually are."""
    if not way.awaited:
        return Bilingual("", "")
    what, matching, on = _not_published(way.awaited), _matching(way.rule), way.awaited[0].on
    if way.awaited[0].late:
        return Bilingual(
            f"；{what.zh}，公布比往常晚，日期未知；期限前公布并{matching.zh}的，仍可计分",
            f"; {what.en}: later than usual, day not known; what is {matching.en} and known by the deadline counts",
        )
    if way.awaited[0] not in way.chances:
        return Bilingual(
            f"；{what.zh}，通常{on}起才计，已过期限；如提前公布并{matching.zh}，仍可计分",
            f"; {what.en}: they usually count only from {on}, after the deadline; what is {matching.en} and known "
            "before counts",
        )
    return Bilingual(
        f"；{what.zh}，如{matching.zh}，通常{on}起计",
        f"; {what.en}: what is {matching.en} usually counts from {on}",
    )


def _missing_of(way: Way) -> Bilingual:
    """The appraisals of a line that should long have been known, and who can tell."""
    if not way.missing:
        return Bilingual("", "")
    many, year, matching = len(way.missing), way.missing[0].year, _matching(way.rule)
    what = f"1 appraisal of {year} is" if many == 1 else f"{many} appraisals of {year} are"
    return Bilingual(
        f"；{year}年的考核有{many}项逾{LATE_MONTHS}个月仍无记录，请向人事部门查询，如{matching.zh}，补录后计分",
        f"; {what} missing from the record {LATE_MONTHS} months after the period: ask the personnel desk, what is "
        f"{matching.en} counts once it is entered",
    )


def _too_late(way: Way) -> Bilingual:
    """That a transfer would be allowed too late for a year."""
    if way.transfer_from is None:
        return Bilingual("", "")
    post, day = _such_a_post(way.rule), way.transfer_from
    return Bilingual(
        f"，须先调入{post.zh}，按规定最早{day}可调动，到期限不满一年",
        f": it needs a transfer to {post.en}, which rules allow from {day} at the earliest, too late for a full year",
    )


def _transfer(rule: PointsRule, chance: Chance) -> Bilingual:
    """The transfer that a year needs, and by when."""
    if chance.transfer_by is None:
        return Bilingual("", "")
    post = _such_a_post(rule)
    return Bilingual(
        f"，须不晚于{chance.transfer_by}调入{post.zh}", f", which needs a transfer to {post.en} by {chance.transfer_by}"
    )


def step_text(step: Step, records: Records) -> Bilingual:
    """One step: what to earn, with the course and its hours, and from when it could count."""
    rule, asked = step.rule, _asked(step.rule)
    course_zh, course_en = "", ""
    if step.offer is not None:
        name, hours = records.name("courses", "course_id", step.offer.course_id), number(step.offer.hours)
        course_zh, course_en = f"，如培训“{name.zh}”{hours}学时", f", such as “{name.en}” of {counted(hours, 'hour')}"
        if step.offer.last is not None:
            course_zh += f"（开设至{step.offer.last}）"
            course_en += f" (on offer until {step.offer.last})"
    move = _transfer(rule, step.chance)
    if step.chance.awaited:
        year, matching = step.chance.earned.year, _matching(rule)
        late = Bilingual("，比往常晚，日期未知", ", later than usual, day not known")
        late = late if step.chance.late else Bilingual("", "")
        asked = Bilingual(
            f"（{year}年的考核尚未公布，结果未知{late.zh}；如{matching.zh}）",
            f" (the appraisal of {year} is not published yet{late.en}; if it is {matching.en})",
        )
    also_zh = "".join(f"，另计入{one.name_zh}{number(one.points)}分" for one in step.also)
    also_en = "".join(f", and {number(one.points)} more as {one.name_en}" for one in step.also)
    wait = Bilingual("（不提前，以便到期限日各项仍有效）", ", so that all of it still stands on the deadline")
    wait = wait if step.waits else Bilingual("", "")
    since = _since(step)
    return Bilingual(
        f"{rule.name_zh}{asked.zh}{course_zh}，{since.zh}起计{number(rule.points)}分{also_zh}{wait.zh}{move.zh}",
        f"{rule.name_en}{asked.en}{course_en}: {counted(number(rule.points), 'point')}{since.en}{also_en}"
        f"{wait.en}{move.en}",
    )


def _since(step: Step) -> Bilingual:
    """From when a step counts: what waits only for the courses before it could come earlier, as its way says."""
    if step.after:
        return Bilingual(f"在前面的培训之后，{step.on}", f", after the courses before it, from {step.on}")
    return Bilingual(f"最早{step.on}", f" from {step.on} at the earliest")


def combination_text(found: Combination) -> Bilingual:
    """How many steps, what they give, and when the last could count."""
    gain, many = number(found.gain), len(found.steps)
    cap = Bilingual("（已扣除超出上限的部分）", " (less what is over a cap)") if found.capped else Bilingual("", "")
    return Bilingual(
        f"{many}步共{gain}分{cap.zh}，最早{found.on}完成",
        f"{counted(many, 'step')} for {counted(gain, 'point')}{cap.en}, done on {found.on}",
    )


def _asked(rule: PointsRule) -> Bilingual:
    if not rule.at_least:
        return Bilingual("", "")
    least = number(next(iter(rule.at_least.values())))
    return Bilingual(f"（不低于{least}分）", f" (with {least} or more)")
