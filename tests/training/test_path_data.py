"""States at a cut and the goals reached after it: what starts, what counts as reached, what the true path is."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import InvalidInput, MissingTable
from models.posts.histories import PADDING
from tests.training.careers import postings
from tests.training.path_worlds import CUT, END, ladder_frames, rank_frames
from training.paths.data import careers_of, path_cases, states_at
from training.posts.data import training_data

CAREERS = {
    "a": [("p", "2010-01-01"), ("q", "2015-01-01"), ("r", "2018-01-01"), ("p", "2019-01-01"), ("r", "2020-01-01")],
    "b": [("q", "2012-01-01"), ("new", "2017-06-01"), ("p", "2018-06-01"), ("q", "2020-06-01")],
    "c": [("p", "2014-01-01"), ("q", "2016-01-01"), ("p", "2021-06-01")],
    "gone": [("p", "2009-01-01"), ("q", "2010-01-01")],
}


def _frames() -> dict[str, pd.DataFrame]:
    rows = postings(CAREERS)
    people = pd.DataFrame(
        {
            "officer_id": pd.array(list(CAREERS), dtype="string"),
            "entered_on": pd.DatetimeIndex(["2009-12-31", "NaT", "2017-01-01", "2008-01-01"]).astype("datetime64[us]"),
            "left_on": pd.DatetimeIndex(["NaT", "NaT", "NaT", "2016-01-01"]).astype("datetime64[us]"),
        }
    )
    return {"postings": rows, "officers": people}


def test_states_hold_who_is_in_service_and_what_each_had_held() -> None:
    frames = _frames()
    data = training_data(frames, CUT)
    states = states_at(frames, CUT, data.catalogue, data.ranks)
    assert states.officers.tolist() == ["a", "b", "c"]
    codes = data.catalogue.codes
    assert states.histories.posts[0, :2].tolist() == [codes["q"], codes["p"]]
    assert states.histories.posts[1, :2].tolist() == [codes["q"], PADDING]
    assert states.histories.days[0, 0] == (CUT - date(2015, 1, 1)).days
    assert states.histories.tenure_days[0] == (CUT - date(2009, 12, 31)).days
    assert np.isnan(states.histories.tenure_days[1:]).all()  # unknown, and entered after the cut


def test_each_first_arrival_is_a_case_with_the_posts_between() -> None:
    frames = _frames()
    data = training_data(frames, CUT)
    states = states_at(frames, CUT, data.catalogue, data.ranks)
    cases = path_cases(frames, states, data.catalogue, CUT, END)
    name = [*data.catalogue.posts, "unknown"]
    told = [(who, [name[post] for post in path]) for who, path in zip(cases.officers, cases.paths, strict=True)]
    expected = [("a", ["r"]), ("a", ["r", "p"]), ("b", ["unknown"]), ("b", ["unknown", "p"])]
    if "r" not in data.catalogue.codes:
        expected = [(who, ["unknown" if post == "r" else post for post in path]) for who, path in expected]
    assert told == expected
    assert cases.months[0] == pytest.approx((date(2018, 1, 1) - CUT).days / 30.4375)
    assert len(cases.asked(48.0)) == 4


def test_rank_steps_are_read_as_postings_without_the_police_rank() -> None:
    frames = careers_of(rank_frames(), "rank_step")
    assert set(frames["postings"]["post_id"]) == {"s1", "s2", "s3"}
    data = training_data(frames, CUT)
    states = states_at(frames, CUT, data.catalogue, data.ranks)
    cases = path_cases(frames, states, data.catalogue, CUT, END)
    assert (cases.officers, cases.goals.tolist()) == (["x"], [data.catalogue.size])


def test_without_data_the_sentence_says_what_is_missing() -> None:
    with pytest.raises(InvalidInput, match="choose one of them"):
        careers_of({}, "family")
    with pytest.raises(MissingTable, match="promotions"):
        careers_of(ladder_frames(4), "rank_step")
    frames = careers_of(ladder_frames(40), "post")
    data = training_data(frames, CUT)
    states = states_at(frames, CUT, data.catalogue, data.ranks)
    with pytest.raises(InvalidInput, match="nobody reached a goal"):
        path_cases(frames, states, data.catalogue, date(2030, 1, 1), date(2031, 1, 1))


def test_a_later_known_posting_changes_no_state() -> None:
    frames = ladder_frames(30)
    data = training_data(frames, CUT)
    before = states_at(frames, CUT, data.catalogue, data.ranks)
    late = frames["postings"].iloc[[0]].assign(post_id="q9", started_on=pd.Timestamp("2016-06-01"),
                                               known_on=pd.Timestamp("2018-01-01"))  # fmt: skip
    more = frames | {"postings": pd.concat([late, frames["postings"]], ignore_index=True)}
    after = states_at(more, CUT, data.catalogue, data.ranks)
    assert after.officers.tolist() == before.officers.tolist()
    assert (after.histories.posts == before.histories.posts).all()
    assert (after.histories.days == before.histories.days).all()
