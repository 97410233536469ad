"""The desks of career guidance that stand on records and policy: they answer from the first day.

Courses are ranked by a model where there is one, and by plain counts until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_contracts.policy import Policy
from data_contracts.settings import Settings
from models.course_baselines import CourseScorer
from models.next_course import SERVICE
from serving.course_advice import CourseDesk
from serving.course_crowds import COUNTS, HistoryCrowds
from serving.exposures import exposure_log
from serving.feedback import feedback_desk
from serving.manifest import ModelIdentity
from serving.match import MatchDesk
from serving.opened import Absent, Desk
from serving.path_source import PATH as PATHS
from serving.path_source import open_paths
from serving.points import HistoryRecords, PointsDesk
from serving.profile import TABLES as PROFILED
from serving.profile import ProfileDesk
from serving.records import ForceRecords
from serving.shortlist import ShortlistDesk
from serving.suggesting import suggester

if TYPE_CHECKING:
    from serving.loading import Loaded


@dataclass(frozen=True)
class CourseRanking:
    """What orders the courses that colleagues take, and the name it answers under."""

    model: ModelIdentity
    ranker: CourseScorer


NO_COURSE_MODEL = CourseRanking(ModelIdentity("recent_popularity_30d", "none", "", SERVICE, ""), COUNTS)


def open_guidance(
    settings: Settings, policy: Policy, courses: CourseRanking, champion: Callable[[str], Loaded]
) -> Mapping[str, Desk | Absent]:
    """Each desk by the path that it answers.

    `courses` is the champion among the rankings, where there is one; `champion` gives a verified model by its name, or
    raises NotReady.
    """
    records, log = HistoryRecords.of(settings), exposure_log(settings)
    crowds = HistoryCrowds(settings, policy.courses.wave, courses.ranker)
    return {
        "/v1/points": PointsDesk(records, policy),
        "/v1/match": MatchDesk(records, policy),
        "/v1/shortlist": ShortlistDesk(ForceRecords(settings, policy.talent.tables), policy),
        "/v1/profile": ProfileDesk(ForceRecords(settings, PROFILED), policy),
        "/v1/courses": CourseDesk(courses.model, records, crowds, suggester(settings, policy, log), policy),
        PATHS: open_paths(settings, policy, champion),
        "/v1/feedback": feedback_desk(settings, policy, log),
    }
