"""The desks of career guidance: most stand on records and policy alone and answer from the first day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from data_contracts.policy import Policy
from data_contracts.settings import Settings
from serving.exposures import exposure_log
from serving.feedback import feedback_desk
from serving.match import MatchDesk
from serving.opened import Absent, Desk
from serving.path_source import PATH as PATHS
from serving.path_source import open_paths
from serving.points import HistoryRecords, PointsDesk
from serving.profile import TABLES as PROFILED
from serving.profile import ProfileDesk
from serving.records import ForceRecords
from serving.shortlist import ShortlistDesk

if TYPE_CHECKING:
    from serving.loading import Loaded


def open_guidance(settings: Settings, policy: Policy, champion: Callable[[str], Loaded]) -> Mapping[str, Desk | Absent]:
    """Each desk by the path that it answers; `champion` gives a verified model by its name, or raises NotReady."""
    records = HistoryRecords.of(settings)
    return {
        "/v1/points": PointsDesk(records, policy),
        "/v1/match": MatchDesk(records, policy),
        "/v1/shortlist": ShortlistDesk(ForceRecords(settings, policy.talent.tables), policy),
        "/v1/profile": ProfileDesk(ForceRecords(settings, PROFILED), policy),
        PATHS: open_paths(settings, policy, champion),
        "/v1/feedback": feedback_desk(settings, policy, exposure_log(settings)),
    }
