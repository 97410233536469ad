"""Members, calibration, grades: each against a truth that is known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from data_contracts.errors import FeatureMismatch, NotReady
from data_contracts.policy import policy
from models.base import ExplainedModel
from models.risk.baselines import PEERS, PlainPeer, Standardised, count_rule
from models.risk.boosting import Boosted
from models.risk.calibration import Platt, Reliability, log_odds, matching_shift
from models.risk.design_matrix import Design
from models.risk.glass_box import Curve, GlassBox
from models.risk.grades import cut_offs, grade, short_history
from models.risk.logistic import SoftLogistic

RNG = np.random.default_rng(3)
X = RNG.normal(size=(3000, 4)).astype(np.float32)
TRUTH = expit(-1.0 + 2.0 * X[:, 0] - 1.0 * X[:, 1])
Y = (RNG.random(3000) < TRUTH).astype(np.float64)
NAMES = ("strong", "weaker", "nothing", "noise")


def members() -> list[ExplainedModel]:
    trees = Boosted({"rounds": 60, "learning_rate": 0.1, "feature_fraction": 1.0})
    return [trees, SoftLogistic(1.0), GlassBox({"learning_rate": 0.1, "max_rounds": 60})]


@pytest.mark.parametrize("member", members(), ids=["boosted", "logistic", "glass_box"])
def test_members_find_the_planted_order_of_effects(member: ExplainedModel) -> None:
    fitted = member.fit(X, Y, NAMES)
    parts = fitted.contributions(X)
    strength = np.abs(parts[:, :-1]).mean(axis=0)
    assert strength[0] > strength[1] > max(strength[2], strength[3])
    assert np.allclose(expit(parts.sum(axis=1)), fitted.predict(X), atol=1e-6)
    assert abs(np.corrcoef(fitted.predict(X), TRUTH)[0, 1]) > 0.9


@pytest.mark.parametrize("member", members(), ids=["boosted", "logistic", "glass_box"])
def test_labels_may_be_chances(member: ExplainedModel) -> None:
    fitted = member.fit(X, TRUTH, NAMES)
    assert abs(fitted.predict(X).mean() - TRUTH.mean()) < 0.01


@pytest.mark.parametrize("member", members(), ids=["boosted", "logistic", "glass_box"])
def test_parts_predict_the_same_and_unknown_values_are_no_obstacle(member: ExplainedModel) -> None:
    fitted = member.fit(X, Y, NAMES, weight=np.ones(len(Y)))
    asked = X[:50].copy()
    asked[::2, 0] = np.nan
    again = type(member).from_parts(fitted.to_parts("a-member"), "a-member")
    assert np.array_equal(again.predict(asked), fitted.predict(asked))
    assert np.isfinite(fitted.predict(asked)).all()


def test_trees_that_part_what_is_missing_from_the_rest_are_read_back() -> None:
    rng = np.random.default_rng(0)
    known = rng.random(2000) < 0.5
    x = np.where(known, rng.normal(size=2000), np.nan)[:, None]
    y = (rng.random(2000) < np.where(known, 0.6, 0.1)).astype(float)
    fitted = Boosted({"rounds": 3, "feature_fraction": 1.0}).fit(x, y, ["measured"])
    parts = fitted.to_parts("trees")
    assert "threshold=inf" in parts.texts["trees"]  # LightGBM's own word for "recorded at all"
    read = Boosted.from_parts(parts, "trees")
    asked = np.array([[np.nan], [-1e300], [0.0], [1e300], [np.inf]])
    assert read.predict(asked).tolist() == fitted.predict(asked).tolist()
    assert (read.predict(asked)[1:] > read.predict(asked)[0]).all()
    told = read.contributions(asked)
    assert told.sum(axis=1) == pytest.approx(log_odds(read.predict(asked)))


def test_trees_that_were_not_fitted_say_so() -> None:
    with pytest.raises(NotReady, match="fit"):
        Boosted().predict(X)


def test_a_glass_box_is_its_curves() -> None:
    with pytest.raises(NotReady, match="fit"):
        GlassBox().predict(X)
    curves = (Curve(np.array([0.0]), np.array([5.0, -1.0, 1.0])), Curve(np.zeros(0), np.zeros(2)))
    parts = GlassBox(curves=curves, base=-2.0).contributions(np.array([[-1, 7], [0, 7], [np.nan, 7]], np.float32))
    assert parts.tolist() == [[-1.0, 0.0, -2.0], [1.0, 0.0, -2.0], [5.0, 0.0, -2.0]]


def test_few_rows_and_many_get_the_same_curves() -> None:
    """The short way for a request and the long way for a night, at cuts, between them, beyond them and unknown."""
    rng = np.random.default_rng(3)
    cuts = [np.sort(rng.choice(40, size, replace=False)).astype(np.float64) for size in (0, 1, 5, 17)]
    curves = tuple(Curve(some, rng.normal(size=len(some) + 2)) for some in cuts)
    box = GlassBox(curves=curves, base=0.5)
    x = rng.integers(-2, 43, (400, 4)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[0] = [np.inf, -np.inf, np.inf, -np.inf]
    whole = box.contributions(x)
    assert np.array_equal(np.concatenate([box.contributions(x[at : at + 1]) for at in range(len(x))]), whole)
    box.curves = curves[::-1]
    assert np.array_equal(box.contributions(x[:1, ::-1])[0, :-1], whole[0, :-1][::-1]), "new curves are laid out anew"


def test_a_glass_box_forgets_columns_that_never_vary() -> None:
    still = np.column_stack([X[:, 0], np.zeros(len(X)), np.full(len(X), np.nan)]).astype(np.float32)
    fitted = GlassBox().fit(still, Y, ("strong", "still", "unknown"))
    assert np.ptp(fitted.contributions(still)[:, 1:3]) == 0.0


def test_the_count_rule_ignores_unknown_counts() -> None:
    assert count_rule(pd.DataFrame({"complaints_24m": [3.0, np.nan]})).tolist() == [3.0, 0.0]


def test_a_plain_peer_takes_never_for_longer_than_any() -> None:
    x = np.array([[10.0, 1.0], [np.nan, np.nan], [30.0, 2.0], [np.nan, 0.0]], dtype=np.float32)
    peer = PlainPeer(Standardised).fit(x, np.array([1.0, 0, 1, 0]), ("days_since_x", "count"))
    assert peer.fill.tolist() == [395.0, 0.0]
    assert set(PEERS) == {"logistic", "random_forest", "lightgbm"}


def test_every_peer_ranks_a_planted_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.risk.baselines.TREES", 20)
    for make in PEERS.values():
        chances = make().fit(X, Y, NAMES).predict(X)
        assert np.corrcoef(chances, TRUTH)[0, 1] > 0.6


def test_platt_finds_slope_and_shift() -> None:
    score = RNG.normal(size=20000)
    came = (RNG.random(20000) < expit(0.7 * score - 1.5)).astype(np.float64)
    found = Platt.fit(score, came)
    assert abs(found.slope - 0.7) < 0.06
    assert abs(found.shift + 1.5) < 0.06


def test_platt_never_turns_a_ranking_round() -> None:
    score = RNG.normal(size=2000)
    found = Platt.fit(score, (score < 0).astype(np.float64))
    assert found.slope == 0.25
    assert abs(found.apply(score).mean() - 0.5) < 0.05


@given(st.floats(0.01, 0.99))
@settings(max_examples=20, deadline=None)
def test_matching_shift_gives_the_rate(rate: float) -> None:
    score = np.linspace(-2, 2, 50)
    assert abs(expit(score + matching_shift(score, rate)).mean() - rate) < 1e-6


def test_intervals_hold_the_chance_and_grow_with_disagreement() -> None:
    chances = expit(RNG.normal(-2, 1, 4000))
    sure = Reliability.fit(chances, (RNG.random(4000) < chances).astype(np.float64))
    low, high = sure.interval(chances, np.zeros(4000))
    wide_low, wide_high = sure.interval(chances, np.ones(4000))
    assert (low <= chances).all()
    assert (chances <= high).all()
    assert (wide_low <= low).all()
    assert (wide_high >= high).all()
    again = Reliability.from_json(json.loads(json.dumps(sure.to_json())))
    assert np.array_equal(again.interval(chances, np.zeros(4000))[0], low)


def test_log_odds_are_finite() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300))
@settings(max_examples=50, deadline=None)
def test_shares_are_never_exceeded_and_equals_share_a_grade(values: list[float]) -> None:
    chances = np.array(values)
    grades = grade(chances, policy().grades)
    assert (grades == "poor").sum() <= np.floor(0.05 * len(values) + 1e-9)
    assert np.isin(grades, ["poor", "fair"]).sum() <= np.floor(0.20 * len(values) + 1e-9)
    for value in set(values):
        assert len(set(grades[chances == value])) == 1


def test_no_chance_no_grade_and_cut_offs_agree_with_shares() -> None:
    chances = np.append(RNG.permutation(1000) / 1000.0, np.nan)
    grades = grade(chances, policy().grades)
    cuts = cut_offs(chances, policy().grades)
    assert grades[-1] is None
    for place, name in enumerate(("poor", "fair", "good")):
        worse = ("poor", "fair", "good")[: place + 1]
        assert np.array_equal(chances[:-1] >= cuts[name], np.isin(grades[:-1], worse))
    assert cut_offs(np.array([0.5]), policy().grades)["poor"] == 2.0


def test_little_or_unknown_service_is_short_history() -> None:
    frame = pd.DataFrame({"tenure_days": [100.0, np.nan, 366.0]})
    assert short_history(frame, policy().grades).tolist() == [True, True, False]


def test_a_design_keeps_order_and_refuses_a_frame_without_its_columns() -> None:
    frame = pd.DataFrame({"b": [1.0, 2.0], "a": [0.0, 5.0], "c": [1.0, 1.0], "rank_code": ["x", "y"]})
    frame["rank_code"] = frame["rank_code"].astype("string")
    design = Design.of(frame, ["b", "a", "c", "rank_code"])
    assert design.names == ("b", "a", "rank_code=x", "rank_code=y")
    assert design.matrix(frame[["rank_code", "a", "b"]]).tolist() == [[1, 0, 1, 0], [2, 5, 0, 1]]
    assert Design.from_json(json.loads(json.dumps(design.to_json()))) == design
    with pytest.raises(FeatureMismatch, match="'a'"):
        design.matrix(frame[["b", "rank_code"]])
    assert Design.of(frame, ["rank_code"], least=2).matrix(frame).shape == (2, 0)
