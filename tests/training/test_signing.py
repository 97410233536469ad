"""What is signed gives back what was trained: no name changes its place, no number its value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import UnfitModel, UntrustedArtifact
from data_contracts.settings import Settings
from models import artifacts, keys
from models.artifacts import Parts
from models.risk.design_matrix import Design
from training.signing import first_difference, signed


@dataclass(frozen=True)
class Coded:
    """A model that finds its coded columns by their place, as trees and coefficients do."""

    design: Design
    weights: tuple[float, ...]

    def to_parts(self) -> Parts:
        """Plain parts."""
        return Parts(json={"design": self.design.to_json()}, arrays={"weights": np.array(self.weights)})

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """The same model."""
        return cls(Design.from_json(parts.json["design"]), tuple(parts.arrays["weights"].tolist()))

    def answers(self, frame: pd.DataFrame) -> list[float]:
        """A sum by row."""
        return [float(one) for one in self.design.matrix(frame) @ np.array(self.weights)]


class Forgetful(Coded):
    """One whose columns come back in the order of the alphabet."""

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """Another model."""
        design = Design.from_json(parts.json["design"])
        return cls(Design(design.numbers, dict(sorted(design.levels.items()))), tuple(parts.arrays["weights"].tolist()))


FRAME = pd.DataFrame({"track": ["enforcement", "technical"] * 3, "education": ["master", "bachelor", "bachelor"] * 2})
DESIGN = Design.of(FRAME, ["track", "education"])
WEIGHTS = (1.0, 20.0, 300.0, 4000.0)


def test_coded_columns_keep_their_place_from_training_to_service(tmp_path: Path) -> None:
    use, model = Settings(state=tmp_path), Coded(DESIGN, WEIGHTS)
    folder = signed(tmp_path / "model", model, {"name": "risk"}, use, {"reference": {"z": 1, "a": 2}})
    parts, metadata = artifacts.load(folder, keys.public_key(use.keys_dir))
    again = Coded.from_parts(parts)
    assert again.design.names == ("track=enforcement", "track=technical", "education=bachelor", "education=master")
    assert again.answers(FRAME) == model.answers(FRAME) == [4001.0, 320.0, 301.0, 4020.0, 301.0, 320.0]
    assert (metadata, list(parts.json["reference"])) == ({"name": "risk"}, ["z", "a"])


def test_a_model_that_would_answer_otherwise_than_it_was_judged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnfitModel, match="risk, read from its files, differs from what was trained: values of design"):
        signed(tmp_path / "model", Forgetful(DESIGN, WEIGHTS), {"name": "risk"}, Settings(state=tmp_path))


def test_levels_whose_order_was_lost_by_an_earlier_version_are_refused() -> None:
    with pytest.raises(UntrustedArtifact, match="train risk again"):
        Design.from_json({"numbers": [], "levels": {"education": ["master"], "track": ["technical"]}})


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (Parts(json={"a": 1}, arrays={"w": np.ones(2)}), "text trees"),
        (Parts(json={"a": 1}, texts={"trees": "x"}), "array w"),
        (Parts(json={"a": 1}, arrays={"w": np.ones(2, np.float32)}, texts={"trees": "x"}), "array w"),
        (Parts(json={"a": 1, "b": 2}, arrays={"w": np.ones(2)}, texts={"trees": "x"}), "names of values"),
        (Parts(json={"a": 2}, arrays={"w": np.ones(2)}, texts={"trees": "x"}), "values of a"),
    ],
)
def test_each_kind_of_part_is_compared(other: Parts, told: str) -> None:
    one = Parts(json={"a": 1}, arrays={"w": np.ones(2)}, texts={"trees": "x"})
    assert told in first_difference(one, other)
    assert first_difference(one, one) == ""
