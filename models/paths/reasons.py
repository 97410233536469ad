"""Why a plan stands as it does, in words: what made the status first, much alike in one counted line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from data_contracts.counting import filled
from data_contracts.vocabulary import Bilingual

ASIDE = ("goal_stated", "other_assessment", "other_completion")  # told, but no reason to look for another path
FELL = Bilingual(
    "目标的可能性由 {was}（{since}）降至 {item}",
    "the chance of the goal fell from {was}, as told on {since}, to {item}",
)
WHY: Mapping[str, Bilingual] = {
    "reached": Bilingual("已达到目标 {item}", "the goal {item} is reached"),
    "post_of_field": Bilingual(
        "已任职于属于 {item} 的岗位，计划的各步至此完成", "a post of {item} is held, so the plan has no step left"
    ),
    "goal": Bilingual("目标已由 {was} 改为 {item}", "the goal was {was} and is now {item}"),
    "horizon": Bilingual(
        "期限已由 {was} 个月改为 {item} 个月",
        "the time was {was} {was:month|months} and is now {item} {item:month|months}",
    ),
    "term_over": Bilingual(
        "目标 {item} 的期限已届满，期限内未达到；请重新登记目标及期限",
        "the term of the goal {item} is over and the goal was not reached within it; state the goal again",
    ),
    "was_held": Bilingual(
        "目标 {item} 曾在期限（至{was}）内达到，其后已离开；如仍有此目标，请重新登记目标及期限",
        "the goal {item} was reached within its term, which goes to {was}, and left since; state it again where it is "
        "still the goal",
    ),
    "after_term": Bilingual(
        "按此路径，预计要在目标 {item} 的期限届满之后才能达到；如仍有此目标，请登记更长的期限",
        "by this path the goal {item} is expected only after its term is over; state it again for longer where it is "
        "still the goal",
    ),
    "left_path": Bilingual(
        "现任岗位 {item} 不在上次所存的任一路径上",
        "{item}, the present post, is on none of the paths kept of the last answer",
    ),
    "chance_rose": Bilingual(
        "目标的可能性由 {was}（{since}）升至 {item}，离开原路径本身因此不算偏离",
        "the chance of the goal rose from {was}, as told on {since}, to {item}, so leaving the path is by itself not "
        "off track",
    ),
    "chance_not": Bilingual(
        "目标的可能性未上升，仍为 {item}", "the chance of the goal did not rise: it is {item}, as before"
    ),
    "overdue": Bilingual("步骤 {item} 已逾期", "the step {item} is overdue"),
    "beyond_interval": Bilingual(
        "目标的预计日期由 {was} 推迟至 {item}，晚于当时所告知的区间",
        "the goal is expected on {item} now, and was on {was} when this was told: later than the interval told then",
    ),
    "declined": Bilingual("本人对原路径不感兴趣", "the old path was declined"),
    "declined_over": Bilingual(
        "路径 {path} 曾因本人的不感兴趣未列，该意见已不再有效，重新列入",
        "the path {path} was left out for what was declined; that word is over, and it counts again",
    ),
    "left_goal": Bilingual("曾达到目标 {item}，现已不在", "the goal {item} was held and no longer is"),
    "told_path": Bilingual(
        "已任职 {item}，在上次所列的另一条路径上：{path}", "took up {item}, on another of the paths told: {path}"
    ),
    "posting": Bilingual("已任职 {item}", "took up {item}"),
    "promotion": Bilingual("已晋升为 {item}", "promoted to {item}"),
    "ended": Bilingual("任职 {item} 已结束，现无任职", "the posting to {item} ended, and no post is held now"),
    "chance_fell": FELL,
    "given_end": Bilingual(
        "请求给出的退休日期 {item} 之后的任职不计入路径，预计日期与可能性均按此计",
        "paths end on {item}, the day of retirement given with the question, and days and chances are of those",
    ),
    "end_beyond": Bilingual(
        "退休日期已在期限之外，不再限制路径",
        "the day of retirement lies beyond the horizon now, and days and chances are of paths without that end",
    ),
    "course_declined": Bilingual(
        "本人对课程 {item} 不感兴趣，路径不再要求", "the course {item} was declined, and the plan does without it"
    ),
    "completion": Bilingual("已完成课程 {item}", "completed the course {item}"),
    "assessment": Bilingual("路径所需能力 {item} 有新的测评", "{item}, which the plan needs, was assessed anew"),
    "appraisal": Bilingual("有新的考核结果", "an appraisal became known"),
    "vacancy": Bilingual("岗位 {item} 出现空缺", "a vacancy for {item} became known"),
    "later": Bilingual(
        "目标的预计日期由 {was} 推迟至 {item}，仍在当时所告知的区间之内",
        "the goal is expected on {item} now, and was on {was} when this was told: later, within the interval told then",
    ),
    "sooner": Bilingual(
        "目标的预计日期由 {was} 提前至 {item}",
        "the goal is expected on {item} now, and was on {was} when this was told",
    ),
    "less_likely": Bilingual(
        "目标的可能性当时为 {was}，现为 {item}，因此不算提前",
        "the chance of the goal was {was} then and is {item} now, so this is not ahead",
    ),
    "made_anew": Bilingual(
        "任职 {item} 时离开了所列路径（按原路径，目标预计于 {was} 达到），此后以重订的计划衡量进度",
        "the posting to {item} left the paths told, by which the goal was expected on {was}; the plan made after it is "
        "what counts since",
    ),
    "goal_again": Bilingual("再次登记目标 {item}", "the goal {item} was stated again"),
    "goal_stated": Bilingual("已登记职业目标 {item}", "the goal {item} was stated"),
    "other_assessment": Bilingual(
        "能力 {item} 有新的测评，原路径未列为差距", "{item} was assessed anew, which the plan does not list as a gap"
    ),
    "other_completion": Bilingual(
        "已完成课程 {item}，原路径未要求此课程", "completed the course {item}, which the plan did not ask for"
    ),
    "first": Bilingual("首次制定路径", "this is the first plan"),
    "nothing": Bilingual("没有新的相关情况，路径不变", "nothing relevant became known; the plan stays"),
    "stays": Bilingual("以上情况不影响原路径，路径不变", "the plan does not rest on that and stays"),
    "opened": Bilingual("此前没有可行路径，现在有了", "there was no path before, and now there is one"),
    "kept": Bilingual("原路径仍接近最佳，予以保留", "the old path is still close to the best and stays"),
    "kept_rest": Bilingual(
        "原路径的后续步骤 {path} 从现岗位仍可行，且接近最佳，予以保留",
        "what is left of the old path, {path}, is open from the present post too, is close to the best, and stays",
    ),
    "followed": Bilingual("所走路径接近最佳，今后按此进行", "that path is close to the best and is followed from here"),
    "better": Bilingual("另一条路径明显更好", "another path is clearly better now"),
    "unlikely": Bilingual(
        "原路径的可能性已降至可列路径的下限以下，改为另一条路径",
        "the chance of the old path fell below the least that is told, so another path takes its place",
    ),
    "closed": Bilingual("原路径已不可行", "the old path is no longer open"),
    "none": Bilingual("期限内没有可行路径", "no path within the horizon"),
    "retirement": Bilingual("退休之前已没有可行路径", "no path is left before retirement"),
}
"""In the order in which they are told: what makes a status, what the plan rests on, what it does not, what follows."""
OF_RANKS: Mapping[str, Bilingual] = {
    "posting": WHY["promotion"],
    "told_path": Bilingual(
        "已晋升为 {item}，在上次所列的另一条路径上：{path}", "promoted to {item}, on another of the paths told: {path}"
    ),
    "left_path": Bilingual(
        "现为 {item}，不在上次所存的任一路径上",
        "{item}, the rank step held now, is on none of the paths kept of the last answer",
    ),
    "made_anew": Bilingual(
        "晋升为 {item} 时离开了所列路径（按原路径，目标预计于 {was} 达到），此后以重订的计划衡量进度",
        "the promotion to {item} left the paths told, by which the goal was expected on {was}; the plan made after it "
        "is what counts since",
    ),
}
"""Of whom a plan for a rank step speaks: its steps are promotions, no posts."""
SLIPS = ("later", "beyond_interval", "sooner")  # of days since they were told first
BESIDE = ("made_anew", "less_likely", *SLIPS)  # told beside what became known, and nothing of the kind themselves
# true of every day until it is mended or told anew, and so no news the second time
STANDING = ("overdue", "term_over", "was_held", "after_term", *BESIDE)
MOST_ALIKE = 3  # more of one kind are one line
MANY: Mapping[str, Bilingual] = {
    "completion": Bilingual("已完成路径课程 {count} 门，最近为 {item}", "completed {count} courses of it, {item} last"),
    "assessment": Bilingual(
        "路径所需能力有 {count} 项新的测评，最近为 {item}", "{count} assessments of what the plan needs, {item} last"
    ),
    "appraisal": Bilingual("有 {count} 项新的考核结果", "{count} appraisals became known"),
    "vacancy": Bilingual("路径上出现 {count} 处空缺，最近为 {item}", "{count} vacancies on the path, {item} last"),
    "goal_stated": Bilingual("登记职业目标 {count} 次，最近为 {item}", "goals were stated {count} times, {item} last"),
    "other_assessment": Bilingual(
        "另有 {count} 项能力测评，原路径未列为差距，最近为 {item}",
        "{count} assessments of what the plan does not list as a gap, {item} last",
    ),
    "other_completion": Bilingual(
        "已完成原路径未要求的课程 {count} 门，最近为 {item}",
        "completed {count} courses that the plan did not ask for, {item} last",
    ),
}  # fmt: skip
# whose items are told as they are
NUMBERS = ("horizon", "given_end", "chance_rose", "chance_not", "chance_fell", "less_likely", *SLIPS)
DAYS = ("was_held", "made_anew")  # whose `was` is a day


@dataclass(frozen=True)
class Because:
    """One reason, with the day of what it rests on where there is one.

    `item` is the post, course, competency or goal it names, `was` the goal before; of `count` alike the last. `path`
    are the posts of the path it speaks of.
    """

    code: str
    text: Bilingual
    since: date | None = None
    item: str = ""
    was: str = ""
    count: int = 1
    path: tuple[str, ...] = ()

    def named(self, name: Callable[[str], Bilingual], ranks: bool = False) -> Bilingual:
        """The reason with the names of what it speaks of in place of the codes; of a plan of `ranks` in its words."""
        plain = (self.code in NUMBERS, self.code in (*NUMBERS, *DAYS))
        item, was = (
            name(code) if code and not told else Bilingual(code, code)
            for code, told in zip((self.item, self.was), plain, strict=True)
        )
        steps = [name(post) for post in self.path]
        fell = self.code == "chance_not" and self.item != self.was
        pattern = FELL if fell else (WHY if self.count == 1 else MANY)[self.code]
        pattern = OF_RANKS.get(self.code, pattern) if ranks else pattern
        zh, en = " → ".join(step.zh for step in steps), " → ".join(step.en for step in steps)
        return Bilingual(
            pattern.zh.format(item=item.zh, was=was.zh, count=self.count, path=zh, since=self.since),
            filled(pattern.en, item=item.en, was=was.en, count=self.count, path=en, since=self.since),
        )


def because(
    code: str, item: str = "", since: date | None = None, was: str = "", count: int = 1, path: tuple[str, ...] = ()
) -> Because:
    """The reason of a code, with codes for names.

    >>> because("horizon", "60", None, "36").text.en
    'the time was 36 months and is now 60 months'
    """
    one = Because(code, Bilingual("", ""), since, item, was, count, path)
    return replace(one, text=one.named(lambda code: Bilingual(code, code)))


def in_order(found: Iterable[Because]) -> tuple[Because, ...]:
    """By weight, each once; more than `MOST_ALIKE` of a kind as one line with the newest day.

    >>> courses = [because("other_completion", f"c{day}", date(2026, 1, day)) for day in range(1, 5)]
    >>> [(one.code, one.count, one.item) for one in in_order([*courses, because("overdue", "m")])]
    [('overdue', 1, 'm'), ('other_completion', 4, 'c4')]
    """
    alike: dict[str, list[Because]] = {}
    for one in dict.fromkeys(found):
        alike.setdefault(one.code, []).append(one)
    order = list(WHY)
    told = [line for code in sorted(alike, key=order.index) for line in _folded(alike[code])]
    return tuple(told)


def _folded(alike: Sequence[Because]) -> Sequence[Because]:
    if len(alike) <= MOST_ALIKE or alike[0].code not in MANY:
        return alike
    last = max(alike, key=lambda one: one.since or date.min)
    return [because(last.code, last.item, last.since, count=sum(one.count for one in alike))]
