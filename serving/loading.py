"""From the champion alias to a desk that answers: resolve once, verify first, compare the features, then build.

A model that is not there leaves the process alive and not ready. A model that is there and wrong (a broken signature,
other feature definitions) stops the start: no answer is better than one from a model nobody promoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import partial
from typing import Any, TypeVar

import pandas as pd

from data_contracts.errors import FeatureMismatch, NotReady, OtherDatabase, UntrustedArtifact
from data_contracts.policy import Policy, policy
from data_contracts.settings import Settings
from features.ages import AWAY
from models import artifacts, keys, registry
from models.artifacts import Parts
from models.courses.baselines import CourseScorer
from models.courses.next_course import features_hash
from models.registry import ResolvedModel
from serving.access.audit_probe import AuditProbe
from serving.access.placements import ReadPlacements
from serving.access.recorder import Recorder
from serving.api.opened import Absent, Desks, no_champion
from serving.events.answers import open_events
from serving.feedback.exposures import exposure_log
from serving.feedback.suggesting import suggester
from serving.figures import open_figures
from serving.freshness import STORE_DOWN, AgeLimits, FeatureSource, moved_stores, notice_of_age
from serving.guidance import NO_COURSE_MODEL, CourseRanking, open_guidance
from serving.night.manifest import ModelIdentity
from serving.night.past import PublishedPast
from serving.night.results import Scorer, latest_run
from serving.posts.career_records import CareerRecords
from serving.posts.recommend import CareerDesk, PostRanker
from serving.review.opened import open_review
from serving.review.standing import KeptReviews
from serving.risk.absent import left_out_of
from serving.risk.warn import RiskDesk
from serving.schemas import Because
from serving.units.answers import UnitDesk

RISK, CAREERS, COURSES = "risk", "next-post", "courses"
PROBE_ID = "readiness-probe"
Desk = TypeVar("Desk", RiskDesk, CareerDesk)
T = TypeVar("T")


@dataclass(frozen=True)
class Loaded:
    """A verified champion: who it is and what it is made of."""

    identity: ModelIdentity
    parts: Parts
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class GradedScorer:
    """A risk model with the cut-offs of its grades and the chance below which the best share of the force lay, by
    outcome and months ahead; `what_if` thinks changes through, where the model can."""

    scorer: Scorer
    cuts: Mapping[tuple[str, int], Mapping[str, float]]
    commend_below: Mapping[tuple[str, int], float] = field(default_factory=dict)
    what_if: Callable[[pd.DataFrame], pd.DataFrame] | None = None


@dataclass(frozen=True)
class Builders:
    """How verified parts become models; tests put their own in."""

    risk: Callable[[Loaded], GradedScorer]
    careers: Callable[[Loaded], PostRanker]
    courses: Callable[[Loaded], CourseScorer]


Find = Callable[[str], Loaded]
"""A verified model by its name; raises NotReady where there is none."""


def champion(settings: Settings, name: str) -> Loaded:
    """The verified champion of `name`; metadata must hold `service` and `service_hash`."""
    return verified(settings, registry.resolve(settings, name))


def verified(settings: Settings, resolved: ResolvedModel) -> Loaded:
    """Any registered version after its signature has been checked; for those who look at it before it answers."""
    name = resolved.name
    found = artifacts.read(resolved.path, keys.public_key(settings.keys_dir))
    metadata = found.metadata
    registry.check_signed_name(resolved, metadata)
    if not {"service", "service_hash"} <= set(metadata):
        raise FeatureMismatch(f"{name} version {resolved.version} does not say which features it reads; train it again")
    identity = ModelIdentity(
        name=name,
        version=resolved.version,
        sha256=found.sha256,
        service=str(metadata["service"]),
        service_hash=str(metadata["service_hash"]),
        trained_as_of=None if metadata.get("as_of") is None else str(metadata["as_of"]),
    )
    return Loaded(identity, found.parts, metadata)


def open_desks(
    settings: Settings,
    source: FeatureSource,
    builders: Builders,
    find: Find | None = None,
    more_notices: Callable[[], list[Because]] = list,
) -> Desks:
    """Both desks; raises FeatureMismatch or UntrustedArtifact rather than answer from a wrong model.

    `find` gives a verified model by its name, or raises NotReady; the champion of the registry unless told otherwise.
    """
    rules: Policy = policy()
    find = find or partial(champion, settings)
    log = exposure_log(settings)

    def risk(loaded: Loaded) -> RiskDesk:
        built = _built(builders.risk, loaded)
        past = PublishedPast(settings, built.scorer.models or (loaded.identity,), rules.grades.flags.months)
        return RiskDesk(
            loaded.identity,
            built.scorer,
            built.cuts,
            source,
            rules,
            built.commend_below,
            past,
            built.what_if,
            KeptReviews.of(settings),
            left_out_of(loaded.metadata),
        )

    def careers(loaded: Loaded) -> CareerDesk:
        asked, made = suggester(settings, rules, log), _built(builders.careers, loaded)
        return CareerDesk(loaded.identity, made, source, asked, rules, CareerRecords.of(settings))

    desks = (_open(find, RISK, source, risk), _open(find, CAREERS, source, careers))
    now = clock_of(settings)

    unread: set[str] = set()  # services whose features the last probe could not read
    audited = AuditProbe.of(settings)

    def probe() -> None:
        audited()
        for desk in desks:
            if not isinstance(desk, Absent):
                told = source.online([PROBE_ID], desk.model.service, now().date())["status"]
                (unread.add if (told == AWAY).any() else unread.discard)(desk.model.service)

    def notices() -> list[Because]:
        """Of the features that the desks here stand on; each once."""
        services = [desk.model.service for desk in desks if not isinstance(desk, Absent)]
        found = [notice_of_age(source.filled_as_of(service), now(), AgeLimits.of(rules)) for service in services]
        down = [*moved_stores(settings), *([STORE_DOWN] if unread else [])]
        return [notice for notice in dict.fromkeys([*down, *found, *more_notices()]) if notice is not None]

    units = UnitDesk(partial(latest_run, settings), rules, {} if isinstance(desks[0], Absent) else desks[0].left_out)
    placements = ReadPlacements(settings, lambda: now().date())
    guidance = open_guidance(settings, rules, _course_ranking(find, builders), find, log)
    service = None if isinstance(desks[0], Absent) else desks[0].model.service
    return Desks(
        risk=desks[0], careers=desks[1], units=units, now=now, probe=probe, notices=notices,
        guidance={
            **guidance,
            **open_review(settings, rules, source, service, placements),
            "/v1/events": open_events(settings, source),
        },
        placements=placements,
        record=Recorder.of(settings),
        figures=open_figures(settings),
    )  # fmt: skip


def _course_ranking(find: Find, builders: Builders) -> CourseRanking:
    """The champion for courses, or plain counts; raises FeatureMismatch or UntrustedArtifact for a wrong one."""
    try:
        loaded = find(COURSES)
    except (FeatureMismatch, UntrustedArtifact, OtherDatabase):
        raise
    except NotReady:
        return NO_COURSE_MODEL
    if loaded.identity.service_hash != features_hash():
        raise FeatureMismatch(_mismatch(loaded.identity))
    return CourseRanking(loaded.identity, _built(builders.courses, loaded))


def _open(find: Find, name: str, source: FeatureSource, build: Callable[[Loaded], Desk]) -> Desk | Absent:
    """A desk, or why there is none yet."""
    try:
        loaded = find(name)
    except (FeatureMismatch, UntrustedArtifact, OtherDatabase):
        raise
    except NotReady:
        return Absent(no_champion(name))
    identity = loaded.identity
    if source.service_hash(identity.service) != identity.service_hash:
        raise FeatureMismatch(_mismatch(identity))
    return build(loaded)


def _built(build: Callable[[Loaded], T], loaded: Loaded) -> T:
    """The model of verified parts; whatever a builder stumbles over, the parts are not those of such a model."""
    try:
        return build(loaded)
    except (FeatureMismatch, UntrustedArtifact):
        raise
    except Exception as error:
        raise UntrustedArtifact(
            f"{loaded.identity.name} version {loaded.identity.version} is signed, and its parts are not those of "
            f"such a model ({type(error).__name__}); train it again"
        ) from error


def _mismatch(identity: ModelIdentity) -> str:
    return (
        f"{identity.name} version {identity.version} was trained on another definition of {identity.service} than this "
        f"checkout has; train it again, or start the checkout that it was trained with"
    )


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The service's clock: the frozen day of the setting, else now; naive UTC, as feature times are."""
    if settings.today is not None:
        frozen = datetime.combine(settings.today, time())
        return lambda: frozen
    return lambda: datetime.now(UTC).replace(tzinfo=None)
