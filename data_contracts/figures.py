"""A figure, and the bounds of one, as people read them: nothing is told that rounding made of it."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from data_contracts.vocabulary import Bilingual


def half_up(value: float, digits: int = 0) -> float:
    """Rounded by the decimal digits that a reader sees, halves away from nothing, so that figure and sentence agree.

    Python rounds what it holds, and the float of 179.45 lies below it; of halves that it holds it takes the even.

    >>> half_up(179.45, 1), half_up(82.15, 1), half_up(62.5), half_up(-0.125, 2), half_up(-0.001, 2)
    (179.5, 82.2, 63.0, -0.13, 0.0)
    """
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return float(rounded) + 0.0  # nothing has no sign


def without_remainder(value: float) -> float:
    """A sum as the figure that people read: what is left of adding tenths up is no part of it.

    >>> without_remainder(29.1 - 23.0)
    6.1
    """
    return float(f"{value:.10g}")


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


FINEST = 0.0001  # a chance is told to four decimals, and never as none or as certain


def shown(chance: float) -> float:
    """A chance as it is told: no finer than it means.

    >>> shown(1.3278280024657122e-06), shown(0.123456), shown(1.0)
    (0.0001, 0.1235, 0.9999)
    """
    return round(min(max(float(chance), FINEST), 1.0 - FINEST), 4)


def percent_told(share: float, digits: int = 0, *, estimated: bool = False) -> Bilingual:
    """A share in per cent. What is more than nothing is not told as nothing, nor what is less than all as all; what is
    `estimated` is never the one nor the other.

    >>> percent_told(0.9968).en, percent_told(0.0049).zh, percent_told(0.996, 1).en
    ('over 99%', '不到1%', '99.6%')
    >>> percent_told(1.0).en, percent_told(1.0, estimated=True).en
    ('100%', 'over 99%')
    >>> percent_told(0.625).en, percent_told(0.145).en
    ('63%', '15%')
    """
    least = 10.0 ** -(digits + 2)
    if share < least and (share > 0.0 or estimated):
        return Bilingual(f"不到{least:.{digits}%}", f"under {least:.{digits}%}")
    if share > 1.0 - least and (share < 1.0 or estimated):
        return Bilingual(f"超过{1.0 - least:.{digits}%}", f"over {1.0 - least:.{digits}%}")
    told = f"{half_up(share, digits + 2):.{digits}%}"
    return Bilingual(told, told)
