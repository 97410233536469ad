"""Why there is no path within the horizon, in words that are true of the officer who asks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from data_contracts.counting import filled
from data_contracts.naming import quoted
from data_contracts.vocabulary import Bilingual
from models.paths.climbing import Across, Climb
from models.paths.farther import frame_of, steps_ahead
from models.paths.telling import Blocked, NoPath, Question, Told

WORDS: Mapping[str, Bilingual] = {
    "goal_unknown": Bilingual(
        "记录与政策中均没有这一{what}：{goal}", "neither the records nor policy know such a {what}: {goal}"
    ),
    "no_posts": Bilingual("{what}{goal}之下没有任何已知岗位", "no known post belongs to the {what} {goal}"),
    "never_held": Bilingual(
        "记录中尚无民警到达过{goal}，无从估计路径",
        "nobody on record has ever reached {goal}, so no path can be estimated",
    ),
    "police_rank": Bilingual(
        "{goal}是警衔，不是职务职级的级别；至该衔按任衔年限晋升，不推算路径",
        "{goal} is a police rank, not a step of a post's ladder; up to it ranks come by time in rank, and no path is "
        "searched to them",
    ),
    "police_rank_due": Bilingual(
        "{goal}是警衔，不是职务职级的级别；至该衔按任衔年限晋升：现为{held}，按最低年限最早于{due}，还需{needs}个月；不推算路径",
        "{goal} is a police rank, not a step of a post's ladder; up to it ranks come by time in rank: from {held}, "
        "held now, on {due} at the earliest by the least times, in {needs} {needs:month|months}; no path is searched "
        "to them",
    ),
    "police_rank_selected": Bilingual(
        "{goal}是警衔，不是职务职级的级别；{last}以上的警衔凭选升，不按任衔年限，不推算路径",
        "{goal} is a police rank, not a step of a post's ladder; ranks above {last} come by selection, not by time in "
        "rank, and no path is searched to them",
    ),
    "already_there": Bilingual("已达到目标{goal}：现任{start}", "the goal {goal} is reached: {start} is held now"),
    "held_before": Bilingual(
        "已达到目标{goal}：曾任{start}，该任职已于{ended}结束，此后没有任职记录",
        "the goal {goal} was reached: {start} was held until {ended}, and no posting is on record since",
    ),
    "in_field": Bilingual(
        "现任{start}已属于{what}“{goal}”的岗位类别，不必再为此调岗；能否列入该领域人才库由自荐、评审和委员会决定，不由岗位决定",
        "{start}, held now, is already a post of the {what} {goal}, so no move leads nearer to it; who counts as "
        "its talent is for self-nomination, review and the committee, not for a post",
    ),
    "in_field_before": Bilingual(
        "曾任{start}（至{ended}），属于{what}“{goal}”的岗位类别，不必为此调岗；能否列入该领域人才库由自荐、评审和委员会决定，不由岗位决定",
        "{start}, held until {ended}, was a post of the {what} {goal}, so no move leads nearer to it; who counts as "
        "its talent is for self-nomination, review and the committee, not for a post",
    ),
    "beyond": Bilingual("现任{start}，已高于目标{goal}", "{start} is held now, which is above the goal {goal}"),
    "retirement_first": Bilingual(
        "在岗不超过{end}，此前没有一条到达{goal}的路径可能性达到{least:.1%}",
        "service ends by {end}, and before that no way to {goal} has a chance of {least:.1%}",
    ),
    "ladder_times": Bilingual(
        "按{own}的最低年限，到{goal}至少还需{needs}个月，期限为{horizon}个月",
        "{goal} needs at least {needs} {needs:month|months} more by the least times of the {own}; the horizon is "
        "{horizon} {horizon:month|months}",
    ),
    "minimum_times": Bilingual(
        "每个岗位须任满{stay:g}个月，现岗位最早{moves}可调动；按此，{horizon}个月内没有一条到达{goal}的路径可能性达到{least:.1%}",
        "a post is held for {stay:g} months at least, the present one until {moves}; with that no way to {goal} has a "
        "chance of {least:.1%} within {horizon} {horizon:month|months}",
    ),
    "minimum_times_ended": Bilingual(
        "每个岗位须任满{stay:g}个月；现无任职，最近任{start}（至{ended}），自其起始日期计算，最早{moves}可调动；按此，{horizon}个月"
        "内没有一条到达{goal}的路径可能性达到{least:.1%}",
        "a post is held for {stay:g} months at least; no post is held now, and counted from the start of {start}, held "
        "until {ended}, the next move may come on {moves}; with that no way to {goal} has a chance of {least:.1%} "
        "within {horizon} {horizon:month|months}",
    ),
    "ladder_rare": Bilingual(
        "按{own}的最低年限，到{goal}至少还需{needs}个月；以往{horizon}个月内到达者极少（每条路径的可能性均不足{least:.1%}）",
        "{goal} needs at least {needs} {needs:month|months} more by the least times of the {own}, and few ever got "
        "there within {horizon} {horizon:month|months} (no single way has a chance of {least:.1%})",
    ),
    "too_many_steps": Bilingual(
        "到{goal}还有{steps}级，期限为{horizon}个月的路径最多推算{most}步；按{own}的最低年限至少还需{needs}个月",
        "{goal} is {steps} steps up and paths within {horizon} {horizon:month|months} look {most} steps ahead; by the "
        "least times of the {own} it needs at least {needs} {needs:month|months}",
    ),
    "other_ladder": Bilingual(
        "{goal}属于{ladder}，现任{start}属于{own}；在记录中从{own}各级变动的{moves}次中，{changes}次转入{ladder}；"
        "{horizon}个月内没有一条路径的可能性达到{least:.1%}，各条路径合计{chance:.2%}",
        "{goal} is on the {ladder} and {start} on the {own}; of {moves} moves on record out of steps of the {own} "
        "{changes} went to the {ladder}; within {horizon} {horizon:month|months} no single way has a chance of "
        "{least:.1%}, all of them together {chance:.2%}",
    ),
    "lower_on_other_ladder": Bilingual(
        "{goal}属于{ladder}，比属于{own}的现任{start}低；在记录中从{own}各级变动的{moves}次中，{changes}次转入{ladder}，"
        "其中{lower}次转到较低的级别；路径只按同等高度转换职级序列",
        "{goal} is on the {ladder}, lower there than {start} on the {own}; of {moves} moves on record out of steps of "
        "the {own} {changes} went to the {ladder}, {lower} of them to a lower step; paths change "
        "ladder at the same height alone",
    ),
    "no_change_on_record": Bilingual(
        "{goal}属于{ladder}，现任{start}属于{own}；在记录中从{own}各级变动的{moves}次中，无一转入{ladder}",
        "{goal} is on the {ladder} and {start} on the {own}; of {moves} moves on record out of steps of the {own} none "
        "went to the {ladder}",
    ),
    "other_ladder_times": Bilingual(
        "{goal}属于{ladder}，现任{start}属于{own}；转换职级序列按同等高度进行（记录中有{changes}次），此后按{ladder}的最低"
        "年限至少还需{needs}个月，期限为{horizon}个月",
        "{goal} is on the {ladder} and {start} on the {own}; a change of ladder goes to the same height ({changes} on "
        "record), and from there the least times of the {ladder} need at least {needs} {needs:month|months}; the "
        "horizon is {horizon} {horizon:month|months}",
    ),
    "never_reached": Bilingual(
        "在记录中从{start}调出的{moves}次中，{straight}次直接到达{goal}；{horizon}个月内，{most}步以内没有一条路径的"
        "可能性达到{least:.1%}，各条路径合计{chance:.2%}",
        "of {moves} moves on record out of {start} {straight} went straight to {goal}; within {horizon} "
        "{horizon:month|months} no way of up to {most} steps has a chance of {least:.1%}, all of them together "
        "{chance:.2%}",
    ),
    "rule_blocks": Bilingual("期限内规则不允许任{post}：{rules}", "a rule bars {post} within the horizon: {rules}"),
    "rule_blocks_some": Bilingual(
        "期限内规则不允许任{post}：{rules}；{what}{goal}的{count}个岗位中有{others}个按规则可任，但到达的每条路径可能性均不足"
        "{least:.1%}",
        "a rule bars {post} within the horizon: {rules}; rules leave {others} of the {count} posts of the {what} "
        "{goal} open, but no single way there has a chance of {least:.1%}",
    ),
    "rule_on_the_way": Bilingual(
        "期限内可能性足够的路径均受规则限制，其中可能性最大的要经{post}：{rules}",
        "rules bar every way that is likely enough within the horizon; the likeliest of them goes by {post}: {rules}",
    ),
    "rule_late": Bilingual(
        "{post}的规则在期限内可以满足（{rules}），但满足之后余下的时间里没有一条到达{goal}的路径可能性达到{least:.1%}",
        "the rules of {post} can be met within the horizon ({rules}), but in the time that is left then no way to "
        "{goal} has a chance of {least:.1%}",
    ),
    "rule_late_some": Bilingual(
        "{post}的规则在期限内可以满足（{rules}），但满足之后余下的时间不足；{what}{goal}的{count}个岗位中有{others}个按规则现在即可"
        "任，但到达的每条路径可能性均不足{least:.1%}",
        "the rules of {post} can be met within the horizon ({rules}), but too little time is left then; rules leave "
        "{others} of the {count} posts of the {what} {goal} open today, but no single way there has a chance of "
        "{least:.1%}",
    ),
    "retirement_before_rule": Bilingual(
        "在岗不超过{end}，此前尚不满足{post}的规则：{rules}",
        "service ends by {end}, before the rules of {post} are met: {rules}",
    ),
    "retirement_with_rules": Bilingual(
        "在岗不超过{end}；按任职规则与最低任职时间，此前没有一条到达{goal}的路径可能性达到{least:.1%}",
        "service ends by {end}; with rules and least times no way to {goal} has a chance of {least:.1%} "
        "before that",
    ),
    "together": Bilingual(
        "任职规则、最低任职时间与退休日期合在一起，{horizon}个月内没有一条到达{goal}的路径可能性达到{least:.1%}",
        "with rules, least times and retirement together no way to {goal} has a chance of {least:.1%} within {horizon} "
        "{horizon:month|months}",
    ),
}  # fmt: skip


def refused(question: Question, code: str, blocked: Sequence[Blocked] = (), **words: object) -> Told:
    """The answer without a path; `words` are what the sentence of the code names beside the goal and the horizon."""
    goal, text = question.called or quoted(question.goal), WORDS[code]
    kinds = question.goal_kind
    told = []
    for language in ("zh", "en"):
        plain = {name: getattr(word, language) if isinstance(word, Bilingual) else word for name, word in words.items()}
        known = {"goal": getattr(goal, language), "what": getattr(kinds, language), "horizon": question.horizon_months}
        until = UNTIL if code in OF_RECORD and question.counted_until is not None else Bilingual("", "")
        pattern = getattr(text, language) + getattr(until, language)
        told.append(filled(pattern, **(known | plain | {"until": question.counted_until})))
    return Told((), 0.0, None, NoPath(CODES.get(code, code), Bilingual(*told), tuple(blocked)))


OF_RECORD = (
    "never_held", "other_ladder", "lower_on_other_ladder", "no_change_on_record", "other_ladder_times", "never_reached",
)  # fmt: skip
UNTIL = Bilingual("（记录统计截至{until}）", " (records counted up to {until})")
"""What says how often something is on record says until when: a model answers on later days without a recount."""

CODES: Mapping[str, str] = {
    "police_rank_due": "police_rank", "police_rank_selected": "police_rank",
    "ladder_times": "minimum_times", "minimum_times_ended": "minimum_times", "ladder_rare": "never_reached",
    "rule_on_the_way": "rule_blocks", "rule_blocks_some": "rule_blocks",
    "rule_late_some": "rule_late",
    "lower_on_other_ladder": "other_ladder", "no_change_on_record": "other_ladder",
    "other_ladder_times": "minimum_times",
    "held_before": "already_there", "in_field_before": "in_field",
    "retirement_before_rule": "retirement_first", "retirement_with_rules": "retirement_first",
}  # fmt: skip
"""Sentences that share a code with another: the caller reads one cause, people read what it is about."""


def on_the_ladder(question: Question, start: Bilingual) -> Told | None:
    """What the ladder itself says of a rank goal: reached, or out of reach within the horizon; None where neither."""
    climb = question.climb
    if climb is None or climb.steps is None:
        return None
    if climb.steps < 0:
        return refused(question, "beyond", start=start)
    if climb.months > question.horizon_months:
        return refused(question, "ladder_times", own=climb.own, needs=math.ceil(climb.months))
    return None


def off_the_ladder(question: Question, start: Bilingual, least: float, chance: float) -> Told | None:
    """Why a search found no way to a rank goal that the ladder would allow; None where the ladder does not say.

    `chance` is that of all ways together.
    """
    climb = question.climb
    if climb is None:
        return None
    if climb.steps is None:
        return None if climb.across is None else _off_another(question, climb, climb.across, (start, least, chance))
    needs = math.ceil(climb.months)
    most = steps_ahead(frame_of(question.horizon_months))
    if climb.steps > most:
        return refused(question, "too_many_steps", own=climb.own, steps=climb.steps, most=most, needs=needs)
    return refused(question, "ladder_rare", own=climb.own, needs=needs, least=least)


def _off_another(question: Question, climb: Climb, across: Across, told: tuple[Bilingual, float, float]) -> Told:
    """Why nobody is expected on a step of another ladder: what the record has of such changes, or the least times."""
    start, least, chance = told
    words: dict[str, object] = {"own": climb.own, "ladder": climb.goal, "start": start, "moves": across.moves}
    if not across.changes:
        return refused(question, "no_change_on_record", (), **words)
    words["changes"] = across.changes
    if across.above is not None and across.above < 0:
        return refused(question, "lower_on_other_ladder", (), lower=across.lower, **words)
    if climb.months > question.horizon_months:
        return refused(question, "other_ladder_times", (), needs=math.ceil(climb.months), **words)
    return refused(question, "other_ladder", (), least=least, chance=chance, **words)


def barred_in_part(
    question: Question, post: Bilingual, blocked: Sequence[Blocked], others: tuple[int, int], least: float
) -> Told:
    """Rules stand against the likeliest of the goal's posts; so many of so many are open and too unlikely."""
    rules, (open_, count) = _told(blocked), others
    words = {"post": post, "rules": rules, "others": open_, "count": count, "least": least}
    return refused(question, "rule_blocks_some", blocked, **words)


def barred(question: Question, post: Bilingual, blocked: Sequence[Blocked], on_the_way: bool) -> Told:
    """Rules stand against the goal's post, or against one on every way to it."""
    code = "rule_on_the_way" if on_the_way else "rule_blocks"
    return refused(question, code, blocked, post=post, rules=_told(blocked))


def met_late(
    question: Question, post: Bilingual, blocked: Sequence[Blocked], others: tuple[int, int], least: float
) -> Told:
    """Rules will be met within the horizon, but too late for any way; so many of so many posts of the goal wait for
    none, and are too unlikely."""
    code, (open_, count) = "rule_late_some" if others[0] else "rule_late", others
    words = {"post": post, "rules": _told(blocked), "others": open_, "count": count, "least": least}
    return refused(question, code, blocked, **words)


def too_late(question: Question, post: Bilingual, blocked: Sequence[Blocked], end: date) -> Told:
    """Service ends before rules are met."""
    return refused(question, "retirement_before_rule", blocked, post=post, rules=_told(blocked), end=end)


def _told(blocked: Sequence[Blocked]) -> Bilingual:
    return Bilingual.joined((one.text for one in blocked), ("、", "; "))
