"""`pharos recommend`: everything the service would answer one officer, as one plan to read and a picture of the paths.

It asks the desks of the service itself, posts, paths, courses and points; nothing is decided here. A desk without its
model says so, and the others answer all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.text import Text as Words

from data_contracts.asof import add_months
from data_contracts.audit.chain import Action
from data_contracts.errors import InvalidInput
from data_contracts.local_time import local_day
from data_contracts.vocabulary import Bilingual, GoalKind
from experiments.advice.path_picture import draw_paths
from experiments.advice.tables import courses_told, paths_told, points_told, posts_told
from experiments.advice.words import Say
from models.audit import operator
from models.paths.telling import StepCourse, TellingStep, ToldPath
from serving.access.credential import AccessScope, Credential
from serving.access.recorder import Read
from serving.api.opened import Absent, Desk, Desks
from serving.courses.schemas import CoursesRequest
from serving.paths.schemas import CareerPath, CourseForStep, PathsFound, PathsRequest
from serving.points.schemas import PointsRequest
from serving.schemas import NextPostsRequest, Text

B = TypeVar("B", bound=BaseModel)
REQUEST_ID = "recommend"
UNSAFE = r"[^\w.-]"  # in the name of a file
TOP, WIDEST = 5, 100
MORE_POINTS, POINTS_MONTHS = 5.0, 12  # asked about where the caller names no points


@dataclass(frozen=True)
class Recommendation:
    """What is asked: an officer, a goal as KIND:CODE (None: the stated one), months, a day, where the picture goes.

    `points` more are asked for by the day `points_by`; None: `MORE_POINTS` in a year.
    """

    officer_id: str
    goal: str | None = None
    horizon_months: int | None = None
    as_of: date | None = None
    out: Path | None = None
    language: str = "zh"
    points: float | None = None
    points_by: date | None = None


@dataclass(frozen=True)
class _Asking:
    """The desks, the language, the day and what to call posts."""

    asked: Recommendation
    desks: Desks
    say: Say
    now: datetime
    body: PathsRequest

    @property
    def day(self) -> date:
        """The day asked about, today where none is named."""
        return self.asked.as_of or local_day(self.now)

    def names(self) -> Mapping[str, str]:
        """Posts by code, as far as the next-post model names them."""
        if isinstance(self.desks.careers, Absent):
            return {}
        return {code: self.say.one(name) for code, name in self.desks.careers.ranker.names.items()}

    def absent(self, what: str, desk: Absent) -> RenderableType:
        """A desk that is not there, with what to do."""
        return Words(self.say("absent", what=self.say(what), because=self.say.one(desk.because)))

    def of(self, path: str, body: BaseModel) -> Any:
        """The one result of a desk, or the desk's absence."""
        desk: Desk | Absent = self.desks.of(path)
        return desk if isinstance(desk, Absent) else desk.answer(body, REQUEST_ID, self.now).results[0]


def recommend(asked: Recommendation, desks: Desks, pictures: Path, console: Console) -> Path | None:
    """Ask, print, draw; where the picture lies, None where there is no path to draw.

    Raises InvalidInput for a goal, a language, a day or an officer id that cannot be asked about, and AuditAway where
    the audit chain takes no line that says so: then nothing is asked.
    """
    asking = _Asking(asked, desks, Say(asked.language), desks.now(), _body(asked))
    say, width = asking.say, min(WIDEST, console.width)
    desks.record(Read(Action.EXPORTED, _reader(), REQUEST_ID, asking.now), _named(asked))
    paths = asking.of("/v1/paths", asking.body)
    console.print(escape(say("head", officer=asked.officer_id, day=asking.day)), width=width, highlight=False)
    for part in (*_posts(asking), *_paths(asking, paths), *_courses(asking), *_points(asking)):
        console.print(part, width=width)
    if not isinstance(paths, PathsFound):
        console.print(Words(say("no_picture", why=say.one(paths.because))), width=width)
        return None
    file = (asked.out or pictures) / _picture_of(asked, paths)
    draw_paths(file, [_as_told(path) for path in paths.paths], ("start", "goal"), _Names(paths), asked.language)
    console.print(say("picture", file=file), markup=False, highlight=False, soft_wrap=True)
    return file


def _reader() -> Credential:
    """Whoever sits at the machine, and may see every officer."""
    return Credential(operator(), frozenset(AccessScope), None)


def _named(asked: Recommendation) -> str:
    return json.dumps({"officer_id": asked.officer_id})


def _picture_of(asked: Recommendation, paths: PathsFound) -> str:
    """A name of its own for each officer and goal, so that no picture takes the place of another."""
    goal = str(paths.goal_id) if asked.goal is None else asked.goal.replace(":", "-", 1)
    return re.sub(UNSAFE, "_", f"path-{asked.officer_id}-{goal}") + ".png"


def _posts(asking: _Asking) -> Iterator[RenderableType]:
    desk = asking.desks.careers
    if isinstance(desk, Absent):
        yield asking.absent("posts", desk)
        return
    body = NextPostsRequest(officer_ids=[asking.asked.officer_id], as_of=asking.asked.as_of, top=TOP, with_barred=True)
    yield from posts_told(desk.answer(body, REQUEST_ID, asking.now).results[0], asking.say, asking.names())
    if asking.asked.goal is not None:
        yield Words(asking.say("posts_and_goal"))


def _paths(asking: _Asking, found: Any) -> Iterator[RenderableType]:
    if isinstance(found, Absent):
        yield asking.absent("paths_desk", found)
        return
    steps = {} if not isinstance(found, PathsFound) else {
        step.post_id: asking.say.one(step.name) for path in found.paths for step in path.steps
    }  # fmt: skip
    yield from paths_told(found, asking.say, {**asking.names(), **steps})


def _courses(asking: _Asking) -> Iterator[RenderableType]:
    body = CoursesRequest(officer_ids=[asking.asked.officer_id], as_of=asking.asked.as_of, goal=asking.body.goal)
    found = asking.of("/v1/courses", body)
    yield from [asking.absent("courses", found)] if isinstance(found, Absent) else courses_told(found, asking.say)


def _points(asking: _Asking) -> Iterator[RenderableType]:
    asked = asking.asked
    target = {
        "missing": asked.points or MORE_POINTS,
        "deadline": asked.points_by or add_months(asking.day, POINTS_MONTHS),
    }
    body = _valid(PointsRequest, {"officer_ids": [asked.officer_id], "as_of": asked.as_of, "target": target})
    found = asking.of("/v1/points", body)
    yield from [asking.absent("points_desk", found)] if isinstance(found, Absent) else points_told(found, asking.say)


def _body(asked: Recommendation) -> PathsRequest:
    """The request that a caller of the service would send."""
    goal = None
    if asked.goal is not None:
        kind, colon, code = asked.goal.partition(":")
        if not colon or kind not in set(GoalKind) or not code:
            raise InvalidInput(f"goal {asked.goal!r} is not KIND:CODE; KIND is one of {', '.join(GoalKind)}")
        goal = {"kind": kind, "goal": code}
    body = {"officer_ids": [asked.officer_id], "goal": goal, "as_of": asked.as_of, "top": TOP,
            "horizon_months": asked.horizon_months}  # fmt: skip
    return _valid(PathsRequest, body)


def _valid(kind: type[B], body: Mapping[str, Any]) -> B:
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidInput(f"{place}: {first['msg']}; mend it and ask again") from error


def _as_told(path: CareerPath) -> ToldPath:
    """As the picture draws it."""
    steps = (
        TellingStep(s.post_id, s.chance, s.months, s.low_months, s.high_months, courses=tuple(map(_course, s.courses)))
        for s in path.steps
    )
    return ToldPath(tuple(steps), path.chance)


def _course(told: CourseForStep) -> StepCourse:
    name = Bilingual(told.name.zh, told.name.en)
    return StepCourse(told.course_id, name, told.hours, take_by=told.take_by, due_on=told.due_on)


@dataclass(frozen=True)
class _Names:
    """Names for the picture: those of the steps, and of the two ends."""

    found: PathsFound

    def __call__(self, item: str) -> Bilingual:
        ends = {"start": self.found.start, "goal": self.found.goal}
        steps = {step.post_id: step.name for path in self.found.paths for step in path.steps}
        text = (steps | ends).get(item, Text(zh=item, en=item))
        return Bilingual(text.zh, text.en)
