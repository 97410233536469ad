"""Propensities in closed form against what really happens, and a seed that nobody can guess or get round."""

from __future__ import annotations

import numpy as np
import pytest

from data_contracts.feedback_rules import ExploringPolicy
from data_contracts.pseudonyms import Pseudonyms
from models.feedback.exploration import ShownItem, explored, propensities, seed_text

NAMES = Pseudonyms(b"a key of the tests")


def ranking(items: int) -> list[tuple[str, float]]:
    return [(f"p-{rank}", 1.0 / (rank + 1)) for rank in range(items)]


def shown(items: int, top: int, policy: ExploringPolicy, number: int) -> tuple[ShownItem, ...]:
    return explored(ranking(items), top, policy, seed_text(NAMES, f"r-{number}", "o-1"))


@pytest.mark.parametrize(("items", "top", "places", "depth"), [(9, 4, 1, 3), (9, 4, 2, 3), (6, 4, 3, 50), (3, 2, 5, 5)])
def test_every_item_stands_at_every_place_as_often_as_its_propensity_says(
    items: int, top: int, places: int, depth: int
) -> None:
    policy, answers = ExploringPolicy(share=0.4, places=places, depth=depth), 6000
    seen = np.zeros((items, top))
    for number in range(answers):
        for one in shown(items, top, policy, number):
            seen[int(one.item.removeprefix("p-")), one.position - 1] += 1
    expected = propensities(items, top, policy)
    error = np.sqrt(expected * (1 - expected) / answers)
    assert np.abs(expected.sum(axis=0) - 1).max() < 1e-12
    assert (np.abs(seen / answers - expected) <= 4.5 * error + 1e-12).all()


def test_each_row_carries_its_own_propensity_and_the_pool_it_came_from() -> None:
    policy = ExploringPolicy(share=0.5, places=2, depth=3)
    expected = propensities(9, 4, policy)
    flags = set()
    for number in range(60):
        rows = shown(9, 4, policy, number)
        assert [row.position for row in rows] == [1, 2, 3, 4]
        assert len({row.item for row in rows}) == 4
        for row in rows:
            rank = int(row.item.removeprefix("p-"))
            assert row.propensity == expected[rank, row.position - 1]
            assert row.score == ranking(9)[rank][1]
            assert row.pool == (() if row.position <= 2 else tuple(ranking(9)[2:7]))
        assert not rows[0].explored
        assert not rows[1].explored
        assert rows[2].explored == rows[3].explored
        flags.add(rows[3].explored)
        if not rows[3].explored:
            assert [row.item for row in rows] == ["p-0", "p-1", "p-2", "p-3"]
    assert flags == {True, False}


@pytest.mark.parametrize(
    ("items", "top", "share"), [(9, 4, 0.0), (4, 4, 0.5), (3, 4, 0.5), (9, 1, 0.5), (0, 4, 0.5), (9, 0, 0.5)]
)
def test_without_exploration_the_ranking_is_shown_for_sure(items: int, top: int, share: float) -> None:
    for number in range(20):
        rows = shown(items, top, ExploringPolicy(share=share, places=1, depth=3), number)
        assert [(row.item, row.propensity, row.explored, row.pool) for row in rows] == [
            (item, 1.0, False, ()) for item, _ in ranking(items)[:top]
        ]


def test_the_same_request_is_answered_alike_and_the_key_decides() -> None:
    policy = ExploringPolicy(share=0.5, places=1, depth=5)
    first = [shown(9, 4, policy, number) for number in range(40)]
    assert first == [shown(9, 4, policy, number) for number in range(40)]
    seeds = [seed_text(Pseudonyms(b"another key"), f"r-{number}", "o-1") for number in range(40)]
    assert first != [explored(ranking(9), 4, policy, seed) for seed in seeds]
    assert seed_text(NAMES, "r-1", "o-1") != seed_text(NAMES, "r-1", "o-2") != NAMES.of("o-2")
    assert seed_text(NAMES, "r-1", "1o-1") != seed_text(NAMES, "r-11", "o-1")
