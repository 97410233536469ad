"""When an officer moves: the chance of a move, and of leaving, in each quarter to come (competing risks).

A discrete-time hazard for each cause (Prentice and Gloeckler 1978) over officer-quarters: boosted trees on what was
known at the start of the quarter. Officers who have not moved count with all their quarters, so nothing is lost by
censoring. In a quarter at most one thing happens; S(q) = prod(1 - move - leave).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from data_contracts.asof import DAYS_A_MONTH
from models.artifacts import Parts
from models.base import Matrix, Numbers
from models.paths.steady import SteadyRate
from models.posts.histories import PADDING, Array, Histories
from models.risk.boosting import Boosted

QUARTER_MONTHS = 3.0
COVARIATES = (
    "months_in_post", "tenure_months", "moves_before", "months_in_last_post", "moves_last_5_years", "rank",
    "months_in_rank", "post_turnover", "rank_turnover", "quarter_of_year",
)  # fmt: skip
LEFT_OUT = ("rank", "quarter_of_year")
LONG_TIMES = ("months_in_post", "months_in_last_post", "months_in_rank")
RATES = ("post_turnover", "rank_turnover")
TERMS = (
    *(name for name in COVARIATES if name not in LEFT_OUT), *(f"log_{name}" for name in (*LONG_TIMES, *RATES))
)  # fmt: skip
PARAMS: Mapping[str, object] = {"rounds": 120, "learning_rate": 0.06, "num_leaves": 15, "feature_fraction": 0.7}
SHRINK = 40.0
NEAR = 0.5  # of the order of movers is what the last four years alone say; chosen on earlier windows (record 0012)
MOVE, LEAVE = 1, 2
WITHIN = 11
FEWEST_LEAVINGS = 50
FIVE_YEARS_DAYS = 5 * 365.25


@dataclass(frozen=True)
class Quarters:
    """Histories (n rows) at the start of each quarter; causes (n,) 0, MOVE or LEAVE; weight (n,) of each, for those
    without an event may be a sample; share (n,) of the quarter that had passed at the event, 1 without one; officers
    (n,) a number for each officer.
    """

    histories: Histories
    causes: Array
    weight: Array
    share: Array
    officers: Array


@dataclass(frozen=True)
class Turnover:
    """Moves a quarter out of each post and at each rank, drawn towards those of all: post (size + 1,), rank (r,)."""

    post: Array
    rank: Array

    @classmethod
    def of(cls, histories: Histories, moved: Array, weight: Array, size: int, ranks: int) -> Turnover:
        """From officer-quarters (n,) of which `moved` ended in a move; `weight` says how many each stands for."""
        every = float((moved * weight).sum() / max(weight.sum(), 1e-9))
        post, rank = histories.present(size), np.clip(histories.rank, 0, ranks - 1)
        return cls(_shrunk(post, moved, weight, every, size + 1), _shrunk(rank, moved, weight, every, ranks))


@dataclass(frozen=True)
class DwellModel:
    """The two hazards, what they need to know of posts and ranks, and when in a quarter moves fall.

    within: (WITHIN,) evenly spaced quantiles of the share of its quarter at which a move came: where ranks are known
    by a yearly list, all of them come on its last day. steady: who moves sooner over years, with the rank codes that
    are terms of it; long: trees on more years; added: trees of one split on as many, in the place of all the others
    where they ordered later movers better. Only `order` reads these.
    """

    turnover: Turnover
    move: Boosted
    leave: Boosted | None = None
    within: Array = field(default_factory=lambda: np.linspace(0.0, 1.0, WITHIN))
    steady: SteadyRate | None = None
    ranks: tuple[int, ...] = ()
    long: Boosted | None = None
    added: Boosted | None = None

    @classmethod
    def fit(cls, quarters: Quarters, size: int, ranks: int, seed: int = 0) -> DwellModel:
        """From officer-quarters, for `size` posts and `ranks` rank codes (0, unknown, among them)."""
        histories, causes, weight = quarters.histories, quarters.causes, quarters.weight
        turnover = Turnover.of(histories, causes == MOVE, weight, size, ranks)
        x = covariates(histories, turnover)
        move = Boosted(PARAMS, seed).fit(x, (causes == MOVE).astype(np.float64), COVARIATES, weight)
        leaves = (causes == LEAVE).astype(np.float64)
        leave = Boosted(PARAMS, seed).fit(x, leaves, COVARIATES, weight) if leaves.sum() >= FEWEST_LEAVINGS else None
        shares = quarters.share[causes == MOVE]
        even = np.linspace(0.0, 1.0, WITHIN)
        return cls(turnover, move, leave, np.quantile(shares, even) if len(shares) >= WITHIN else even)

    def hazards(self, histories: Histories) -> tuple[Numbers, Numbers]:
        """(n,) chances of a move and of leaving in the quarter that begins now."""
        return self._chances(covariates(histories, self.turnover))

    def _chances(self, x: Matrix) -> tuple[Numbers, Numbers]:
        move = np.clip(self.move.predict(x), 1e-5, 0.95)
        leave = np.zeros(len(x)) if self.leave is None else np.clip(self.leave.predict(x), 0.0, 0.5)
        return move, np.minimum(leave, 0.98 - move)

    def move_times(self, histories: Histories, quarters: int, waits: Array | None = None) -> Array:
        """(n, quarters) chance that the next move falls into each quarter from now on.

        `waits` (n,) months that must pass first: no move ends a quarter before they are over.
        """
        staying, found = np.ones(len(histories)), np.zeros((len(histories), quarters))
        moves, leavings = self._ahead(histories, quarters)
        if waits is not None:
            middle = (np.arange(quarters) + 0.5) * QUARTER_MONTHS
            moves = np.where(waits[None, :] > middle[:, None], 0.0, moves)
        for quarter in range(quarters):
            found[:, quarter] = staying * moves[quarter]
            staying = staying * (1 - moves[quarter] - leavings[quarter])
        return found

    def _ahead(self, histories: Histories, quarters: int) -> tuple[Numbers, Numbers]:
        """(quarters, n) chances of a move and of leaving in each quarter from now on: the trees are asked once."""
        move, leave = self._chances(self._quarters_on(histories, quarters))
        return move.reshape(quarters, -1), leave.reshape(quarters, -1)

    def _quarters_on(self, histories: Histories, quarters: int) -> Matrix:
        """(quarters * n, COVARIATES) what is seen at the start of each quarter to come, quarter by quarter."""
        days = [later(histories, quarter * QUARTER_MONTHS * DAYS_A_MONTH) for quarter in range(quarters)]
        return np.concatenate([covariates(one, self.turnover) for one in days])

    def order(self, histories: Histories, quarters: int) -> Numbers:
        """(n,) who moves sooner, whoever leaves before: the higher the sooner.

        The log of the cumulative hazard over the quarters to come by the long view's trees and `NEAR` times that by
        these, and the score of the steady rate: the three err differently (record 0012). Trees of one split, where
        there are any, say it alone.
        """
        x = self._quarters_on(histories, quarters)
        if self.added is not None:
            return _ahead_of(self.added, x, quarters)
        score = np.log(self._chances(x)[0].reshape(quarters, -1).sum(0))
        if self.long is not None:
            score = NEAR * score + _ahead_of(self.long, x, quarters)
        if self.steady is not None:
            score = score + self.steady.score(terms(histories, self.turnover, self.ranks))
        return np.asarray(score)

    def to_parts(self) -> Parts:
        """Text of the trees, arrays of the turnover."""
        parts = self.move.to_parts("dwell-move")
        values = {"leaves": self.leave is not None, **parts.json}
        texts = dict(parts.texts)
        if self.leave is not None:
            other = self.leave.to_parts("dwell-leave")
            values |= other.json
            texts |= other.texts
        for name, trees in {"dwell-long": self.long, "dwell-added": self.added}.items():
            if trees is not None:
                more = trees.to_parts(name)
                values |= more.json
                texts |= more.texts
        arrays = {"dwell.post": self.turnover.post, "dwell.rank": self.turnover.rank,
                  "dwell.within": self.within}  # fmt: skip
        if self.steady is not None:
            arrays |= {f"dwell.steady.{name}": getattr(self.steady, name) for name in ("centre", "scale", "weights")}
            values |= {"ranks": list(self.ranks)}
        return Parts(json={"dwell": values}, texts=texts, arrays=arrays)

    @classmethod
    def from_parts(cls, parts: Parts) -> DwellModel:
        """The inverse of `to_parts`."""
        values = parts.json["dwell"]
        leave = Boosted.from_parts(parts, "dwell-leave") if values["leaves"] else None
        turnover = Turnover(parts.arrays["dwell.post"], parts.arrays["dwell.rank"])
        move, within = Boosted.from_parts(parts, "dwell-move"), parts.arrays["dwell.within"]
        if "dwell-added" in values:
            return cls(turnover, move, leave, within, added=Boosted.from_parts(parts, "dwell-added"))
        if "ranks" not in values:
            return cls(turnover, move, leave, within)
        names = ("centre", "scale", "weights")
        steady = SteadyRate(*(parts.arrays[f"dwell.steady.{name}"] for name in names))
        long = Boosted.from_parts(parts, "dwell-long") if "dwell-long" in values else None
        return cls(turnover, move, leave, within, steady, tuple(int(rank) for rank in values["ranks"]), long)


def _ahead_of(trees: Boosted, x: Matrix, quarters: int) -> Numbers:
    """(n,) log of the cumulative hazard over the quarters to come, `x` quarter by quarter."""
    return np.asarray(np.log(np.clip(trees.predict(x), 1e-5, 0.95).reshape(quarters, -1).sum(0)))


def covariates(histories: Histories, turnover: Turnover) -> Matrix:
    """(n, COVARIATES) what both hazards, and the Cox model beside them, see; NaN where unknown."""
    size, ranks = len(turnover.post) - 1, len(turnover.rank)
    posts, days = histories.posts, histories.days
    known = posts != PADDING
    before = np.where(known[:, 1], days[:, 1] - days[:, 0], np.nan)
    recent = (known[:, :-1] & known[:, 1:] & (days[:, :-1] <= FIVE_YEARS_DAYS)).sum(1)
    rank = np.clip(histories.rank, 0, ranks - 1)
    columns = (
        days[:, 0] / DAYS_A_MONTH, histories.tenure_days / DAYS_A_MONTH, known.sum(1) - 1, before / DAYS_A_MONTH,
        recent, histories.rank, histories.rank_days / DAYS_A_MONTH, turnover.post[histories.present(size)],
        turnover.rank[rank], quarter_of_year(histories.day),
    )  # fmt: skip
    return np.stack([np.asarray(column, np.float32) for column in columns], 1)


def terms(histories: Histories, turnover: Turnover, ranks: tuple[int, ...]) -> Matrix:
    """(n, TERMS + ranks) the covariates with long times on a log scale, which flatters a linear model, ranks apart."""
    columns = covariates(histories, turnover).astype(np.float64)
    at = {name: columns[:, place] for place, name in enumerate(COVARIATES)}
    plain = [at[name] for name in COVARIATES if name not in LEFT_OUT]
    logs = [np.log1p(np.maximum(at[name], 0.0)) for name in LONG_TIMES]
    rates = [np.log(np.maximum(at[name], 1e-6)) for name in RATES]
    return np.stack([*plain, *logs, *rates, *((histories.rank == rank).astype(float) for rank in ranks)], 1)


def quarter_of_year(day: Array) -> Array:
    """The quarter, 0 to 3, of days since 1970.

    >>> quarter_of_year(np.array([0, 120, 300])).tolist()
    [0, 1, 3]
    """
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(month % 12 // 3)


def later(histories: Histories, days: Array | float) -> Histories:
    """The same officers so many days on, nothing having happened."""
    passed = np.broadcast_to(np.asarray(days, np.float32), len(histories))
    return Histories(
        histories.posts,
        np.where(histories.posts == PADDING, 0, histories.days + passed[:, None]).astype(np.float32),
        histories.rank,
        histories.rank_days + passed,
        histories.tenure_days + passed,
        (histories.day + passed).astype(np.int32),
    )


def after_each_other(first: Array, second: Array) -> Array:
    """(n, quarters) when the second of two stays ends, given when each does, both (n, quarters).

    Each ends on any day of its quarter, so their sum falls half into the quarter of the sum and half into the next.

    >>> after_each_other(np.array([[0.5, 0.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])).tolist()
    [[0.25, 0.5, 0.25]]
    """
    found = np.zeros_like(first)
    for quarter in range(first.shape[1]):
        found[:, quarter:] += first[:, quarter : quarter + 1] * second[:, : first.shape[1] - quarter]
    found[:, 1:] = (found[:, 1:] + found[:, :-1]) / 2
    found[:, 0] /= 2
    return found


def ends_in_time(first: Array, second: Array) -> Array:
    """(n, quarters) `second`, the chance that a stay which begins when the `first` ends, ends in each of its quarters,
    as far as both are over within as many quarters: the parts of `after_each_other` by the length of the second.

    >>> ends_in_time(np.array([[0.5, 0.5, 0.0]]), np.array([[0.2, 0.2, 0.2]])).round(3).tolist()
    [[0.2, 0.15, 0.05]]
    """
    by = np.cumsum(first, 1)
    before = np.concatenate([np.zeros((len(first), 1)), by[:, :-1]], 1)
    return np.asarray(second * ((by + before) / 2)[:, ::-1])


def quantiles(times: Array, shares: tuple[float, ...], within: Array | None = None) -> Array:
    """(n, shares) months by which each share of `times` (n, quarters) has come, given that it comes at all; NaN rows
    where it never does. `within` says when in a quarter (`DwellModel.within`); without it every day is as likely.

    >>> quantiles(np.array([[0.2, 0.2]]), (0.5, 0.75)).tolist()
    [[3.0, 4.5]]
    """
    inside = np.array([0.0, 1.0]) if within is None else within
    steps, quarters = len(inside) - 1, times.shape[1]
    months = QUARTER_MONTHS * (np.arange(quarters)[:, None] + inside[None, :]).ravel()  # quarter by quarter
    total = times.sum(1, keepdims=True)
    share = times / np.where(total > 0, total, np.nan)
    parts = np.repeat(share[:, :, None] / steps, len(inside), 2)
    parts[:, :, 0] = 0.0
    reached = np.cumsum(parts.reshape(len(times), -1), 1)
    found = np.full((len(times), len(shares)), np.nan)
    for row in np.flatnonzero(total[:, 0] > 0):
        rising = np.concatenate([[reached[row, 1] > 0], np.diff(reached[row]) > 1e-12])
        rising |= np.append(rising[1:], False)  # the last month before each rise
        found[row] = np.interp(shares, reached[row][rising], months[rising])
    return found


def _shrunk(group: Array, moved: Array, weight: Array, every: float, size: int) -> Array:
    count = np.bincount(group, weight, minlength=size)
    events = np.bincount(group, weight * moved, minlength=size)
    return np.asarray((events + SHRINK * every) / (count + SHRINK), np.float64)
