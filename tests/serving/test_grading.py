"""A request and the night give the same officers the same grades, in every mode of policy."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from data_contracts.decisions import CutOffs, GradePolicy
from data_contracts.policy import Policy, policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Outcome
from serving.night.batch import score
from serving.night.manifest import ModelIdentity
from serving.night.past import Chances, NoPast, Past, PublishedPast
from serving.night.results import latest_run, results_root
from serving.risk.schemas import RiskRequest, RiskScored
from serving.risk.warn import RiskDesk
from tests.serving.desks import CUTS, NOW, RISK_MODEL, FakeSource
from tests.serving.night_force import AS_OF, CountScorer, force, reader, write_snapshot

RULES = policy().grades
OFFICERS = 400
ASKED = ("conduct", 12)
CUT = CutOffs(Outcome.CONDUCT, 12, poor=0.3, fair=0.1, good=0.05)
MODES: Mapping[str, GradePolicy] = {
    "shares": RULES,
    "cut_offs": dataclasses.replace(RULES, mode="cut_offs", cut_off=(CUT,)),
    "unit_budget": dataclasses.replace(
        RULES, mode="unit_budget", unit=dataclasses.replace(RULES.unit, poor_budget=0.04, poor_budget_least=1)
    ),
}
WORST_UNIT = [f"o-{number}" for number in range(3, OFFICERS, 4)]  # of u3


@dataclass
class SkewedScorer(CountScorer):
    """Chances to three digits, so that equals are many; unit u3 has the worst, unit u0 the best. Of some officers
    other chances than the night's, where they are given."""

    answers: tuple[tuple[str, int], ...] = (ASKED,)
    now: Mapping[str, float] = field(default_factory=dict)

    def _outcome(self, chunk: pd.DataFrame, name: str, months: int) -> pd.DataFrame:
        rows = super()._outcome(chunk.assign(complaints_24m=0, rate_12m=0.0), name, months)
        number = chunk["officer_id"].str.removeprefix("o-").astype(int)
        chance = ((number * 37) % 97 / 97 * 0.25 + 0.05 * (number % 4)).round(2)
        chosen = [self.now.get(officer, usual) for officer, usual in zip(chunk["officer_id"], chance, strict=True)]
        rows["probability"] = chosen  # also of o-0, who is not scored for all that
        return rows.assign(strengths=None, merits=None)


def _published(state: Settings, rules: GradePolicy) -> pd.Series:
    """The grades of a night, by officer."""
    write_snapshot(state, force(OFFICERS))
    score(AS_OF, state, SkewedScorer(), rules=rules, reader=reader(state), chunk_officers=150)
    return latest_run(state).officers().set_index("officer_id")["grade"].dropna()


def _desk(rules: GradePolicy, past: Past, now: Mapping[str, float] | None = None) -> RiskDesk:
    everybody = [f"o-{number}" for number in range(OFFICERS)]
    rows = FakeSource(dict.fromkeys([*everybody, "o-9999"], 2.0))
    told: Policy = dataclasses.replace(policy(), grades=rules)
    return RiskDesk(RISK_MODEL, SkewedScorer(now=now or {}), {ASKED: CUTS["conduct", 12]}, rows, told, past=past)


def _asked(desk: RiskDesk, officers: list[str]) -> tuple[dict[str, str], set[str]]:
    """Grades by officer and what they rest on."""
    answer = desk.answer(RiskRequest(officer_ids=officers), "r", NOW).results
    scored = [one for one in answer if isinstance(one, RiskScored)]
    assert len(scored) == len(officers)
    return {one.officer_id: one.grade.value for one in scored}, {one.outcomes[0].graded_by for one in scored}


def _past(state: Settings) -> PublishedPast:
    return PublishedPast(state, SkewedScorer().models, 3)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_a_request_grades_as_the_night_does(mode: str, state: Settings) -> None:
    night = _published(state, MODES[mode])
    assert set(night) == {"poor", "fair", "good", "excellent"}
    desk = _desk(MODES[mode], _past(state))
    for start in range(0, len(night), 150):
        some = [str(officer) for officer in night.index[start : start + 150]]
        grades, basis = _asked(desk, some)
        assert grades == night[some].to_dict()
        assert basis == {"cut_offs" if mode == "cut_offs" else "night"}


def test_the_budget_bites_in_this_force(state: Settings) -> None:
    """Or else the test above would say nothing of the budget."""
    budget = _published(state, MODES["unit_budget"])
    units = latest_run(state).officers().set_index("officer_id")["unit_id"]
    poor = Counter(units[budget.index[budget == "poor"]])
    assert 0 < max(poor.values()) <= 4
    last = _past(state).night()
    assert last is not None
    assert np.isnan(last.at(ASKED, ["o-0", "o-1"])).tolist() == [True, False]  # the first has a chance but no score
    shares = _desk(MODES["shares"], _past(state))
    assert Counter(_asked(shares, WORST_UNIT)[0].values())["poor"] > poor["u3"]


def test_a_chance_that_has_risen_is_graded_as_the_next_night_grades_it(state: Settings) -> None:
    rules = MODES["unit_budget"]
    night = _published(state, rules)
    chances = latest_run(state).officers().set_index("officer_id")["probability"].astype(float)
    worst = night[WORST_UNIT]
    edge = float(chances[worst.index[worst == "poor"]].min())
    riser = str(worst.index[worst == "good"][0])
    asked = {moved: _asked(_desk(rules, _past(state), {riser: moved}), [riser])[0] for moved in (edge + 0.01, 0.2)}
    assert asked == {edge + 0.01: {riser: "poor"}, 0.2: {riser: "good"}}
    assert score_again(state, rules, {riser: edge + 0.01})[riser] == "poor"


def score_again(state: Settings, rules: GradePolicy, now: Mapping[str, float]) -> pd.Series:
    """The grades of another night, in which some chances have moved."""
    day = AS_OF.replace(day=2)
    write_snapshot(state, force(OFFICERS), day)
    score(day, state, SkewedScorer(now=now), rules=rules, reader=reader(state))
    return latest_run(state).officers().set_index("officer_id")["grade"]


def test_who_was_not_in_the_night_is_graded_by_the_shares(state: Settings) -> None:
    _published(state, MODES["unit_budget"])
    grades, basis = _asked(_desk(MODES["unit_budget"], _past(state), {"o-9999": 0.39}), ["o-9999"])
    assert (grades, basis) == ({"o-9999": "poor"}, {"night"})


def test_without_a_night_the_models_cut_offs_decide_and_that_is_said(state: Settings) -> None:
    rules = MODES["unit_budget"]
    chances = {"o-1": 0.55, "o-2": 0.3, "o-3": 0.01}
    past: Past
    for past in (NoPast(), _past(state), PublishedPast(state, (ModelIdentity("risk", "9", "x", "s", "h"),), 3)):
        grades, basis = _asked(_desk(rules, past, chances), list(chances))
        assert basis == {"cut_offs"}
        assert grades == {name: _by(CUTS["conduct", 12], chance) for name, chance in chances.items()}
        if isinstance(past, PublishedPast) and not results_root(state).exists():
            _published(state, rules)  # the last one is of another model


def test_the_night_is_read_again_when_another_is_in_force(state: Settings) -> None:
    _published(state, RULES)
    desk = _desk(RULES, _past(state), {"o-1": 0.30})
    before = _asked(desk, ["o-1"])[0]
    score_again(state, RULES, {f"o-{number}": 0.5 for number in range(2, 200)})
    assert (before, _asked(desk, ["o-1"])[0]) == ({"o-1": "fair"}, {"o-1": "good"})


def _by(cuts: Mapping[str, float], chance: float) -> str:
    return next((name for name in ("poor", "fair", "good") if chance >= cuts[name]), "excellent")


def test_an_outcome_that_the_night_did_not_score_is_graded_by_cut_offs(state: Settings) -> None:
    _published(state, RULES)
    night = _past(state).night()
    assert night is not None
    nobody = dataclasses.replace(night, table={ASKED: np.full(len(night.officers), np.nan)})

    class Blank(NoPast):
        def night(self) -> Chances:
            return nobody

    assert _asked(_desk(RULES, Blank(), {"o-1": 0.01}), ["o-1"]) == ({"o-1": "excellent"}, {"cut_offs"})
