"""A code is told only where its officers surely had the outcome more or less often; a planted null is not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import policy
from features.history import History
from models.base import Matrix, Numbers
from models.risk.code_rates import CodeRate
from models.risk.design_matrix import Design
from models.risk.model import OutcomeModel, RiskBundle
from training.risk import withheld
from training.risk.code_signs import code_rates, code_signs
from training.risk.withheld import LEFT_OUT, Withheld, withheld_of

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
    codes = {"rank_code": {"a": CodeRate(1, 0.09, 0.04)}}
    model = OutcomeModel("conduct", 12, DESIGN, {}, {}, rate=0.1, codes=codes)
    parts = RiskBundle((model,), "risk_v1", "hash").to_parts()
    assert RiskBundle.from_parts(parts).outcome_models[0].codes == codes
    for earlier in ({}, {"codes": {"rank_code": {"a": 1}}}):  # as earlier versions signed it
        told = {name: value for name, value in parts.json["risk"]["outcomes"][0].items() if name != "code_rates"}
        parts.json["risk"]["outcomes"][0] = told | earlier
        assert RiskBundle.from_parts(parts).outcome_models[0].codes == {}


def _aged(seed: int, effect: float = 1.0) -> tuple[Matrix, Numbers, np.ndarray, pd.DataFrame, Withheld]:
    """Officers over fifty have the outcome three times as often, and eight in ten of code `a` are over fifty, of the
    others two in ten; `effect` is that of the code itself."""
    rng = np.random.default_rng(seed)
    x, _, officers = _rows(seed, 1.0)
    person = officers.astype(int)
    senior = x[:, 2] > 0
    old = rng.random(OFFICERS)[person] < np.where(senior, 0.8, 0.2)
    y = (rng.random(len(x)) < 0.03 * np.where(old, 3.0, 1.0) * np.where(senior, effect, 1.0)).astype(np.float64)
    spine = pd.DataFrame({"officer_id": officers.astype(str), "as_of": pd.Timestamp(2024, 1, 1)})
    people = pd.DataFrame({"birth_year": np.where(old, 1970, 1990), "sex": "f", "ethnicity": None}, index=officers)
    return x, y, officers, spine, Withheld(people[~people.index.duplicated()].rename(str))


def test_a_rank_that_stands_for_an_age_is_told_of_nobody_and_a_rank_that_is_a_cause_is() -> None:
    for seed in range(5):
        x, y, officers, spine, people = _aged(seed)
        assert code_signs(x, DESIGN, y, officers)["rank_code"]["a"] == 1
        assert "a" not in code_signs(x, DESIGN, y, officers, people.groups(spine)).get("rank_code", {})
        x, y, officers, spine, people = _aged(seed, effect=2.0)
        assert code_signs(x, DESIGN, y, officers, people.groups(spine))["rank_code"]["a"] == 1


def test_who_is_alike_and_who_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    people = pd.DataFrame(
        {"birth_year": [1974, 1970, 1969, None, 1974], "sex": ["f", "f", "f", "f", "m"], "ethnicity": None},
        index=list("abcde"),
    )
    spine = pd.DataFrame({"officer_id": list("abcdez"), "as_of": pd.Timestamp(2024, 1, 1)})
    of = Withheld(people)
    a, b, c, unknown, man, stranger = of.groups(spine).tolist()
    assert a == b  # 50 and 54
    assert len({a, c, man}) == 3
    assert (unknown, stranger) == (LEFT_OUT, LEFT_OUT)
    assert of.lacking() == ("ethnicity",)
    rules = dataclasses.replace(policy(), reasons=dataclasses.replace(policy().reasons, compared_within=("sex",)))
    monkeypatch.setattr(withheld, "policy", lambda: rules)
    assert len(set(of.groups(spine)[:4])) == 1
    nobody = Withheld(people.assign(sex=None))
    assert (nobody.lacking(), set(nobody.groups(spine))) == (("sex",), {0})


def test_without_the_table_nothing_is_withheld_to_compare_within(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History.__new__(History)
    monkeypatch.setattr(History, "tables", lambda self: ["officers"])
    assert withheld_of(history) is None


def test_a_code_is_told_with_figures_that_say_what_its_sign_says_and_of_no_few() -> None:
    x, y, officers = _rows(1, 2.5)
    (rate,) = code_rates(x, DESIGN, y, officers, {"rank_code": {"a": 1}})["rank_code"].values()
    here = x[:, 2] > 0
    assert (rate.sign, rate.share, rate.of_all) == (1, round(y[here].mean(), 3), round(y.mean(), 3))
    assert code_rates(x, DESIGN, y, officers, {"rank_code": {"a": -1}}) == {}
    few = np.where(here, officers.astype(int) % 4, officers.astype(int)).astype(object)
    assert code_rates(x, DESIGN, y, few, {"rank_code": {"a": 1}}) == {}
