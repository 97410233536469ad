"""Intervals in closed form for many groups at once; every array is (groups,), NaN where nothing can be said.

`error` is the probability of missing the truth, 0.05 for a 95 % interval. An effective number stands for how many
independent witnesses a group's rows are worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, chi2, norm

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


def share_of(hits: Numbers, total: Numbers, hit_hit: Numbers, hit_all: Numbers, all_all: Numbers) -> Share:
    """`hits` of `total`, with the number of witnesses; the others are sums of products over officers.

    Kish's number (1965) is (sum)^2 / sum of squares; the other is share (1 - share) / linearised variance.

    >>> four = np.array([4.0])  # four officers with one event each, two of them flagged; then two with two
    >>> share_of(np.array([2.0]), four, np.array([2.0]), np.array([2.0]), four)
    Share(share=array([0.5]), number=array([4.]))
    >>> share_of(np.array([2.0]), four, four, four, np.array([8.0])).number
    array([2.])
    """
    known = total > 1e-9
    share = np.divide(hits, total, out=np.full_like(total, np.nan), where=known)
    spread = hit_hit - 2 * share * hit_all + share**2 * all_all  # of each officer's hits about their share
    kish = np.divide(total**2, all_all, out=np.zeros_like(total), where=known)
    linear = np.divide(share * (1 - share) * total**2, spread, out=total.copy(), where=known & (spread > 1e-9))
    linear = np.where(linear > 0, linear, kish)  # all or none were flagged: no spread to go by
    return Share(share, np.where(known, np.minimum(np.minimum(kish, linear), total), 0.0))


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


def clopper_pearson(share: Share, error: float) -> tuple[Numbers, Numbers]:
    """Exact limits of a share (1934). Wilson's are too narrow far out, where a gate over dozens of groups must look.

    >>> low, high = clopper_pearson(Share(np.array([0.0]), np.array([10.0])), 0.05)
    >>> float(low[0]), float(high.round(3)[0])
    (0.0, 0.308)
    """
    hits = share.share * share.number
    misses = share.number - hits
    low = np.where(hits > 0, beta.ppf(error / 2, np.maximum(hits, 1e-12), misses + 1), 0.0)
    high = np.where(misses > 0, beta.ppf(1 - error / 2, hits + 1, np.maximum(misses, 1e-12)), 1.0)
    return low, high


def share_difference(inside: Share, outside: Share, error: float) -> Bounds:
    """Inside less outside, with Newcombe's square-and-add interval (1998) on exact limits.

    >>> three, many = Share(np.array([0.0]), np.array([3.0])), Share(np.array([0.3]), np.array([900.0]))
    >>> found = share_difference(three, many, 0.05)
    >>> float(found.low.round(2)[0]), float(found.high.round(2)[0])
    (-0.33, 0.41)
    """
    (in_low, in_high), (out_low, out_high) = clopper_pearson(inside, error), clopper_pearson(outside, error)
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
