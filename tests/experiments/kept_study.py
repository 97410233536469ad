"""A study as a run leaves it, its scores planted: officers 0 to 39 of 400 have the outcome on both days."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.settings import Settings
from experiments.studies.kind import Exam
from experiments.studies.run import Tested
from experiments.studies.running import STUDY
from experiments.studies.scores import write_scores

OFFICERS, EVENTS = 400, 40
DAYS = (date(2023, 1, 1), date(2024, 1, 1))
NOISE = {"count_rule": 3.0, "logistic": 0.8, "trees": 0.2}  # how far each blurs what it knows


def plant(use: Settings, name: str = "planted", people: int = OFFICERS, kind: str = "risk") -> None:
    """Write what a run would have written, without fitting anything."""
    folder = use.experiments_dir / name
    rng = np.random.default_rng(3)
    y = (np.arange(people) < EVENTS).astype(np.float64)
    tests = []
    for day in DAYS:
        for place, (model, noise) in enumerate(NOISE.items()):
            said = y + noise * rng.standard_normal(people)
            rows = pd.DataFrame({"officer_id": [f"o-{n:04d}" for n in range(people)], "part": "conduct", "item": 0,
                                 "y": y, "score": said})  # fmt: skip
            write_scores(Tested(Exam(day, "conduct"), model).path(folder), rows)
            cost = {"fit_cpu_seconds": float(place), "answer_ms": 0.5, "bytes": 1000 * place or None}
            tests.append({"day": str(day), "outcome": "conduct", "model": model, "rows": people, "n_train": 1000,
                          "cost": cost})  # fmt: skip
    about = {"kind": kind, "title": {"zh": "试验", "en": "Planted"}, "baseline": "count_rule",
             "data": {"source": "simulator"}}  # fmt: skip
    told = {"study": about, "data_hash": "d1", "features_hash": "f1", "params": {}, "tests": tests}
    (folder / STUDY).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
