"""When the drift watch warns and when it alerts, as frozen dataclasses filled from `policy/watch.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from data_contracts.decisions import STRICT, Positive


@dataclass(frozen=True)
class Limit:
    """Two heights of one figure.

    >>> limit = Limit(0.1, 0.25)
    >>> limit.level(0.05), limit.level(0.1), limit.level(0.3)
    (0, 1, 2)
    """

    __pydantic_config__ = STRICT

    warn: Positive
    alert: Positive

    def level(self, value: float) -> int:
        """0 nothing, 1 warn, 2 alert; NaN is nothing."""
        return int(value >= self.warn) + int(value >= self.alert)


@dataclass(frozen=True)
class Sureness:
    """How sure the watch must be before it speaks."""

    __pydantic_config__ = STRICT

    error_share: Annotated[float, Field(gt=0, lt=0.5)]
    usual_times: Annotated[float, Field(ge=1)]
    usual_at_most: Annotated[float, Field(ge=1)]


@dataclass(frozen=True)
class InputLimits:
    """Of every feature."""

    __pydantic_config__ = STRICT

    psi: Limit
    nulls: Limit
    new_codes: Limit


@dataclass(frozen=True)
class PredictionLimits:
    """Of what the model says of the force; `mean` is a factor, up or down."""

    __pydantic_config__ = STRICT

    psi: Limit
    grades: Limit
    mean: Limit


@dataclass(frozen=True)
class OutcomeLimits:
    """Of what came; `predicted_over_observed` is a factor, up or down."""

    __pydantic_config__ = STRICT

    predicted_over_observed: Limit
    ece: Limit
    precision_drop: Limit


@dataclass(frozen=True)
class WatchPolicy:
    """Everything about the drift watch."""

    __pydantic_config__ = STRICT

    sureness: Sureness
    inputs: InputLimits
    predictions: PredictionLimits
    outcomes: OutcomeLimits

    def limits(self) -> dict[str, Limit]:
        """Every limit by its key in the file."""
        sections = {"inputs": self.inputs, "predictions": self.predictions, "outcomes": self.outcomes}
        return {f"{name}.{key}": limit for name, section in sections.items() for key, limit in vars(section).items()}
