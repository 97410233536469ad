"""Features as a request sees them: by officer, with their age, and a typed reason where they cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Protocol

import numpy as np
import pandas as pd

from data_contracts.local_time import local_day, local_time
from data_contracts.places import HERE, ONLINE, REGISTRY, plain, remembered
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from features.ages import AWAY as IS_AWAY
from features.ages import EXPIRED, WITHOUT_EVENTS
from features.ages import STAND_IN as STANDS_IN
from serving.schemas import Because
from serving.waiting import still_wanted

UNKNOWN = Because(code="unknown_officer", zh="没有该民警的特征记录", en="no features are known for this officer")
UNREAD = Because(
    code="features_unread",
    zh="特征库目前无法读取，且没有该民警的旧特征可用",
    en="the feature store cannot be read now, and there are no older features of this officer to stand in",
)
STALE = Because(code="stale_features", zh="特征过于陈旧，不予评分", en="the features are too old to score")
STORE_DOWN = Because(
    code="store_down",
    zh="特征库无法读取；以上次快照作答并标注 degraded。请检查其文件、锁与服务器，必要时重新运行 pharos materialize",
    en="the feature store cannot be read; the last snapshot stands in and answers say degraded. Look after its file, "
    "its locks and its server, and where it lost rows run `pharos materialize` again",
)


def rows_lost(filled: date) -> Because:
    """That the store answers and is without rows that it was filled with, and what to do.

    >>> rows_lost(date(2026, 1, 1)).code
    'rows_lost'
    """
    return Because(
        code="rows_lost",
        zh="在线特征库可以读取，但缺少已填充的记录（被清空、重启后数据丢失或被淘汰）；"
        f"以 {filled} 的快照作答并标注 degraded。请运行 pharos materialize --as-of {filled}，并查明原因"
        "（Redis 请设 maxmemory-policy noeviction）",
        en="the online store answers and is without rows that it was filled with (emptied, come back without its data, "
        f"or pushed out); the snapshot of {filled} stands in and answers say degraded. Run `pharos materialize --as-of "
        f"{filled}`, and look for the cause (for Redis set maxmemory-policy noeviction)",
    )


class FeatureSource(Protocol):
    """Where a request's features come from; `features.store.FeatureReader` is the real one."""

    def online(self, ids: Sequence[str], service: str, as_of: date | None = None) -> pd.DataFrame:
        """One row for each id in order: `officer_id`, `status`, `feature_timestamp` and the features; perhaps
        `without_events_since` (features/standing_in.py).
        """
        ...

    def service_hash(self, service: str) -> str:
        """What training and serving must agree on."""
        ...

    def filled_as_of(self, service: str) -> date | None:
        """The day that the store was last filled for; None when it never was."""
        ...


@dataclass(frozen=True)
class AgeLimits:
    """Hours after which features are flagged, and after which nothing is scored on them."""

    flag_hours: float
    refuse_hours: float

    @classmethod
    def of(cls, policy: Policy) -> AgeLimits:
        """The department's limits."""
        scoring = policy.grades.scoring
        return cls(scoring.flag_features_after_hours, scoring.refuse_features_after_hours)


@dataclass(frozen=True)
class Fresh:
    """The usable rows, rows of unknown officers (features null), reasons for all not usable, the age of the whole.

    Both frames have one row for each officer, in the order asked, with `as_of` added. `read_as_of` and `age_hours`
    tell of the features of the day asked for that the store gave, too old ones too; null when it gave none.
    `as_of` is the day to reckon with in any case. `behind` are the officers with accepted events that their features do
    not know of, each with the day since which.
    """

    frame: pd.DataFrame
    unknown: pd.DataFrame
    refused: Mapping[str, Because]
    as_of: date
    read_as_of: date | None
    age_hours: float | None
    degraded: bool
    behind: Mapping[str, date] = field(default_factory=dict)

    @property
    def notices(self) -> list[Because]:
        """What to know of the features as a whole."""
        return [events_missing(self.behind)] if self.behind else []


def read_fresh(
    source: FeatureSource,
    officer_ids: Sequence[str],
    service: str,
    *,
    asked: date | None,
    now: datetime,
    limits: AgeLimits,
) -> Fresh:
    """Features of these officers at `now` (UTC without a zone); an officer asked for twice is read once.

    Features are of a day of the bureau, and their age counts from its midnight there.
    """
    shown = local_time(now)
    ids = list(dict.fromkeys(officer_ids))
    frame = source.online(ids, service, shown.date())
    still_wanted()
    behind = behind_of(frame)
    stamps, statuses = frame["feature_timestamp"].to_numpy("datetime64[us]"), frame["status"].tolist()
    days: list[date | None] = stamps.astype("datetime64[D]").tolist()  # plain values: a frame costs one officer most
    ages: list[float] = np.divide(np.datetime64(shown, "us") - stamps, np.timedelta64(1, "h")).tolist()
    refused: dict[str, Because] = {}
    kept: list[bool] = []
    for officer_id, status, day, age in zip(frame["officer_id"].astype(str), statuses, days, ages, strict=True):
        why = UNREAD if status == IS_AWAY else _why_not(day, age, asked, limits)
        kept.append(why is None)
        if why is not None:
            refused[officer_id] = why
    read = [(day, age) for day, age in zip(days, ages, strict=True) if day is not None and asked in (None, day)]
    newest = max((day for day, _ in read), default=None)
    oldest = round(max(age for _, age in read), 2) if read else None
    usable = frame if all(kept) else frame[np.array(kept, bool)].reset_index(drop=True)
    unknown = frame[np.isnat(stamps)].reset_index(drop=True)
    not_as_it_should = not {EXPIRED, STANDS_IN, IS_AWAY}.isdisjoint(statuses) or any(age < 0 for _, age in read)
    degraded = (oldest is not None and oldest > limits.flag_hours) or not_as_it_should or bool(behind)
    as_of = asked or newest or shown.date()
    return Fresh(
        frame=usable.assign(as_of=usable["feature_timestamp"]),
        unknown=unknown.assign(as_of=pd.Timestamp(as_of).as_unit("us")),
        refused=refused,
        as_of=as_of,
        read_as_of=newest,
        age_hours=oldest,
        degraded=degraded,
        behind=behind,
    )


def behind_of(frame: pd.DataFrame) -> dict[str, date]:
    """The officers of an online answer with accepted events that their features do not know of, and since when; the
    column that tells of it is taken out.
    """
    if WITHOUT_EVENTS not in frame:
        return {}
    told = zip(frame["officer_id"].astype(str), frame.pop(WITHOUT_EVENTS), strict=True)
    return {officer: day for officer, day in told if isinstance(day, date)}


def events_missing(behind: Mapping[str, date]) -> Because:
    """That accepted events are not in an answer, of how many officers, and since when.

    >>> events_missing({"o-1": date(2026, 1, 2), "o-2": date(2026, 1, 1)}).en[:72]
    'events accepted since 2026-01-01 about 2 of these officers are not in th'
    """
    day, count = min(behind.values()), len(behind)
    return Because(
        code="events_missing",
        zh=f"自 {day} 起已接收的事件中，涉及其中 {count} 名民警的尚未计入本应答，因为特征库目前无法更新或读取；"
        "各项结果的 without_events_since 注明起始日期，恢复后自动计入",
        en=f"events accepted since {day} about {count} of these officers are not in this answer, because the feature "
        "store cannot be brought forward or read now; without_events_since of each result says since when, and later "
        "answers have them",
    )


def _why_not(day: date | None, age_hours: float, asked: date | None, limits: AgeLimits) -> Because | None:
    """Why an officer's features cannot be used, or None when they can."""
    if day is None:
        return UNKNOWN
    if asked is not None and day != asked:
        return other_day(day, asked)
    return STALE if age_hours > limits.refuse_hours else None


def other_day(at_hand: date, asked: date) -> Because:
    """Why nothing is said of a day asked for: the store holds the features of one day only, and which.

    >>> other_day(date(2026, 1, 1), date(2024, 1, 1)).en
    'the features at hand are of 2026-01-01, not of 2024-01-01; ask without as_of for the newest'
    """
    return Because(
        code="other_as_of",
        zh=f"现有特征属于 {at_hand}，不属于所问的 {asked}；不写 as_of 即按最新特征作答",
        en=f"the features at hand are of {at_hand}, not of {asked}; ask without as_of for the newest",
    )


def notice_of_age(filled: date | None, now: datetime, limits: AgeLimits) -> Because | None:
    """What must be said aloud of a store filled as of a day, with the remedy; None while its features are fresh."""
    if filled is None:
        return Because(
            code="no_features",
            zh="在线特征库从未填充；请运行 pharos materialize --as-of 日期",
            en="the online store was never filled; run `pharos materialize --as-of DATE`",
        )
    hours, today = hours_since(filled, now), local_day(now)
    if hours <= limits.refuse_hours:
        return None
    return Because(
        code=STALE.code,
        zh=f"最新特征属于 {filled}，距今已 {hours:.0f} 小时，超过 {limits.refuse_hours:.0f} 小时不予评分；"
        f"请运行 pharos features 与 pharos materialize --as-of {today}，"
        f"记录止于过去时请以 PHAROS_TODAY={filled} 启动",
        en=f"the newest features are of {filled}, {hours:.0f} hours ago, and over {limits.refuse_hours:.0f} hours "
        f"nobody is scored on them; run `pharos features` and `pharos materialize` with --as-of {today}, or, for "
        f"records that end in the past, start with PHAROS_TODAY={filled}",
    )


def hours_since(day: date, now: datetime) -> float:
    """Hours from a day's midnight at the bureau to a moment (UTC without a zone)."""
    return (local_time(now) - datetime.combine(day, time())).total_seconds() / 3600.0


def moved_stores(settings: Settings) -> list[Because]:
    """What must be said aloud where a setting names another store of features than the one that was filled."""
    told = remembered(settings.state)
    asked = (
        (ONLINE, settings.online_url, "PHAROS_ONLINE_URL"),
        (REGISTRY, settings.registry_url, "PHAROS_REGISTRY_URL"),
    )
    found = []
    for name, address, setting in asked:
        here = plain(address, settings.state)
        if told.get(name, here) != here:
            found.append(_moved(setting, told[name], here))
    return found


def _moved(setting: str, was: str, here: str) -> Because:
    was_zh = "状态目录" if was == HERE else was
    here_zh = "状态目录" if here == HERE else here
    return Because(
        code="store_elsewhere",
        zh=f"特征此前保存在 {was_zh}，而 {setting} 现指向 {here_zh}，那里尚未填充；"
        "在运行 pharos materialize --as-of 日期 之前，以快照作答并标注 degraded",
        en=f"features were kept in {was}, and {setting} now leads to {here}, which was not filled yet; until `pharos "
        "materialize --as-of DATE` is run, snapshots stand in and answers say degraded",
    )
