"""Whether a question about risk can be asked of some tables at all, told before anything long is read or fitted.

The tables may be raw, as a source gives them: only the dates that outcomes show by are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from data_contracts.asof import add_months
from data_contracts.coercion import dates
from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.policy import policy
from training.risk.counted import first_counted
from training.risk.outcomes import first_as_of, recorded_until


@dataclass(frozen=True)
class Asking:
    """Outcomes at test days, so many months ahead, learned from as-ofs `step_months` apart."""

    outcomes: Sequence[str]
    days: Sequence[date]
    horizon_months: int
    step_months: int = 12


def check_horizon(outcomes: Iterable[str], horizon_months: int) -> None:
    """Raise InvalidInput for an outcome that policy does not know, or months ahead that it does not allow."""
    for outcome in outcomes:
        allowed = policy().outcome(outcome).horizons_months
        if horizon_months not in allowed:
            told = ", ".join(map(str, allowed))
            raise InvalidInput(f"{outcome} may not be asked for {horizon_months} months; policy allows {told}")


def check_tables(outcomes: Iterable[str], tables: Iterable[str], where: str) -> None:
    """Raise MissingTable for an outcome whose tables are not among those that `where` has, naming what there is."""
    there = set(tables)
    for outcome in outcomes:
        absent = [name for name in policy().outcome(outcome).needs_tables if name not in there]
        if absent:
            can = [rule.name.value for rule in policy().outcomes if set(rule.needs_tables) <= there]
            told = f"its tables can label {', '.join(can)}" if can else "no outcome can be labelled from its tables"
            raise MissingTable(f"outcome {outcome!r} needs table {absent[0]!r}, which {where} does not have; {told}")


def check_askable(asking: Asking, tables: Mapping[str, pd.DataFrame], where: str, today: date) -> None:
    """Raise MissingTable or InvalidInput where an outcome cannot be labelled, or a test day lies outside the records.

    A day is early when no as-of before it has a year of records behind, officers to count and the whole horizon ahead,
    late when nothing is recorded after it. `today` is the service's day: what is dated later is a slip.
    """
    check_horizon(asking.outcomes, asking.horizon_months)
    check_tables(asking.outcomes, tables, where)
    counted = first_counted(tables)
    for outcome in asking.outcomes:
        dated = _dated(outcome, tables, today)
        first = max(first_as_of(dated, outcome), counted or date.min)
        _check_days(asking, outcome, first, recorded_until(dated, outcome))


def looking(asking: Asking, where: str) -> Callable[[Mapping[str, pd.DataFrame], date], None]:
    """`check_askable` as a look at raw tables before the door, for `features.ingest.delivery_of`."""
    return lambda tables, today: check_askable(asking, tables, where, today)


def _check_days(asking: Asking, outcome: str, first: date, until: date) -> None:
    months, step = asking.horizon_months, asking.step_months
    earliest = add_months(first, -(-months // step) * step)
    outside = [day for day in asking.days if not earliest <= day < until]
    if not outside:
        return
    if earliest >= until:
        remedy = f"they are too short for {months} months ahead; ask for fewer or bring more years"
    else:
        remedy = f"use a day from {earliest} to {until - timedelta(days=1)}"
        over = add_months(until + timedelta(days=1), -months)
        remedy += f" (up to {over} all {months} months are recorded)" if over >= earliest else ""
    why = "early" if outside[0] < earliest else "late"
    raise InvalidInput(
        f"--as-of {outside[0]} is too {why} for {outcome} at {months} months: as-ofs to learn from begin on "
        f"{first}, and its records end on {until}; {remedy}"
    )


def _dated(outcome: str, tables: Mapping[str, pd.DataFrame], today: date) -> dict[str, pd.DataFrame]:
    """Of the outcome's own tables, the dates it shows by and `known_on`, those that are dates and have come."""
    shown_by: dict[str, list[str]] = {}
    for sign in policy().outcome(outcome).signs:
        if not sign.optional:
            shown_by.setdefault(sign.table, []).append(sign.date)
    found = {name: _days(tables[name], columns, pd.Timestamp(today)) for name, columns in shown_by.items()}
    return {name: frame for name, frame in found.items() if frame["known_on"].notna().any()}


def _days(raw: pd.DataFrame, columns: Sequence[str], last: pd.Timestamp) -> pd.DataFrame:
    """These columns and `known_on` as days up to the last; without a `known_on`, what happened was known at once."""
    found = pd.DataFrame({name: dates(raw[name]) if name in raw else pd.NaT for name in columns}, index=raw.index)
    found = found.astype("datetime64[us]")
    known = dates(raw["known_on"]) if "known_on" in raw else found[columns[0]]
    found = found.assign(known_on=known.fillna(found[columns[0]]))
    return found.where(found <= last)
