"""`POST /v1/units` without the web: unit ids in, what the last published night says of them out.

A unit with few officers has no figures here: a share of three officers would tell of each of them. It has the grade of
the block that stands for it, and says whose that is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import pandas as pd

from data_contracts.errors import PublishRefused
from data_contracts.figures import shown
from data_contracts.policy import Policy
from data_contracts.vocabulary import Grade, Outcome
from models.units.driver_words import rest_told
from serving.access.credential import OPERATOR, Credential
from serving.freshness import hours_since
from serving.night.manifest import Manifest, file_hash
from serving.night.past import Asked
from serving.night.results import SCORED, PublishedRun
from serving.review.standing import sees_all
from serving.review.withholding import units_without_counts
from serving.schemas import Because, ModelName, Text
from serving.units.asked import Answered
from serving.units.schemas import (
    Driver,
    OutcomeNotGraded,
    OutcomeStoodFor,
    Scope,
    ScopeGraded,
    ScopeNotGraded,
    ScopeRolledUp,
    UnitAlerts,
    UnitGraded,
    UnitMovement,
    UnitNotGraded,
    UnitOutcome,
    UnitsAnswer,
    UnitsRequest,
    UnitTrend,
)
from serving.waiting import while_wanted

UNKNOWN = Because(
    code="unknown_unit",
    zh="最近一次夜间计算没有该单位的结果：该单位及所辖单位没有已评分的民警，或没有此单位",
    en="the last night has no result of this unit: no scored officer serves in it or under it, or no such unit exists",
)
OTHER_DAY = Because(
    code="other_as_of", zh="最近一次夜间计算不属于所问日期", en="the last night is not of the day asked for"
)
SMALL = Because(
    code="small_unit",
    zh="本级或相邻单位人数过少，为保护个人不单独显示，以上级块面的等级代表；这不表示风险低",
    en="too few officers here or beside it to show figures of its own, the block above stands for it; "
    "this does not mean low risk",
)
NOBODY = Because(code="no_officers", zh="本级没有已评分的民警", en="no scored officer serves in the unit itself")
UNITS_FILE = "units.parquet"


@dataclass
class UnitTables:
    """The units of the run asked for last, read once."""

    _read: tuple[str, pd.DataFrame] = field(default=("", pd.DataFrame()))

    def __call__(self, run: PublishedRun) -> pd.DataFrame:
        """By unit; raises PublishRefused when they are not what was published."""
        key, table = self._read
        if key != run.manifest.output_hash:
            key = run.manifest.output_hash
            if file_hash(run.folder / UNITS_FILE) != run.manifest.files[UNITS_FILE]:
                raise PublishRefused(f"{run.folder / UNITS_FILE} is not what was published; restore it from a copy")
            table = run.units().set_index("unit_id", drop=False)
            self._read = key, table
        return table


@dataclass(frozen=True)
class UnitDesk:
    """Everything that `/v1/units` needs: how to find the run in force (raises NotReady), the policy, why training kept
    no model of an outcome, and the units of a run."""

    run: Callable[[], PublishedRun]
    policy: Policy
    left_out: Mapping[Asked, Because] = field(default_factory=dict)
    table: Callable[[PublishedRun], pd.DataFrame] = field(default_factory=UnitTables)

    def answer(
        self, request: UnitsRequest, request_id: str, now: datetime, caller: Credential = OPERATOR
    ) -> UnitsAnswer:
        """One result for each unit, in order; figures of the run in force when the question came.

        How many officers are graded poor is told to who reviews: beside what others see of officers it would name them.
        """
        run = self.run()
        manifest, table = run.manifest, self.table(run)
        table = table if sees_all(caller) else units_without_counts(table)
        age = hours_since(manifest.as_of, now)
        other_day = request.as_of is not None and request.as_of != manifest.as_of
        answered = Answered.of(table, self.policy, self.left_out)
        keys = zip(table["outcome"], table["horizon_months"].astype(int), strict=True)
        wanted = set(answered.asked(request))
        rows = table[[key in wanted and key[0] in answered.months for key in keys]]
        absent = answered.absent(request)
        results = {
            unit: UnitNotGraded(unit_id=unit, because=OTHER_DAY) if other_day else _unit(unit, table, rows, absent)
            for unit in while_wanted(dict.fromkeys(request.unit_ids))
        }
        return UnitsAnswer(
            request_id=request_id,
            model=_model(manifest),
            as_of=manifest.as_of,
            feature_age_hours=round(age, 2),
            notices=[Because.model_validate(notice) for notice in manifest.notices],
            degraded=age > self.policy.grades.scoring.flag_features_after_hours,
            results=[results[unit] for unit in request.unit_ids],
        )


def _model(manifest: Manifest) -> ModelName:
    model = manifest.models[0]
    return ModelName(name=model.name, version=model.version, features=model.service)


def _unit(
    unit: str, table: pd.DataFrame, rows: pd.DataFrame, absent: Sequence[OutcomeNotGraded]
) -> UnitGraded | UnitNotGraded:
    if unit not in table.index:
        return UnitNotGraded(unit_id=unit, because=UNKNOWN)
    if unit not in rows.index:
        return UnitNotGraded(unit_id=unit, because=absent[0].because if absent else NOBODY)
    own, block = (_scope(_records(rows.loc[[unit]], scope)) for scope in ("own", "block"))
    if isinstance(own, ScopeNotGraded) and isinstance(block, ScopeNotGraded):
        return UnitNotGraded(unit_id=unit, because=block.because)
    its_own = isinstance(own, ScopeGraded) or isinstance(block, ScopeGraded)
    status: Literal["graded", "rolled_up"] = "graded" if its_own else "rolled_up"
    return UnitGraded(unit_id=unit, status=status, own=own, block=block, outcomes_not_graded=list(absent))


def _records(rows: pd.DataFrame, scope: str) -> list[Mapping[str, Any]]:
    chosen = rows[rows["scope"] == scope].sort_values(["outcome", "horizon_months"], kind="stable")
    return [{str(name): value for name, value in record.items()} for record in chosen.to_dict("records")]


def _scope(records: Sequence[Mapping[str, Any]]) -> Scope:
    """A node's own officers or its block. Graded where any outcome shows figures; one that does not is left out then,
    as its few officers could be told from the others'."""
    officers = max((int(record["officers"]) for record in records), default=0)
    if not records:
        return ScopeNotGraded(officers=officers, because=NOBODY)
    graded = [_outcome(record) for record in records if record["status"] == SCORED]
    if graded:
        return ScopeGraded(officers=officers, grade=_worst([one.grade for one in graded]), outcomes=graded)
    above = [record for record in records if _known(record["rolled_up_to"])]
    if not above:
        return ScopeNotGraded(officers=officers, because=SMALL)
    stood_for = [
        OutcomeStoodFor(
            outcome=Outcome(record["outcome"]),
            horizon_months=int(record["horizon_months"]),
            grade=Grade(record["grade"]),
            text=Text.model_validate_json(record["text"]),
        )
        for record in above
    ]
    return ScopeRolledUp(
        officers=officers,
        grade=_worst([one.grade for one in stood_for]),
        rolled_up_to=str(above[0]["rolled_up_to"]),
        because=SMALL,
        outcomes=stood_for,
    )


def _worst(grades: Sequence[Grade]) -> Grade:
    return min(grades, key=lambda grade: grade.severity)


def _outcome(record: Mapping[str, Any]) -> UnitOutcome:
    trend, movement = (json.loads(told) if _known(told := record[name]) else None for name in ("trend", "movement"))
    drivers = [Driver.model_validate(one) for one in json.loads(record["drivers"] or "[]")]
    rest = rest_told([driver.share for driver in drivers])
    return UnitOutcome(
        outcome=Outcome(record["outcome"]),
        horizon_months=int(record["horizon_months"]),
        expected_share=shown(record["expected_share"]),
        low=round(float(record["low"]), 4),
        high=round(float(record["high"]), 4),
        grade=Grade(record["grade"]),
        unsure=record["best"] != record["worst"],
        could_be=[Grade(one) for one in dict.fromkeys((record["best"], record["worst"]))],
        text=Text.model_validate_json(record["text"]),
        trend=None if trend is None else UnitTrend.model_validate(trend),
        drivers=drivers,
        drivers_rest=None if rest is None else Text.model_validate(rest),
        movement=None if movement is None else UnitMovement.model_validate(movement),
        alerts=_alerts(record),
    )


def _alerts(record: Mapping[str, Any]) -> UnitAlerts:
    """`decided_by` is the night's, not that of the policy in force now; nights of old did not keep it."""
    counts = {name: int(record[name]) for name in ("budget", "approaching", "commended")}
    decided = record.get("decided_by") if _known(record.get("decided_by")) else None
    if not _known(record["flagged"]):
        return UnitAlerts.model_validate({**counts, "flagged": None, "decided_by": decided, "over_budget": None})
    flagged = int(record["flagged"])
    over = flagged - counts["budget"]
    note = None if decided is None or (decided == "unit_budget" and over <= 0) else _budget_words(str(decided), over)
    told = {**counts, "flagged": flagged, "decided_by": decided, "over_budget": over > 0, "note": note}
    return UnitAlerts.model_validate(told)


def _budget_words(decided: str, over: int) -> dict[str, str]:
    """That a budget does not bind, and by how many it is exceeded; a block may lie beyond its own though units do not.

    >>> _budget_words("shares", 3)["en"]
    'graded by shares of the force, so the budget does not limit alerts: 3 beyond it'
    """
    if decided == "unit_budget":
        return {
            "zh": f"各单位均在各自名额之内，合计超出块面名额{over}人",
            "en": f"each unit keeps its own budget; together they lie {over} beyond that of the block",
        }
    zh, en = {"shares": ("全员比例", "shares of the force"), "cut_offs": ("概率界限", "cut-offs")}[decided]
    more_zh, more_en = (f"，现超出{over}人", f": {over} beyond it") if over > 0 else ("", "")
    return {
        "zh": f"等级按{zh}评定，名额不限制预警人数{more_zh}",
        "en": f"graded by {en}, so the budget does not limit alerts{more_en}",
    }


def _known(value: Any) -> bool:
    return value is not None and not pd.isna(value)
