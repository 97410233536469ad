"""Officer-proposing deferred acceptance with quotas, and the pairs that would block another assignment.

Gale and Shapley (1962): every officer asks for the first wish not yet refused, every vacancy keeps the best of those
who asked as far as its places go. Whatever the sequence of asking, the result is the one stable assignment that is best
for every officer, and no officer gains by stating other wishes than the true ones (Dubins and Freedman 1981, Roth
1982). So many ask at once in numpy as long as many were refused, and the few that are left ask one by one: a round
costs a look at every place held, which a long chain of single refusals would pay thousands of times.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]  # numbers of officers, vacancies or wishes, each counted from 0
NOBODY = -1  # no wish granted
OPEN = np.iinfo(np.int64).max
FEW = 1000  # officers asking in a round below which they ask one by one


@dataclass(frozen=True)
class Wishes:
    """Ranked wishes, sorted by officer and then by preference order, all of them eligible.

    `officer`, `vacancy` and `rank` are (wishes,); a lower rank goes first, and no two of one vacancy are equal.
    `places` is (vacancies,); the wishes of officer i are rows first[i] to first[i + 1].
    """

    officer: Places
    vacancy: Places
    rank: Places
    places: Places
    first: Places

    @classmethod
    def of(cls, officers: int, officer: Places, vacancy: Places, rank: Places, places: Places) -> Wishes:
        """From sorted rows; `officers` counts also those without a wish."""
        first = np.searchsorted(officer, np.arange(officers + 1), side="left").astype(np.int64)
        return cls(officer, vacancy, rank, places, first)


def deferred_acceptance(wishes: Wishes, few: int = FEW) -> Places:
    """(officers,): the wish granted to each officer, NOBODY where none is.

    >>> both = np.array([0, 1]), np.array([0, 0]), np.array([7, 3])  # two officers, one vacancy, the second before
    >>> deferred_acceptance(Wishes.of(2, *both, places=np.array([1]))).tolist()
    [-1, 1]
    """
    asks = wishes.first[:-1].copy()  # the next wish of each officer
    granted = np.full(len(asks), NOBODY, dtype=np.int64)
    limit = np.where(wishes.places > 0, OPEN, NOBODY)  # a wish of this rank or a later one is refused
    asking = np.flatnonzero(asks < wishes.first[1:])
    while len(asking) > few:
        asking = _round(wishes, asks, granted, limit, asking)
    _one_by_one(wishes, asks, granted, limit, asking)
    return granted


def _round(wishes: Wishes, asks: Places, granted: Places, limit: Places, asking: Places) -> Places:
    """All who are asking ask once; changes the three arrays and returns those who must ask again."""
    rows = asks[asking]
    hopeful = wishes.rank[rows] < limit[wishes.vacancy[rows]]
    refused, rows = rows[~hopeful], rows[hopeful]
    touched = np.zeros(len(limit), dtype=bool)
    touched[wishes.vacancy[rows]] = True
    held = granted[granted != NOBODY]
    rows = np.concatenate([rows, held[touched[wishes.vacancy[held]]]])
    rows = rows[np.lexsort((wishes.rank[rows], wishes.vacancy[rows]))]
    vacancy = wishes.vacancy[rows]
    place = np.arange(len(rows)) - np.searchsorted(vacancy, vacancy)
    kept = place < wishes.places[vacancy]
    last = place == wishes.places[vacancy] - 1
    limit[vacancy[last]] = wishes.rank[rows[last]]
    refused = np.concatenate([refused, rows[~kept]])
    again = wishes.officer[refused]
    granted[again] = NOBODY
    granted[wishes.officer[rows[kept]]] = rows[kept]
    asks[again] = refused + 1
    return again[asks[again] < wishes.first[again + 1]]


def _one_by_one(wishes: Wishes, asks: Places, granted: Places, limit: Places, asking: Places) -> None:
    """McVitie and Wilson (1971): one asks, whoever is put out asks next; changes `granted`."""
    held = _Held(wishes, granted)
    rank, vacancy, places, officers = wishes.rank.data, wishes.vacancy.data, wishes.places.data, wishes.officer.data
    ends, limits = wishes.first.data[1:], limit.tolist()
    for officer in asking.tolist():
        row, end = int(asks[officer]), ends[officer]
        while row < end:
            asked = vacancy[row]
            if rank[row] < limits[asked]:
                heap = held.at(asked)
                heapq.heappush(heap, (-rank[row], row))
                granted[officers[row]] = row
                if len(heap) < places[asked]:
                    break
                out = heapq.heappop(heap)[1] if len(heap) > places[asked] else NOBODY
                limits[asked] = -heap[0][0]
                if out == NOBODY:
                    break
                row, end = out, ends[officers[out]]
                granted[officers[out]] = NOBODY
            row += 1


class _Held:
    """The wishes held at each vacancy as heaps, worst on top; a heap is made when its vacancy is first asked for."""

    def __init__(self, wishes: Wishes, granted: Places) -> None:
        rows = granted[granted != NOBODY]
        self._rows = rows[np.argsort(wishes.vacancy[rows], kind="stable")]
        self._first = np.searchsorted(wishes.vacancy[self._rows], np.arange(len(wishes.places) + 1))
        self._rank = wishes.rank
        self._heaps: dict[int, list[tuple[int, int]]] = {}

    def at(self, vacancy: int) -> list[tuple[int, int]]:
        """Pairs of minus the rank and the row."""
        if vacancy not in self._heaps:
            rows = self._rows[self._first[vacancy] : self._first[vacancy + 1]]
            self._heaps[vacancy] = list(zip((-self._rank[rows]).tolist(), rows.tolist(), strict=True))
            heapq.heapify(self._heaps[vacancy])
        return self._heaps[vacancy]


def last_held(wishes: Wishes, granted: Places) -> Places:
    """(vacancies,): the wish that took the last place of each vacancy, NOBODY where a place is free or none is open."""
    rows = granted[granted != NOBODY]
    rows = rows[np.lexsort((wishes.rank[rows], wishes.vacancy[rows]))]
    vacancy = wishes.vacancy[rows]
    place = np.arange(len(rows)) - np.searchsorted(vacancy, vacancy)
    full = place == wishes.places[vacancy] - 1
    last = np.full(len(wishes.places), NOBODY, dtype=np.int64)
    last[vacancy[full]] = rows[full]
    return last


def blocking_wishes(wishes: Wishes, granted: Places) -> Places:
    """The wishes that block an assignment: the officer would rather have them, and the vacancy has a free place or
    has given one to somebody who comes later in its order. Empty for a stable assignment.

    >>> both = np.array([0, 1]), np.array([0, 0]), np.array([7, 3])
    >>> blocking_wishes(Wishes.of(2, *both, places=np.array([1])), np.array([0, -1])).tolist()
    [1]
    """
    end = np.where(granted == NOBODY, wishes.first[1:], granted)
    preferred = np.arange(len(wishes.officer)) < end[wishes.officer]
    last = last_held(wishes, granted)
    limit = np.where(wishes.places > 0, OPEN, NOBODY)
    limit[last != NOBODY] = wishes.rank[last[last != NOBODY]]
    return np.flatnonzero(preferred & (wishes.rank < limit[wishes.vacancy]))
