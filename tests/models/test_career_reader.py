"""The reader of careers: reads in order, looks at nothing to come, never names a barred post."""

from __future__ import annotations

import numpy as np
import torch

from models.posts.career_reader import FACTS, READ, CareerReader, careers_of
from models.posts.entrants import STAGES
from models.posts.histories import Histories

SIZE = 5


def _histories(posts: list[list[int]]) -> Histories:
    none = np.full(len(posts), np.nan)
    held = np.array(posts)
    return Histories(held, np.zeros(held.shape), np.zeros(len(posts)), none, none, np.zeros(len(posts)))


def _reader() -> CareerReader:
    torch.manual_seed(1)
    return CareerReader(SIZE).eval()


def test_the_newest_posts_are_read_oldest_first() -> None:
    long = list(range(2)) * READ
    careers = careers_of(_histories([long, [SIZE] + [-1] * (2 * READ - 1)]), SIZE)
    assert careers.posts[0].tolist() == long[:READ][::-1]
    assert careers.length.tolist() == [READ, 1]
    assert careers.told.tolist() == [True, False]


def test_each_post_was_left_at_the_moment_it_would_have_been_asked_about() -> None:
    none, day = np.full(1, np.nan), np.zeros(1)
    now = Histories(np.array([[2, 1, 0]]), np.array([[100.0, 500.0, 900.0]]), day, none, np.array([1000.0]), day)
    then = Histories(np.array([[1, 0]]), np.array([[400.0, 800.0]]), day, none, np.array([900.0]), day)
    later, earlier = careers_of(now, SIZE), careers_of(then, SIZE)
    assert later.stages[0, :3].tolist() == [0, 1, 1]
    assert np.array_equal(later.stages[:, :2], earlier.stages[:, :2])
    assert np.array_equal(later.facts[:, :2], earlier.facts[:, :2])
    assert np.allclose(
        later.facts[0, 2], [0.3 * np.log1p(100 / 30.4375), 0.5 * np.log(4), 1, 0.5 * np.log1p(1000 / 365.25)]
    )


def test_years_of_service_before_joining_or_unknown_are_unknown() -> None:
    none, day = np.full(2, np.nan), np.zeros(2)
    posts, days = np.array([[1, 0], [1, 0]]), np.array([[300.0, 900.0], [300.0, 900.0]])
    careers = careers_of(Histories(posts, days, day, none, np.array([200.0, np.nan]), day), SIZE)
    assert careers.stages[:, :2].tolist() == [[STAGES - 1, 0], [STAGES - 1, STAGES - 1]]
    assert careers.facts[:, :2, 2:].any(2).tolist() == [[False, True], [False, False]]
    assert np.isfinite(careers.facts).all()


def test_what_comes_later_changes_nothing_said_before() -> None:
    reader = _reader()
    with torch.inference_mode():
        moments = torch.zeros(1, 3, dtype=torch.int64), torch.zeros(1, 3, FACTS)
        one, other = reader(torch.tensor([[0, 1, 2]]), *moments), reader(torch.tensor([[0, 1, 4]]), *moments)
    assert torch.equal(one[:, :2], other[:, :2])
    assert not torch.equal(one[:, 2], other[:, 2])


def test_a_short_career_beside_a_long_one_is_told_what_it_is_told_alone() -> None:
    reader, both = _reader(), _histories([[1, 0, -1, -1], [2, 3, 1, 0]])
    barred = np.zeros((2, SIZE), bool)
    barred[0, 1] = True
    told = reader.next_posts(careers_of(both, SIZE), barred)
    alone = reader.next_posts(careers_of(both.take(slice(0, 1)), SIZE), barred[:1])
    assert np.allclose(told[0], alone[0], atol=1e-6)
    assert np.allclose(np.exp(told).sum(1), 1.0, atol=1e-5)
    assert told[0, 1] < -1e8
    assert reader.next_posts(careers_of(both.take(slice(0, 0)), SIZE), barred[:0]).shape == (0, SIZE)
