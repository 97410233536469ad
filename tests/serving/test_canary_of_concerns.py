"""A new model of concerns is followed and tried as every other is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from data_contracts.errors import UnfitModel
from models import registry
from serving.champions.canary import Canary
from serving.champions.watching import WATCHED
from serving.concerns.answers import TriageDesk
from serving.concerns.triage import Reading, Triage
from serving.night.manifest import ModelIdentity
from tests.serving.modelled_desks import concerns, triage

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class SpoiltTriage(Triage):
    """Reads as the model does, and tells no numbers."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Not one number."""
        return [replace(one, every_category=one.every_category * np.nan) for one in super().read(texts)]


def desk_of(of: Triage) -> TriageDesk:
    """As the service opens it."""
    return TriageDesk(ModelIdentity("concerns", "1", "", "concerns_v1", ""), of, concerns)


def test_every_model_that_may_be_promoted_is_followed() -> None:
    assert set(WATCHED) == set(registry.NAMES)


def test_a_model_of_concerns_is_asked_about_names_and_refused_where_it_gives_no_numbers() -> None:
    canary, right = Canary(lambda: ["o-1"]), desk_of(triage())
    tried = canary.compare(right, right, NOW)
    assert tried.answers > 10
    assert tried.agreement == 1.0
    with pytest.raises(UnfitModel, match="numbers for categories") as refused:
        canary.compare(desk_of(SpoiltTriage(triage().model, triage().policy)), right, NOW)
    assert "并非数字" in refused.value.zh
