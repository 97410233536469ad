"""What another share of alerts would give in one block, from the figures of `pharos preview`; for who reviews."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from data_contracts.errors import NotThere
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Outcome
from features.store import FeatureReader
from models.risk.evidence import is_told
from serving.access.credential import Credential
from serving.access.placements import Placements
from serving.access.reach import Sight
from serving.night.results import PublishedRun
from serving.review.standing import sees_all
from serving.risk.preview import Prepared, Setting
from serving.schemas import Answer, Because, Body, OfficerId, Probability, about
from serving.units.answers import SMALL

Ground = tuple[date, str, tuple[tuple[str, int, int], ...]]  # the night, the version, and the files of snapshots


class PreviewRequest(Body):
    """若调整预警比例。 / What another share of alerts would give."""

    unit_id: OfficerId = about("单位编号，连同其下全部单位", "unit id, with everything under it")
    poor_share: float = about("全员中预警的比例", "share of the force that is alerted", gt=0.0, lt=1.0)


class Previewed(Answer):
    """一个结局。 / One outcome."""

    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int = about("向后看的月数", "months ahead")
    alerts_now: int = about("本块面现有预警人数", "alerts in this block now", ge=0)
    held_back: int = about(
        "本块面在此比例之内、但可能性低于政策下限而不预警的人数",
        "those of this block within the share whose chance lies below policy's floor: not alerted",
        default=0, ge=0,
    )  # fmt: skip
    new_a_month: float | None = about(
        "本块面每月新增；没有相隔一个月的快照时为空",
        "new ones a month in this block, null where no two snapshots lie a month apart",
        default=None,
    )
    new_over_months: int = about("每月新增所依据的月数", "months that new ones are counted over", default=0, ge=0)
    flagged: int | None = about("往年预警人次，全员", "alerts in the past, whole force", default=None)
    precision: Probability | None = about("往年准确率", "share of them that were right", default=None)
    low: Probability | None = about("95% 区间下限", "lower end of its 95 % interval", default=None)
    high: Probability | None = about("95% 区间上限", "upper end", default=None)
    recall: Probability | None = about("往年出现者中被预警的比例", "share of what came that was alerted", default=None)
    events: float | None = about("往年事件数，全员", "events in the past, whole force", default=None, ge=0)
    events_expected: float | None = about(
        "其中尚未了结事项的可能性之和，并非查实结果", "how many of them are the chances of what is still open",
        default=None, ge=0,
    )  # fmt: skip

    @property
    def open(self) -> bool:
        """Whether chances of what is still open stand in the shares, so that these are no facts."""
        return is_told(self.events_expected)


class PreviewAnswer(Answer):
    """若调整预警比例。 / What another share of alerts would give."""

    request_id: str = about("请求编号", "id of this request")
    unit_id: str = about("单位编号", "the unit id as it was asked")
    as_of: date = about("数据日期", "day of the night in force")
    results: list[Previewed] = about("各结局，按政策期限", "each outcome, at policy's months ahead")
    because: Because | None = about("没有结果的原因", "why there is nothing", default=None)


@dataclass
class PreviewDesk:
    """Everything that the preview needs; the force is scored once for each night, version of the model and state of the
    snapshots: one that is written later is told of without a restart, as the command line tells of it."""

    settings: Settings
    run: Callable[[], PublishedRun]
    placements: Callable[[], Placements]
    policy: Policy
    _held: tuple[Ground, Prepared] | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def answer(
        self, request: PreviewRequest, request_id: str, _now: datetime, sight: Sight, caller: Credential
    ) -> PreviewAnswer:
        """Figures of one block; raises NotReady without a night or a model, NotThere for a unit out of reach."""
        where = self.placements()
        if request.unit_id not in where.units or not sight.covers(request.unit_id) or not sees_all(caller):
            raise NotThere("there is no such unit", zh="没有该单位")
        block, manifest = where.subtree([request.unit_id]), self.run().manifest
        told = {"request_id": request_id, "unit_id": request.unit_id, "as_of": manifest.as_of}
        ground = self._prepared(manifest.as_of, manifest.models[0].version)
        if sum(unit in block for unit in ground.forces[-1].units) < self.policy.grades.units.least_shown:
            return PreviewAnswer(**told, results=[], because=SMALL)
        setting = Setting("poor_share", request.poor_share)
        records = ground.records([setting], self.policy.grades, block)
        return PreviewAnswer(**told, results=[_told(one) for one in records if self._is_main(one, records)])

    def _is_main(self, record: dict[str, object], records: list[dict[str, object]]) -> bool:
        """Whether it is of an outcome that is served, at the months ahead that grade an officer as a whole."""
        name = str(record["outcome"])
        months = [int(str(one["horizon_months"])) for one in records if one["outcome"] == name]
        served = name in self.policy.served_outcomes
        return served and record["horizon_months"] == self.policy.outcome(name).main_horizon(months)

    def _prepared(self, as_of: date, version: str) -> Prepared:
        with self._turn:
            ground = self._ground(as_of, version)  # before anything is read: what changes meanwhile is seen next time
            if self._held is None or self._held[0] != ground:
                self._held = ground, Prepared.of(self.settings, as_of)
            return self._held[1]

    def _ground(self, as_of: date, version: str) -> Ground:
        return as_of, version, FeatureReader(self.settings).snapshots_stamp(as_of)


def _told(record: dict[str, object]) -> Previewed:
    return Previewed.model_validate({name: record[name] for name in Previewed.model_fields})
