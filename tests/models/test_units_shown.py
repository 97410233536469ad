"""Which nodes show figures: whatever is added and subtracted, no few officers are told of, and no more is hidden."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from models.units.shown import Shown, shown, stands_for
from models.units.tree import UnitTree

LEAST = 5


def a_tree(parents: dict[str, str], officers: dict[str, int]) -> tuple[UnitTree, np.ndarray]:
    tree = UnitTree.of(sorted(officers), parents)
    return tree, np.array([float(officers.get(unit, 0)) for unit in tree.units])


def drawn(draw: np.random.Generator, most: int) -> tuple[UnitTree, np.ndarray]:
    """A tree of few officers a unit, now and then with several tops."""
    many = int(draw.integers(2, most + 1))
    parents = {f"n{place}": f"n{draw.integers(0, place)}" for place in range(1, many) if draw.random() < 0.9}
    return a_tree(parents, {f"n{place}": int(draw.choice([0, 0, 1, 2, 3, 4, 5, 6, 20])) for place in range(many)})


def sets_shown(tree: UnitTree, told: Shown) -> list[list[bool]]:
    """Of each shown figure, and of the whole force's, which units it counts."""
    units = range(len(tree.units))
    own = [[unit == place for unit in units] for place in units if told["own"][place]]
    block = [[place in tree.line(unit) for unit in units] for place in units if told["block"][place]]
    return [*own, *block, [True] * len(tree.units)]


def follows(tree: UnitTree, told: Shown, group: tuple[bool, ...]) -> bool:
    """Whether the sum over a group of units follows from shown figures, by whatever factors."""
    known = np.array(sets_shown(tree, told), dtype=float).T
    factors = np.linalg.lstsq(known, np.array(group, dtype=float), rcond=None)[0]
    return bool(np.allclose(known @ factors, group, atol=1e-6))


def gives_away(tree: UnitTree, officers: np.ndarray, told: Shown) -> bool:
    """Whether some group of one to four officers follows, every group of units tried."""
    groups = product((False, True), repeat=len(tree.units))
    few = [group for group in groups if 0 < officers[list(group)].sum() < LEAST]
    return any(follows(tree, told, group) for group in few)


def test_no_sum_or_difference_of_shown_figures_is_of_a_few_officers() -> None:
    draw = np.random.default_rng(5)
    for _ in range(150):
        tree, officers = drawn(draw, 6)
        told, size = shown(tree, officers, LEAST), {"own": officers, "block": tree.block(officers)}
        assert all((size[scope][told[scope]] >= LEAST).all() for scope in told)
        if officers.sum() >= LEAST:
            assert not gives_away(tree, officers, told)
        else:
            assert not any(told[scope].any() for scope in told)


def rests(tree: UnitTree, officers: np.ndarray, told: Shown) -> list[float]:
    """What remains of each shown set less the largest shown ones inside it; the last is of the force."""
    left, found = np.zeros(len(officers) + 1), list[float]()
    for place in range(len(officers) - 1, -1, -1):
        left[place] += 0 if told["own"][place] else officers[place]
        found += [float(left[place])] if told["block"][place] else []
        left[tree.parent[place]] += 0 if told["block"][place] else left[place]
    return [*found, float(left[-1])]


def test_large_trees_keep_the_promise_too() -> None:
    draw = np.random.default_rng(6)
    for _ in range(300):
        tree, officers = drawn(draw, 40)
        told = shown(tree, officers, LEAST)
        assert officers.sum() < LEAST or all(rest == 0 or rest >= LEAST for rest in rests(tree, officers, told))


def test_no_more_is_hidden_than_has_to_be() -> None:
    draw = np.random.default_rng(7)
    for _ in range(60):
        tree, officers = drawn(draw, 4)
        if officers.sum() < LEAST:
            continue
        size = np.concatenate([officers, tree.block(officers)])
        most = 0
        for keep in product((False, True), repeat=len(size)):
            if (size[list(keep)] >= LEAST).all() and sum(keep) > most:
                told = dict(zip(("own", "block"), np.array(keep).reshape(2, -1), strict=True))
                if all(rest == 0 or rest >= LEAST for rest in rests(tree, officers, told)):
                    most = sum(keep)
        assert sum(int(told.sum()) for told in shown(tree, officers, LEAST).values()) == most


def test_a_shown_block_under_a_hidden_one_is_subtracted_as_well() -> None:
    """A stranger's chain: 29 of the top, less 22 of the lower block, less 5 of its own, were the two of u1."""
    tree, officers = a_tree({"u1": "u0", "u2": "u1", "u3": "u2"}, {"u0": 5, "u1": 2, "u2": 2, "u3": 20})
    told = {scope: seen.tolist() for scope, seen in shown(tree, officers, LEAST).items()}
    assert told == {"own": [False, False, False, True], "block": [True, False, False, True]}


def test_the_figures_of_all_officers_are_shown_beside_those_of_several_trees() -> None:
    tree, officers = a_tree({}, {"a": 30, "b": 8, "c": 3})
    told = dict(zip(tree.units, shown(tree, officers, LEAST)["block"].tolist(), strict=True))
    assert told == {"a": True, "b": False, "c": False}


@pytest.mark.parametrize("officers", [{"a": 3, "b": 1}, {"a": 0, "b": 0}])
def test_a_force_of_a_few_shows_nothing(officers: dict[str, int]) -> None:
    found = shown(*a_tree({"b": "a"}, officers), LEAST)
    assert not any(told.any() for told in found.values())


def test_a_sister_is_hidden_too_where_the_unit_has_nobody_of_its_own() -> None:
    tree, officers = a_tree({"a": "top", "b": "top", "c": "top"}, {"a": 20, "b": 7, "c": 2})
    told = shown(tree, officers, 5)
    block = dict(zip(tree.units, told["block"].tolist(), strict=True))
    assert block == {"top": True, "a": True, "b": False, "c": False}  # the smallest that hides c
    assert dict(zip(tree.units, stands_for(tree, told)["block"], strict=True)) == {
        "top": None, "a": None, "b": "top", "c": "top"}  # fmt: skip


def test_a_block_is_hidden_where_no_part_of_it_can_hide_the_few() -> None:
    tree, officers = a_tree({"m": "top", "x": "m", "y": "m", "z": "top"}, {"x": 0, "y": 3, "z": 9, "x1": 0, "m": 1})
    told = dict(zip(tree.units, shown(tree, officers, 5)["block"].tolist(), strict=True))
    assert (told["m"], told["z"], told["top"]) == (False, False, True)
