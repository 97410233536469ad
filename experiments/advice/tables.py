"""What the service answers one officer as tables and lines that fit a hundred columns; nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from rich.console import RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Words

from experiments.advice.words import Say, number, share
from models.courses.crowd import RANKED
from models.paths.telling import LastDay
from serving.courses.schemas import CoursesSuggested, CourseSuggestion
from serving.paths.schemas import (
    CareerPath,
    CourseForStep,
    Gap,
    GoalReached,
    NoPathFound,
    PathInstead,
    PathsFound,
    PathStep,
    Progress,
)
from serving.points.schemas import PointsPlan, PointsScored
from serving.schemas import Declined, NotScored, PostsRanked, PostSuggestion

MOST_LOSSES = 3
Names = Mapping[str, str]  # of posts and rank steps by code


def posts_told(found: PostsRanked | NotScored, say: Say, names: Names) -> Iterator[RenderableType]:
    """Open posts with both scores and reasons, then what rules bar with what is lacking, then what was declined."""
    if isinstance(found, NotScored):
        yield Words(say("not_scored", what=say("posts"), why=say.one(found.because)))
        return
    if found.cold_start:
        yield Words(say("cold"))
    elif found.short_history:
        yield Words(say("short"))
    if not found.rules_checked:
        yield Words(say("unruled"))
    yield from (Words(say("not_ruled", text=say.one(rule.text))) for rule in found.rules_not_checked)
    if found.posts:
        yield _posts(say("posts"), say("why"), ((post, _why(post, say)) for post in found.posts), say)
    else:
        why = say("no_open_post") if found.because is None else say.one(found.because)
        yield Words(say("not_scored", what=say("posts"), why=why))
    if found.barred:
        yield _posts(say("barred"), say("lacking"), ((post, _lacking(post, say)) for post in found.barred), say)
    yield from (Words(say.one(notice)) for notice in found.notices)
    yield from _declined(found.declined, say, names)


def paths_told(
    found: PathsFound | GoalReached | NoPathFound | NotScored, say: Say, names: Names
) -> Iterator[RenderableType]:
    """Paths with their steps, the single change, progress and retirement; or why there is none."""
    if isinstance(found, PathsFound):
        head = say("paths", start=say.one(found.start), goal=say.one(found.goal), months=found.horizon_months,
                   chance=share(found.chance))  # fmt: skip
        yield Panel(Words(f"{head}\n{say.one(found.chances.goal)}"))
        if found.start_ended_on is not None:
            yield Words(say("from_ended", start=say.one(found.start), day=found.start_ended_on))
        yield Words(say("of_path", text=say.one(found.chances.path)))
        yield Words(say("of_step", text=say.one(found.chances.step)))
        yield from (_path(place, path, say) for place, path in enumerate(found.paths, 1))
        if (change := found.change) is not None:
            text = say.one(change.text)
            yield Words(say("helps", text=text, before=share(change.before), chance=share(change.chance)))
    elif isinstance(found, GoalReached):
        yield Words(say("not_scored", what=say("paths_desk"), why=say.one(found.because)))
    else:
        yield Words(say("none", why=say.one(found.because)))
    if isinstance(found, NotScored):
        return
    if isinstance(found, NoPathFound):
        yield from (Words(f"  {say.one(rule.text)}") for rule in found.blocked_by)
        yield from (Words(_opens(one, say)) for one in (found.change, *found.other_changes) if one is not None)
    if found.progress is not None:
        yield Words(_progress(found.progress, say))
    if not isinstance(found, GoalReached) and found.term is not None and found.term.over:
        yield Words(say.one(found.term.text))
    if not isinstance(found, GoalReached):
        yield from _declined(found.declined, say, names)
        yield Words(say.one(found.retirement.text))


def _opens(one: PathInstead, say: Say) -> str:
    """A change, with the chance that it brings and of what that is a chance."""
    if one.goal is not None:
        return say("nearer", text=say.one(one.text), goal=say.one(one.goal), chance=share(one.chance))
    if one.before is None or one.kind == "none":
        return say.one(one.text)
    return say("opens", text=say.one(one.text), before=share(one.before), chance=share(one.chance))


def courses_told(found: CoursesSuggested | NotScored, say: Say) -> Iterator[RenderableType]:
    """Every suggestion with its kind, time and reasons, then what could not count, then what was declined."""
    if isinstance(found, NotScored):
        yield Words(say("not_scored", what=say("courses"), why=say.one(found.because)))
        return
    if found.courses:
        rows = ([_kind(one, say), _course(one, say), _due(one, say), _lines(say, one.reasons)] for one in found.courses)
        yield _table(say("courses"), [say("kind"), say("course"), say("due"), say("why")], rows, wide=(0, 3, 0, 5))
    else:
        yield Words(say("not_scored", what=say("courses"), why=say("no_courses")))
    yield from (Words(say.one(notice)) for notice in found.notices)
    yield from _declined(found.declined, say, {})


def points_told(found: PointsScored | NotScored, say: Say) -> Iterator[RenderableType]:
    """Each line of the rule table with what it could still give, the answer, what expires, and each way there."""
    if isinstance(found, NotScored):
        yield Words(say("not_scored", what=say("points_desk"), why=say.one(found.because)))
        return
    plan = found.plan
    ways = {} if plan is None else {way.rule: say.one(way.text).split("：" if say.language == "zh" else ": ", 1)[-1]
                                    for way in plan.ways}  # fmt: skip
    heads = [say("line"), say("counted"), say("cap")] + ([] if plan is None else [say("could", day=plan.deadline)])
    rows = ([say.one(line.name), number(line.points), number(line.cap), *([ways.get(line.rule, "")] if ways else [])]
            for line in found.points)  # fmt: skip
    yield _table(say("points", total=number(found.total)), heads, rows, wide=(0, 0, 0, 1))
    if plan is not None:
        yield from _plan(plan, say)


def _plan(plan: PointsPlan, say: Say) -> Iterator[RenderableType]:
    yield Words(say.one(plan.text))
    if plan.losses:
        more = "" if len(plan.losses) <= MOST_LOSSES else " …"
        yield Words(say("losses", text=say.all_of([loss.text for loss in plan.losses[:MOST_LOSSES]]) + more))
    for place, way in enumerate(plan.combinations, 1):
        steps = "\n".join(f"  {say.one(step.text)}" for step in way.steps)
        yield Words(f"{say('way', place=place, text=say.one(way.text))}\n{steps}")
    yield from _declined(plan.declined, say, {})


def _posts(title: str, last: str, posts: Iterable[tuple[PostSuggestion, list[str]]], say: Say) -> Table:
    rows = (
        [say.one(post.name), share(post.likelihood), "" if post.fit is None else share(post.fit), "\n".join(told)]
        for post, told in posts
    )
    return _table(title, [say("post"), say("likelihood"), say("fit"), last], rows, wide=(0, 0, 0, 1))


def _why(post: PostSuggestion, say: Say) -> list[str]:
    few = [say("few_moves")] if post.few_moves else []
    unknown = _texts(say, post.not_checked)
    return [*_texts(say, post.reasons), *few, *_texts(say, post.fit_parts), *unknown, *_vacant(post, say)]


def _lacking(post: PostSuggestion, say: Say) -> list[str]:
    """What bars the post, and the first reason for which it is suggested all the same."""
    return [*_texts(say, post.blocked_by), *_texts(say, post.not_checked), *_texts(say, post.reasons[:1])]


def _vacant(post: PostSuggestion, say: Say) -> Iterator[str]:
    places = sum(one.places for one in post.vacancies)
    if places:
        yield say("vacant", places=places)


def _path(place: int, path: CareerPath, say: Say) -> Table:
    title = say("path", place=place, chance=share(path.chance), months=path.months, low=path.low_months,
                high=path.high_months)  # fmt: skip
    heads = [say("step"), say("chance"), say("when"), say("needs"), say("prepares")]
    return _table(title, heads, (_step(step, say) for step in path.steps), wide=(3, 0, 0, 4, 4))


def _step(step: PathStep, say: Say) -> list[str]:
    needs = [*_texts(say, step.blocked_by), *(_gap(gap, say) for gap in step.gaps)]
    courses = [_by(_hours(say.one(one.name), one.hours, say), one, say) for one in step.courses]
    earns = [] if step.points is None else [say("earns", points=number(step.points))]
    when = f"{step.expected_on:%Y-%m}\n{step.low_on:%Y-%m} – {step.high_on:%Y-%m}"
    return [say.one(step.name), share(step.chance), when, "\n".join(needs), "\n".join([*courses, *earns])]


def _gap(gap: Gap, say: Say) -> str:
    level = say("unmeasured") if gap.level is None else number(gap.level)
    told = {"name": say.one(gap.name), "level": level, "standard": number(gap.standard)}
    return say("gap", **told) if gap.rule is None else say("gap_rule", rule=say.one(gap.rule), **told)


def _progress(progress: Progress, say: Say) -> str:
    return say("progress", status=say(progress.status), why=say.all_of([why.text for why in progress.why]))


def _kind(one: CourseSuggestion, say: Say) -> str:
    """That others on this way took it is said only where its reasons say so too."""
    if one.kind == "next" and all(reason.theme == RANKED for reason in one.reasons):
        return say("ranked_kind")
    return say("gap_kind" if one.kind == "gap" else one.kind)


def _course(one: CourseSuggestion, say: Say) -> str:
    return _hours(say.one(one.name), one.hours, say)


def _hours(name: str, hours: float | None, say: Say) -> str:
    return name if hours is None else say("hours", name=name, hours=number(hours))


def _until(told: str, take_by: date | None, say: Say) -> str:
    """With the last day of the offer, where there is one to keep in mind."""
    return told if take_by is None else say("take_by", told=told, day=take_by)


def _by(told: str, one: CourseForStep, say: Say) -> str:
    """With the day it is due or the last of its offer, whichever is earlier."""
    last = LastDay.of(one.take_by, one.due_on)
    if last is None:
        return told
    return say("falls_due" if last.due else "take_by", told=told, day=last.day)


def _due(one: CourseSuggestion, say: Say) -> str:
    return _until(_when(one, say), one.take_by, say)


def _when(one: CourseSuggestion, say: Say) -> str:
    if one.overdue:
        return say("overdue")
    if one.due_on is not None:
        return say("due_on", day=one.due_on)
    return say(("this_month", "next_month")[one.month]) if one.month < 2 else say("later", months=one.month)


def _declined(items: Iterable[Declined], say: Say, names: Names) -> Iterator[RenderableType]:
    """Each by its name; a path by the names of its steps."""
    for one in items:
        steps = [names.get(part, part) for part in one.item.split(">")]
        name = " → ".join(steps) if one.name is None else say.one(one.name)
        yield Words(say("declined", name=name, text=say.one(one.text)))


def _texts(say: Say, told: Iterable[object]) -> list[str]:
    return [say.one(getattr(one, "text")) for one in told]  # noqa: B009  # reasons, rules and parts alike


def _lines(say: Say, told: Iterable[object]) -> str:
    return "\n".join(_texts(say, told))


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], wide: Sequence[int]) -> Table:
    """A table as wide as there is room; a column of `wide` 0 is as wide as its words, the others share the rest so."""
    table = Table(title=title, title_justify="left", expand=True, show_lines=True)
    for head, ratio in zip(heads, wide, strict=False):
        table.add_column(head, overflow="fold", no_wrap=not ratio, ratio=ratio or None)
    for row in rows:
        table.add_row(*map(escape, row))
    return table
