"""What comes within 12 months has come within 24: no officer's chance falls with the months ahead."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data_contracts.figures import shown
from data_contracts.policy import policy
from data_contracts.supporting import Change
from models.risk.calibration import Platt
from models.risk.design_matrix import Design
from models.risk.logistic import SoftLogistic
from models.risk.model import OutcomeModel, RiskBundle, with_cuts
from models.risk.what_if import what_if

NAMES = ("complaints_12m", "overtime_hours_12m")
TWO = (("conduct", 12), ("conduct", 24))


def _force(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({name: rng.poisson(3, rows).astype(float) for name in NAMES}).assign(tenure_days=4000.0)
    ids = pd.array([f"o-{number}" for number in range(rows)], dtype="string")
    hours = 30.0 * frame["overtime_hours_12m"]
    return frame.assign(
        officer_id=ids, as_of=pd.Timestamp("2024-03-01"), overtime_hours_12m=hours, overtime_hours_3m=hours / 4,
        duty_months_3m=3.0, duty_months_12m=12.0,
    )  # fmt: skip


FORCE = _force()


def _crossing() -> RiskBundle:
    """Two models of one outcome that cross: one follows complaints, the other overtime."""
    design = Design.of(FORCE, NAMES)
    x = design.matrix(FORCE)
    models = []
    for (outcome, months), name, base in zip(reversed(TWO), NAMES, (2.0, 3.0), strict=True):
        chance = 1 / (1 + np.exp(base + 1.0 - (FORCE[name] - FORCE[name].mean()) / FORCE[name].std()))
        member = SoftLogistic(10.0).fit(x, chance.to_numpy(), design.names)
        models.append(OutcomeModel(outcome, months, design, {"logistic": member}, {"logistic": 1.0}, Platt()))
    return RiskBundle(tuple(models), "risk_v1", "h", {"overtime_hours_per_duty_month_12m": 2.0})


BUNDLE = _crossing()


def test_the_models_cross_and_what_is_told_does_not() -> None:
    own = {one.horizon_months: one.predict(one.design.matrix(FORCE)) for one in BUNDLE.outcome_models}
    assert 0.05 < (own[24] < own[12]).mean() < 0.95  # or else the test would say nothing
    scored = BUNDLE.score(FORCE)
    for column in ("probability", "low", "high"):
        wide = scored.pivot_table(index="officer_id", columns="horizon_months", values=column)
        assert (wide[24] >= wide[12]).all()
    wide = scored.pivot_table(index="officer_id", columns="horizon_months", values="probability", sort=False)
    assert np.allclose(wide[12].to_numpy(), own[12])
    assert np.allclose(wide[24].to_numpy(), np.maximum(own[12], own[24]))


def test_nights_units_cut_offs_and_requests_have_the_same_chances() -> None:
    chances, scored = BUNDLE.chances(FORCE), BUNDLE.score(FORCE)
    for outcome, months in TWO:
        rows = scored[(scored["outcome"] == outcome) & (scored["horizon_months"] == months)]
        assert np.allclose(chances[outcome, months], rows["probability"].to_numpy())
    shares = policy().grades.shares
    longest = next(one for one in with_cuts(BUNDLE, FORCE).outcome_models if one.horizon_months == 24)
    worst = np.sort(chances["conduct", 24])[::-1]
    assert longest.cuts["poor"] == pytest.approx(worst[int(shares.poor * len(worst)) - 1])


def test_a_change_is_told_from_the_chance_that_is_told() -> None:
    """Where 24 months stand as high as 12, what lowers 24 months alone lowers nothing."""
    less = Change("less", "leader", "overtime_hours", "{before}{after}", "{before} {after}", months=12, add=-10.0)
    rules = replace(policy().what_if, least_difference=0.001, change=(less,))
    told = what_if(BUNDLE.outcome_models, FORCE, BUNDLE.means, rules).merge(BUNDLE.score(FORCE))
    texts = told[told["what_if"] != "[]"]
    assert len(texts)
    for row in texts.itertuples():
        for one in json.loads(str(row.what_if)):
            assert one["probability"] - one["difference"] == pytest.approx(shown(float(str(row.probability))), abs=1e-6)
