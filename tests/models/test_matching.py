"""The matching is the stable one that every officer likes best, and nobody gains by stating other wishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.errors import InvalidInput
from data_contracts.simulator.simulation import simulate
from models.matching.deferred_acceptance import NOBODY, Wishes, blocking_wishes, deferred_acceptance, last_held
from models.matching.order import lottery
from models.matching.placing import Match, match
from models.matching.wishes import MatchInput
from tests.models.rounds import NOWHERE, RULES, each_round, random_rounds


def _posts(found: Match) -> dict[str, str]:
    frame = found.assignments()
    return dict(zip(frame["officer_id"], frame["vacancy_id"].fillna(NOWHERE), strict=True))


def test_a_thousand_small_rounds_equal_every_assignment_tried() -> None:
    rounds = random_rounds(1, 1000)
    posts = _posts(match(rounds.given(), RULES))
    for small in each_round(rounds):
        assert {one: posts[one] for one in small.lists} == small.best_stable()
    assert 0.2 < np.mean([post == NOWHERE for post in posts.values()]) < 0.6


def test_nobody_gains_by_any_of_many_lies() -> None:
    """In every round one officer states any list at all: left out, put in, another order."""
    rounds, rng = random_rounds(2, 500), np.random.default_rng(3)
    honest = _posts(match(rounds.given(), RULES))
    wanted = {one: small for small in each_round(rounds) for one in small.lists}
    changed = 0
    for _ in range(25):
        liars = rounds.pairs.groupby("round")["officer_id"].sample(1, random_state=rng).to_list()
        lie = rounds.pairs["officer_id"].isin(liars).to_numpy()
        stated = rounds.pairs.copy()
        stated.loc[lie, "liking"] = rng.permutation(lie.sum())
        stated.loc[lie, "wished"] = rng.random(lie.sum()) < 0.7
        got = _posts(match(rounds.given(stated), RULES))
        for liar in liars:
            small = wanted[liar]
            assert small.liked(liar, honest[liar]) <= small.liked(liar, got.get(liar, NOWHERE))
            changed += honest[liar] != got.get(liar, NOWHERE)
    assert changed > 2000  # the lies did make a difference


def _large(seed: int, officers: int, vacancies: int, wishes: int, by_wish: bool) -> Wishes:
    rng = np.random.default_rng(seed)
    pull = np.exp(rng.normal(0, 1, vacancies))
    lists = [rng.choice(vacancies, wishes, replace=False, p=pull / pull.sum()) for _ in range(officers)]
    officer, vacancy = np.repeat(np.arange(officers), wishes), np.concatenate(lists)
    rank = rng.permutation(len(officer)) if by_wish else rng.permutation(officers)[officer]
    return Wishes.of(officers, officer, vacancy, rank, rng.integers(0, 2 * officers // vacancies + 1, vacancies))


@pytest.mark.parametrize("by_wish", [True, False])
def test_asking_all_at_once_or_one_by_one_or_both_ends_in_the_same_stable_assignment(by_wish: bool) -> None:
    wishes = _large(5, 2000, 200, 8, by_wish)
    results = [deferred_acceptance(wishes, few) for few in (0, 100, 10**9)]
    for found in results:
        assert (found == results[0]).all()
        assert len(blocking_wishes(wishes, found)) == 0
        taken = found[found != NOBODY]
        assert (wishes.officer[taken] == np.flatnonzero(found != NOBODY)).all()
        assert (np.bincount(wishes.vacancy[taken], minlength=200) <= wishes.places).all()


def test_blocking_wishes_are_those_counted_by_hand() -> None:
    rounds, rng = random_rounds(6, 60), np.random.default_rng(7)
    found = match(rounds.given(), RULES)
    every_pair = found.pairs(np.arange(len(found.rows))).to_numpy().tolist()
    row_of = {(one, other): row for row, (one, other) in enumerate(every_pair)}
    number = {one: place for place, one in enumerate(found.stated.officer_ids)}
    granted, want = np.full(len(number), NOBODY), []
    for small in each_round(rounds):
        every = list(small.assignments())
        posts = every[rng.integers(len(every))]
        granted[[number[one] for one in posts]] = [row_of.get((one, post), NOBODY) for one, post in posts.items()]
        want += small.blocking(posts)
    told = found.pairs(blocking_wishes(found.wishes, granted))
    assert sorted(told.itertuples(index=False, name=None)) == sorted(want)
    assert len(want) > 60
    assert len(found.blocking()) == 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), shuffle=st.integers(0, 10**6))
def test_the_order_of_rows_changes_nothing(seed: int, shuffle: int) -> None:
    given_ = random_rounds(seed, 3).given()
    officers, wishes = (frame.sample(frac=1, random_state=shuffle) for frame in (given_.officers, given_.preferences))
    mixed = MatchInput(officers, wishes, given_.vacancies.iloc[::-1])
    assert _posts(match(mixed, RULES)) == _posts(match(given_, RULES))


def _round(officers: list[tuple[object, ...]], wishes: list[tuple[object, ...]], places: int = 1) -> MatchInput:
    """Officers are id, points and tie-breaks; wishes are officer, vacancy, order; every vacancy has `places`."""
    people = pd.DataFrame(officers, columns=["officer_id", "points", "grassroots_months", "service_months"])
    stated = pd.DataFrame(wishes, columns=["officer_id", "vacancy_id", "preference_order"])
    ids = sorted({str(one) for one in stated["vacancy_id"]})
    return MatchInput(people, stated, pd.DataFrame({"vacancy_id": ids, "places": places}))


BOTH: list[tuple[object, ...]] = [("o-1", "v", 1), ("o-2", "v", 1)]


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        ((10.0, 0, 0), (9.99, 99, 99), "o-1"),
        ((10.0, 0, 0), (10.004, 0, 1), "o-2"),  # the same points after rounding, then service
        ((10.004, 0, 1), (10.0, 1, 0), "o-2"),  # grass roots before service
        ((10.0, np.nan, 99), (10.0, 0, 0), "o-2"),  # what is not recorded comes last
        ((10.0, 5, 5), (10.0, 5, 5), "lottery"),
    ],
)
def test_points_then_each_tie_break_then_the_lottery(
    first: tuple[float, ...], second: tuple[float, ...], winner: str
) -> None:
    drawn = dict(zip(lottery(["o-1", "o-2"], RULES.lottery_seed).tolist(), ("o-1", "o-2"), strict=True))
    want = drawn[min(drawn)] if winner == "lottery" else winner
    posts = _posts(match(_round([("o-1", *first), ("o-2", *second)], BOTH), RULES))
    assert [one for one, post in posts.items() if post] == [want]


def test_another_seed_draws_another_order_and_every_seed_is_fair() -> None:
    equal = _round([("o-1", 1, 1, 1), ("o-2", 1, 1, 1)], BOTH)
    wins = [bool(_posts(match(equal, replace(RULES, lottery_seed=str(seed))))["o-1"]) for seed in range(60)]
    assert 18 < sum(wins) < 42


def _with_class(frame: pd.DataFrame, *codes: str | None) -> pd.DataFrame:
    return frame.assign(priority_class=np.array(codes, dtype=object))


def test_a_class_goes_before_points_where_it_holds_and_only_there() -> None:
    wishes: list[tuple[object, ...]] = [*BOTH, ("o-3", "w", 1), ("o-4", "w", 1)]
    round_ = _round([("o-1", 9, 0, 0), ("o-2", 1, 0, 0), ("o-3", 9, 0, 0), ("o-4", 1, 0, 0)], wishes)
    everywhere = replace(round_, officers=_with_class(round_.officers, None, "couple", None, None))
    assert _posts(match(everywhere, RULES)) == {"o-1": "", "o-2": "v", "o-3": "w", "o-4": ""}
    here = replace(round_, preferences=_with_class(round_.preferences, None, None, "couple", "hardship"))
    assert _posts(match(here, RULES)) == {"o-1": "v", "o-2": "", "o-3": "", "o-4": "w"}
    own = replace(round_, officers=_with_class(round_.officers, "couple", None, None, None))
    both = replace(own, preferences=_with_class(round_.preferences, None, "hardship", None, None))
    assert _posts(match(both, RULES)) == {"o-1": "", "o-2": "v", "o-3": "w", "o-4": ""}


def test_points_may_differ_by_vacancy() -> None:
    round_ = _round([("o-1", 9, 0, 0), ("o-2", 1, 0, 0)], BOTH)
    there = replace(round_, preferences=round_.preferences.assign(points=[1.0, 2.0]))
    assert _posts(match(there, RULES)) == {"o-1": "", "o-2": "v"}


def test_places_are_filled_and_never_more() -> None:
    officers: list[tuple[object, ...]] = [(f"o-{one}", one, 0, 0) for one in range(9)]
    wishes: list[tuple[object, ...]] = [(f"o-{one}", "v", 1) for one in range(9)]
    for places in (0, 1, 4, 9, 20):
        found = match(_round(officers, wishes, places), RULES)
        assert (
            sorted(one for one, post in _posts(found).items() if post)
            == [f"o-{one}" for one in range(9)][9 - min(places, 9) :]
        )
        assert found.filled.tolist() == [min(places, 9)]
        assert (last_held(found.wishes, found.granted)[0] == NOBODY) == (places in (0, 20))


def test_a_wish_that_cannot_count_is_set_aside_and_the_rest_of_the_list_stands() -> None:
    wishes: list[tuple[object, ...]] = [("o-1", "gone", 1), ("o-1", "v", 3), ("o-1", "v", 4), ("o-1", "late", 2),
                                        ("o-2", "v", 1), ("o-2", "w", 1), ("o-3", "v", 0), ("o-3", "w", 2),
                                        ("o-4", "w", 1), ("o-5", "w", 1), ("o-5", "gone", 1),
                                        ("o-6", "w", 1.5)]  # fmt: skip
    round_ = _round([("o-1", 1, 0, 0), ("o-2", 9, 0, 0), ("o-3", 9, 0, 0), ("o-4", np.nan, 0, 0), ("o-5", 0, 0, 0),
                     ("o-6", 5, 0, 0)], wishes)  # fmt: skip
    stated = round_.preferences.assign(occurred_on=pd.Timestamp("2026-03-10"))
    closes = pd.Series({"late": "2026-03-09"}).reindex(["late", "v", "w"])
    open_ = round_.vacancies[round_.vacancies["vacancy_id"] != "gone"].assign(
        closes_on=pd.to_datetime(closes).to_numpy()
    )
    found = match(MatchInput(round_.officers, stated, open_), RULES)
    assert _posts(found) == {"o-1": "v", "o-2": "", "o-3": "", "o-4": "", "o-5": "w", "o-6": ""}
    codes = [
        (found.stated.officer_ids[one], code)
        for one, code in zip(found.stated.officer, found.stated.aside, strict=True)
    ]
    assert len(codes) == len(wishes)
    assert [code for one, code in codes if one == "o-1"] == ["unknown_vacancy", "late", "", "repeated"]
    assert {code for one, code in codes if one in ("o-2", "o-3", "o-6")} == {"unclear_order"}
    assert [code for one, code in codes if one in ("o-4", "o-5")] == ["no_points", "unknown_vacancy", ""]


def test_an_officer_of_whom_only_wishes_are_known_is_told_and_not_lost() -> None:
    found = match(_round([("o-1", 1, 0, 0)], BOTH), RULES)
    assert found.assignments()["officer_id"].to_list() == ["o-1", "o-2"]
    assert found.stated.aside.tolist() == ["", "no_points"]


def test_nobody_and_nothing_is_a_round_too() -> None:
    empty = _round([("o-1", 1, 0, 0)], [])
    assert _posts(match(empty, RULES)) == {"o-1": ""}


def _changed(frame: str, **columns: object) -> MatchInput:
    round_ = _round([("o-1", 1, 0, 0), ("o-2", 1, 0, 0)], BOTH)
    return replace(round_, **{frame: getattr(round_, frame).assign(**columns)})


GOOD = _round([("o-1", 1, 0, 0), ("o-2", 1, 0, 0)], BOTH)
REFUSED = [
    (_changed("vacancies", places=-1), "vacancies.places: 'v' has -1; give a whole number, 0 or more"),
    (_changed("vacancies", places=1.5), "vacancies.places: 'v' has 1.5"),
    (_changed("vacancies", places=np.nan), "vacancies.places: 'v' has nan"),
    (_changed("vacancies", vacancy_id=None), "vacancies.vacancy_id: 1 empty, first in row 0; fill them in"),
    (replace(GOOD, vacancies=pd.concat([GOOD.vacancies] * 2)), "vacancies.vacancy_id: 'v' appears more than once"),
    (_changed("officers", officer_id="o-1"), "officers.officer_id: 'o-1' appears more than once; keep one row of it"),
    (_changed("preferences", officer_id=None), "preferences.officer_id: 2 empty"),
    (_changed("preferences", eligible=[True, None]), "preferences.eligible: 1 empty, first in row "),
    (_changed("officers", priority_class=["hardship", "friend"]), "priority_class: 1 rows with a class that policy"),
    (_changed("preferences", priority_class=["luck", None]), "first in row 0; use hardship, couple, or leave it empty"),
    (replace(GOOD, officers=GOOD.officers.drop(columns="points")), "officers or preferences: no column 'points'; add"),
    (replace(GOOD, officers=GOOD.officers.drop(columns="service_months")), "or take the tie-break out of policy/"),
    (replace(GOOD, preferences=GOOD.preferences.drop(columns="preference_order")), "preferences: no column 'prefer"),
    (replace(GOOD, vacancies=GOOD.vacancies.drop(columns="places")), "vacancies: no column 'places'; add it"),
]


@pytest.mark.parametrize(("round_", "told"), REFUSED, ids=[told[:40] for _, told in REFUSED])
def test_a_fault_of_the_department_refuses_the_round(round_: MatchInput, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        match(round_, RULES)
    assert told in str(refused.value)


def test_a_round_of_the_simulated_bureau_is_read_as_the_contracts_name_it() -> None:
    tables = simulate(400, 2, 7, date(2026, 1, 1))
    open_ = tables["vacancies"].query("opened_on >= '2025-05-01'")
    wishes, officers = tables["preferences"], tables["officers"][["officer_id"]]
    people = officers.assign(points=1.0, grassroots_months=0, service_months=0)
    found = match(MatchInput(people, wishes, open_), RULES)
    counted = wishes["vacancy_id"].isin(open_["vacancy_id"])
    assert (found.stated.aside == "unknown_vacancy").sum() == (~counted).sum() > 0
    assert len(found.rows) > 0
    assert found.filled.sum() == found.assignments()["vacancy_id"].notna().sum() > 0
    assert len(found.blocking()) == 0
