"""What earlier years teach of units: how much a unit's pooled past says beyond its officers' chances.

Quasi-binomial regression of units' shares on the signal of `models.units.model`, with the officers' chances as offset,
an intercept for each as-of (a year's level is no unit's doing) and a ridge towards "nothing beyond the officers",
whose weight is chosen on as-ofs left out. Only what was known at the day of learning is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models.base import Numbers
from models.risk.calibration import log_odds
from models.units.model import DOUBT, LEAST, LEVEL, Roster, UnitRule, signal

PENALTIES = (10000.0, 500.0, 50.0)  # information (inverse squared log-odds), most cautious first
CAUTIOUS = 50.0  # where there is one as-of only and nothing can be left out
STEPS = 30
FEW = 5.0  # officers; smaller units say nothing about doubt
MOST = 1.5  # log-odds; more is a single odd year


@dataclass(frozen=True)
class EarlierDay:
    """One earlier as-of: its officers as they were scored then, and what came (n,), as known when learning."""

    roster: Roster
    y: Numbers


@dataclass(frozen=True)
class _Shares:
    """Units of one as-of: signal, log-odds of the mean chance, share that came, officers; (u,) each."""

    z: Numbers
    offset: Numbers
    share: Numbers
    officers: Numbers

    @classmethod
    def of(cls, day: EarlierDay) -> _Shares:
        roster = day.roster
        size = roster.officers
        there = size > 0
        mean = roster.tree.own(roster.where, roster.chance)[there] / size[there]
        share = roster.tree.own(roster.where, day.y)[there] / size[there]
        return cls(signal(roster)[there], log_odds(np.maximum(mean, LEAST)), share, size[there])


@dataclass(frozen=True)
class _Fitted:
    """Weight of the signal, levels of the as-ofs (days,), variance of units (log-odds squared)."""

    weight: float
    levels: Numbers
    between: float


def fit_unit_rule(days: Sequence[EarlierDay], open_chance: float = 0.0) -> UnitRule:
    """The rule of one outcome; without an earlier day with both ends of the outcome, what officers say is all."""
    shares = [_Shares.of(day) for day in days if 0.0 < float(day.y.mean()) < 1.0]
    if not shares:
        return UnitRule(open_chance=open_chance)
    found = _fit(shares, _penalty(shares))
    many = len(shares)
    level = float(np.sqrt(np.mean(found.levels**2) * (1.0 + 1.0 / many)))
    doubt = float(np.sqrt(found.between))
    return UnitRule(min(max(found.weight, 0.0), MOST), doubt, min(max(level, LEVEL), MOST), open_chance)


def _penalty(shares: Sequence[_Shares]) -> float:
    """The most cautious penalty, unless another foretells left-out as-ofs better."""
    if len(shares) < 2:
        return CAUTIOUS
    losses = [
        sum(_loss(_fit([*shares[:k], *shares[k + 1 :]], penalty).weight, one) for k, one in enumerate(shares))
        for penalty in PENALTIES
    ]
    return PENALTIES[int(np.argmin(losses))]


def _fit(shares: Sequence[_Shares], penalty: float) -> _Fitted:
    """Newton steps, the variance between units by moments after each (Williams 1982)."""
    many = len(shares)
    theta, between = np.zeros(many + 1), DOUBT**2
    for _ in range(STEPS):
        slope, curve = np.zeros(many + 1), np.diag([1e-6] * many + [penalty])
        slope[many] -= penalty * theta[many]
        apart = free = 0.0
        for day, one in enumerate(shares):
            rows = np.zeros((len(one.share), many + 1))
            rows[:, day], rows[:, many] = 1.0, one.z
            information, miss = _working(one, rows @ theta)
            weight = 1.0 / (1.0 / information + between)
            slope += rows.T @ (weight * miss)
            curve += (rows * weight[:, None]).T @ rows
            told = one.officers >= FEW
            apart += float((information * miss**2 - 1.0)[told].sum())
            free += float(information[told].sum())
        step = np.clip(np.linalg.solve(curve, slope), -1.0, 1.0)
        theta, between = theta + step, min(max(apart / max(free, 1e-9), 1e-3), MOST**2)
        if np.abs(step).max() < 1e-7:
            break
    return _Fitted(float(theta[many]), theta[:many], between)


def _working(one: _Shares, shift: Numbers) -> tuple[Numbers, Numbers]:
    """Information about a unit's log-odds, and how far it lay from what was expected, (u,) each."""
    mean = expit(one.offset + shift)
    variance = np.maximum(mean * (1.0 - mean), LEAST)
    return one.officers * variance, (one.share - mean) / variance


def _loss(weight: float, one: _Shares) -> float:
    """Deviance of an as-of left out, its own level given."""
    level = _level(weight, one)
    mean = np.clip(expit(one.offset + weight * one.z + level), LEAST, 1.0 - LEAST)
    each = one.share * np.log(mean) + (1.0 - one.share) * np.log1p(-mean)
    return -float(one.officers @ each)


def _level(weight: float, one: _Shares) -> float:
    level = 0.0
    for _ in range(STEPS):
        information, miss = _working(one, weight * one.z + level)
        level += float(np.clip(np.average(miss, weights=information), -1.0, 1.0))
    return level
