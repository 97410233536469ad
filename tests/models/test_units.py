from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from models.base import Numbers
from models.units.model import Roster, UnitRule, changes, changes_since, expected, moved_chances
from models.units.moves import Membership, Movements
from models.units.past import open_share, past_chances
from models.units.tree import UnitTree, pool

PARENTS = {"a": "top", "b": "top", "a1": "a", "a2": "a", "b1": "b", "b2": "b"}


def roster(units: dict[str, tuple[int, float, float]], parents: dict[str, str] | None = None) -> Roster:
    """Units with (officers, chance of each, share that had the outcome in the last period)."""
    names = [name for name, (many, _, _) in units.items() for _ in range(many)]
    chance = np.concatenate([np.full(many, chance) for many, chance, _ in units.values()])
    past = np.concatenate([np.arange(many) < round(share * many) for many, _, share in units.values()])
    tree = UnitTree.of(names, PARENTS if parents is None else parents)
    return Roster(tree, tree.places(names), chance, past.astype(np.float64))


def pooled_of(found: Roster) -> dict[str, float]:
    pooled = found.pooled_past()
    assert pooled is not None
    return dict(zip(found.tree.units, pooled.mean.tolist(), strict=True))


def test_a_small_unit_leans_on_its_own_parent_and_a_large_one_stands_alone() -> None:
    units = {"a1": (300, 0.1, 0.05), "a2": (4, 0.1, 0.5), "b1": (300, 0.1, 0.4), "b2": (4, 0.1, 0.5)}
    found = pooled_of(roster(units))
    assert found["a1"] == pytest.approx(0.05, abs=0.02)
    assert found["b1"] == pytest.approx(0.4, abs=0.02)
    assert found["a2"] + 0.02 < found["b2"] < 0.5  # the same two of four, under another parent
    alone = pooled_of(roster({"a2": (4, 0.1, 0.5), "b1": (300, 0.1, 0.4)}, {}))
    assert found["a2"] < alone["a2"]


def test_pooling_is_the_exact_posterior_of_the_tree() -> None:
    given = roster({"a1": (30, 0.1, 0.1), "a2": (5, 0.1, 0.4), "b": (12, 0.1, 0.25), "b1": (50, 0.1, 0.3)})
    tree, size = given.tree, given.officers
    assert given.past is not None
    total = tree.own(given.where, given.past)
    found = pool(tree, total, size)
    rate = total.sum() / size.sum()
    noise = rate * (1 - rate)
    precision, weighted = posterior_precision(tree, size / noise, found.between), total / noise
    top = tree.parent < 0
    weighted[top] += rate / (1.0 / found_top_precision(tree, size / noise, found.between) + found.between)
    exact = np.linalg.inv(precision)
    assert found.mean == pytest.approx(exact @ weighted)
    assert found.variance == pytest.approx(np.diag(exact))


def test_the_weight_of_a_node_is_by_how_much_its_rate_follows_its_own_officers() -> None:
    units = {"a1": (30, 0.1, 0.1), "a2": (5, 0.1, 0.4), "a": (4, 0.1, 0.5), "b": (12, 0.1, 0.25), "b1": (50, 0.1, 0.3)}
    given = roster(units)
    assert given.past is not None
    tree, size = given.tree, given.officers
    found = pool(tree, tree.own(given.where, given.past), size)
    rate = given.past.mean()
    own = size / (rate * (1 - rate))
    follows = np.linalg.inv(posterior_precision(tree, own, found.between)) * own  # (rate, unit moved)
    assert found.weight["own"] == pytest.approx(np.diag(follows))
    for place, unit in enumerate(tree.units):
        under = [some for some in range(len(tree.units)) if place in tree.line(some)]
        together = size[under] @ follows[np.ix_(under, under)].sum(axis=1) / size[under].sum()
        assert found.weight["block"][place] == pytest.approx(together), unit
    at = {name: place for place, name in enumerate(tree.units)}
    assert found.weight["own"][at["b1"]] > found.weight["own"][at["a2"]]


def posterior_precision(tree: UnitTree, own: Numbers, between: float) -> Numbers:
    """(units, units); the only top leans on the force, whose rate is held."""
    precision: Numbers = np.diag(own)
    for place, parent in enumerate(tree.parent):
        if parent < 0:
            precision[place, place] += 1.0 / (1.0 / found_top_precision(tree, own, between) + between)
        else:
            precision[[place, parent], [place, parent]] += 1.0 / between
            precision[[place, parent], [parent, place]] -= 1.0 / between
    return precision


def found_top_precision(tree: UnitTree, own: Numbers, between: float) -> float:
    """What is known of the only top from itself and below: how well the force's rate is known."""
    known = own.copy()
    for place in range(len(known) - 1, 0, -1):
        if known[place] > 0:
            known[tree.parent[place]] += 1.0 / (1.0 / known[place] + between)
    return float(known[0])


def test_the_tree_sums_blocks_and_cuts_a_loop() -> None:
    tree = UnitTree.of(["b1", "a", "top"], PARENTS)
    assert tree.units == ("top", "a", "b", "b1")
    assert tree.block(np.array([1.0, 2.0, 0.0, 4.0])).tolist() == [7.0, 2.0, 4.0, 4.0]
    assert tree.line(3) == [3, 2, 0]
    looped = UnitTree.of(["x"], {"x": "y", "y": "x"})
    assert sorted(looped.units) == ["x", "y"]


def test_a_worse_past_lifts_a_unit_and_the_force_keeps_its_sum() -> None:
    found = roster({"a1": (100, 0.1, 0.02), "b1": (100, 0.1, 0.3)})
    moved = moved_chances(found, UnitRule(past=0.5))
    assert moved.sum() == pytest.approx(found.chance.sum())
    assert moved[-1] > 0.13 > 0.07 > moved[0]
    assert moved_chances(found, UnitRule()) == pytest.approx(found.chance)


def test_blocks_are_the_mean_of_everybody_under_them_and_larger_ones_are_surer() -> None:
    found = roster({"a1": (40, 0.1, 0.1), "a2": (10, 0.4, 0.1), "b1": (50, 0.2, 0.1)})
    shares = expected(found, found.chance, UnitRule(doubt=0.3))
    at = {name: place for place, name in enumerate(found.tree.units)}
    assert shares["block"].share[at["a"]] == pytest.approx((40 * 0.1 + 10 * 0.4) / 50)
    assert shares["block"].share[at["top"]] == pytest.approx(found.chance.mean())
    assert math.isnan(shares["own"].share[at["top"]])
    width = shares["block"].high - shares["block"].low
    assert width[at["top"]] < width[at["a2"]]


def test_a_unit_whose_officers_say_next_to_nothing_rests_on_the_units_above() -> None:
    """22 officers of next to no chance, in a block of others with much: what it is told is what the block lends it."""
    found = roster({"a1": (22, 0.0004, 0.1), "a2": (40, 0.1, 0.1), "b1": (300, 0.05, 0.1)})
    some = np.arange(len(found.chance)) % 5 == 0  # in the other units few have a high chance and most next to none
    found = replace(found, chance=np.where(found.chance < 0.01, found.chance, found.chance * np.where(some, 4.6, 0.1)))
    shares = expected(found, found.chance, UnitRule())
    own = {name: (shares["own"].weight[place], shares["own"].own_part[place], shares["own"].share[place])
           for place, name in enumerate(found.tree.units)}  # fmt: skip
    weight, part, share = own["a1"]
    assert weight > 0.5 > part
    assert part == pytest.approx(weight * 0.0004 / share)
    assert own["a2"][1] == pytest.approx(own["a2"][0]), "who says more than is told rests on its own by its weight"
    top = found.tree.units.index("top")
    assert shares["block"].own_part[top] == pytest.approx(1.0)


def test_intervals_hold_what_will_be_seen_about_as_often_as_they_say() -> None:
    draw, rule = np.random.default_rng(3), UnitRule(doubt=0.3, level=0.2)
    units = {f"u{place}": (60, 0.15, 0.1) for place in range(200)}
    found = roster(units, {})
    shares = expected(found, found.chance, rule)["own"]
    held = []
    for _ in range(40):
        shift = draw.normal(0, rule.level) + draw.normal(0, rule.doubt, 200)
        came = draw.random(len(found.where)) < expit(logit(found.chance) + shift[found.where])
        seen = found.tree.own(found.where, came.astype(np.float64)) / 60
        held.append(((seen >= shares.low) & (seen <= shares.high)).mean())
    assert 0.93 < np.mean(held) < 0.99


def test_change_is_against_the_last_period_at_todays_level() -> None:
    found = roster({"a1": (200, 0.04, 0.08), "b1": (200, 0.02, 0.01)})  # the whole force is milder than it was
    shares = expected(found, found.chance, UnitRule(doubt=0.05))
    trend = changes(found, shares)
    assert trend is not None
    at = {name: place for place, name in enumerate(found.tree.units)}
    assert trend["block"].change[at["top"]] == pytest.approx(0.0, abs=1e-3)
    assert trend["own"].worse[at["b1"]] > 0.8 > 0.2 > trend["own"].worse[at["a1"]]
    assert trend["block"].direction()[at["top"]] == "steady"
    assert trend["own"].direction()[at["top"]] is None
    assert changes(Roster(found.tree, found.where, found.chance), shares) is None


def test_change_since_an_earlier_expectation_leaves_out_the_level() -> None:
    now = roster({"a1": (50, 0.2, 0.1), "b1": (50, 0.2, 0.1)})
    then = roster({"a1": (50, 0.1, 0.1), "b1": (50, 0.3, 0.1)})
    rule = UnitRule(doubt=0.01)
    trend = changes_since(expected(now, now.chance, rule), expected(then, then.chance, rule), 1.0)
    at = {name: place for place, name in enumerate(now.tree.units)}
    assert trend["own"].change[at["a1"]] == pytest.approx(0.1)
    assert trend["own"].direction()[[at["a1"], at["b1"]]].tolist() == ["worsening", "improving"]


def test_movement_is_told_for_each_unit_and_block_and_sums() -> None:
    tree = UnitTree.of(["a1", "a2"], PARENTS)
    then = Membership(["x", "y", "z"], ["a1", "a1", "gone"], np.array([0.1, 0.5, 0.9]))
    now = Membership(["x", "y", "w"], ["a1", "a2", "a1"], np.array([0.2, 0.5, 0.4]))
    found = Movements(tree, then, now)
    one = found.of("a1", "own")
    assert one is not None
    assert (one.moved_in, one.moved_out, one.stayed) == (1, 1, 1)
    assert (one.by_out, one.by_stayers, one.by_in) == pytest.approx((-0.2, 0.1, 0.1))
    assert one.by_out + one.by_stayers + one.by_in == pytest.approx(one.change)
    block = found.of("a", "block")
    assert block is not None
    assert (block.moved_in, block.moved_out, block.stayed) == (1, 0, 2)  # from a1 to a2 nobody left the block
    assert found.of("a2", "own") is None
    swapped = Movements(UnitTree.of(["a1"], {}), Membership(["x"], ["a1"], np.array([0.1])),
                        Membership(["y"], ["a1"], np.array([0.3]))).of("a1", "own")  # fmt: skip
    assert swapped is not None
    assert (swapped.by_out, swapped.by_stayers, swapped.by_in) == pytest.approx((0.0, 0.0, 0.2))


def test_who_was_there_without_a_score_stayed_and_neither_came_nor_left() -> None:
    """x is new and has no score at first; v has none at last; w comes, y leaves."""
    tree, none = UnitTree.of(["a1"], {}), float("nan")
    then = Membership(["x", "y", "z", "v"], ["a1"] * 4, np.array([none, 0.5, 0.1, 0.3]))
    now = Membership(["x", "z", "v", "w"], ["a1"] * 4, np.array([0.4, 0.2, none, 0.9]))
    one = Movements(tree, then, now).of("a1", "own")
    assert one is not None
    assert (one.moved_in, one.moved_out, one.stayed) == (1, 1, 2)
    assert one.by_in == pytest.approx(0.5 - 0.3)  # all now less those of them who stayed
    assert one.by_out == pytest.approx(0.2 - 0.3)  # those who stayed, as they were, less all then
    assert one.by_stayers == pytest.approx(0.3 - 0.2)
    assert one.by_in + one.by_out + one.by_stayers == pytest.approx(one.change) == 0.2
    assert not one.at_level  # the only unit is the whole force


def test_the_past_is_read_from_features_and_open_complaints_count_in_part() -> None:
    frame = pd.DataFrame({"complaints_sustained_24m": [1.0, 0.0, 0.0], "complaints_pending_24m": [0.0, 1.0, 2.0]})
    told = past_chances(frame, "conduct", 24, 0.5)
    assert told is not None
    assert told.tolist() == [1.0, 0.5, 0.75]
    assert past_chances(frame, "conduct", 12, 0.5) is not None  # no count of 12 months: the next longer one
    assert past_chances(frame, "strain", 24, 0.5) is None
    assert past_chances(frame.assign(complaints_pending_24m=np.nan), "conduct", 24, 0.5) is None
    assert open_share(frame, "conduct", 24, np.array([1.0, 0.2, 0.36])) == pytest.approx(0.2, abs=1e-3)
    assert open_share(frame, "force", 24, np.ones(3)) == 0.0
