"""The desks of career guidance: those that stand on records and policy answer from the first day, others have a model.

Courses are ranked by a model where there is one, and by plain counts until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.courses.baselines import CourseScorer
from models.courses.next_course import SERVICE
from serving.api.opened import PLAIN_COURSES, Absent, Desk
from serving.concerns.opened import open_concern_desks
from serving.courses.advice import CourseDesk
from serving.courses.crowds import COUNTS, HistoryCrowds
from serving.courses.ways import HistoryWays
from serving.ground import Ground
from serving.night.manifest import ModelIdentity
from serving.paths.answers import PathDesk
from serving.paths.source import PATH as PATHS
from serving.paths.source import open_paths

if TYPE_CHECKING:
    from serving.loading import Loaded


@dataclass(frozen=True)
class CourseRanking:
    """What orders the courses that colleagues take, and the name it answers under."""

    model: ModelIdentity
    ranker: CourseScorer


NO_COURSE_MODEL = CourseRanking(ModelIdentity(PLAIN_COURSES, "none", "", SERVICE, ""), COUNTS)


def course_desk(ground: Ground, courses: CourseRanking) -> CourseDesk:
    """The desk for courses."""
    crowds = HistoryCrowds(ground.taken, courses.ranker)
    ways = HistoryWays(ground.careers.force)
    return CourseDesk(courses.model, ground.records, crowds, ground.suggester, ground.policy, ways)


def open_guidance(
    ground: Ground, courses: CourseDesk, champion: Callable[[str], Loaded]
) -> Mapping[str, Desk | Absent]:
    """Each desk by the path that it answers; `champion` gives a verified model by its name, or raises NotReady."""
    paths = open_paths(ground, champion)
    return {
        **ground.ruled,
        "/v1/courses": replace(courses, lifts=paths.lifts) if isinstance(paths, PathDesk) else courses,
        PATHS: paths,
        **open_concern_desks(ground, champion),
    }
