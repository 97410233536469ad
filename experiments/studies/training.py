"""A study's candidate trained on the history of this state, signed and registered as `pharos train` does.

It answers nobody: `pharos gate` and `pharos promote` stand between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from data_contracts.errors import InvalidInput
from experiments.studies.config import Training
from experiments.studies.run import Run

if TYPE_CHECKING:
    from training.risk.train import RiskTraining


def check_training(run: Run) -> None:
    """Raise NotReady or InvalidInput, in the words of the training, before hours of searching and testing.

    A training of risk reads snapshots that `pharos features` keeps, which a study does not need before its last steps.
    The other kinds learn from the history itself.
    """
    asked = run.asked.study.train
    if asked is not None and run.kind.name == "risk":
        from training.risk.train import ready_to_train

        ready_to_train(run.asked.settings, _of_risk(run, asked, run.way(asked.candidate, {})))


def _of_risk(run: Run, asked: Training, way: Any) -> RiskTraining:
    from training.risk.train import RiskTraining

    test = run.asked.study.test
    return RiskTraining(asked.as_of, test.outcomes, fit=way, horizons=(test.months,))


def train(run: Run, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Train, and tell the version; raises what the training raises."""
    asked, settings = run.asked.study.train, run.asked.settings
    if asked is None:
        raise InvalidInput(f"the study {run.asked.study.name} trains nothing; add [train]")
    way: Any = run.way(asked.candidate, params)
    if run.kind.name == "risk":
        from training.risk.train import train_risk

        model = train_risk(settings, _of_risk(run, asked, way)).model
    elif run.kind.name == "next-post":
        from training.posts.train import train_next_post

        model, _ = train_next_post(settings, asked.as_of, fit=way)
    elif run.kind.name == "concerns":
        from training.concerns.train import train_concerns

        model, _ = train_concerns(settings, asked.as_of, fit=way)
    else:
        from training.courses.train import train_courses

        model, _ = train_courses(settings, asked.as_of, fit=way)
    return {"name": model.name, "version": model.version, "run_id": model.run_id}
