"""The ladders of the policy as the simulator climbs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_contracts.policy import policy
from data_contracts.simulator.families import TRACKS
from data_contracts.simulator.months import FloatArray

ENDLESS_YEARS = 60.0
"""Stands for 'by selection only': longer than a career."""
POLICE_RANK = 3
"""The number of the police-rank ladder; the other three are the tracks in order."""


@dataclass(frozen=True)
class Climb:
    """All ladders in one row of steps; step number = `offset[ladder] + position`.

    `least_years` is the time in a step before the next one; endless on the last step and where selection decides.
    """

    ladders: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    names_en: tuple[str, ...]
    offset: tuple[int, ...]
    least_years: FloatArray

    @property
    def names(self) -> list[str]:
        """Step codes by step number."""
        return [name for steps in self.steps for name in steps]

    def frame(self, known_on: pd.Timestamp) -> pd.DataFrame:
        """The `rank_steps` table."""
        years = np.where(self.least_years >= ENDLESS_YEARS, np.nan, self.least_years)
        return pd.DataFrame(
            {
                "ladder": np.repeat(self.ladders, [len(steps) for steps in self.steps]),
                "rank_step": self.names,
                "position": np.concatenate([np.arange(len(steps)) for steps in self.steps]),
                "minimum_years": years,
                "name_zh": self.names,
                "name_en": self.names_en,
                "known_on": known_on,
            }
        )


def climb() -> Climb:
    """The ladders of the simulated bureau.

    >>> climb().names[:2], climb().offset
    (['二级警员', '一级警员'], (0, 12, 23, 35))
    """
    ladders = [policy().ladder(code) for code in (*TRACKS, "police_rank")]
    steps = [step for ladder in ladders for step in ladder.steps]
    return Climb(
        ladders=tuple(ladder.code for ladder in ladders),
        steps=tuple(tuple(step.code for step in ladder.steps) for ladder in ladders),
        names_en=tuple(step.name_en for step in steps),
        offset=tuple(int(value) for value in np.cumsum([0, *(len(ladder.steps) for ladder in ladders[:-1])])),
        least_years=np.array([step.minimum_years or ENDLESS_YEARS for step in steps]),
    )
