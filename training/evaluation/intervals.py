"""Intervals in closed form for many groups at once; every array is (groups,), NaN where nothing can be said.

`error` is the probability of missing the truth, 0.05 for a 95 % interval. An effective number stands for how many
independent witnesses a group's rows are worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from models.base import Numbers


@dataclass(frozen=True)
class Bounds:
    """A figure of each group and its interval."""

    value: Numbers
    low: Numbers
    high: Numbers


@dataclass(frozen=True)
class Share:
    """A share of each group and the effective number behind it."""

    share: Numbers
    number: Numbers


def effective_number(total: Numbers, squares: Numbers) -> Numbers:
    """Kish's (sum)^2 / sum of squares over officers (1965), and at most the total itself.

    >>> effective_number(np.array([4.0, 4.0]), np.array([4.0, 16.0])).tolist()
    [4.0, 1.0]
    """
    return np.minimum(np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0), total)


def count_ratio(predicted: Numbers, observed: Numbers, events: Numbers, error: float) -> Bounds:
    """Predicted over observed, from Garwood's limits of a Poisson count of (effective) `events`.

    Where nothing was observed the ratio is infinite, and its lower limit says how many events that excludes.

    >>> found = count_ratio(np.array([100.0, 9.0]), np.array([100.0, 0.0]), np.array([100.0, 0.0]), 0.05)
    >>> found.value.tolist(), found.low.round(3).tolist(), found.high.round(3).tolist()
    ([1.0, inf], [0.822, 2.44], [1.229, inf])
    """
    some = events > 0
    counted = np.where(some, events, 1.0)
    each = np.where(some, observed / counted, 1.0)  # observed events for each effective one
    most = chi2.ppf(1 - error / 2, 2 * (events + 1)) / 2 * each
    least = np.where(some, chi2.ppf(error / 2, 2 * counted) / 2 * each, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Bounds(predicted / observed, predicted / most, predicted / least)


def wilson(share: Share, error: float) -> tuple[Numbers, Numbers]:
    """Limits of a share (Wilson 1927).

    >>> low, high = wilson(Share(np.array([0.0]), np.array([10.0])), 0.05)
    >>> float(low.round(3)[0]), float(high.round(3)[0])
    (0.0, 0.278)
    """
    z2 = norm.ppf(1 - error / 2) ** 2
    centre = (share.share * share.number + z2 / 2) / (share.number + z2)
    inner = share.share * (1 - share.share) * share.number + z2 / 4
    half = np.sqrt(z2 * np.maximum(inner, 0.0)) / (share.number + z2)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def share_difference(inside: Share, outside: Share, error: float) -> Bounds:
    """Inside less outside, with Newcombe's hybrid score interval (1998, method 10).

    >>> three, many = Share(np.array([0.0]), np.array([3.0])), Share(np.array([0.3]), np.array([900.0]))
    >>> found = share_difference(three, many, 0.05)
    >>> float(found.low.round(2)[0]), float(found.high.round(2)[0])
    (-0.33, 0.26)
    """
    (in_low, in_high), (out_low, out_high) = wilson(inside, error), wilson(outside, error)
    value = inside.share - outside.share
    down = np.hypot(inside.share - in_low, out_high - outside.share)
    up = np.hypot(in_high - inside.share, outside.share - out_low)
    return Bounds(value, value - down, value + up)


def share_ratio(inside: Share, outside: Share, error: float) -> Bounds:
    """Inside over outside, with Katz's log interval (1978); half an event stands where there was none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = inside.share / outside.share
        p, q = (np.maximum(one.share, 0.5 / one.number) for one in (inside, outside))
        spread = np.sqrt((1 - p) / (p * inside.number) + (1 - q) / (q * outside.number))
        far = np.exp(norm.ppf(1 - error / 2) * spread)
        return Bounds(value, np.minimum(value, p / q / far), np.maximum(value, p / q * far))
