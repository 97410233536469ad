"""`pharos recommend`: what the service would answer one officer about posts and paths, as a plan to read and a picture.

It asks the desks of the service itself; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Words

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.vocabulary import Bilingual, GoalKind
from experiments.path_picture import draw_paths
from models.paths.telling import TellingStep, ToldPath
from serving.api.opened import Absent, Desks
from serving.paths.schemas import CareerPath, GoalReached, NoPathFound, PathsFound, PathsRequest, PathStep
from serving.schemas import NextPostsRequest, NotScored, PostsRanked, Text

LANGUAGES = ("zh", "en")
REQUEST_ID = "recommend"
TOP = 5
SAID: dict[str, Bilingual] = {
    "posts": Bilingual("下一岗位建议", "next posts"),
    "paths": Bilingual("从 {start} 到 {goal}：{months} 个月内到达的可能性 {chance:.0%}",
                       "from {start} to {goal}: {chance:.0%} within {months} months"),
    "path": Bilingual("路径 {place}：可能性 {chance:.1%}，约 {months:.0f} 个月（{low:.0f} 至 {high:.0f}）",
                      "path {place}: chance {chance:.1%}, about {months:.0f} months ({low:.0f} to {high:.0f})"),
    "post": Bilingual("岗位", "post"),
    "score": Bilingual("分数", "score"),
    "why": Bilingual("原因", "why"),
    "step": Bilingual("步骤", "step"),
    "chance": Bilingual("可能性", "chance"),
    "when": Bilingual("预计（80% 区间）", "expected (80 % interval)"),
    "gaps": Bilingual("差距", "gaps"),
    "courses": Bilingual("课程", "courses"),
    "points": Bilingual("积分", "points"),
    "blocked": Bilingual("尚不满足", "not met yet"),
    "helps": Bilingual("最有帮助的一项改变：{text}（{before:.1%} → {chance:.1%}）",
                       "what would help most: {text} ({before:.1%} to {chance:.1%})"),
    "progress": Bilingual("进度：{status}。{why}", "progress: {status}. {why}"),
    "declined": Bilingual("未列出：{what}", "left out: {what}"),
    "unmeasured": Bilingual("未测", "not measured"),
    "none": Bilingual("没有路径：{why}", "no path: {why}"),
    "picture": Bilingual("图：{file}", "picture {file}"),
    "first": Bilingual("首次制定", "the first plan"),
    "on_track": Bilingual("按计划", "on track"),
    "ahead": Bilingual("提前", "ahead"),
    "off_track": Bilingual("偏离", "off track"),
    "reached": Bilingual("已达到", "reached"),
    "no_path": Bilingual("无路径", "no path"),
}  # fmt: skip


@dataclass(frozen=True)
class Recommendation:
    """What is asked: an officer, a goal as KIND:CODE (None: the stated one), months, a day, where the picture goes."""

    officer_id: str
    goal: str | None = None
    horizon_months: int | None = None
    as_of: date | None = None
    out: Path | None = None
    language: str = "zh"


@dataclass(frozen=True)
class Say:
    """Picks the language."""

    language: str

    def __call__(self, word: str, **values: object) -> str:
        """A word or sentence, filled in."""
        return self.one(SAID[word]).format(**values)

    def one(self, text: Bilingual | Text) -> str:
        """A text that has both."""
        return text.zh if self.language == "zh" else text.en


def recommend(asked: Recommendation, desks: Desks, pictures: Path, console: Console) -> Path | None:
    """Ask, print, draw; where the picture lies, None where there is no path to draw.

    Raises InvalidInput for a goal, a language or an officer id that cannot be asked about, and NotReady where neither
    posts nor paths can be answered yet.
    """
    if asked.language not in LANGUAGES:
        raise InvalidInput(f"there is no language {asked.language!r} here; use one of {', '.join(LANGUAGES)}")
    say, body, now = Say(asked.language), _body(asked), desks.now()
    posts, paths = _posts(asked, desks, say, now), desks.of("/v1/paths")
    if isinstance(paths, Absent):
        if isinstance(desks.careers, Absent):
            raise NotReady(f"{paths.because}; {desks.careers.because}")
        console.print(posts, escape(paths.because))
        return None
    found = paths.answer(body, REQUEST_ID, now).results[0]
    console.print(posts, told(found, say))
    if not isinstance(found, PathsFound):
        return None
    file = (asked.out or pictures) / "path.png"
    draw_paths(file, [_as_told(path) for path in found.paths], ("start", "goal"), _Names(found))
    console.print(say("picture", file=file), markup=False, highlight=False, soft_wrap=True)
    return file


def told(found: PathsFound | GoalReached | NoPathFound | NotScored, say: Say) -> RenderableType:
    """The answer about paths as people read it."""
    if isinstance(found, GoalReached):
        return Words(say.one(Text(zh=found.because.zh, en=found.because.en)))
    if not isinstance(found, PathsFound):
        lines = [say("none", why=say.one(Text(zh=found.because.zh, en=found.because.en)))]
        if isinstance(found, NoPathFound) and found.progress is not None:
            lines.append(_progress(found.progress.status, [say.one(why.text) for why in found.progress.why], say))
        return Words("\n".join([*lines, *_left_out(found, say)]))
    head = say("paths", start=say.one(found.start), goal=say.one(found.goal), months=found.horizon_months,
               chance=found.chance)  # fmt: skip
    parts: list[RenderableType] = [Panel(Words(head))]
    parts += [_table(place, path, say) for place, path in enumerate(found.paths, 1)]
    if found.change is not None:
        change = found.change
        parts.append(Words(say("helps", text=say.one(change.text), before=change.before, chance=change.chance)))
    parts.append(Words(_progress(found.progress.status, [say.one(why.text) for why in found.progress.why], say)))
    parts += [Words(line) for line in _left_out(found, say)]
    parts.append(Words(say.one(found.retirement.text)))
    return Group(*parts)


def _left_out(found: PathsFound | NoPathFound | NotScored, say: Say) -> list[str]:
    """A line for each path or post that the officer declined and is not shown for now."""
    kept_away = [] if isinstance(found, NotScored) else found.declined
    return [say("declined", what=say.one(one.text)) for one in kept_away]


def _body(asked: Recommendation) -> PathsRequest:
    """The request that a caller of the service would send."""
    goal = None
    if asked.goal is not None:
        kind, colon, code = asked.goal.partition(":")
        if not colon or kind not in set(GoalKind) or not code:
            raise InvalidInput(f"goal {asked.goal!r} is not KIND:CODE; KIND is one of {', '.join(GoalKind)}")
        goal = {"kind": kind, "goal": code}
    try:
        return PathsRequest.model_validate(
            {"officer_ids": [asked.officer_id], "goal": goal, "as_of": asked.as_of, "top": TOP,
             "horizon_months": asked.horizon_months}
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidInput(f"{place}: {first['msg']}; mend it and ask again") from error


def _posts(asked: Recommendation, desks: Desks, say: Say, now: datetime) -> RenderableType:
    """Next posts, or why there are none."""
    if isinstance(desks.careers, Absent):
        return Words(desks.careers.because)
    request = NextPostsRequest(officer_ids=[asked.officer_id], as_of=asked.as_of, top=TOP)
    found = desks.careers.answer(request, REQUEST_ID, now).results[0]
    if not isinstance(found, PostsRanked):
        return Words(f"{say('posts')}: {say.one(Text(zh=found.because.zh, en=found.because.en))}")
    table = Table(title=say("posts"))
    for name in ("post", "score", "why", "blocked"):
        table.add_column(say(name), overflow="fold")
    for post in found.posts:
        why = "\n".join(say.one(reason.text) for reason in post.reasons)
        blocked = "\n".join(say.one(rule.text) for rule in post.blocked_by)
        table.add_row(*map(escape, (say.one(post.name), f"{post.score:.3f}", why, blocked)))
    return table


def _table(place: int, path: CareerPath, say: Say) -> Table:
    title = say("path", place=place, chance=path.chance, months=path.months, low=path.low_months, high=path.high_months)
    table = Table(title=title, title_justify="left")
    for name in ("step", "chance", "when", "gaps", "courses", "points", "blocked"):
        table.add_column(say(name), overflow="fold")
    for step in path.steps:
        table.add_row(*map(escape, _row(step, say)))
    return table


def _row(step: PathStep, say: Say) -> Iterator[str]:
    yield say.one(step.name)
    yield f"{step.chance:.1%}"
    yield f"{step.expected_on:%Y-%m}\n({step.low_on:%Y-%m} – {step.high_on:%Y-%m})"
    levels = [(gap, say("unmeasured") if gap.level is None else f"{gap.level:g}") for gap in step.gaps]
    yield "\n".join(f"{say.one(gap.name)} {level} / {gap.standard:g}" for gap, level in levels)
    yield "\n".join(say.one(course.name) for course in step.courses)
    yield "" if step.points is None else f"{step.points:g}"
    yield "\n".join(say.one(rule.text) for rule in step.blocked_by)


def _progress(status: str, why: list[str], say: Say) -> str:
    return say("progress", status=say(status), why=("；" if say.language == "zh" else "; ").join(why))


def _as_told(path: CareerPath) -> ToldPath:
    """As the picture draws it."""
    steps = (TellingStep(s.post_id, s.chance, s.months, s.low_months, s.high_months) for s in path.steps)
    return ToldPath(tuple(steps), path.chance)


@dataclass(frozen=True)
class _Names:
    """Names for the picture: those of the steps, and of the two ends."""

    found: PathsFound

    def __call__(self, item: str) -> Bilingual:
        ends = {"start": self.found.start, "goal": self.found.goal}
        steps = {step.post_id: step.name for path in self.found.paths for step in path.steps}
        text = (steps | ends).get(item, Text(zh=item, en=item))
        return Bilingual(text.zh, text.en)
