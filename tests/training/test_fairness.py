"""Measures by group against an independent library and against what is planted; the verdicts at their edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

from data_contracts.gating import GroupLimits
from data_contracts.policy import policy
from experiments.backtests.gate_power import FEW, Setting, force, main, power
from training.evaluation.fairness import Judged, Measured, Verdict, fairness, measure
from training.evaluation.groups import cells_of
from training.evaluation.intervals import Share, share_difference, share_ratio

LIMITS = policy().gate.groups
BOTH = (0.05, 0.05 / 40)


def judged_force(people: int = 400) -> tuple[Judged, pd.DataFrame]:
    """A small force with flags."""
    judged, audit = force(Setting(people, 0.2), 3)
    return replace(judged, flagged=(judged.chances > 0.4).astype(np.float64)), audit


def test_group_tables_agree_with_fairlearn() -> None:
    judged, audit = judged_force()
    cells, _ = cells_of(audit, ["ethnicity"], judged.officers, 0.02)
    names = {"caught": true_positive_rate, "alarms": false_positive_rate, "flags": selection_rate}
    for place, group in enumerate(measure(judged, cells, BOTH)):
        side = audit["ethnicity"] == group.name.removeprefix("ethnicity=")
        told = MetricFrame(metrics=names, y_true=judged.y, y_pred=judged.flagged, sensitive_features=side).by_group
        inside, rest = told.loc[True], told.loc[False]
        assert group.true_positive_gap.value == pytest.approx(inside["caught"] - rest["caught"])
        assert group.flag_ratio.value == pytest.approx(inside["flags"] / rest["flags"])
        assert group.false_positive_ratio.value == pytest.approx(inside["alarms"] / rest["alarms"])
        assert group.predicted_ratio.value == pytest.approx(judged.chances[side].sum() / judged.y[side].sum())
        assert (group.rows, group.officers) == (side.sum(), len(np.unique(judged.officers[side])))
        assert place < len(cells.names)


def test_intervals_agree_with_a_bootstrap_over_officers() -> None:
    judged, audit = judged_force(1500)
    found = measure(judged, cells_of(audit, ["ethnicity"], judged.officers, 0.02)[0], BOTH)[0]
    side = (audit["ethnicity"] == "a").to_numpy()
    rng, draws = np.random.default_rng(1), []
    for _ in range(400):
        times = rng.multinomial(6000, np.full(6000, 1 / 6000))[judged.officers].astype(float)
        caught = [
            np.sum(times * judged.y * judged.flagged * part) / np.sum(times * judged.y * part) for part in (side, ~side)
        ]
        ratio = np.sum(times * judged.chances * side) / np.sum(times * judged.y * side)
        draws.append((ratio, caught[0] - caught[1]))
    low, high = np.quantile(np.array(draws), [0.025, 0.975], axis=0)
    for measured, width in zip((found.predicted_ratio, found.true_positive_gap), high - low, strict=True):
        assert measured.high - measured.low == pytest.approx(width, rel=0.12)


def test_an_officer_seen_twice_is_one_witness() -> None:
    """The same rows twice over tell nothing new, unless they are of other people."""
    judged, audit = judged_force()
    twice = Judged(*(np.tile(part, 2) for part in (judged.officers, judged.y, judged.chances, judged.flagged)))
    others = replace(twice, officers=np.arange(len(twice.y)))
    doubled = pd.concat([audit, audit], ignore_index=True)

    def width(some: Judged, frame: pd.DataFrame) -> tuple[float, float]:
        group = measure(some, cells_of(frame, ["ethnicity"], some.officers, 0.02)[0], BOTH)[0]
        parts = group.predicted_ratio, group.true_positive_gap
        return parts[0].high - parts[0].low, parts[1].high - parts[1].low

    once, same, apart = width(judged, audit), width(twice, doubled), width(others, doubled)
    assert same[0] == pytest.approx(once[0], rel=1e-6)
    assert same[1] == pytest.approx(once[1], rel=0.1)
    assert all(more < 0.8 * less for more, less in zip(apart, same, strict=True))


def test_chances_as_labels_are_no_certainty() -> None:
    """Forty open complaints that may each be sustained by one half are about twenty events, not an exact number."""
    half = Judged(np.arange(80), np.full(80, 0.5), np.full(80, 0.5), np.zeros(80))
    audit = pd.DataFrame({"sex": ["f", "m"] * 40})
    group = fairness(half, audit, LIMITS).groups[0]
    assert group.predicted_ratio.high - group.predicted_ratio.low > 0.5


def test_few_people_condemn_nobody() -> None:
    """Three events of which none was flagged have no spread in any bootstrap draw; they are still only three."""
    rng = np.random.default_rng(0)
    n = 2000
    audit = pd.DataFrame({"sex": np.where(np.arange(n) < 60, "f", "m")})
    y = np.where(np.arange(n) < 60, np.arange(n) < 3, rng.random(n) < 0.1).astype(np.float64)
    judged = Judged(np.arange(n), y, np.full(n, 0.1), ((y > 0) & (np.arange(n) >= 60)).astype(np.float64))
    found = {group.name: group for group in fairness(judged, audit, LIMITS).groups}
    assert found["sex=f"].true_positive_gap.value == pytest.approx(-1.0)
    few = replace(judged, flagged=np.where(rng.random(n) < 0.5, judged.flagged, 0.0))
    assert fairness(few, audit, LIMITS).groups[0].gap_verdict(LIMITS) is Verdict.INCONCLUSIVE


def test_a_group_in_which_nothing_happened_fails_once_enough_was_foretold() -> None:
    n = 2000
    audit = pd.DataFrame({"sex": np.where(np.arange(n) < 1000, "f", "m")})
    y = (np.arange(n) >= 1900).astype(np.float64)
    for said, verdict in ((0.002, Verdict.INCONCLUSIVE), (0.1, Verdict.FAIL)):
        judged = Judged(np.arange(n), y, np.full(n, said), np.zeros(n))
        group = fairness(judged, audit, LIMITS).groups[0]
        assert group.predicted_ratio.value == np.inf
        assert group.calibration_verdict(LIMITS) is verdict
        assert group.gap_verdict(LIMITS) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (Measured(1.0, 0.80, 1.25, 0.7, 1.4), Verdict.PASS),
        (Measured(1.0, 0.79, 1.25, 0.7, 1.4), Verdict.INCONCLUSIVE),
        (Measured(1.2, 1.10, 1.26, 1.05, 1.3), Verdict.INCONCLUSIVE),
        (Measured(1.3, 1.10, 1.50, 0.99, 1.6), Verdict.INCONCLUSIVE),
        (Measured(1.3, 1.10, 1.50, 1.01, 1.6), Verdict.FAIL),
        (Measured(0.7, 0.60, 0.80, 0.50, 0.99), Verdict.FAIL),
        (Measured(*[np.nan] * 5), Verdict.INCONCLUSIVE),
    ],
)
def test_a_verdict_at_its_edges(measured: Measured, verdict: Verdict) -> None:
    assert measured.verdict(0.8, 1.25, 1.0) is verdict


def test_small_groups_are_pooled_and_smaller_ones_named() -> None:
    sex = ["f"] * 50 + ["m"] * 47 + ["x", "y", "z"]
    audit = pd.DataFrame({"sex": pd.array([*sex[:-1], None], dtype="string")})
    pooled, none = cells_of(audit, ["sex"], np.arange(100), 0.02)
    assert (pooled.names, none) == (("sex=f", "sex=m", "sex=pooled"), [])
    assert pooled.officers.tolist() == [50, 47, 3]
    kept, excused = cells_of(audit, ["sex"], np.arange(100), 0.04)
    assert (kept.names, excused) == (("sex=f", "sex=m"), ["sex=x", "sex=y", "sex=unknown"])
    assert kept.officers.tolist() == [50, 47]


def test_pairs_are_groups_and_one_value_is_none() -> None:
    audit = pd.DataFrame({"sex": ["f", "m"] * 50, "ethnicity": ["a"] * 50 + ["b"] * 50, "age_band": ["30-39"] * 100})
    judged = Judged(np.arange(100), np.tile([0.0, 1.0], 50), np.full(100, 0.5), np.ones(100))
    names = {group.name for group in fairness(judged, audit, LIMITS).groups}
    assert "sex=f+ethnicity=a" in names
    assert "sex=f+age_band=30-39" in names
    assert "age_band=30-39" not in names


def test_more_groups_or_outcomes_widen_only_what_convicts() -> None:
    judged, audit = judged_force()
    one, four = (fairness(judged, audit, LIMITS, outcomes).groups[0].predicted_ratio for outcomes in (1, 4))
    assert (one.low, one.high) == (four.low, four.high)
    assert one.wide_low > four.wide_low
    assert one.wide_low < one.low


def test_shares_of_nobody_are_unknown() -> None:
    nobody, some = Share(np.array([np.nan]), np.array([0.0])), Share(np.array([0.5]), np.array([10.0]))
    for way in (share_difference, share_ratio):
        assert np.isnan(way(nobody, some, 0.05).value).all()


def test_the_gate_catches_what_is_unfair_and_lets_fair_models_be() -> None:
    """The short form of `python -m experiments.backtests.gate_power --seeds 200`."""
    found = power(Setting(5000, 0.05), 6)
    assert found.caught == 1.0
    assert found.fair_failed == 0.0
    assert found.fair_failed_alone > found.fair_failed


def test_the_long_form_tells_whether_its_promise_holds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.backtests.gate_power.PEOPLE", 3000)
    assert main(["--seeds", "1"]) == 0
    assert f"{FEW:,}" in capsys.readouterr().out
    monkeypatch.setattr("experiments.backtests.gate_power.INFLATED", 1.0)
    assert main(["--seeds", "1"]) == 1


def test_limits_name_each_attribute_and_each_pair() -> None:
    limits: GroupLimits = replace(LIMITS, attributes=("sex", "age_band"))
    assert limits.partitions == (("sex",), ("age_band",), ("sex", "age_band"))
