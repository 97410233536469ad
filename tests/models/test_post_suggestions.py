"""Rules take posts out with a reason, vacancies are named, families are spread, the two scores stay apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.posts.fit import Standard, Wanting
from models.posts.moved_within import ANY, Counted, MovedWithin
from models.posts.next_post import RankedPost
from models.posts.reasons import Reason, moved_here
from models.posts.suggestions import Known, Person, Vacancy, moved_reason, open_vacancies, spread, suggest

RULES = policy().suggestions
FAMILIES = {"a": "x", "b": "x", "c": "x", "d": "x", "e": "y", "f": "z"}
SHARES = {"a": 0.4, "b": 0.25, "c": 0.15, "d": 0.1, "e": 0.06, "f": 0.02, "g": 0.02}
KINDRED = Reason("kindred", "同类", "of the family")
RANKED = [RankedPost(post, float(np.log(p)), p, (moved_here(4, 10), KINDRED)) for post, p in SHARES.items()]


@dataclass(frozen=True)
class Lacks:
    code: str
    zh: str
    en: str


LAW = Lacks("law_exam", "尚未通过法律考试", "lacks the law exam")


def _posts(some: tuple[object, ...]) -> list[str]:
    return [one.post_id for one in some]  # type: ignore[attr-defined]


def test_families_are_spread_and_the_best_stays_first() -> None:
    rules = replace(RULES, most_of_a_family=2, family_discount=1.0)
    assert [one.post_id for one in spread(RANKED, FAMILIES, rules, 4)] == ["a", "b", "e", "f"]
    assert [one.post_id for one in spread(RANKED, FAMILIES, rules, 7)] == ["a", "b", "e", "f", "g", "c", "d"]
    discounted = replace(RULES, most_of_a_family=9, family_discount=0.1)
    assert [one.post_id for one in spread(RANKED, FAMILIES, discounted, 4)] == ["a", "e", "b", "f"]
    plain = replace(RULES, most_of_a_family=9, family_discount=1.0)
    assert [one.post_id for one in spread(RANKED, FAMILIES, plain, 7)] == list(SHARES)


@pytest.mark.parametrize("seed", range(20))
def test_spreading_loses_nothing_and_keeps_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    share = np.sort(rng.dirichlet(np.ones(12)))[::-1]
    ranked = [RankedPost(str(n), 0.0, float(p), ()) for n, p in enumerate(share)]
    families = {str(n): str(rng.integers(0, 4)) for n in range(12)}
    found = spread(ranked, families, RULES, 12)
    assert found[0] == ranked[0]
    assert sorted(one.post_id for one in found) == sorted(one.post_id for one in ranked)
    first = [families[one.post_id] for one in spread(ranked, families, RULES, 5)]
    others = len(set(families.values())) > 1
    assert not others or max(first.count(name) for name in first) <= RULES.most_of_a_family


def test_what_rules_bar_is_told_apart_with_the_reason() -> None:
    found = suggest(RANKED, Person(blocked={"a": (LAW,), "f": ()}), Known(RULES), 3)
    assert _posts(found.open) == ["b", "c", "d"]
    assert _posts(found.barred) == ["a"]
    assert found.barred[0].blocked_by[0].en == "lacks the law exam"
    assert found.barred[0].likelihood == 0.4
    assert all(not one.blocked_by for one in found.open)


def test_only_posts_with_open_places_and_each_vacancy_is_named() -> None:
    rows = pd.DataFrame(
        {
            "vacancy_id": ["v3", "v1", "v2", "late", "shut", "none"],
            "post_id": ["b", "b", "e", "c", "c", "c"],
            "unit_id": ["u1", "u2", "u3", "u", "u", "u"],
            "places": [1, 2, 1, 1, 1, 0],
            "opened_on": pd.to_datetime(["2024-01-01"] * 3 + ["2024-03-01", "2023-01-01", "2024-01-01"]),
            "closes_on": pd.Series(["2024-02-01", None, None, None, "2024-01-31", None]).astype("datetime64[us]"),
        }
    )
    vacancies = open_vacancies(rows, date(2024, 2, 1), None)
    units = pd.DataFrame({"unit_id": ["u1", "u2"], "closed_on": pd.to_datetime(["2024-01-31", "2024-02-02"])})
    assert [one.vacancy_id for one in open_vacancies(rows, date(2024, 2, 1), units)["b"]] == ["v1"]  # u1 is no more
    found = suggest(RANKED, Person(), Known(RULES, vacancies=vacancies), 5)
    assert _posts(found.open) == ["b", "e"]
    assert found.open[0].vacancies == (
        Vacancy("v1", "b", "u2", 2, None),
        Vacancy("v3", "b", "u1", 1, date(2024, 2, 1)),
    )
    assert suggest(RANKED, Person(), Known(RULES, vacancies={}), 5).open == ()
    assert suggest(RANKED, Person(), Known(RULES), 1).open[0].vacancies == ()


def test_fit_never_moves_likelihood_nor_the_order() -> None:
    standard = Standard(families=FAMILIES)
    plain = suggest(RANKED, Person(), Known(RULES, standard), 5)
    wants = Person(wanting=Wanting(goal=("post", "e")))
    wished = suggest(RANKED, wants, Known(RULES, standard), 5)
    assert [(one.post_id, one.likelihood) for one in plain.open] == [
        (one.post_id, one.likelihood) for one in wished.open
    ]
    assert all(one.fit is None for one in plain.open)
    assert {one.post_id: one.fit.score for one in wished.open if one.fit}["e"] == 1.0


def test_the_count_with_this_training_stands_first_and_replaces_the_plainer_count() -> None:
    keys = np.array([0, 1])
    within = MovedWithin(("a", "b"), (ANY, "law"), 36, keys, np.array([100, 10]), keys * 2 + 1, np.array([20, 6]))
    known = Known(RULES, within=within, course_names={"law": Bilingual("执法资格", "law exam")})
    found = suggest(RANKED, Person("a", frozenset({"law"})), known, 7)
    told = {one.post_id: one.reasons for one in found.open}
    assert (
        told["b"][0].en
        == "6 of 10 officers from your post with the training “law exam” moved here within 3 years of having both"
    )
    assert told["b"][0].zh == "任您现岗位且完成培训“执法资格”的 10 名民警中，6 名自岗位与培训兼备起 3 年内调入此岗位"
    assert [reason.code for reason in told["b"]] == ["moved_within", "kindred"]
    assert told["c"] == RANKED[2].reasons, "nothing was counted for it, so the model's own reasons stand"
    assert suggest(RANKED, Person(None, frozenset({"law"})), known, 1).open[0].reasons == RANKED[0].reasons
    must = suggest(RANKED, Person("a", frozenset({"law"})), replace(known, mandated=frozenset({"law"})), 7)
    plain = {one.post_id: one.reasons[0].en for one in must.open}
    assert (
        plain["b"]
        == "20 of 100 officers from your post moved here within 3 years of taking up your post for the first time"
    ), "everybody must take it"


def test_a_count_is_told_with_the_day_on_which_it_was_made() -> None:
    """A model answers on later days with the counts of the day on which it was trained."""
    within = MovedWithin(("a", "b"), (ANY,), 36, np.array([0]), np.array([100]), np.array([1]), np.array([20]),
                         day=date(2025, 12, 31))  # fmt: skip
    found = suggest(RANKED, Person("a"), Known(RULES, within=within), 7).open
    reason = next(one for one in found if one.post_id == "b").reasons[0]
    others = [one for post in found if post.post_id != "b" for one in post.reasons if one.code == "moved"]
    assert others
    assert all(one.en.endswith("led here (as counted on 2025-12-31)") for one in others)
    assert reason.en.endswith("within 3 years of taking up your post for the first time (as counted on 2025-12-31)")
    assert reason.zh.endswith("3 年内调入此岗位（截至 2025-12-31 统计）")
    told, arrays = within.to_parts()
    assert MovedWithin.from_parts(told, arrays).day == date(2025, 12, 31)
    del told["day"]
    assert MovedWithin.from_parts(told, arrays).day is None, "parts of earlier versions"


def test_that_the_ranking_alone_put_it_there_is_not_said_beside_a_count_and_few_moves_are_marked() -> None:
    keys = np.array([0])
    within = MovedWithin(("a", "b"), (ANY,), 36, keys, np.array([100]), np.array([1]), np.array([20]))
    alone = [replace(one, reasons=(Reason("ranking_alone", "仅排序", "the ranking alone"),)) for one in RANKED]
    known = Known(RULES, within=within, moved_to={"b": 5, "c": 4})
    told = {one.post_id: one for one in suggest(alone, Person("a"), known, 7).open}
    assert [reason.code for reason in told["b"].reasons] == ["moved_within"]
    assert [reason.code for reason in told["c"].reasons] == ["ranking_alone"]
    assert (told["b"].few_moves, told["c"].few_moves, told["d"].few_moves) == (False, True, True)
    assert not any(one.few_moves for one in suggest(alone, Person("a"), Known(RULES), 7).open)


def test_months_that_are_no_years_are_told_as_months() -> None:
    told = moved_reason(Counted(ANY, 3, 9), 18, {})
    assert (told.en, told.zh) == (
        "3 of 9 officers from your post moved here within 18 months of taking up your post for the first time",
        "任您现岗位的 9 名民警中，3 名自首次任您现岗位起 18 个月内调入此岗位",
    )


def test_how_long_it_took_is_told_beside_the_count() -> None:
    told = moved_reason(Counted(ANY, 12, 40, (14, 5, 31)), 36, {})
    assert told.en == (
        "12 of 40 officers from your post moved here within 3 years of taking up your post for the first time, after a "
        "median of 14 months from then (5 to 31)"
    )
    assert told.zh == (
        "任您现岗位的 40 名民警中，12 名自首次任您现岗位起 3 年内调入此岗位，此后所用时间中位数 14 个月（5 至 31 个月）"
    )
    alike = moved_reason(Counted(ANY, 12, 40, (6, 6, 6)), 36, {})
    assert alike.en.endswith(
        "within 3 years of taking up your post for the first time, all after about 6 months from then"
    )
    assert alike.zh.endswith("调入此岗位，均在此后约 6 个月")


def test_with_a_training_months_run_from_having_both_and_none_is_less_than_one() -> None:
    both = moved_reason(Counted("c", 15, 35, (3, 0, 32)), 36, {"c": Bilingual("法律", "law")})
    assert both.en == (
        "15 of 35 officers from your post with the training “law” moved here within 3 years of having both, after a "
        "median of 3 months from then (less than 1 to 32)"
    )
    assert both.zh == (
        "任您现岗位且完成培训“法律”的 35 名民警中，15 名自岗位与培训兼备起 3 年内调入此岗位，"
        "此后所用时间中位数 3 个月（不足 1 至 32 个月）"
    )
    assert moved_reason(Counted(ANY, 9, 9, (0, 0, 0)), 36, {}).en.endswith(", all after less than 1 month from then")


def test_no_posts_asked_for_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        suggest(RANKED, Person(), Known(RULES), 0)
