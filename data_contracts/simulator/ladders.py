"""Ladders as the simulator climbs them: names and least years of each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_contracts.simulator.months import FloatArray

ENDLESS_YEARS = 60.0
"""Stands for 'by selection only': longer than a career."""
POLICE_RANK = 3
"""The number of the police-rank ladder; the other three are the tracks in order."""

_NAMES = {
    "enforcement": "二级警员 一级警员 四级警长 三级警长 二级警长 一级警长 四级高级警长 三级高级警长 二级高级警长 "
    "一级高级警长 二级警务专员 一级警务专员",
    "technical": "警务技术员 四级主管 三级主管 二级主管 一级主管 四级主任 三级主任 二级主任 一级主任 二级总监 一级总监",
    "general": "二级科员 一级科员 四级主任科员 三级主任科员 二级主任科员 一级主任科员 四级调研员 三级调研员 二级调研员 "
    "一级调研员 二级巡视员 一级巡视员",
    "police_rank": "二级警员 一级警员 三级警司 二级警司 一级警司 三级警督 二级警督 一级警督 三级警监 二级警监 一级警监 "
    "副总警监 总警监",
}
_LONGER = {
    "enforcement": {8: 3.0, 9: 4.0, 10: 4.0},
    "technical": {7: 3.0, 8: 4.0, 9: 4.0},
    "general": {8: 3.0, 9: 4.0, 10: 4.0},
    "police_rank": {0: 3.0, 1: 3.0, 2: 3.0, 3: 3.0, 4: 4.0, 5: 4.0, 6: 4.0},
}


@dataclass(frozen=True)
class Climb:
    """All ladders in one row of steps; step number = `offset[ladder] + position`.

    `least_years` is the time in a step before the next one; endless on the last step and where selection decides.
    """

    ladders: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    offset: tuple[int, ...]
    least_years: FloatArray

    @property
    def names(self) -> list[str]:
        """Step names by step number."""
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
                "name_en": None,
                "known_on": known_on,
            }
        )


def climb() -> Climb:
    """The ladders of the simulated bureau.

    >>> climb().names[:2], climb().offset
    (['二级警员', '一级警员'], (0, 12, 23, 35))
    """
    steps = tuple(tuple(names.split()) for names in _NAMES.values())
    lengths = [len(names) for names in steps]
    least = np.concatenate([_least_years(ladder, length) for ladder, length in zip(_NAMES, lengths, strict=True)])
    offset = tuple(int(value) for value in np.cumsum([0, *lengths[:-1]]))
    return Climb(tuple(_NAMES), steps, offset, least)


def _least_years(ladder: str, length: int) -> FloatArray:
    default = ENDLESS_YEARS if ladder == "police_rank" else 2.0
    years = np.full(length, default)
    for position, longer in _LONGER[ladder].items():
        years[position] = longer
    years[-1] = ENDLESS_YEARS
    return years
