"""Where those who held a post went on to: which job family of a goal is the one that people come to from there.

A goal of several job families is reached by any of them. Which courses and standards are worth an officer's time is
told by the family that most went on to, however many posts they held between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEAST = 10  # officers who went on to the goal from a post; of fewer those of its whole family are counted


@dataclass(frozen=True)
class Way:
    """The job family `to` which `took` of `went_on` officers came, of those who went on to the goal from the post held,
    or from the posts of its family."""

    to: str
    took: int
    went_on: int
    from_family: bool


@dataclass(frozen=True)
class WentOn:
    """Postings of everybody, as known by a day: columns officer_id, post_id, started_on."""

    postings: pd.DataFrame
    _counts: dict[tuple[frozenset[str], frozenset[str]], int] = field(default_factory=dict, repr=False)

    def way(self, post: str, kin: Collection[str], families: Mapping[str, Collection[str]]) -> Way | None:
        """Of the posts of each family of a goal the one that most went on to from a post, or, where fewer than LEAST
        ever did, from `kin`, the posts of its own family; None where too few did from these too. Nobody goes on to the
        post itself.

        >>> rows = pd.DataFrame({"officer_id": [*range(10), *range(10)], "post_id": ["p"] * 10 + [*"aaabbbbbbb"],
        ...     "started_on": pd.to_datetime(["2020"] * 10 + ["2021"] * 10)})
        >>> WentOn(rows).way("p", ["p"], {"A": ["a"], "B": ["b"]})
        Way(to='B', took=7, went_on=10, from_family=False)
        """
        elsewhere = {family: [one for one in posts if one != post] for family, posts in families.items()}
        every = {one for posts in elsewhere.values() for one in posts}
        for here, from_family in (([post], False), (kin, True)):
            went_on = self.officers(here, every)
            if went_on >= LEAST:
                took = {family: self.officers(here, posts) for family, posts in elsewhere.items()}
                to = max(took, key=lambda family: took[family])  # of equal ones the first
                return Way(to, took[to], went_on, from_family)
        return None

    def officers(self, here: Collection[str], there: Collection[str]) -> int:
        """How many officers took one of the posts `there` after they had begun one of the posts `here`.

        >>> rows = pd.DataFrame({"officer_id": list("aabbc"), "post_id": list("pqqpp"),
        ...     "started_on": pd.to_datetime(["2020", "2021", "2020", "2021", "2020"])})
        >>> WentOn(rows).officers(["p"], ["q"])
        1
        """
        key = frozenset(here), frozenset(there)
        if key not in self._counts:
            officer, post, day, posts, size = self._columns
            begun = np.isin(posts, list(key[0]))[post]
            first = np.full(size, np.iinfo(np.int64).max)
            np.minimum.at(first, officer[begun], day[begun])
            after = np.isin(posts, list(key[1]))[post] & (day > first[officer])
            self._counts[key] = int(np.unique(officer[after]).size)
        return self._counts[key]

    @cached_property
    def _columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.str_], int]:
        """Officers, posts and days of the rows as numbers, the id of each post, and how many officers there are."""
        rows = self.postings.dropna(subset=["officer_id", "post_id", "started_on"])
        officer, officers = pd.factorize(rows["officer_id"].astype(str))
        post, posts = pd.factorize(rows["post_id"].astype(str))
        day = rows["started_on"].to_numpy("datetime64[D]").astype(np.int64)
        return officer, post, day, np.asarray(posts, str), len(officers)
