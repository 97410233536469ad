"""Which post comes next, as a mixture of plain counts whose weights were learned on later time.

Ten ways of counting each give a distribution over posts: all moves out of the present post, the recent ones, those
out of it after as long a stay, those after the same two posts, a return to a post held before, where people go at
large and of late, moves out of posts like this one, moves of people of the same rank and years of service, and those
out of this post at the same stage of a career. EM (Dempster, Laird and Rubin 1977) weighs them on moves that were not
counted, once for each length of history. Counts are enough here: a search for paths asks this question a hundred times
for each officer. Moves into posts that were dissolved since are not counted, so nobody is sent there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from data_contracts.asof import DAYS_A_MONTH
from models.artifacts import Parts
from models.paths.dwell import QUARTER_MONTHS
from models.paths.finding import distinct
from models.paths.likeness import Likeness
from models.posts.counts import known_pairs, pair_key
from models.posts.histories import PADDING, Array, Catalogue, Histories, Moves

WAYS = ("markov", "recent", "stay", "pair", "return", "popularity", "fashion", "alike", "seniority", "stage")
RETURN = WAYS.index("return")
BACK_OFF = 10.0
NARROW_BACK_OFF = 3.0
HALF_LIFE_DAYS = 730.0
FASHION_DAYS = 180.0
ALIKE_DAYS = 1460.0
STAY_MONTHS = (6.0, 18.0, 42.0, 84.0)
SERVICE_YEARS = (1.0, 2.0, 4.0, 7.0, 12.0, 18.0, 24.0)
SENIORITIES = len(SERVICE_YEARS) + 2  # the last where the day of joining is unknown
SENIORITY_BACK_OFF = 20.0
STAGE_YEARS = (3.0, 10.0)  # of service; unknown counts as none
DEPTHS = 4  # lengths of history that are weighed apart: 1, 2, 3, more posts
FIRST_BACK = 8
ROUNDS = 60
HELD_OUT = 0.2
TABLES = ("markov", "recent", "stay", "pair", "seniority", "stage")
PLAIN = ("pair_keys", "back", "popularity", "fashion", "weights", "closed")


@dataclass(frozen=True)
class Transitions:
    """Counts out of (size + 1) presents, (presents x stays) and pairs, how far back returns go, and the weights.

    markov, recent: (size + 1, size); stay: (stays * (size + 1), size); pair: (pairs + 1, size), the last row empty;
    seniority: (ranks * SENIORITIES, size); stage: (stages * (size + 1), size); alike: kinds of posts;
    back: (FIRST_BACK,) share of returns by steps back; popularity, fashion: (size,); weights: (DEPTHS, ways);
    closed: (size,) posts that nobody moves into any more.
    """

    markov: sp.csr_matrix
    recent: sp.csr_matrix
    stay: sp.csr_matrix
    pair: sp.csr_matrix
    seniority: sp.csr_matrix
    stage: sp.csr_matrix
    alike: Likeness
    pair_keys: Array
    back: Array
    popularity: Array
    fashion: Array
    weights: Array
    closed: Array

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue, closed: Array | None = None) -> Transitions:
        """Weigh the ways on the last fifth of the moves, then count all but those into a post `closed` (size,) since.

        The weights come from every move: when those were made, the posts were open.
        """
        cut = np.quantile(moves.day, 1 - HELD_OUT)
        early, late = moves.take(moves.day <= cut), moves.take(moves.day > cut)
        counted = _counted(moves, catalogue.size, closed)
        if not len(early) or not len(late):
            return counted
        return replace(counted, weights=_weighed(_counted(early, catalogue.size), late))

    @property
    def size(self) -> int:
        """Posts in the catalogue."""
        return len(self.popularity)

    def chances(self, histories: Histories, ends: Array | None = None) -> Array:
        """(n, size) chance of each next post; the present one has none.

        `ends` (n, quarters) is the chance that the stay ends in each quarter from now on: where people go hangs on how
        long they had stayed when they went, not on how long they have stayed today. Without it a move comes today.
        """
        weights, mixed = self.weights[depth_of(histories)], np.zeros((len(histories), self.size))
        for way, found in enumerate(self._ways(histories, ends)):  # one after the other: the same for many as for one
            mixed += weights[:, way, None] * found
        present = histories.present(self.size)
        rows = np.flatnonzero(present < self.size)
        mixed[rows, present[rows]] = 0.0
        return np.asarray(mixed / np.maximum(mixed.sum(1, keepdims=True), 1e-12))

    def towards(self, histories: Histories, goals: Array, ends: Array | None = None) -> Array:
        """(n,) chance that the next post is the goal; what `chances` has there, without making all of the row."""
        present, at = histories.present(self.size), MoveBands.of(histories, ends)
        known = present < self.size
        staying = np.where(known, self._mixed(histories, np.where(known, present, 0), at), 0.0)
        weights = self.weights[depth_of(histories)]
        nothing = weights[:, RETURN] * (_added(self._shares(histories)) == 0)  # whoever has no post to go back to
        left = np.maximum(weights.sum(1) - nothing - staying, 1e-12)
        return np.where(goals == present, 0.0, self._mixed(histories, goals, at) / left)

    def _mixed(self, histories: Histories, posts: Array, at: MoveBands) -> Array:
        """(n,) what the ways give one post each, weighed but not made to sum to 1."""
        present, behind = histories.present(self.size), self.popularity[posts]
        markov = _cell(self.markov, present, posts, behind, BACK_OFF)
        lately = _cell(self.recent, present, posts, behind, BACK_OFF)
        held = (histories.posts[:, 1 : 1 + FIRST_BACK] == posts[:, None]) * self._shares(histories)
        cells = [
            markov,
            _cell(self.recent, present, posts, markov, BACK_OFF),
            _cells(self.stay, (self._rows_by_band(histories, at.stay), at.stay), posts, markov, NARROW_BACK_OFF),
            _cell(self.pair, self._pair_row(histories), posts, markov, NARROW_BACK_OFF),
            _added(held),
            behind,
            self.fashion[posts],
            self.alike.cells(present, posts),
            _cells(self.seniority, (self._seniority_rows(histories), at.seniority), posts, behind, SENIORITY_BACK_OFF),
            _cells(self.stage, (self._rows_by_band(histories, at.stage), at.stage), posts, lately, BACK_OFF),
        ]
        return _added(self.weights[depth_of(histories)] * np.stack(cells, 1))

    def into(self, goals: Array) -> Array:
        """(n, size) a first guess, blind to histories, of the chance to go from every post straight to each goal."""
        one, place = distinct(goals)
        column = self.markov[: self.size, goals[one]].toarray().T
        total = np.asarray(self.markov.sum(1)).ravel()[: self.size]
        return np.asarray((column + BACK_OFF * self.popularity[goals[one], None]) / (total + BACK_OFF))[place]

    def seen(self, start: int, goals: Sequence[int]) -> tuple[int, int]:
        """Moves on record out of a post, and how many of them went straight to one of the goals."""
        row = self.markov[start].toarray()[0]
        return round(float(row.sum())), round(float(row[list(goals)].sum()))

    def to_parts(self) -> Parts:
        """Plain arrays."""
        arrays = {name: getattr(self, name) for name in PLAIN}
        arrays |= {"alike.kinds": self.alike.kinds, "alike.places": self.alike.places}
        for name in TABLES:
            table = getattr(self, name)
            arrays |= {f"{name}.{part}": getattr(table, part) for part in ("data", "indices", "indptr")}
        return Parts(arrays={f"transitions.{name}": np.asarray(array) for name, array in arrays.items()})

    @classmethod
    def from_parts(cls, parts: Parts) -> Transitions:
        """The inverse of `to_parts`."""
        arrays = {name.removeprefix("transitions."): array for name, array in parts.arrays.items()}
        size = len(arrays["popularity"])
        arrays.setdefault("closed", np.zeros(size, bool))  # versions trained before it was asked
        tables = {
            name: sp.csr_matrix(
                tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr")),
                shape=(len(arrays[f"{name}.indptr"]) - 1, size),
            )
            for name in TABLES
        }
        alike = Likeness(arrays["alike.kinds"], arrays["alike.places"])
        return cls(**tables, **{name: arrays[name] for name in PLAIN}, alike=alike)

    def _ways(self, histories: Histories, ends: Array | None = None) -> Iterator[Array]:
        """(n, size) what each way of counting gives; every row sums to 1, or to 0 where it has nothing."""
        at = MoveBands.of(histories, ends)
        present = histories.present(self.size)
        markov = _rows(self.markov, present, self.popularity, BACK_OFF)
        lately = _rows(self.recent, present, self.popularity, BACK_OFF)
        yield markov
        yield _rows(self.recent, present, markov, BACK_OFF)
        yield _banded(self.stay, (self._rows_by_band(histories, at.stay), at.stay), markov, NARROW_BACK_OFF)
        yield _rows(self.pair, self._pair_row(histories), markov, NARROW_BACK_OFF)
        yield self._returns(histories)
        yield np.broadcast_to(self.popularity, markov.shape)
        yield np.broadcast_to(self.fashion, markov.shape)
        yield self.alike.rows(present)
        yield _banded(
            self.seniority, (self._seniority_rows(histories), at.seniority), self.popularity, SENIORITY_BACK_OFF
        )
        yield _banded(self.stage, (self._rows_by_band(histories, at.stage), at.stage), lately, BACK_OFF)

    def _rows_by_band(self, histories: Histories, shares: Array) -> Array:
        """(n, bands) the rows of a table by band and present post, as `stay` and `stage` are, for `shares` of bands."""
        return np.arange(shares.shape[1]) * (self.size + 1) + histories.present(self.size)[:, None]

    def _seniority_rows(self, histories: Histories) -> Array:
        ranks = self.seniority.shape[0] // SENIORITIES
        return np.where(histories.rank < ranks, histories.rank, 0)[:, None] * SENIORITIES + np.arange(SENIORITIES)

    def _pair_row(self, histories: Histories) -> Array:
        keys = pair_key(histories.nth(1, self.size), histories.present(self.size), self.size)
        return known_pairs(self.pair_keys, keys)

    def _shares(self, histories: Histories) -> Array:
        """(n, width) chance of returning to each earlier post, the present one, closed and unknown ones left out."""
        posts = histories.posts[:, 1 : 1 + FIRST_BACK]
        known = (posts != PADDING) & (posts < self.size) & (posts != histories.posts[:, :1])
        known &= ~self.closed[np.where(known, posts, 0)]
        shares = known * self.back[: posts.shape[1]]
        return np.asarray(shares / np.maximum(_added(shares)[:, None], 1e-12))

    def _returns(self, histories: Histories) -> Array:
        posts = histories.posts[:, 1 : 1 + FIRST_BACK]
        shares, result = self._shares(histories), np.zeros((len(histories), self.size + 1))
        columns = np.where(shares > 0, posts, self.size).astype(np.int64)
        np.add.at(result, (np.arange(len(posts))[:, None], columns), shares)
        return result[:, : self.size]


@dataclass(frozen=True)
class MoveBands:
    """In which bands of stay, seniority and stage the next move falls: (n, bands) shares of each, rows sum to 1."""

    stay: Array
    seniority: Array
    stage: Array

    @classmethod
    def of(cls, histories: Histories, ends: Array | None) -> MoveBands:
        """For stays that end in the quarters of `ends` (n, quarters); today without it, or where none ends in it."""
        months, shares = np.zeros((len(histories), 1)), np.ones((len(histories), 1))
        if ends is not None:
            middle = (np.arange(ends.shape[1]) + 0.5) * QUARTER_MONTHS
            total = _added(ends)[:, None]
            months = np.where(total > 0, middle, 0.0)
            shares = np.where(total > 0, ends / np.where(total > 0, total, 1.0), 1.0 / ends.shape[1])
        stay = histories.days[:, :1] / DAYS_A_MONTH + months
        tenure = histories.tenure_days[:, None] + months * DAYS_A_MONTH
        return cls(
            _shared(stay_band(stay), shares, len(STAY_MONTHS) + 1),
            _shared(seniority_band(tenure), shares, SENIORITIES),
            _shared(stage_band(tenure), shares, len(STAGE_YEARS) + 1),
        )


def stay_band(months: Array) -> Array:
    """Which part of `STAY_MONTHS` a stay of so many months falls into."""
    return np.searchsorted(STAY_MONTHS, months, side="right")


def seniority_band(tenure_days: Array) -> Array:
    """Which part of `SERVICE_YEARS`, the last where it is unknown."""
    years = tenure_days / 365.25
    return np.where(np.isnan(years), SENIORITIES - 1, np.searchsorted(SERVICE_YEARS, np.nan_to_num(years)))


def stage_band(tenure_days: Array) -> Array:
    """Which part of `STAGE_YEARS`; unknown counts as none."""
    return np.searchsorted(STAGE_YEARS, np.nan_to_num(tenure_days) / 365.25)


def depth_of(histories: Histories) -> Array:
    """(n,) which row of weights a history is read with."""
    return np.asarray(np.clip((histories.posts != PADDING).sum(1), 1, DEPTHS) - 1)


def seniority_row(histories: Histories, ranks: int) -> Array:
    """(n,) which row of `seniority` a history is read with; a rank never seen counts as unknown."""
    known = np.where(histories.rank < ranks, histories.rank, 0)
    return np.asarray(known * SENIORITIES + seniority_band(histories.tenure_days))


def stage_row(histories: Histories, size: int) -> Array:
    """(n,) which row of `stage` a history is read with: years of service in three parts, and the present post."""
    return np.asarray(stage_band(histories.tenure_days) * (size + 1) + histories.present(size))


def extended(histories: Histories, posts: Array, days: Array) -> Histories:
    """The histories after one more move each: to `posts` (n,), `days` (n,) from now, and one day into the new post."""
    passed = np.asarray(days, np.float32)[:, None] + 1.0
    later = np.where(histories.posts == PADDING, 0, histories.days + passed)
    return Histories(
        posts=np.concatenate([posts[:, None].astype(np.int32), histories.posts], 1),
        days=np.concatenate([np.ones((len(posts), 1), np.float32), later], 1).astype(np.float32),
        rank=histories.rank,
        rank_days=histories.rank_days + passed[:, 0],
        tenure_days=histories.tenure_days + passed[:, 0],
        day=(histories.day + passed[:, 0]).astype(np.int32),
    )


def _counted(moves: Moves, size: int, closed: Array | None = None) -> Transitions:
    closed = np.zeros(size, bool) if closed is None or closed[moves.targets].all() else closed
    moves = moves.take(~closed[moves.targets])
    histories, target = moves.histories, moves.targets
    present, before = histories.present(size), histories.nth(1, size)
    keys = pair_key(before, present, size)
    pair_keys = np.unique(keys[keys >= 0])
    stay = stay_band(histories.days[:, 0] / DAYS_A_MONTH)
    fading = 0.5 ** ((moves.day.max() - moves.day) / HALF_LIFE_DAYS)
    ones, paired = np.ones(len(moves)), np.flatnonzero(keys >= 0)
    back = histories.posts[:, 1 : 1 + FIRST_BACK] == target[:, None]
    ranks = int(histories.rank.max(initial=0)) + 1
    slowly = 0.5 ** ((moves.day.max() - moves.day) / ALIKE_DAYS)
    depth = np.bincount(back.argmax(1)[back.any(1)], minlength=FIRST_BACK)[:FIRST_BACK] + 0.1
    share = np.bincount(target, fading, minlength=size) + 0.1
    of_late = np.bincount(target, 0.5 ** ((moves.day.max() - moves.day) / FASHION_DAYS), minlength=size) + 0.01
    ways = np.array([0.2, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.1, 0.1, 0.1])
    return Transitions(
        markov=_table(present, target, ones, (size + 1, size)),
        recent=_table(present, target, fading, (size + 1, size)),
        stay=_table(stay * (size + 1) + present, target, ones, ((len(STAY_MONTHS) + 1) * (size + 1), size)),
        pair=_table(
            known_pairs(pair_keys, keys[paired]), target[paired], ones[paired], (len(pair_keys) + 1, size)
        ),
        seniority=_table(seniority_row(histories, ranks), target, fading, (ranks * SENIORITIES, size)),
        stage=_table(stage_row(histories, size), target, fading, ((len(STAGE_YEARS) + 1) * (size + 1), size)),
        alike=Likeness.fit(_table(present, target, slowly, (size + 1, size))),
        pair_keys=pair_keys,
        back=depth / depth.sum(),
        popularity=share / share.sum(),
        fashion=of_late / of_late.sum(),
        weights=np.tile(ways, (DEPTHS, 1)),
        closed=closed,
    )  # fmt: skip


def _weighed(early: Transitions, late: Moves) -> Array:
    """(DEPTHS, ways) weights under which the later moves are likeliest."""
    found = early.weights.copy()
    depths, cells = depth_of(late.histories), np.zeros((len(late), len(WAYS)))
    for start in range(0, len(late), 2048):
        part = slice(start, start + 2048)
        ways = np.stack(list(early._ways(late.histories.take(part))))
        cells[part] = ways[:, np.arange(ways.shape[1]), late.targets[part]].T
    for depth in range(DEPTHS):
        seen = cells[depths == depth]
        for _ in range(ROUNDS if len(seen) else 0):
            share = seen * found[depth] + 1e-12
            share /= share.sum(1, keepdims=True)
            found[depth] = (share.sum(0) + 1.0) / (len(seen) + len(WAYS))
    return found


def _table(rows: Array, columns: Array, weight: Array, shape: tuple[int, int]) -> sp.csr_matrix:
    return sp.csr_matrix((weight.astype(np.float64), (rows, columns)), shape=shape)


def _added(parts: Array) -> Array:
    """(n,) sums of rows, from left to right: the same whoever stands beside and however far a history is padded."""
    return np.asarray(np.add.accumulate(parts, 1)[:, -1])


def _rows(table: sp.csr_matrix, at: Array, behind: Array, strength: float) -> Array:
    one, place = distinct(at)
    counts = table[at[one]].toarray()
    total = counts.sum(1, keepdims=True)
    return np.asarray((counts[place] + strength * behind) / (total[place] + strength))


def _cell(table: sp.csr_matrix, at: Array, goals: Array, behind: Array, strength: float) -> Array:
    counts = np.asarray(table[at, goals]).ravel()
    total = np.asarray(table.sum(1)).ravel()[at]
    return np.asarray((counts + strength * behind) / (total + strength))


def _shared(bands: Array, shares: Array, count: int) -> Array:
    """(n, count) how much of `shares` (n, quarters) falls into each band."""
    return np.stack([_added(np.where(bands == band, shares, 0.0)) for band in range(count)], 1)


def _banded(table: sp.csr_matrix, at: tuple[Array, Array], behind: Array, strength: float) -> Array:
    """(n, size) as `_rows`, over several rows of the table each, weighed: `at` are rows and weights (n, bands)."""
    rows, weights = at
    counted = weights / (np.asarray(table.sum(1)).ravel()[rows] + strength)
    one, band = np.nonzero(weights)
    mixing = sp.csr_matrix((counted[one, band], (one, rows[one, band])), shape=(len(rows), table.shape[0]))
    return np.asarray((mixing @ table).toarray() + strength * _added(counted)[:, None] * behind)


def _cells(table: sp.csr_matrix, at: tuple[Array, Array], goals: Array, behind: Array, strength: float) -> Array:
    """(n,) as `_banded`, one post of each row."""
    rows, weights = at
    one, band = np.nonzero(weights)
    found = _cell(table, rows[one, band], goals[one], behind[one], strength)
    return np.bincount(one, weights[one, band] * found, minlength=len(rows))
