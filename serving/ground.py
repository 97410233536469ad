"""What desks stand on whichever models answer: records, logs, people's decisions, and the desks without a model.

It is opened once for a process. A champion that takes another's place finds it as warm as the one before left it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Self

from data_contracts.local_time import local_day
from data_contracts.policy import Policy, policy
from data_contracts.settings import Settings
from serving.access.audit_probe import AuditProbe
from serving.access.placements import Placements, ReadPlacements
from serving.access.recorder import Recorder
from serving.api.opened import Desk
from serving.built_once import BuiltOnce
from serving.champions.records import PATH as MODELS
from serving.champions.records import ModelsDesk
from serving.clock import clock_of
from serving.concerns.answers import ConcernRecords
from serving.courses.crowds import TakenCourses
from serving.events.answers import open_events
from serving.feedback.answers import feedback_desk
from serving.feedback.exposures import ExposureLog, exposure_log
from serving.feedback.suggesting import Suggester, suggester
from serving.figures import Figures, open_figures
from serving.freshness import FeatureSource
from serving.matching.answers import MatchDesk
from serving.matching.fit import RecordFit
from serving.night.results import latest_run
from serving.paths.plan_log import PlanLog, plan_log
from serving.paths.wishes import WishesDesk
from serving.points.answers import HistoryRecords, PointsDesk
from serving.points.delays import AppraisalDelays
from serving.posts.career_records import CareerRecords
from serving.review.standing import KeptReviews
from serving.risk.previewing import PreviewDesk
from serving.talent.balance import ProtectedRecords
from serving.talent.profile import TABLES as PROFILED
from serving.talent.profile import ProfileDesk
from serving.talent.records import ForceRecords
from serving.talent.shortlist import ShortlistDesk
from serving.units.answers import UnitTables


@dataclass(frozen=True)
class Ground:
    """Opened late: nothing is read before a desk asks for it, and what was read is held as long as it is true.

    `records` are the rows of single officers, `careers` the same with who moved where, `taken` what is counted of all
    courses, `units` the units of the night in force; `ruled` are the desks of records and policy, by path. `built` are
    the desks with models.
    """

    settings: Settings
    source: FeatureSource
    policy: Policy
    suggester: Suggester
    records: HistoryRecords
    careers: CareerRecords
    taken: TakenCourses
    plans: PlanLog
    units: UnitTables
    placements: Callable[[], Placements]
    audited: AuditProbe
    figures: Figures
    ruled: Mapping[str, Desk]
    built: BuiltOnce = field(default_factory=BuiltOnce)

    @cached_property
    def record(self) -> Recorder:
        """The audit lines; opened on first use, for that makes a signing key where none is, and models go first."""
        return Recorder.of(self.settings)

    @cached_property
    def concerns(self) -> ConcernRecords:
        """The concerns of everybody; read when one is asked about."""
        return ConcernRecords(self.settings)

    @cached_property
    def reviews(self) -> KeptReviews:
        """What people decided; its lines are signed as well."""
        return KeptReviews.of(self.settings)

    @cached_property
    def previews(self) -> PreviewDesk:
        """What other limits would give, held as long as night and model are the same."""
        return PreviewDesk(self.settings, partial(latest_run, self.settings), self.placements, self.policy)

    @classmethod
    def of(cls, settings: Settings, source: FeatureSource) -> Self:
        """Of a deployment; `source` is where features are read."""
        rules, records, log, now = policy(), HistoryRecords.of(settings), exposure_log(settings), clock_of(settings)
        suggests = suggester(settings, rules, log)
        return cls(
            settings=settings,
            source=source,
            policy=rules,
            suggester=suggests,
            records=records,
            careers=CareerRecords.of(settings, records),
            taken=TakenCourses(settings, rules.courses.wave),
            plans=plan_log(settings),
            units=UnitTables(),
            placements=ReadPlacements(settings, lambda: local_day(now())),
            audited=AuditProbe.of(settings),
            figures=open_figures(settings),
            ruled=_ruled(settings, rules, records, suggests, log) | {"/v1/events": open_events(settings, source)},
        )


def _ruled(
    settings: Settings, rules: Policy, records: HistoryRecords, suggests: Suggester, log: ExposureLog
) -> dict[str, Desk]:
    """The desks that answer from the first day, by path."""
    force = ForceRecords(settings, tuple(dict.fromkeys((*PROFILED, *rules.talent.tables))))  # read once for both
    return {
        "/v1/points": PointsDesk(records, rules, suggests.away_on, AppraisalDelays(records.history)),
        "/v1/match": MatchDesk(records, rules, RecordFit(rules.suggestions.fit)),
        "/v1/shortlist": ShortlistDesk(force, rules, ProtectedRecords(settings)),
        "/v1/profile": ProfileDesk(force, rules),
        "/v1/feedback": feedback_desk(settings, rules, log),
        "/pages/wishes": WishesDesk(records, rules, log),
        MODELS: ModelsDesk(settings),
    }
