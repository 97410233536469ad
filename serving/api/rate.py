"""How often one caller may come: a bucket of tokens for each, refilled with time."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

MAX_CALLERS = 4096


class Limiter(Protocol):
    """How often one caller may come."""

    def take(self, caller: str, now: float) -> bool:
        """Whether this caller may come now (seconds on a steady clock)."""
        ...


class Rate:
    """At most `burst` at once and `per_second` in the long run, for each caller apart.

    >>> rate = Rate(per_second=1.0, burst=2)
    >>> [rate.take("a", now=0.0) for _ in range(3)], rate.take("b", now=0.0), rate.take("a", now=1.0)
    ([True, True, False], True, True)
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller -> tokens left, seen at

    def take(self, caller: str, now: float) -> bool:
        """Whether this caller may come now (seconds on any steady clock)."""
        left, seen = self._tokens.pop(caller, (float(self._burst), now))
        left = min(float(self._burst), left + (now - seen) * self._per_second)
        allowed = left >= 1.0
        self._tokens[caller] = (left - 1.0 if allowed else left, now)
        if len(self._tokens) > MAX_CALLERS:
            self._tokens.popitem(last=False)  # the one unseen for longest; the table stays small under many addresses
        return allowed
