"""The steps of a combination told to people: what to earn, when, and on which day the target is then reached."""

from __future__ import annotations

from data_contracts.counting import counted
from data_contracts.decisions import PointsRule
from data_contracts.vocabulary import Bilingual
from models.points.steps import Combination, Step
from models.points.way_words import held_back, matching, such_a_post
from models.points.words import Records, number


def combination_text(found: Combination) -> Bilingual:
    """How many steps, what they give, and when the target is reached."""
    gain, many, when = number(found.gain), len(found.steps), reached_text(found)
    cap = Bilingual("（已扣除超出上限的部分）", " (less what is over a cap)") if found.capped else Bilingual("", "")
    return Bilingual(
        f"{many}步共{gain}分{cap.zh}，{when.zh}",
        f"{counted(many, 'step')} for {counted(gain, 'point')}{cap.en}, {when.en}",
    )


def reached_text(found: Combination) -> Bilingual:
    """The day on which the last step counts, and the one from which the target is held: two where they differ."""
    on, reached = found.on, found.reached
    early, earliest = ("", "") if found.waits else ("最早", " at the earliest")
    last = Bilingual(f"各步{early}{on}起全部计入", f"the last of them counts from {on}{earliest}")
    if reached == on:
        told = Bilingual(f"{early}{on}达到目标", f"the target is reached on {on}{earliest}")
    elif reached > on:
        told = Bilingual(
            f"{last.zh}，连同自然增减，{reached}达到目标",
            f"{last.en}, and with what comes and expires by itself the target is reached on {reached}",
        )
    else:
        told = Bilingual(
            f"{last.zh}，目标自{reached}起达到并保持到期",
            f"{last.en}, and the target is reached from {reached} on and held until the deadline",
        )
    if not found.waits:
        return told
    return Bilingual(
        f"{told.zh}（有的步骤不宜提前，以便到期限日仍有效）",
        f"{told.en} (some steps must not come sooner, so that they still stand on the deadline)",
    )


def step_text(step: Step, records: Records) -> Bilingual:
    """One step: what to earn, with the course and its hours, and from when it adds points."""
    rule, course, worth = step.rule, _course(step, records), _worth(step)
    asked = _awaited(step) if step.chance.awaited else _asked(rule)
    also, move = [_also(step, one) for one in step.also], _transfer(step)
    return Bilingual(
        f"{rule.name_zh}{asked.zh}{course.zh}，{worth.zh}{''.join(one.zh for one in also)}{move.zh}",
        f"{rule.name_en}{asked.en}{course.en}{worth.en}{''.join(one.en for one in also)}{move.en}",
    )


def _course(step: Step, records: Records) -> Bilingual:
    """A course that would do, with its hours and the last day of its offer."""
    if step.offer is None:
        return Bilingual("", "")
    name, hours = records.name("courses", "course_id", step.offer.course_id), number(step.offer.hours)
    last = Bilingual("", "")
    if step.offer.last is not None:
        last = Bilingual(f"（开设至{step.offer.last}）", f" (on offer until {step.offer.last})")
    again = Bilingual("", "")
    if step.offer.turn > 1:
        again = Bilingual("（证书到期后再次参加）", " once more, its certificate having lapsed by then")
    return Bilingual(
        f"，如培训“{name.zh}”{hours}学时{again.zh}{last.zh}",
        f", such as “{name.en}” of {counted(hours, 'hour')}{again.en}{last.en}",
    )


def _worth(step: Step) -> Bilingual:
    """What a step gives on its own line and from when: apart where it counts before the cap lets it add anything."""
    points, adds, since = number(step.rule.points), step.adds_on(step.rule), _since(step)
    held = Bilingual("", "")
    if step.waits is not None:
        told = held_back(step.rule, step.waits, step.chance.earned, step.offer is not None)
        held = Bilingual(f"{told.zh}，", f", {told.en}")
    if adds > step.on:
        return Bilingual(
            f"{held.zh}{since.zh}起计，因上限所限，{adds}起才加{points}分",
            f"{held.en}: counted{since.en}, but because of the cap {counted(points, 'point')} only from {adds}",
        )
    return Bilingual(f"{held.zh}{since.zh}起计{points}分", f"{held.en}: {counted(points, 'point')}{since.en}")


def _since(step: Step) -> Bilingual:
    """From when a step counts: what waits only for the courses before it could come earlier, as its way says."""
    if step.waits is not None:
        return Bilingual(f"{step.on}", f" from {step.on}")
    if step.after:
        return Bilingual(f"在前面的培训之后，{step.on}", f", after the courses before it, from {step.on}")
    return Bilingual(f"最早{step.on}", f" from {step.on} at the earliest")


def _also(step: Step, line: PointsRule) -> Bilingual:
    """What the same merit adds on another line, with the day where it is later."""
    points, adds = number(line.points), step.adds_on(line)
    later = Bilingual("", "")
    if adds > step.on:
        later = Bilingual(f"（因上限所限，{adds}起）", f" (because of the cap only from {adds})")
    return Bilingual(f"，另计入{line.name_zh}{points}分{later.zh}", f", and {points} more as {line.name_en}{later.en}")


def _transfer(step: Step) -> Bilingual:
    """The transfer on which the day of a year rests, and the last with which the steps still do by the deadline."""
    chance = step.chance
    if chance.transfer_by is None:
        return Bilingual("", "")
    post = such_a_post(step.rule)
    return Bilingual(
        f"，须{chance.transfer_on}调入{post.zh}；推迟调入则相应推迟，期限前仍够的最晚调入日为{chance.transfer_by}",
        f", by a transfer to {post.en} on {chance.transfer_on}; a later one moves it back as much, and the last that "
        f"still does by the deadline is on {chance.transfer_by}",
    )


def _awaited(step: Step) -> Bilingual:
    """That an appraisal is over and its outcome not known."""
    year, match = step.chance.earned.year, matching(step.rule)
    late = Bilingual("，比往常晚，日期未知", ", later than usual, day not known")
    late = late if step.chance.late else Bilingual("", "")
    return Bilingual(
        f"（{year}年的考核尚未公布，结果未知{late.zh}；如{match.zh}）",
        f" (the appraisal of {year} is not published yet{late.en}; if it is {match.en})",
    )


def _asked(rule: PointsRule) -> Bilingual:
    if not rule.at_least:
        return Bilingual("", "")
    least = number(next(iter(rule.at_least.values())))
    return Bilingual(f"（不低于{least}分）", f" (with {least} or more)")
