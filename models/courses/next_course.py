"""`pharos` for the next courses: candidates by what is taken now, put in order by boosted trees.

The model holds no officer: everything it looks at comes with the state, so it is as fresh as that is while its
weights stay as they were fitted.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from data_contracts.errors import UntrustedArtifact
from models.artifacts import Parts
from models.courses.features import CandidateFeatures
from models.courses.histories import Array, CourseNames, Peers, Questions, Takings
from models.courses.state import CourseState, StateMaker
from models.lightgbm_text import booster

if TYPE_CHECKING:
    from lightgbm import Booster

KIND, RANKER = "next_course", "ranker"
SERVICE = "course_records_v1"  # requests read records and the counts of the day, no feature service
CANDIDATES, LONG_DAYS, SHORT_DAYS = 200, 120, 30
AT_ONCE = 256
OUTSIDE = -1e6


@dataclass(frozen=True)
class NextCourseModel:
    """Trees over the figures of `course_features`, by name and in order; what is the same for all questions of a state
    is counted once for the state asked about last."""

    booster: Booster
    features: tuple[str, ...]
    candidates: int = CANDIDATES
    _held: list[CandidateFeatures] = field(default_factory=list, init=False, repr=False, compare=False)

    def score(self, state: CourseState, asked: Questions) -> Array:
        """(n, courses); what is not among the candidates follows after them, the most taken first."""
        have = self._at(state)
        scores = np.tile(OUTSIDE + np.log1p(np.asarray(state.taken.sum(0)).ravel()), (len(asked), 1))
        for start in range(0, len(asked), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            scores[part, have.candidates] = self._predicted(have, asked.take(part))
        return np.asarray(scores)

    def _at(self, state: CourseState) -> CandidateFeatures:
        held = self._held[0] if self._held else None
        if held is None or held.state is not state:
            held = CandidateFeatures(state, candidates_at(state, self.candidates))
            self._held[:] = [held]
        return held

    def to_parts(self) -> Parts:
        """Names and the trees' own text; no pickle."""
        values: dict[str, Any] = {"kind": KIND, "features": list(self.features), "candidates": self.candidates}
        return Parts(json=values, texts={RANKER: self.booster.model_to_string()})

    @classmethod
    def from_parts(cls, parts: Parts) -> NextCourseModel:
        """The inverse of `to_parts`; raises UntrustedArtifact when the parts are not those of such a model."""
        values: Mapping[str, Any] = parts.json
        if values.get("kind") != KIND:
            raise UntrustedArtifact(
                f"the artefact is of kind {values.get('kind')!r}, not {KIND!r}; resolve the right model"
            )
        trees = booster(RANKER, parts.texts[RANKER])
        if trees.num_feature() != len(values["features"]):
            raise UntrustedArtifact("the trees and the names of their features do not fit; train it again")
        return cls(trees, tuple(values["features"]), int(values["candidates"]))

    def _predicted(self, have: CandidateFeatures, asked: Questions) -> Array:
        names, values = have.of(asked)
        if names != self.features:
            raise UntrustedArtifact("the features of this version are not those the model learned from; train it again")
        rows = values.reshape(-1, len(names))
        threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        return np.asarray(self.booster.predict(rows, num_threads=threads)).reshape(values.shape[:2])


@functools.cache
def features_hash() -> str:
    """sha256 over the names of the figures looked at, in order; a model that learned from others must not answer."""
    one = np.zeros(1, np.int64)
    state = StateMaker(Takings.ordered(one, one, one, one), 1, CourseNames(("a",), (("a",),))).state(
        0, Peers.unknown(1)
    )
    names, _ = CandidateFeatures(state, one).of(Questions(one, one + 1, np.zeros((1, 1), bool)))
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def candidates_at(state: CourseState, most: int = CANDIDATES) -> Array:
    """The numbers of at most `most` courses: those most taken in the last month, then in the last four, then ever."""
    ever = np.asarray(state.taken.sum(0)).ravel()
    order = np.lexsort((-ever, -state.count(LONG_DAYS), -state.count(SHORT_DAYS)))[:most]
    return order[state.first_seen[order] <= state.day]
