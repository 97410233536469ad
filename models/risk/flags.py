"""Two flags beside a grade: *approach* before a limit is crossed, *commend* at the other end.

An approach is nearness with what earlier nights showed to come of it; a trend, which a commendation may rest on, is the
chance against the same model's chances of earlier nights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import DAYS_A_MONTH
from data_contracts.decisions import GradePolicy, Shares
from data_contracts.figures import percent_told
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.risk.calibration import log_odds
from models.risk.grades import tells_excellent

MERIT_MONTHS = 24
SUSTAINED = "days_since_complaints_sustained"
SPAN_DAYS = 15  # nights this near to the days that policy looks ahead span them
ROUNDING = 1e-9
LEAST_FOLLOWED = 10  # fewer officers that were near tell nothing, and may tell of one of them
NEXT_WORSE: Mapping[str, str] = {"good": "fair", "fair": "poor"}  # to leave the best grade is no alarm
MILD = ("good", "excellent")
WARNED = ("poor", "fair")
LIMIT_ZH: Mapping[str, str] = {"fair": "一般", "poor": "较差"}


@dataclass(frozen=True)
class Trend:
    """A chance now, its rise in log-odds since the first of the earlier chances, and that first day; each (n,). The
    rise is NaN where no earlier chance is known."""

    now: Numbers
    rise: Numbers
    since: NDArray[np.datetime64]

    @classmethod
    def of(cls, as_of: date, now: Numbers, earlier: Sequence[tuple[date, Numbers]], least: float = 0.0) -> Trend:
        """From the earlier chances (n,) and the present; NaN chances are left out.

        Chances below `least` are told as equal: a move among them is none.

        >>> before = [(date(2024, 1, 1), np.array([0.1])), (date(2024, 2, 1), np.array([0.2]))]
        >>> round(float(Trend.of(date(2024, 3, 1), np.array([0.3]), before).rise[0]), 2)
        1.35
        >>> Trend.of(date(2024, 3, 1), np.array([1e-6]), [(date(2024, 1, 1), np.array([5e-4]))], 0.001).rise.tolist()
        [0.0]
        """
        days = np.array([(day - as_of).days for day, _ in earlier] + [0], dtype=np.float64)
        scores = np.stack(
            [log_odds(np.maximum(one, least)) for one in (*(chance for _, chance in earlier), now)], axis=1
        )
        known = ~np.isnan(scores) & ~np.isnan(scores[:, -1:])
        first = known.argmax(axis=1)
        rise = scores[:, -1] - scores[np.arange(len(now)), first]
        since = np.datetime64(as_of, "D") + days[first].astype("timedelta64[D]")
        return cls(now, np.where(known.sum(axis=1) >= 2, rise, np.nan), since)


@dataclass(frozen=True)
class Edge:
    """Of one outcome and horizon: the least chance of each grade, and how near to the next worse one is near."""

    limits: Mapping[str, float]
    margin: float


@dataclass(frozen=True)
class Followed:
    """What came of who was near to the next worse limit on an earlier night: `crossed` of `officers` were graded worse
    on a night up to `until`. Those of whom that is not known are not counted."""

    since: date
    until: date
    officers: int
    crossed: int

    @property
    def share(self) -> float:
        """How many of them, in [0, 1]; NaN for nobody."""
        return self.crossed / self.officers if self.officers else float("nan")

    @classmethod
    def of(cls, nights: Sequence[tuple[date, Numbers, Mapping[str, float]]], rules: GradePolicy) -> Self | None:
        """From nights in order, each its chances (n,) of the same officers and the least chance of each grade.

        None where the nights do not span the days that policy looks ahead, or too few were near to tell.

        >>> from data_contracts.policy import policy
        >>> limits = {"poor": 0.3, "fair": 0.1, "good": 0.02}
        >>> before = np.r_[np.linspace(0.092, 0.099, 20), np.full(380, 0.03)]
        >>> nights = [(date(2024, 1, 1), before, limits), (date(2024, 4, 1), before + 0.005, limits)]
        >>> Followed.of(nights, policy().grades).share
        0.55
        """
        if len(nights) < 2 or abs((nights[-1][0] - nights[0][0]).days - rules.flags.within_days) > SPAN_DAYS:
            return None
        since, chances, limits = nights[0]
        worse, limit = _next_limit(_by_limits(chances, limits), limits)
        near = _near(chances, limit, near_margin(chances, limits, rules))
        over = np.zeros(len(chances), dtype=bool)
        unknown = np.zeros(len(chances), dtype=bool)
        for _, later, at in nights[1:]:
            reached = np.array([at.get(name, np.nan) for name in worse], dtype=np.float64)
            over |= later >= reached
            unknown |= np.isnan(later)
        told = near & (over | ~unknown)
        officers, crossed = int(told.sum()), int((told & over).sum())
        return cls(since, nights[-1][0], officers, crossed) if officers >= LEAST_FOLLOWED else None


def _by_limits(chances: Numbers, limits: Mapping[str, float]) -> list[str | None]:
    """The grades from which it can still get worse, by the limits alone."""
    good, fair, poor = (limits.get(name, np.inf) for name in ("good", "fair", "poor"))
    return ["good" if good <= one < min(fair, poor) else "fair" if fair <= one < poor else None for one in chances]


def _next_limit(grades: Sequence[str | None], limits: Mapping[str, float]) -> tuple[NDArray[np.object_], Numbers]:
    """The next worse grade of each ("" for none) and the least chance of it, (n,), NaN where no chance reaches it."""
    worse = np.array([NEXT_WORSE.get(grade or "", "") for grade in grades], dtype=object)
    limit = np.array([limits.get(name, np.nan) for name in worse], dtype=np.float64)
    return worse, np.where(limit > 1.0, np.nan, limit)


def near_margin(force: Numbers, limits: Mapping[str, float], rules: GradePolicy) -> float:
    """How near is near for an outcome, in parts of the limit: policy's margin, or less where more than policy's share
    of the force (chances, NaN left out) would be. Where chances lie close together, a tenth from a limit is a crowd.

    >>> from data_contracts.policy import policy
    >>> crowd = np.linspace(0.05, 0.0999, 100)
    >>> round(near_margin(crowd, {"poor": 0.3, "fair": 0.1, "good": 0.02}, policy().grades), 3)
    0.021
    """
    _, limit = _next_limit(_by_limits(force, limits), limits)
    ratio = force / limit
    close = np.sort(ratio[(ratio < 1.0) & (ratio >= 1.0 - rules.unit.approach_margin)])[::-1]
    most = math.floor(rules.unit.approach_share * np.count_nonzero(~np.isnan(force)) + 1e-9)
    if len(close) <= most:
        return rules.unit.approach_margin
    nearest = close[close > close[most]]  # who stands where the share ends is near with all their equals, or not
    return float(1.0 - nearest[-1]) if len(nearest) else 0.0


def near_a_limit(force: Numbers, limits: Mapping[str, float], rules: GradePolicy) -> NDArray[np.bool_]:
    """Who of a whole force (chances (n,)) is near to the next worse limit, (n,).

    >>> from data_contracts.policy import policy
    >>> force = np.r_[np.linspace(0.05, 0.099, 10), np.full(90, 0.001)]
    >>> near_a_limit(force, {"poor": 0.3, "fair": 0.1, "good": 0.02}, policy().grades).nonzero()[0].tolist()
    [8, 9]
    """
    _, limit = _next_limit(_by_limits(force, limits), limits)
    return _near(force, limit, near_margin(force, limits, rules))


def _near(chances: Numbers, limit: Numbers, margin: float) -> NDArray[np.bool_]:
    """Below the limit, and within the margin of it."""
    return np.asarray((chances >= (1.0 - margin - ROUNDING) * limit) & (chances < limit), dtype=np.bool_)


def approach(
    now: Numbers,
    as_of: date,
    grades: Sequence[str | None],
    edge: Edge,
    rules: GradePolicy,
    followed: Followed | None = None,
) -> list[dict[str, Any] | None]:
    """For each officer the alert that the next worse limit is near, or None.

    `now` (n,) are chances; near is below the limit and within the margin of the edge. Where it was `followed` what came
    of who was near, the alert tells it, and nobody is alerted of an outcome where less than
    `rules.flags.least_crossing` of them crossed. The trend of a chance says nothing more (decision 0027): chances that
    rose fall back.
    """
    worse, limit = _next_limit(grades, edge.limits)
    found = _near(now, limit, edge.margin)
    if followed is not None and followed.share < rules.flags.least_crossing:
        found[:] = False
    return [
        _approach(str(worse[row]), float(now[row]), float(limit[row]), as_of, followed) if found[row] else None
        for row in range(len(worse))
    ]


def _approach(worse: str, now: float, limit: float, as_of: date, followed: Followed | None) -> dict[str, Any]:
    seen = _followed_told(followed)
    zh = f"概率{now:.1%}，接近「{LIMIT_ZH[worse]}」的界限{limit:.1%}；{seen.zh}；宜提前关心"
    en = (
        f"the chance is {now:.1%}, near the limit of {worse} at {limit:.1%}; {seen.en}; care now comes before a warning"
    )
    return {"kind": "approach", "text": {"zh": zh, "en": en}, "since": as_of.isoformat(), "expected_on": None}


def _followed_told(followed: Followed | None) -> Bilingual:
    if followed is None:
        return Bilingual(
            "同样接近者此后有多少人越过界限，尚无统计", "how many who are as near go on to cross it is not measured yet"
        )
    one, crossed = followed, percent_told(followed.share)
    return Bilingual(
        f"{one.since}同样接近的{one.officers}人中，到{one.until}有{one.crossed}人（{crossed.zh}）的等级变差过",
        f"of {one.officers} officers as near on {one.since}, {one.crossed} ({crossed.en}) were graded worse by "
        f"{one.until}",
    )


def commend(
    trend: Trend,
    overall: Sequence[str | None],
    best: NDArray[np.bool_],
    merits_told: Sequence[str | None],
    rules: GradePolicy,
) -> list[dict[str, Any] | None]:
    """For each officer a word of praise, or None.

    Only for somebody without any open warning (`overall` is the worst grade of all outcomes) who is among the
    best share of the force (`best`, without those who are `barred`) and of whom the record holds a good fact: an
    honour, or a chance that fell.
    """
    better = np.nan_to_num(-trend.rise, nan=0.0) >= rules.flags.least_rise
    return [
        _commend(merits_told[row], bool(better[row]), trend.since[row])
        if best[row] and overall[row] in MILD and (merits_told[row] or better[row])
        else None
        for row in range(len(overall))
    ]


def _commend(merit: str | None, better: bool, since: np.datetime64) -> dict[str, Any]:
    facts = [json.loads(merit)] if merit else []
    if better:
        fell = {"zh": f"概率自{since}起下降", "en": f"the chance has fallen since {since}"}
        facts.append({"text": fell, "since": str(since)})
    zh = "，".join(fact["text"]["zh"] for fact in facts)
    en = ", ".join(fact["text"]["en"] for fact in facts)
    text = {
        "zh": f"处于全员最好的一部分，且{zh}；宜予表扬",
        "en": f"among the best of the force, and {en}; worth a commendation",
    }
    return {"kind": "commend", "text": text, "since": facts[0]["since"], "expected_on": None}


def barred(finding_days: Numbers, approached: NDArray[np.bool_], rules: GradePolicy) -> NDArray[np.bool_]:
    """Who is not commended, (n,): a sustained complaint within policy's months, or an alert of any outcome.

    `finding_days` (n,) are those since the last complaint that was sustained was opened, NaN without any.

    >>> from data_contracts.policy import policy
    >>> barred(np.array([100.0, 5000.0, np.nan, np.nan]), np.array([False] * 3 + [True]), policy().grades).tolist()
    [True, False, False, True]
    """
    recent = finding_days <= rules.flags.commend_clear_months * DAYS_A_MONTH
    return np.asarray(recent & (rules.flags.commend_clear_months > 0) | approached, dtype=np.bool_)


def finding_days(frame: pd.DataFrame) -> Numbers:
    """Days since the last complaint that was sustained was opened, (n,); NaN without any, or where nothing is known."""
    if SUSTAINED not in frame.columns:
        return np.full(len(frame), np.nan)
    return frame[SUSTAINED].to_numpy(np.float64, na_value=np.nan)


def merits(frame: pd.DataFrame) -> list[str | None]:
    """A good fact of each officer's record as JSON, or None: honours of the last MERIT_MONTHS months.

    >>> day = pd.to_datetime(["2024-03-01"])
    >>> merits(pd.DataFrame({"as_of": day, "honours_24m": [2.0], "days_since_honours": [29.0]}))
    ['{"text": {"zh": "近两年受表彰2次", "en": "2 honours in two years"}, "since": "2024-02-01"}']
    """
    nothing: list[str | None] = [None] * len(frame)
    if not {"honours_24m", "days_since_honours"} <= set(frame.columns):
        return nothing
    count = frame["honours_24m"].to_numpy(np.float64, na_value=np.nan)
    days = frame["days_since_honours"].to_numpy(np.float64, na_value=np.nan)
    today = pd.to_datetime(frame["as_of"]).dt.date.to_list()
    for row in np.flatnonzero((count > 0) & ~np.isnan(days)).tolist():
        since = (today[row] - timedelta(days=int(days[row]))).isoformat()
        many = "honour" if count[row] == 1 else "honours"
        text = {"zh": f"近两年受表彰{int(count[row])}次", "en": f"{int(count[row])} {many} in two years"}
        nothing[row] = json.dumps({"text": text, "since": since}, ensure_ascii=False)
    return nothing


def best_below(chances: Numbers, share: float) -> float:
    """The chance below which the best share of a force lies (NaN left out); 0.0, below which nobody is, for none.

    >>> best_below(np.arange(10) / 10, 0.2)
    0.2
    """
    known = np.sort(chances[~np.isnan(chances)])
    place = int(np.floor(share * len(known) + 1e-9))
    return float(known[place]) if 0 < place < len(known) else 0.0


def praised_below(best: float, limits: Mapping[str, float], shares: Shares) -> float:
    """The chance below which an officer is commended: `best`, or 0.0, below which nobody is.

    Nobody is among the best by a figure that is told as everybody's: where no grade excellent exists by the `limits`,
    or where the best share ends below policy's `told_apart_from`. Else all below that are commended alike.

    >>> from data_contracts.policy import policy
    >>> shares = policy().grades.shares
    >>> praised_below(0.002, {"good": 0.004}, shares)
    0.002
    >>> praised_below(0.0002, {"good": 0.004}, shares), praised_below(0.002, {"good": 0.0}, shares)
    (0.0, 0.0)
    """
    return best if best >= shares.told_apart_from and tells_excellent(limits) else 0.0


def flags_json(*each: Mapping[str, Any] | None) -> str:
    """The flags of one result as stored."""
    return json.dumps([flag for flag in each if flag is not None], ensure_ascii=False)
