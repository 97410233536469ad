"""The best that anyone could do who reads the recorded evidence of talent: the posterior under the planted model.

The oracle knows every constant and every form of `data_contracts/simulator` (not the hidden numbers) and reads all
rows that the planted levels touch. Hidden of each officer are general skill, what is their own in each field, and what
is their own in each competency: 16 numbers, standard normal. Scores, appraisals and measured levels are linear in them
with normal noise, events are Poisson counts. The posterior is taken as normal about its mode (Laplace; MacKay 2003,
chapter 27), and officers are ranked by the chance that their level lies above that of the true k-th.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from data_contracts.asof import AsOf
from data_contracts.simulator.catalogue import COMPETENCIES
from data_contracts.simulator.development import GAIN_A_YEAR, GAIN_FROM_COURSE, HONOUR_CHANCE, MEASURING_SD
from data_contracts.simulator.effects import Effects
from data_contracts.simulator.families import FAMILIES
from data_contracts.simulator.fields import FIELDS, HONOURS_OF_FIELDS, RELATED, competency_weights
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.wishes import NOMINATION_CHANCE, TALENT_OF_FAMILY
from models.base import Numbers
from models.peers import Frames

FACTS = Effects().talent
KEYS = [key for key, _ in COMPETENCIES]
SHOWS = competency_weights(tuple(KEYS))  # (competency, field)
HIDDEN = 1 + len(FIELDS) + len(KEYS)  # skill, own in each field, own in each competency
LONGEST = 420  # months of a career
STEPS = 12
APPRAISED = {"performance": (78.0, 6.0, 0.0), "case_quality": (80.0, 4.0, -2.0)}  # mean, of skill, of past complaints
SPREAD_OF_COMPETENCY, SPREAD_OF_APPRAISAL, START, START_SKILL = 0.4, 5.0, 1.6, 0.4
Cube = NDArray[np.float64]


@dataclass(frozen=True)
class Careers:
    """Officers (n,) and by month of career time: job family or -1, and years of related work; month -1 is the last
    before the day. `first` is the first month with records, `entered` that of joining."""

    officers: pd.Index
    end: pd.Timestamp
    family: NDArray[np.int64]  # (officer, month)
    years: Cube  # (officer, month, field), before the month
    first: int
    entered: NDArray[np.int64]

    def month(self, days: pd.Series) -> NDArray[np.int64]:
        """The month of career time of each day."""
        ahead = (self.end.year - days.dt.year) * 12 + self.end.month - days.dt.month
        return np.asarray(np.clip(LONGEST - ahead.to_numpy(np.int64), 0, LONGEST - 1), dtype=np.int64)

    def experience(self) -> Cube:
        """What years of related work add to the level, (officer, month, field)."""
        return np.asarray(FACTS.a_year * np.minimum(self.years, FACTS.most_years))


def careers_of(frames: Frames, as_of: AsOf, officers: pd.Index) -> Careers:
    """The careers of serving officers, from their postings."""
    end, number = as_of.timestamp, {family.key: place for place, family in enumerate(FAMILIES)}
    postings = frames["postings"]
    postings = postings[postings["officer_id"].isin(officers)].sort_values("started_on", kind="stable")
    blank = Careers(officers, end, np.empty((0, 0), dtype=np.int64), np.empty(0), 0, np.empty(0, dtype=np.int64))
    family = np.full((len(officers), LONGEST), -1, dtype=np.int64)
    rows = officers.get_indexer(pd.Index(postings["officer_id"].astype(object)))
    held = postings["post_id"].str.rsplit("-", n=1).str[0].map(number).to_numpy(np.int64)
    for row, month, what in zip(rows, blank.month(postings["started_on"]), held, strict=True):
        family[row, month:] = what
    worked = np.where((family >= 0)[:, :, None], RELATED[family], False) / 12.0
    years = np.cumsum(worked, axis=1) - worked
    entered = np.where((family >= 0).any(axis=1), (family >= 0).argmax(axis=1), LONGEST - 1).astype(np.int64)
    first = int(blank.month(frames["duty_months"]["month"].iloc[[0]])[0])
    return Careers(officers, end, family, years, first, entered)


@dataclass(frozen=True)
class Seen:
    """One kind of evidence with normal noise: rows' officers, their direction (rows, HIDDEN), value less what is known
    of it, and spread."""

    officer: NDArray[np.int64]
    direction: NDArray[np.float64]
    value: Numbers
    spread: float


@dataclass(frozen=True)
class Counted:
    """Events of each officer: count and exposure (n,), `direction` (HIDDEN,) of the log-rate; `other` is how many of
    the same events are expected from elsewhere."""

    count: Numbers
    exposure: Numbers
    direction: Numbers
    other: Numbers


def innate(field: int) -> Numbers:
    """The direction of a field's inborn level, (HIDDEN,)."""
    result = np.zeros(HIDDEN)
    result[0], result[1 + field] = FACTS.skill, np.sqrt(1.0 - FACTS.skill**2)
    return result


INNATE = np.stack([innate(field) for field in range(len(FIELDS))])  # (field, HIDDEN)
SKILL = np.eye(HIDDEN)[0]


def _of(frames: Frames, table: str, careers: Careers) -> tuple[pd.DataFrame, NDArray[np.int64], NDArray[np.int64]]:
    rows = frames[table]
    rows = rows[rows["officer_id"].isin(careers.officers) & (rows["occurred_on"] < careers.end)]
    return (
        rows,
        careers.officers.get_indexer(pd.Index(rows["officer_id"].astype(object))),
        careers.month(rows["occurred_on"]),
    )


def _levels(frames: Frames, careers: Careers) -> Seen:
    rows, who, month = _of(frames, "competency_assessments", careers)
    place = rows["competency"].map(KEYS.index).to_numpy(np.int64)
    direction = START_SKILL * SKILL + FACTS.level * SHOWS[place] @ INNATE
    direction[np.arange(len(rows)), 1 + len(FIELDS) + place] += SPREAD_OF_COMPETENCY
    start = np.maximum(careers.first, careers.entered)
    early = np.minimum((careers.first - careers.entered).clip(0) / 12.0, 15.0)
    grown = _growth(frames, careers)[who] * (month + 1 - start[who]) / 12.0
    learnt = GAIN_FROM_COURSE * _learnt(frames, careers, who, place, month)
    value = rows["level"].to_numpy(float) - START - early[who] * GAIN_A_YEAR - grown - learnt
    return Seen(who, direction, value, MEASURING_SD)


def _growth(frames: Frames, careers: Careers) -> Numbers:
    """The yearly growth (n,): who has next to no course is taken for one who does not train."""
    _, who, _ = _of(frames, "course_completions", careers)
    a_year = np.bincount(who, minlength=len(careers.officers)) / np.maximum(_served(careers) / 12.0, 1.0)
    return np.where(a_year < 0.5, -GAIN_A_YEAR, GAIN_A_YEAR)


def _served(careers: Careers) -> Numbers:
    return (LONGEST - np.maximum(careers.first, careers.entered)).astype(float)


def _learnt(frames: Frames, careers: Careers, who: NDArray[np.int64], place: NDArray[np.int64],
            month: NDArray[np.int64]) -> Numbers:  # fmt: skip
    """Electives of the competency completed by the month of each assessment."""
    rows, officer, taken = _of(frames, "course_completions", careers)
    elective = rows["course_id"].str[:2].isin(["e-", "n-"]).to_numpy(bool)
    course = frames["courses"].set_index("course_id")["competency"].map(KEYS.index)
    of = rows["course_id"].map(course).to_numpy(np.int64)
    done = np.zeros((len(careers.officers), len(KEYS), LONGEST), dtype=np.int16)
    np.add.at(done, (officer[elective], of[elective], taken[elective]), 1)
    return np.cumsum(done, axis=2)[who, place, month].astype(float)


def _scores(frames: Frames, careers: Careers) -> Seen:
    rows, who, month = _of(frames, "course_completions", careers)
    course = frames["courses"].set_index("course_id")["competency"].map(KEYS.index)
    shows = FACTS.elective_score * SHOWS[rows["course_id"].map(course).to_numpy(np.int64)]
    mean = np.full(len(rows), 80.0)
    for field, name in enumerate(FIELDS):
        own = (rows["course_id"] == f"t-{name}").to_numpy(bool)
        shows[own], mean[own] = FACTS.field_score * np.eye(len(FIELDS))[field], FACTS.field_score_mean
    known = mean + (shows * careers.experience()[who, month]).sum(axis=1)
    value = rows["score"].to_numpy(float) - known
    return Seen(who, FACTS.skill_score * SKILL + shows @ INNATE, value, FACTS.score_sd)


def _appraisals(frames: Frames, careers: Careers) -> Iterator[Seen]:
    every, officer, months = _of(frames, "appraisals", careers)
    past = _past_complaints(frames, careers)
    for kind, (mean, skill, of_past) in APPRAISED.items():
        chosen = (every["kind"] == kind).to_numpy(bool)
        who, month = officer[chosen], months[chosen]
        related = RELATED[careers.family[who, month]].astype(float)
        shows = FACTS.appraisal * related / np.maximum(related.sum(axis=1, keepdims=True), 1.0)
        known = mean + (shows * careers.experience()[who, month]).sum(axis=1) + of_past * past[who, month]
        value = every["score"].to_numpy(float)[chosen] - known
        yield Seen(who, skill * SKILL + shows @ INNATE, value, SPREAD_OF_APPRAISAL)


def _past_complaints(frames: Frames, careers: Careers) -> Numbers:
    """The faded count of complaints opened, (officer, month)."""
    opened = frames["complaints"].drop_duplicates(["complaint_id", "officer_id"])
    opened = opened[opened["officer_id"].isin(careers.officers) & (opened["opened_on"] < careers.end)]
    result = np.zeros((len(careers.officers), LONGEST))
    who = careers.officers.get_indexer(pd.Index(opened["officer_id"].astype(object)))
    np.add.at(result, (who, careers.month(opened["opened_on"])), 1.0)
    fading = float(np.exp(-1.0 / Effects().conduct.past_complaints_decay_months))
    for month in range(1, LONGEST):
        result[:, month] += fading * result[:, month - 1]
    return result


def _counts(frames: Frames, careers: Careers) -> Iterator[Counted]:
    here = (careers.family >= 0) & (np.arange(LONGEST) >= careers.first)
    near = np.where(RELATED[careers.family], 1.0, FACTS.elsewhere) * here[:, :, None]
    trains = np.where(_growth(frames, careers) < 0, Effects().training.avoiding_factor, 1.0)
    honours, awarded, _ = _of(frames, "honours", careers)
    courses, trained, _ = _of(frames, "course_completions", careers)
    wishes, wished, _ = _of(frames, "self_nominations", careers)
    none = np.zeros(len(careers.officers))
    names = [ENUMS["honour"][place] for place in HONOURS_OF_FIELDS]
    fits = np.array([TALENT_OF_FAMILY.get(family.key, -1) for family in FAMILIES])
    for field, name in enumerate(FIELDS):
        for base, effect, told, who, other in (
            (FACTS.honour_base, FACTS.honour, honours["honour"] == names[field], awarded, none),
            (FACTS.course_base, FACTS.course, courses["course_id"] == f"t-{name}", trained, none),
            (FACTS.nomination_base, FACTS.nomination, wishes["talent_field"] == name, wished,
             _aimless(careers, here, fits, field)),
        ):  # fmt: skip
            exposure = base * (near[:, :, field] * np.exp(effect * careers.experience()[:, :, field])).sum(axis=1)
            count = np.bincount(who[told.to_numpy(bool)], minlength=len(none)).astype(float)
            yield Counted(
                count, exposure * (trains if base == FACTS.course_base else 1.0), effect * INNATE[field], other
            )
    general = ~honours["honour"].isin(names).to_numpy(bool)
    count = np.bincount(awarded[general], minlength=len(none)).astype(float)
    yield Counted(count, HONOUR_CHANCE * here.sum(axis=1), 0.4 * SKILL, none)


def _aimless(careers: Careers, here: NDArray[np.bool_], fits: NDArray[np.int64], field: int) -> Numbers:
    """Self-nominations expected of each officer without any talent, (n,)."""
    free = 1.0 / len(FIELDS)
    fit = fits[careers.family]
    share = np.where(fit < 0, free, np.where(fit == field, 0.7 + 0.3 * free, 0.3 * free))
    return np.asarray(NOMINATION_CHANCE * (share * here).sum(axis=1))


@dataclass(frozen=True)
class Posterior:
    """What the evidence says of each officer's level now: mean and standard deviation, (officer, field)."""

    officers: pd.Index
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]

    def chance_above(self, field: int, cut: float) -> Numbers:
        """The chance (n,) that the level in a field lies above a cut."""
        return np.asarray(norm.sf((cut - self.mean[:, field]) / self.sd[:, field]))


def posterior(frames: Frames, as_of: AsOf, officers: pd.Index) -> Posterior:
    """The posterior of the levels of these serving officers; `frames` as they stood on the day."""
    careers = careers_of(frames, as_of, officers)
    precision = np.tile(np.eye(HIDDEN), (len(officers), 1, 1))
    weighted = np.zeros((len(officers), HIDDEN))
    for seen in (_levels(frames, careers), _scores(frames, careers), *_appraisals(frames, careers)):
        np.add.at(precision, seen.officer, seen.direction[:, :, None] * seen.direction[:, None, :] / seen.spread**2)
        np.add.at(weighted, seen.officer, seen.direction * seen.value[:, None] / seen.spread**2)
    mode, curvature = _mode(precision, weighted, list(_counts(frames, careers)))
    spread = np.linalg.inv(curvature)
    mean = mode @ INNATE.T + careers.experience()[:, -1]
    return Posterior(officers, mean, np.sqrt(np.einsum("fi,nij,fj->nf", INNATE, spread, INNATE)))


def _mode(precision: Cube, weighted: Numbers, counts: list[Counted]) -> tuple[Numbers, Cube]:
    """Newton steps to the top of the posterior, (n, HIDDEN), and the curvature there."""
    mode = np.linalg.solve(precision, weighted[:, :, None])[:, :, 0].astype(np.float64)
    curvature = precision
    for _ in range(STEPS):
        slope = weighted - np.einsum("nij,nj->ni", precision, mode)
        curvature = precision.copy()
        for one in counts:
            rate = one.exposure * np.exp(np.clip(mode @ one.direction, -8.0, 8.0))
            owed = one.count * rate / np.maximum(rate + one.other, 1e-12)
            slope += (owed - rate)[:, None] * one.direction
            curvature += rate[:, None, None] * np.outer(one.direction, one.direction)
        mode += np.clip(np.linalg.solve(curvature, slope[:, :, None])[:, :, 0], -1.0, 1.0).astype(np.float64)
    return mode, curvature
