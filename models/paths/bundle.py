"""Everything that `/v1/paths` is answered from, as one artefact: a path model for each kind of step, and course lifts.

JSON, arrays and LightGBM's own text; the parts of each kind stand under its name, so that both may lie in one folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from data_contracts.errors import UntrustedArtifact
from models.artifacts import Parts
from models.courses.lifts import CourseLifts
from models.paths.beams import Search
from models.paths.dwell import DwellModel
from models.paths.search import PathModel
from models.paths.transitions import Transitions
from models.posts.histories import Catalogue

POST, RANK_STEP = "post", "rank_step"
KINDS = (POST, RANK_STEP)
SERVICE = "path_records_v1"
READS: Mapping[str, tuple[str, ...]] = {
    "postings": ("officer_id", "post_id", "unit_id", "started_on", "known_on", "rank_step"),
    "promotions": ("officer_id", "ladder", "rank_step", "occurred_on", "known_on"),
    "officers": ("officer_id", "entered_on", "left_on", "known_on"),
    "course_completions": ("officer_id", "course_id", "occurred_on", "known_on"),
}
"""What a request reads of the records for the model alone: its hash is that of the features of this artefact."""


def service_hash() -> str:
    """sha256 over what is read: another reading of the records is another artefact."""
    return hashlib.sha256(json.dumps(READS, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class KindModel:
    """Paths made of posts, or of rank steps: the model, what its numbers stand for, and the codes of ranks."""

    model: PathModel
    catalogue: Catalogue
    ranks: Mapping[str, int]

    def on_record(self, one: int, other: int) -> bool:
        """Whether anybody went from one of the posts or rank steps straight to another, by their numbers."""
        return self.model.transitions.seen(one, [other])[1] > 0


@dataclass(frozen=True)
class PathBundle:
    """A model for each kind of step that the records told of; lifts, over posts, where courses are on record."""

    kinds: Mapping[str, KindModel]
    lifts: CourseLifts | None = None

    def to_parts(self) -> Parts:
        """JSON, arrays and texts; raises TypeError for transitions that are not counts."""
        whole = Parts()
        for kind, one in self.kinds.items():
            if not isinstance(one.model.transitions, Transitions):
                raise TypeError("only a path model over counts can be kept")
            own = [one.model.transitions.to_parts(), one.model.dwell.to_parts(), Parts(json={"names": _names(one)})]
            for parts in own:
                whole = _both(whole, _under(kind, parts))
        return whole if self.lifts is None else _both(whole, self.lifts.to_parts())

    @classmethod
    def from_parts(cls, parts: Parts) -> PathBundle:
        """The inverse of `to_parts`; raises UntrustedArtifact where something is missing."""
        try:
            kinds = {kind: _kind(_of(kind, parts)) for kind in KINDS if f"{kind}-names" in parts.json}
            lifts = CourseLifts.from_parts(parts) if "lifts" in parts.json else None
        except (KeyError, IndexError, ValueError) as error:
            raise UntrustedArtifact(
                f"the paths model lacks a part ({type(error).__name__}: {error}); train it again"
            ) from error
        return cls(kinds, lifts)


def _names(one: KindModel) -> dict[str, Any]:
    catalogue = one.catalogue
    return {
        "posts": list(catalogue.posts),
        "words": [list(words) for words in catalogue.words],
        "families": list(catalogue.families),
        "ranks": dict(one.ranks),
        "search": asdict(one.model.search),
    }


def _kind(parts: Parts) -> KindModel:
    names = parts.json["names"]
    words = tuple(tuple(some) for some in names["words"])
    catalogue = Catalogue(tuple(names["posts"]), words, tuple(names["families"]))
    transitions = Transitions.from_parts(
        Parts(arrays={name: array for name, array in parts.arrays.items() if name.startswith("transitions.")})
    )
    model = PathModel(transitions, DwellModel.from_parts(parts), Search(**names["search"]))
    return KindModel(model, catalogue, dict(names["ranks"]))


def _under(kind: str, parts: Parts) -> Parts:
    """The parts with the kind before each name."""
    return Parts(
        json={f"{kind}-{name}": value for name, value in parts.json.items()},
        arrays={f"{kind}-{name}": value for name, value in parts.arrays.items()},
        texts={f"{kind}-{name}": value for name, value in parts.texts.items()},
    )


def _of(kind: str, parts: Parts) -> Parts:
    """The inverse of `_under`."""
    start = f"{kind}-"
    return Parts(
        json={name.removeprefix(start): value for name, value in parts.json.items() if name.startswith(start)},
        arrays={name.removeprefix(start): value for name, value in parts.arrays.items() if name.startswith(start)},
        texts={name.removeprefix(start): value for name, value in parts.texts.items() if name.startswith(start)},
    )


def _both(one: Parts, other: Parts) -> Parts:
    return Parts(json=one.json | other.json, arrays=one.arrays | other.arrays, texts=one.texts | other.texts)
