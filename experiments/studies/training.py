"""A study's candidate trained on the history of this state, signed and registered as `pharos train` does.

It answers nobody: `pharos gate` and `pharos promote` stand between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_contracts.errors import InvalidInput
from experiments.studies.run import Run


def train(run: Run, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Train, and tell the version; raises what the training raises."""
    asked, settings = run.asked.study.train, run.asked.settings
    if asked is None:
        raise InvalidInput(f"the study {run.asked.study.name} trains nothing; add [train]")
    way: Any = run.way(asked.candidate, params)
    if run.kind.name == "risk":
        from training.risk.train import RiskTraining, train_risk

        months = (run.asked.study.test.months,)
        training = RiskTraining(asked.as_of, run.asked.study.test.outcomes, fit=way, horizons=months)
        model = train_risk(settings, training).model
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
