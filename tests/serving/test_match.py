"""The desk of /v1/match on a small history: the published order decides, and every wish is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from data_contracts.decisions import EligibilityRule
from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from serving.matching.answers import MatchDesk
from serving.matching.round import Frames
from serving.matching.schemas import MatchAnswer, MatchRequest, OfficerMatched
from serving.points.answers import HistoryRecords
from tests.models.records import framed

NOW = datetime(2024, 3, 1, 9, 0)
TAKEN = {"occurred_on": "2024-02-10", "known_on": "2024-02-10"}


def _wish(officer: str, vacancy: str, order: int, **more: Any) -> dict[str, Any]:
    return {"officer_id": officer, "vacancy_id": vacancy, "preference_order": order, **TAKEN, **more}


def _vacancy(name: str, post: str, closes: str = "2024-03-10", places: int = 1) -> dict[str, Any]:
    days = {"opened_on": "2024-02-01", "closes_on": closes, "known_on": "2024-02-01"}
    return {"vacancy_id": name, "post_id": post, "unit_id": "s", "places": places, **days}


def _posting(officer: str, started: str) -> dict[str, Any]:
    return {"officer_id": officer, "post_id": "p", "unit_id": "s", "started_on": started, "known_on": started}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three officers: a has served longest at the grass roots, c has just entered; a post for the experienced."""
    use = Settings(state=tmp_path_factory.mktemp("match"))
    _fill(use, {})
    return use


def _fill(use: Settings, more: Mapping[str, list[dict[str, Any]]]) -> None:
    unit = {"unit_id": "s", "unit_level": "station", "name_zh": "一所", "known_on": "2000-01-01"}
    posts = [
        {
            "post_id": "q",
            "job_family": "patrol",
            "track": "enforcement",
            "name_zh": "巡警",
            "name_en": "Patrol officer",
            "known_on": "2000-01-01",
        },
        {"post_id": "r", "job_family": "investigation", "track": "enforcement", "known_on": "2000-01-01"},
    ]
    wishes = [
        _wish("a", "v-1", 1), _wish("a", "v-2", 2), _wish("b", "v-1", 1), _wish("b", "v-2", 2),
        _wish("c", "v-2", 1), _wish("b", "old", 1),
        _wish("a", "v-3", 3, occurred_on="2024-02-20", known_on="2024-03-09"),
    ]  # fmt: skip
    rows = {
        "postings": [_posting("a", "2019-01-01"), _posting("b", "2021-01-01"), _posting("c", "2023-11-01")],
        "units": [unit],
        "posts": posts,
        "vacancies": [_vacancy("v-1", "q"), _vacancy("v-2", "r"), _vacancy("v-3", "q"),
                      _vacancy("old", "q", "2024-02-20")],
        "preferences": wishes,
    }  # fmt: skip
    told = {name: framed(name, [*some, *more.get(name, [])]) for name, some in rows.items()}
    History(use.history_dir).append_all(told, "test")


@pytest.fixture(scope="module")
def desk(settings: Settings) -> MatchDesk:
    return MatchDesk(HistoryRecords.of(settings), policy())


def ask(desk: MatchDesk, **body: Any) -> MatchAnswer:
    """As the body comes over the web."""
    return desk.answer(MatchRequest.model_validate_json(json.dumps(body)), "r", NOW)


def of(answer: MatchAnswer, officer: str) -> OfficerMatched:
    return next(one for one in answer.results if one.officer_id == officer)


def test_points_decide_and_every_wish_is_told(desk: MatchDesk) -> None:
    answer = ask(desk, officer_ids=["b", "a", "nobody", "c"])
    assert [one.officer_id for one in answer.results] == ["b", "a", "nobody", "c"]
    a, b, c, nobody = (of(answer, name) for name in ("a", "b", "c", "nobody"))
    assert (a.vacancy_id, a.preference_order, a.points) == ("v-1", 1, 10.0)  # five full years at the grass roots
    assert (b.vacancy_id, b.preference_order) == ("v-2", 2)
    first = b.assignments[0]
    assert (first.code, first.decided_by) == ("outranked", "points")
    assert first.text.en.endswith("the last one had 10 points, you have 6")
    assert a.assignments[1].code == "not_needed"
    assert (answer.officers, answer.vacancies, answer.filled) == (3, 3, 2)
    assert (c.status, c.because and c.because.code) == ("not_placed", "no_wish_counts")
    assert c.assignments[0].code == "not_eligible"
    assert "two years of service" in c.assignments[0].text.en
    assert "月" in c.assignments[0].text.zh
    assert (nobody.because and nobody.because.code, nobody.points) == ("unknown_officer", None)


def test_an_officer_whom_no_record_knows_is_told_so_where_records_can_know(desk: MatchDesk, tmp_path: Path) -> None:
    """Whoever is on record and wishes for nothing did not apply; a round that is sent whole rests on no record."""

    def why(asked: MatchDesk, officer: str, **body: Any) -> tuple[str, str, str]:
        because = of(ask(asked, officer_ids=["a", officer], **body), officer).because
        assert because is not None
        return because.code, because.zh, because.en

    unknown = ("unknown_officer", "查无此人", "no such officer")
    absent = ("did_not_apply", "未填报志愿", "did not apply")
    assert why(desk, "nobody") == why(desk, "nobody", wishes=[]) == why(desk, "nobody", vacancies=X) == unknown
    assert why(desk, "c", vacancy_ids=["v-1"]) == absent
    left = framed("officers", [{"officer_id": "c", "left_on": pd.Timestamp(2024, 2, 1)}])
    gone = replace(desk, records=lambda ids, day, tables: {**desk.records(ids, day, tables), "officers": left})
    assert why(gone, "c", vacancy_ids=["v-1"])[0] == "not_serving"
    assert why(desk, "nobody", vacancies=X, wishes=FOR_X) == absent
    use = Settings(state=tmp_path)
    rows = {"vacancies": framed("vacancies", [_vacancy("v-1", "q")]),
            "preferences": framed("preferences", [_wish("a", "v-1", 1)])}  # fmt: skip
    History(use.history_dir).append_all(rows, "test")
    assert why(MatchDesk(HistoryRecords.of(use), policy()), "nobody") == absent, "no table could tell"


def test_what_the_record_does_not_tell_of_a_rule_is_told_beside_a_wish(desk: MatchDesk) -> None:
    rule = EligibilityRule("fit", "体能要求", "fitness asked of all", minimum_levels={"fitness": 3.0})
    strict = replace(desk, policy=replace(policy(), eligibility=(*policy().eligibility, rule)))
    before, after = (of(ask(one, officer_ids=["a", "b"]), "a") for one in (desk, strict))
    assert after.vacancy_id == before.vacancy_id == "v-1", "it bars nobody"
    for plain, told in zip(before.assignments, after.assignments, strict=True):
        more = [one for one in told.not_checked if one not in plain.not_checked]
        assert [(one.rule, one.text.en.endswith("not on record")) for one in more] == [("fit", True)]
    brought = ask(strict, officer_ids=["a"], wishes=[{"officer_id": "a", "vacancy_id": "y", "preference_order": 1}])
    assert of(brought, "a").assignments[0].not_checked == [], "of a vacancy that nobody opened nothing is known"


def test_posts_and_units_carry_their_names(desk: MatchDesk) -> None:
    a = of(ask(desk, officer_ids=["a"]), "a")
    granted = a.opening
    assert granted is not None
    assert (granted.post_id, granted.post_name.zh, granted.post_name.en) == ("q", "巡警", "Patrol officer")
    assert granted.unit_name is not None
    assert (granted.unit_id, granted.unit_name.zh, granted.unit_name.en) == ("s", "一所", "一所")
    assert a.assignments[0].opening == granted
    nameless = a.assignments[1].opening
    assert nameless is not None
    assert (nameless.post_name.zh, nameless.post_name.en) == ("r", "r")
    brought = ask(desk, officer_ids=["a"], vacancies=[{"vacancy_id": "x", "post_id": "q", "places": 1}],
                  wishes=[{"officer_id": "a", "vacancy_id": "x", "preference_order": 1},
                          {"officer_id": "a", "vacancy_id": "y", "preference_order": 2}])  # fmt: skip
    here, nowhere = of(brought, "a").assignments
    assert here.opening is not None
    assert (here.opening.post_name.en, here.opening.unit_id, here.opening.unit_name) == ("Patrol officer", None, None)
    assert nowhere.opening is None


def test_a_wish_or_vacancy_of_another_day_is_not_of_the_round(desk: MatchDesk) -> None:
    now, before = ask(desk, officer_ids=["a", "b"]), ask(desk, officer_ids=["b"], as_of="2024-02-15")
    assert {wish.vacancy_id for one in now.results for wish in one.assignments} == {"v-1", "v-2"}  # v-3 known later
    assert of(before, "b").assignments[0].code == "unclear_order"  # two lists run together while `old` was open
    only = ask(desk, officer_ids=["a"], vacancy_ids=["v-2"])  # b, who is not asked about, takes part all the same
    assert (of(only, "a").vacancy_id, only.vacancies, only.officers) == ("v-2", 1, 3)


@pytest.mark.parametrize("named", [None, ["v-1", "v-4", "nowhere"]])
def test_a_vacancy_of_a_dissolved_unit_is_of_no_round_and_everybody_is_told(
    tmp_path: Path, named: list[str] | None
) -> None:
    use = Settings(state=tmp_path)
    gone = {"unit_id": "gone", "unit_level": "station", "name_zh": "旧所", "known_on": "2000-01-01"}
    _fill(use, {
        "units": [gone, {**gone, "closed_on": "2024-03-05", "known_on": "2024-03-05"}],
        "vacancies": [{**_vacancy("v-4", "q"), "unit_id": "gone"}],
        "postings": [_posting("d", "2021-06-01")],
        "preferences": [_wish("d", "v-4", 1), _wish("d", "v-2", 2)],
    })  # fmt: skip
    desk = MatchDesk(HistoryRecords.of(use), policy())
    before = ask(desk, officer_ids=["d"], vacancy_ids=named)
    later = MatchRequest.model_validate_json(json.dumps({"officer_ids": ["d"], "vacancy_ids": named}))
    after = desk.answer(later, "r", datetime(2024, 3, 6, 9, 0))
    assert of(before, "d").assignments[0].code == "granted"
    told = of(after, "d").assignments[0]
    assert (told.vacancy_id, told.code, told.text.zh) == ("v-4", "unit_closed", "该空缺所在单位已撤销")
    assert told.opening is not None
    assert told.opening.unit_id == "gone"
    assert of(after, "d").vacancy_id != "v-4"
    assert after.vacancies == before.vacancies - 1
    left = {one.vacancy_id: (one.because.code, one.because.en) for one in after.left_out}
    assert left == ({} if named is None else {
        "v-4": ("unit_closed", "the unit of this vacancy was dissolved"),
        "nowhere": ("unknown_vacancy", "nobody opened this vacancy"),
    })  # fmt: skip


def test_a_caller_may_bring_the_round_and_priorities(desk: MatchDesk) -> None:
    vacancies = [{"vacancy_id": "x", "post_id": "q", "places": 1}]
    wishes = [{"officer_id": name, "vacancy_id": "x", "preference_order": 1} for name in ("a", "b", "newcomer")]
    plain = ask(desk, officer_ids=["a", "b", "newcomer"], vacancies=vacancies, wishes=wishes)
    assert of(plain, "a").status == "placed"
    granted = [{"officer_id": "b", "priority_class": "hardship"}]
    first = ask(desk, officer_ids=["a", "b"], vacancies=vacancies, wishes=wishes, priorities=granted)
    assert of(first, "b").status == "placed"
    assert of(first, "a").assignments[0].decided_by == "priority_class"
    two = [*vacancies, {"vacancy_id": "other", "post_id": "q", "places": 0}]
    elsewhere = [{"officer_id": "b", "priority_class": "hardship", "vacancy_id": "other"}]
    single = ask(desk, officer_ids=["a"], vacancies=two, wishes=wishes, priorities=elsewhere)
    assert of(single, "a").status == "placed"
    assert single.rule_table == plain.rule_table
    assert ask(desk, officer_ids=["a"], lottery_seed="2024-03").rule_table != plain.rule_table


X = [{"vacancy_id": "x", "post_id": "q", "places": 1}]
FOR_X = [{"officer_id": name, "vacancy_id": "x", "preference_order": 1} for name in ("a", "b")]


@pytest.mark.parametrize("further", [{"vacancy_id": "x"}, {}, {"vacancy_id": None}])
@pytest.mark.parametrize("first", [True, False])
def test_a_further_ground_never_makes_anybody_lose_the_place(
    desk: MatchDesk, further: dict[str, Any], first: bool
) -> None:
    """The best class counts at each vacancy, however it was granted and in whichever order; the answer shows it."""
    hardship = [{"officer_id": name, "priority_class": "hardship"} for name in ("a", "b")]
    couple = {"officer_id": "a", "priority_class": "couple", **further}
    more = [couple, *hardship] if first else [*hardship, couple]
    answer = ask(desk, officer_ids=["a", "b"], vacancies=X, wishes=FOR_X, priorities=more)
    assert of(answer, "a").status == "placed"  # both in the first class, and a has the points
    assert [of(answer, name).assignments[0].priority_class for name in ("a", "b")] == ["hardship", "hardship"]


@pytest.mark.parametrize("order", [1, 2])
def test_a_vacancy_that_one_officer_wishes_for_twice_is_refused(desk: MatchDesk, order: int) -> None:
    """It was taken, and the vacancy stood twice among the officer's wishes."""
    twice = [*FOR_X, {"officer_id": "a", "vacancy_id": "x", "preference_order": order}]
    told = r"^wishes\[2\]\.vacancy_id: 'x' is wished for by the same officer in wishes\[0\] already; leave one of"
    with pytest.raises(InvalidInput, match=told) as refused:
        ask(desk, officer_ids=["b"], vacancies=X, wishes=twice)
    assert refused.value.zh == "wishes[2].vacancy_id：该民警在 wishes[0] 中已填报“x”；请删去其中一项"


def test_a_wish_that_is_on_record_anew_stands_once_in_its_new_place(tmp_path: Path) -> None:
    use = Settings(state=tmp_path)
    _fill(use, {"preferences": [_wish("a", "v-1", 3, occurred_on="2024-02-11", known_on="2024-02-11")]})
    a = of(ask(MatchDesk(HistoryRecords.of(use), policy()), officer_ids=["a"]), "a")
    assert [(one.vacancy_id, one.preference_order) for one in a.assignments] == [("v-2", 2), ("v-1", 3)]


def test_a_class_for_one_vacancy_shows_there_alone(desk: MatchDesk) -> None:
    granted = [{"officer_id": "b", "priority_class": "couple", "vacancy_id": "v-1"}]
    b = of(ask(desk, officer_ids=["b"], priorities=granted), "b")
    assert (b.vacancy_id, [one.priority_class for one in b.assignments]) == ("v-1", ["couple", None])


@pytest.mark.parametrize(
    ("granted", "told", "zh"),
    [
        ({"officer_id": "a", "priority_class": "vip"},
         r"priorities\[0\]\.priority_class: policy/matching\.toml has no class 'vip'; use hardship, couple",
         "priorities[0].priority_class：policy/matching.toml 中没有类别“vip”；可用hardship、couple"),
        ({"officer_id": "A", "priority_class": "couple"}, r"priorities\[0\]\.officer_id: nobody with this id wishes",
         "priorities[0].officer_id：该民警没有填报本轮空缺的志愿"),
        ({"officer_id": "a", "priority_class": "couple", "vacancy_id": "y"},
         r"priorities\[0\]\.vacancy_id: vacancy 'y' is not of this round; send one that is",
         "priorities[0].vacancy_id：空缺“y”不在本轮"),
    ],
)  # fmt: skip
def test_a_priority_that_could_not_count_is_refused(
    desk: MatchDesk, granted: dict[str, Any], told: str, zh: str
) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        ask(desk, officer_ids=["a"], vacancies=X, wishes=FOR_X, priorities=[granted])
    assert refused.value.zh.startswith(zh)


def test_the_assignment_by_fit_stands_beside_it(settings: Settings) -> None:
    def fit(_: Frames, wishes: pd.DataFrame, as_of: date) -> pd.Series:
        assert as_of == NOW.date()
        return pd.Series(wishes["officer_id"].map({"a": 0.1, "b": 0.9, "c": 0.5}) / wishes["preference_order"])

    answer = ask(MatchDesk(HistoryRecords.of(settings), policy(), fit), officer_ids=["a", "b"], with_fit=True)
    assert answer.alternative is not None
    assert answer.alternative.assignments == {"a": "v-2", "b": "v-1"}
    assert answer.alternative.total_fit > answer.alternative.total_fit_of_match
    assert answer.alternative.blocking_pairs == 1  # a and v-1 would both rather have each other
    assert of(answer, "a").vacancy_id == "v-1"


def test_what_cannot_be_read_is_refused_with_the_remedy(
    desk: MatchDesk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(InvalidInput, match="has not come yet"):
        ask(desk, officer_ids=["a"], as_of="2024-03-02")
    with pytest.raises(InvalidInput, match="no measure of fit"):
        ask(desk, officer_ids=["a"], with_fit=True)
    with pytest.raises(ValidationError):
        ask(desk, officer_ids=["a"], wishes=[{"officer_id": "a", "vacancy_id": "x", "preference_order": 0}])
    empty = Settings(state=tmp_path_factory.mktemp("empty"))
    History(empty.history_dir).append("postings", framed("postings", [_posting("a", "2019-01-01")]))
    bare = MatchDesk(HistoryRecords.of(empty), policy())
    with pytest.raises(InvalidInput, match="no vacancy is known"):
        ask(bare, officer_ids=["a"])
    with pytest.raises(InvalidInput, match="no preference is known"):
        ask(bare, officer_ids=["a"], vacancies=[{"vacancy_id": "x", "post_id": "q", "places": 1}])


def test_who_left_or_is_not_on_record_is_never_placed(tmp_path: Path) -> None:
    """Neither by points nor by fit, whoever brings the wishes; and the place goes to nobody."""
    use = Settings(state=tmp_path)
    people = [{"officer_id": "gone", "entered_on": "2010-01-01", "left_on": "2024-03-01", "known_on": "2024-03-01"},
              {"officer_id": "stays", "entered_on": "2010-01-01", "left_on": "2030-03-01", "known_on": "2024-03-01"},
              {"officer_id": "fresh", "entered_on": "2022-02-01", "known_on": "2024-02-01"}]  # fmt: skip
    rows = {"postings": framed("postings", [_posting("gone", "2019-01-01"), _posting("stays", "2019-01-01")]),
            "officers": framed("officers", people)}  # fmt: skip
    History(use.history_dir).append_all(rows, "test")
    ids = ["gone", "nobody", "stays", "fresh"]
    vacancies = [{"vacancy_id": name, "post_id": "q", "places": 1} for name in ids]
    wishes = [{"officer_id": name, "vacancy_id": name, "preference_order": 1} for name in ids]
    answer = ask(MatchDesk(HistoryRecords.of(use), policy()), officer_ids=ids, vacancies=vacancies, wishes=wishes)
    assert {one.officer_id: one.status for one in answer.results} == {
        "gone": "not_placed", "nobody": "not_placed", "stays": "placed", "fresh": "placed",
    }  # fmt: skip
    told = {name: of(answer, name).assignments[0] for name in ids}
    assert (told["gone"].code, told["gone"].text.zh.endswith("当日不在队")) == ("not_eligible", True)
    assert (told["nobody"].code, told["nobody"].text.zh.endswith("查无此人")) == ("not_eligible", True)
    assert answer.filled == 2
