"""The desk of /v1/points on a real small history: one result for each officer, told line by line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from data_contracts.settings import Settings
from experiments.advice.tables import points_told
from experiments.advice.words import Say
from features.history import History
from models.points.lines import accounts
from serving.api.questions import QUESTIONS
from serving.feedback.declines import Declined
from serving.feedback.exposures import exposure_log
from serving.feedback.suggesting import suggester
from serving.ground import _ruled
from serving.points import answers
from serving.points.answers import HistoryRecords, PointsDesk
from serving.points.schemas import PointsAnswer, PointsRequest, PointsScored
from serving.waiting import TooMuchAtOnce, Waiting
from tests.models.records import framed
from tests.serving.feedback_room import decline

NOW = datetime(2024, 3, 1, 9, 0)
UNITS = [{"unit_id": "s", "unit_level": "station", "name_zh": "一所", "known_on": "2000-01-01"}]


def rows(**more: Any) -> dict[str, Any]:
    """A row of officer a that was known when it happened."""
    day = more.get("started_on") or more.get("occurred_on")
    return {"officer_id": "a", "known_on": day, **more}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> PointsDesk:
    """A desk over a history of two officers, one of them without merits."""
    settings = Settings(state=tmp_path_factory.mktemp("points"))
    posting = {"post_id": "p", "unit_id": "s", "started_on": "2021-03-01"}
    History(settings.history_dir).append_all(
        {
            "postings": framed("postings", [rows(**posting), rows(**{**posting, "officer_id": "b", "unit_id": "x"})]),
            "units": framed("units", UNITS),
            "courses": framed(
                "courses",
                [{"course_id": "k", "competency": "law", "hours": 8.0, "name_zh": "法律", "known_on": "2000-01-01"}],
            ),
            "honours": framed(
                "honours",
                [
                    rows(honour="嘉奖", level="commendation", occurred_on="2021-04-01"),
                    rows(honour="嘉奖", level="commendation", occurred_on="2024-02-01", known_on="2024-03-02"),
                ],
            ),
        },
        "test",
    )
    return PointsDesk(HistoryRecords.of(settings), policy())


def ask(desk: PointsDesk, **body: Any) -> PointsAnswer:
    """As the body comes over the web."""
    return desk.answer(PointsRequest.model_validate_json(json.dumps(body)), "r", NOW)


def scored(answer: PointsAnswer, place: int = 0) -> PointsScored:
    """A result that has points."""
    found = answer.results[place]
    assert isinstance(found, PointsScored)
    return found


def test_one_result_for_each_in_order_and_the_unknown_are_told(desk: PointsDesk) -> None:
    answer = ask(desk, officer_ids=["a", "nobody", "b", "a"])
    assert [(one.officer_id, one.status) for one in answer.results] == [
        ("a", "scored"), ("nobody", "not_scored"), ("b", "scored"), ("a", "scored"),
    ]  # fmt: skip
    assert answer.results[1].model_dump()["because"]["code"] == "unknown_officer"
    assert (answer.as_of, answer.request_id, len(answer.rule_table)) == (date(2024, 3, 1), "r", 64)
    assert (scored(answer).total, scored(answer, 2).total, scored(answer).plan) == (9.0, 0.0, None)


def test_lines_add_up_and_tell_their_evidence(desk: PointsDesk) -> None:
    told = scored(ask(desk, officer_ids=["a"]))
    assert [line.rule for line in told.points] == [rule.code for rule in policy().points]
    assert sum(line.points for line in told.points) == told.total
    lines = {line.rule: line for line in told.points}
    (praise,) = lines["commendation"].evidence
    assert (praise.earned_on, praise.expires_on, praise.counted) == (date(2021, 4, 1), date(2024, 4, 1), 3.0)
    assert lines["grassroots_years"].evidence[2].text.zh == "2024-03-01，在“一所”任职，连续满第3年，计2分，长期有效"


def test_the_day_asked_for_is_the_day_of_the_record(desk: PointsDesk) -> None:
    later = desk.answer(PointsRequest(officer_ids=["a"]), "r", datetime(2024, 3, 2))
    assert scored(later).total == 12.0  # the second commendation became known
    past = ask(desk, officer_ids=["a"], as_of="2022-03-01")
    assert (past.as_of, scored(past).total) == (date(2022, 3, 1), 5.0)


def test_declines_count_of_the_day_asked_about_and_of_today(desk: PointsDesk) -> None:
    asked = list[object]()

    def away(ids: object, days: object) -> dict[str, tuple[Declined, ...]]:
        asked.append(days)
        return {}

    target = {"deadline": "2025-03-01", "missing": 2.0}
    ask(replace(desk, away=away), officer_ids=["a"], as_of="2023-03-01", target=target)
    assert asked == [(date(2023, 3, 1), NOW.date())]


def test_a_target_is_answered_with_what_to_do_by_when(desk: PointsDesk) -> None:
    for asked in ({"missing": 2.0}, {"total": 11.0}):
        plan = scored(ask(desk, officer_ids=["a"], target={"deadline": "2025-03-01", **asked})).plan
        assert plan is not None
        assert (plan.status, plan.target, plan.total_then, plan.missing) == ("possible", 11.0, 8.0, 3.0)
        assert [loss.on for loss in plan.losses] == [date(2024, 4, 1)]
        assert [len(found.steps) for found in plan.combinations] == [1]
        assert plan.combinations[0].steps[0].course_id == "k"
        assert len(plan.ways) == len(policy().points)
        assert not next(way for way in plan.ways if way.rule == "third_class_merit").plannable
        assert plan.text.en.startswith("9 points now; 8 on 2025-03-01 if nothing is done; the target is 11.")


@pytest.mark.parametrize("mandated", [False, True])
def test_a_declined_course_is_no_way_to_points_unless_a_rule_requires_it(tmp_path: Path, mandated: bool) -> None:
    """Through the ground that the service stands on: what feedback says of a course holds for points as well."""
    settings = Settings(state=tmp_path)
    course = {"course_id": "k", "competency": "law", "hours": 8.0, "mandated": mandated, "valid_months": 12}
    posting = rows(post_id="p", unit_id="s", started_on="2021-03-01")
    History(settings.history_dir).append_all(
        {
            "postings": framed("postings", [posting]),
            "courses": framed("courses", [{**course, "known_on": "2000-01-01"}]),
        },
        "test",
    )
    log = exposure_log(settings)
    asked = {"officer_ids": ["a"], "target": {"deadline": "2024-12-31", "missing": 4.0}}
    ruled = _ruled(settings, policy(), HistoryRecords.of(settings), suggester(settings, policy(), log), log)
    points = ruled["/v1/points"]
    assert isinstance(points, PointsDesk)
    steps = [["k"], ["k"] if mandated else []]
    for wanted in steps:
        found = scored(ask(points, **asked))
        plan = found.plan
        assert plan is not None
        assert [step.course_id for one in plan.combinations for step in one.steps] == wanted
        law = next(way for way in plan.ways if way.rule == "law_exam")
        assert len(law.days) == len(wanted)
        left = [(one.item, one.item_kind, one.name and one.name.zh) for one in plan.declined]
        assert left == ([] if wanted else [("k", "course", "k")])
        console = " ".join(str(one) for one in points_told(found, Say("en")))
        assert ("declined on 2024-02-20" in console) == (not wanted)
        decline(log, "a", "course", "k", date(2024, 2, 20))
    soon = scored(ask(points, officer_ids=["a"], target={"deadline": "2024-03-02", "missing": 4.0})).plan
    assert soon is not None
    assert [step for one in soon.combinations for step in one.steps] == []
    assert [one.item for one in soon.declined] == ([] if mandated else ["k"]), "required, though no step names it"


@pytest.mark.parametrize("mandated", [False, True])
def test_a_course_that_is_overdue_comes_before_a_shorter_one(tmp_path: Path, mandated: bool) -> None:
    settings = Settings(state=tmp_path)
    long: dict[str, Any] = {"course_id": "k", "hours": 8.0, "mandated": mandated, "valid_months": 12}
    courses = [{**one, "competency": "law", "known_on": "2000-01-01"} for one in (long, {"course_id": "s", "hours": 1})]
    posting = rows(post_id="p", unit_id="s", started_on="2021-03-01")
    told = {"postings": framed("postings", [posting]), "courses": framed("courses", courses)}
    History(settings.history_dir).append_all(told, "test")
    desk = PointsDesk(HistoryRecords.of(settings), policy())
    plan = scored(ask(desk, officer_ids=["a"], target={"deadline": "2024-12-31", "missing": 8.0})).plan
    assert plan is not None
    (found,) = plan.combinations
    assert [step.course_id for step in found.steps] == (["k", "s"] if mandated else ["s", "k"])


def test_days_that_cannot_be_are_refused(desk: PointsDesk) -> None:
    with pytest.raises(InvalidInput, match="has not come yet"):
        ask(desk, officer_ids=["a"], as_of="2024-03-02")
    with pytest.raises(InvalidInput, match="deadline 2024-03-01 is not after"):
        ask(desk, officer_ids=["nobody"], target={"deadline": "2024-03-01", "total": 1.0})
    for day in ("2064-03-02", "9000-01-01", "9999-12-31"):  # the last of them broke, with no error that told why
        with pytest.raises(
            InvalidInput, match=f"target.deadline {day} .* give 2064-03-01 or an earlier day"
        ) as refused:
            ask(desk, officer_ids=["nobody"], target={"deadline": day, "total": 1.0})
        assert refused.value.status == 422
        assert f"target.deadline {day} 晚于" in refused.value.zh
    told = PointsRequest.model_json_schema()["$defs"]["PointsTarget"]["properties"]["deadline"]["description"]
    assert "most_months_ahead" in told


def test_figures_of_points_are_those_of_the_text(desk: PointsDesk) -> None:
    """9 points and 0.1 more, 8 of them on the deadline: what was missing read 1.0999999999999996."""
    plan = scored(ask(desk, officer_ids=["a"], target={"deadline": "2025-03-01", "missing": 0.1})).plan
    assert plan is not None
    assert (plan.target, plan.missing) == (9.1, 1.1)
    assert "1.1 missing" in plan.text.en


def test_a_combination_tells_when_its_steps_count_and_when_the_target_is_held(desk: PointsDesk) -> None:
    """8 hours are ten days: the exam of 11 March counts from the 12th and makes up for what is lost on 1 April."""
    plan = scored(ask(desk, officer_ids=["a"], target={"deadline": "2025-02-01", "total": 9.0})).plan
    assert plan is not None
    (found,) = plan.combinations
    assert (found.on, found.reached_on) == (date(2024, 3, 12), date(2024, 3, 1))
    assert (found.steps[0].on, found.steps[0].adds_on, found.steps[0].transfer_on) == (found.on, found.on, None)


@pytest.mark.parametrize(
    "target", [{}, {"total": 1.0, "missing": 1.0}, {"missing": 0.0}, {"total": "1"}, {"total": 1.0, "more": 1}]
)
def test_a_target_is_a_total_or_what_is_missing(target: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PointsRequest.model_validate_json(
            json.dumps({"officer_ids": ["a"], "target": {"deadline": "2025-01-01", **target}})
        )


def test_when_appraisals_come_out_is_learnt_from_the_whole_force(tmp_path: Path) -> None:
    """Through the ground that the service stands on: officer a has no appraisal on record, others tell the delay."""
    settings = Settings(state=tmp_path)
    given = {"kind": "performance", "grade": "competent"}
    others = [
        rows(officer_id=f"o{number}", occurred_on="2022-12-31", known_on=f"2023-02-{number:02}", **given)
        for number in range(1, 11)
    ]
    late = rows(officer_id="o1", occurred_on="2023-12-31", known_on="2024-03-02", **given)  # not known yet
    tables = {
        "postings": framed("postings", [rows(post_id="p", unit_id="s", started_on="2021-03-01")]),
        "appraisals": framed("appraisals", [*others, late]),
    }
    History(settings.history_dir).append_all(tables, "test")
    log = exposure_log(settings)
    desk = _ruled(settings, policy(), HistoryRecords.of(settings), suggester(settings, policy(), log), log)[
        "/v1/points"
    ]
    assert isinstance(desk, PointsDesk)
    plan = scored(
        ask(desk, officer_ids=["a"], as_of="2024-01-05", target={"deadline": "2025-03-01", "missing": 3})
    ).plan
    assert plan is not None
    way = next(one for one in plan.ways if one.rule == "excellent_appraisal")
    assert (way.awaited, way.days) == (3, [date(2024, 2, 9)] * 3 + [date(2025, 2, 9)] * 3)


def test_a_transfer_is_told_with_its_days(desk: PointsDesk) -> None:
    """Officer b serves since 2021 in a unit that is not at the grass roots."""
    target = {"deadline": "2026-04-01", "missing": 20.0}
    plan = scored(ask(desk, officer_ids=["b"], target={**target, "missing": 4.0})).plan
    assert plan is not None
    way = next(one for one in plan.ways if one.rule == "grassroots_years")
    assert (way.transfer_from, way.days) == (date(2024, 3, 1), [date(2025, 3, 1), date(2026, 3, 1)])
    plan = scored(ask(desk, officer_ids=["b"], target={**target, "missing": 8.5})).plan
    assert plan is not None
    years = [step for step in plan.combinations[0].steps if step.rule == "grassroots_years"]
    assert [(step.transfer_on, step.transfer_by) for step in years] == [(date(2024, 3, 1), date(2024, 4, 1))] * 2


def test_more_officers_than_fit_are_refused_early_with_the_number_that_fits(
    desk: PointsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, counted = [0.0], accounts

    def slow(*told: Any) -> Any:
        now[0] += 4.0
        return counted(*told)

    monkeypatch.setattr(answers, "TOGETHER", 1)
    whole = ask(desk, officer_ids=["a", "b"]).results
    assert [one.officer_id for one in whole] == ["a", "b"], "in parts as at once"
    monkeypatch.setattr(answers, "accounts", slow)
    body = PointsRequest.model_validate({"officer_ids": ["a", "b"]})
    with pytest.raises(TooMuchAtOnce, match=r"2 officers cannot be answered .* ask for at most 1 at once"):
        desk.answer(body, "r", NOW, Waiting(7.0, lambda: now[0]))
    assert now == [4.0], "nobody is worked on in vain"
    assert next(one for one in QUESTIONS if one.path == "/v1/points").patient


def test_nothing_is_earned_after_the_latest_day_of_retirement(tmp_path: Path) -> None:
    """Paths end there too: nobody joined younger than policy allows."""
    settings = Settings(state=tmp_path)
    officers = [rows(entered_on=joined, officer_id=one, known_on="2020-01-01")
                for one, joined in (("a", "1983-06-01"), ("b", "2015-06-01"), ("c", "1980-01-01"))]  # fmt: skip
    posting = {"post_id": "p", "unit_id": "s", "started_on": "2021-03-01"}
    postings = [rows(**{**posting, "officer_id": one}) for one in "abc"]
    tables = {"officers": officers, "postings": postings, "units": UNITS}
    History(settings.history_dir).append_all({name: framed(name, some) for name, some in tables.items()}, "test")
    desk = PointsDesk(HistoryRecords.of(settings), policy())
    answer = ask(desk, officer_ids=["a", "b", "c"], target={"deadline": "2028-03-01", "missing": 40.0})
    first, second, third = (scored(answer, place).plan for place in range(3))
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.deadline, first.deadline_asked) == (date(2025, 6, 1), date(2028, 3, 1))
    assert (second.deadline, second.deadline_asked) == (date(2028, 3, 1), None)
    assert (third.deadline, third.deadline_asked) == (date(2028, 3, 1), None), "past, though still on the force"
    years = [[day for way in plan.ways for day in way.by_itself_on] for plan in (first, second)]
    assert [max(some).year for some in years] == [2025, 2028]
    assert first.text.en.startswith(
        "Day of retirement unknown; by the day of joining it is 2025-06-01 at the latest, before 2028-03-01, so that "
        "day counts as the deadline. 6 points now; 8 on 2025-06-01 if nothing is done"
    )
    assert "2028-03-01" not in second.text.en.split("now;")[0]
