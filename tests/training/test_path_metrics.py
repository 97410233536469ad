"""Path metrics by hand, and the concordance against lifelines."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines.utils import concordance_index

from models.paths.finding import FoundPaths
from training.evaluation.bootstrap import OfficerDraws
from training.evaluation.path_metrics import case_metrics, concordance, path_record


def test_no_path_is_a_miss_without_a_time() -> None:
    none = np.array([np.nan, 4.0])
    found = FoundPaths([[], [(1,), (2, 1)]], none, none, none)
    values = case_metrics(found, [(1,), (2, 1)], np.array([3.0, 5.0]))
    assert values["path_hit_at_5"].tolist() == [0.0, 1.0]
    assert path_record(values)["median_absolute_time_error_months"] == 1.0
    assert path_record({name: value[:1] for name, value in values.items()})["interval_coverage"] is None


def test_only_five_paths_count() -> None:
    many = [(9, 1), (8, 1), (7, 1), (6, 1), (5, 1), (1,)]
    one = np.ones(1)
    values = case_metrics(FoundPaths([many], one, one, one), [(1,)], one)
    assert (values["path_hit_at_5"][0], values["step_hr_at_5"][0]) == (0.0, 0.0)


def test_concordance_is_that_of_lifelines() -> None:
    rng = np.random.default_rng(3)
    months = rng.integers(1, 30, 700).astype(float)
    seen, risk = rng.random(700) < 0.6, rng.integers(0, 9, 700).astype(float)
    found = concordance(months, seen, risk)
    ours = float(found.value)
    assert ours == pytest.approx(concordance_index(months, -risk, seen), abs=0.01)
    distinct = months + rng.random(700)
    assert concordance(distinct, seen, risk).value == pytest.approx(concordance_index(distinct, -risk, seen), abs=1e-12)
    drawn = found.drawn(OfficerDraws([str(i) for i in range(700)], draws=50))
    assert abs(drawn.mean() - ours) < 0.02
    assert np.isnan(concordance(np.ones(2), np.zeros(2, bool), np.ones(2)).value)
