"""The desks for concerns in a process: what stands on the record answers from the first day, triage has a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from data_contracts.errors import FeatureMismatch
from models.concerns.model import NAME, SERVICE, ConcernModel, service_hash
from serving.api.opened import Absent, Desk, champion_or_absent, of_its_parts
from serving.concerns.answers import OpenDesk, ThemesDesk, TriageDesk
from serving.concerns.triage import Triage

if TYPE_CHECKING:
    from serving.ground import Ground
    from serving.loading import Loaded

PATH, OPEN, THEMES = "/v1/concerns", "/v1/concerns/open", "/v1/concerns/themes"


def open_concern_desks(ground: Ground, champion: Callable[[str], Loaded]) -> Mapping[str, Desk | Absent]:
    """Each by its path; raises FeatureMismatch or UntrustedArtifact for a wrong champion."""
    triage = triage_desk(ground, champion)
    told = triage.triage if isinstance(triage, TriageDesk) else None
    return {
        PATH: triage,
        OPEN: OpenDesk(ground.concerns, ground.policy, ground.placements, told),
        THEMES: ThemesDesk(ground.concerns, ground.policy, ground.placements),
    }


def triage_desk(ground: Ground, champion: Callable[[str], Loaded]) -> TriageDesk | Absent:
    """The desk, or what to do where no model of concerns was promoted."""
    loaded = loaded_of(champion)
    if isinstance(loaded, Absent):
        return loaded
    identity = loaded.identity
    return ground.built.of(
        identity, lambda: TriageDesk(identity, Triage(model_of(loaded), ground.policy), ground.concerns)
    )


def loaded_of(champion: Callable[[str], Loaded]) -> Loaded | Absent:
    """The champion for concerns; raises FeatureMismatch for one of other categories than policy has now."""
    loaded = champion_or_absent(champion, NAME)
    if isinstance(loaded, Absent):
        return loaded
    identity = loaded.identity
    if (identity.service, identity.service_hash) != (SERVICE, service_hash()):
        raise FeatureMismatch(
            f"{NAME} version {identity.version} was trained for other categories of concerns than policy has now; "
            "train it again"
        )
    return loaded


def model_of(loaded: Loaded) -> ConcernModel:
    """The model of verified parts; raises UntrustedArtifact where they are another's."""
    return of_its_parts(loaded.identity, ConcernModel.from_parts, loaded.parts)
