"""What "unsure" promises is measured on later days and told in words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy.special import expit

from training.gate.doubt import doubt_line, kept_promises
from training.gate.evidence import Later, Pooled

LEVELS = (0.9, 0.8, 0.7)
NAMES = [f"o{n}" for n in range(6000)]


def day(year: int, rate: float = 1.0) -> Later:
    rng = np.random.default_rng(year)
    chances = expit(-3.0 + 1.1 * rng.normal(size=len(NAMES)))
    y = (rng.random(len(NAMES)) < rate * chances).astype(np.float64)
    return Later(date(year, 1, 1), NAMES, y, chances, np.zeros(len(NAMES)))


def test_each_level_is_measured_on_the_day_after_the_one_it_was_set_on() -> None:
    kept = kept_promises(Pooled.of([day(year) for year in (2022, 2023, 2024, 2025)]), LEVELS)
    assert [one.promise for one in kept] == list(LEVELS)
    for one in kept:
        assert one.when_it_came == pytest.approx(one.promise, abs=0.04)
        assert one.when_it_did_not == pytest.approx(one.promise, abs=0.02)
    assert kept[0].unsure > kept[1].unsure > kept[2].unsure
    line = doubt_line("conduct", kept, 0.8)
    assert line is not None
    assert f"{kept[1].unsure:.0%}".replace("%", " %") + " unsure at the promise of 80 %" in line.en
    assert f"承诺 80% 时 {kept[1].unsure:.0%} 的民警“无法判断”" in line.zh


def test_one_day_or_days_without_events_measure_nothing() -> None:
    assert kept_promises(Pooled.of([day(2024)]), LEVELS) == []
    assert kept_promises(Pooled.of([day(2023), day(2024, rate=0.0)]), LEVELS) == []
    assert doubt_line("conduct", [], 0.8) is None
