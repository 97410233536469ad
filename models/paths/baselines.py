"""Plain peers for paths: the shortest ways through a Markov chain, and the ways most often taken.

Neither knows more of an officer than the present post; both know how long officers took.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data_contracts.asof import DAYS_A_MONTH
from models.paths.finding import PATHS, FoundPaths, Goals, Path
from models.posts.baselines import BACK_OFF
from models.posts.histories import PADDING, Array, Catalogue, Moves

LONGEST = 4
WIDEST = 60  # posts in the middle of a path of three steps; all of them where there are no more
ENOUGH = 10  # times seen before a pair of posts speaks for itself
TAILS = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class MarkovShortest:
    """The k likeliest ways of up to three steps through first-order transitions, the least sum of -log chance first.

    chances: (size + 1, size) backed off to popularity; dwell: (size + 1, 2) mean and variance of the months in a post.
    """

    chances: Array
    dwell: Array

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue) -> MarkovShortest:
        """Count moves and the time before each."""
        size, present = catalogue.size, moves.histories.present(catalogue.size)
        counts = np.zeros((size + 1, size))
        np.add.at(counts, (present, moves.targets), 1.0)
        share = counts.sum(0) + 0.1
        chances = (counts + BACK_OFF * share / share.sum()) / (counts.sum(1, keepdims=True) + BACK_OFF)
        return cls(chances, _dwell(present, moves.histories.days[:, 0] / DAYS_A_MONTH, size))

    def find(self, asked: Goals, k: int = PATHS) -> FoundPaths:
        """The paths, and the time of the first of them: the sum of its posts' mean times, as a gamma."""
        size = self.chances.shape[1]
        starts, known = asked.starts.present(size), {}
        times = np.full((len(asked), len(TAILS)), np.nan)
        paths: list[list[Path]] = []
        for row, pair in enumerate(zip(starts.tolist(), asked.goals.tolist(), strict=True)):
            if pair not in known:
                known[pair] = self._shortest(*pair, k)
            paths.append(known[pair])
            if paths[-1]:
                times[row] = self._time((pair[0], *paths[-1][0][:-1]), asked.horizon_months)
        return FoundPaths(paths, times[:, 1], times[:, 0], times[:, 2])

    def _shortest(self, start: int, goal: int, k: int) -> list[Path]:
        size = self.chances.shape[1]
        if goal >= size or start == goal:
            return []
        out, into = self.chances[start].copy(), self.chances[:size, goal].copy()
        out[[goal, *([start] if start < size else [])]] = 0.0
        direct = [(float(self.chances[start, goal]), (goal,))]
        two = [(float(out[x] * into[x]), (int(x), goal)) for x in _best(out * into, k)]
        firsts, seconds = _best(out, WIDEST), _best(np.where(out > 0, into, 0.0), WIDEST)
        cube = out[firsts, None] * self.chances[np.ix_(firsts, seconds)] * into[None, seconds]
        cube[firsts[:, None] == seconds[None, :]] = 0.0
        three = [
            (float(cube.flat[at]), (int(firsts[at // len(seconds)]), int(seconds[at % len(seconds)]), goal))
            for at in _best(cube.ravel(), k)
        ]
        return [path for _, path in sorted([*direct, *two, *three], key=lambda one: (-one[0], one[1]))[:k]]

    def _time(self, stays: Sequence[int], horizon: float) -> Array:
        mean, variance = self.dwell[list(stays)].sum(0)
        return _gamma_within(float(mean), float(variance), horizon)


@dataclass(frozen=True)
class MostFrequent:
    """The ways that officers took most often from this post to the goal; then those that others took to it.

    durations by (start, goal), and by the number of steps where a pair was seen too rarely.
    """

    between: Mapping[tuple[int, int], Sequence[Path]]
    towards: Mapping[int, Sequence[Path]]
    durations: Mapping[tuple[int, int], Array]
    by_length: Mapping[int, Array]
    size: int

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue, horizon_months: float) -> MostFrequent:
        """Count every way of up to four steps within the horizon."""
        between: defaultdict[tuple[int, int], Counter[Path]] = defaultdict(Counter)
        towards: defaultdict[int, Counter[Path]] = defaultdict(Counter)
        durations: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
        by_length: defaultdict[int, list[float]] = defaultdict(list)
        for start, path, months in _ways(moves, horizon_months):
            between[start, path[-1]][path] += 1
            towards[path[-1]][path] += 1
            durations[start, path[-1]].append(months)
            by_length[len(path)].append(months)
        return cls(
            {pair: _most(counts) for pair, counts in between.items()},
            {goal: _most(counts) for goal, counts in towards.items()},
            {pair: np.array(found) for pair, found in durations.items() if len(found) >= ENOUGH},
            {length: np.array(found) for length, found in by_length.items()},
            catalogue.size,
        )

    def find(self, asked: Goals, k: int = PATHS) -> FoundPaths:
        """The paths, and the months that those who went from here to there took."""
        starts = asked.starts.posts[:, 0].tolist()
        times = np.full((len(asked), len(TAILS)), np.nan)
        paths: list[list[Path]] = []
        for row, (start, goal) in enumerate(zip(starts, asked.goals.tolist(), strict=True)):
            own = [*self.between.get((start, goal), ()), (goal,), *self.towards.get(goal, ())]
            paths.append([path for path in dict.fromkeys(own) if start not in path and goal < self.size][:k])
            if not paths[-1]:
                continue
            seen = self.durations.get((start, goal), self.by_length.get(len(paths[-1][0])))
            if seen is not None:
                times[row] = np.quantile(seen, TAILS)
        return FoundPaths(paths, times[:, 1], times[:, 0], times[:, 2])


def _most(counts: Counter[Path]) -> list[Path]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], len(one[0]), one[0]))
    return [path for path, _ in ordered[:PATHS]]


def _ways(moves: Moves, horizon: float) -> Iterator[tuple[int, Path, float]]:
    """(start, path, months) of each stretch of up to `LONGEST` moves that ends with a move and is within the horizon.

    The months count from the arrival at the start.
    """
    posts, days = moves.histories.posts, moves.histories.days
    width = min(LONGEST, posts.shape[1])
    for row, goal in enumerate(moves.targets.tolist()):
        way: Path = (goal,)
        for back in range(width):
            start, months = int(posts[row, back]), float(days[row, back]) / DAYS_A_MONTH
            if start in (PADDING, goal) or months > horizon:
                break
            yield start, way, months
            way = (start, *way)


def _dwell(present: Array, months: Array, size: int) -> Array:
    """(size + 1, 2) mean and variance of the months in each post, drawn towards those of all."""
    mean, variance = float(months.mean()), float(months.var())
    count = np.bincount(present, minlength=size + 1)
    total = np.bincount(present, months, minlength=size + 1)
    square = np.bincount(present, (months - mean) ** 2, minlength=size + 1)
    return np.stack(
        [(total + BACK_OFF * mean) / (count + BACK_OFF), (square + BACK_OFF * variance) / (count + BACK_OFF)], 1
    )


def _gamma_within(mean: float, variance: float, horizon: float) -> Array:
    """Quantiles of the gamma of that mean and variance, given that it is at most the horizon."""
    from scipy.stats import gamma

    law = gamma(mean**2 / max(variance, 1e-6), scale=max(variance, 1e-6) / max(mean, 1e-6))
    within = max(float(law.cdf(horizon)), 1e-9)
    return np.asarray(np.minimum(law.ppf(np.array(TAILS) * within), horizon))


def _best(values: Array, k: int) -> Array:
    """Places of the k largest positive values, the largest first."""
    some = np.argpartition(-values, min(k, len(values)) - 1)[:k]
    some = some[np.argsort(-values[some], kind="stable")]
    return np.asarray(some[values[some] > 0])
