"""A code is told only where its officers surely had the outcome more or less often; a planted null is not."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Matrix, Numbers
from models.risk.design_matrix import Design
from models.risk.model import OutcomeModel, RiskBundle
from training.risk.code_signs import code_signs

CODES = tuple("abcdefgh")
DESIGN = Design(("tenure_days",), {"unit_id": ("u",), "rank_code": CODES})
OFFICERS, YEARS = 1600, 8


def _rows(seed: int, effect: float, frailty: float = 0.0) -> tuple[Matrix, Numbers, np.ndarray]:
    """Officers of eight codes over eight years; those of `a` have `effect` times the rate, each a luck that lasts."""
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(OFFICERS) % len(CODES), YEARS)
    rate = np.repeat(0.04 * np.exp(frailty * rng.normal(size=OFFICERS)), YEARS) * np.where(code == 0, effect, 1.0)
    x = np.column_stack([np.zeros(len(code)), np.zeros(len(code)), np.eye(len(CODES))[code]]).astype(np.float32)
    y = (rng.random(len(code)) < np.minimum(rate, 0.9)).astype(np.float64)
    return x, y, np.repeat(np.arange(OFFICERS), YEARS).astype(object)


@pytest.mark.parametrize(("effect", "sign"), [(2.5, 1), (0.3, -1)])
def test_a_planted_effect_is_told_with_its_sign(effect: float, sign: int) -> None:
    for seed in range(5):
        x, y, officers = _rows(seed, effect)
        assert code_signs(x, DESIGN, y, officers)["rank_code"]["a"] == sign


def test_a_planted_null_is_not_told_though_luck_lasts_for_years() -> None:
    """Rows of one officer are no independent evidence. Of 40 forces at most five are sure of any code at all."""
    told = sum(bool(code_signs(x, DESIGN, y, officers)) for x, y, officers in (_rows(n, 1.0, 1.5) for n in range(40)))
    assert told <= 5
    naive = sum(
        bool(code_signs(x, DESIGN, y, np.arange(len(y)).astype(object)))
        for x, y, _ in (_rows(n, 1.0, 1.5) for n in range(40))
    )
    assert naive > 12


def test_of_few_officers_nothing_is_sure_and_a_place_is_no_code() -> None:
    x, y, officers = _rows(1, 1.0)
    few = np.arange(len(y)) < 60
    x[:, 1], x[:, 2] = 1.0 - few, few  # sixty rows: 2.4 events at everybody's rate
    y[few] = 1.0
    assert "a" not in code_signs(x, DESIGN, y, officers).get("rank_code", {})
    assert "unit_id" not in code_signs(x, DESIGN, y, officers)


def test_what_is_sure_of_codes_is_signed_with_the_model() -> None:
    model = OutcomeModel("conduct", 12, DESIGN, {}, {}, rate=0.1, codes={"rank_code": {"a": 1}})
    parts = RiskBundle((model,), "risk_v1", "hash").to_parts()
    assert RiskBundle.from_parts(parts).outcome_models[0].codes == {"rank_code": {"a": 1}}
    del parts.json["risk"]["outcomes"][0]["codes"]  # as an earlier version signed it
    assert RiskBundle.from_parts(parts).outcome_models[0].codes == {}
