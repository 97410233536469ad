"""The work of the matching benchmark, once as we do it and once as others would; each runs in a process of its own."""

from __future__ import annotations

import hashlib
import heapq
import zlib
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from data_contracts.placing import MatchingPolicy
from data_contracts.policy import policy
from models.matching.assignment import best_fit
from models.matching.placing import match
from models.matching.wishes import MatchInput

WISHES = 20
OFFICERS_PER_VACANCY = 10


def random_input(officers: int, seed: int = 20) -> MatchInput:
    """A round in which some vacancies are far more wished for than others, and places are a little short."""
    rng, vacancies = np.random.default_rng(seed), max(2 * WISHES, officers // OFFICERS_PER_VACANCY)
    pull = np.exp(rng.normal(0.0, 1.0, vacancies))
    drawn = rng.choice(vacancies, (officers, 3 * WISHES), p=pull / pull.sum())
    wishes = pd.DataFrame({"officer": np.repeat(np.arange(officers), 3 * WISHES), "vacancy": drawn.ravel()})
    wishes = wishes.drop_duplicates()
    wishes["preference_order"] = wishes.groupby("officer").cumcount() + 1
    wishes = wishes[wishes["preference_order"] <= WISHES]
    ids = (
        np.array([f"{kind}-{one}" for one in range(size)], dtype=object) for kind, size in _sizes(officers, vacancies)
    )
    officer_ids, vacancy_ids = ids
    size = len(wishes)
    preferences = pd.DataFrame(
        {
            "officer_id": officer_ids[wishes["officer"]],
            "vacancy_id": vacancy_ids[wishes["vacancy"]],
            "preference_order": wishes["preference_order"].to_numpy(),
            "eligible": rng.random(size) < 0.9,
            "priority_class": np.array([None, "couple"], dtype=object)[(rng.random(size) < 0.03).astype(int)],
            "fit": rng.integers(1, 1000, size) / 1000.0,
        }
    )
    columns = {"points": 200, "grassroots_months": 120, "service_months": 360}
    people = {"officer_id": officer_ids} | {name: rng.integers(0, top, officers) / 2.0 for name, top in columns.items()}
    places = rng.integers(1, 2 * OFFICERS_PER_VACANCY - 1, vacancies)
    return MatchInput(pd.DataFrame(people), preferences, pd.DataFrame({"vacancy_id": vacancy_ids, "places": places}))


def _sizes(officers: int, vacancies: int) -> tuple[tuple[str, int], ...]:
    return ("o", officers), ("v", vacancies)


def ours(given: MatchInput) -> float:
    """From frames to a frame with one row an officer."""
    frame = match(given, policy().matching).assignments().dropna(subset="vacancy_id")
    return _checksum(zip(frame["officer_id"], frame["vacancy_id"], strict=True))


def textbook(given: MatchInput) -> float:
    """Gale-Shapley as it stands in textbooks: dictionaries, one heap a vacancy, one officer at a time."""
    standing, lists, keys = _in_dictionaries(given, policy().matching)
    places = dict(zip(given.vacancies["vacancy_id"], given.vacancies["places"].tolist(), strict=True))
    held: dict[str, list[tuple[tuple[int, int], str]]] = {vacancy: [] for vacancy in places}
    asks = dict.fromkeys(standing, 0)
    free = list(standing)
    while free:
        officer = free.pop()
        wishes = lists.get(officer, [])
        if asks[officer] >= len(wishes):
            continue
        vacancy = wishes[asks[officer]]
        asks[officer] += 1
        place, number = keys[officer, vacancy]
        heapq.heappush(held[vacancy], ((-place, -number), officer))
        if len(held[vacancy]) > places[vacancy]:
            free.append(heapq.heappop(held[vacancy])[1])
    return _checksum((officer, vacancy) for vacancy, heap in held.items() for _, officer in heap)


Dictionaries = tuple[dict[str, int], dict[str, list[str]], dict[tuple[str, str], tuple[int, int]]]


def _in_dictionaries(given: MatchInput, rules: MatchingPolicy) -> Dictionaries:
    """Each officer's standing by points, tie-breaks and lottery; lists of eligible wishes; the key at each vacancy."""
    rows = sorted(
        (-row.points, -row.grassroots_months, -row.service_months, _ticket(row.officer_id, rules), row.officer_id)  # type: ignore[operator,arg-type]
        for row in given.officers.itertuples()
    )
    standing = {str(row[-1]): number for number, row in enumerate(rows)}
    lists: dict[str, list[str]] = {}
    keys = {}
    stated = given.preferences
    columns = (stated[name] for name in ("officer_id", "vacancy_id", "eligible", "priority_class"))
    for officer, vacancy, eligible, known in zip(*columns, strict=True):  # in the order of each officer
        if eligible:
            lists.setdefault(officer, []).append(vacancy)
            keys[officer, vacancy] = rules.place_of(known) if known else len(rules.priority_class), standing[officer]
    return standing, lists, keys


def _ticket(officer_id: str, rules: MatchingPolicy) -> str:
    return hashlib.sha256(f"{rules.lottery_seed}:{officer_id}".encode()).hexdigest()


def package(given: MatchInput) -> float:
    """The PyPI package `matching` (HospitalResident, officers optimal); raises ImportError where it is not."""
    from matching.games import HospitalResident  # type: ignore[import-not-found]

    _, lists, keys = _in_dictionaries(given, policy().matching)
    asked: dict[str, list[str]] = {}
    for officer, vacancy in keys:
        asked.setdefault(vacancy, []).append(officer)
    places = dict(zip(given.vacancies["vacancy_id"], given.vacancies["places"].tolist(), strict=True))
    orders = {vacancy: sorted(there, key=lambda one: keys[one, vacancy]) for vacancy, there in asked.items()}
    game = HospitalResident.create_from_dictionaries(lists, orders, {vacancy: places[vacancy] for vacancy in orders})
    solved = game.solve(optimal="resident")
    return _checksum((one.name, vacancy.name) for vacancy, there in solved.items() for one in there)


def fit_ours(given: MatchInput) -> float:
    """The assignment by fit, as its total."""
    return best_fit(match(given, policy().matching)).total_fit


def fit_scipy(given: MatchInput) -> float:
    """The same total from SciPy's sparse assignment: a column for each place, and one of no worth for each officer."""
    found = match(given, policy().matching)
    wishes = found.wishes
    size = wishes.places[wishes.vacancy]
    start = np.concatenate([[0], np.cumsum(wishes.places)])
    column = np.repeat(start[wishes.vacancy], size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    assert found.stated.fit is not None  # noqa: S101 - random_input gives it
    cost = np.repeat(2.0 - found.stated.fit[found.rows], size)
    shape = (len(wishes.first) - 1, int(start[-1]))
    posts = csr_matrix((cost, (np.repeat(wishes.officer, size), column)), shape=shape)
    nowhere = csr_matrix((np.full(shape[0], 2.0), (np.arange(shape[0]),) * 2), shape=(shape[0],) * 2)
    table = hstack([posts, nowhere]).tocsr()
    rows, columns = min_weight_full_bipartite_matching(table)
    return float(2.0 * len(rows) - table[rows, columns].sum())


def _checksum(pairs: Iterable[tuple[str, str]]) -> float:
    return float(sum(zlib.crc32(f"{officer}>{vacancy}".encode()) for officer, vacancy in pairs))


JOBS: Mapping[str, Callable[[MatchInput], float]] = {
    "matching: pharos": ours,
    "matching: textbook heaps": textbook,
    "matching: package matching": package,
    "by fit: pharos": fit_ours,
    "by fit: scipy": fit_scipy,
}
