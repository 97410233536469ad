"""How a column writes its dates: as a mapping declares it, and how much of the column is read that way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from data_contracts.coercion import dates, integers, strings, years_alone, years_of
from data_contracts.sources.mapping import YEAR_END, YEAR_FIRST
from data_contracts.vocabulary import Bilingual

ENOUGH = 0.9
SERIALS = (18_000, 55_000)  # 1949 to 2050: numbers that a spreadsheet shows as days of somebody's career
YEARS = (1950, 2049)
DAY_FIRST, MONTH_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"), ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y")
OTHERS = ("%Y%m", "%d %B %Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%y-%m-%d", "%y/%m/%d", "%y.%m.%d")
_SHORT_OCTOBER = re.compile(r"^\s*\d{4}\.1\s*$")
_LONG_OCTOBER = re.compile(r"^\s*\d{4}\.(?:10|0\d)\s*$")

EITHER_ORDER = Bilingual(
    "日与月的先后无法判断，请核对 format", "day and month may stand in either order; check the format"
)
ONLY_YEARS = Bilingual(
    "只有年份，按该年最后一天读取，以免提前得知", "years only; read as their last day, so that nothing is known early"
)
TENTHS = Bilingual(
    "“2023.1”可能是一月，也可能是十月（2023.10 被表格截短），请核对",
    "2023.1 may be January or, cut short by a spreadsheet, October; check it",
)


@dataclass(frozen=True)
class Written:
    """The `formats` to declare (none where the year comes first), the share of values they read, and what is unsure."""

    formats: tuple[str, ...]
    share: float
    doubts: tuple[Bilingual, ...] = ()


def written(values: pd.Series) -> Written:
    """How the dates of a column are written; `values` as they came, empty ones left out.

    >>> written(pd.Series(["2023年3月5日", "二〇二三年三月", "2023.3"])).formats
    ()
    >>> written(pd.Series(["45000", "2023-03-05", 44000])).formats, written(pd.Series(["31/12/2023"])).formats
    (('year_first', 'excel'), ('%d/%m/%Y',))
    """
    values = values.dropna()
    if values.empty:
        return Written((), 0.0)
    years = _years(values)
    if years is not None:
        return years
    direct = dates(values)
    first = direct.notna()
    doubts = (TENTHS,) if _tenths(values) else ()
    if first.mean() == 1.0:
        return Written((), 1.0, doubts)
    best = Written((), float(first.mean()), doubts)
    for read in (_serials, _orders, _others):
        found = read(values[~first])
        if found is not None and (reached := float(first.mean() + (~first).mean() * found.share)) > best.share:
            before = (YEAR_FIRST,) if first.any() else ()
            best = Written((*before, *found.formats), reached, (*doubts, *found.doubts))
    return best


def _years(values: pd.Series) -> Written | None:
    share = float((years_of(values).between(*YEARS) & years_alone(values)).fillna(False).mean())
    return Written((YEAR_END,), share, (ONLY_YEARS,)) if share >= ENOUGH else None


def _tenths(values: pd.Series) -> bool:
    """Whether months were written as tenths of a year, and October cannot be told from January."""
    text = strings(values)
    return bool(text.str.match(_SHORT_OCTOBER).any() and not text.str.match(_LONG_OCTOBER).any())


def _serials(values: pd.Series) -> Written | None:
    share = float(integers(values.astype(object)).between(*SERIALS).fillna(False).mean())
    return Written(("excel",), share) if share > 0 else None


def _orders(values: pd.Series) -> Written | None:
    """Day first or month first, whichever reads more; where both read all, a person must say."""
    day, month = (max(_tried(values, forms), key=lambda one: one.share) for forms in (DAY_FIRST, MONTH_FIRST))
    if max(day.share, month.share) == 0:
        return None
    if day.share == month.share:
        return Written(day.formats, day.share, (EITHER_ORDER,))
    return max(day, month, key=lambda one: one.share)


def _others(values: pd.Series) -> Written | None:
    found = max(_tried(values, OTHERS), key=lambda one: one.share)
    return found if found.share > 0 else None


def _tried(values: pd.Series, forms: tuple[str, ...]) -> Iterator[Written]:
    text = strings(values)
    for form in forms:
        yield Written((form,), float(pd.to_datetime(text, format=form, errors="coerce").notna().mean()))
