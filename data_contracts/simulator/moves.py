"""What moves officers between posts: a first-order chain by job family, and the planted two-step patterns.

Both are facts of the simulated world, the same for every seed, and are written into `effects.json`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.simulator.families import FAMILIES, SENIORITIES, TRACKS, post_ids
from data_contracts.simulator.months import FloatArray, IntArray

FACTS_SEED = 20
FEEDERS = 4
HUB_SENIORITIES = (0, 1)
SENIORITY_WEIGHTS = {-1: 0.10, 0: 0.80, 1: 1.0}


@dataclass(frozen=True)
class MoveFacts:
    """`chain` (post, post): chance of the next post given the present one.

    `two_step` (post, post): after the post of the row and then that of the column, the post that follows with the
    chance `CareerEffects.two_step`, or -1. `course_family[course]` is the family that an elective course opens.
    """

    chain: FloatArray
    two_step: IntArray

    def as_json(self) -> dict[str, object]:
        """The patterns by post id."""
        ids = post_ids()
        patterns = [
            {"first": ids[a], "then": ids[b], "next": ids[self.two_step[a, b]]}
            for a, b in np.argwhere(self.two_step >= 0).tolist()
        ]
        return {"two_step_patterns": patterns}


def move_facts() -> MoveFacts:
    """The chain and the patterns.

    >>> facts = move_facts()
    >>> bool(np.allclose(facts.chain.sum(axis=1), 1.0)), int((facts.two_step >= 0).sum()) > 50
    (True, True)
    """
    chain = _chain(_affinity())
    return MoveFacts(chain, _patterns(chain))


def _affinity() -> FloatArray:
    """(family, family): how readily one family leads to another; a few preferred neighbours on the same track."""
    rng = np.random.default_rng(FACTS_SEED)
    track = np.array([TRACKS.index(family.track) for family in FAMILIES])
    same = track[:, None] == track[None, :]
    affinity = np.where(same, 0.03, 0.008) * rng.lognormal(0.0, 0.7, (len(FAMILIES), len(FAMILIES)))
    for row in range(len(FAMILIES)):
        peers = np.flatnonzero(same[row] & (np.arange(len(FAMILIES)) != row))
        affinity[row, rng.choice(peers, min(3, len(peers)), replace=False)] += rng.uniform(0.15, 0.4)
    affinity[np.diag_indices(len(FAMILIES))] = 0.8
    result: FloatArray = affinity * np.maximum([family.share for family in FAMILIES], 0.05) ** 0.3
    return result


def _chain(affinity: FloatArray) -> FloatArray:
    number = np.arange(len(FAMILIES) * SENIORITIES)
    family, grade = number // SENIORITIES, number % SENIORITIES
    rise = grade[None, :] - grade[:, None]
    weight = np.select([rise == step for step in SENIORITY_WEIGHTS], list(SENIORITY_WEIGHTS.values()), 0.01)
    chain = affinity[family[:, None], family[None, :]] * weight
    chain[np.diag_indices(len(number))] = 0.0
    result: FloatArray = chain / chain.sum(axis=1, keepdims=True)
    return result


def _patterns(chain: FloatArray) -> IntArray:
    """For each junior post, its strongest feeders, each leading on to a different post of the same or next grade."""
    rng = np.random.default_rng(FACTS_SEED + 1)
    posts = len(chain)
    two_step = np.full((posts, posts), -1, dtype=np.int64)
    for hub in range(posts):
        if hub % SENIORITIES not in HUB_SENIORITIES:
            continue
        feeders = np.argsort(-chain[:, hub], kind="stable")[:FEEDERS]
        onward = [post for post in np.argsort(-chain[hub], kind="stable")[:14].tolist()
                  if post % SENIORITIES <= hub % SENIORITIES + 1 and post not in feeders]  # fmt: skip
        targets = rng.permutation(onward)[: len(feeders)]
        two_step[feeders[: len(targets)], hub] = targets
    return two_step
