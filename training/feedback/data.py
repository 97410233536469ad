"""What was shown joined with what became of it, as it was known on a day.

A suggestion has `settle_days` to be answered: younger ones are left out, and later answers do not count, so that every
row had the same time.
"""

from __future__ import annotations

import hashlib
from datetime import date

import pandas as pd

from data_contracts import service_log
from data_contracts.settings import Settings

KEY = ["request_id", "officer_id", "item_kind", "item"]
ANSWERS = {"noticed": ("opened", "saved", "declined", "done"), "liked": ("saved", "done"), "declined": ("declined",)}


def feedback_rows(settings: Settings, as_of: date, settle_days: int) -> pd.DataFrame:
    """`joined` of the service's log; raises NotReady where nothing was logged yet."""
    with service_log.reading(settings.feedback_url) as connection:
        return joined(service_log.exposures(connection), service_log.feedback(connection), as_of, settle_days)


def joined(exposures: pd.DataFrame, feedback: pd.DataFrame, as_of: date, settle_days: int) -> pd.DataFrame:
    """One row for each item shown, in order of time: the columns of the log, and what was done with it.

    `noticed` (anything was done, so it was looked at), `liked` (saved or done) and `declined` are booleans; `answer`
    numbers the answers (one officer, one request, one kind) from 0, and `length` is how many items each had. Feedback
    belongs to the answer it names, else to the last one that showed the item before.
    """
    now, settle = pd.Timestamp(as_of), pd.Timedelta(days=settle_days)
    rows = exposures[exposures["shown_at"] + settle <= now].reset_index(drop=True)
    said = _placed(rows, feedback[feedback["known_on"] <= now])
    said = said[
        (said["occurred_on"] >= said["shown_at"].dt.normalize()) & (said["occurred_on"] <= said["shown_at"] + settle)
    ]
    for name, actions in ANSWERS.items():
        rows[name] = rows.index.isin(said.loc[said["action"].isin(actions), "row"])
    answers = rows.groupby(["request_id", "officer_id", "item_kind"], sort=False)
    return pd.DataFrame(rows.assign(answer=answers.ngroup(), length=answers["item"].transform("size")))


def _placed(rows: pd.DataFrame, feedback: pd.DataFrame) -> pd.DataFrame:
    """Feedback with the number of the row it is about (`row`) and when that was shown; what fits nowhere is left."""
    shown = rows[[*KEY, "shown_at"]].assign(row=rows.index)
    said = feedback[["officer_id", "item_kind", "item", "request_id", "action", "occurred_on"]]
    named = said.merge(shown, on=KEY)
    lone = said[~pd.MultiIndex.from_frame(said[KEY]).isin(pd.MultiIndex.from_frame(shown[KEY]))]
    met = lone.drop(columns="request_id").reset_index(names="said").merge(shown.drop(columns="request_id"), on=KEY[1:])
    met = met[met["shown_at"].dt.normalize() <= met["occurred_on"]].sort_values("shown_at", kind="stable")
    met = met.drop_duplicates("said", keep="last")
    placed: pd.DataFrame = pd.concat([named, met], ignore_index=True)
    return placed


def fingerprint(rows: pd.DataFrame) -> str:
    """One hash over what was learned from."""
    seen = rows[[*KEY, "position", "propensity", *ANSWERS]].astype(str)
    return hashlib.sha256(seen.to_csv(index=False).encode()).hexdigest()
