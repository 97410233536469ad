"""From the champion alias to a desk that answers: resolve once, verify first, compare the features, then build.

A model that is not there leaves the process alive and not ready. A model that is there and wrong (a broken signature,
other feature definitions) stops the start: no answer is better than one from a model nobody promoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, TypeVar

import pandas as pd

from data_contracts.errors import FeatureMismatch, UntrustedArtifact
from data_contracts.local_time import local_day
from data_contracts.settings import Settings
from features.ages import AWAY
from features.store import NOBODY, FeatureReader
from models import artifacts, keys, registry
from models.artifacts import Parts
from models.courses.baselines import CourseScorer
from models.courses.next_course import features_hash
from models.registry import ResolvedModel
from serving.api.opened import Absent, Desks, champion_or_absent
from serving.clock import clock_of
from serving.courses.advice import CourseDesk
from serving.freshness import STORE_DOWN, AgeLimits, FeatureSource, moved_stores, notice_of_age, rows_lost
from serving.ground import Ground
from serving.guidance import NO_COURSE_MODEL, CourseRanking, course_desk, open_guidance
from serving.night.manifest import ModelIdentity
from serving.night.past import PublishedPast
from serving.night.results import Scorer, latest_run
from serving.posts.recommend import CareerDesk, PostRanker
from serving.review.opened import open_review
from serving.risk.absent import left_out_of
from serving.risk.warn import RiskDesk
from serving.schemas import Because
from serving.units.answers import UnitDesk

RISK, CAREERS, COURSES = "risk", "next-post", "courses"
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


def open_desks(settings: Settings, source: FeatureSource, builders: Builders, find: Find | None = None) -> Desks:
    """The desks of a deployment, once; raises FeatureMismatch or UntrustedArtifact rather than answer from a wrong
    model.

    `find` gives a verified model by its name, or raises NotReady; the champion of the registry unless told otherwise.
    """
    return desks_on(Ground.of(settings, source), builders, find or partial(champion, settings))


def desks_on(ground: Ground, builders: Builders, find: Find, more_notices: Callable[[], list[Because]] = list) -> Desks:
    """The desks with the models that `find` gives; only those of versions that the ground has none of are built."""
    settings, source, rules = ground.settings, ground.source, ground.policy
    desks = (
        _open(ground, find, RISK, partial(_risk_desk, ground, builders)),
        _open(ground, find, CAREERS, partial(_career_desk, ground, builders)),
    )
    now = clock_of(settings)

    unread: set[str] = set()  # services whose features the last probe could not read
    lost: dict[str, date] = {}  # services of which it missed rows, and the day that these are of

    def probe() -> None:
        ground.audited()
        if isinstance(source, FeatureReader):  # ready means that features come from the store, if it can be read
            source.wait_until_open()
        for desk in desks:
            if not isinstance(desk, Absent):
                told = source.online([NOBODY], desk.model.service, local_day(now()))["status"]
                (unread.add if (told == AWAY).any() else unread.discard)(desk.model.service)
                look_for_lost(desk.model.service)

    def look_for_lost(service: str) -> None:
        filled = source.filled_as_of(service)
        if isinstance(source, FeatureReader) and filled is not None and source.lost(service):
            lost[service] = filled
        else:
            lost.pop(service, None)

    def notices() -> list[Because]:
        """Of the features that the desks here stand on; each once."""
        services = [desk.model.service for desk in desks if not isinstance(desk, Absent)]
        found = [notice_of_age(source.filled_as_of(service), now(), AgeLimits.of(rules)) for service in services]
        down = [*moved_stores(settings), *([STORE_DOWN] if unread else []), *map(rows_lost, list(lost.values()))]
        return [notice for notice in dict.fromkeys([*down, *found, *more_notices()]) if notice is not None]

    left_out = {} if isinstance(desks[0], Absent) else desks[0].left_out
    service = None if isinstance(desks[0], Absent) else desks[0].model.service
    return Desks(
        risk=desks[0], careers=desks[1], units=UnitDesk(partial(latest_run, settings), rules, left_out, ground.units),
        now=now, probe=probe, notices=notices,
        guidance={
            **open_guidance(ground, _course_desk(ground, find, builders), find),
            **open_review(ground, service),
            "/pages/preview": ground.previews,
        },
        placements=ground.placements,
        record=ground.record,
        figures=ground.figures,
    )  # fmt: skip


def _risk_desk(ground: Ground, builders: Builders, loaded: Loaded) -> RiskDesk:
    built, rules = _built(builders.risk, loaded), ground.policy
    past = PublishedPast(ground.settings, built.scorer.models or (loaded.identity,), rules.grades.flags.nights)
    return RiskDesk(
        loaded.identity,
        built.scorer,
        built.cuts,
        ground.source,
        rules,
        built.commend_below,
        past,
        built.what_if,
        ground.reviews,
        left_out_of(loaded.metadata),
    )


def _career_desk(ground: Ground, builders: Builders, loaded: Loaded) -> CareerDesk:
    made = _built(builders.careers, loaded)
    return CareerDesk(loaded.identity, made, ground.source, ground.suggester, ground.policy, ground.careers)


def _course_desk(ground: Ground, find: Find, builders: Builders) -> CourseDesk:
    """With the champion for courses, or plain counts; raises FeatureMismatch or UntrustedArtifact for a wrong one."""
    loaded = champion_or_absent(find, COURSES)
    if isinstance(loaded, Absent):
        return course_desk(ground, NO_COURSE_MODEL)
    identity = loaded.identity
    if identity.service_hash != features_hash():
        raise FeatureMismatch(_mismatch(identity))
    return ground.built.of(
        identity, lambda: course_desk(ground, CourseRanking(identity, _built(builders.courses, loaded)))
    )


def _open(ground: Ground, find: Find, name: str, build: Callable[[Loaded], Desk]) -> Desk | Absent:
    """A desk, or why there is none yet."""
    loaded = champion_or_absent(find, name)
    if isinstance(loaded, Absent):
        return loaded
    identity = loaded.identity
    if ground.source.service_hash(identity.service) != identity.service_hash:
        raise FeatureMismatch(_mismatch(identity))
    return ground.built.of(identity, lambda: build(loaded))


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
