"""`pharos train courses`: learn from the history as of a day, show what it is worth, sign it and register it.

The gate figures come from a model fitted on earlier time and tested on the months just before `as_of`, against the
popularity of the last 30 days; what is registered is then fitted on everything known before `as_of`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.figures import told_to
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from models import run_files
from models.courses.baselines import MONTH, CourseScorer, RecentPopularity
from models.courses.histories import Array
from models.courses.next_course import SERVICE, features_hash
from models.courses.record import CourseHistory, Frames, course_history, day_number
from models.registry import ResolvedModel
from training import tracking
from training.courses.data import STRATA, CourseWeek, window_weeks
from training.courses.fit import CourseFit, fit_courses
from training.courses.ranking import week_ranked
from training.evaluation.bootstrap import OfficerDraws, difference, weighted_means
from training.evaluation.set_metrics import DEPTH, SET_METRICS, set_metrics
from training.evaluation.shown_lists import Answers, Kinds, ShownLists, shown_lists
from training.evaluation.spans import Span
from training.gate.list_evidence import keep_lists
from training.posts.data import day_before
from training.signing import signed

NAME, POPULARITY, LONGER = "courses", "recent_popularity_30d", "recent_popularity_90d"
TABLES = ("course_completions", "courses", "postings", "promotions", "officers")
STAGES = 3
GATE_MONTHS = (3, 6, 12)
ENOUGH, MOST_ITEMS = 200, 4000
ALL = "all"
Say = Callable[[str], None]


@dataclass(frozen=True)
class CourseWorth:
    """Figures on the months before `as_of`, and how far ahead of recent popularity in NDCG@10, with the interval.

    `lists` are what the model would have shown, for the gate to compare groups by.
    """

    months: int
    items: int
    figures: Mapping[str, float]
    gain: float
    low: float
    high: float
    lists: ShownLists
    peer: float = field(default=float("nan"))

    def sentence(self) -> str:
        """The figures for people."""
        return (
            f"NDCG@10 {self.figures['ndcg_at_10']:.4f} on {self.items:,} sets of courses of the last {self.months} "
            f"months, ahead of {POPULARITY} by {told_to(self.gain, self.low, self.high, 4)}"
        )


def train_courses(
    settings: Settings, as_of: date, say: Say = lambda _: None, fit: CourseFit | None = None
) -> tuple[ResolvedModel, CourseWorth]:
    """Fit, test, sign and register; raises NotReady or InvalidInput in one sentence when there is too little."""
    run_files.check(settings, NAME)
    chosen = fit or CourseFit()
    history = History(settings.history_dir)
    frames = {name: history.frame(name) for name in TABLES if name in history.tables()}
    if "course_completions" not in frames:
        raise NotReady(f"the history in {settings.history_dir} has no course_completions; run `pharos ingest` first")
    known = course_history(frames)
    say("testing on the last months")
    worth = worth_of(known, as_of, chosen, course_kinds(frames, known.names.courses))
    say("fitting on everything")
    model = fit_courses(known, day_number(day_before(as_of)), chosen)
    say("registering")
    with tracking.run(
        NAME,
        f"{NAME} {as_of}",
        data_hash=history.fingerprint(),
        feature_service=f"{SERVICE}:{features_hash()}",
        use=settings,
    ) as run:
        run.params({"as_of": as_of, "courses": known.names.size, **vars(chosen)})
        run.metrics({**worth.figures, "items": worth.items}, as_of)
        run.dataset(tracking.Seen("history", history.fingerprint(), f"history as of {as_of}"))
        run.note(worth.sentence())
        run.gate({"ndcg_gain": worth.gain, "ndcg_gain_low": worth.low})
        with tempfile.TemporaryDirectory() as folder:
            about = {"name": NAME, "as_of": as_of.isoformat(), "service": SERVICE, "service_hash": features_hash(),
                     "data_hash": history.fingerprint(), "courses": known.names.size,
                     **keep_lists(run, Path(folder), worth.lists)}  # fmt: skip
            return run.model(signed(Path(folder) / "model", model, about, settings), NAME), worth


def course_kinds(frames: Frames, courses: Sequence[str]) -> Kinds:
    """The competency of each course, where the catalogue of courses tells any."""
    table = frames.get("courses")
    if table is None or "competency" not in table:
        return Kinds.of(courses, (None,) * len(courses))
    newest = table.dropna(subset=["competency"]).drop_duplicates("course_id", keep="last")
    known = dict(zip(newest["course_id"].astype(str), newest["competency"].astype(str), strict=True))
    return Kinds.of(courses, [known.get(course) for course in courses])


def worth_of(history: CourseHistory, as_of: date, settings: CourseFit, kinds: Kinds | None = None) -> CourseWorth:
    """Fit on what was known some months ago and rank the sets since; the shortest span with enough sets is taken.

    Without `kinds` each course is one of its own.
    """
    told = kinds or course_kinds({}, history.names.courses)
    until = day_before(as_of)
    for months in GATE_MONTHS:
        after = day_number(add_months(until, -months))
        try:
            weeks = window_weeks(history, after, day_number(until))
            model = fit_courses(history, after, settings)
        except InvalidInput:
            continue
        if sum(len(week.asked) for week in weeks) >= ENOUGH or months == GATE_MONTHS[-1]:
            worth = _tested(history, (model, told), _thinned(weeks, settings.seed), months)
            first, judged = history.takings.days.min(), add_months(until, -months) + timedelta(days=1)
            span = Span(date.fromisoformat(str(np.datetime64(int(first), "D"))), until, judged, until)
            return replace(worth, lists=worth.lists.over(span))
    raise InvalidInput(f"too few courses before {as_of} to train on some and test on others; ingest a longer history")


def _thinned(weeks: list[CourseWeek], seed: int) -> list[CourseWeek]:
    """At most MOST_ITEMS sets, drawn from all weeks alike: enough for the interval, and minutes sooner."""
    share = min(1.0, MOST_ITEMS / sum(len(week.asked) for week in weeks))
    rng = np.random.default_rng(seed)
    thinned = []
    for week in weeks:
        rows = np.flatnonzero(rng.random(len(week.asked)) < share)
        parts = {name: getattr(week, name)[rows] for name in ("sets", "wave", "new")}
        thinned.append(replace(week, asked=week.asked.take(rows), **parts))
    return [week for week in thinned if len(week.asked)]


def _tested(
    history: CourseHistory, asked: tuple[CourseScorer, Kinds], weeks: list[CourseWeek], months: int
) -> CourseWorth:
    model, kinds = asked
    shown: list[Array] = []
    rankers: dict[str, CourseScorer] = {
        NAME: model, POPULARITY: RecentPopularity(MONTH), LONGER: RecentPopularity(3 * MONTH),
    }  # fmt: skip
    places: dict[str, list[Array]] = {name: [] for name in rankers}
    for week, state in zip(weeks, history.states([week.cut for week in weeks]), strict=True):
        for name, ranker in rankers.items():
            stood, best = week_ranked(ranker, state, week, DEPTH)
            places[name].append(stood)
            if ranker is model:
                shown.append(best)
    counts = np.concatenate([np.diff(week.sets.indptr) for week in weeks])
    officers = np.concatenate([week.asked.officers for week in weeks])
    values = {name: set_metrics(np.concatenate(found), counts) for name, found in places.items()}
    gained = {name: found["ndcg_at_10"] for name, found in values.items()}
    drawn = OfficerDraws([str(code) for code in officers]).each(partial(weighted_means, gained))
    exact = {name: float(found.mean()) for name, found in gained.items()}
    found = difference((exact[NAME], exact[POPULARITY]), (drawn[NAME], drawn[POPULARITY]))
    figures = {name: float(values[NAME][name].mean()) for name in SET_METRICS}
    lists = _lists(history, weeks, np.concatenate(shown), (gained[NAME], gained[POPULARITY]), kinds)
    lists = lists.beside({name: gained[name] for name in (POPULARITY, LONGER)}, _strata(weeks))
    return CourseWorth(months, len(counts), figures, found.difference, found.low, found.high, lists, exact[POPULARITY])


def _strata(weeks: list[CourseWeek]) -> dict[str, NDArray[np.bool_]]:
    """Sets with any course of the stratum among their answers."""
    return {
        name: np.concatenate([np.diff(week.answers(name).indptr) > 0 for week in weeks])
        for name in STRATA
        if name != ALL
    }


def _lists(
    history: CourseHistory, weeks: list[CourseWeek], best: Array, ndcg: tuple[Array, Array], kinds: Kinds
) -> ShownLists:
    """What the model would have shown before each set of courses, and which were taken."""
    names = np.array(history.officers, dtype=object)
    officers = names[np.concatenate([week.asked.officers for week in weeks])]
    days = np.concatenate([np.full(len(week.asked), week.cut) for week in weeks]).astype("datetime64[D]")
    counts = np.concatenate([np.diff(week.sets.indptr) for week in weeks])
    answers = Answers(np.repeat(np.arange(len(counts)), counts), np.concatenate([week.sets.indices for week in weeks]))
    most = policy().gate.lists.most_kinds
    return shown_lists((officers, days), ("ndcg_at_10", *ndcg), best, answers, kinds, most)
