"""Inputs and predictions of a force against those of training.

A figure counts only where it is past its limit (`policy/watch.toml`), more than chance explains, and more than it used
to move: in a usual year, and between the same seasons before training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from data_contracts.vocabulary import Grade
from data_contracts.watching import WatchPolicy
from experiments.drift.findings import Finding, factor, share
from experiments.drift.usual import Season
from models.base import Numbers
from training.evaluation.drift import Counts, each_of, jensen_shannon, most_psi, psi, psi_of_chance, share_moved
from training.risk.reference import Reference, Said
from training.risk.spreads import Spread

Seasons = Sequence[tuple[Said, Said]]
MUTE = 0.9  # of the largest PSI there can be; a feature that moves so far in a usual year has nothing left to tell


@dataclass(frozen=True)
class Usual:
    """What moves when nothing is wrong: seasons before training, shares of independent officers, years gone by."""

    rules: WatchPolicy
    years: float = 1.0
    seasons: tuple[Season, ...] = ()
    independent: Mapping[str, float] = field(default_factory=dict)

    def over(self, used_to: float, most: float) -> float:
        """What a figure must exceed that used to move by so much: a multiple of it, held below what is possible at all.

        Halfway between what it used to be and `most`, the largest that it can be.
        """
        return min(self.rules.sureness.usual_times * used_to, (used_to + max(used_to, most)) / 2)

    def over_said(self, used_to: float, alert: float) -> float:
        """The same for what a model says: never more than a multiple of the alert limit, or what it used to be itself.

        Three times a leap of the seasons is a limit that nothing can exceed, and a watch that cannot speak is none.
        """
        sureness = self.rules.sureness
        return min(sureness.usual_times * used_to, max(used_to, sureness.usual_at_most * alert))

    def chance(self, counts: tuple[Counts, Counts], name: str, error: float) -> float:
        """The PSI that chance brings."""
        return psi_of_chance(*counts, error, self.independent.get(name, 1.0))


@dataclass(frozen=True)
class Moved:
    """One feature, or the chances of one outcome: at training, now, and at both ends of the seasons before."""

    name: str
    then: Spread
    now: Spread
    seasons: Sequence[tuple[Spread, Spread]]

    def used_to(self, years: float) -> float:
        """The PSI that it used to have."""
        return max(self.then.usual * years**2, *(psi(*one.over(other)) for one, other in self.seasons), 0.0)

    def nulls_used_to(self) -> float:
        """By how much the share without a value used to move."""
        moves = (share(one.nulls, one.rows) - share(other.nulls, other.rows) for one, other in self.seasons)
        return max((abs(move) for move in moves), default=0.0)

    def new_codes(self) -> float | None:
        """The share of officers now with a code that training had not seen; None for a number."""
        if self.then.codes is None or self.now.codes is None:
            return None
        new = sum(count for code, count in self.now.codes.items() if code not in self.then.codes)
        return share(new, self.now.known)


def input_findings(reference: Reference, force: pd.DataFrame, usual: Usual) -> Iterator[Finding]:
    """Each feature of the model: PSI over training's bins, share of nulls, and codes never seen."""
    error = each_of(usual.rules.sureness.error_share, 2 * len(reference.inputs))
    for name, then in reference.inputs.items():
        ends = [(then.again(season.earlier[name]), then.again(season.later[name])) for season in usual.seasons]
        moved = Moved(name, then, then.again(force[name]), ends)
        yield _spread(moved, usual, error)
        yield _nulls(moved, usual, error)
        new = moved.new_codes()
        if new is not None:
            level = usual.rules.inputs.new_codes.level(new)
            yield Finding("inputs", name, "new_codes", 0.0, new, new, level)


def said_findings(key: str, then: Said, now: Said, seasons: Seasons, usual: Usual, tests: int) -> list[Finding]:
    """What one model says of the force: its spread, its grades at the cut-offs of training, its mean."""
    error = each_of(usual.rules.sureness.error_share, tests)
    return [
        _chances(key, then, now, seasons, usual, error),
        _grades(key, then, now, seasons, usual, error),
        _mean(key, then, now, seasons, usual, error),
    ]


def _moved(section: str, moved: Moved, usual: Usual) -> Finding:
    counts = moved.then.over(moved.now)
    means = [np.nan if spread.mean is None else spread.mean for spread in (moved.then, moved.now)]
    used_to = moved.used_to(usual.years)
    apart = jensen_shannon(*counts)
    return Finding(section, moved.name, "psi", means[0], means[1], psi(*counts), apart=apart, used_to=used_to)


def _spread(moved: Moved, usual: Usual, error: float) -> Finding:
    found, counts = _moved("inputs", moved, usual), moved.then.over(moved.now)
    used_to, most = found.used_to or 0.0, most_psi(counts[0], float(counts[1].sum()))
    bound = max(usual.over(used_to, most), usual.chance(counts, moved.name, error))
    found = replace(found, bound=bound, mute=used_to >= MUTE * most > 0)
    return found.judged(usual.rules.inputs.psi.level(found.value), found.value > bound)


def _chances(key: str, then: Said, now: Said, seasons: Seasons, usual: Usual, error: float) -> Finding:
    moved = Moved(key, then.spread, now.spread, [(one.spread, other.spread) for one, other in seasons])
    found, limits = _moved("predictions", moved, usual), usual.rules.predictions.psi
    chance = usual.chance(moved.then.over(moved.now), key, error)
    bound = max(usual.over_said(found.used_to or 0.0, limits.alert), chance)
    return replace(found, bound=bound).judged(limits.level(found.value), found.value > bound)


def _nulls(moved: Moved, usual: Usual, error: float) -> Finding:
    before, after = (moved.then.nulls, moved.then.rows), (moved.now.nulls, moved.now.rows)
    apart, sure = share_moved(before, after, error)
    value, used_to = abs(apart), moved.nulls_used_to()
    found = Finding("inputs", moved.name, "nulls", share(*before), share(*after), value)
    return found.judged(usual.rules.inputs.nulls.level(value), sure and value > usual.over(used_to, 1.0))


def _grades(key: str, then: Said, now: Said, seasons: Seasons, usual: Usual, error: float) -> Finding:
    counts, limits = (_by_grade(then), _by_grade(now)), usual.rules.predictions.grades
    value = psi(*counts)
    used_to = max((psi(_by_grade(one), _by_grade(other)) for one, other in seasons), default=0.0)
    poor = [share(counted[0], counted.sum()) for counted in counts]
    bound = max(usual.over_said(used_to, limits.alert), usual.chance(counts, key, error))
    found = Finding("predictions", key, "grades", poor[0], poor[1], value, bound=bound, used_to=used_to)
    return found.judged(limits.level(value), value > bound)


def _mean(key: str, then: Said, now: Said, seasons: Seasons, usual: Usual, error: float) -> Finding:
    """By which factor the mean chance moved; sure is what lies outside the noise of two samples."""
    value, limits = factor(now.mean, then.mean), usual.rules.predictions.mean
    used_to = max((factor(one.mean, other.mean) for one, other in seasons), default=1.0)
    bound = 1.0 + usual.over_said(used_to - 1.0, limits.alert - 1.0)
    independent = usual.independent.get(key, 1.0)
    noise = now.deviation * np.sqrt(sum(1 / max(1.0, independent * said.spread.known) for said in (then, now)))
    sure = abs(now.mean - then.mean) > norm.isf(error / 2) * noise and not value <= bound
    found = Finding("predictions", key, "mean", then.mean, now.mean, value, bound=bound, used_to=used_to)
    return found.judged(limits.level(value), bool(sure))


def _by_grade(said: Said) -> Numbers:
    return np.array([said.grades[grade.value] for grade in Grade], dtype=np.float64)
