"""How settings are searched: what draws the next ones, what stops hopeless ones, how many work at once.

Each argument of Optuna's is named: its defaults changed between versions 4 and 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import optuna

from data_contracts.decisions import STRICT

STARTUP_TRIALS = 8


class Stopping(StrEnum):
    """What may stop a trial before its end."""

    MEDIAN = "median"  # worse than the median of the trials before it, at the same step
    NONE = "none"


@dataclass(frozen=True)
class Sampling:
    """The arguments of the tree-structured Parzen estimator (TPE)."""

    __pydantic_config__ = STRICT

    startup_trials: int = STARTUP_TRIALS
    candidates: int = 24
    multivariate: bool = True
    group: bool = False
    constant_liar: bool = True  # a trial that is still running counts as a bad one: workers do not crowd

    def sampler(self, seed: int) -> optuna.samplers.TPESampler:
        """Ready to draw; constraints that trials set are minded."""
        return optuna.samplers.TPESampler(
            n_startup_trials=self.startup_trials, n_ei_candidates=self.candidates, multivariate=self.multivariate,
            group=self.group, constant_liar=self.constant_liar, seed=seed,
        )  # fmt: skip


@dataclass(frozen=True)
class Pruning:
    """When a trial is stopped that reports figures on its way: none of the first trials, and none at its first step."""

    __pydantic_config__ = STRICT

    kind: Stopping = Stopping.MEDIAN
    startup_trials: int = STARTUP_TRIALS
    warmup_steps: int = 1

    def pruner(self) -> optuna.pruners.BasePruner:
        """As Optuna calls it."""
        if self.kind == Stopping.NONE:
            return optuna.pruners.NopPruner()
        return optuna.pruners.MedianPruner(
            n_startup_trials=self.startup_trials, n_warmup_steps=self.warmup_steps, interval_steps=1
        )


@dataclass(frozen=True)
class Ways:
    """All of it together."""

    sampling: Sampling = field(default_factory=Sampling)
    pruning: Pruning = field(default_factory=Pruning)


@dataclass(frozen=True)
class Crew:
    """Several processes that search one study; `make` gives each its objective, and travels to them.

    `make` must be a function of a module, or a `functools.partial` of one, with arguments that can be copied.
    """

    workers: int
    make: Callable[[], Any]
