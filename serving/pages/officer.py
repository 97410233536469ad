"""What officers see of themselves: their path, their points, and what was used about them, with what they may do.

They come with a token of their own, and every question here is about nobody else.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput, NotReady, NotThere
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual, GoalKind, Grade
from serving.access.credential import AccessScope
from serving.api.problems import ProblemError, problem_of
from serving.feedback.schemas import FeedbackAnswer, FeedbackRefused
from serving.pages.path_picture import Picture
from serving.pages.unit import part_of
from serving.pages.visit import CASE, Go, Page, View, Visit
from serving.paths.schemas import PathsFound
from serving.paths.wishes import Chosen, WishesAnswer
from serving.review.schemas import CaseShown, MineAnswer
from serving.review.states import CaseAction, Role, moves_open
from serving.schemas import PostsRanked, PostSuggestion
from serving.words import Words

PATH, POSTS, COURSES = "/pages/me", "/pages/me/posts", "/pages/me/courses"
POINTS, RECORDS = "/pages/me/points", "/pages/me/records"
SAY, GOAL, CONTEST, CHOICE = "/pages/me/say", "/pages/me/goal", "/pages/me/contest", "/pages/me/choice"
PATHS_SHOWN, POSTS_SHOWN, COURSES_SHOWN = 5, 5, 8
MONTHS_OFFERED = (12, 24, 36, 60, 120)
LONGEST_GOAL = 200
SAID = ("saved", "declined")
DONE = ("saved", "declined", "goal", "contested", "out", "in")
ROUTING = ("concerns",)  # of no feature of an officer: they train how concerns are routed, and nothing else
USUAL_MISSING, USUAL_MONTHS = 5.0, 12


@dataclass(frozen=True)
class Told:
    """An answer, or why there is none yet."""

    answer: Any = None
    why: Words | None = None


def own(visit: Visit) -> str:
    """The id of the officer who visits; raises NotThere for everybody else."""
    if visit.caller.officer_id is None:
        raise NotThere("there is nothing at this address", zh="没有这个地址")
    return visit.caller.officer_id


def told(visit: Visit, path: str, **asked: Any) -> Told:
    """The answer to a question, or why nothing answers it yet: the rest of the page is there all the same."""
    try:
        return Told(visit.ask(path, **asked))
    except (ProblemError, NotReady) as error:
        problem = problem_of(error)
        if problem.code != "not_ready":
            raise
        return Told(why=problem.detail)


def show(visit: Visit) -> View:
    """My path: as a picture, step by step, and towards which goal."""
    me = own(visit)
    wishes: WishesAnswer = visit.ask("/pages/wishes", officer_id=me)
    goal, months = _wanted(visit, wishes.choices), _months(visit)
    recorded = wishes.coming or wishes.stated
    asked = {"kind": goal.kind, "goal": goal.goal} if goal else None
    paths = told(visit, "/v1/paths", officer_ids=[me], goal=asked, horizon_months=months, top=PATHS_SHOWN)
    result = paths.answer.results[0] if paths.answer else None
    picture = None
    if isinstance(result, PathsFound) and result.paths:
        picture = Picture(result, paths.answer.as_of, visit.tell)
    shown = {
        "wishes": wishes, "goal": goal, "looking": goal if goal and not_on_record(goal, wishes) else None,
        "months": months or (recorded.horizon_months if recorded else None),
        "choices": _grouped(wishes.choices), "months_offered": MONTHS_OFFERED, "answer": paths.answer,
        "why": paths.why, "result": result, "picture": picture, "posts_path": POSTS, "courses_path": COURSES,
        "goal_path": GOAL if visit.may(AccessScope.EVENTS_WRITE) else None, **_saying(visit, wishes), **_done(visit),
        "name_of": visit.asking.desks.placements().name,
    }  # fmt: skip
    return View("me.html.j2", shown)


def not_on_record(goal: Chosen, wishes: WishesAnswer) -> bool:
    """Whether a goal is one that the officer has not stated, neither in force nor from tomorrow on."""
    stated = [one.goal for one in (wishes.stated, wishes.coming) if one is not None]
    return (goal.kind, goal.goal) not in [(one.kind, one.goal) for one in stated]


def show_posts(visit: Visit) -> View:
    """Posts that fit next: a part of my page."""
    me = own(visit)
    told_posts = told(visit, "/v1/next_posts", officer_ids=[me], top=POSTS_SHOWN)
    wishes: WishesAnswer = visit.ask("/pages/wishes", officer_id=me)
    result = told_posts.answer.results[0] if told_posts.answer else None
    shown = {
        "told": told_posts, "name_of": visit.asking.desks.placements().name, **_saying(visit, wishes),
        "in_the_way": in_the_way(result.barred) if isinstance(result, PostsRanked) else [],
    }  # fmt: skip
    return part_of(visit, "me_posts.part.html.j2", "posts", shown)


@dataclass(frozen=True)
class InTheWay:
    """A rule not met yet, in words with its day, and the names of the posts that it bars: none where it bars all."""

    text: Words
    posts: tuple[Words, ...] = ()


def in_the_way(barred: Sequence[PostSuggestion]) -> list[InTheWay]:
    """Why no post is open: each rule once, that which bars most first."""
    posts: dict[tuple[str, str], list[PostSuggestion]] = {}
    for post in barred:
        for rule in post.blocked_by:
            posts.setdefault((rule.text.zh, rule.text.en), []).append(post)
    return [
        InTheWay(Bilingual(*text), () if len(some) == len(barred) else tuple(one.name for one in some))
        for text, some in sorted(posts.items(), key=lambda one: -len(one[1]))
    ]


def show_courses(visit: Visit) -> View:
    """Courses that are suggested: a part of my page."""
    me = own(visit)
    told_courses = told(visit, "/v1/courses", officer_ids=[me], top=COURSES_SHOWN)
    wishes: WishesAnswer = visit.ask("/pages/wishes", officer_id=me)
    return part_of(visit, "me_courses.part.html.j2", "courses", {"told": told_courses, **_saying(visit, wishes)})


def show_points(visit: Visit) -> View:
    """My points line by line, and what would earn those that are missing by a day."""
    usual = add_months(visit.today, USUAL_MONTHS)
    deadline, missing = _day(visit.query.get("by"), usual), _number(visit.query.get("missing"), USUAL_MISSING)
    target = {"deadline": max(deadline, add_months(visit.today, 1)).isoformat(), "missing": missing}
    answer = visit.ask("/v1/points", officer_ids=[own(visit)], target=target)
    shown = {"answer": answer, "result": answer.results[0], "by": target["deadline"], "missing": missing}
    return View("me_points.html.j2", shown)


def show_records(visit: Visit) -> View:
    """What was used about me, what came of it, and what I may do about that."""
    own(visit)
    mine: MineAnswer = visit.ask("/v1/mine")
    shown = {
        "mine": mine, "grade_of": Grade, "cases": [_case(visit, one) for one in mine.cases], "contest_path": CONTEST,
        "choice_path": CHOICE, "routing": ROUTING, "key": secrets.token_hex(16), **_done(visit),
    }  # fmt: skip
    return View("me_records.html.j2", shown)


def say(visit: Visit) -> Go:
    """Save or decline a suggestion; back to my path."""
    form, action = visit.form, visit.form.get("action", "")
    if action not in SAID:
        raise NotThere("there is no such step", zh="没有这个步骤")
    item = {
        "feedback_id": visit.filled("key"), "officer_id": own(visit), "item_kind": visit.filled("kind"),
        "item": visit.filled("item"), "action": action, "occurred_on": visit.today.isoformat(),
        "reason": form.get("reason", "").replace("\r\n", "\n").strip() or None,
        "request_id": form.get("answer") or None,
    }  # fmt: skip
    answer: FeedbackAnswer = visit.ask("/v1/feedback", items=[item])
    (result,) = answer.results
    if isinstance(result, FeedbackRefused):
        raise InvalidInput(result.because.en, zh=result.because.zh)
    return Go(PATH, {"done": action, **_looked_at(form)})


def state_goal(visit: Visit) -> Go:
    """State a goal, as an event; it counts from the day that the answer says."""
    me, (kind, _, goal) = own(visit), visit.filled("goal").partition(":")
    row = {"officer_id": me, "occurred_on": visit.today.isoformat(), "goal_kind": kind, "goal": goal,
           "horizon_months": _whole(visit.filled("months"))}  # fmt: skip
    event = {"event_id": visit.filled("key"), "table": "career_goals", "row": row}
    (result,) = visit.ask("/v1/events", events=[event]).results
    if result.status not in ("accepted", "duplicate"):
        faults = result.faults or [Bilingual("该目标与已登记的内容矛盾", "the goal contradicts what is on record")]
        raise InvalidInput("; ".join(one.en for one in faults), zh="；".join(one.zh for one in faults))
    return Go(PATH, {"done": "goal", **({"from": result.counts_from.isoformat()} if result.counts_from else {})})


def contest(visit: Visit) -> Go:
    """Contest a warning, by the rules of `/v1/cases/act`."""
    own(visit)
    visit.ask(
        "/v1/cases/act", case_id=visit.named(CASE, visit.form, "case"), version=_whole(visit.filled("version")),
        action=CaseAction.CONTEST.value, idempotency_key=visit.filled("key"),
        reason=visit.filled("reason").replace("\r\n", "\n"),
    )  # fmt: skip
    return Go(RECORDS, {"done": "contested"})


def choose(visit: Visit) -> Go:
    """Opt out of being assessed by the system alone, or in again."""
    own(visit)
    out = visit.filled("choice") == "out"
    visit.ask("/v1/opt_out", opted_out=out)
    return Go(RECORDS, {"done": "out" if out else "in"})


def _wanted(visit: Visit, choices: Sequence[Chosen]) -> Chosen | None:
    """The goal that is looked at; None for the one on record."""
    kind, _, code = visit.query.get("goal", "").partition(":")
    return next((one for one in choices if (one.kind, one.goal) == (kind, code)), None)


def _months(visit: Visit) -> int | None:
    months = visit.query.get("months", "")
    return int(months) if months in {str(one) for one in MONTHS_OFFERED} else None


def _grouped(choices: Sequence[Chosen]) -> list[tuple[Bilingual, list[Chosen]]]:
    return [(GoalKind(kind).label, list(some)) for kind, some in groupby(choices, lambda one: one.kind)]


def _saying(visit: Visit, wishes: WishesAnswer) -> Mapping[str, Any]:
    """What forms under a suggestion need; `say_path` None where nothing may be said, `saved_on` by kind and item."""
    needed = policy().feedback.declining.reason_needed
    return {"say_path": SAY if visit.may(AccessScope.FEEDBACK_WRITE) else None, "new_key": new_key,
            "reason_needed": needed, "looked_at": _looked_at(visit.query),
            "saved_on": {(one.item_kind, one.item): one.saved_on for one in wishes.saved}}  # fmt: skip


def _looked_at(given: Mapping[str, str]) -> dict[str, str]:
    """The goal that is looked at, and for how long: whoever says something of a suggestion comes back to it."""
    goal, months = given.get("goal", ""), given.get("months", "")
    if not goal or len(goal) > LONGEST_GOAL:
        return {}
    return {"goal": goal, **({"months": months} if months in {str(one) for one in MONTHS_OFFERED} else {})}


def new_key() -> str:
    """A new id for what a form sends: sent twice, it counts once."""
    return secrets.token_hex(16)


def _done(visit: Visit) -> Mapping[str, Any]:
    done = visit.query.get("done")
    return {"done": done if done in DONE else None, "counts_from": _day(visit.query.get("from"), None)}


def _case(visit: Visit, case: CaseShown) -> Mapping[str, Any]:
    may = CaseAction.CONTEST in moves_open(case.state, Role.OFFICER, expired=case.expired)
    return {"case": case, "handle": visit.handle(CASE, case.case_id), "may_contest": may}


def _whole(text: str) -> int | str:
    """A number where it is one; what is none is refused by whoever reads it."""
    return int(text) if text.isascii() and text.isdigit() else text


def _day(text: str | None, usual: Any) -> Any:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return usual


def _number(text: str | None, usual: float) -> float:
    try:
        number = float(text or "")
    except ValueError:
        return usual
    return number if 0 < number <= 1000 else usual


PAGES = (
    Page(PATH, AccessScope.RECOMMEND_READ, show, menu="me", officers=True),
    Page(POINTS, AccessScope.RECOMMEND_READ, show_points, menu="points", officers=True),
    Page(RECORDS, AccessScope.RISK_READ, show_records, menu="records", officers=True),
    Page(POSTS, AccessScope.RECOMMEND_READ, show_posts),
    Page(COURSES, AccessScope.RECOMMEND_READ, show_courses),
    Page(SAY, AccessScope.FEEDBACK_WRITE, act=say),
    Page(GOAL, AccessScope.EVENTS_WRITE, act=state_goal),
    Page(CONTEST, AccessScope.RISK_READ, act=contest),
    Page(CHOICE, AccessScope.RISK_READ, act=choose),
)
