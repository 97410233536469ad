"""Both desks without the web: order, repeats, grades, ages, refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from data_contracts.vocabulary import Outcome
from serving.access.credential import OPERATOR, AccessScope
from serving.risk.absent import left_out_of
from serving.risk.schemas import RiskNotScored, RiskRequest, RiskScored, RiskWithheld
from serving.schemas import NextPostsRequest, NotScored, PostsRanked
from tests.serving.desks import CUTS, NOW, FakeScorer, FakeSource, career_desk, risk_desk

ROWS: dict[str, tuple[float | None, float | None]] = {
    "a": (0.6, 0.2),
    "b": (0.05, 0.3),
    "short": (None, None),
    "half": (None, 0.09),
    "broken": (float("nan"), 1.5),
}
AGES = {"a": 2.0, "b": 5.0, "short": 2.0, "half": 2.0, "broken": 2.0}


def ask(
    ids: list[str], *, ages: dict[str, float] | None = None, **more: object
) -> list[RiskScored | RiskWithheld | RiskNotScored]:
    request = RiskRequest.model_validate({"officer_ids": ids, **more})
    return risk_desk(FakeSource({**AGES, **(ages or {})}), ROWS).answer(request, "r", NOW).results


def test_results_are_in_the_order_asked_with_repeats_and_read_once() -> None:
    source = FakeSource(AGES)
    answer = risk_desk(source, ROWS).answer(RiskRequest(officer_ids=["b", "nobody", "a", "b"]), "r-1", NOW)
    assert [result.officer_id for result in answer.results] == ["b", "nobody", "a", "b"]
    assert [result.status for result in answer.results] == ["scored", "not_scored", "scored", "scored"]
    assert source.reads == [["b", "nobody", "a"]]
    assert (answer.request_id, answer.model.name, answer.model.version, answer.model.features) == (
        "r-1", "risk", "7", "risk_v1",
    )  # fmt: skip
    assert (answer.as_of, answer.feature_age_hours, answer.degraded) == (date(2026, 11, 1), 5.0, False)


def test_every_officer_gets_their_own_figures() -> None:
    first, second = ask(["a", "b"])
    assert isinstance(first, RiskScored)
    assert isinstance(second, RiskScored)
    found = [[(o.outcome.value, o.probability, o.grade.value) for o in one.outcomes] for one in (first, second)]
    assert found[0] == [("strain", 0.2, "good"), ("conduct", 0.6, "poor")]
    assert found[1] == [("strain", 0.3, "fair"), ("conduct", 0.05, "excellent")]
    assert (first.grade.value, second.grade.value) == ("poor", "fair")
    assert {action.outcome.value for action in first.support} == {"conduct"}
    assert {action.outcome.value for action in second.support} == {"strain"}
    conduct = first.outcomes[1]
    assert (conduct.low, conduct.high, conduct.unsure, conduct.horizon_months) == (0.3, None, False, 12)
    assert conduct.reasons[0].text.zh == "近两年投诉"
    assert conduct.reasons[0].since == "2025-01-01"


def test_every_warned_outcome_has_its_support_the_worst_first() -> None:
    desk = risk_desk(FakeSource({"c": 2.0}), {"c": (0.6, 0.3)})
    (both,) = desk.answer(RiskRequest(officer_ids=["c"]), "r", NOW).results
    assert isinstance(both, RiskScored)
    assert {one.outcome.value: one.grade.value for one in both.outcomes} == {"conduct": "poor", "strain": "fair"}
    assert list(dict.fromkeys(action.outcome.value for action in both.support)) == ["conduct", "strain"]


def test_a_day_before_the_model_was_trained_is_answered_and_said() -> None:
    desk = risk_desk(FakeSource(AGES), ROWS)
    told = {}
    for trained in (None, "2026-11-01", "2026-11-02"):
        later = replace(desk, model=replace(desk.model, trained_as_of=trained))
        told[trained] = later.answer(RiskRequest(officer_ids=["a"]), "r", NOW)
    assert [answer.notices for answer in (told[None], told["2026-11-01"])] == [[], []]
    (notice,) = told["2026-11-02"].notices
    assert notice.code == "before_training"
    assert "以2026-11-02为训练截止日，晚于所评的2026-11-01" in notice.zh
    assert told["2026-11-02"].results == told[None].results


def test_an_outcome_that_policy_switches_off_is_never_shown() -> None:
    (one,) = ask(["a"])
    assert isinstance(one, RiskScored)
    assert "force" not in {risk.outcome.value for risk in one.outcomes}
    (some,) = ask(["a"], outcomes=[Outcome.CONDUCT, Outcome.FORCE, Outcome.DEPARTURE])
    assert isinstance(some, RiskScored)
    assert [risk.outcome.value for risk in some.outcomes] == ["conduct"]
    refused = [(one.outcome.value, one.because.code) for one in some.outcomes_not_scored]
    assert refused == [("force", "outcome_not_served"), ("departure", "outcome_not_served")]
    (none,) = ask(["a"], outcomes=[Outcome.FORCE])
    assert isinstance(none, RiskNotScored)
    assert none.because.code == "outcome_not_served"
    assert [one.outcome.value for one in none.outcomes_not_scored] == ["force"]


def test_an_officer_without_any_score_is_told_why_of_each_outcome() -> None:
    """Whether a third outcome has a score or not, nobody loses the reason of the second."""
    signed = {"departure": [{"zh": "少", "en": "too few events"}]}
    desk = replace(risk_desk(FakeSource(AGES), ROWS), left_out=left_out_of({"not_served": signed}))
    both = [Outcome.FORCE, Outcome.DEPARTURE]
    alone, beside = (
        desk.answer(RiskRequest(officer_ids=["a"], outcomes=asked), "r", NOW).results[0]
        for asked in (both, [*both, Outcome.CONDUCT])
    )
    assert isinstance(alone, RiskNotScored)
    assert isinstance(beside, RiskScored)
    assert alone.outcomes_not_scored == beside.outcomes_not_scored
    told = [(one.outcome.value, one.because.code) for one in alone.outcomes_not_scored]
    assert told == [("force", "outcome_not_served"), ("departure", "outcome_left_out")]
    assert alone.because.code == "outcomes_not_scored"
    (stranger,) = desk.answer(RiskRequest(officer_ids=["nobody"], outcomes=both), "r", NOW).results
    assert isinstance(stranger, RiskNotScored)
    assert stranger.outcomes_not_scored == []


def test_only_the_outcomes_asked_for_are_answered() -> None:
    (one,) = ask(["a"], outcomes=[Outcome.STRAIN, Outcome.STRAIN])
    assert isinstance(one, RiskScored)
    assert [risk.outcome.value for risk in one.outcomes] == ["strain"]
    assert one.grade.value == "poor"  # of everything served: conduct too


def test_a_horizon_asked_for_is_answered_and_never_grades_the_officer() -> None:
    (usual,) = ask(["a"])
    assert isinstance(usual, RiskScored)
    assert [risk.horizon_months for risk in usual.outcomes] == [6, 12]  # strain: the nearest to policy's 12
    (long,) = ask(["b"], outcomes=[Outcome.STRAIN], horizon_months=[24])
    assert isinstance(long, RiskScored)
    assert [(risk.probability, long.grade.value) for risk in long.outcomes] == [(0.6, "fair")]
    assert long.outcomes[0].grade.value == "poor"
    (both,) = ask(["b"], horizon_months=[6, 24, 6])
    assert isinstance(both, RiskScored)
    assert [(risk.outcome.value, risk.horizon_months) for risk in both.outcomes] == [("strain", 6), ("strain", 24)]
    assert both.grade.value == "fair"
    told = [(one.outcome.value, one.horizon_months, one.because.code) for one in both.outcomes_not_scored]
    assert told == [("conduct", 6, "horizon_not_trained"), ("conduct", 24, "horizon_not_trained")]


def test_grade_and_support_are_the_same_whichever_horizons_are_asked_for() -> None:
    for horizons in (None, [6], [24], [24, 6]):
        (one,) = ask(["b"], outcomes=[Outcome.STRAIN], horizon_months=horizons)
        assert isinstance(one, RiskScored)
        assert one.grade.value == "fair"
        assert {(action.outcome.value, action.horizon_months) for action in one.support} == {("strain", 6)}
        assert [action.kind.value for action in one.support] == ["leave", "talk"]


def test_what_training_left_out_has_its_own_reason_at_its_own_horizon() -> None:
    """24 months that nobody trained are never explained by the figures of 12."""
    signed = {"departure": [{"zh": "差为0.017", "en": "a gain of 0.017"}], "strain_24m": [{"zh": "少", "en": "few"}]}
    desk = risk_desk(FakeSource(AGES), ROWS)
    narrow = FakeScorer(ROWS, answers=(("strain", 6), ("conduct", 12)))
    desk = replace(desk, left_out=left_out_of({"not_served": signed}), scorer=narrow)
    outcomes = [Outcome.DEPARTURE, Outcome.STRAIN, Outcome.FORCE, Outcome.STAGNATION]
    asked = RiskRequest(officer_ids=["a"], outcomes=outcomes, horizon_months=[6, 12, 24])
    (one,) = desk.answer(asked, "r", NOW).results
    assert isinstance(one, RiskScored)
    told = {(str(no.outcome.value), no.horizon_months): no.because for no in one.outcomes_not_scored}
    assert {asked: because.code for asked, because in told.items() if because.code != "outcome_not_served"} == {
        ("departure", 6): "horizon_not_trained", ("departure", 12): "outcome_left_out",
        ("departure", 24): "horizon_not_trained", ("strain", 12): "horizon_not_trained",
        ("strain", 24): "outcome_left_out",
    }  # fmt: skip
    assert told["departure", 12].en == "training kept no model of this outcome 12 months ahead: a gain of 0.017"
    assert told["strain", 24].zh == "训练未保留该结局24个月的模型：少"
    assert {outcome for (outcome, _), why in told.items() if why.code == "outcome_not_served"} == {
        "force",
        "stagnation",
    }


def test_a_poor_grade_at_a_horizon_not_asked_for_is_withheld_with_its_support() -> None:
    """Grade and support rest on policy's horizon: they must not tell what waits for a person."""
    request = RiskRequest(officer_ids=["a"], outcomes=[Outcome.CONDUCT], horizon_months=[24])
    desk = risk_desk(FakeSource(AGES), {"a": (0.2, 0.2)})
    answers = (("conduct", 12), ("conduct", 24))
    cuts = {("conduct", 12): {"poor": 0.1, "fair": 0.05, "good": 0.01}, ("conduct", 24): CUTS["conduct", 12]}
    desk = replace(desk, scorer=FakeScorer({"a": (0.2, 0.2)}, answers=answers), cuts=cuts)
    (seen,) = desk.answer(request, "r", NOW).results
    assert isinstance(seen, RiskScored)
    assert (seen.grade.value, [risk.grade.value for risk in seen.outcomes]) == ("poor", ["fair"])
    (hidden,) = desk.answer(request, "r", NOW, replace(OPERATOR, scopes=frozenset({AccessScope.RISK_READ}))).results
    assert isinstance(hidden, RiskWithheld)
    assert hidden.outcomes == []
    told = [(one.horizon_months, one.because.code) for one in hidden.outcomes_not_scored]
    assert told == [(24, "under_review")]


def test_too_little_history_is_not_a_low_risk() -> None:
    short, half, broken = ask(["short", "half", "broken"])
    assert isinstance(short, NotScored)
    assert short.because.code == "short_history"
    assert isinstance(half, RiskScored)
    assert [risk.outcome.value for risk in half.outcomes] == ["strain"]
    assert [(one.outcome.value, one.because.code) for one in half.outcomes_not_scored] == [("conduct", "short_history")]
    assert isinstance(broken, NotScored)
    assert broken.because.code == "not_a_probability"


@pytest.mark.parametrize(
    ("hours", "status", "degraded"),
    [(36.0, "scored", False), (36.1, "scored", True), (72.0, "scored", True), (72.1, "not_scored", True)],
)
def test_old_features_are_flagged_then_refused(hours: float, status: str, degraded: bool) -> None:
    request = RiskRequest(officer_ids=["a", "b"])
    answer = risk_desk(FakeSource({"a": hours, "b": 1.0}), ROWS).answer(request, "r", NOW)
    assert answer.degraded is degraded
    assert [result.status for result in answer.results] == [status, "scored"]
    if status == "not_scored":
        assert isinstance(answer.results[0], NotScored)
        assert answer.results[0].because.code == "stale_features"


def test_a_view_past_its_ttl_marks_the_answer_degraded() -> None:
    source = FakeSource({"a": 1.0}, status={"a": "expired"})
    assert risk_desk(source, ROWS).answer(RiskRequest(officer_ids=["a"]), "r", NOW).degraded


def test_another_day_than_the_store_has_is_said_for_each_officer() -> None:
    same, other = (ask(["a"], as_of=day)[0] for day in (date(2026, 11, 1), date(2026, 10, 1)))
    assert isinstance(same, RiskScored)
    assert isinstance(other, NotScored)
    assert other.because.code == "other_as_of"


def test_the_frame_tells_the_day_and_age_of_what_was_read_and_nothing_where_nothing_was() -> None:
    desk = risk_desk(FakeSource({**AGES, "old": 80.0}), ROWS)
    for ids, asked, told in [
        (["a", "b"], None, (date(2026, 11, 1), 5.0)),
        (["a", "old"], None, (date(2026, 11, 1), 80.0)),
        (["a"], date(2026, 11, 1), (date(2026, 11, 1), 2.0)),
        (["a", "old"], date(2026, 11, 1), (date(2026, 11, 1), 2.0)),
        (["a"], date(2026, 10, 1), (None, None)),
    ]:
        answer = desk.answer(RiskRequest(officer_ids=ids, as_of=asked), "r", NOW)
        assert (answer.as_of, answer.feature_age_hours) == told, (ids, asked)
    careers = career_desk(FakeSource(AGES)).answer(
        NextPostsRequest(officer_ids=["a", "new"], as_of=date(2026, 10, 1)), "r", NOW
    )
    assert (careers.as_of, careers.feature_age_hours) == (None, None)
    assert [isinstance(one, NotScored) and one.because.code for one in careers.results] == ["other_as_of"] * 2
    words = "the features at hand are of 2026-11-01, not of 2026-10-01; ask without as_of for the newest"
    assert [isinstance(one, NotScored) and one.because.en for one in careers.results] == [words] * 2


def test_nobody_known_is_an_answer_too() -> None:
    answer = risk_desk(FakeSource({}), ROWS).answer(RiskRequest(officer_ids=["x"]), "r", NOW)
    assert (answer.feature_age_hours, answer.degraded, answer.as_of) == (None, False, None)
    assert isinstance(answer.results[0], NotScored)
    assert answer.results[0].because.code == "unknown_officer"


def test_posts_are_ranked_named_and_cut() -> None:
    answer = career_desk(FakeSource(AGES)).answer(NextPostsRequest(officer_ids=["a", "b", "a"], top=2), "r", NOW)
    assert [result.officer_id for result in answer.results] == ["a", "b", "a"]
    first = answer.results[0]
    assert isinstance(first, PostsRanked)
    assert [(post.post_id, post.score) for post in first.posts] == [("p1", 1.0), ("p2", 0.5)]
    assert [post.name.zh for post in first.posts] == ["社区民警", "p2"]
    assert [rule.rule for rule in first.posts[1].blocked_by] == ["rank"]
    assert not first.cold_start


def test_a_new_recruit_gets_posts_and_is_told_so() -> None:
    desk = career_desk(FakeSource({"a": 1.0, "old": 80.0, "mute": 1.0}), silent=("mute",))
    request = NextPostsRequest(officer_ids=["recruit", "a", "old", "mute"], top=1)
    recruit, known, old, mute = desk.answer(request, "r", NOW).results
    assert isinstance(recruit, PostsRanked)
    assert recruit.cold_start
    assert isinstance(known, PostsRanked)
    assert not known.cold_start
    assert isinstance(old, NotScored)
    assert old.because.code == "stale_features"
    assert isinstance(mute, NotScored)
    assert mute.because.code == "no_posts"
