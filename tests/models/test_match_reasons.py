"""What an officer is told is true of the result, complete, and says nothing private of anybody else."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data_contracts.counting import counted
from models.matching.order import lottery
from models.matching.placing import Match, match
from models.matching.reasons import ASIDE, Placement, WishTold, placements
from models.matching.wishes import MatchInput
from tests.models.rounds import NOWHERE, RULES, Small, each_round, random_rounds

STEPS = ("priority_class", "points", "grassroots_months", "service_months", "lottery")


def _found(officers: dict[str, tuple[float, ...]], wishes: list[tuple[object, ...]], places: dict[str, int]) -> Match:
    people = pd.DataFrame.from_dict(officers, orient="index", columns=["points", *STEPS[2:4]])
    stated = pd.DataFrame(wishes, columns=["officer_id", "vacancy_id", "preference_order"])
    open_ = pd.DataFrame({"vacancy_id": list(places), "places": list(places.values())})
    return match(MatchInput(people.rename_axis("officer_id").reset_index(), stated, open_), RULES)


def _texts(found: Match, officer: str) -> list[tuple[str, str, str]]:
    (told,) = placements(found, [officer])
    return [(wish.code, wish.text.en, wish.text.zh) for wish in told.wishes]


def test_points_are_told_with_those_of_the_last_one_placed() -> None:
    found = _found(
        {"o-1": (28.0, 0, 0), "o-2": (31.5, 0, 0), "o-3": (40.0, 0, 0)},
        [("o-1", "v", 1), ("o-1", "w", 2), ("o-1", "x", 3), ("o-2", "v", 1), ("o-3", "v", 1)],
        {"v": 2, "w": 1, "x": 1},
    )
    en = "all 2 places went to officers ahead of you in the published order; the last one had 31.5 points, you have 28"
    zh = "全部2个名额由排序在前的民警取得，末位积分31.5，您为28"
    assert _texts(found, "o-1") == [
        ("outranked", en, zh), ("granted", "granted", "录取"),
        ("not_needed", "an earlier wish was granted", "更靠前的志愿已录取"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("winner", "told_en", "told_zh"),
    [
        ((5, 9, 0), "has the same points; months at the grass roots: 9, yours: 3", "基层工作月数为9，您为3"),
        ((5, 3, 7), "has the same points; months of service: 7, yours: not recorded", "公安工作月数为7，您为未记录"),
    ],
)
def test_a_tie_break_is_told_with_both_values(winner: tuple[float, ...], told_en: str, told_zh: str) -> None:
    mine = (5, 3, float("nan"))
    found = _found({"o-1": mine, "o-2": winner}, [("o-1", "v", 1), ("o-2", "v", 1)], {"v": 1})
    ((code, en, zh),) = _texts(found, "o-1")
    assert code == "outranked"
    assert en == f"the only place went to an officer ahead of you in the published order; the last one {told_en}"
    assert zh.endswith(told_zh)


def test_a_tie_break_that_prefers_less_is_told_as_it_stands() -> None:
    rules = replace(RULES, tie_break=(replace(RULES.tie_break[0], prefer="less"),))
    people = pd.DataFrame({"officer_id": ["o-1", "o-2"], "points": 1, "grassroots_months": [8, 2]})
    wishes = pd.DataFrame({"officer_id": ["o-1", "o-2"], "vacancy_id": "v", "preference_order": 1})
    found = match(MatchInput(people, wishes, pd.DataFrame({"vacancy_id": ["v"], "places": [1]})), rules)
    assert "months at the grass roots: 2, yours: 8" in _texts(found, "o-1")[0][1]


def test_the_lottery_is_told_with_its_seed() -> None:
    found = _found({"o-1": (1, 1, 1), "o-2": (1, 1, 1)}, [("o-1", "v", 1), ("o-2", "v", 1)], {"v": 1})
    tickets = lottery(["o-1", "o-2"], RULES.lottery_seed)
    loser = "o-1" if tickets[0] > tickets[1] else "o-2"
    ((_, en, zh),) = _texts(found, loser)
    assert "the public lottery (seed 'pharos') decided" in en
    assert "公开抽签（种子“pharos”）决定" in zh


def test_a_priority_class_decides_and_nobody_learns_which() -> None:
    people = pd.DataFrame(
        {"officer_id": ["o-1", "o-2"], "points": [9, 1], "grassroots_months": 0, "service_months": 0,
         "priority_class": [None, "hardship"]}
    )  # fmt: skip
    wishes = pd.DataFrame({"officer_id": ["o-1", "o-2"], "vacancy_id": "v", "preference_order": 1})
    found = match(MatchInput(people, wishes, pd.DataFrame({"vacancy_id": ["v"], "places": [1]})), RULES)
    ((_, en, zh),) = _texts(found, "o-1")
    assert "goes first by priority class, which comes before points" in en
    assert "末位按优先类别在前" in zh
    told = json.dumps(placements(found, ["o-1"])[0].told(), ensure_ascii=False)
    assert not [word for one in RULES.priority_class for word in (one.code, one.name_zh, one.name_en) if word in told]


def test_what_does_not_count_is_told_in_both_languages() -> None:
    round_ = random_rounds(21, 1).given()
    people = round_.officers.iloc[:1].assign(officer_id="o-1")
    wishes = pd.DataFrame({"officer_id": "o-1", "vacancy_id": ["v", "w", "x", "y"], "preference_order": [1, 2, 3, 4],
                           "eligible": [False, False, True, True]})  # fmt: skip
    open_ = pd.DataFrame({"vacancy_id": ["v", "w", "x"], "places": [1, 1, 0]})
    told = _texts(match(MatchInput(people, wishes, open_), RULES), "o-1")
    assert [code for code, *_ in told] == ["not_eligible", "not_eligible", "no_places", "unknown_vacancy"]
    assert told[0][1:] == ("not eligible", "不符合任职条件")
    zh, en = ["缺法律考试", None, None, None], ["lacks the law exam", "", None, None]
    reasons = wishes.assign(because_zh=np.array(zh, dtype=object), because_en=np.array(en, dtype=object))
    told = _texts(match(MatchInput(people, reasons, open_), RULES), "o-1")
    assert told[0][1:] == ("not eligible: lacks the law exam", "不符合任职条件：缺法律考试")
    assert told[1][1:] == ("not eligible", "不符合任职条件")
    assert all(text.zh and text.en for text in ASIDE.values())


def test_each_officer_asked_for_gets_one_result_in_that_order() -> None:
    found = _found({"o-1": (2, 0, 0), "o-2": (1, 0, 0), "o-3": (3, 0, 0)},
                   [("o-1", "v", 1), ("o-2", "v", 1), ("o-2", "w", float("nan"))], {"v": 1, "w": 1})  # fmt: skip
    asked = ["o-9", "o-2", "o-1", "o-3", "o-2"]
    told = [one.told() for one in placements(found, asked)]
    assert [one["officer_id"] for one in told] == asked
    assert [one["status"] for one in told] == ["not_placed", "not_placed", "placed", "not_placed", "not_placed"]
    codes = [one["because"]["code"] if isinstance(one["because"], dict) else None for one in told]
    assert codes == ["did_not_apply", "no_wish_counts", None, "did_not_apply", "no_wish_counts"]
    assert (told[2]["vacancy_id"], told[2]["preference_order"]) == ("v", 1)
    json.dumps(told, allow_nan=False)


def _true_of(wish: WishTold, officer: str, posts: dict[str, str], small: Small) -> None:
    """Check one sentence against the round spelled out anew."""
    there = sorted(small.key[one, wish.vacancy_id] for one, post in posts.items() if post == wish.vacancy_id)
    if wish.code == "outranked":
        mine, last = small.key[officer, wish.vacancy_id], there[-1]
        assert len(there) == small.places[wish.vacancy_id] > 0
        assert last < mine
        step = next(place for place, (one, other) in enumerate(zip(mine, last, strict=True)) if one != other)
        assert wish.decided_by == STEPS[step]
        if step == 1:
            assert f"had {counted(-last[1], 'point')}, you have {-mine[1]}" in wish.text.en  # type: ignore[operator]
    else:
        assert wish.decided_by is None
        assert (wish.code == "no_places") == (small.places[wish.vacancy_id] == 0 and wish.code != "not_needed"
                                              and wish.code != "not_eligible")  # fmt: skip


def test_every_reason_of_many_rounds_is_true() -> None:
    rounds = random_rounds(22, 300, officers=5, vacancies=3)
    found, seen = match(rounds.given(), RULES), list[str]()
    for small in each_round(rounds):
        told: list[Placement] = placements(found, list(small.lists))
        posts = {one.officer_id: one.vacancy_id or NOWHERE for one in told}
        for one in told:
            counted = [wish.vacancy_id for wish in one.wishes if wish.code != "not_eligible"]
            assert counted == small.lists[one.officer_id]
            granted = [wish.vacancy_id for wish in one.wishes if wish.code == "granted"]
            assert granted == ([one.vacancy_id] if one.vacancy_id else [])
            for wish in one.wishes:
                _true_of(wish, one.officer_id, posts, small)
                seen.append(wish.decided_by or wish.code)
    assert set(seen) == {*STEPS, "granted", "not_needed", "no_places", "not_eligible"}
