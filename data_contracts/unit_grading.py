"""How units are graded, filled from `policy/grades.toml`: cut-offs, how sure, and the least size shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field

Odds = Annotated[float, Field(gt=0, le=100)]


@dataclass(frozen=True)
class UnitGrading:
    """The least odds of each grade but the best, as times the whole force's; `sure` is how much of what is believed
    of a unit must lie in one grade; nodes of fewer officers than `least_shown` show no figure of their own."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    least_shown: Annotated[int, Field(ge=2)]
    sure: Annotated[float, Field(gt=0, lt=1)]
    poor: Odds
    fair: Odds
    good: Odds

    def cut_offs(self, force: float) -> Mapping[str, float]:
        """The least share of each grade but the best, where the whole force's is `force`.

        >>> cuts = UnitGrading(5, 0.8, 1.5, 1.2, 0.8).cut_offs(0.1)
        >>> {name: round(share, 3) for name, share in cuts.items()}
        {'poor': 0.143, 'fair': 0.118, 'good': 0.082}
        """
        odds = {"poor": self.poor, "fair": self.fair, "good": self.good}
        return {name: times * force / (1.0 - force + times * force) for name, times in odds.items()}
