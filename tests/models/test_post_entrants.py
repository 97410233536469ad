"""Who goes to each post: counts of stage and rank that a reader can do by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data_contracts.suggesting import CountRules
from models.posts.entrants import HALF_LIFE_DAYS, LIKE_ALL, STAGE_YEARS, UNSEEN, YEAR_DAYS, Entrants, stages
from models.posts.histories import Array, Histories, Moves
from models.posts.next_post_net import WAYS
from models.posts.reasons import Seen, reasons_for

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
    seen = Seen(moved=3, out_of_present=9, two_step=0, exchange=0, after=0, kindred=0, together=0, held_before=False)
    parts = np.where(np.array(WAYS) == "moved", 1.0, 0.0)
    told = [[reason.code for reason in reasons_for(parts, replace(seen, lift=lift), RULES)] for lift in (0.2, 0.6)]
    assert told == [["moved"], ["moved", "stage"]]
    full = replace(seen, after=2.0, together=1.0, lift=0.6)
    assert "stage" not in {reason.code for reason in reasons_for(np.ones(len(WAYS)), full, RULES)}
    nothing = replace(seen, moved=0, lift=0.6)
    assert [reason.code for reason in reasons_for(parts, nothing, RULES)] == ["stage"]
    assert [reason.code for reason in reasons_for(parts, replace(nothing, lift=0.0), RULES)] == ["popular"]


def test_a_move_of_few_or_of_a_small_share_is_no_reason() -> None:
    """One of 1,365 officers, or one of five, tells nobody anything."""
    parts = np.where(np.array(WAYS) == "moved", 1.0, 0.0)
    seen = Seen(moved=1, out_of_present=1365, two_step=0, exchange=0, after=0, kindred=0, together=0, held_before=False)
    for rare in (
        seen,
        replace(seen, moved=20),
        replace(seen, out_of_present=5),
        replace(seen, moved=2, out_of_present=3),
    ):
        assert [reason.code for reason in reasons_for(parts, rare, RULES)] == ["popular"]
    assert (
        reasons_for(parts, replace(seen, moved=137), RULES)[0].en
        == "137 of 1365 officers who left your post moved here"
    )
