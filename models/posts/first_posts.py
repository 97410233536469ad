"""Where officers begin: the first posts of those who joined, by the track they joined on, for who holds none yet.

A model of moves knows of a recruit only that nothing was held, so every recruit would be told the same. What others of
the same track began with is on record: it is counted, shrunk towards what all joiners began with, and that towards the
model, so that a track of few joiners, or a force that tells none, says little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log
from typing import TYPE_CHECKING, Self

import pandas as pd

from data_contracts.suggesting import CountRules
from data_contracts.vocabulary import Track
from models.posts.reasons import RANKED, Reason

if TYPE_CHECKING:
    from models.posts.next_post import Ranking  # brings torch

JOINED_WITHIN_DAYS = 366  # of joining: a first posting on record long after it is not where an officer began
LIKE_ALL = 20.0  # joiners of a track who are like all, and joiners who go where the model says, taken as seen
FIRST_POST = "first_post"
LEAST = 1e-12
Counts = Mapping[str, int]


@dataclass(frozen=True)
class FirstPosts:
    """By track, and of all joiners whatever their track, how many officers began in each post."""

    by_track: Mapping[str, Counts] = field(default_factory=dict)
    every: Counts = field(default_factory=dict)

    @classmethod
    def of(cls, postings: pd.DataFrame, officers: pd.DataFrame | None) -> Self:
        """Counted on records as they stood on a day; nothing without officers or the days on which they joined."""
        if officers is None or "entered_on" not in officers:
            return cls()
        rows = postings.sort_values(["started_on", "known_on"], kind="stable").drop_duplicates("officer_id")
        people = officers.drop_duplicates("officer_id", keep="last")
        columns = ["officer_id", "entered_on", *(["track"] if "track" in people else [])]
        both = rows[["officer_id", "post_id", "started_on"]].merge(people[columns], on="officer_id")
        began = (both["started_on"] - both["entered_on"]).dt.days.abs() <= JOINED_WITHIN_DAYS
        both = both[began.fillna(False).to_numpy(bool)]
        told = both.dropna(subset=["track"]) if "track" in both else both[:0].assign(track="")
        tracks = {str(track): _counts(part["post_id"]) for track, part in told.groupby("track")}
        return cls(tracks, _counts(both["post_id"]))

    def counts(self, track: str | None) -> Counts:
        """Of a track; of all joiners where the track is not known or nobody of it was seen."""
        return self.by_track.get(track or "") or self.every

    def applied(self, ranking: Ranking, track: str | None, rules: CountRules) -> Ranking:
        """A ranking by where joiners of a track began, and where nobody did by the model; as it was without joiners."""
        if not self.every:
            return ranking
        own, joined = self.by_track.get(track or "", {}), sum(self.every.values())
        seen = sum(own.values())
        posts = []
        for one in ranking.posts:
            anyone = (self.every.get(one.post_id, 0) + LIKE_ALL * one.probability) / (joined + LIKE_ALL)
            share = (own.get(one.post_id, 0) + LIKE_ALL * anyone) / (seen + LIKE_ALL)
            posts.append(replace(one, score=log(max(share, LEAST)), probability=share))
        whole = sum(one.probability for one in posts) or 1.0  # who began in a post that is no more is not among them
        posts = [replace(one, probability=one.probability / whole) for one in posts]

        def why(post_id: str) -> tuple[Reason, ...]:
            counted, others = self._reason(post_id, track, rules), ranking.why(post_id)
            return others if counted is None else (counted, *(one for one in others if one.code != RANKED))

        return replace(ranking, posts=tuple(sorted(posts, key=lambda one: -one.score)), why=why)

    def _reason(self, post_id: str, track: str | None, rules: CountRules) -> Reason | None:
        """How many of those who joined began here, None where it is of too few people or too seldom."""
        counts = self.counts(track)
        moved, total = counts.get(post_id, 0), sum(counts.values())
        if not rules.worth_telling(moved, total):
            return None
        zh, en = "", ""
        if track is not None and track in self.by_track:
            word = Track(track).label
            zh, en = f"以{word.zh}序列", f" on the track {word.en}"
        return Reason(
            FIRST_POST,
            f"记录中{zh}入警的 {total} 名民警中，{moved} 名的首任岗位是此岗位",
            f"{moved} of {total} officers on record who joined{en} began in this post",
        )


def _counts(posts: pd.Series) -> dict[str, int]:
    return {str(post): int(count) for post, count in posts.astype(str).value_counts().sort_index().items()}
