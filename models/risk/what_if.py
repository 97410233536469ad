"""What-if: the chance of people with such a record and one thing different, of what somebody can change.

A change is made to the record, not to one feature: every sum, rate, trend and comparison that rests on it moves with
it, as the features would have been computed (features/exposure.py, features/surroundings.py). What comes out is an
association in past data, and is told as one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.figures import shown
from data_contracts.policy import policy
from data_contracts.running_load import LOADED, MONTHS_APART, load_name, month_name, overtime_limit, weight_of
from data_contracts.supporting import Change, WhatIfPolicy
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.risk.explain import number_told, quiet_facets
from models.risk.horizons import Asked, rising
from models.risk.model import OutcomeModel
from models.risk.record_words import POST_SIZE
from models.risk.themes import LEAST_CROWD, facet_of

WINDOWS = ("3m", "12m", "24m", "60m", "ever")
RATED = ("complaints", "complaints_sustained", "complaints_use_of_force", "force_reports")
LEAST_CHANGE = 0.05  # of a monthly figure; less is the same record


@dataclass(frozen=True)
class Altered:
    """A frame with one thing different where it `applies` (n,), and the monthly figure `before` and `after` (n,).

    `cut` (n,) is where policy keeps the change short of what it aims at.
    """

    frame: pd.DataFrame
    before: Numbers
    after: Numbers
    applies: NDArray[np.bool_]
    cut: NDArray[np.bool_]


def altered(frame: pd.DataFrame, change: Change, means: Mapping[str, float]) -> Altered:
    """`frame` (rows of features) as it would be with the change; `means` are of the force.

    Where the record has no such measure, or is already as the change would have it, it does not apply.
    """
    record = _Record(frame)
    before, after, cut = _courses(record, change) if change.measure == "courses" else _monthly(record, change, means)
    applies = np.abs(after - before) >= LEAST_CHANGE
    step = np.where(applies, after - before, 0.0)
    if change.measure == "courses":
        record.take_courses(step, change.hours)
    else:
        record.move_duty(change.measure, step, change.months)
    return Altered(record.altered(applies), before, after, applies, cut)


def _courses(record: _Record, change: Change) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    before = record["courses_12m"]
    return before, before + change.add, np.zeros(len(before), dtype=bool)


def _monthly(record: _Record, change: Change, means: Mapping[str, float]) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """The figure a month of the last `months`: as it is, as it would be within what policy allows, and where that is
    short of what was aimed at."""
    name, window = change.measure, f"{change.months}m"
    months = record[f"duty_months_{window}"]
    before = np.divide(record[f"{name}_{window}"], months, out=np.full(len(months), np.nan), where=months > 0)
    if change.to == "post_mean":
        others = (record[f"{name}_12m"] - record[f"{name}_12m_minus_post_others"]) / 12.0
        few = record[POST_SIZE] < LEAST_CROWD  # the aim would be a colleague's record
        goal = np.minimum(before, np.where(few, np.nan, others))
    elif change.to == "force_mean":
        goal = np.minimum(before, means.get(f"{name}_per_duty_month_12m", np.nan))
    else:
        goal = np.minimum(before + change.add, np.maximum(change.most, before))
    after = np.clip(np.maximum(goal, change.least), before - change.most_step, before + change.most_step)
    return before, after, np.asarray(np.abs(after - goal) >= LEAST_CHANGE, dtype=bool)


class _Record:
    """Columns of a frame by name, NaN for absent ones, and what was put in their place."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._new: dict[str, Numbers] = {}

    def __getitem__(self, name: str) -> Numbers:
        if name in self._new:
            return self._new[name]
        if name not in self._frame.columns:
            return np.full(len(self._frame), np.nan)
        return self._frame[name].to_numpy(np.float64, na_value=np.nan)

    def __setitem__(self, name: str, values: Numbers) -> None:
        if name in self._frame.columns:
            self._new[name] = values

    def altered(self, applies: NDArray[np.bool_]) -> pd.DataFrame:
        """The frame with the new columns, in the rows where the change applies."""
        new = {name: np.where(applies, values, _Record(self._frame)[name]) for name, values in self._new.items()}
        return self._frame.assign(**new)

    def take_courses(self, many: Numbers, hours: float) -> None:
        """So many courses more, the last of them yesterday."""
        for window in WINDOWS:
            self[f"courses_{window}"] = self[f"courses_{window}"] + many
            self[f"course_hours_{window}"] = self[f"course_hours_{window}"] + many * hours
        self["days_since_courses"] = np.ones(len(many))
        self._against_post("courses_12m", many)

    def move_duty(self, name: str, step: Numbers, months: int) -> None:
        """`step` more a month in the last months of duty; overtime is part of the hours of duty."""
        if name in LOADED:
            self._newest_months(name, step, min(months, MONTHS_APART))
        for one in (name, *(["duty_hours"] if name == "overtime_hours" else [])):
            for window in WINDOWS:
                inner = min(window, f"{months}m", key=WINDOWS.index)
                self[f"{one}_{window}"] = self[f"{one}_{window}"] + step * self[f"duty_months_{inner}"]
            self._duty_rates(one)
            self._against_post(f"{one}_12m", step * self[f"duty_months_{min(months, 12)}m"])
        if name == "overtime_hours":
            self._exposure()

    def _newest_months(self, name: str, step: Numbers, months: int) -> None:
        """The months told one by one, what they weigh in the running load, and how many of them are over the limit."""
        load, over = np.zeros(len(step)), np.zeros(len(step))
        for ago in range(1, months + 1):
            before = self[month_name(name, ago)]
            after = before + step
            load += weight_of(ago) * np.nan_to_num(after - before)
            over += (after >= overtime_limit()).astype(float) - (before >= overtime_limit())
            self[month_name(name, ago)] = after
        self[load_name(name)] = self[load_name(name)] + load
        self._against_post(load_name(name), load)
        if name == "overtime_hours":
            for window in WINDOWS:
                over_limit = f"overtime_months_over_limit_{window}"
                self[over_limit] = self[over_limit] + over

    def _duty_rates(self, name: str) -> None:
        for window in WINDOWS:
            self[f"{name}_per_duty_month_{window}"] = _over(self[f"{name}_{window}"], self[f"duty_months_{window}"])
        months = self["duty_months_12m"] - self["duty_months_3m"]
        self[f"{name}_per_duty_month_trend_3m"] = _over(self[f"{name}_3m"], self["duty_months_3m"]) - _over(
            self[f"{name}_12m"] - self[f"{name}_3m"], months
        )

    def _against_post(self, name: str, more: Numbers) -> None:
        others = self[name] - more - self[f"{name}_minus_post_others"]
        self[f"{name}_minus_post_others"] = self[f"{name}_minus_post_others"] + more
        self[f"{name}_over_post_others"] = _over(self[name], others)

    def _exposure(self) -> None:
        for window in WINDOWS:
            hours = self[f"duty_hours_{window}"]
            self[f"exposure_hours_{window}"] = np.where(hours == 0.0, np.nan, hours)
        for name in RATED:
            for window in WINDOWS:
                rate = _over(1000.0 * self[f"{name}_{window}"], self[f"exposure_hours_{window}"])
                self[f"{name}_per_1000_hours_{window}"] = rate
            before = _over(
                1000.0 * (self[f"{name}_24m"] - self[f"{name}_12m"]),
                self["exposure_hours_24m"] - self["exposure_hours_12m"],
            )
            last = _over(1000.0 * self[f"{name}_12m"], self["exposure_hours_12m"])
            self[f"{name}_per_1000_hours_trend_12m"] = last - before


def _over(part: Numbers, whole: Numbers) -> Numbers:
    """A ratio, unknown where there is nothing to divide by."""
    ratio: Numbers = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole != 0)
    return ratio


class _CameTo(IntEnum):
    """How far the changes of an outcome came that is told none: the furthest of them."""

    NONE_TOLD = 0
    SO_ALREADY = 1
    TOO_LITTLE = 2


def _why_none(came_to: _CameTo, rules: WhatIfPolicy) -> Bilingual:
    least = 100.0 * rules.least_difference
    match came_to:
        case _CameTo.NONE_TOLD:
            return Bilingual(
                "政策所列的可改变事项均不适用于该结局，或不得作为该结局的原因",
                "nothing that policy counts as changeable may be told of this outcome",
            )
        case _CameTo.SO_ALREADY:
            return Bilingual(
                "记录中的可改变事项已不超过所要求的水平，或缺少相应数据",
                "what could be changed is on record as the change would have it, or not on record",
            )
        case _CameTo.TOO_LITTLE:
            return Bilingual(
                f"逐项试算后，没有一项使概率降低{least:g}个百分点以上",
                f"each change was thought through, and none lowers the chance by {least:g} points or more",
            )


def what_if(
    models: Sequence[OutcomeModel], frame: pd.DataFrame, means: Mapping[str, float], rules: WhatIfPolicy
) -> pd.DataFrame:
    """(officer_id, outcome, horizon_months, what_if, no_what_if): the JSON of the best changes of each row, the best
    first; the JSON of why there is none, null where there is one.

    Only changes that lower the chance by at least `rules.least_difference` are told, at most `rules.told`; one that
    ends an outcome by its definition is not, nor one of what may not be told as a reason of it.
    """
    found = {(one.outcome, one.horizon_months): [list[dict[str, Any]]() for _ in range(len(frame))] for one in models}
    came_to = {asked: np.full(len(frame), _CameTo.NONE_TOLD) for asked in found}
    now = _chances(models, frame)
    for change in rules.change:
        other = altered(frame, change, means)
        those = [one for one in models if _is_open_to(change, one)]
        here = np.where(other.applies, _CameTo.TOO_LITTLE, _CameTo.SO_ALREADY)
        for one in those:
            asked = one.outcome, one.horizon_months
            came_to[asked] = np.maximum(came_to[asked], here)
        if not those or not other.applies.any():
            continue
        for asked, then in _chances(those, other.frame).items():
            worth = other.applies & (now[asked] - then >= rules.least_difference)
            for row in np.flatnonzero(worth).tolist():
                found[asked][row].append(_told(change, other, row, (float(now[asked][row]), float(then[row]))))
    told = [_answer(frame, asked, some, came_to[asked], rules) for asked, some in found.items()]
    return pd.concat(told, ignore_index=True)


def _is_open_to(change: Change, model: OutcomeModel) -> bool:
    """Whether a change may be told of an outcome: what is no reason of it, nobody is advised to change for it."""
    facet = facet_of(f"{change.measure}_12m")
    if facet is None or quiet_facets(model.quiet)[facet]:
        return False
    return change.applies_to(model.outcome) and not change.ends(policy().outcome(model.outcome))


def _chances(models: Sequence[OutcomeModel], frame: pd.DataFrame) -> dict[Asked, Numbers]:
    """As they are told: no horizon of an outcome below a shorter one."""
    own = {(one.outcome, one.horizon_months): (one.predict(one.design.matrix(frame)),) for one in models}
    return {asked: chance for asked, (chance,) in rising(own).items()}


def _answer(
    frame: pd.DataFrame,
    asked: Asked,
    found: Sequence[Sequence[dict[str, Any]]],
    came_to: NDArray[np.int64],
    rules: WhatIfPolicy,
) -> pd.DataFrame:
    best = [sorted(some, key=lambda one: (one["difference"], one["change"]))[: rules.told] for some in found]
    outcome, months = asked
    why = {one: json.dumps(asdict(_why_none(one, rules)), ensure_ascii=False) for one in _CameTo}
    return pd.DataFrame(
        {
            "officer_id": frame["officer_id"].to_numpy(),
            "outcome": outcome,
            "horizon_months": months,
            "what_if": [json.dumps(some, ensure_ascii=False) for some in best],
            "no_what_if": [None if some else why[code] for some, code in zip(best, came_to.tolist(), strict=True)],
        }
    )


def _told(change: Change, other: Altered, row: int, chances: tuple[float, float]) -> dict[str, Any]:
    """A change that policy cuts short is told as a step that far, not as if it reached what it aims at."""
    before, after = (number_told(round(float(figure), 1)) for figure in (other.before[row], other.after[row]))
    words = change.step if other.cut[row] and change.step is not None else change.text
    zh, en = (one.format(before=before, after=after) for one in (words.zh, words.en))
    now, then = (shown(chance) for chance in chances)
    points = 100.0 * (now - then)  # of the chances as they are told, to two digits each: a reader may add them up
    return {
        "change": change.code,
        "who": change.who,
        "text": {
            "zh": f"记录相似、而{zh}的民警，概率约为{then:.2%}（比{now:.2%}低{points:.2f}个百分点）；"
            "依据模型从全员以往记录中学到的统计关联，不是保证",
            "en": f"officers with such a record and {en}: a chance of about {then:.2%} ({points:.2f} points below "
            f"{now:.2%}); it rests on an association that the model learned from past records of the force, no promise",
        },
        "probability": then,
        "difference": round(then - now, 4),
    }
