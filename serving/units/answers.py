"""`POST /v1/units` without the web: unit ids in, what the last published night says of them out.

A unit with few officers has no figures here: a share of three officers would tell of each of them. The block of a
unit above stands for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

import pandas as pd

from data_contracts.errors import PublishRefused
from data_contracts.policy import Policy
from data_contracts.vocabulary import Grade, Outcome
from serving.night.manifest import Manifest, file_hash
from serving.night.results import SCORED, PublishedRun
from serving.schemas import Because, ModelName
from serving.units.schemas import (
    Driver,
    ScopeGraded,
    ScopeNotGraded,
    UnitAlerts,
    UnitGraded,
    UnitMovement,
    UnitNotGraded,
    UnitOutcome,
    UnitsAnswer,
    UnitsRequest,
    UnitTrend,
)

UNKNOWN = Because(code="unknown_unit", zh="没有该单位的结果", en="nothing is known of this unit")
OTHER_DAY = Because(
    code="other_as_of", zh="最近一次夜间计算不属于所问日期", en="the last night is not of the day asked for"
)
NOT_SERVED = Because(code="outcome_not_served", zh="该结局或期限未启用", en="this outcome or horizon is not served")
SMALL = Because(
    code="small_unit",
    zh="人数过少，不予评级，由上级单位代表；这不表示风险低",
    en="too few officers to be graded, a unit above stands for it; this does not mean low risk",
)
UNITS_FILE = "units.parquet"


@dataclass
class UnitDesk:
    """Everything that `/v1/units` needs: how to find the run in force (raises NotReady), and the policy."""

    run: Callable[[], PublishedRun]
    policy: Policy
    _read: tuple[str, pd.DataFrame] = field(default=("", pd.DataFrame()))

    def answer(self, request: UnitsRequest, request_id: str, now: datetime) -> UnitsAnswer:
        """One result for each unit, in order; figures of the run in force when the question came."""
        run = self.run()
        manifest, table = run.manifest, self._table(run)
        age = (now - datetime.combine(manifest.as_of, time())).total_seconds() / 3600.0
        other_day = request.as_of is not None and request.as_of != manifest.as_of
        rows = self._asked(table, request)
        results = {unit: UnitNotGraded(unit_id=unit, because=OTHER_DAY) if other_day else _unit(unit, table, rows)
                   for unit in dict.fromkeys(request.unit_ids)}  # fmt: skip
        return UnitsAnswer(
            request_id=request_id,
            model=_model(manifest),
            as_of=manifest.as_of,
            feature_age_hours=round(age, 2),
            degraded=age > self.policy.grades.scoring.flag_features_after_hours,
            results=[results[unit] for unit in request.unit_ids],
        )

    def _table(self, run: PublishedRun) -> pd.DataFrame:
        """The units of a run, read once; raises PublishRefused when they are not what was published."""
        key, table = self._read
        if key != run.manifest.output_hash:
            key = run.manifest.output_hash
            if file_hash(run.folder / UNITS_FILE) != run.manifest.files[UNITS_FILE]:
                raise PublishRefused(f"{run.folder / UNITS_FILE} is not what was published; restore it from a copy")
            table = run.units().set_index("unit_id", drop=False)
            self._read = key, table
        return table

    def _asked(self, table: pd.DataFrame, request: UnitsRequest) -> pd.DataFrame:
        served = self.policy.served_outcomes
        asked = served if request.outcomes is None else [one.value for one in request.outcomes if one.value in served]
        rows = table[table["outcome"].isin(list(asked))]
        return rows if request.horizon_months is None else rows[rows["horizon_months"].isin(request.horizon_months)]


def _model(manifest: Manifest) -> ModelName:
    model = manifest.models[0]
    return ModelName(name=model.name, version=model.version, features=model.service)


def _unit(unit: str, table: pd.DataFrame, rows: pd.DataFrame) -> UnitGraded | UnitNotGraded:
    if unit not in table.index:
        return UnitNotGraded(unit_id=unit, because=UNKNOWN)
    if unit not in rows.index:
        return UnitNotGraded(unit_id=unit, because=NOT_SERVED)
    own, block = (_scope(_records(rows.loc[[unit]], scope)) for scope in ("own", "block"))
    if isinstance(own, ScopeNotGraded) and isinstance(block, ScopeNotGraded):
        return UnitNotGraded(unit_id=unit, because=SMALL, rolled_up_to=block.rolled_up_to)
    return UnitGraded(unit_id=unit, own=own, block=block)


def _records(rows: pd.DataFrame, scope: str) -> list[Mapping[str, Any]]:
    chosen = rows[rows["scope"] == scope].sort_values(["outcome", "horizon_months"], kind="stable")
    return [{str(name): value for name, value in record.items()} for record in chosen.to_dict("records")]


def _scope(records: Sequence[Mapping[str, Any]]) -> ScopeGraded | ScopeNotGraded:
    """A node's own officers or its block; nobody at all counts as too few."""
    graded = [_outcome(record) for record in records if record["status"] == SCORED]
    officers = max((int(record["officers"]) for record in records), default=0)
    if not graded:
        above = next((str(record["rolled_up_to"]) for record in records if _known(record["rolled_up_to"])), None)
        return ScopeNotGraded(officers=officers, because=SMALL, rolled_up_to=above)
    worst = min((one.grade for one in graded), key=lambda grade: grade.severity)
    return ScopeGraded(officers=officers, grade=worst, outcomes=graded)


def _outcome(record: Mapping[str, Any]) -> UnitOutcome:
    trend, movement = (json.loads(told) if _known(told := record[name]) else None for name in ("trend", "movement"))
    return UnitOutcome(
        outcome=Outcome(record["outcome"]),
        horizon_months=int(record["horizon_months"]),
        expected_share=float(record["expected_share"]),
        low=float(record["low"]),
        high=float(record["high"]),
        grade=Grade(record["grade"]),
        trend=None if trend is None else UnitTrend.model_validate(trend),
        drivers=[Driver.model_validate(one) for one in json.loads(record["drivers"] or "[]")],
        movement=None if movement is None else UnitMovement.model_validate(movement),
        alerts=UnitAlerts(**{name: int(record[name]) for name in UnitAlerts.model_fields}),
    )


def _known(value: Any) -> bool:
    return value is not None and not pd.isna(value)
