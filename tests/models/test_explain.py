"""Reasons: they add up to what the model says, read as they should, and name nobody but the officer asked about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import check_features
from models.base import ExplainedModel
from models.risk.calibration import Platt, log_odds
from models.risk.code_rates import CodeRate
from models.risk.design_matrix import Design
from models.risk.explain import CODES, SHOWN, THEMES, Told, record_told, theme_of, theme_sums
from models.risk.facets import Facet, in_number
from models.risk.model import KINDS, OutcomeModel, RiskBundle
from models.risk.record_words import CodesSaid
from models.risk.themes import FACETS

RNG = np.random.default_rng(11)
NAMES = ("complaints_12m", "complaints_60m", "complaints_sustained_ever", "overtime_hours_12m", "nights_12m",
         "honours_60m", "co_accused_24m", "unit_others_mean_complaints_24m", "something_new")  # fmt: skip
SHARED = {"complaints_24m", "complaints_24m_minus_post_others", "days_since_complaints", "tenure_days"}


def _frame(rows: int, rng: np.random.Generator = RNG) -> pd.DataFrame:
    """Officers with long, telling ids."""
    numbers = {name: rng.poisson(3, rows).astype(np.float64) for name in sorted({*NAMES, *SHARED, *SHOWN})}
    numbers["tenure_days"] = np.full(rows, 4000.0)
    ids = [f"officer-{number:05d}" for number in range(rows)]
    return pd.DataFrame({"officer_id": pd.array(ids, dtype="string"), **numbers}).assign(
        as_of=pd.Timestamp("2024-03-01"), unit_id="unit-77", post_id="post-88"
    )


def _model(frame: pd.DataFrame, members: Mapping[str, ExplainedModel], **more: Any) -> OutcomeModel:
    design = Design.of(frame, NAMES)
    weights = {name: 1.0 / len(members) for name in members}
    return OutcomeModel("conduct", 12, design, members, weights, Platt(0.8, -0.3), **more)


def _fitted(frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, ExplainedModel]:
    """Every kind of member there is, fitted on complaints, overtime and a feature of no theme."""
    design = Design.of(frame, NAMES)
    x = design.matrix(frame)
    truth = 0.4 * frame["complaints_12m"] + 0.2 * frame["overtime_hours_12m"] + 0.3 * frame["something_new"] - 4.0
    y = (rng.random(len(frame)) < 1 / (1 + np.exp(-truth))).astype(np.float64)
    make: Mapping[str, Callable[[], ExplainedModel]] = {**KINDS}
    return {name: one().fit(x, y, design.names) for name, one in make.items()}


@pytest.fixture(scope="module")
def fitted() -> tuple[pd.DataFrame, dict[str, ExplainedModel]]:
    rng = np.random.default_rng(11)  # its own: what it draws must not hang on the order of tests
    frame = _frame(1500, rng)
    return frame, _fitted(frame, rng)


@pytest.mark.parametrize("kind", [*KINDS, "all"])
def test_themes_the_rest_and_the_base_are_the_log_odds_of_the_chance(
    fitted: tuple[pd.DataFrame, dict[str, ExplainedModel]], kind: str
) -> None:
    frame, members = fitted
    model = _model(frame, members if kind == "all" else {kind: members[kind]})
    x = model.design.matrix(frame)
    sums = theme_sums(model.contributions(x), model.design.names)
    assert np.abs(sums.themes.sum(axis=1) + sums.other + sums.base - log_odds(model.predict(x))).max() < 1e-4
    assert np.allclose(sums.log_odds, sums.themes.sum(axis=1) + sums.other + sums.base)
    assert np.abs(sums.other).max() > 0  # a feature of no theme is not lost


def _told(sums: dict[str, float], values: dict[str, float], means: dict[str, float]) -> tuple[list[Any], list[Any]]:
    frame = pd.DataFrame({name: [value] for name, value in values.items()}).assign(as_of=pd.Timestamp("2024-03-01"))
    found = theme_sums(np.array([[*sums.values(), -3.0]]), list(sums))
    reasons, strengths = Told(means).both(frame, found, 3)
    return json.loads(reasons[0]), json.loads(strengths[0])


def test_a_sentence_has_number_days_and_both_kinds_of_peers() -> None:
    values = {"complaints_24m": 3.0, "complaints_24m_minus_post_others": 2.1, "days_since_complaints": 29.0}
    (told,), strengths = _told({"complaints_12m": 0.9, "tenure_days": -0.3}, values, {"complaints_24m": 0.41})
    assert told["theme"] == "complaints"
    assert told["text"]["en"] == (
        "3 complaints since 2022-03-01 (others in the same post 0.90, all officers 0.41 on average); "
        "the last on 2024-02-01; a complaint is no finding"
    )
    assert told["text"]["zh"] == (
        "2022-03-01以来收到投诉3件（同岗位其他人平均0.90，全员平均0.41）；最近一次在2024-02-01；投诉不等于查实"
    )
    assert (told["since"], told["strength"]) == ("2024-02-01", 0.75)
    assert strengths == []  # tenure is not known


def test_the_day_of_a_mandated_course_is_told_of_one_that_was_taken() -> None:
    values = {"mandated_courses_lacking": 0.0, "days_since_mandated_course": 71.0}
    _, (told,) = _told({"mandated_courses_lacking": -0.9}, values, {"mandated_courses_lacking": 0.3})
    assert told["text"]["en"] == (
        "below the average of all officers (0.30): 0 recurrent mandated courses not taken or no longer valid; "
        "the last mandated course was taken on 2023-12-21"
    )
    assert told["text"]["zh"] == (
        "低于全员平均（0.30）：有0门定期必训课程未修或已过有效期；最近一次修完必训课程在2023-12-21"
    )


def test_a_strength_that_would_read_as_a_fault_says_first_that_others_have_more() -> None:
    """As it was told: 1 mandated course not taken, among the strengths."""
    lacking, overtime = "mandated_courses_lacking", "overtime_hours_12m"
    _, (told,) = _told({lacking: -0.9}, {lacking: 1.0}, {lacking: 2.3})
    assert told["text"] == {
        "zh": "低于全员平均（2.3）：有1门定期必训课程未修或已过有效期",
        "en": "below the average of all officers (2.3): 1 recurrent mandated course not taken or no longer valid",
    }
    values = {overtime: 50.0, f"{overtime}_minus_post_others": -150.0}
    _, (both,) = _told({overtime: -0.9}, values, {overtime: 250.0})
    assert both["text"] == {
        "zh": "低于同岗位其他人平均（200）与全员平均（250）：2023-03-01以来加班共50小时",
        "en": "below the average of others in the same post (200) and of all officers (250): "
        "50 hours of overtime since 2023-03-01",
    }
    _, (more,) = _told({"courses_12m": -0.9}, {"courses_12m": 4.0}, {"courses_12m": 2.0})
    assert more["text"]["en"] == "above the average of all officers (2): 4 courses completed since 2023-03-01"
    assert more["text"]["zh"] == "高于全员平均（2）：2023-03-01以来完成培训4门"


@pytest.mark.parametrize("column", ["mandated_courses_lacking", "overtime_hours_12m", "complaints_24m"])
def test_without_anybody_to_compare_with_such_a_strength_is_not_told(column: str) -> None:
    """Where no mean of the force is known, the post's is compared with, and a small one's is not told."""
    values = {column: 2.0, f"{column}_minus_post_others": -3.0}
    assert _told({column: -0.9}, {column: 2.0}, {}) == ([], [])
    assert _told({column: -0.9}, {**values, "post_size": 4.0}, {}) == ([], [])
    assert len(_told({column: -0.9}, {column: 0.0}, {})[1]) == 1  # none of it is no fault
    assert len(_told({column: -0.9}, {**values, "post_size": 5.0}, {})[1]) == (column != "mandated_courses_lacking")


def test_what_was_found_sustained_is_never_told_to_be_no_finding() -> None:
    values = {"complaints_24m": 3.0, "complaints_sustained_24m": 1.0, "complaints_use_of_force_24m": 2.0}
    values |= {"complaints_sustained_use_of_force_24m": 2.0}
    reasons, _ = _told({"complaints_12m": 0.9, "complaints_use_of_force_12m": 0.5}, values, {})
    assert [one["text"]["en"] for one in reasons] == [
        "3 complaints since 2022-03-01; 1 of them sustained, the others are no finding",
        "2 use-of-force complaints since 2022-03-01; found sustained",
    ]
    assert [one["text"]["zh"].rpartition("；")[2] for one in reasons] == ["其中查实1件，其余不等于查实", "已查实"]


def test_no_reason_is_compared_with_peers_who_have_more_of_it() -> None:
    """Others in the post with more complaints would read as if few complaints raised the chance; of strengths alike."""
    values = {"complaints_24m": 3.0, "complaints_24m_minus_post_others": -2.0}
    (reason,), _ = _told({"complaints_12m": 0.9}, values, {"complaints_24m": 0.4})
    assert "(all officers 0.40 on average)" in reason["text"]["en"]
    assert "（全员平均0.40）" in reason["text"]["zh"]
    values = {"courses_12m": 4.0, "courses_12m_minus_post_others": -1.0}
    _, (strength,) = _told({"courses_12m": -0.9}, values, {"courses_12m": 2.0})
    assert strength["text"]["en"].startswith("above the average of all officers (2): 4 courses")
    values = {"overtime_hours_12m": 300.0, "overtime_hours_12m_minus_post_others": 100.0}
    (both,), _ = _told({"overtime_hours_12m": 0.9}, values, {"overtime_hours_12m": 250.0})
    assert "(others in the same post 200, all officers 250 on average)" in both["text"]["en"]


@pytest.mark.parametrize(("officers", "told"), [(4.0, False), (5.0, True)])
def test_the_mean_of_a_post_is_told_of_so_many_that_it_is_nobodys_record(officers: float, told: bool) -> None:
    """With one colleague it would be theirs; with three, three sums of them told to four people."""
    values = {"overtime_hours_12m": 300.0, "overtime_hours_12m_minus_post_others": 100.0, "post_size": officers}
    (reason,), _ = _told({"overtime_hours_12m": 0.9}, values, {"overtime_hours_12m": 250.0})
    assert ("others in the same post" in reason["text"]["en"], "同岗位" in reason["text"]["zh"]) == (told, told)
    assert "all officers 250" in reason["text"]["en"]
    frame = pd.DataFrame({"as_of": [pd.Timestamp("2024-03-01")], **{name: [value] for name, value in values.items()}})
    (facts,) = (json.loads(row) for row in record_told(frame, {"overtime_hours_12m": 250.0}))
    assert ("others in the same post" in facts[0]["text"]["en"]) == told


def test_of_a_record_by_itself_every_comparison_is_told() -> None:
    frame = pd.DataFrame({"as_of": [pd.Timestamp("2024-03-01")], "complaints_24m": 3.0})
    frame["complaints_24m_minus_post_others"] = -2.0
    (facts,) = (json.loads(row) for row in record_told(frame, {"complaints_24m": 0.4}))
    assert "(others in the same post 5, all officers 0.40 on average)" in facts[0]["text"]["en"]


def test_what_lowers_the_chance_is_a_strength_and_no_reason() -> None:
    values = {"complaints_24m": 0.0, "honours_60m": 4.0, "days_since_honours": 60.0}
    reasons, strengths = _told({"complaints_24m": -0.4, "honours_60m": -0.2}, values, {"complaints_24m": 0.4})
    assert reasons == []
    assert [one["theme"] for one in strengths] == ["complaints", "honours"]
    assert strengths[1]["text"]["en"].startswith("4 honours since 2019-03-01; the last on 2024-01-01")


def test_nobody_reads_no_complaint_as_a_reason_nor_many_as_a_strength() -> None:
    reasons, _ = _told({"complaints_24m": 0.4}, {"complaints_24m": 0.0, "complaints_60m": 0.0}, {"complaints_24m": 0.4})
    assert reasons == []
    _, strengths = _told({"complaints_24m": -0.4}, {"complaints_24m": 5.0}, {"complaints_24m": 0.4})
    assert strengths == []
    older = {"complaints_24m": 0.0, "complaints_60m": 6.0}
    reasons, _ = _told({"complaints_24m": 0.4}, older, {"complaints_24m": 0.4, "complaints_60m": 1.0})
    assert reasons[0]["text"]["en"].startswith("6 complaints since 2019-03-01")


@pytest.mark.parametrize(("column", "usual"), [
    ("complaints_24m", 2.0), ("moves_60m", 2.0), ("tenure_days", 4000.0), ("overtime_hours_12m", 250.0),
    ("supervisor_changes_24m", 1.0),
])  # fmt: skip
def test_a_number_like_everybodys_is_neither_reason_nor_strength(column: str, usual: float) -> None:
    for added in (0.4, -0.4):
        assert _told({column: added}, {column: usual}, {column: usual}) == ([], [])
        assert _told({column: added}, {column: 1.01 * usual}, {column: usual}) == ([], [])
    apart = usual / 2 if column == "tenure_days" else 1.5 * usual
    assert _told({column: 0.4}, {column: apart}, {column: usual})[0][0]["text"]["en"].endswith("on average)") or (
        column == "complaints_24m"
    )


def test_a_number_is_set_against_the_post_where_the_force_is_unknown() -> None:
    def reasons(others: float) -> list[Any]:
        values = {"complaints_24m": 3.0, "complaints_24m_minus_post_others": 3.0 - others}
        return _told({"complaints_24m": 0.4}, values, {})[0]

    assert reasons(3.0) == reasons(4.0) == []
    assert len(reasons(2.0)) == 1


def test_the_facet_that_adds_most_is_told() -> None:
    values = {"overtime_hours_12m": 100.0, "nights_per_duty_month_12m": 7.0}
    more_nights, _ = _told({"overtime_hours_12m": 0.1, "nights_12m": 0.5}, values, {})
    more_hours, _ = _told({"overtime_hours_12m": 0.5, "nights_12m": 0.1}, values, {})
    assert more_nights[0]["text"]["en"] == "7 nights a month since 2023-03-01"
    assert more_hours[0]["text"]["en"] == "100 hours of overtime since 2023-03-01"
    assert more_nights[0]["strength"] == 1.0


def test_a_value_that_is_not_known_is_not_told_and_little_is_no_reason() -> None:
    assert _told({"complaints_12m": 0.49}, {"complaints_24m": float("nan")}, {}) == ([], [])
    assert _told({"complaints_12m": -0.9}, {"complaints_24m": float("nan")}, {}) == ([], [])
    (several,), strengths = _told({"complaints_12m": 0.9}, {"complaints_24m": float("nan")}, {})
    assert (several["theme"], several["since"], strengths) == ("several", None, [])
    assert (several["contribution"], several["strength"]) == (0.9, 1.0)  # all that raises it, though none can be told
    assert _told({"complaints_12m": 0.019}, {"complaints_24m": 3.0}, {}) == ([], [])
    assert len(_told({"complaints_12m": 0.021}, {"complaints_24m": 3.0}, {})[0]) == 1


def test_a_theme_that_told_nothing_of_later_years_is_never_told() -> None:
    frame = _frame(20)
    sums = theme_sums(np.tile([0.5, 0.4, -1.0], (20, 1)), ["honours_60m", "overtime_hours_12m"])
    themes = [{one["theme"] for one in json.loads(row)} for row in Told({}, ("honours",)).reasons(frame, sums, 3)]
    assert themes == [{"workload"}] * 20
    assert "honours" in json.loads(Told({}).reasons(frame, sums, 3)[0])[0]["theme"]


def test_every_officer_is_told_of_their_own_record() -> None:
    frame = _frame(2).assign(complaints_24m=[2.0, 9.0], complaints_24m_minus_post_others=1.0, honours_60m=[5.0, 1.0])
    sums = theme_sums(np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]]), ["complaints_12m", "honours_60m"])
    first, second = (json.loads(row)[0]["text"]["en"] for row in Told({}).reasons(frame, sums, 3))
    assert first.startswith("2 complaints")
    assert second.startswith("1 honour since")


def test_no_text_holds_an_id_of_anybody_or_anything(
    fitted: tuple[pd.DataFrame, dict[str, ExplainedModel]],
) -> None:
    frame, members = fitted
    bundle = RiskBundle((_model(frame, members),), "risk_v1", "h", dict.fromkeys(SHOWN, 1.0))
    scored = bundle.score(frame, top_reasons=len(CODES))
    texts = [one["text"] for name in ("reasons", "strengths") for row in scored[name] for one in json.loads(row)]
    assert len(texts) > 1000
    assert {theme for row in scored["reasons"] for theme in [one["theme"] for one in json.loads(row)]} >= {
        "people_around"
    }
    ids = re.compile(r"officer-\d|unit-77|post-88|[A-Za-z]+[-_]\d|\d{5}")
    assert [text for text in texts if ids.search(text["zh"] + text["en"])] == []


@pytest.mark.parametrize(("crowd", "column"), [
    ("unit_size", "unit_others_mean_complaints_24m"),
    ("shift_size", "shift_others_mean_complaints_24m"),
    ("span_size", "span_others_mean_complaints_24m"),
])  # fmt: skip
def test_a_mean_of_a_few_others_would_tell_of_them_and_is_not_told(crowd: str, column: str) -> None:
    around = ("co_accused_24m", "unit_others_mean_complaints_24m", "shift_others_mean_complaints_24m")
    frame = _frame(3)
    frame[[*around, "span_others_mean_complaints_24m"]] = np.nan
    frame[column], frame[crowd] = 4.0, [4.0, 5.0, np.nan]
    sums = theme_sums(np.tile([0.4, -1.0], (3, 1)), [column])
    few, enough, unknown = map(json.loads, Told({}).reasons(frame, sums, 3))
    assert few == []
    assert enough == unknown
    assert enough[0]["theme"] == "people_around"
    assert " had 4 complaints each since 2022-03-01" in enough[0]["text"]["en"]


def test_a_change_of_supervisor_is_told_without_the_supervisor() -> None:
    frame = _frame(1).assign(supervisor_changes_24m=3.0, days_under_supervisor=731.0, span_size=9.0)
    names = ("supervisor_changes_12m", "days_under_supervisor", "span_size")
    for place, words in enumerate(("3 changes of supervisor", "2.0 years under", "9 officers under")):
        sums = theme_sums(np.append(0.4 * np.eye(3)[place], -1.0)[None], names)
        (reason,) = json.loads(Told({}).reasons(frame, sums, 3)[0])
        assert (reason["theme"], reason["text"]["en"].startswith(words)) == ("supervisor", True)


def test_sentences_are_made_of_numbers_and_days_only() -> None:
    for _, facet in FACETS:
        assert set(re.findall(r"{(\w*)}", facet.zh)) <= {"value", "start"}
        assert re.findall(r"{(\w*)}", facet.zh).sort() == re.findall(r"{(\w*)}", facet.en).sort()
        assert ("{start}" in facet.zh) == (facet.months is not None)
        assert re.findall(r"{(\w*)}", facet.below_zh) == re.findall(r"{(\w*)}", facet.below_en)


def test_no_sentence_rests_on_what_may_not_be_used() -> None:
    check_features(sorted(SHOWN), "conduct")
    check_features([name for _, facet in FACETS for name in (facet.post, facet.last) if name], "conduct")
    with pytest.raises(Exception, match="sick_days"):
        check_features(["sick_days_12m"], "conduct")


def test_nearly_every_feature_has_a_theme_and_every_sentence_a_feature() -> None:
    from features.windows import FEATURE_COLUMNS

    places = {"unit_id", "post_id"}
    assert [name for name in FEATURE_COLUMNS if theme_of(name) == "other" and name not in places] == []
    named = {name for _, facet in FACETS for name in (facet.shown, facet.post, facet.last, facet.crowd) if name}
    assert named <= set(FEATURE_COLUMNS)
    assert len({theme.code for theme in THEMES}) == len(THEMES) <= 12  # a handful


@pytest.mark.parametrize(
    ("column", "usual", "worse", "better"),
    [("nights_per_duty_month_12m", 4.0, 6.0, 2.0), ("leave_days_per_duty_month_12m", 1.0, 0.5, 2.0),
     ("courses_12m", 3.0, 1.0, 6.0), ("appraisal_case_quality_score_mean_12m", 80.0, 60.0, 95.0)],
)  # fmt: skip
def test_nobody_reads_a_good_number_as_a_reason_nor_a_usual_one(
    column: str, usual: float, worse: float, better: float
) -> None:
    frame = _frame(4).assign(**{column: [worse, better, usual, usual * 1.04]})
    means = {column: usual}
    raising = theme_sums(np.tile([0.5, 0.0], (4, 1)), [column])
    lowering = theme_sums(np.tile([-0.5, 0.0], (4, 1)), [column])
    reasons = [json.loads(row) for row in Told(means).both(frame, raising, 3)[0]]
    strengths = [json.loads(row) for row in Told(means).both(frame, lowering, 3)[1]]
    theme = theme_of(column)
    assert [any(one["theme"] == theme for one in told) for told in reasons] == [True, False, False, False]
    assert [any(one["theme"] == theme for one in told) for told in strengths] == [False, True, False, False]


def test_years_in_rank_count_from_the_day_of_that_rank_and_steps_of_every_ladder_are_told_apart() -> None:
    values = {"days_in_rank": 2962.0, "days_since_rank_steps_taken": 70.0, "rank_steps_taken_60m": 2.0}
    (told,), _ = _told({"days_in_rank": 0.4}, values, {"days_in_rank": 986.0})
    assert told["text"]["zh"] == "任现职级8.1年（全员平均2.7）；自2016-01-21起"
    assert told["text"]["en"].endswith("; since 2016-01-21")
    assert told["since"] == "2016-01-21"  # not the day of a police rank
    _, (step,) = _told({"days_since_rank_steps_taken": -0.4}, values, {"rank_steps_taken_60m": 1.0})
    assert step["text"]["en"] == (
        "above the average of all officers (1): 2 steps up since 2019-03-01, job grade and police rank together; "
        "the last on 2023-12-22"
    )


def test_no_english_sentence_speaks_of_one_as_of_many() -> None:
    """Never `1 complaints`; a level or a grade alone needs no number, and no mark of the pattern is left over."""
    for _, facet in FACETS:
        one, many = (in_number(facet.en, value) for value in ("1", "2"))
        assert one != many or "at level {value}" in facet.en or facet.named
        assert not set("[]|") & {*one, *many}


def test_a_figure_is_told_only_where_its_own_column_gave_the_greater_part() -> None:
    """The rank itself moves strain, not the years in it; who serves long is not told so because of a track."""
    values = {"days_in_rank": 2922.0, "tenure_days": 9000.0}
    usual = {"days_in_rank": 1000.0, "tenure_days": 4000.0}
    for columns in ({"rank_position": 0.4}, {"track=technical": 0.2, "education=master": 0.2}):
        for sign in (1.0, -1.0):
            told = _told({name: sign * added for name, added in columns.items()}, values, usual)
            assert told == ([], [])  # neither the rank nor the track is known, and no other figure is told instead
    overtime = {"overtime_hours_12m": 400.0, "courses_12m": 9.0, "unit_others_mean_complaints_24m": 4.0}
    peers = {"overtime_hours_12m": 200.0, "courses_12m": 3.0, "unit_others_mean_complaints_24m": 1.0}
    for own, other, sign in (("overtime_load", "sick_days_12m", 1.0), ("courses_24m", "course_hours_24m", -1.0),
                             ("unit_others_mean_complaints_12m", "unit_size", 1.0)):  # fmt: skip
        for own_part, told_so in ((0.3, True), (0.2, False), (-0.1, False)):
            parts = {own: sign * own_part, other: sign * (0.5 - own_part)}
            (one,) = _told(parts, overtime, peers)[0 if sign > 0 else 1]
            assert (one["theme"] == theme_of(own)) == told_so
            assert (one["theme"] == "several") != told_so


def _codes(column: str, code: str, sign: int) -> CodesSaid:
    """One code that a model of strain is sure of."""
    rates = {column: {code: CodeRate(sign, 0.091 if sign > 0 else 0.01, 0.042)}}
    return OutcomeModel("strain", 12, Design((), {}), {}, {}, codes=rates).codes_said


def test_what_moved_the_chance_is_named_where_it_has_a_name() -> None:
    frame = pd.DataFrame({"as_of": [pd.Timestamp("2024-03-01")] * 2, "days_in_rank": 2922.0, "track": "technical"})
    frame["rank_code"] = pd.array(["四级警长", None], dtype="string")
    sums = theme_sums(
        np.array([[0.3, 0.2, -0.1, -3.0]] * 2), ["rank_position", "rank_code=四级警长", "track=technical"]
    )
    reasons, strengths = (
        [[one["text"] for one in json.loads(row)] for row in rows]
        for rows in Told({"days_in_rank": 1.0}, (), _codes("rank_code", "四级警长", 1)).both(frame, sums, 3)
    )
    assert reasons[0] == [
        {
            "zh": "现职级为四级警长（12个月内超负荷：该职级人员中9.1%，全员中4.2%）；自2016-03-01起",
            "en": "rank: Police sergeant, fourth class (strain within 12 months: 9.1% of officers of this rank, "
            "4.2% of all officers); since 2016-03-01",
        }
    ]
    assert reasons[1] == []  # an unknown rank is not named
    assert strengths == [[], []]  # of a theme that raises


@pytest.mark.parametrize("facet", [facet for theme, facet in FACETS if not theme.bad and not facet.named])
def test_every_number_has_a_side_and_none_is_told_from_the_other(facet: Facet) -> None:
    """More than all officers have never lowers a chance where more is worse, whatever a model made of it."""
    usual, worse = 100.0, {"more": 150.0, "less": 50.0}[str(facet.worse)]
    column = facet.shown
    for value, places in ((worse, (1, 0)), (200.0 - worse, (0, 1))):
        for added, told in zip((0.4, -0.4), places, strict=True):
            both = _told({column: added}, {column: value}, {column: usual})
            assert sum(map(len, both)) == told, (facet.shown, value, added)


def test_more_time_past_the_least_than_others_is_no_strength() -> None:
    """As it was told: 9.1 months past (all officers 7.9 on average), which lowers the chance of stagnation."""
    column = "months_past_least_time"
    assert _told({column: -1.95}, {column: 9.1}, {column: 7.9}) == ([], [])
    assert len(_told({column: 1.95}, {column: 9.1}, {column: 7.9})[0]) == 1


@pytest.mark.parametrize("window", ["24m", "60m"])
def test_a_finding_in_the_record_is_no_strength_be_the_count_as_low_as_it_may(window: str) -> None:
    values = {"complaints_24m": 0.0, "complaints_60m": 1.0, "days_since_complaints": 900.0}
    values |= {"complaints_sustained_24m": 0.0, "complaints_sustained_60m": 0.0}
    usual = {"complaints_24m": 0.54, "complaints_60m": 1.3, "complaints_sustained_60m": 2.0}
    parts = {"complaints_24m": -0.2, "complaints_60m": -0.1}
    assert len(_told(parts, values, usual)[1]) == 1
    values[f"complaints_sustained_{window}"] = 1.0
    assert _told(parts, values, usual) == ([], [])
    assert _told({"complaints_sustained_60m": -0.4}, values, usual) == ([], [])  # fewer than two on average, and yet
    assert len(_told({"complaints_24m": 0.9}, {**values, "complaints_24m": 2.0}, usual)[0]) == 1


def test_a_code_is_told_the_way_it_surely_goes_and_education_of_nothing() -> None:
    sums = theme_sums(np.array([[0.2, 0.1, -3.0]]), ["rank_code=四级警长", "education=doctorate"])
    frame = pd.DataFrame({"as_of": [pd.Timestamp("2024-03-01")], "education": "doctorate", "rank_code": "四级警长"})

    def told(sign: float, codes: CodesSaid, silent: tuple[str, ...] = ()) -> list[str]:
        some = replace(sums, facets=sign * sums.facets, figures=sign * sums.figures)
        both = Told({}, silent, codes).both(frame, some, 3)
        return [one["text"]["en"] for rows in both for row in rows for one in json.loads(row) if one["since"] is None]

    less, more = (_codes("rank_code", "四级警长", sign) for sign in (-1, 1))
    assert told(1.0, CodesSaid()) == told(-1.0, CodesSaid()) == []
    assert told(1.0, less) == told(-1.0, more) == []
    rank, within = "rank: Police sergeant, fourth class", "strain within 12 months"
    assert told(1.0, more) == [f"{rank} ({within}: 9.1% of officers of this rank, 4.2% of all officers)"]
    assert told(-1.0, less) == [f"{rank} ({within}: 1.0% of officers of this rank, 4.2% of all officers)"]
    known = _codes("education", "doctorate", -1)
    assert told(-1.0, known)[0].startswith("education: doctorate (strain")  # were it not for policy
    for outcome in ("conduct", "force", "any_complaint", "strain", "departure", "stagnation"):
        assert told(-1.0, known, OutcomeModel(outcome, 12, Design((), {}), {}, {}).quiet) == []


def test_months_before_the_least_time_are_told_without_a_sign() -> None:
    column, usual = "months_past_least_time", {"months_past_least_time": -12.0}
    _, (to_go,) = _told({column: -0.4}, {column: -20.0}, usual)
    assert to_go["text"]["en"] == (
        "above the average of all officers (12): 20 months to go to the least time in the present rank"
    )
    (past,), _ = _told({column: 0.4}, {column: 3.0}, usual)
    assert past["text"]["en"] == "3 months past the least time in the present rank"
    _, (dated,) = _told({column: -0.4}, {column: -20.0, "days_in_rank": 366.0}, usual)
    assert dated["text"]["en"].endswith("the present rank; in that rank since 2023-03-01")
    assert dated["text"]["zh"].endswith("；自2023-03-01起任现职级")
    assert dated["since"] == "2023-03-01"


def test_themes_that_no_figure_can_speak_for_are_named_with_what_they_add_together() -> None:
    values = {"complaints_24m": 3.0, "courses_12m": 9.0, "overtime_hours_12m": 100.0}
    usual = {"complaints_24m": 1.0, "courses_12m": 3.0, "overtime_hours_12m": 200.0}
    _, (one,) = _told({"course_hours_12m": -0.5, "complaints_24m": 0.5}, values, usual)
    assert one["text"]["en"] == (
        "training and competency: its figures together lower the chance; no single one of them is surely what does"
    )
    assert one["text"]["zh"].startswith("培训与能力：其各项数字合在一起拉低概率")
    assert (one["theme"], one["contribution"], one["strength"]) == ("several", -0.5, 0.5)
    _, (two,) = _told({"course_hours_12m": -0.2, "sick_days_12m": -0.3, "complaints_24m": 0.5}, values, usual)
    assert two["text"]["en"].startswith("workload, training and competency: their figures together lower the chance")
    assert (two["contribution"], two["strength"]) == (-0.5, 0.5)


def test_contributions_are_of_what_may_be_told_and_never_against_what_is_said() -> None:
    values, usual = {"days_in_rank": 2922.0, "tenure_days": 9000.0}, {"days_in_rank": 1000.0, "tenure_days": 4000.0}
    frame = pd.DataFrame({name: [value] for name, value in values.items()}).assign(as_of=pd.Timestamp("2024-03-01"))
    sums = theme_sums(np.array([[0.2, -0.5, 0.3, -3.0]]), ["days_in_rank", "tenure_days", "something_new"])
    (reason,) = json.loads(Told(usual, ("tenure_days",)).both(frame, sums, 3)[0][0])
    assert (reason["contribution"], reason["strength"]) == (0.2, 0.2)
