"""A post that was dissolved is no way to anywhere; one that empties every winter, or slowly, or was small, still is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.paths.transitions import DEPTHS, RETURN, WAYS, Transitions
from tests.models.path_models import standing_at
from tests.training.careers import postings
from tests.training.path_worlds import CUT, ladder_frames
from training.paths.closing import dissolved
from training.paths.fit import PathTraining, fit_paths, path_training

DAY = pd.Timestamp("2016-10-01")


@pytest.fixture(scope="module")
def training() -> PathTraining:
    """The ladder, of which the post m was dissolved three months before the cut: all of it went to z on one day."""
    frames = ladder_frames(400)
    rows = frames["postings"]
    into = rows[(rows["post_id"] == "m") & (rows["started_on"] < DAY)]["officer_id"]
    sent = (rows["post_id"] == "z") & rows["officer_id"].isin(into) & (rows["started_on"] > DAY)
    assert sent.sum() > 30
    late = (rows["post_id"] == "m") & (rows["started_on"] >= DAY) & (rows["started_on"] <= pd.Timestamp(CUT))
    moved = rows.assign(
        started_on=rows["started_on"].mask(sent, DAY), known_on=rows["known_on"].mask(sent, DAY)
    )[~late]  # fmt: skip
    return path_training(frames | {"postings": moved}, "post", CUT)


def test_nobody_is_sent_through_a_post_that_was_dissolved(training: PathTraining) -> None:
    codes = training.data.catalogue.codes
    closed = dissolved(training.frames, CUT, *training.known)
    assert [post for post, code in codes.items() if closed[code]] == ["m"]
    model = fit_paths(training)
    assert isinstance(model.transitions, Transitions)
    now, before = model.transitions, Transitions.fit(training.data.moves, training.data.catalogue)
    at_a, m = standing_at([codes["a"]]), np.array([codes["m"]])
    assert before.towards(at_a, m)[0] > 0.8
    assert now.towards(at_a, m)[0] < 0.05
    was_there = replace(
        at_a, posts=np.array([[codes["a"], codes["m"]]], np.int32), days=np.array([[99, 999]], np.float32)
    )
    returns = replace(now, weights=np.eye(len(WAYS))[[RETURN] * DEPTHS])
    assert returns.towards(was_there, m)[0] == 0, "nor back to it"
    assert replace(returns, closed=before.closed).towards(was_there, m)[0] == 1
    kept = Transitions.from_parts(now.to_parts())
    np.testing.assert_array_equal(kept.chances(at_a), now.chances(at_a))


def _stays(held: dict[str, tuple[int, list[tuple[str, str]]]]) -> PathTraining:
    """So many officers of each career, all on the same days."""
    careers = {f"{name}{number}": career for name, (many, career) in held.items() for number in range(many)}
    return path_training({"postings": postings(careers)}, "post", CUT)


def test_seasons_small_posts_and_slow_ends_are_no_dissolution() -> None:
    training = _stays({
        "gone": (20, [("x", "2013-01-01"), ("home", "2016-06-01")]),
        "summer": (20, [(post, f"{year}-{month}-01") for year in (2013, 2014, 2015, 2016)
                        for post, month in (("s", "06"), ("home", "09"))]),
        "small": (9, [("few", "2013-01-01"), ("home", "2016-06-01")]),
        "left": (20, [("slow", "2013-01-01"), ("home", "2016-06-01")]),
        "stayed": (4, [("home", "2012-01-01"), ("slow", "2013-01-01")]),
    })  # fmt: skip
    closed = dissolved(training.frames, CUT, *training.known)
    assert {post for post, code in training.data.catalogue.codes.items() if closed[code]} == {"x"}


def test_where_every_post_was_dissolved_what_was_counted_stands() -> None:
    training = _stays({"all": (20, [("x", "2013-01-01"), ("y", "2014-01-01")])})
    found = Transitions.fit(training.data.moves, training.data.catalogue, np.ones(training.size, bool))
    assert not found.closed.any()
