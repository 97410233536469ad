"""Features as a request sees them: by officer, with their age, and a typed reason where they cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import pandas as pd

from serving.schemas import Because

UNKNOWN = Because(code="unknown_officer", zh="没有该民警的特征记录", en="no features are known for this officer")
OTHER_DAY = Because(
    code="other_as_of", zh="在线特征不属于所问日期", en="the features at hand are not of the day that was asked for"
)
STALE = Because(code="stale_features", zh="特征过于陈旧，不予评分", en="the features are too old to score")


class FeatureSource(Protocol):
    """Where a request's features come from; `features.store.FeatureReader` is the real one."""

    def online(self, ids: Sequence[str], service: str, as_of: date | None = None) -> pd.DataFrame:
        """One row for each id in order: `officer_id`, `status`, `feature_timestamp` and the features."""
        ...

    def service_hash(self, service: str) -> str:
        """What training and serving must agree on."""
        ...


@dataclass(frozen=True)
class AgeLimits:
    """Hours after which features are flagged, and after which nothing is scored on them."""

    flag_hours: float
    refuse_hours: float


@dataclass(frozen=True)
class Fresh:
    """The usable rows, rows of unknown officers (features null), reasons for all not usable, the age of the whole.

    Both frames have one row for each officer, in the order asked, with `as_of` added.
    """

    frame: pd.DataFrame
    unknown: pd.DataFrame
    refused: Mapping[str, Because]
    as_of: date
    age_hours: float | None
    degraded: bool


def read_fresh(
    source: FeatureSource,
    officer_ids: Sequence[str],
    service: str,
    *,
    asked: date | None,
    now: datetime,
    limits: AgeLimits,
) -> Fresh:
    """Features of these officers at `now`; an officer asked for twice is read once."""
    ids = list(dict.fromkeys(officer_ids))
    frame = source.online(ids, service, now.date())
    ages = (pd.Timestamp(now) - frame["feature_timestamp"]).dt.total_seconds() / 3600.0
    days = frame["feature_timestamp"].dt.date
    refused: dict[str, Because] = {}
    for officer_id, day, age in zip(frame["officer_id"].astype(str), days, ages, strict=True):
        why = _why_not(None if pd.isna(day) else day, age, asked, limits)
        if why is not None:
            refused[officer_id] = why
    known = frame["feature_timestamp"].dropna()
    newest = known.max().date() if len(known) else now.date()
    oldest = round(float(ages.max()), 2) if len(known) else None
    usable = frame[~frame["officer_id"].isin(list(refused))].reset_index(drop=True)
    unknown = frame[frame["feature_timestamp"].isna()].reset_index(drop=True)
    degraded = (oldest is not None and oldest > limits.flag_hours) or bool((frame["status"] == "expired").any())
    as_of = asked or newest
    return Fresh(
        frame=usable.assign(as_of=usable["feature_timestamp"]),
        unknown=unknown.assign(as_of=pd.Timestamp(as_of).as_unit("us")),
        refused=refused,
        as_of=as_of,
        age_hours=oldest,
        degraded=degraded,
    )


def _why_not(day: date | None, age_hours: float, asked: date | None, limits: AgeLimits) -> Because | None:
    """Why an officer's features cannot be used, or None when they can."""
    if day is None:
        return UNKNOWN
    if asked is not None and day != asked:
        return OTHER_DAY
    return STALE if age_hours > limits.refuse_hours else None
