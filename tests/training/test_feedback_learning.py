"""Places, appeals and worths are recovered from simulated logs whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from data_contracts.feedback_rules import ExploringPolicy
from models.feedback.appeal import Appeals
from tests.training.feedback_world import AS_OF, LEARNING, World
from training.evaluation.off_policy import off_policy
from training.feedback.appeal import appeals, learned
from training.feedback.data import fingerprint, joined
from training.feedback.examination import Examination, examination
from training.feedback.other_rankings import Expectation, as_ranked, logged_rows, with_appeal

KNOWING = World()  # the ranking puts an item higher for those who like it
BLIND = World(taste=0.0, luck=0.6)


@pytest.fixture(scope="module")
def knowing() -> pd.DataFrame:
    return joined(*KNOWING.log(3000, seed=4), AS_OF, 30)


@pytest.fixture(scope="module")
def blind() -> pd.DataFrame:
    return joined(*BLIND.log(3000, seed=2), AS_OF, 30)


def exposure(request: str, day: str, item: str = "p-1", officer: str = "o") -> dict[str, object]:
    return {"request_id": request, "officer_id": officer, "item_kind": "post", "item": item, "position": 1,
            "propensity": 1.0, "explored": False, "pool": None, "shown_at": pd.Timestamp(day)}  # fmt: skip


def said(action: str, day: str, request: str | None = None, item: str = "p-1", known: str = "") -> dict[str, object]:
    return {"officer_id": "o", "item_kind": "post", "item": item, "action": action, "request_id": request,
            "occurred_on": pd.Timestamp(day), "known_on": pd.Timestamp(known or day)}  # fmt: skip


def test_feedback_finds_the_answer_it_is_about() -> None:
    shown = pd.DataFrame([
        exposure("r-1", "2026-01-05 09:00"), exposure("r-1", "2026-01-05 09:00", "p-2"),
        exposure("r-2", "2026-02-05 09:00"), exposure("r-3", "2026-02-20 09:00"),
        exposure("r-4", "2026-05-20 09:00"), exposure("r-5", "2026-02-06 09:00", officer="x"),
    ])  # fmt: skip
    feedback = pd.DataFrame([
        said("opened", "2026-01-05", "r-1"), said("saved", "2026-01-06", "r-1", "p-2"),
        said("declined", "2026-02-07"),  # names no answer: the last one before
        said("done", "2026-02-21", "r-unknown"),
        said("saved", "2026-02-10", "r-1"),  # later than it had time
        said("done", "2026-01-01", "r-2"),  # before it was shown
        said("saved", "2026-02-08", "r-2", known="2026-07-01"),  # not known yet
        said("opened", "2026-02-07", None, "p-7"),
    ])  # fmt: skip
    rows = joined(shown, feedback, AS_OF, 30).set_index(["request_id", "item"])
    assert list(rows.index) == [("r-1", "p-1"), ("r-1", "p-2"), ("r-2", "p-1"), ("r-3", "p-1"), ("r-5", "p-1")]
    assert rows["noticed"].tolist() == [True, True, True, True, False]
    assert rows["liked"].tolist() == [False, True, False, True, False]
    assert rows["declined"].tolist() == [False, False, True, False, False]
    assert rows["answer"].tolist() == [0, 0, 1, 2, 3]
    assert rows["length"].tolist() == [2, 2, 1, 1, 1]
    assert joined(shown, feedback, date(2026, 1, 1), 30).empty


def test_the_slice_finds_how_places_are_looked_at_where_items_would_be_wrong(knowing: pd.DataFrame) -> None:
    found = examination(knowing, LEARNING)
    assert found.how == "slice"
    assert found.low < KNOWING.fall < found.high
    assert found.chance == pytest.approx(KNOWING.looked(), abs=0.12)
    assert np.isnan(found.own[0])
    alike = knowing["propensity"].where(knowing["propensity"] == 1, 0.5)  # what chance did not fill would weigh as much
    assert examination(knowing.assign(propensity=alike), LEARNING).fall > found.fall + 0.1
    items = examination(knowing.assign(propensity=1.0), LEARNING)
    assert items.how == "items"
    assert items.low > KNOWING.fall + 0.2  # higher for those who like it: too steep


@pytest.mark.parametrize("fall", [0.5, 1.0])
def test_without_a_slice_items_at_several_places_find_it(fall: float) -> None:
    world = replace(BLIND, fall=fall, policy=ExploringPolicy(share=0.0, places=1, depth=1))
    found = examination(joined(*world.log(1500, seed=3), AS_OF, 30), LEARNING)
    assert found.how == "items"
    assert found.low < fall < found.high
    assert found.chance == pytest.approx(world.looked(), abs=0.1)


def test_little_is_pulled_to_the_usual_and_nothing_is_the_usual(blind: pd.DataFrame) -> None:
    steep = replace(LEARNING, usual_fall=2.0)
    little = examination(blind[:400].assign(propensity=1.0), steep).fall
    much = examination(blind.assign(propensity=1.0), steep).fall
    assert much < little < 2.0
    for rows in (blind[:299], blind[:0]):
        found = examination(rows, LEARNING)
        assert (found.how, found.fall) == ("usual", 1.0)
        assert found.high - found.low == pytest.approx(2 * 1.96 * 0.5)


def test_below_the_last_place_the_curve_goes_on() -> None:
    found = Examination(np.array([1.0, 0.6]), 1.0, 0.5, 1.5, "slice", np.array([np.nan, 1.2]))
    assert found.at(np.array([1, 2, 4])).tolist() == [1.0, 0.6, 0.3]


def test_appeals_find_the_order_that_plain_rates_miss(blind: pd.DataFrame) -> None:
    lines = appeals(blind, examination(blind, LEARNING), LEARNING)
    true = BLIND.liking[lines["item"].str.removeprefix("p-").astype(int)]
    naive = blind.groupby("item")["liked"].mean()[lines["item"]]
    found = spearmanr(lines["appeal"], true).statistic
    assert found > 0.9
    assert found > spearmanr(naive, true).statistic + 0.02
    assert (lines["low"] < lines["appeal"]).all()
    assert (lines["appeal"] < lines["high"]).all()
    assert lines["bonus"].abs().max() == LEARNING.most_appeal
    assert learned(lines).of("post", lines["item"][0]) > 0 > learned(lines).of("post", lines["item"].iloc[-1])


def test_an_item_shown_twice_is_near_the_average_and_little_gives_no_bonus(blind: pd.DataFrame) -> None:
    twice = blind[:2].assign(item="new", liked=True)
    looked = examination(blind, LEARNING)
    lines = appeals(pd.concat([blind, twice]), looked, LEARNING).set_index("item")
    assert 1.0 < float(lines["appeal"]["new"]) < 2.0
    assert (appeals(blind[:299], looked, LEARNING)["bonus"] == 0).all()
    nobody = appeals(blind.assign(liked=False), looked, LEARNING)
    assert (nobody["bonus"] == 0).all()
    assert learned(nobody) == Appeals({})
    assert appeals(blind[:0], looked, LEARNING).empty


def test_a_ranking_with_appeals_is_judged_as_it_would_have_done(knowing: pd.DataFrame) -> None:
    looked = examination(knowing, LEARNING)
    lines = appeals(knowing, looked, LEARNING)
    bonus = {f"p-{item}": float(value) for item, value in enumerate(np.log(KNOWING.liking))}
    expected = Expectation.of(knowing, "liked", looked, lines)
    naive = knowing["liked"].sum() / knowing["answer"].nunique()
    for order, truth in (
        (as_ranked, KNOWING.worth()),
        (with_appeal(Appeals({"post": bonus})), KNOWING.worth(np.log(KNOWING.liking))),
    ):
        found = off_policy(logged_rows(knowing, "liked", order, expected), LEARNING, draws=200)
        assert found.refused is None
        for name, one in found.estimates.items():
            assert one.low < truth < one.high, name
            assert one.high - one.low < 0.25, name
        assert naive < truth - 0.03  # what was shown in part by chance is worth less


def test_an_item_never_shown_is_like_the_average(knowing: pd.DataFrame) -> None:
    looked = examination(knowing, LEARNING)
    expected = Expectation.of(knowing, "liked", looked, appeals(knowing, looked, LEARNING))
    assert expected.at("post", "new", 2) == pytest.approx(expected.at("post", "new", 1) * looked.chance[1])
    assert expected.at("course", "new", 1) == 0.0


def test_the_fingerprint_knows_the_answers(blind: pd.DataFrame) -> None:
    assert fingerprint(blind) == fingerprint(blind.copy())
    assert fingerprint(blind) != fingerprint(blind.assign(liked=~blind["liked"]))
