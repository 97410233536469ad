"""Who goes to each post: counts of stage and rank that a reader can do by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data_contracts.suggesting import CountRules
from models.posts.counts import WAYS
from models.posts.entrants import HALF_LIFE_DAYS, LIKE_ALL, STAGE_YEARS, UNSEEN, YEAR_DAYS, Entrants, stages
from models.posts.histories import Array, Histories, Moves
from models.posts.reasons import RANKED, Count, Seen, reasons_for

UNKNOWN = len(STAGE_YEARS) + 1
RULES = CountRules(36, 5, 2, 0.05, 1.2, 0.8)


def histories(years: Array, rank: Array, day: Array) -> Histories:
    count = len(years)
    tenure = (years * YEAR_DAYS).astype(np.float32)
    return Histories(np.zeros((count, 2), np.int32), np.ones((count, 2), np.float32), rank.astype(np.int32),
                     np.full(count, np.nan, np.float32), tenure, day.astype(np.int32))  # fmt: skip


def moves(targets: list[int], years: list[float], rank: list[int], day: list[int]) -> Moves:
    count = len(targets)
    asked = histories(np.array(years), np.array(rank), np.array(day))
    return Moves(asked, np.array(targets, np.int64), np.ones(count, bool), np.arange(count))


def test_the_lift_is_the_share_among_entrants_over_the_share_among_movers() -> None:
    """300 young officers go to post 0, 100 old ones of a rank to post 1, all on one day, so none of them fades."""
    known = moves([0] * 300 + [1] * 100, [1.0] * 300 + [20.0] * 100, [0] * 300 + [1] * 100, [0] * 400)
    lift = Entrants.fit(known, 2, 2).lift
    assert lift.shape == (2, UNKNOWN + 1, 2)
    cells = 2 * (UNKNOWN + 1)
    total = 400 + UNSEEN * cells
    young = (300 + UNSEEN) / total  # the share of the young among all movers
    first = 300 + UNSEEN * cells * 0.75  # who moved to post 0, with what is taken as seen
    own = (300 + UNSEEN * 0.75 + LIKE_ALL * young) / (first + LIKE_ALL)
    assert np.isclose(lift[0, 0, 0], np.log(own / young), atol=1e-4)
    assert lift[0, 0, 0] > 0.2 > -0.2 > lift[1, 0, 0]
    assert lift[1, 6, 1] > 0.5


def test_a_stage_or_rank_nobody_was_seen_at_moves_nothing() -> None:
    """A post of many entrants and one of few must stand alike for whoever is like none of them."""
    lift = Entrants.fit(moves([0] * 300 + [1] * 3, [1.0] * 303, [1] * 303, [0] * 303), 2, 3).lift
    assert np.allclose(lift[:, UNKNOWN, 0], 0.0, atol=1e-4)
    assert np.allclose(lift[:, 0, 2], 0.0, atol=1e-4)


def test_moves_of_long_ago_say_less() -> None:
    old = -int(10 * HALF_LIFE_DAYS)
    known = moves([0] * 200 + [0] * 200 + [1] * 400, [1.0] * 200 + [20.0] * 200 + [1.0, 20.0] * 200,
                  [0] * 800, [old] * 200 + [0] * 600)  # fmt: skip
    lift = Entrants.fit(known, 2, 1).lift[:, :, 0]
    assert lift[0, 6] > 0.2 > -0.2 > lift[0, 0]


def test_posts_outside_the_catalogue_and_no_moves_at_all_are_borne() -> None:
    none = Entrants.fit(moves([], [], [], []), 3, 2)
    assert np.allclose(none.lift, 0.0)
    outside = Entrants.fit(moves([2, 0], [1.0, 1.0], [0, 0], [0, 0]), 2, 1)
    assert outside.lift.shape[0] == 2


def test_each_officer_reads_its_own_stage_and_rank() -> None:
    lift = np.arange(2 * (UNKNOWN + 1) * 2, dtype=np.float32).reshape(2, UNKNOWN + 1, 2)
    asked = histories(np.array([0.5, 4.0, np.nan]), np.array([0, 1, 1]), np.zeros(3))
    assert stages(asked).tolist() == [0, 2, UNKNOWN]
    found = Entrants(lift).of(asked)
    assert found.tolist() == [[lift[post, stage, rank] for post in (0, 1)] for stage, rank in ((0, 0), (2, 1), (8, 1))]
    swapped = Entrants(lift).of(replace(asked, rank=asked.rank[::-1].copy()))
    assert not np.array_equal(found, swapped)


def test_who_goes_here_is_told_last_and_only_where_it_is_marked() -> None:
    seen = Seen(present=Count(3, 9))
    parts = np.where(np.array(WAYS) == "moved", 1.0, 0.0)
    told = [[reason.code for reason in reasons_for(parts, replace(seen, lift=lift), RULES)] for lift in (0.2, 0.6)]
    assert told == [["moved"], ["moved", "stage"]]
    full = replace(seen, kindred=Count(2, 8), lift=0.6)
    assert "stage" not in {reason.code for reason in reasons_for(np.ones(len(WAYS)), full, RULES)}
    (stage,) = reasons_for(parts, Seen(lift=0.6), RULES)
    assert stage.code == "stage"
    assert "about 1.8 times as common" in stage.en


def test_where_nothing_was_counted_for_the_officer_the_ranking_alone_is_named() -> None:
    (told,) = reasons_for(np.ones(len(WAYS)), Seen(everybody=Count(40, 900)), RULES)
    assert told.code == RANKED
    assert told.en == (
        "no fact about you in particular: the model's ranking alone put it here (40 of all 900 moves on record went to "
        "it)"
    )
    assert "仅由模型排序列入（全部 900 次调动中有 40 次调入此岗位）" in told.zh


@pytest.mark.parametrize(
    ("way", "seen", "words"),
    [
        ("last_two", Seen(two_step=Count(4, 6)), "4 of 6 moves out of your post, by officers with the same post"),
        ("exchange", Seen(present=Count(2, 90), back=3.0), "both ways between your post and this one: 2 to it, 3 back"),
        ("after", Seen(earlier=Count(5, 50)), "5 of 50 moves out of a post that you held earlier led here"),
        ("kindred_source", Seen(kindred=Count(5, 50)), "5 of 50 moves out of other posts of your job family"),
        ("return", Seen(held_before=True), "you held this post before"),
    ],
)
def test_every_reason_says_what_was_counted_and_is_silent_where_that_is_too_little(
    way: str, seen: Seen, words: str
) -> None:
    parts = np.where(np.array(WAYS) == way, 1.0, 0.0)
    (told,) = reasons_for(parts, seen, RULES)
    assert words in told.en
    few = Count(1, 1365)
    rare = Seen(present=few, two_step=few, earlier=few, kindred=few, back=1.0)
    assert [one.code for one in reasons_for(parts, rare, RULES)] == [RANKED]


def test_a_move_of_few_or_of_a_small_share_is_no_reason() -> None:
    """One of 1,365 officers, or one of five, tells nobody anything."""
    parts = np.where(np.array(WAYS) == "moved", 1.0, 0.0)
    for rare in (Count(1, 1365), Count(20, 1365), Count(1, 5), Count(2, 3)):
        assert [reason.code for reason in reasons_for(parts, Seen(present=rare), RULES)] == [RANKED]
    assert (
        reasons_for(parts, Seen(present=Count(137, 1365)), RULES)[0].en == "137 of 1365 moves out of your post led here"
    )
