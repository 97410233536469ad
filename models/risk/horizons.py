"""What comes within 12 months has come within 24: the chances of an officer never fall with the months ahead."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.base import Numbers

Asked = tuple[str, int]  # outcome, months ahead
Figures = tuple[Numbers, ...]


def rising(said: Mapping[Asked, Figures]) -> dict[Asked, Figures]:
    """Figures of each outcome and horizon, each (n,), none of them below the same figure of a shorter horizon.

    Every horizon has a model of its own, and two models may cross for an officer; of the two the one that saw more is
    kept, and it is the same whichever horizons were asked for, for all of them are always looked at.

    >>> {months: one.tolist() for (_, months), (one,) in rising(
    ...     {("conduct", 24): (np.array([0.1, 0.4]),), ("conduct", 12): (np.array([0.2, 0.3]),)}).items()}
    {12: [0.2, 0.3], 24: [0.2, 0.4]}
    """
    found: dict[Asked, Figures] = {}
    highest: dict[str, Figures] = {}
    for outcome, months in sorted(said, key=lambda asked: asked[1]):
        own = said[outcome, months]
        shorter = highest.get(outcome, own)
        highest[outcome] = found[outcome, months] = tuple(map(np.maximum, own, shorter))
    return found
