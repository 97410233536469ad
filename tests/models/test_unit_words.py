"""Sentences of units, and which nodes and parts are too few to tell of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_contracts.vocabulary import Grade
from models.risk.themes import THEMES
from models.units.grade_words import Graded, grade_told, stood_for_told
from models.units.moves import Movement
from models.units.shown import shown, stands_for
from models.units.tree import UnitTree
from models.units.words import FORCE_EARLIER, Means, drivers_told, movement_told, trend_told

SINCE = date(2025, 1, 1)
MOVED = Movement(0.01, moved_in=8, moved_out=6, stayed=30, by_in=0.02, by_out=-0.004, by_stayers=-0.006)
CHANGES = ("moved_in", "moved_out", "stayed")


@pytest.mark.parametrize(
    ("came", "went", "stayed", "told", "zh"),
    [
        (8, 6, 30, (0.02, -0.004, -0.006), "调入8人带来+2.0，调出6人带来-0.4，留任30人带来-0.6"),
        (8, 0, 30, (0.02, -0.004, -0.006), "调入8人带来+2.0，无人调出，留任30人带来-0.6"),
        (4, 6, 30, (None, None, -0.006), "调入4人、调出6人合计带来+1.6，留任30人带来-0.6"),
        (2, 2, 30, (None, None, None), "调入2人、调出2人、留任30人，其中有的人数过少，不分项说明"),
        (8, 6, 3, (None, None, None), "调入8人、调出6人、留任3人，其中有的人数过少，不分项说明"),
    ],
)
def test_what_a_few_officers_changed_is_told_with_others_or_not_at_all(
    came: int, went: int, stayed: int, told: tuple[float | None, ...], zh: str
) -> None:
    found = movement_told(replace(MOVED, moved_in=came, moved_out=went, stayed=stayed), SINCE, 5)
    assert tuple(found[part]["change"] for part in CHANGES) == told
    assert [found[part]["officers"] for part in CHANGES] == [came, went, stayed]
    assert found["text"]["zh"] == f"自2025-01-01以来，在岗民警的平均预期变化+1.0个百分点：{zh}"
    assert found["change"] == 0.01


def test_sentences_are_in_both_languages_and_chinese_has_its_own_marks() -> None:
    change = {"before": 0.05, "change": 0.01, "low": -0.01, "high": 0.03, "worse": 0.8}
    graded = Graded(0.06, 0.0, 0.17, 0.05, Grade.FAIR, Grade.GOOD, Grade.POOR)
    told = [
        trend_told(change, "steady", FORCE_EARLIER, waits=True)["text"],
        movement_told(MOVED, SINCE, 5)["text"],
        grade_told(graded),
        grade_told(replace(graded, whole=True)),
        stood_for_told(3, "u-1", Grade.GOOD),
        stood_for_told(3, None, None),
    ]
    for one in told:
        assert not set(one["zh"]) & set(",;:()")
        assert one["en"].isascii()
    assert "也可能是良好至较差" in grade_told(graded)["zh"]
    assert "this is the whole force" in grade_told(replace(graded, whole=True))["en"]


def a_tree(parents: dict[str, str], officers: dict[str, int]) -> tuple[UnitTree, np.ndarray]:
    tree = UnitTree.of(sorted(officers), parents)
    return tree, np.array([float(officers.get(unit, 0)) for unit in tree.units])


def test_figures_subtracted_never_leave_a_few_officers() -> None:
    draw = np.random.default_rng(5)
    for _ in range(200):
        many = int(draw.integers(3, 12))
        parents = {f"n{place}": f"n{draw.integers(0, place)}" for place in range(1, many)}
        tree, officers = a_tree(parents, {f"n{place}": int(draw.integers(0, 12)) for place in range(many)})
        told, size = shown(tree, officers, 5), {"own": officers, "block": tree.block(officers)}
        for scope in told:
            assert (size[scope][told[scope]] >= 5).all()
        for place in np.flatnonzero(told["block"]):
            parts = [child for child in range(many) if tree.parent[child] == place and not told["block"][child]]
            hidden = size["block"][parts].sum() + (0 if told["own"][place] else officers[place])
            assert hidden == 0 or hidden >= 5


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


def test_a_driver_is_a_number_that_a_reader_can_tell_from_the_forces() -> None:
    place = [theme.code for theme in THEMES].index("sustained_complaints")
    facet = THEMES[place].facets[0]
    excess = np.zeros(len(THEMES))
    excess[place] = 0.4
    told = drivers_told(excess, Means({facet.shown: 4.44 * facet.scale}, {facet.shown: 4.4 * facet.scale}), SINCE, 3)
    assert told == []  # 4.4 against 4.4
    (one,) = drivers_told(excess, Means({facet.shown: 6.2 * facet.scale}, {facet.shown: 4.4 * facet.scale}), SINCE, 3)
    assert "（本单位民警均值）：" in one["text"]["zh"]
    assert "全员均值4.4" in one["text"]["zh"]
    assert "all officers 4.4" in one["text"]["en"]
