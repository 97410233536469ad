"""Gaps of groups in what is suggested: by hand, where they were planted, and what the gate says of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import policy
from training.evaluation.exposure import NDCG, Gap, Gaps, exposure_gaps, exposure_shares, gap_lines
from training.evaluation.fairness import Measured
from training.gate.lines import Status

LIMITS = replace(policy().gate.groups, attributes=("sex", "age_band"))
LISTS = policy().gate.lists


def _gap(found: Gaps, group: str, measure: str) -> Measured:
    return next(gap.measured for gap in found.gaps if (gap.group, gap.measure) == (group, measure))


def test_a_gap_that_can_be_done_by_hand() -> None:
    audit = pd.DataFrame({"sex": ["f", "f", "m", "m"]})
    found = exposure_gaps(np.arange(4), {NDCG: np.array([1.0, 0.5, 0.5, 0.0])}, audit, LIMITS, seed=1)
    assert _gap(found, "sex=f", NDCG).value == pytest.approx(0.5)
    assert _gap(found, "sex=m", NDCG).value == pytest.approx(-0.5)
    assert {gap.officers for gap in found.gaps} == {2}


def test_a_planted_gap_is_found_and_an_equal_group_passes() -> None:
    rng = np.random.default_rng(5)
    count = 6000
    audit = pd.DataFrame({"sex": rng.choice(["f", "m"], count), "age_band": rng.choice(["20-29", "30-39"], count)})
    women = audit["sex"].to_numpy() == "f"
    values = {NDCG: rng.random(count), "patrol": np.clip(rng.normal(0.3, 0.1, count) - 0.2 * women, 0, 1)}
    found = exposure_gaps(np.arange(count), values, audit, LIMITS, seed=1)
    lines = {line.check: line for line in gap_lines(found.gaps, LISTS)}
    assert lines["next-post.sex=f.patrol_gap"].status is Status.FAIL
    assert lines["next-post.sex=f.ndcg_at_10_gap"].status is Status.PASS
    assert lines["next-post.age_band=20-29.patrol_gap"].status is Status.PASS
    assert "next-post.sex=f+age_band=20-29.patrol_gap" in lines
    assert lines["next-post.sex=f.patrol_gap"].group == "sex=f"
    measured = _gap(found, "sex=f", "patrol")
    assert measured.wide_low < measured.low < measured.value < measured.high < measured.wide_high


def test_few_officers_are_inconclusive() -> None:
    rng = np.random.default_rng(5)
    audit = pd.DataFrame({"sex": ["f"] * 6 + ["m"] * 40})
    found = exposure_gaps(np.arange(46), {NDCG: rng.random(46)}, audit, LIMITS, seed=1)
    assert {line.status for line in gap_lines(found.gaps, LISTS)} == {Status.INCONCLUSIVE}


def test_one_officer_with_many_moves_is_one_witness() -> None:
    values = {NDCG: np.repeat([1.0, 0.0, 0.4, 0.5], 50)}
    audit = pd.DataFrame({"sex": np.repeat(["f", "f", "m", "m"], 50)})
    once = exposure_gaps(np.repeat(np.arange(4), 50), values, audit, LIMITS, seed=1)
    many = exposure_gaps(np.arange(200), values, audit, LIMITS, seed=1)
    wide, narrow = _gap(once, "sex=f", NDCG), _gap(many, "sex=f", NDCG)
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_one_group_alone_has_nobody_to_be_compared_with() -> None:
    assert exposure_gaps(np.arange(3), {NDCG: np.ones(3)}, pd.DataFrame({"sex": ["f"] * 3}), LIMITS, seed=1).gaps == ()


def test_exposure_is_shared_by_place_and_posts_without_family_take_theirs() -> None:
    shares = exposure_shares(np.array([[0, -1, 1], [-1, -1, -1]]), ["patrol", "legal"])
    attention = 1 / np.log2([2, 3, 4])
    assert shares["patrol"].tolist() == pytest.approx([attention[0] / attention.sum(), 0])
    assert shares["legal"].tolist() == pytest.approx([attention[2] / attention.sum(), 0])


@pytest.mark.parametrize(
    ("taken", "status"),
    [
        (float("nan"), Status.FAIL),
        (0.3, Status.FAIL),
        (-0.05, Status.FAIL),
        (-0.15, Status.UNEXPLAINED),
        (-0.5, Status.UNEXPLAINED),
    ],
)
def test_a_gap_may_follow_the_usual_one_but_not_outrun_it(taken: float, status: Status) -> None:
    measured = Measured(-0.2, -0.22, -0.18, -0.24, -0.16)
    assert Gap("sex=f", "legal", 100, measured, taken).status(LISTS) is status
    assert Gap("sex=f", NDCG, 100, measured, taken).status(LISTS) is status
