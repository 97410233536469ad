"""Which courses open which job families: how much more often those who held a course moved there than was expected.

lift = (moves seen + STRENGTH) / (moves expected + STRENGTH), the expected ones from transitions that know nothing of
courses, so that a course which people of a family take anyway gets no credit for their staying in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from models.artifacts import Parts
from models.paths.search import PostChances
from models.posts.histories import Array, Moves

STRENGTH = 10.0
LEAST_LIFT = 1.1  # from here on a course is suggested for a goal: paths tell as little as the change that helps
CHUNK = 2048


@dataclass(frozen=True)
class CourseLifts:
    """lift (courses, families); family (size,) the number of each post's job family."""

    courses: tuple[str, ...]
    families: tuple[str, ...]
    family: Array
    lift: Array

    @classmethod
    def fit(
        cls, moves: Moves, held: Array, transitions: PostChances, names: tuple[Sequence[str], Sequence[str], Array]
    ) -> CourseLifts:
        """held (n, courses) bool: what each mover had completed before; names: courses, families, family of posts."""
        courses, families, family = names
        belongs = np.eye(len(families))[family]  # (size, families)
        seen, expected = np.zeros((2, len(courses), len(families)))
        for start in range(0, len(moves), CHUNK):
            part = moves.take(slice(start, start + CHUNK))
            holds = held[start : start + CHUNK].astype(np.float64)
            known = np.flatnonzero(part.targets < transitions.size)
            seen += holds[known].T @ belongs[part.targets[known]]
            expected += holds[known].T @ (transitions.chances(part.histories)[known] @ belongs)
        return cls(tuple(courses), tuple(families), family, (seen + STRENGTH) / (expected + STRENGTH))

    def factors(self, held: Array) -> Array:
        """(n, size) what the courses held, (n, courses), make of the chance of each post: the best lift that applies.

        Two courses of one family open it no more than one does, so the largest counts.
        """
        best = np.ones((len(held), len(self.families)))
        for course in np.flatnonzero(held.any(0)):
            rows = held[:, course]
            best[rows] = np.maximum(best[rows], self.lift[course])
        return np.asarray(best[:, self.family])

    def opening(self, family: int, most: int) -> tuple[int, ...]:
        """The courses that open a family most, at most `most`, only those that raise its chance."""
        order = np.argsort(-self.lift[:, family], kind="stable")[:most]
        return tuple(int(course) for course in order if self.lift[course, family] > 1.0)

    def towards(self, families: Collection[str | None], above: float) -> dict[str, tuple[str, float]]:
        """The courses that open some of these families by more than `above`, the one that opens most first, each with
        the family that it opens most and the lift."""
        places = [place for place, name in enumerate(self.families) if name in families]
        if not places:
            return {}
        lift = self.lift[:, places]
        most, family = lift.max(1), lift.argmax(1)
        order = sorted(np.flatnonzero(most > above).tolist(), key=lambda course: (-most[course], self.courses[course]))
        return {
            self.courses[course]: (self.families[places[family[course]]], float(most[course])) for course in order
        }  # fmt: skip

    def to_parts(self) -> Parts:
        """Names as JSON, arrays."""
        values = {"courses": list(self.courses), "families": list(self.families)}
        return Parts(json={"lifts": values}, arrays={"lifts.family": self.family, "lifts.lift": self.lift})

    @classmethod
    def from_parts(cls, parts: Parts) -> CourseLifts:
        """The inverse of `to_parts`."""
        values = parts.json["lifts"]
        arrays = parts.arrays["lifts.family"], parts.arrays["lifts.lift"]
        return cls(tuple(values["courses"]), tuple(values["families"]), *arrays)
