"""The words of `pharos recommend`, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.counting import filled
from data_contracts.errors import InvalidInput
from data_contracts.vocabulary import Bilingual
from serving.schemas import Because, Text

LANGUAGES = ("zh", "en")
SAID: dict[str, Bilingual] = {
    "head": Bilingual("{officer} 的职业建议，依据截至 {day} 的记录", "advice for {officer} by the records of {day}"),
    "posts": Bilingual("下一岗位建议", "next posts"),
    "posts_and_goal": Bilingual(
        "以上下一岗位不随 --goal 变化：可能性按以往去向，匹配度按能力与本人登记的意愿；通往该目标的步骤见下方路径",
        "these next posts do not follow --goal: likely is by where people went, fit by competencies and the wishes on "
        "record; the steps towards the goal stand in the paths below",
    ),
    "post": Bilingual("岗位", "post"),
    "likelihood": Bilingual("可能性", "likely"),
    "fit": Bilingual("匹配度", "fit"),
    "why": Bilingual("原因", "why"),
    "lacking": Bilingual("所缺条件", "what is lacking"),
    "vacant": Bilingual("现有空缺{places}个", "open places: {places}"),
    "no_open_post": Bilingual("目前没有符合条件的岗位", "no post is open to this officer now"),
    "barred": Bilingual("因规则暂不可选的岗位", "posts that rules bar for now"),
    "unruled": Bilingual("未按规则筛选：没有相应记录", "rules were not checked: the records for it are not there"),
    "short": Bilingual("已知的任职岗位不超过两个，排序把握较小",
                       "at most two posts of the career are known, so the ranking is less sure"),
    "few_moves": Bilingual("以往调入此岗位的人次很少，把握较小",
                           "hardly anybody on record moved here, so it is less sure"),
    "cold": Bilingual("没有任职记录，按同序列入警者的首任岗位建议",
                      "no posting is known, so where those who joined on the same track began decides"),
    "not_ruled": Bilingual("未能核查：{text}", "could not be checked: {text}"),
    "declined": Bilingual("因本人不感兴趣未列出：{name}（{text}）",
                          "left out because it was declined: {name} ({text})"),
    "paths": Bilingual("从 {start} 到 {goal}：{months} 个月内到达的可能性 {chance}",
                       "from {start} to {goal}: {chance} within {months} {months:month|months}"),
    "from_ended": Bilingual("现无任职：{start} 已于 {day} 结束，路径由此起算",
                            "no post is held: {start} ended on {day}, and paths start from it"),
    "path": Bilingual("路径 {place}：可能性 {chance}，约 {months:.0f} 个月（80% 区间 {low:.0f} 至 {high:.0f}）",
                      "path {place}: chance {chance}, about {months:.0f} months (80 %: {low:.0f} to {high:.0f})"),
    "of_path": Bilingual("  每条路径的可能性：{text}", "  the chance of a path: {text}"),
    "of_step": Bilingual("  每一步的可能性：{text}", "  the chance of a step: {text}"),
    "step": Bilingual("步骤", "step"),
    "chance": Bilingual("可能性", "chance"),
    "when": Bilingual("预计（80% 区间）", "expected (80 % interval)"),
    "needs": Bilingual("尚需", "still to come"),
    "courses": Bilingual("课程建议", "courses"),
    "prepares": Bilingual("课程与积分", "courses and points"),
    "course": Bilingual("课程", "course"),
    "earns": Bilingual("至多可得{points}分", "up to {points} {points:point|points}"),
    "hours": Bilingual("{name}（{hours}学时）", "{name} ({hours} {hours:hour|hours})"),
    "falls_due": Bilingual("{told}，到期日 {day}", "{told}, due date {day}"),
    "take_by": Bilingual("{told}，{day} 前（含）修", "{told}, by {day}"),
    "gap": Bilingual("{name}：{level}，标准{standard}", "{name}: {level}, standard {standard}"),
    "gap_rule": Bilingual("{name}：{level}，规则“{rule}”要求{standard}", "{name}: {level}, {rule} asks for {standard}"),
    "unmeasured": Bilingual("未测", "not measured"),
    "helps": Bilingual("最有帮助的一项改变：{text}（{before} → {chance}）",
                       "what would help most: {text} ({before} to {chance})"),
    "opens": Bilingual("可打开路径的改变：{text}（{before} → {chance}）",
                       "what would open a way: {text} ({before} to {chance})"),
    "nearer": Bilingual("可打开路径的改变：{text}（到达“{goal}”的可能性：{chance}）",
                        "what would open a way: {text} (the chance of reaching {goal}: {chance})"),
    "progress": Bilingual("进度：{status}。{why}", "progress: {status}. {why}"),
    "none": Bilingual("没有路径：{why}", "no path: {why}"),
    "first": Bilingual("首次制定", "the first plan"),
    "on_track": Bilingual("按计划", "on track"),
    "ahead": Bilingual("提前", "ahead"),
    "off_track": Bilingual("偏离", "off track"),
    "reached": Bilingual("已达到", "reached"),
    "no_path": Bilingual("无路径", "no path"),
    "kind": Bilingual("类别", "kind"),
    "due": Bilingual("时间", "when"),
    "required": Bilingual("必修", "required"),
    "goal": Bilingual("目标岗位要求", "for the goal"),
    "gap_kind": Bilingual("补差距", "closes a gap"),
    "next": Bilingual("同路径所学", "others on this way"),
    "ranked_kind": Bilingual("模型排序", "ranked by the model"),
    "wave": Bilingual("新课推广", "new, rolling out"),
    "small": Bilingual("零散时间", "spare time"),
    "overdue": Bilingual("已逾期", "overdue"),
    "due_on": Bilingual("{day} 到期", "due on {day}"),
    "this_month": Bilingual("本月", "this month"),
    "next_month": Bilingual("下个月", "next month"),
    "later": Bilingual("{months}个月后", "in {months} {months:month|months}"),
    "no_courses": Bilingual("目前没有课程建议", "no course is suggested now"),
    "points": Bilingual("积分：共 {total} 分", "points: {total} in all"),
    "line": Bilingual("项目", "line"),
    "counted": Bilingual("计分", "points"),
    "cap": Bilingual("上限", "cap"),
    "could": Bilingual("到 {day} 还能得", "could still earn by {day}"),
    "way": Bilingual("办法 {place}：{text}", "way {place}: {text}"),
    "losses": Bilingual("将到期：{text}", "will expire: {text}"),
    "absent": Bilingual("{what}：尚不能作答（{because}）", "{what}: no answer yet ({because})"),
    "not_scored": Bilingual("{what}：{why}", "{what}: {why}"),
    "paths_desk": Bilingual("职业路径", "paths"),
    "points_desk": Bilingual("积分", "points"),
    "picture": Bilingual("图：{file}", "picture {file}"),
    "no_picture": Bilingual("没有路径可画，未生成图：{why}",
                            "no picture was drawn, as there is no path for it: {why}"),
}  # fmt: skip


@dataclass(frozen=True)
class Say:
    """Picks the language; raises InvalidInput for one that there is not."""

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise InvalidInput(f"there is no language {self.language!r} here; use one of {', '.join(LANGUAGES)}")

    def __call__(self, word: str, **values: object) -> str:
        """A word or sentence, filled in."""
        return filled(self.one(SAID[word]), **values)

    def one(self, text: Bilingual | Text | Because) -> str:
        """A text that has both."""
        return text.zh if self.language == "zh" else text.en

    def all_of(self, texts: list[Text]) -> str:
        """Several in one line."""
        return ("；" if self.language == "zh" else "; ").join(self.one(text) for text in texts)


def share(chance: float) -> str:
    """A chance as people read it: whole percents, a digit more below ten, never a 0 or a 100 that it is not.

    >>> share(0.254), share(0.0311), share(0.0002), share(0.0), share(0.9968)
    ('25%', '3.1%', '<0.1%', '0%', '>99%')
    """
    if 0.0 < chance < 0.001:
        return "<0.1%"
    if 0.99 < chance < 1.0:
        return ">99%"
    return f"{chance:.1%}" if 0.0 < chance < 0.1 else f"{chance:.0%}"


def number(value: float) -> str:
    """A number without a needless end.

    >>> number(12.0), number(2.75)
    ('12', '2.8')
    """
    return f"{round(value, 1):.10g}"
