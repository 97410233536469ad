"""The worth of a ranking that was not shown, against the truth: the naive way is off, these are not, or they refuse."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tests.training.feedback_world import LEARNING
from training.evaluation.off_policy import LoggedRows, OffPolicy, off_policy

PLACES, POOL, SHARE, ITEMS = 3, 5, 0.4, 8
LOOKED = np.arange(1, PLACES + 1) ** -1.0
LIKED = np.linspace(0.10, 0.70, ITEMS)  # the logging ranking puts the least liked first


@dataclass(frozen=True)
class Sample:
    """Rows of a log, and what a reader would say who takes the other ranking's items as they did where they stood."""

    rows: LoggedRows
    naive: float


TRUTH = float(LIKED[0] * LOOKED[0] + LIKED[1] * LOOKED[1] + LIKED[6] * LOOKED[2])  # tastes are 1 on average


def sample(seed: int, officers: int = 150, each: int = 4, model: float = 0.8) -> Sample:
    """Items 0 and 1 stand first; the last place holds 6 for those who like it and 2 for others, or by chance one of 2
    to 6. The other ranking has 6 there for all.

    Every officer asks several times; `model` is what the model's expectations are multiplied by.
    """
    rng, answers = np.random.default_rng(seed), officers * each
    taste = np.repeat(rng.uniform(0.4, 1.6, officers), each)  # for item 6
    first = np.where(taste > 1, 6, 2)
    last = np.where(rng.random(answers) < SHARE, rng.integers(2, 2 + POOL, answers), first)
    item = np.stack([np.zeros(answers, int), np.ones(answers, int), last], axis=1)
    place = np.tile(np.arange(PLACES), (answers, 1))
    chance = LIKED[item] * LOOKED[place] * np.where(item == 6, taste[:, None], 1.0)
    reward = (rng.random(item.shape) < chance).astype(float)
    propensity = np.ones(item.shape)
    propensity[:, 2] = SHARE / POOL + (1 - SHARE) * (last == first)
    target = np.ones(item.shape)
    target[:, 2] = last == 6
    said = model * LIKED[item] * LOOKED[place]
    rows = LoggedRows(
        [f"o-{number // each}" for number in range(answers)], np.repeat(np.arange(answers), PLACES),
        place.ravel() + 1, reward.ravel(), propensity.ravel(), target.ravel(), said.ravel(),
        np.full(answers, model * TRUTH),
    )  # fmt: skip
    return Sample(rows, float(reward[:, :2].sum(axis=1).mean() + reward[last == 6, 2].mean()))


def test_intervals_hold_the_truth_in_nineteen_of_twenty_logs_and_the_naive_mean_never_does() -> None:
    held = dict.fromkeys(("ips", "snips", "dr"), 0)
    values: dict[str, list[float]] = {name: [] for name in held}
    naive: list[float] = []
    for seed in range(200):
        drawn = sample(seed, officers=300)
        found = off_policy(drawn.rows, replace(LEARNING, least_effective=20), draws=200, seed=seed)
        assert found.refused is None
        naive.append(drawn.naive)
        for name, estimate in found.estimates.items():
            values[name].append(estimate.value)
            held[name] += estimate.low <= TRUTH <= estimate.high
    for name, found_values in values.items():
        error = np.std(found_values) / np.sqrt(200)
        assert abs(np.mean(found_values) - TRUTH) < 3 * error, name
        assert 184 <= held[name] <= 199, (name, held[name])
    assert np.mean(naive) - TRUTH > 0.04
    assert np.std(values["dr"]) < np.std(values["ips"])


def test_a_wrong_model_costs_doubly_robust_no_truth() -> None:
    values = [off_policy(sample(seed, model=3.0).rows, LEARNING, draws=2).estimates["dr"].value for seed in range(200)]
    assert abs(np.mean(values) - TRUTH) < 3 * np.std(values) / np.sqrt(200)


def test_the_logged_ranking_itself_needs_hardly_any_weights() -> None:
    drawn = sample(1).rows
    same = replace(drawn, target=drawn.propensity)
    found = off_policy(same, LEARNING, draws=50)
    assert found.estimates["ips"].value == pytest.approx(drawn.reward.sum() / 600)
    assert found.effective == pytest.approx(600)
    assert found.support == pytest.approx(1.0)


def refused(found: OffPolicy) -> str:
    assert found.estimates == {}
    assert found.refused is not None
    return found.refused


def test_too_few_answers_are_refused() -> None:
    assert "effective answers" in refused(off_policy(sample(1, officers=20).rows, LEARNING))
    nothing = np.zeros(0)
    none = LoggedRows([], np.zeros(0, np.intp), np.zeros(0, np.intp), *(nothing for _ in range(5)))
    assert refused(off_policy(none, LEARNING)) == "nothing was shown yet"


def test_what_the_log_could_never_show_is_refused() -> None:
    drawn = sample(1).rows
    target = drawn.target.copy()
    target[drawn.position == 1] = 0.0  # another item first: chance never changed the first place
    found = off_policy(replace(drawn, target=target), LEARNING)
    assert "at most 0% of what this ranking shows" in refused(found)
    assert found.support == 0.0


def test_answers_may_differ_in_length_and_rare_rows_are_clipped() -> None:
    rows = LoggedRows(
        ["a", "b"], np.array([0, 0, 1]), np.array([1, 2, 1]), np.array([1.0, 1.0, 0.0]), np.array([1.0, 1e-9, 1.0]),
        np.array([1.0, 1.0, 1.0]), np.zeros(3), np.zeros(2),
    )  # fmt: skip
    found = off_policy(rows, replace(LEARNING, least_effective=1, least_propensity=0.5), draws=20)
    assert found.estimates["ips"].value == pytest.approx((1 + 1 / 0.5) / 2)
    assert found.estimates["snips"].value == pytest.approx((1 + 1) / 2)
