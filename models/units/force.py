"""The whole force against itself: it is what units are measured by, so its own movement is told apart from theirs."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from models.base import Numbers
from models.units.model import Z95, Change


def force_change(now: Numbers, then: Numbers, level: float) -> Change:
    """From the mean chance of an earlier day to today's, both by the same model; each of `Change` is (1,).

    `now` and `then` are chances of officers, (n,) and (m,). `level` is the standard deviation, in log-odds, by which a
    whole force lies about what is expected: each of the days is as doubtful as that.

    >>> change = force_change(np.full(9, 0.3), np.full(9, 0.1), 0.2)
    >>> change.before.round(2).tolist(), change.change.round(2).tolist(), change.direction().tolist()
    ([0.1], [0.2], ['worsening'])
    """
    before, change = np.array([then.mean()]), np.array([now.mean() - then.mean()])
    doubts = [level * float((some * (1.0 - some)).mean()) for some in (now, then)]
    spread = max(math.hypot(*doubts), 1e-6)
    return Change(before, change, change - Z95 * spread, change + Z95 * spread, ndtr(change / spread))
