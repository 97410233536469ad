"""What "unsure" promises is measured on later days and told in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from data_contracts.policy import policy
from models.risk.conformal import Conformal
from models.risk.evidence import Later, Pooled
from training.gate.coverage import coverage_lines, without_promise
from training.gate.doubt import doubt_line, kept_promises

LEVELS = (0.9, 0.8, 0.7)
NAMES = [f"o{n}" for n in range(6000)]
SETS = Conformal(0.0546, 0.1017, 0.8)  # what 80 % of those with, and of those without the outcome lie beyond, below


def day(year: int, rate: float = 1.0) -> Later:
    rng = np.random.default_rng(year)
    chances = expit(-3.0 + 1.1 * rng.normal(size=len(NAMES)))
    y = (rng.random(len(NAMES)) < rate * chances).astype(np.float64)
    return Later(date(year, 1, 1), NAMES, y, chances, np.zeros(len(NAMES)), sets=SETS)


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


HALF = np.arange(len(NAMES)) % 2 == 0


def judged(rows: Pooled, audit: pd.DataFrame | None = None) -> dict[str, str]:
    frame = pd.DataFrame(index=range(len(rows.y))) if audit is None else audit
    lines = coverage_lines("conduct", rows, frame, (0.8, 1), policy().gate)
    return {line.check: line.status.value for line in lines}


def test_a_promise_that_is_kept_passes_for_everybody_and_in_each_group() -> None:
    days = [day(year) for year in (2022, 2023, 2024, 2025)]
    audit = pd.DataFrame({"sex": np.tile(np.where(HALF, "f", "m"), 4)})
    found = judged(Pooled.of(days), audit)
    assert set(found) == {
        f"conduct.{place}promise_kept_{label}" for place in ("", "sex=f.", "sex=m.") for label in ("came", "stayed")
    }
    assert set(found.values()) == {"pass"}


def test_a_promise_broken_in_one_group_fails_there_with_its_interval() -> None:
    """Half of the force is told a third of its chances, so its events lie where sets do not look for them."""
    days = [day(year) for year in (2022, 2023, 2024, 2025)]
    rows = Pooled.of([replace(one, chances=np.where(HALF, one.chances / 3, one.chances)) for one in days])
    audit = pd.DataFrame({"sex": np.tile(np.where(HALF, "f", "m"), 4)})
    lines = {line.check: line for line in coverage_lines("conduct", rows, audit, (0.8, 1), policy().gate)}
    line = lines["conduct.sex=f.promise_kept_came"]
    assert line.status.value == "fail"
    assert line.low < line.value < line.high < 0.8
    assert line.must.en == "at least 0.70, with its interval"
    assert lines["conduct.sex=m.promise_kept_came"].status.value == "pass"


def test_few_events_and_evidence_without_sets_are_inconclusive_and_no_pass() -> None:
    few = [
        Later(one.as_of, NAMES[:300], one.y[:300], one.chances[:300], one.counts[:300], sets=SETS)
        for one in map(day, (2022, 2023))
    ]
    assert judged(Pooled.of(few))["conduct.promise_kept_came"] == "inconclusive"
    old = Pooled.of([replace(day(2024), sets=None)])
    assert set(judged(old).values()) == {"inconclusive"}, "a version from before its sets were kept"


def test_a_promise_missed_in_one_year_only_is_a_suspect_and_no_fail() -> None:
    days = [day(year) for year in (2022, 2023)]
    rows = Pooled.of([days[0], replace(days[1], chances=days[1].chances / 5)])
    lines = {
        line.check: line
        for line in coverage_lines("conduct", rows, pd.DataFrame(index=rows.y), (0.8, 1), policy().gate)
    }
    missed = lines["conduct.promise_kept_came"]
    assert missed.high < 0.7
    assert (missed.status.value, missed.suspect) == ("inconclusive", True)


def test_a_version_that_is_unsure_of_everyone_promised_nothing_and_so_kept_nothing() -> None:
    days = [day(year) for year in (2022, 2023, 2024, 2025)]
    audit = pd.DataFrame({"sex": np.tile(np.where(HALF, "f", "m"), 4)})
    open_ended = Pooled.of([replace(one, sets=Conformal()) for one in days])
    for rows in (open_ended, without_promise(Pooled.of(days))):
        lines = coverage_lines("conduct", rows, audit, (0.8, 1), policy().gate)
        assert {line.status.value for line in lines} == {"inconclusive"}
        assert all("nothing was promised and nothing was kept" in line.found_words.en for line in lines)
        assert all("无从兑现" in line.found_words.zh and np.isnan(line.value) for line in lines)
    one_end = judged(Pooled.of([replace(one, sets=replace(SETS, comes=0.0)) for one in days]), audit)
    assert {status for check, status in one_end.items() if check.endswith("came")} == {"inconclusive"}
    assert {status for check, status in one_end.items() if check.endswith("stayed")} == {"pass"}


def test_years_without_a_promise_do_not_lift_the_share_of_those_with_one() -> None:
    years = [replace(day(year), chances=day(year).chances / 5) for year in (2022, 2023)]
    open_ended = [replace(day(year), sets=Conformal()) for year in (2024, 2025)]
    lines = {line.check: line for line in coverage_lines(
        "conduct", Pooled.of([*years, *open_ended]), pd.DataFrame(index=range(4 * len(NAMES))), (0.8, 1), policy().gate
    )}  # fmt: skip
    assert lines["conduct.promise_kept_came"].status.value == "fail"
    assert lines["conduct.promise_kept_came"].high < 0.5
