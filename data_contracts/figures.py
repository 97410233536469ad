"""A figure, and the bounds of one, as people read them: nothing is told that rounding made of it."""

from __future__ import annotations

import math


def figure_told(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """A share, a ratio or a difference with so many digits; what is whole is told whole.

    What rounding would make nothing keeps its first digit, for "above 0" is asked of it: a bound just under nothing
    is no nothing. `signed` ones have a plus where they are more.

    >>> figure_told(0.0412), figure_told(-0.0), figure_told(-0.00047), figure_told(1412.0)
    ('0.041', '0', '-0.0005', '1,412')
    >>> figure_told(0.1, 2, signed=True), figure_told(-0.003, 2, signed=True)
    ('+0.10', '-0.003')
    """
    sign = "+" if signed and value != 0.0 else ""
    if float(value).is_integer():
        return f"{value + 0.0:{sign},.0f}"  # nothing has no sign
    told = f"{value:{sign}.{digits}f}"
    if not math.isfinite(value) or float(told) != 0.0:
        return told
    first = float(f"{value:.1g}")
    return f"{first:{sign}.{-math.floor(math.log10(abs(first)))}f}"


def told_to(value: float, low: float, high: float, digits: int = 3) -> str:
    """A figure with its interval in a sentence.

    >>> told_to(0.041, -0.00002, 0.08)
    '0.041 (-0.00002 to 0.080)'
    """
    return f"{figure_told(value, digits)} ({figure_told(low, digits)} to {figure_told(high, digits)})"


def between(low: float, high: float, digits: int = 3, *, signed: bool = False) -> str:
    """An interval, both of its bounds told as figures.

    >>> between(-0.00002, 0.0412)
    '[-0.00002, 0.041]'
    """
    return f"[{figure_told(low, digits, signed=signed)}, {figure_told(high, digits, signed=signed)}]"
