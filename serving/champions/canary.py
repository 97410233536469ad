"""A new model answers about known officers before anybody hears it: numbers, chances, variety, and in good time.

The officers are drawn from the newest snapshot by the hash of their ids, so that the same ones are asked of the old and
the new model, today and next month. Nothing of it is logged, shown or kept but the figures of `Tried`.
"""

from __future__ import annotations

import hashlib
import math
import statistics
import threading
import time as clock
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from data_contracts.errors import PharosError, SlowModel, UnfitModel
from data_contracts.local_time import local_day, moment_of
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from features.offline_files import read_snapshot, snapshot_dates
from models.courses.crowd import CourseCrowd
from serving.api.opened import Absent, Desk
from serving.champions.warming import answer_nobody
from serving.concerns.answers import TriageDesk
from serving.courses.advice import CourseDesk
from serving.freshness import AgeLimits, read_fresh
from serving.night.results import QUARANTINED, SCORED, asked_of, checked_results
from serving.paths.answers import PathDesk
from serving.paths.asking import AskedPath
from serving.posts.recommend import Asked, CareerDesk
from serving.risk.warn import RiskDesk

TOP = 10
ASKED_TO_WARM = 8
NEW, OLD = Bilingual("", "it"), Bilingual("用来对照的现用版本", "the version that answers, tried beside it,")
T = TypeVar("T")


@dataclass(frozen=True)
class CanaryRules:
    """How many officers are asked; how many times slower than the old model, with what slack, and how many seconds at
    most; how many answers must not all be the same; and how long its desk may build what a first answer stands on."""

    officers: int = 64
    times_slower: float = 4.0
    slack_seconds: float = 0.25
    most_seconds: float = 20.0
    fewest_to_vary: int = 10
    warm_seconds: float = 120.0


@dataclass(frozen=True)
class Answers:
    """What a model said: a number for each thing asked, by group (an outcome), and whether they are chances."""

    values: Mapping[str, Mapping[Hashable, float]]
    chances: bool

    @property
    def count(self) -> int:
        """How many numbers."""
        return sum(len(group) for group in self.values.values())


@dataclass(frozen=True)
class Tried:
    """What was seen: officers asked, numbers told, seconds of the new and of the old model, and how alike the two
    order the same things (rank correlation, 1 is the same order; None where they cannot be compared)."""

    officers: int
    answers: int
    seconds: float
    before_seconds: float | None = None
    agreement: float | None = None


@dataclass(frozen=True)
class Canary:
    """Tries a desk beside the one that answers. What took too long is left behind in its thread, and counted."""

    officers: Callable[[], Sequence[str]]
    rules: CanaryRules = field(default_factory=CanaryRules)
    left_behind: list[threading.Thread] = field(default_factory=list)

    def still_at_it(self) -> bool:
        """Whether anything that was given up still takes processor time from requests."""
        self.left_behind[:] = [one for one in self.left_behind if one.is_alive()]
        return bool(self.left_behind)

    def compare(self, desk: Desk | Absent, before: Desk | Absent | None, now: datetime) -> Tried:
        """What the new desk said; raises UnfitModel saying what was wrong with it, SlowModel where that is time."""
        ids = list(self.officers())[: self.rules.officers]
        if isinstance(desk, Absent) or not ids:  # nobody is known, so nobody can be answered wrongly
            return Tried(0, 0, 0.0)
        if isinstance(desk, RiskDesk | CareerDesk):  # opening the store takes long once, and is no model's slowness
            self._within(self.rules.warm_seconds, partial(features_at_hand, desk, ids), NEW)
        old = None if before is None or isinstance(before, Absent) else self._timed(before, ids, now, OLD)
        new, seconds = self._timed(desk, ids, now, NEW)
        _check(new, old[0] if old else None, self.rules.fewest_to_vary)
        if old and seconds > self.rules.times_slower * old[1] + self.rules.slack_seconds:
            raise SlowModel(
                f"it took {seconds:.2f} s for {len(ids)} officers; the one that answers, {old[1]:.2f} s",
                zh=f"试答 {len(ids)} 名民警用时 {seconds:.2f} 秒，现用版本为 {old[1]:.2f} 秒",
            )
        alike = agreement(new, old[0]) if old else None
        return Tried(len(ids), new.count, round(seconds, 4), round(old[1], 4) if old else None, alike)

    def warm(self, desk: Desk | Absent, now: datetime) -> None:
        """Build what the first answer of a desk would wait for, by answering a question that nobody asked."""
        ids = list(self.officers())[:ASKED_TO_WARM]
        if ids and not isinstance(desk, Absent):
            self._within(self.rules.warm_seconds, partial(answer_nobody, desk, ids, now), NEW)

    def _timed(self, desk: Desk, ids: Sequence[str], now: datetime, who: Bilingual) -> tuple[Answers, float]:
        """What a desk's model says, and the middle of three times it took, after a first one that warms it."""

        def job() -> tuple[Answers, float]:
            told, took = answers_of(desk, ids, now), []
            for _ in range(3):
                began = clock.perf_counter()
                answers_of(desk, ids, now)
                took.append(clock.perf_counter() - began)
            return told, statistics.median(took)

        return self._within(self.rules.most_seconds, job, who)

    def _within(self, seconds: float, job: Callable[[], T], who: Bilingual) -> T:
        """What a job gives, or SlowModel when it takes longer; what goes wrong in it is raised here."""
        found: list[T] = []
        wrong: list[BaseException] = []

        def run() -> None:
            try:
                found.append(job())
            except BaseException as error:
                wrong.append(error)

        # one that hangs must not keep the process
        worker = threading.Thread(target=run, name="pharos-canary", daemon=True)
        worker.start()
        worker.join(seconds)
        if wrong:
            raise wrong[0]
        if not found:
            self.left_behind.append(worker)
            raise SlowModel(f"{who.en} had not answered after {seconds:g} s", zh=f"{who.zh}试答 {seconds:g} 秒仍未完成")
        return found[0]


def sampled_officers(settings: Settings, most: int = CanaryRules.officers) -> list[str]:
    """Officers of the newest snapshot, the same ones every time; none where there is no snapshot."""
    try:
        days = snapshot_dates(settings.snapshot_dir, "officers")
        frame = read_snapshot(settings.snapshot_dir, "officers", days[-1]) if days else pd.DataFrame()
    except (PharosError, OSError):
        return []
    ids = {str(one) for one in frame["officer_id"].dropna()} if "officer_id" in frame else set()
    return sorted(ids, key=lambda one: hashlib.sha256(one.encode()).digest())[:most]


def answers_of(desk: Desk, ids: Sequence[str], now: datetime) -> Answers:
    """What the model of a desk says, past everything that logs or keeps."""
    if isinstance(desk, RiskDesk):
        return _risk(desk, ids)
    if isinstance(desk, CareerDesk):
        return _careers(desk, ids)
    if isinstance(desk, CourseDesk):
        return _courses(desk, ids, local_day(now))
    if isinstance(desk, PathDesk):
        return _paths(desk, ids, local_day(now))
    if isinstance(desk, TriageDesk):
        return _concerns(desk)
    raise UnfitModel(f"no canary knows how to ask a {type(desk).__name__}", zh=f"试答不会向 {type(desk).__name__} 提问")


def _risk(desk: RiskDesk, ids: Sequence[str]) -> Answers:
    frame = features_at_hand(desk, ids)
    if frame.empty:
        return Answers({}, chances=True)
    told = checked_results(desk.scorer(frame), frame, desk.scorer.answers).to_pandas()
    if (told["status"] == QUARANTINED).any():
        raise UnfitModel("it gives chances that are no numbers between 0 and 1", zh="给出的可能性不是 0 至 1 之间的数")
    scored = told[told["status"] == SCORED].groupby(["outcome", "horizon_months"], sort=True)
    return Answers(
        {
            "{} {}".format(*asked_of(group)): dict(zip(rows["officer_id"], rows["probability"].tolist(), strict=True))
            for group, rows in scored
        },
        chances=True,
    )


def _careers(desk: CareerDesk, ids: Sequence[str]) -> Answers:
    frame = features_at_hand(desk, ids)
    found = desk.ranker(frame, Asked(TOP), None, desk.policy) if len(frame) else ()
    scores: dict[Hashable, float] = {
        (one.officer_id, post.post_id): float(post.likelihood) for one in found for post in one.found.open
    }
    return Answers({"posts": scores} if scores else {}, chances=True)


def _courses(desk: CourseDesk, ids: Sequence[str], day: date) -> Answers:
    crowd = desk.crowd(day)
    if not isinstance(crowd, CourseCrowd):
        return Answers({}, chances=False)
    scores: dict[Hashable, float] = {
        (one, course.course_id): course.score for one in ids for course in crowd.likely(one, TOP)
    }
    return Answers({"courses": scores} if scores else {}, chances=False)


def _paths(desk: PathDesk, ids: Sequence[str], day: date) -> Answers:
    """Paths to the goals that officers have stated."""
    on = desk.paths.on(ids, day)
    found = [(one, on.question(one, None, None)) for one in ids]
    asked = {one: each for one, each in found if isinstance(each, AskedPath)}
    told = on.tell_all([one.question for one in asked.values()], 1)
    chances: dict[Hashable, float] = {one: float(paths.chance) for one, paths in zip(asked, told, strict=True)}
    return Answers({"goals": chances} if chances else {}, chances=True)


def _concerns(desk: TriageDesk) -> Answers:
    """What is read in the names of policy's subcategories, which are nobody's words."""
    texts = [one.name_zh for category in desk.triage.policy.concerns for one in category.subcategories]
    read = dict(zip(texts, desk.triage.read(texts), strict=True))
    likeliest: dict[Hashable, float] = {text: float(max(one.every_category)) for text, one in read.items()}
    urgent: dict[Hashable, float] = {
        text: float(one.urgent_chance) for text, one in read.items() if one.urgent_chance is not None
    }
    return Answers({"categories": likeliest, "urgency": urgent} if urgent else {"categories": likeliest}, chances=True)


def features_at_hand(desk: RiskDesk | CareerDesk, ids: Sequence[str]) -> pd.DataFrame:
    """The features that are at hand, as if it were the day that they are of: old ones are good enough to try on."""
    service = desk.model.service
    filled = desk.source.filled_as_of(service)
    if filled is None:
        return pd.DataFrame()
    limits = AgeLimits(math.inf, math.inf)
    return read_fresh(desk.source, ids, service, asked=None, now=moment_of(filled), limits=limits).frame


def _check(new: Answers, old: Answers | None, fewest: int) -> None:
    """Numbers, chances, as many as before, and not all the same."""
    for name, group in new.values.items():
        values = np.array(list(group.values()), dtype=np.float64)
        if not np.isfinite(values).all():
            raise UnfitModel(f"it gives numbers for {name} that are none", zh=f"给出的 {name} 数值并非数字")
        if new.chances and ((values < 0) | (values > 1)).any():
            raise UnfitModel(f"it gives chances for {name} outside 0 to 1", zh=f"给出的 {name} 可能性超出 0 至 1")
    flat = [name for name, group in new.values.items() if len(group) >= fewest and _flat(group)]
    if old is None:  # an outcome without events is the same for all; a model of nothing else is none
        flat = flat if len(flat) == len(new.values) else []
    else:
        flat = [name for name in flat if not _flat(old.values.get(name, {}))]
    if flat:
        raise UnfitModel(
            f"it says the same of all {len(new.values[flat[0]])} for {flat[0]}",
            zh=f"对全部 {len(new.values[flat[0]])} 名的 {flat[0]} 给出相同结果",
        )
    if old is not None and new.count < old.count / 2:
        raise UnfitModel(
            f"it answers {new.count} of what the one that answers now says {old.count} to",
            zh=f"只答出 {new.count} 项，现用版本答出 {old.count} 项",
        )


def _flat(group: Mapping[Hashable, float]) -> bool:
    return len(set(group.values())) == 1


def agreement(new: Answers, old: Answers) -> float | None:
    """Rank correlation over what both answered, the mean over groups; None where nothing can be compared."""
    found = []
    for name, group in new.values.items():
        both = sorted(set(group) & set(old.values.get(name, {})), key=str)
        ranks = pd.DataFrame(
            {"new": [group[one] for one in both], "old": [old.values[name][one] for one in both]}
        ).rank()
        if len(both) > 2 and (ranks.nunique() > 1).all():
            found.append(float(ranks["new"].corr(ranks["old"])))
    return round(statistics.mean(found), 4) if found else None
