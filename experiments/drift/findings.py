"""One figure of the drift watch: where it is from, then and now, and whether it warns or alerts."""

from __future__ import annotations

from dataclasses import dataclass, replace

QUIET, WARN, ALERT = 0, 1, 2


@dataclass(frozen=True)
class Finding:
    """One figure: where, of what, then and now, the value that is judged, and 0 quiet, 1 warning, 2 alert.

    For `psi` then and now are means of the feature or the chance, `apart` is its Jensen-Shannon divergence, and `bound`
    what chance and a usual year explain. `used_to` is how far the figure moved when nothing was wrong; a `mute` one
    moves so far then that nothing is left for it to tell.
    """

    section: str
    what: str
    figure: str
    then: float
    now: float
    value: float
    level: int = QUIET
    apart: float | None = None
    bound: float | None = None
    used_to: float | None = None
    mute: bool = False

    def judged(self, level: int, sure: bool) -> Finding:
        """The same with its level, which it has only where chance does not explain it."""
        return replace(self, level=level if sure else QUIET)


def factor(one: float, other: float) -> float:
    """How many times the larger of two is the smaller; NaN where that has no meaning.

    >>> factor(0.1, 0.2), factor(0.2, 0.1)
    (2.0, 2.0)
    """
    if not (one > 0 and other > 0):
        return float("nan")
    return max(one / other, other / one)


def share(part: float, whole: float) -> float:
    """A part of a whole; 0 of nothing."""
    return float(part) / float(whole) if whole else 0.0
