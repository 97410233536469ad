"""Train moves and test items: what is history, what is masked, and what falls into which stratum."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import InvalidInput, MissingTable
from features.ingest import frames_of
from models.posts.histories import PADDING
from tests.training.careers import CUT, END, postings
from training.posts.data import training_data, window_items

CAREERS = {
    "a": [("p", "2015-01-01"), ("q", "2018-01-01"), ("p", "2021-06-01")],
    "b": [("q", "2016-01-01"), ("r", "2019-01-01"), ("new", "2021-01-01")],
    "c": [("p", "2019-01-01"), ("r", "2022-01-01")],
    "d": [("p", "2010-01-01"), ("q", "2011-01-01"), ("r", "2012-01-01"), ("s", "2021-02-01")],
    "late": [("r", "2022-02-01")],
}


def test_first_postings_are_history_and_the_window_is_half_open() -> None:
    frames = {"postings": postings(CAREERS)}
    data = training_data(frames, CUT)
    assert data.catalogue.posts == ("p", "q", "r")
    assert len(data.moves) == data.counted == 4
    items = window_items(frames, CUT, END, data)
    assert len(items.moves) == 4
    assert len(window_items(frames, date(2021, 1, 1), END, data).moves) == 3


def test_strata_are_told_by_the_true_history() -> None:
    frames = {"postings": postings(CAREERS)}
    data = training_data(frames, CUT)
    strata = window_items(frames, CUT, END, data).strata()
    assert strata["all"].tolist() == [True] * 4
    assert strata["novel"].tolist() == [False, True, True, True]
    assert strata["cold"].tolist() == [False, True, False, True]
    assert strata["short_history"].tolist() == [True, True, True, False]


def test_what_became_known_after_the_cut_does_not_train_but_is_counted() -> None:
    frames = {"postings": postings(CAREERS, {("b", "2019-01-01"): "2021-03-01"})}
    data = training_data(frames, CUT)
    assert (len(data.moves), data.counted) == (3, 4)


def test_history_rolls_with_what_was_known_before_the_move() -> None:
    late = {("d", "2012-01-01"): "2021-02-01", ("a", "2018-01-01"): "2021-05-31"}
    frames = {"postings": postings(CAREERS, late)}
    data = training_data(frames, CUT)
    items = window_items(frames, CUT, END, data)
    codes = data.catalogue.codes
    histories = items.moves.histories.posts
    assert histories[0, :2].tolist() == [codes["q"], codes["p"]]
    assert histories[3, :2].tolist() == [codes["q"], codes["p"]], "known on the day of the move is too late"


def test_posts_with_known_attributes_join_the_catalogue() -> None:
    posts = pd.DataFrame(
        {
            "post_id": pd.array(["new", "bare"], "string"),
            "name_en": pd.array(["New desk", pd.NA], "string"),
            "known_on": pd.to_datetime(["2020-01-01", "2020-01-01"]),
        }
    )
    data = training_data({"postings": postings(CAREERS), "posts": posts}, CUT)
    assert data.catalogue.posts == ("new", "p", "q", "r")
    assert data.catalogue.words[0] == ("desk", "new")


def test_rank_is_the_one_known_before_the_move() -> None:
    promotions = pd.DataFrame(
        {
            "officer_id": pd.array(["a", "a", "c"], "string"),
            "ladder": pd.array(["x"] * 3, "string"),
            "rank_step": pd.array(["low", "high", "low"], "string"),
            "occurred_on": pd.to_datetime(["2015-01-01", "2020-06-01", "2022-01-01"]),
            "known_on": pd.to_datetime(["2015-01-01", "2020-06-01", "2022-01-01"]),
        }
    )
    officers = pd.DataFrame({"officer_id": ["a", "c"], "entered_on": pd.to_datetime(["2014-06-01", "2030-01-01"])})
    frames = {"postings": postings(CAREERS), "promotions": promotions, "officers": officers}
    data = training_data(frames, CUT)
    moves = window_items(frames, CUT, END, data).moves
    assert data.ranks == {"high": 1, "low": 2}
    assert moves.histories.rank.tolist() == [1, 0, 0, 0]
    assert moves.histories.rank_days[0] == 365
    assert np.isnan(moves.histories.tenure_days[1:]).all()
    assert moves.histories.tenure_days[0] == (date(2021, 6, 1) - date(2014, 6, 1)).days


def test_rank_comes_from_the_present_posting_without_promotions() -> None:
    rows = postings(CAREERS)
    rows["rank_step"] = np.where(rows["post_id"] == "q", "high", "low")
    frames = {"postings": rows.astype({"rank_step": "string"})}
    data = training_data(frames, CUT)
    assert window_items(frames, CUT, END, data).moves.histories.rank.tolist() == [1, 2, 2, 2]


def test_later_rows_change_nothing_that_trains() -> None:
    before = training_data({"postings": postings({k: v for k, v in CAREERS.items() if k != "late"})}, CUT)
    after = training_data({"postings": postings(CAREERS).sample(frac=1, random_state=3)}, CUT)
    assert np.array_equal(before.moves.histories.posts, after.moves.histories.posts)
    assert np.array_equal(before.moves.targets, after.moves.targets)
    assert before.catalogue == after.catalogue


def test_single_posting_officers_have_no_move_and_it_is_said() -> None:
    with pytest.raises(InvalidInput, match="no move is known"):
        training_data({"postings": postings({"a": [("p", "2015-01-01")]})}, CUT)
    with pytest.raises(MissingTable):
        training_data({}, CUT)
    data = training_data({"postings": postings(CAREERS)}, CUT)
    with pytest.raises(InvalidInput, match="no move starts"):
        window_items({"postings": postings(CAREERS)}, date(2025, 1, 1), date(2026, 1, 1), data)


@pytest.mark.cities
@pytest.mark.parametrize(
    ("city", "cut", "end", "counts"),
    [
        ("new_york", date(2022, 12, 31), date(2023, 6, 30), (13_390, 840, 5_509, 4_457, 527)),
        ("chicago", date(2012, 12, 31), date(2016, 12, 31), (68_167, 211, 5_986, 5_390, 159)),
    ],
)
def test_the_published_counts_of_both_cities(
    shared_data: Path, city: str, cut: date, end: date, counts: tuple[int, ...]
) -> None:
    frames = frames_of(city, shared_data / city)
    data = training_data(frames, cut)
    items = window_items(frames, cut, end, data)
    assert (data.counted, data.counted_posts, len(items.moves), items.moves.novel.sum(), items.cold.sum()) == counts
    assert (items.moves.histories.posts[:, 0] != PADDING).mean() > 0.9
