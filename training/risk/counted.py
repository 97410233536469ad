"""From which day on anybody can be learned from: the records have begun, and there are officers to count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from data_contracts.coercion import dates
from training.risk.outcomes import first_as_of, recording_began

ROSTER = "roster"


def first_learnable(tables: Mapping[str, pd.DataFrame], outcome: str, known_at: date | None = None) -> date:
    """The earliest as-of with a year of an outcome's recording behind it and officers who are counted at it.

    Raises MissingTable where the outcome has no recorded row.
    """
    return max(first_as_of(tables, outcome, known_at), first_counted(tables) or date.min)


def first_counted(tables: Mapping[str, pd.DataFrame]) -> date | None:
    """The first day on which `features/standing.py` counts anybody; None where the tables do not tell.

    A source that keeps a roster counts whom the roster of the calendar year before confirms; any other counts whoever
    had joined (or, where nobody is known to have, whoever was posted). The tables may be raw, as a source gives them,
    and slips of the pen are passed over as in `first_as_of`.

    >>> roster = pd.DataFrame({"kind": "roster", "occurred_on": ["2002-12-31", "2003-12-31"]})
    >>> joined = pd.DataFrame({"entered_on": ["1990-05-01", "1991-06-01"]})
    >>> first_counted({"officers": joined, "promotions": roster}), first_counted({"officers": joined})
    (datetime.date(2003, 1, 1), datetime.date(1990, 5, 2))
    """
    joined = _joined(tables)
    roster = _roster(tables.get("promotions"))
    began = [recording_began(days) for days in (joined, roster) if len(days)]
    return max(began).date() if began else None


def _joined(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """The first day each officer is there and known of; by postings where no officer has a joining date."""
    for name, happened in (("officers", "entered_on"), ("postings", "started_on")):
        if name in tables and happened in tables[name]:
            days = _known(tables[name], happened, dates(tables[name][happened]) + pd.Timedelta(days=1))
            if len(days):
                return days
    return _none()


def _roster(promotions: pd.DataFrame | None) -> pd.Series:
    """The first day each row of a roster confirms its officer: in the calendar year after it, once it is known."""
    if promotions is None or not {"kind", "occurred_on"} <= set(promotions.columns):
        return _none()
    rows = promotions[promotions["kind"] == ROSTER]
    following = dates(rows["occurred_on"]).dt.year + 1
    days = _known(rows, "occurred_on", pd.to_datetime(following.astype("Int64").astype("string") + "-01-01"))
    in_time: pd.Series = days[days.dt.year == following.reindex(days.index)]
    return in_time


def _known(rows: pd.DataFrame, happened: str, since: pd.Series) -> pd.Series:
    """`since`, or the day a row became known where that is later; rows without a day are left out."""
    known = dates(rows["known_on"]) if "known_on" in rows else dates(rows[happened])
    return since.where(known.isna() | (known <= since), known)[since.notna()]


def _none() -> pd.Series:
    return pd.Series([], dtype="datetime64[us]")
