"""How far a distribution has moved, and how far chance alone would have moved it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from models.base import Numbers

Counts = NDArray[np.float64]
BELIEF = 0.5  # officers added to each bin, so that an empty one is rare and not impossible (Jeffreys)


def quantile_edges(values: Numbers, bins: int = 10) -> Numbers:
    """Upper edges of at most `bins` bins of equal count, each edge once; values (n,) without NaN.

    A count that is mostly zero has one edge at zero: none against some.

    >>> quantile_edges(np.array([0.0] * 95 + [1.0, 1.0, 2.0, 2.0, 3.0])).tolist()
    [0.0]
    >>> quantile_edges(np.arange(8.0), 4).tolist()
    [1.0, 3.0, 5.0]
    """
    if not len(values):
        return np.empty(0)
    edges: Numbers = np.unique(np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf"))
    return edges[edges < values.max()] if values.max() > values.min() else edges


def binned(values: Numbers, edges: Numbers) -> Counts:
    """How many of the values (n,) lie in each bin, (edges + 1,); an edge belongs to the bin below it.

    >>> binned(np.array([0.0, 0.0, 5.0]), np.array([0.0])).tolist()
    [2.0, 1.0]
    """
    places = np.searchsorted(edges, values, side="left")
    return np.bincount(places, minlength=len(edges) + 1).astype(np.float64)


def psi(then: Counts, now: Counts) -> float:
    """Population stability index of two counts over the same bins (Siddiqi 2006); 0 where one of them is empty.

    >>> psi(np.array([50.0, 50.0]), np.array([500.0, 500.0]))
    0.0
    >>> round(psi(np.array([900.0, 100.0]), np.array([800.0, 200.0])), 2)
    0.08
    """
    if then.sum() <= 0 or now.sum() <= 0:
        return 0.0
    before, after = _shares(then), _shares(now)
    return float(np.sum((after - before) * np.log(after / before)))


def most_psi(then: Counts, officers: float) -> float:
    """The largest PSI that so many officers could have: all of them in the bin that was rarest; 0 for one bin.

    >>> round(most_psi(np.array([100.0] * 10), 1000), 1)
    6.8
    """
    if len(then) < 2 or officers <= 0:
        return 0.0
    now = np.zeros(len(then))
    now[int(np.argmin(then))] = officers
    return psi(then, now)


def jensen_shannon(then: Counts, now: Counts) -> float:
    """Jensen-Shannon divergence in bits, 0 to 1 (Lin 1991); 0 where one of them is empty.

    >>> round(jensen_shannon(np.array([1e6, 0.0]), np.array([0.0, 1e6])), 3)
    1.0
    """
    if then.sum() <= 0 or now.sum() <= 0:
        return 0.0
    before, after = _shares(then), _shares(now)
    middle = (before + after) / 2
    halves = [np.sum(share * np.log2(share / middle)) for share in (before, after)]
    return float(np.mean(halves))


def psi_of_chance(then: Counts, now: Counts, error_share: float, independent: float = 1.0) -> float:
    """The PSI that two draws from one population exceed with probability `error_share`.

    `independent` is the share of officers that count: those of one unit have what belongs to the unit in common.

    PSI times n m / (n + m) is about chi-squared with bins - 1 degrees of freedom (Yurdakul 2018). The same officers
    stand in both counts, so their true spread is smaller and this bound is on the safe side.

    >>> round(psi_of_chance(np.array([125.0] * 2), np.array([125.0] * 2), 0.05), 3)
    0.031
    """
    n, m = independent * float(then.sum()), independent * float(now.sum())
    if len(then) < 2 or min(n, m) <= 0:
        return float("inf")
    return float(chi2.isf(error_share, len(then) - 1)) * (n + m) / (n * m)


def share_moved(then: tuple[float, float], now: tuple[float, float], error_share: float) -> tuple[float, bool]:
    """By how much a share moved, and whether chance does not explain it; each is (how many, of how many).

    Two-sided test of two proportions with a pooled variance.

    >>> share_moved((0, 200), (100, 200), 0.01)
    (0.5, True)
    >>> share_moved((10, 20), (11, 20), 0.01)[1]
    False
    """
    if min(then[1], now[1]) <= 0:
        return 0.0, False
    apart = now[0] / now[1] - then[0] / then[1]
    pooled = (then[0] + now[0]) / (then[1] + now[1])
    spread = float(np.sqrt(pooled * (1 - pooled) * (1 / then[1] + 1 / now[1])))
    return apart, bool(spread > 0 and abs(apart) / spread > norm.isf(error_share / 2))


def calibration_of_chance(chances: Numbers, error_share: float, bins: int = 10, draws: int = 10_000) -> float:
    """The calibration error that chances (n,) which are exactly right exceed with probability `error_share`.

    Seeded draws of what comes in each of the equal-count bins of `risk_metrics.ece`.

    >>> round(calibration_of_chance(np.full(100, 0.1), 0.01), 2)
    0.12
    """
    rng = np.random.default_rng(len(chances))
    order = np.argsort(chances, kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    size = np.array([len(group) for group in groups])
    said = np.array([chances[group].mean() for group in groups])
    apart = np.abs(rng.binomial(size, said, (draws, len(groups))) / size - said)
    return float(np.quantile(apart @ size / size.sum(), 1.0 - error_share))


def each_of(error_share: float, tests: int) -> float:
    """The error that each of so many tests may make for all of them together to keep to `error_share` (Bonferroni).

    >>> each_of(0.01, 100)
    0.0001
    """
    return error_share / max(1, tests)


def over_codes(then: dict[str, int], now: dict[str, int], least: int = 20) -> tuple[Counts, Counts]:
    """Counts of codes over the same bins: each code that `then` had often, and all others together.

    >>> [counts.tolist() for counts in over_codes({"a": 50, "b": 2}, {"a": 40, "c": 9})]
    [[50.0, 2.0], [40.0, 9.0]]
    """
    common = sorted(code for code, count in then.items() if count >= least)
    return _with_rest(then, common), _with_rest(now, common)


def _with_rest(counts: dict[str, int], common: Sequence[str]) -> Counts:
    named = [counts.get(code, 0) for code in common]
    return np.array([*named, sum(counts.values()) - sum(named)], dtype=np.float64)


def _shares(counts: Counts) -> Numbers:
    shares: Numbers = (counts + BELIEF) / (counts.sum() + BELIEF * len(counts))
    return shares
