"""Fitting on a bureau with one planted cause: found, calibrated, explained, stored and refused when it leaks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from data_contracts.catalog import catalog
from data_contracts.errors import ForbiddenFeature, NotReady
from data_contracts.settings import Settings
from features.versions import with_superseded_on
from models import artifacts, keys
from models.base import Matrix, Numbers
from models.risk.boosting import Boosted
from models.risk.logistic import SoftLogistic
from models.risk.model import RiskBundle, with_cuts
from training.risk.choosing import BLENDS
from training.risk.dataset import RiskRows, as_ofs_needed, lesson_of
from training.risk.fit import IN_DOUBT, MEMBERS, FitSettings, FittedMembers, Origins, fit_members, fit_outcome
from training.risk.level import change_of_a_year, expected_level
from training.splits import rolling_origin

YEARS = range(2005, 2012)
FORCE = 500
SPLIT = rolling_origin(date(2011, 1, 1), 12, date(2005, 1, 1))
FAST = FitSettings({"rounds": 40, "learning_rate": 0.1})
COLUMNS = ("complaints_24m", "complaints_sustained_60m", "tenure_days", "days_since_complaints", "rank_code")


def planted(seed: int = 1, rate: float = -2.5) -> RiskRows:
    """Officers whose sustained complaints of the past raise those to come; nothing else does."""
    rng = np.random.default_rng(seed)
    days = [pd.Timestamp(year, 1, 1) for year in YEARS]
    frame = pd.DataFrame({"officer_id": [f"o{n}" for n in range(FORCE)] * len(days)}).astype({"officer_id": "string"})
    frame["as_of"] = np.repeat(np.array(days, dtype="datetime64[us]"), FORCE)
    frame["complaints_24m"] = rng.poisson(1.0, len(frame)).astype(float)
    frame["complaints_sustained_60m"] = rng.poisson(0.4, len(frame)).astype(float)
    frame["tenure_days"] = rng.integers(100, 9000, len(frame)).astype(float)
    frame["days_since_complaints"] = np.where(frame["complaints_24m"] > 0, rng.integers(1, 700, len(frame)), np.nan)
    frame["rank_code"] = pd.array(rng.choice(["officer", "sergeant"], len(frame)), dtype="string")
    came = rng.random(len(frame)) < expit(rate + 1.2 * frame["complaints_sustained_60m"])
    return RiskRows(frame, {"complaints": _complaints(frame[came], rng)}, COLUMNS)


def _complaints(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    opened = rows["as_of"] + pd.to_timedelta(rng.integers(0, 360, len(rows)), unit="D")
    base = pd.DataFrame({"complaint_id": [f"k{n}" for n in range(len(rows))], "officer_id": rows["officer_id"]})
    base = base.assign(opened_on=opened, category="traffic", officer_filed=False)
    closed = opened + pd.to_timedelta(rng.integers(30, 900, len(rows)), unit="D")
    found = base.assign(closed_on=closed, finding="sustained", known_on=closed)
    both = pd.concat([base.assign(known_on=opened), found], ignore_index=True)
    dated = both.astype(dict.fromkeys(("opened_on", "closed_on", "known_on"), "datetime64[us]"))
    return with_superseded_on(catalog().table("complaints"), dated.astype({"finding": "string"}))


ROWS = planted()
LESSON = lesson_of(ROWS, "conduct", SPLIT, COLUMNS)
MODEL = fit_outcome(LESSON, FAST)


def test_the_planted_cause_is_found_and_explained() -> None:
    parts = np.abs(MODEL.contributions(LESSON.x)[:, :-1]).mean(axis=0)
    assert LESSON.design.names[int(parts.argmax())] == "complaints_sustained_60m"
    total = expit(MODEL.contributions(LESSON.x).sum(axis=1))
    assert np.allclose(total, MODEL.predict(LESSON.x), atol=1e-6)


def test_only_the_planted_cause_may_be_told_as_a_reason() -> None:
    assert "sustained_complaints" not in MODEL.silent
    assert {"complaints", "career_stage"} <= set(MODEL.silent)


def test_chances_mean_what_they_say_in_the_year_after() -> None:
    test = ROWS.at([SPLIT.test])
    truth = expit(-2.5 + 1.2 * test["complaints_sustained_60m"].to_numpy())
    chances = MODEL.predict(LESSON.design.matrix(test))
    assert abs(chances.mean() - truth.mean()) < 0.05
    assert np.corrcoef(chances, truth)[0, 1] > 0.8


def test_what_is_served_is_unsure_where_both_ends_were_usual() -> None:
    chance = MODEL.predict(LESSON.x)
    told = replace(MODEL, cuts={"poor": 2.0, "fair": 2.0, "good": 2.0})
    scored = RiskBundle((told,), "risk_v1", "hash").score(ROWS.frame)
    unsure = scored["unsure"].to_numpy(bool)[: len(chance)]
    assert 0 < MODEL.sets.comes < MODEL.sets.stays < 1
    assert 0 < unsure.mean() < 1
    assert np.array_equal(unsure, MODEL.sets.unsure(np.where(scored["status"][: len(chance)] == "scored", chance, 2.0)))


def test_a_leaked_feature_planted_on_purpose_is_caught() -> None:
    came = LESSON.answers(np.ones(len(LESSON.x), dtype=bool), SPLIT.test)
    leaked = ROWS.frame.merge(LESSON.spine.assign(visits_60m=came * 2.0), on=["officer_id", "as_of"], how="left")
    rows = replace(ROWS, frame=leaked)
    with pytest.raises(ForbiddenFeature, match="visits_60m"):
        fit_outcome(lesson_of(rows, "conduct", SPLIT, [*COLUMNS, "visits_60m"]), FAST)


@pytest.mark.parametrize("name", ["sex", "birth_year_band", "future_complaints", "label_conduct", "sick_days_12m"])
def test_forbidden_and_future_columns_are_refused(name: str) -> None:
    with pytest.raises(ForbiddenFeature, match=name):
        lesson_of(ROWS, "conduct", SPLIT, [*COLUMNS, name])


def test_a_history_that_starts_too_late_is_told() -> None:
    with pytest.raises(NotReady, match="too late"):
        lesson_of(ROWS, "conduct", rolling_origin(date(2001, 1, 1), 12, date(2000, 1, 1)), COLUMNS)


def test_without_positives_everybody_has_the_rate_seen() -> None:
    long_ago = ROWS.tables["complaints"].iloc[:1].assign(opened_on=pd.Timestamp(2003, 1, 1))
    empty = replace(ROWS, tables={"complaints": long_ago})
    model = fit_outcome(lesson_of(empty, "conduct", SPLIT, COLUMNS), FAST)
    assert model.predict(LESSON.x).max() < 1e-5
    assert model.contributions(LESSON.x).shape == (len(LESSON.x), LESSON.x.shape[1] + 1)
    assert change_of_a_year(empty, "conduct", SPLIT.test) == 0.0
    assert expected_level(empty, "conduct", SPLIT).rate is None


def test_without_an_earlier_year_the_first_blend_is_taken_uncalibrated() -> None:
    short = rolling_origin(date(2011, 1, 1), 12, date(2010, 1, 1))
    model = fit_outcome(lesson_of(ROWS, "conduct", short, COLUMNS), FAST)
    assert dict(model.weights) == dict(BLENDS[0])
    assert (model.platt.slope, model.platt.shift) == (1.0, 0.0)


def test_what_one_test_holds_out_an_earlier_test_has_fitted_already(monkeypatch: pytest.MonkeyPatch) -> None:
    learned = list[int]()
    fit = SoftLogistic.fit

    def counted(
        self: SoftLogistic, x: Matrix, y: Numbers, names: Sequence[str], weight: Numbers | None = None
    ) -> SoftLogistic:
        learned.append(len(x))
        return fit(self, x, y, names, weight)

    monkeypatch.setattr(SoftLogistic, "fit", counted)
    days = [date(year, 1, 1) for year in (2009, 2010, 2011)]
    lessons = [lesson_of(ROWS, "conduct", rolling_origin(day, 12, date(2005, 1, 1)), COLUMNS) for day in days]
    alone = [fit_outcome(lesson, FAST) for lesson in lessons]
    assert len(learned) == 9  # each for itself, and for two years held out
    origins = Origins(FAST)
    together = [fit_outcome(lesson, origins=origins) for lesson in lessons]
    assert len(learned) - 9 == 5  # 2007 to 2011, each once
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(
            one.predict(LESSON.design.matrix(ROWS.frame)), other.predict(LESSON.design.matrix(ROWS.frame))
        )
        assert (one.platt, one.silent, one.sets) == (other.platt, other.silent, other.sets)


def test_where_events_are_few_shallow_trees_are_asked_too() -> None:
    some, many = np.r_[np.ones(2000), np.zeros(9000)], np.r_[np.ones(2600), np.zeros(9000)]
    origins = Origins(FAST)
    assert origins.names_for(some) == (*MEMBERS, IN_DOUBT)
    assert origins.names_for(many) == MEMBERS
    assert Origins(replace(FAST, members=("boosted",))).names_for(some) == ("boosted",)
    fitted = fit_members(LESSON, origins)
    assert isinstance(fitted, FittedMembers)
    assert fitted.judged is not None
    assert set(fitted.members) == fitted.judged.members == {*MEMBERS, IN_DOUBT}
    shallow = fitted.members[IN_DOUBT]
    assert isinstance(shallow, Boosted)
    assert shallow.params["num_leaves"] == 4


def test_a_held_out_year_is_judged_by_the_columns_of_its_own_time() -> None:
    new = ROWS.frame["as_of"] >= pd.Timestamp(2010, 1, 1)
    rows = replace(ROWS, frame=ROWS.frame.assign(nights_12m=np.where(new, ROWS.frame["complaints_24m"], 0.0)))
    lesson = lesson_of(rows, "conduct", SPLIT, [*COLUMNS, "nights_12m"])
    assert "nights_12m" in lesson.design.names
    fitted = fit_members(lesson, Origins(FAST))
    assert isinstance(fitted, FittedMembers)
    assert fitted.judged is not None
    asked = [year.asked for year in fitted.judged.years]
    assert all(
        one is not None and "nights_12m" not in one.names and one.x.shape == (FORCE, len(one.names)) for one in asked
    )


def test_the_level_expected_is_met_and_nothing_else_moves() -> None:
    present = ROWS.at([SPLIT.test])
    moved = fit_outcome(LESSON.at_level(0.04, present), FAST)
    assert np.allclose(moved.scores(LESSON.x), MODEL.scores(LESSON.x))
    assert moved.predict(LESSON.design.matrix(present)).mean() == pytest.approx(0.04, abs=1e-6)
    assert moved.platt.slope == MODEL.platt.slope
    assert LESSON.at_level(0.04, present.iloc[:0]).present is None


def test_the_level_follows_the_newest_months() -> None:
    expected = expected_level(ROWS, "conduct", SPLIT)
    assert expected.rate == pytest.approx(LESSON.answers(LESSON.mask([SPLIT.train[-1]]), SPLIT.test).mean(), rel=0.35)
    assert len(expected.present) == FORCE
    fewer = ROWS.tables["complaints"]
    recent = fewer["opened_on"] >= pd.Timestamp(2010, 1, 1)
    quiet = replace(ROWS, tables={"complaints": fewer[~recent | (np.arange(len(fewer)) % 2 == 0)]})
    assert change_of_a_year(quiet, "conduct", SPLIT.test) < change_of_a_year(ROWS, "conduct", SPLIT.test) - 0.1
    assert date(2009, 1, 1) in as_ofs_needed([SPLIT])


def test_what_is_known_later_does_not_move_the_level() -> None:
    known = ROWS.tables["complaints"]
    late = known.assign(known_on=known["known_on"] + pd.Timedelta(days=9000))
    more = replace(ROWS, tables={"complaints": pd.concat([known, late], ignore_index=True)})
    assert expected_level(more, "conduct", SPLIT).rate == expected_level(ROWS, "conduct", SPLIT).rate


def bundle() -> RiskBundle:
    return with_cuts(RiskBundle((MODEL,), "risk_v1", "hash"), ROWS.at([SPLIT.test]))


def test_a_bundle_survives_signing_and_scores_the_same(tmp_path: Path) -> None:
    settings, made = Settings(state=tmp_path), bundle()
    folder = artifacts.save(tmp_path / "m", made.to_parts(), {}, keys.signing_key(settings.keys_dir))
    parts, _ = artifacts.load(folder, keys.public_key(settings.keys_dir))
    again, force = RiskBundle.from_parts(parts), ROWS.at([SPLIT.test])
    pd.testing.assert_frame_equal(again.score(force), made.score(force))
    assert (again.columns, again.cuts, again.outcomes) == (made.columns, made.cuts, ("conduct",))


def test_a_short_history_is_never_a_low_risk() -> None:
    force = ROWS.at([SPLIT.test])
    scored = bundle().score(force)
    assert scored["officer_id"].tolist() == force["officer_id"].tolist()
    short = (force["tenure_days"] < 364).to_numpy()
    assert short.any()
    assert (scored["status"] == "not_scored").to_numpy().tolist() == short.tolist()
    assert scored.loc[short, ["probability", "low", "high", "reasons"]].isna().all().all()
    assert json.loads(scored.loc[short, "because"].iloc[0])["code"] == "short_history"
    told = scored[~short]
    assert told["probability"].between(told["low"], told["high"]).all()


def test_a_score_does_not_depend_on_who_else_is_asked() -> None:
    force, made = ROWS.at([SPLIT.test]), bundle()
    whole, some = made.score(force), made.score(force.iloc[100:107].reset_index(drop=True))
    pd.testing.assert_frame_equal(whole.iloc[100:107].reset_index(drop=True), some)
    assert made.score(force.iloc[:0]).empty
