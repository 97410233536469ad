"""Figures against a hand count and against scikit-learn; draws against the slow way."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score

from training.evaluation import plots
from training.evaluation.bootstrap import OfficerDraws, difference, weighted_average_precision, weighted_means
from training.evaluation.plots import chinese_font, next_post_figure, risk_figure
from training.evaluation.risk_metrics import (
    average_precision,
    brier,
    ece,
    precision_at,
    ranking_figures,
    recall_at,
    soft_average_precision,
    top_hits,
)

TRUTH = arrays(np.float64, 60, elements=st.sampled_from([0.0, 1.0]))
COUNTS = arrays(np.float64, 60, elements=st.integers(0, 5).map(float))


@given(TRUTH, COUNTS, st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_drawn_average_precision_is_that_of_the_rows_repeated(y: np.ndarray, score: np.ndarray, seed: int) -> None:
    times = OfficerDraws([str(n // 2) for n in range(60)], draws=3, seed=seed).weights()
    fast = weighted_average_precision(y, score, times)
    for row, value in zip(times, fast, strict=True):
        drawn, scores = np.repeat(y, row), np.repeat(score, row)
        if drawn.sum() == 0:
            assert math.isnan(value)
        else:
            assert value == pytest.approx(average_precision_score(drawn, scores))


def test_an_officer_is_drawn_with_all_rows_or_none() -> None:
    times = OfficerDraws(["a", "b", "a"], draws=50).weights()
    assert np.array_equal(times[:, 0], times[:, 2])
    assert (times[:, 0] + times[:, 1] == 2).all()


def test_the_same_seed_draws_the_same() -> None:
    first, again = (OfficerDraws(["a", "b", "c"], draws=5, seed=4).weights() for _ in range(2))
    assert np.array_equal(first, again)


def test_draws_do_not_hear_what_officers_are_called() -> None:
    ids = ["o-3", "o-1", "o-3", "o-2", "o-1", "o-4"]
    pseudonyms = {"o-1": "f00", "o-2": "0aa", "o-3": "c1d", "o-4": "77b"}
    renamed = OfficerDraws([pseudonyms[one] for one in ids], draws=20)
    assert np.array_equal(OfficerDraws(ids, draws=20).weights(), renamed.weights())


def test_draws_are_the_same_in_blocks_of_any_size_and_few_are_held_at_once() -> None:
    draws = OfficerDraws([str(n // 3) for n in range(31)], draws=11)
    assert [len(block) for block in draws.blocks(cells=31 * 4)] == [4, 4, 3]
    for cells in (1, 31 * 4, 10**6):
        assert np.array_equal(np.concatenate(list(draws.blocks(cells))), draws.weights())
    values = {"a": np.arange(31.0)}
    assert np.array_equal(draws.each(lambda times: weighted_means(values, times))["a"],
                          weighted_means(values, draws.weights())["a"])  # fmt: skip
    big = OfficerDraws([str(n) for n in range(20_000)])
    assert next(iter(big.blocks())).nbytes <= 32_000_000


@given(TRUTH, COUNTS)
@settings(max_examples=40, deadline=None)
def test_ties_at_the_edge_count_by_their_expected_value(y: np.ndarray, score: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(300):
        order = np.lexsort((rng.random(60), -score))
        draws.append(y[order[:3]].sum())
    hits, k = top_hits(y, score, 0.05)
    assert k == 3
    assert abs(hits - np.mean(draws)) < 0.35


def test_precision_and_recall_by_hand() -> None:
    y = np.zeros(40)
    y[[0, 1, 39]] = 1
    score = np.linspace(1, 0, 40)
    assert precision_at(y, score) == 1.0
    assert recall_at(y, score) == pytest.approx(2 / 3)
    assert math.isnan(precision_at(y[:10], score[:10]))


def test_without_positives_nothing_is_claimed() -> None:
    y, score = np.zeros(40), np.linspace(0, 1, 40)
    figures = ranking_figures(y, score)
    assert math.isnan(figures["roc_auc"])
    assert math.isnan(figures["average_precision"])
    assert math.isnan(figures["recall_at_5pct"])
    times = OfficerDraws([str(n) for n in range(40)], draws=4).weights()
    drawn = weighted_average_precision(y, score, times)
    assert math.isnan(difference((1.0, 0.5), (drawn, drawn)).low)


def test_difference_is_paired() -> None:
    first = np.array([0.3, 0.5, 0.9])
    found = difference((0.5, 0.4), (first, first - 0.1))
    assert found.low == pytest.approx(0.1)
    assert found.high == pytest.approx(0.1)


def test_soft_average_precision_agrees_with_hard_labels() -> None:
    rng = np.random.default_rng(1)
    y, score = (rng.random(200) < 0.2).astype(float), rng.random(200)
    assert soft_average_precision(y, score) == pytest.approx(average_precision(y, score))
    chances = rng.random(200)
    once = weighted_average_precision(chances, score, np.ones((1, 200), dtype=np.int32))[0]
    assert once == pytest.approx(soft_average_precision(chances, score))


def test_calibration_figures_by_hand() -> None:
    y = np.array([0.0, 1.0] * 50)
    assert ece(y, np.full(100, 0.5)) == pytest.approx(0.0)
    assert ece(y, np.full(100, 0.8)) == pytest.approx(0.3)
    assert brier(y, np.full(100, 0.5)) == 0.25
    assert math.isnan(ece(np.zeros(0), np.zeros(0)))
    assert math.isnan(brier(np.zeros(0), np.zeros(0)))


@pytest.mark.parametrize("chinese", [True, False])
def test_a_picture_never_needs_a_font_that_is_not_there(monkeypatch: pytest.MonkeyPatch, chinese: bool) -> None:
    found = chinese_font()
    monkeypatch.setattr("training.evaluation.plots.chinese_font", lambda: found if chinese else None)
    y = np.array([0.0, 1.0] * 50)
    figure = risk_figure("conduct", y, {"pharos": np.linspace(0, 1, 100)}, np.full(100, 0.5))
    figure.canvas.draw()
    words = figure.axes[0].get_xlabel()
    assert words == ("召回率" if chinese and found else "recall")
    risk_figure("conduct", np.zeros(100), {}, np.full(100, 0.5)).canvas.draw()


def test_the_picture_of_chances_as_labels_says_what_the_figures_say() -> None:
    y = np.full(100, 0.3)
    figure = risk_figure("conduct", y, {"pharos": np.linspace(0, 1, 100)}, np.full(100, 0.3))
    curve, calibration = figure.axes
    assert ece(y, np.full(100, 0.3)) == pytest.approx(0.0)
    seen = [np.asarray(line.get_ydata()) for line in calibration.lines]
    assert any(np.allclose(line, 0.3) and len(line) == 10 for line in seen)
    assert np.asarray(curve.lines[0].get_ydata())[:-1].mean() == pytest.approx(0.3)


def test_where_nothing_may_be_skipped_a_chinese_font_is_there() -> None:
    if not os.environ.get("CI"):
        pytest.skip("outside CI a machine may have no Chinese font")
    assert chinese_font()


def test_a_chinese_font_of_any_name_is_found_and_boxes_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    found = chinese_font()
    monkeypatch.setattr(plots, "CHINESE_FONTS", ())
    chinese_font.cache_clear()
    other = chinese_font()
    chinese_font.cache_clear()
    assert (other is None) == (found is None)
    assert other != "Last Resort High-Efficiency"


def test_a_file_that_is_no_font_draws_nothing(tmp_path: Path) -> None:
    torn = tmp_path / "torn.ttf"
    torn.write_bytes(b"no font")
    assert not plots._draws_chinese(str(torn))
    assert not plots._draws_chinese(str(tmp_path / "absent.ttf"))


def test_hits_by_k_rise_to_the_share_ever_found() -> None:
    figure = next_post_figure("next-post", {"pharos": np.array([1.0, 2.0, np.inf, 5.0]), "markov": np.full(4, 40.0)})
    figure.canvas.draw()
    ours, theirs = (np.asarray(line.get_ydata()).tolist() for line in figure.axes[0].lines)
    assert ours[:5] == [0.25, 0.5, 0.5, 0.5, 0.75]
    assert ours[-1] == 0.75
    assert set(theirs) == {0.0}
