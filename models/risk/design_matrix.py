"""From a feature frame to the matrix a model was fitted on: ordered columns, and a column for each known code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from data_contracts.errors import FeatureMismatch, UntrustedArtifact
from models.base import Matrix


@dataclass(frozen=True)
class Design:
    """`numbers` are taken as they are; a text column gives one 0/1 column for each of its `levels`.

    >>> frame = pd.DataFrame({"tenure_days": [10.0, None], "rank_code": pd.array(["a", None], dtype="string")})
    >>> design = Design.of(frame, ["tenure_days", "rank_code"])
    >>> design.names, design.matrix(frame).tolist()
    (('tenure_days', 'rank_code=a'), [[10.0, 1.0], [nan, 0.0]])
    """

    numbers: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str], least: int = 1) -> Self:
        """The design for training rows; constant numbers and codes seen fewer than `least` times are left out."""
        numbers, levels = [], {}
        for name in columns:
            if pd.api.types.is_numeric_dtype(frame[name]):
                if frame[name].nunique(dropna=False) > 1:
                    numbers.append(name)
                continue
            counts = frame[name].value_counts()
            levels[name] = tuple(sorted(str(code) for code in counts.index[counts >= least]))
        return cls(tuple(numbers), levels)

    @property
    def columns(self) -> tuple[str, ...]:
        """The features asked of a frame."""
        return (*self.numbers, *self.levels)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the matrix."""
        return (*self.numbers, *(f"{column}={code}" for column, codes in self.levels.items() for code in codes))

    def matrix(self, frame: pd.DataFrame) -> Matrix:
        """(rows, names) float32; raises FeatureMismatch when the frame lacks a column."""
        absent = [name for name in self.columns if name not in frame.columns]
        if absent:
            raise FeatureMismatch(
                f"{len(absent)} features of the model are not in the frame, first {absent[0]!r}; build them again"
            )
        parts = [frame[list(self.numbers)].to_numpy(dtype=np.float32, na_value=np.nan)]
        for column, codes in self.levels.items():
            values = frame[column].astype("string").fillna("").to_numpy(dtype=object)
            parts.append(
                np.column_stack([values == code for code in codes]).astype(np.float32)
                if codes
                else np.empty((len(frame), 0), np.float32)
            )
        return np.concatenate(parts, axis=1)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; the levels as a list of pairs, for the matrix is in their order and an object has none.

        >>> design = Design(("age",), {"track": ("a", "b"), "education": ("c",)})
        >>> Design.from_json(design.to_json()).names
        ('age', 'track=a', 'track=b', 'education=c')
        """
        return {"numbers": list(self.numbers), "levels": [[name, list(codes)] for name, codes in self.levels.items()]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """From `to_json`; raises UntrustedArtifact for levels of which nobody knows the order any more."""
        if isinstance(value["levels"], Mapping):
            raise UntrustedArtifact(
                "the model was signed by an earlier version that lost the order of its columns; train risk again"
            )
        return cls(tuple(value["numbers"]), {name: tuple(codes) for name, codes in value["levels"]})
