"""How often the outcome came among the officers of one grade, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054


@dataclass(frozen=True)
class GradeRate:
    """Officers of one grade, those with the outcome, their share, and its 95 % interval (Wilson 1927).

    Rate and interval are NaN where nobody has the grade.
    """

    n: int
    events: float
    rate: float
    low: float
    high: float

    @classmethod
    def of(cls, events: float, n: int) -> GradeRate:
        """From counts.

        >>> GradeRate.of(5, 50)
        GradeRate(n=50, events=5, rate=0.1, low=0.0434..., high=0.2136...)
        """
        if n == 0:
            return cls(0, 0.0, math.nan, math.nan, math.nan)
        share, spread = events / n, Z95**2 / n
        centre = (share + spread / 2) / (1 + spread)
        half = Z95 / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
        return cls(n, events, share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)))
