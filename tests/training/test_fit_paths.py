"""The fitted path model finds the planted ways and times; quarters count everybody, movers and stayers alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.asof import DAYS_A_MONTH, add_months
from models.paths.dwell import LEAVE, MOVE, NEAR, QUARTER_MONTHS, DwellModel, covariates, later, terms
from models.paths.search import PathModel
from models.paths.transitions import Transitions
from models.posts.histories import Array
from tests.training.path_worlds import CUT, END, ladder_frames
from training.evaluation.path_metrics import Concordance, case_metrics, concordance
from training.paths import fit
from training.paths.course_histories import courses_before, held_on
from training.paths.data import States, path_cases, states_at
from training.paths.dwell_data import Sampling, officer_quarters, times_to_move
from training.paths.fit import CoxPeer, PathTraining, fit_dwell, fit_paths, path_training
from training.posts.data import Frames


@pytest.fixture(scope="module")
def training() -> PathTraining:
    return path_training(ladder_frames(400), "post", CUT)


@pytest.fixture(scope="module")
def model(training: PathTraining) -> PathModel:
    return fit_paths(training)


def test_the_planted_way_is_found_with_its_time(training: PathTraining, model: PathModel) -> None:
    states = states_at(training.frames, CUT, *training.known)
    cases = path_cases(training.frames, states, training.data.catalogue, CUT, END)
    horizon = 48.0
    found = model.find(cases.asked(horizon))
    values = case_metrics(found, cases.paths, cases.months)
    long = np.array([len(path) == 2 for path in cases.paths])
    assert long.sum() > 20
    first = [five[0] == path for five, path in zip(found.paths, cases.paths, strict=True)]
    assert np.mean(first) > 0.9  # the other way, by a post nobody goes to from here, stands behind
    assert values["path_hit_at_5"].mean() > 0.95
    assert np.nanmedian(values["absolute_time_error_months"]) < 5
    assert 0.6 < np.nanmean(values["interval_coverage"]) <= 1.0


def test_quarters_count_movers_stayers_and_leavers() -> None:
    frames = ladder_frames(120)
    frames["officers"].loc[:40, "left_on"] = pd.Timestamp("2014-02-01")
    training = path_training(frames, "post", CUT)
    every = officer_quarters(frames, CUT, training.known)
    assert set(np.unique(every.causes)) == {0, MOVE, LEAVE}
    assert (every.weight == 1).all()
    some = officer_quarters(frames, CUT, training.known, Sampling(quiet=100))
    assert (some.causes == 0).sum() == 100
    assert some.weight.sum() == pytest.approx(len(every.causes))
    assert (some.share[some.causes == MOVE] <= 1).all()


def test_times_to_move_are_censored_by_leaving_and_by_the_end(training: PathTraining) -> None:
    frames = dict(training.frames)
    states = states_at(frames, CUT, *training.known)
    months, seen = times_to_move(frames, states, CUT, END)
    assert 0 < seen.sum() < len(seen)
    assert months.max() == pytest.approx(48.0, abs=0.1)
    left = frames["officers"].assign(left_on=pd.Timestamp("2017-01-31"))
    months, seen = times_to_move(frames | {"officers": left}, states, CUT, END)
    assert months.max() < 1.1


def test_cox_and_the_hazard_both_order_who_moves_first(training: PathTraining, model: PathModel) -> None:
    states = states_at(training.frames, CUT, *training.known)
    months, seen = times_to_move(training.frames, states, CUT, END)
    cox = CoxPeer.fit(training, model.dwell.turnover)
    assert concordance(months, seen, cox.risk(states.histories)).value > 0.6
    risk = model.dwell.move_times(states.histories, 4).sum(1)
    assert concordance(months, seen, risk).value > 0.6


def test_models_come_back_from_their_parts(training: PathTraining, model: PathModel) -> None:
    states = states_at(training.frames, CUT, *training.known)
    assert isinstance(model.transitions, Transitions)
    again = Transitions.from_parts(model.transitions.to_parts())
    np.testing.assert_allclose(again.chances(states.histories), model.transitions.chances(states.histories))
    dwell = DwellModel.from_parts(model.dwell.to_parts())
    np.testing.assert_allclose(dwell.move_times(states.histories, 3), model.dwell.move_times(states.histories, 3))
    np.testing.assert_allclose(dwell.order(states.histories, 3), model.dwell.order(states.histories, 3))
    plain = DwellModel.from_parts(replace(model.dwell, steady=None, long=None).to_parts())
    assert plain.steady is None
    assert plain.long is None
    older = DwellModel.from_parts(replace(model.dwell, long=None).to_parts())
    assert older.steady is not None, "an artefact of before the long view still orders"
    assert older.long is None


def test_the_quarters_ahead_are_those_asked_one_by_one(training: PathTraining, model: PathModel) -> None:
    histories = states_at(training.frames, CUT, *training.known).histories
    found, staying = model.dwell.move_times(histories, 4, waits=np.full(len(histories), 2.0)), np.ones(len(histories))
    total = np.zeros(len(histories))
    for quarter in range(4):
        move, leave = model.dwell.hazards(later(histories, quarter * QUARTER_MONTHS * DAYS_A_MONTH))
        total += move
        may = move * (quarter > 0)  # two of the first three months must still pass
        np.testing.assert_array_equal(found[:, quarter], staying * may)
        staying = staying * (1 - may - leave)
    near = replace(model.dwell, steady=None, long=None)
    np.testing.assert_allclose(near.order(histories, 4), np.log(total))


def test_the_order_of_movers_also_knows_the_steady_rate(training: PathTraining, model: PathModel) -> None:
    histories = states_at(training.frames, CUT, *training.known).histories
    steady = model.dwell.steady
    assert steady is not None
    score = steady.score(terms(histories, model.dwell.turnover, model.dwell.ranks))
    rest = replace(model.dwell, steady=None).order(histories, 4)
    np.testing.assert_allclose(model.dwell.order(histories, 4), rest + score)
    assert np.isfinite(score).all()
    assert score.std() > 0


def test_the_order_of_movers_also_knows_the_long_view(training: PathTraining, model: PathModel) -> None:
    histories = states_at(training.frames, CUT, *training.known).histories
    long = model.dwell.long
    assert long is not None
    days = [later(histories, quarter * QUARTER_MONTHS * DAYS_A_MONTH) for quarter in range(4)]
    total = sum(long.predict(covariates(one, model.dwell.turnover)) for one in days)
    near = replace(model.dwell, steady=None, long=None).order(histories, 4)
    both = replace(model.dwell, steady=None).order(histories, 4)
    np.testing.assert_allclose(both, NEAR * near + np.log(total))


def test_with_too_few_moves_followed_there_is_no_steady_rate_and_no_long_view() -> None:
    dwell = fit_dwell(path_training(ladder_frames(8), "post", CUT))
    assert dwell.steady is None
    assert dwell.long is None


def test_trees_of_one_split_order_alone_where_they_did_better(
    training: PathTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "_better_since", lambda training, seed: True)
    dwell, histories = fit_dwell(training), states_at(training.frames, CUT, *training.known).histories
    assert dwell.added is not None
    assert (dwell.steady, dwell.long, dwell.ranks) == (None, None, ())
    days = [later(histories, quarter * QUARTER_MONTHS * DAYS_A_MONTH) for quarter in range(4)]
    total = sum(dwell.added.predict(covariates(one, dwell.turnover)) for one in days)
    np.testing.assert_allclose(dwell.order(histories, 4), np.log(total))
    again = DwellModel.from_parts(dwell.to_parts())
    np.testing.assert_allclose(again.order(histories, 4), dwell.order(histories, 4))
    np.testing.assert_allclose(again.move_times(histories, 4), dwell.move_times(histories, 4))


@pytest.mark.parametrize(
    ("late", "early", "chosen"),
    [
        ((0.6, 0.7), (0.6, 0.7), True),
        ((0.7, 0.6), (0.7, 0.6), False),
        ((0.6, 0.6), (0.6, 0.6), False),
        ((0.6, 0.62), (0.7, 0.66), False),  # two years that were unlike the others
        ((0.6, 0.64), (0.7, 0.68), True),
    ],
)
def test_who_orders_is_asked_of_the_months_before_the_cut_alone(
    late: tuple[float, float],
    early: tuple[float, float],
    chosen: bool,
    training: PathTraining,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[date, date]] = []
    tried: list[tuple[date, date]] = []
    values = iter([*late, *early])

    def times(frames: Frames, states: States, after: date, until: date) -> tuple[Array, Array]:
        assert frames["postings"]["known_on"].max() <= pd.Timestamp(until), "nothing that became known since"
        asked.append((after, until))
        return times_to_move(frames, states, after, until)

    def judged(months: Array, seen: Array, risk: Array) -> Concordance:
        assert months.max() <= fit.TRIED_MONTHS + 0.1
        tried.append(asked[-1])
        return Concordance(np.array([next(values)]), np.ones(1))

    monkeypatch.setattr(fit, "times_to_move", times)
    monkeypatch.setattr(fit, "concordance", judged)
    assert (fit_dwell(training).added is not None) == chosen
    days = [add_months(CUT, -back * fit.TRIED_MONTHS) for back in range(fit.TRIES + 1)]
    assert list(dict.fromkeys(tried)) == [(days[1], days[0]), (days[2], days[1])]


def test_where_nobody_had_moved_before_the_months_tried_the_usual_order_stays(training: PathTraining) -> None:
    first = training.frames["postings"]["started_on"].min().date()
    young = replace(training, until=add_months(first, fit.TRIED_MONTHS))
    assert not fit._better_since(young, 0)


def test_courses_count_once_done_and_known(training: PathTraining) -> None:
    rows = pd.DataFrame({
        "officer_id": ["x", "x", "y"], "course_id": ["c", "d", "c"],
        "occurred_on": pd.to_datetime(["2015-01-01", "2015-01-01", "2015-01-01"]),
        "known_on": pd.to_datetime(["2015-01-05", "2017-01-01", "2015-01-05"]),
    })  # fmt: skip
    days = pd.to_datetime(["2016-01-01", "2015-01-03"]).to_numpy()
    held = held_on(rows, np.array(["x", "y"], object), days, ["c", "d"])
    assert held.tolist() == [[True, False], [False, False]]
    assert courses_before(training, rows, ["c"]).shape == (len(training.data.moves), 1)
