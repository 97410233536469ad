"""The desks of career guidance that stand on records and policy: they need no model, and answer from the first day."""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts.policy import Policy
from data_contracts.settings import Settings
from serving.exposures import exposure_log
from serving.feedback import feedback_desk
from serving.match import MatchDesk
from serving.opened import Absent, Desk
from serving.points import HistoryRecords, PointsDesk
from serving.profile import TABLES as PROFILED
from serving.profile import ProfileDesk
from serving.records import ForceRecords
from serving.shortlist import ShortlistDesk


def open_guidance(settings: Settings, policy: Policy) -> Mapping[str, Desk | Absent]:
    """Each desk by the path that it answers."""
    records = HistoryRecords.of(settings)
    return {
        "/v1/points": PointsDesk(records, policy),
        "/v1/match": MatchDesk(records, policy),
        "/v1/shortlist": ShortlistDesk(ForceRecords(settings, policy.talent.tables), policy),
        "/v1/profile": ProfileDesk(ForceRecords(settings, PROFILED), policy),
        "/v1/feedback": feedback_desk(settings, policy, exposure_log(settings)),
    }
