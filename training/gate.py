"""What a model must have shown before it answers for anyone: the first gate, read from the figures of its own run.

Training writes each figure with `Run.gate`, as `gate.<check>` or, where a model has several outcomes,
`gate.<check>.<outcome>`; then every one of them must hold. There is no way round the gate by a flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.table import Table

from data_contracts.errors import GateRefused, NotReady
from data_contracts.settings import Settings
from models import artifacts, keys, registry
from models.registry import ResolvedModel

MAX_ECE = 0.03


@dataclass(frozen=True)
class Check:
    """One figure and the side of the limit on which it must lie.

    >>> Check("ece", "at most", 0.03, "calibration error").holds(0.02)
    True
    >>> Check("ap_gain_low", "above", 0.0, "").holds(float("nan"))
    False
    """

    name: str
    side: Literal["above", "at most"]
    limit: float
    words: str

    def holds(self, value: float) -> bool:
        """Whether the figure passes; a figure that is not a number never does."""
        return value > self.limit if self.side == "above" else value <= self.limit

    def reading(self, figures: Mapping[str, float]) -> dict[str, float]:
        """The figures of this check by outcome ('' when the model has one)."""
        plain = f"gate.{self.name}"
        return {
            name.removeprefix(plain).removeprefix("."): value
            for name, value in figures.items()
            if name == plain or name.startswith(f"{plain}.")
        }


CHECKS: Mapping[str, tuple[Check, ...]] = {
    "risk": (
        Check("ap_gain", "above", 0.0, "gain in average precision over count_rule"),
        Check("ap_gain_low", "above", 0.0, "lower end of the 95 % interval of that gain"),
        Check("ece", "at most", MAX_ECE, "expected calibration error"),
    ),
    "next-post": (
        Check("ndcg_gain", "above", 0.0, "gain in NDCG@10 over markov"),
        Check("ndcg_gain_low", "above", 0.0, "lower end of the 95 % interval of that gain"),
    ),
}


@dataclass(frozen=True)
class Line:
    """One check of one outcome with what was found; `value` is None when training did not measure it."""

    check: Check
    outcome: str
    value: float | None

    @property
    def holds(self) -> bool:
        """Whether it was measured and passes."""
        return self.value is not None and self.check.holds(self.value)

    def __str__(self) -> str:
        of = f" for {self.outcome}" if self.outcome else ""
        if self.value is None:
            return f"{self.check.words}{of} was not measured (gate.{self.check.name})"
        return f"{self.check.words}{of} is {self.value:.4f}, must be {self.check.side} {self.check.limit:g}"


def examine(name: str, figures: Mapping[str, float], outcomes: Sequence[str] = ()) -> list[Line]:
    """Every check of `name` against a run's figures, for each outcome that the model answers.

    >>> [line.holds for line in examine("next-post", {"gate.ndcg_gain": 0.02, "gate.ndcg_gain_low": 0.01})]
    [True, True]
    >>> print(examine("next-post", {"gate.ndcg_gain": 0.02})[1])
    lower end of the 95 % interval of that gain was not measured (gate.ndcg_gain_low)
    """
    lines: list[Line] = []
    for check in CHECKS[name]:
        found: dict[str, float | None] = {**dict.fromkeys(outcomes or ("",)), **check.reading(figures)}
        lines += [Line(check, outcome, value) for outcome, value in sorted(found.items())]
    return lines


def promote(settings: Settings, name: str, version: str | None = None) -> tuple[ResolvedModel, list[Line]]:
    """Let `version` (the newest by default) answer as champion; raises GateRefused with each check that failed.

    The artefact is verified first: a version that serving could not load is never promoted.
    """
    found = registry.versions(settings, name)
    if not found:
        raise NotReady(f"no version of {name} is registered; run `pharos train {name}`")
    model = registry.version_of(settings, name, version) if version else found[-1]
    _, metadata = artifacts.load(model.path, keys.public_key(settings.keys_dir))
    figures = registry.client(settings).get_run(model.run_id).data.metrics
    lines = examine(name, figures, metadata.get("outcomes", ()))
    failed = [str(line) for line in lines if not line.holds]
    if failed:
        raise GateRefused(
            f"{name} version {model.version} was not promoted: {'; '.join(failed)}. {_still(settings, name)}"
        )
    registry.set_alias(settings, name, model.version)
    return model, lines


def as_table(lines: Sequence[Line]) -> Table:
    """The checks as people read them."""
    table = Table("check", "outcome", "found", "must be", "holds", title="gate")
    for line in lines:
        found = "not measured" if line.value is None else f"{line.value:.4f}"
        limit = f"{line.check.side} {line.check.limit:g}"
        table.add_row(line.check.words, line.outcome, found, limit, "yes" if line.holds else "no")
    return table


def _still(settings: Settings, name: str) -> str:
    try:
        return f"Version {registry.resolve(settings, name).version} goes on answering."
    except NotReady:
        return "No version answers yet."
