"""Rolling origins: train on the same day of earlier years, and never on a year whose horizon reaches past as-of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data_contracts.asof import AsOf, Horizon, add_months
from data_contracts.errors import InvalidInput

YEAR = 12


@dataclass(frozen=True)
class Split:
    """Train at `train` (each with its horizon over by `test`), test at `test`.

    Raises InvalidInput when a horizon reaches past the test: such labels were not known then.
    """

    train: tuple[date, ...]
    test: date
    horizon_months: int

    def __post_init__(self) -> None:
        late = [day for day in self.train if add_months(day, self.horizon_months) > self.test]
        if late:
            raise InvalidInput(
                f"training as-of {min(late)} plus {self.horizon_months} months is after the test as-of {self.test}; "
                "leave it out (the embargo)"
            )


def rolling_origin(test: date, horizon_months: int, first: date, step_months: int = YEAR) -> Split:
    """Every as-of before `test` by whole steps, from `first` on, that respects the embargo.

    >>> [day.year for day in rolling_origin(date(2013, 1, 1), 24, date(2009, 1, 1)).train]
    [2009, 2010, 2011]
    """
    if step_months < 1:
        raise InvalidInput(f"--step-months is {step_months}; the as-ofs learned from lie at least 1 month apart")
    months = Horizon(horizon_months).months
    days, back = [], -(-months // step_months) * step_months
    while (day := add_months(test, -back)) >= first:
        days.append(day)
        back += step_months
    return Split(tuple(sorted(days)), test, months)


def inner_splits(outer: Split, most: int = 1) -> list[Split]:
    """The same question one horizon earlier: the last training as-ofs become tests, oldest first.

    At most `most` of them; none where nothing was over before them.
    """
    found = []
    for test in outer.train[-most:]:
        train = tuple(day for day in outer.train if add_months(day, outer.horizon_months) <= test)
        if train:
            found.append(Split(train, test, outer.horizon_months))
    return found


def days_asked(as_ofs: Sequence[str]) -> list[date]:
    """Test as-ofs in order, each once; raises InvalidInput for a text that is no date, or for none.

    >>> days_asked(["2014-01-01", "2013-01-01"])[0]
    datetime.date(2013, 1, 1)
    """
    if not as_ofs:
        raise InvalidInput("no --as-of was given; name at least one day, for example --as-of 2013-01-01")
    return sorted({AsOf.parse(text).day for text in as_ofs})
