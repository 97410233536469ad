"""What a process answers with: its desks, its clock, and what is missing; one object, exchanged only as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from data_contracts.errors import FeatureMismatch, NotReady, OtherDatabase, UntrustedArtifact
from data_contracts.vocabulary import Bilingual
from models.artifacts import Parts
from serving.access.placements import Placements
from serving.access.recorder import Records, no_recorder
from serving.figures import Figure
from serving.night.manifest import ModelIdentity
from serving.posts.recommend import CareerDesk
from serving.risk.warn import RiskDesk
from serving.schemas import Because
from serving.units.answers import UnitDesk

T = TypeVar("T")
COURSES, PLAIN_COURSES = "courses", "recent_popularity_30d"
PLAIN_UNTIL_THEN = Bilingual(f"在此之前由 {PLAIN_COURSES} 排列课程", f"until then {PLAIN_COURSES} orders courses")


class Desk(Protocol):
    """Whatever answers one kind of question, without the web."""

    def answer(self, request: Any, request_id: str, now: datetime, /, *more: Any) -> Any:
        """The answer to a body that was parsed already; `more` is the sight and the caller, where a desk is told."""
        ...


@dataclass(frozen=True)
class Absent:
    """A desk that is not there, with what to do, in words that may be shown."""

    because: Bilingual


def no_champion(name: str, until_then: Bilingual | None = None) -> Bilingual:
    """What to do where no version of a model was promoted."""
    zh = f"模型 {name} 尚无启用的版本；请运行 `pharos train {name}`，再运行 `pharos promote {name}`，服务在一分钟内启用"
    en = (
        f"{name} has no champion yet; run `pharos train {name}`, then `pharos promote {name}`; "
        "the service hears of it within a minute"
    )
    return Bilingual(f"{zh}（{until_then.zh}）", f"{en} ({until_then.en})") if until_then else Bilingual(zh, en)


def champion_or_absent(find: Callable[[str], T], name: str) -> T | Absent:
    """What `find` gives for a name, or what to do where no version was promoted.

    Raises FeatureMismatch, UntrustedArtifact and OtherDatabase: what is there and wrong is not the same as absent.
    """
    try:
        return find(name)
    except (FeatureMismatch, UntrustedArtifact, OtherDatabase):
        raise
    except NotReady:
        return Absent(no_champion(name))


def of_its_parts(identity: ModelIdentity, read: Callable[[Parts], T], parts: Parts) -> T:
    """The model that `read` makes of verified parts; raises UntrustedArtifact where they are another model's."""
    try:
        return read(parts)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UntrustedArtifact(
            f"{identity.name} version {identity.version} is signed, and its parts are not those of such a model "
            f"({type(error).__name__}); train it again"
        ) from error


class Champions(Protocol):
    """What follows the aliases of the models."""

    def follow(self, publish: Callable[[Desks], None], /) -> None:
        """From now on, tell of the desks that take the place of these."""
        ...

    def look_now(self) -> None:
        """Look without waiting; safe in a signal handler."""
        ...


class Settled:
    """Desks that stay as they are."""

    def follow(self, publish: Callable[[Desks], None], /) -> None:
        """Nothing will be told."""

    def look_now(self) -> None:
        """There is nothing to look at."""


@dataclass(frozen=True)
class Desks:
    """What the process answers with. It never changes: where a model does, another one of these takes its place.

    `now` is the service's clock, `probe` tries the feature store, `notices` tells what needs attention now,
    `placements` where everybody serves, `record` keeps in the audit chain what was read. `guidance` holds the desks of
    career guidance by the path that they answer. `champions` watches for models that are to take the place of these.
    `figures` are sums of the whole deployment, for /metrics.
    `fixed` desks answer their paths in place of all others: those of a sandbox, which is ready as it is.
    """

    risk: RiskDesk | Absent
    careers: CareerDesk | Absent
    units: UnitDesk | Absent
    now: Callable[[], datetime]
    probe: Callable[[], None]
    notices: Callable[[], list[Because]] = list
    guidance: Mapping[str, Desk | Absent] = field(default_factory=dict)
    placements: Callable[[], Placements] = Placements
    record: Records = no_recorder
    champions: Champions = field(default_factory=Settled)
    fixed: Mapping[str, Desk] = field(default_factory=dict)
    figures: Callable[[], Sequence[Figure]] = list

    @property
    def guided(self) -> list[ModelIdentity]:
        """The models behind the desks of guidance; a desk of rules and records has none."""
        found = [getattr(desk, "model", None) for desk in self.guidance.values()]
        return [model for model in found if isinstance(model, ModelIdentity)]

    def models(self) -> list[ModelIdentity]:
        """Every model that this process answers with."""
        return [*(desk.model for desk in self.present()), *self.guided]

    def present(self) -> list[RiskDesk | CareerDesk]:
        """The desks that answer. One is enough to be ready: a department without complaints still plans careers."""
        return [desk for desk in (self.risk, self.careers) if not isinstance(desk, Absent)]

    @property
    def ready(self) -> bool:
        """Whether there is something to answer with."""
        return bool(self.fixed or self.present())

    def missing(self) -> list[Bilingual]:
        """Which models are not there, and what to do; empty when all are."""
        if self.fixed:
            return []
        absent = [desk.because for desk in (self.risk, self.careers, *self.guidance.values())
                  if isinstance(desk, Absent)]  # fmt: skip
        plain = [no_champion(COURSES, PLAIN_UNTIL_THEN) for model in self.guided if model.name == PLAIN_COURSES]
        return absent + plain

    def of(self, path: str) -> Desk | Absent:
        """The desk of career guidance that answers a path."""
        unopened = Bilingual(
            f"本进程未开放 {path}；请重启服务", f"{path} is not opened in this process; restart the service"
        )
        return self.guidance.get(path, Absent(unopened))
