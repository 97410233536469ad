"""A theme that means nothing is not told, whatever a model made of it; one that means something is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from data_contracts.policy import policy
from data_contracts.reasoning import OutcomeThemes
from data_contracts.vocabulary import Outcome
from models.base import ExplainedModel, Matrix, Numbers
from models.risk.boosting import Boosted
from models.risk.explain import CODES, quiet_facets, theme_sums, unlisted
from models.risk.logistic import SoftLogistic
from models.risk.themes import FACETS
from training.risk.choosing import Asked, HeldOut, Judged, Weights
from training.risk.theme_worth import silent_themes, theme_worth

NAMES = ("complaints_12m", "overtime_hours_12m", "honours_60m", "moves_60m")
NULL = {"honours", "moves"}


def _year(rng: np.random.Generator, rows: int) -> tuple[Matrix, Numbers]:
    """Complaints tell much, overtime a little, honours and moves nothing."""
    x = np.column_stack([rng.poisson(2, rows), rng.gamma(4, 5, rows), rng.poisson(1, rows), rng.poisson(1, rows)])
    chance = expit(-4.5 + 0.5 * x[:, 0] + 0.06 * x[:, 1])
    return x.astype(np.float32), (rng.random(rows) < chance).astype(np.float64)


def _silent(members: Mapping[str, ExplainedModel], weights: Weights, *years: tuple[Matrix, Numbers]) -> tuple[str, ...]:
    held_out = tuple(HeldOut({}, y, [f"o{n}" for n in range(len(y))], members, Asked(x, NAMES)) for x, y in years)
    return silent_themes(Judged(held_out), weights, "conduct")


def _fitted(rng: np.random.Generator) -> dict[str, Boosted | SoftLogistic]:
    x, y = _year(rng, 3000)
    trees = Boosted({"rounds": 60, "feature_fraction": 1.0, "min_data_in_leaf": 20, "num_leaves": 31})
    return {"boosted": trees.fit(x, y, NAMES), "logistic": SoftLogistic(10.0).fit(x, y, NAMES)}


def test_planted_nulls_stay_silent_and_planted_effects_speak() -> None:
    heard = dict.fromkeys(("complaints", "workload", *NULL), 0)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        members = _fitted(rng)
        silent = _silent(members, {"boosted": 0.5, "logistic": 0.5}, _year(rng, 3000))
        for theme in heard:
            heard[theme] += theme not in silent
        assert "training" in silent  # no column speaks of it
    assert heard["complaints"] == heard["workload"] == 10
    assert heard["honours"] + heard["moves"] <= 2  # in twenty trials


def test_without_the_year_held_out_the_null_would_be_told() -> None:
    """The trap: on the rows that trees learned from, everything seems to tell something."""
    rng = np.random.default_rng(1)
    x, y = _year(rng, 2000)
    trees = Boosted({"rounds": 150, "feature_fraction": 1.0, "min_data_in_leaf": 5, "num_leaves": 63}).fit(x, y, NAMES)
    seen = theme_worth(theme_sums(trees.contributions(x), NAMES), y)
    fresh_x, fresh_y = _year(rng, 2000)
    fresh = theme_worth(theme_sums(trees.contributions(fresh_x), NAMES), fresh_y)
    assert min(seen[theme] for theme in NULL) > 2.0
    assert max(fresh[theme] for theme in NULL) < 2.0


def test_a_weak_theme_that_one_year_silences_speaks_in_two() -> None:
    rng = np.random.default_rng(3)
    x, y = _year(rng, 4000)
    weak = SoftLogistic(10.0).fit(x, y, NAMES)
    years = [_year(rng, 100) for _ in range(8)]
    alone = sum("workload" not in _silent({"logistic": weak}, {"logistic": 1.0}, year) for year in years)
    assert alone < 8
    assert "workload" not in _silent({"logistic": weak}, {"logistic": 1.0}, *years)


def test_years_that_do_not_know_what_they_were_asked_silence_nothing() -> None:
    blind = Judged((HeldOut({}, np.zeros(3), ["a", "b", "c"]),))
    assert silent_themes(blind, {"logistic": 1.0}, "conduct") == unlisted("conduct")
    assert "supervisor" in unlisted("conduct")


def test_the_loudest_theme_always_speaks() -> None:
    rng = np.random.default_rng(5)
    x, _ = _year(rng, 300)
    luck = (rng.random(300) < 0.1).astype(np.float64)
    member = SoftLogistic(1.0).fit(x, luck, NAMES)
    other = (rng.random(300) < 0.1).astype(np.float64)
    silent = _silent({"logistic": member}, {"logistic": 1.0}, (x, other))
    spoken = {"complaints", "workload", "honours", "moves"} - set(silent)
    assert 1 <= len(spoken) <= 2


def test_a_model_that_makes_too_much_of_a_theme_does_not_silence_it() -> None:
    rng = np.random.default_rng(2)
    x, y = _year(rng, 2000)
    member = SoftLogistic(10.0).fit(x, y, NAMES)
    sums = theme_sums(member.contributions(x), NAMES)
    loud = theme_sums(5.0 * member.contributions(x), NAMES)
    assert theme_worth(loud, y)["complaints"] == pytest.approx(theme_worth(sums, y)["complaints"])
    turned = theme_worth(theme_sums(-member.contributions(x), NAMES), y)
    assert turned["complaints"] < -2.0  # a theme that says the opposite of what came is no reason


def test_a_null_is_silent_however_well_it_goes_along_unless_policy_lists_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves that stand in for the cause: evidence there is plenty, and no department holds them for a cause."""
    rng = np.random.default_rng(4)
    x, y = _year(rng, 3000)
    x[:, 3] = x[:, 0]  # moves go along with complaints
    x[:, 0] = 0.0
    member = SoftLogistic(10.0).fit(x, y, NAMES)
    assert theme_worth(theme_sums(member.contributions(x), NAMES), y)["moves"] > 5.0
    assert "moves" in _silent({"logistic": member}, {"logistic": 1.0}, (x, y))
    rules = policy()
    conduct = OutcomeThemes(Outcome.CONDUCT, ("complaints", "workload", "moves"))
    listed = replace(rules, reasons=replace(rules.reasons, outcome=(conduct,)))
    for place in ("models.risk.explain", "training.risk.theme_worth"):
        monkeypatch.setattr(f"{place}.policy", lambda: listed)
    assert "moves" not in _silent({"logistic": member}, {"logistic": 1.0}, (x, y))


def test_a_cause_is_told_though_the_rest_of_its_theme_is_noise() -> None:
    """A short tenure tells something; what the model makes of the years in a rank tells the opposite of what came."""
    rng = np.random.default_rng(6)
    names = ("tenure_days", "days_in_rank", "complaints_12m")
    x = np.column_stack([rng.normal(0, 1, 4000), rng.normal(0, 1, 4000), rng.poisson(2, 4000)]).astype(np.float32)

    def years(effect: float) -> Numbers:
        chance = expit(-3.0 - 0.5 * x[:, 0] + effect * x[:, 1] + 0.5 * x[:, 2])
        return np.asarray(rng.random(4000) < chance, dtype=np.float64)

    member = SoftLogistic(1.0).fit(x, years(0.8), names)
    held = HeldOut({}, years(-0.8), [f"o{n}" for n in range(4000)], {"logistic": member}, Asked(x, names))
    silent = silent_themes(Judged((held,)), {"logistic": 1.0}, "conduct")
    assert {"days_in_rank"} <= {*silent}
    assert not {"career_stage", "tenure_days"} & {*silent}
    assert not quiet_facets(silent)[[facet.shown for _, facet in FACETS].index("tenure_days")]


def test_a_sentence_that_means_nothing_is_not_told_because_its_theme_means_something() -> None:
    """Of workload nights tell much and days of leave nothing; two windows of overtime tell the same."""
    names = ("nights_per_duty_month_12m", "leave_days_per_duty_month_12m", "overtime_hours_12m", "overtime_hours_24m")
    spoken = dict.fromkeys((*names[:3], "workload"), 0)
    for seed in range(10):
        rng = np.random.default_rng(seed)

        def year(rng: np.random.Generator = rng) -> tuple[Matrix, Numbers]:
            x = rng.normal(0, 1, (3000, 3))
            x = np.column_stack([x, x[:, 2] + rng.normal(0, 0.1, 3000)])
            chance = expit(-3.0 + 0.8 * x[:, 0] + 0.4 * x[:, 2])
            return x.astype(np.float32), (rng.random(3000) < chance).astype(np.float64)

        x, y = year()
        trees = Boosted({"rounds": 60, "feature_fraction": 1.0, "min_data_in_leaf": 20, "num_leaves": 31})
        x_held, y_held = year()
        held = HeldOut({}, y_held, [f"o{n}" for n in range(3000)], {"b": trees.fit(x, y, names)}, Asked(x_held, names))
        silent = silent_themes(Judged((held,)), {"b": 1.0}, "conduct")
        for name in spoken:
            spoken[name] += name not in silent
    assert spoken["workload"] == spoken[names[0]] == spoken[names[2]] == 10
    assert spoken[names[1]] <= 2  # a null passes two standard errors one time in forty


def test_policy_lists_themes_that_exist() -> None:
    for one in policy().reasons.outcome:
        assert set(one.themes) <= set(CODES)
        assert len(set(one.themes)) == len(one.themes)
