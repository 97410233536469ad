"""Random rounds of wishes whose right answer is found by trying every assignment, written apart from the models."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import inf

import numpy as np
import pandas as pd

from data_contracts.policy import policy
from models.matching.wishes import MatchInput

RULES = policy().matching
CLASSES = ("hardship", "couple", None)
NOWHERE = ""


@dataclass(frozen=True)
class Rounds:
    """Many small rounds, apart from one another, in one input; `pairs` holds every officer with every vacancy of the
    same round: round, officer_id, vacancy_id, liking, eligible, priority_class, fit, and whether it is wished for."""

    officers: pd.DataFrame
    pairs: pd.DataFrame
    vacancies: pd.DataFrame

    def given(self, pairs: pd.DataFrame | None = None) -> MatchInput:
        """The input; orders follow `liking`, the greatest first, among the pairs wished for."""
        wishes = (self.pairs if pairs is None else pairs).query("wished").copy()
        wishes["preference_order"] = wishes.groupby("officer_id")["liking"].rank(ascending=False).astype(int)
        return MatchInput(self.officers, wishes.drop(columns=["round", "liking", "wished"]), self.vacancies)


def random_rounds(seed: int, count: int, officers: int = 4, vacancies: int = 4) -> Rounds:
    """`count` rounds of 1 to `officers` officers and 1 to `vacancies` vacancies; points and tie-breaks are often
    equal."""
    rng = np.random.default_rng(seed)
    people, open_, pairs = [], [], []
    for number in range(count):
        who = [f"o-{number}-{one}" for one in range(rng.integers(1, officers + 1))]
        what = [f"v-{number}-{one}" for one in range(rng.integers(1, vacancies + 1))]
        people += [(one, *rng.integers(0, 3, 3).tolist()) for one in who]
        open_ += [(one, int(rng.choice(4, p=[0.1, 0.6, 0.2, 0.1]))) for one in what]
        pairs += [(number, one, other) for one in who for other in what]
    frame = pd.DataFrame(pairs, columns=["round", "officer_id", "vacancy_id"])
    size = len(frame)
    frame["liking"], frame["fit"] = rng.permutation(size), rng.integers(-1, 10, size) / 2
    frame["eligible"], frame["wished"] = rng.random(size) < 0.85, rng.random(size) < 0.75
    frame["priority_class"] = np.array(CLASSES, dtype=object)[rng.choice(3, size, p=[0.1, 0.1, 0.8])]
    columns = ["officer_id", "points", "grassroots_months", "service_months"]
    return Rounds(pd.DataFrame(people, columns=columns), frame, pd.DataFrame(open_, columns=["vacancy_id", "places"]))


@dataclass(frozen=True)
class Small:
    """One round in plain words: wished and eligible vacancies of each officer, best first; who stands where."""

    lists: Mapping[str, list[str]]
    key: Mapping[tuple[str, str], tuple[object, ...]]
    places: Mapping[str, int]
    fit: Mapping[tuple[str, str], float]

    def assignments(self) -> Iterator[dict[str, str]]:
        """Every assignment that keeps to wishes and places; NOWHERE for no post."""
        for posts in product(*((*wishes, NOWHERE) for wishes in self.lists.values())):
            if all(posts.count(post) <= self.places[post] for post in set(posts) - {NOWHERE}):
                yield dict(zip(self.lists, posts, strict=True))

    def blocking(self, posts: Mapping[str, str]) -> list[tuple[str, str]]:
        """Pairs that would rather have one another."""
        found = []
        for officer, wishes in self.lists.items():
            better = wishes[: wishes.index(posts[officer])] if posts[officer] else wishes
            for vacancy in better:
                there = [self.key[one, vacancy] for one, post in posts.items() if post == vacancy]
                behind = any(self.key[officer, vacancy] < other for other in there)
                if self.places[vacancy] > 0 and (len(there) < self.places[vacancy] or behind):
                    found.append((officer, vacancy))
        return found

    def total_fit(self, posts: Mapping[str, str]) -> float:
        """Sum over the officers who have a post."""
        return sum(self.fit[pair] for pair in posts.items() if pair[1])

    def liked(self, officer: str, vacancy: str) -> float:
        """Place of a vacancy on the officer's list, 0 first; no post comes after the last."""
        wishes = self.lists[officer]
        return wishes.index(vacancy) if vacancy in wishes else inf

    def best_stable(self) -> dict[str, str]:
        """The stable assignment that every officer likes best; fails where there is none such."""
        stable = [posts for posts in self.assignments() if not self.blocking(posts)]
        best = {
            one: min((posts[one] for posts in stable), key=lambda post: self.liked(one, post)) for one in self.lists
        }
        assert best in stable
        return best


def each_round(rounds: Rounds) -> Iterator[Small]:
    """The rounds one by one, with the published order spelled out anew."""
    people = {row.officer_id: row for row in rounds.officers.itertuples()}
    places = dict(zip(rounds.vacancies["vacancy_id"], rounds.vacancies["places"], strict=True))
    for _, pairs in rounds.pairs.sort_values("liking", ascending=False).groupby("round"):
        lists: dict[str, list[str]] = {one: [] for one in pairs["officer_id"]}
        key, fit = {}, {}
        for row in pairs.itertuples():
            officer, vacancy = str(row.officer_id), str(row.vacancy_id)
            if row.wished and row.eligible:
                lists[officer].append(vacancy)
            one = people[officer]
            ticket = hashlib.sha256(f"{RULES.lottery_seed}:{officer}".encode()).hexdigest()
            standing = (-one.points, -one.grassroots_months, -one.service_months, ticket)  # type: ignore[operator]
            key[officer, vacancy] = (CLASSES.index(row.priority_class), *standing)
            fit[officer, vacancy] = float(row.fit)  # type: ignore[arg-type]
        yield Small(lists, key, {vacancy: places[vacancy] for vacancy in pairs["vacancy_id"]}, fit)
