"""Which registered models this version can still read; an old one is never changed, for it is signed."""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.errors import PharosError
from data_contracts.settings import Settings
from models import registry
from models.concerns.model import NAME as CONCERNS
from models.concerns.model import ConcernModel
from models.concerns.model import service_hash as concerns_hash
from models.courses.next_course import features_hash
from models.paths.bundle import PathBundle, service_hash
from models.registry import ResolvedModel
from serving.loading import Builders, Loaded, verified

PATHS, COURSES = "paths", "courses"


@dataclass(frozen=True)
class Fit:
    """A champion and why it would be refused; empty where it is read."""

    name: str
    version: str
    kind: str
    features: str
    refused: str = ""

    @property
    def remedy(self) -> str:
        """The commands that bring an answer back; a service does not start with a champion that it refuses."""
        features = "`pharos features` and `pharos materialize` for the days that are used, " * (self.name == "risk")
        return f"{features}`pharos train {self.name} --as-of DATE`, then `pharos promote {self.name}`"


def champions(settings: Settings, builders: Builders) -> list[Fit]:
    """Every model that is in force, opened as the service opens it."""
    return [_fit(settings, model, builders) for name in registry.NAMES if (model := _champion(settings, name))]


def _champion(settings: Settings, name: str) -> ResolvedModel | None:
    try:
        return registry.resolve(settings, name)
    except PharosError:
        return None


def _fit(settings: Settings, model: ResolvedModel, builders: Builders) -> Fit:
    kind, features = "unread", "unread"
    try:
        loaded = verified(settings, model)
        kind = str(loaded.parts.json.get("kind", "without a kind")) if isinstance(loaded.parts.json, dict) else kind
        features = loaded.identity.service_hash[:12]
        if wanted_hash(loaded) != loaded.identity.service_hash:
            return Fit(model.name, model.version, kind, features, "it was trained on other feature definitions")
        _build(loaded, builders)
    except PharosError as error:
        return Fit(model.name, model.version, kind, features, str(error))
    except Exception as error:  # whatever a builder stumbles over, the service would refuse it as well
        return Fit(
            model.name, model.version, kind, features, f"its parts are another version's ({type(error).__name__})"
        )
    return Fit(model.name, model.version, kind, features)


def wanted_hash(loaded: Loaded) -> str:
    """The hash that this version's definitions have, of the service that a model names."""
    from features.declared import declared_features

    if loaded.identity.name == PATHS:
        return service_hash()
    if loaded.identity.name == COURSES:
        return features_hash()
    if loaded.identity.name == CONCERNS:
        return concerns_hash()
    return declared_features().service(loaded.identity.service).hash


def _build(loaded: Loaded, builders: Builders) -> None:
    made = {"risk": builders.risk, "next-post": builders.careers, COURSES: builders.courses}.get(loaded.identity.name)
    if made is not None:
        made(loaded)
    elif loaded.identity.name == CONCERNS:
        ConcernModel.from_parts(loaded.parts)
    else:
        PathBundle.from_parts(loaded.parts)
