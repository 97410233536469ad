"""The feedback desk: one result for each item, and a declined item stays away until there is a cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from pydantic import ValidationError

from data_contracts.errors import NotReady
from data_contracts.feedback_rules import DecliningPolicy, ExploringPolicy
from data_contracts.policy import policy
from data_contracts.pseudonyms import Pseudonyms
from data_contracts.settings import Settings
from models.feedback.exploration import propensities
from serving.access.credential import OPERATOR
from serving.feedback.answers import WHY, FeedbackDesk, feedback_desk
from serving.feedback.declines import DeclineBook
from serving.feedback.exposures import ExposureLog, Given, exposure_log
from serving.feedback.schemas import FeedbackRefused, FeedbackRequest, FeedbackTaken
from serving.feedback.suggesting import Asked, Suggester, suggester
from tests.serving.feedback_room import MODEL, NOTHING, NOW, ranking, request, show

AWAY = DecliningPolicy(reason_needed=True, months_away=6, returns_on=("posting", "goal", "closed_gap"))
LATER = date(2026, 5, 1)


@pytest.fixture
def log(state: Settings) -> ExposureLog:
    return exposure_log(state)


@pytest.fixture
def desk(state: Settings, log: ExposureLog) -> FeedbackDesk:
    return feedback_desk(state, policy(), log)


def told(desk: FeedbackDesk, body: FeedbackRequest) -> list[str]:
    results = desk.answer(body, "r-9", NOW).results
    return [one.because.code if isinstance(one, FeedbackRefused) else one.status for one in results]


def test_each_item_has_its_own_result_in_order(desk: FeedbackDesk, log: ExposureLog) -> None:
    show(log, "o-1", "p-1")
    body = request(
        {"item_kind": "poem"}, {"action": "loved"}, {"action": "declined"}, {"action": "declined", "reason": "  "},
        {"occurred_on": "2026-03-11"}, {"occurred_on": "1899-12-31"}, {}, {"feedback_id": "f-7"},
        {"feedback_id": "f-7", "action": "saved"}, {"item": "p-2"}, {"action": "declined", "reason": "家庭原因"},
    )  # fmt: skip
    answer = desk.answer(body, "r-9", NOW)
    assert answer.request_id == "r-9"
    assert [one.feedback_id for one in answer.results] == [one.feedback_id for one in body.items]
    assert [one.because.code if isinstance(one, FeedbackRefused) else one.status for one in answer.results] == [
        "unknown_item_kind", "unknown_action", "reason_needed", "reason_needed", "not_yet", "too_early", "accepted",
        "duplicate", "conflict", "accepted", "accepted",
    ]  # fmt: skip
    assert [one.unseen for one in answer.results if isinstance(one, FeedbackTaken)] == [False, False, True, False]
    assert set(WHY) == {"unknown_item_kind", "unknown_action", "reason_needed", "not_yet", "too_early", "conflict"}


def test_what_is_said_of_a_day_before_it_was_shown_was_unseen(desk: FeedbackDesk, log: ExposureLog) -> None:
    show(log, "o-1", "p-1")
    days = (NOW.date() - timedelta(days=1), NOW.date() - timedelta(days=2), date(2010, 1, 1))
    said: list[dict[str, object]] = [
        {"feedback_id": f"f-{day}", "request_id": None, "occurred_on": str(day)} for day in days
    ]
    found = desk.answer(request(*said), "r-9", NOW).results
    assert [one.unseen for one in found if isinstance(one, FeedbackTaken)] == [False, True, True]


def test_an_id_is_its_senders_own(desk: FeedbackDesk) -> None:
    def sent(subject: str, *changed: dict[str, object]) -> list[str]:
        caller = replace(OPERATOR, subject=subject)
        results = desk.answer(request(*changed), "r-9", NOW, caller=caller).results
        return [one.because.code if isinstance(one, FeedbackRefused) else one.status for one in results]

    mine: dict[str, object] = {"feedback_id": "f-1"}
    assert sent("key:a", mine) == ["accepted"]
    assert sent("key:b", {**mine, "item": "p-2"}) == ["accepted"], "another sender's id is another"
    assert sent("key:a", mine, {**mine, "item": "p-2"}) == ["duplicate", "conflict"]
    assert sent("key:b", {**mine, "item": "p-2"}, mine) == ["duplicate", "conflict"]


def test_what_earlier_versions_kept_under_the_plain_id_counts_once(desk: FeedbackDesk, log: ExposureLog) -> None:
    log.take([Given("f-1", "o-1", "post", "p-1", "opened", None, date(2026, 3, 9), date(2026, 3, 9))])
    again: dict[str, object] = {"feedback_id": "f-1"}
    other: dict[str, object] = {"feedback_id": "f-1", "item": "p-2"}
    assert told(desk, request(again)) == ["duplicate"]
    assert told(desk, request(other)) == ["accepted"], "nobody knows who sent the first"
    assert told(desk, request(other, again)) == ["duplicate", "duplicate"]


def test_a_department_may_do_without_reasons(state: Settings, log: ExposureLog) -> None:
    rules = policy()
    lenient = replace(rules, feedback=replace(rules.feedback, declining=replace(AWAY, reason_needed=False)))
    assert told(feedback_desk(state, lenient, log), request({"action": "declined"})) == ["accepted"]
    assert told(feedback_desk(state, rules), request({"action": "declined", "feedback_id": "x"})) == ["reason_needed"]


@pytest.mark.parametrize(
    "wrong", [{"occurred_on": 5}, {"item": ""}, {"officer_id": "a b"}, {"score": 1}, {"reason": "x" * 4001}]
)
def test_a_body_of_another_form_is_refused_whole(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        request({}, wrong)


def test_two_hundred_fit_and_no_more(desk: FeedbackDesk) -> None:
    assert told(desk, request(*({} for _ in range(200)))) == ["accepted"] * 200
    for count in (0, 201):
        with pytest.raises(ValidationError):
            request(*({} for _ in range(count)))


def change(cause: str, since: str, item: str | None = None, officer_id: str = "o-1") -> pd.DataFrame:
    return pd.DataFrame(
        {"officer_id": [officer_id], "cause": [cause], "since": pd.to_datetime([since]), "item": [item]}
    )


def book(log: ExposureLog, changes: pd.DataFrame = NOTHING, rules: DecliningPolicy = AWAY) -> DeclineBook:
    def known(officer_ids: Sequence[str], as_of: date) -> pd.DataFrame:
        return changes[changes["officer_id"].isin(officer_ids) & (changes["since"] <= pd.Timestamp(as_of))]

    return DeclineBook(log, rules, known)


def decline(desk: FeedbackDesk, **changed: object) -> None:
    assert told(desk, request({"action": "declined", "reason": "远", **changed})) == ["accepted"]


def test_a_declined_item_stays_away_for_its_months(desk: FeedbackDesk, log: ExposureLog) -> None:
    decline(desk)
    one = book(log).declines("o-1", LATER)[0]
    assert (one.item_kind, one.item, one.since, one.until) == ("post", "p-1", date(2026, 3, 9), date(2026, 9, 9))
    assert "2026-09-09" in one.because.zh
    assert "2026-09-09" in one.because.en
    assert desk.declines("o-1", LATER) == (one,)
    for day, there in ((date(2026, 3, 8), 0), (date(2026, 3, 9), 1), (date(2026, 9, 8), 1), (date(2026, 9, 9), 0)):
        assert len(book(log).declines("o-1", day)) == there
    assert book(log).declines("o-2", LATER) == ()


def test_of_two_words_of_one_day_the_one_received_last_counts(desk: FeedbackDesk, log: ExposureLog) -> None:
    decline(desk, feedback_id="z")
    assert told(desk, request({"feedback_id": "b", "action": "saved"})) == ["accepted"]
    assert book(log).declines("o-1", LATER) == (), "saving it brings it back"
    decline(desk, feedback_id="a")
    assert len(book(log).declines("o-1", LATER)) == 1
    no: dict[str, object] = {"feedback_id": "d", "action": "declined", "reason": "远"}
    assert told(desk, request(no, {"feedback_id": "c", "action": "done"})) == ["accepted"] * 2
    assert book(log).declines("o-1", LATER) == (), "within one request the order sent is the order received"


@pytest.mark.parametrize(
    ("changes", "back"),
    [
        (NOTHING, False),
        (change("posting", "2026-04-01"), True),
        (change("goal", "2026-04-01"), True),
        (change("posting", "2026-03-09"), False),
        (change("posting", "2026-06-01"), False),
        (change("posting", "2026-04-01", officer_id="o-2"), False),
        (change("closed_gap", "2026-04-01", "p-1"), True),
        (change("closed_gap", "2026-04-01", "p-2"), False),
    ],
)
def test_only_a_cause_after_it_brings_it_back(
    desk: FeedbackDesk, log: ExposureLog, changes: pd.DataFrame, back: bool
) -> None:
    decline(desk)
    assert (book(log, changes).declines("o-1", LATER) == ()) is back


def test_causes_are_those_of_the_policy(desk: FeedbackDesk, log: ExposureLog) -> None:
    decline(desk)
    moved = change("posting", "2026-04-01")
    assert len(book(log, moved, replace(AWAY, returns_on=("goal",))).declines("o-1", LATER)) == 1
    assert len(book(log, moved, replace(AWAY, returns_on=())).declines("o-1", LATER)) == 1


def asked(number: int = 1, kind: str = "post") -> Asked:
    return Asked(f"r-{number}", kind, MODEL, date(2026, 3, 1), datetime(2026, 5, 1, 8))


def test_a_suggester_leaves_out_what_was_declined_and_logs_what_it_shows(desk: FeedbackDesk, log: ExposureLog) -> None:
    decline(desk)
    rule = ExploringPolicy(share=0.5, places=1, depth=2)
    room = Suggester(log, book(log), rule, Pseudonyms(b"a key"))
    ranked = {"o-1": ranking("p-1", "p-2", "p-3", "p-4", "p-5"), "o-2": ranking("p-1", "p-2")}
    shown = room.shown(asked(), ranked, 2)
    assert shown["o-1"].items[0].item == "p-2"
    assert "p-1" not in {one.item for one in shown["o-1"].items}
    assert [one.item for one in shown["o-1"].away] == ["p-1"]
    assert [(one.item, one.propensity) for one in shown["o-2"].items] == [("p-1", 1.0), ("p-2", 1.0)]
    assert shown["o-2"].away == ()
    assert room.shown(asked(), ranked, 2) == shown
    assert told(desk, request({"item": "p-2", "feedback_id": "seen"})) == ["accepted"]
    assert room.shown(asked(2, "course"), ranked, 2)["o-1"].items[0].item == "p-1"
    logged = {one.propensity for number in range(3, 40) for one in room.shown(asked(number), ranked, 2)["o-1"].items}
    assert logged == set(propensities(4, 2, rule)[:, 1]) - {0.0} | {1.0}


def test_without_its_log_the_service_shows_the_ranking_and_tries_nothing(state: Settings) -> None:
    class Broken(ExposureLog):
        def show(self, answers: object) -> None:
            raise NotReady("the disk is full")

    room = replace(
        suggester(state, policy(), Broken("sqlite://")), policy=ExploringPolicy(share=0.5, places=1, depth=2)
    )
    ranked = {"o-1": ranking("p-1", "p-2", "p-3")}
    for number in range(20):
        items = room.shown(asked(number), ranked, 2)["o-1"].items
        assert [(one.item, one.propensity) for one in items] == [("p-1", 1.0), ("p-2", 1.0)]
    assert suggester(state, policy()).book.log.url == state.feedback_url


def test_feedback_on_an_answer_that_never_was_is_refused(desk: FeedbackDesk, log: ExposureLog) -> None:
    """By its place; an answer to another officer is none to this one."""
    show(log, "o-1", "p-1")
    show(log, "o-2", "p-1", request_id="r-2")
    body = request({"request_id": "r-1"}, {"request_id": "r-2"}, {"request_id": "nowhere"})
    assert told(desk, body) == ["accepted", "unknown_request", "unknown_request"]
    last = desk.answer(body, "r-9", NOW).results[2]
    assert isinstance(last, FeedbackRefused)
    assert last.because.en.startswith("items[2].request_id: no answer of this request id suggested anything")
    assert last.because.zh.startswith("items[2].request_id：没有此请求编号的答复")


def test_feedback_of_a_day_before_the_answer_it_names_is_refused(desk: FeedbackDesk, log: ExposureLog) -> None:
    """What nobody had seen yet nobody can decline; the log's clock may be a day ahead of ours."""
    show(log, "o-1", "p-1")
    day = log.answered(["r-1"])["r-1", "o-1"]
    for back, status in ((0, "accepted"), (1, "accepted"), (2, "before_answer")):
        body = request(
            {"request_id": "r-1", "feedback_id": f"f-{back}", "occurred_on": str(day - timedelta(days=back))}
        )
        assert told(desk, body) == [status]
