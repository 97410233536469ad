"""The model of concerns as it is signed and served: what words say, and the chances of missing a deadline."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from data_contracts.policy import policy
from models.artifacts import Parts
from models.concerns.deadlines import DEADLINES, DeadlineModel
from models.concerns.text_model import URGENCIES, TextModel

NAME, SERVICE = "concerns", "concerns_v1"
KIND = "concerns"
READS = ("category", "channel", "raised_by", "raised_on", "resolved_on", "unit_id")


def service_hash() -> str:
    """sha256 over what is told and what is read: other categories, or another reading, are another artefact."""
    codes = [[one.code, [sub.code for sub in one.subcategories]] for one in policy().concerns]
    told = {"categories": codes, "urgencies": URGENCIES, "reads": READS}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ConcernModel:
    """`deadlines` has those whose record was long enough to learn from."""

    text: TextModel
    deadlines: Mapping[str, DeadlineModel] = field(default_factory=dict)

    def to_parts(self) -> Parts:
        """JSON, arrays and texts."""
        text = self.text.to_parts()
        found, arrays = {"kind": KIND, "deadlines": list(self.deadlines), **text.json}, dict(text.arrays)
        for name, one in self.deadlines.items():
            parts = one.to_parts(name)
            found, arrays = found | parts.json, arrays | parts.arrays
        return Parts(json=found, arrays=arrays, texts=text.texts)

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """From `to_parts`; raises KeyError or TypeError where the parts are another model's."""
        told = parts.json["deadlines"]
        return cls(
            TextModel.from_parts(parts),
            {name: DeadlineModel.from_parts(parts, name) for name in DEADLINES if name in told},
        )
