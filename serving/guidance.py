"""The desks of career guidance that stand on records and policy: they answer from the first day.

Courses are ranked by a model where there is one, and by plain counts until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_contracts.policy import Policy
from data_contracts.settings import Settings
from models.courses.baselines import CourseScorer
from models.courses.next_course import SERVICE
from serving.api.opened import PLAIN_COURSES, Absent, Desk
from serving.courses.advice import CourseDesk
from serving.courses.crowds import COUNTS, HistoryCrowds
from serving.feedback.answers import feedback_desk
from serving.feedback.exposures import ExposureLog, exposure_log
from serving.feedback.suggesting import suggester
from serving.matching.answers import MatchDesk
from serving.matching.fit import RecordFit
from serving.night.manifest import ModelIdentity
from serving.paths.source import PATH as PATHS
from serving.paths.source import open_paths
from serving.points.answers import HistoryRecords, PointsDesk
from serving.talent.balance import ProtectedRecords
from serving.talent.profile import TABLES as PROFILED
from serving.talent.profile import ProfileDesk
from serving.talent.records import ForceRecords
from serving.talent.shortlist import ShortlistDesk

if TYPE_CHECKING:
    from serving.loading import Loaded


@dataclass(frozen=True)
class CourseRanking:
    """What orders the courses that colleagues take, and the name it answers under."""

    model: ModelIdentity
    ranker: CourseScorer


NO_COURSE_MODEL = CourseRanking(ModelIdentity(PLAIN_COURSES, "none", "", SERVICE, ""), COUNTS)


def open_guidance(
    settings: Settings,
    policy: Policy,
    courses: CourseRanking,
    champion: Callable[[str], Loaded],
    log: ExposureLog | None = None,
) -> Mapping[str, Desk | Absent]:
    """Each desk by the path that it answers.

    `courses` is the champion among the rankings, where there is one; `champion` gives a verified model by its name, or
    raises NotReady. `log` is the log of suggestions, where the process has opened it already.
    """
    records, log = HistoryRecords.of(settings), log or exposure_log(settings)
    asked = suggester(settings, policy, log)
    force = ForceRecords(settings, tuple(dict.fromkeys((*PROFILED, *policy.talent.tables))))  # read once for both
    crowds = HistoryCrowds(settings, policy.courses.wave, courses.ranker)
    return {
        "/v1/points": PointsDesk(records, policy),
        "/v1/match": MatchDesk(records, policy, RecordFit(policy.suggestions.fit)),
        "/v1/shortlist": ShortlistDesk(force, policy, ProtectedRecords(settings)),
        "/v1/profile": ProfileDesk(force, policy),
        "/v1/courses": CourseDesk(courses.model, records, crowds, asked, policy),
        PATHS: open_paths(settings, policy, champion, asked),
        "/v1/feedback": feedback_desk(settings, policy, log),
    }
