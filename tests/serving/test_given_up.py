"""After a 504, and after a caller who went away, the work stops: every desk asks between its steps who still waits."""

from __future__ import annotations

import functools
import json
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

import httpx
import pytest

from models.courses.advice import advise_courses
from serving import service
from serving.access.credential import OPERATOR
from serving.access.reach import EVERYWHERE
from serving.api.guard import Guard, Limits
from serving.api.opened import Absent
from serving.api.questions import QUESTIONS, Question
from serving.concerns.answers import TriageDesk
from serving.courses.advice import CourseDesk
from serving.night.manifest import ModelIdentity
from serving.waiting import NobodyWaits, Waiting, still_wanted, while_wanted, worked_for
from tests.serving.desks import NOW, demo_desks
from tests.serving.live import served

WRITES = {"/v1/feedback", "/v1/cases/act", "/v1/opt_out", "/v1/events", "/v1/mine"}  # a few rows, all or none
SORTS = ModelIdentity("concerns", "1", "", "concerns_v1", "")
WITHOUT_A_MODEL: dict[str, Any] = {"/v1/concerns": TriageDesk(SORTS, *2 * [cast(Any, None)])}
READS = [one for one in QUESTIONS if one.path not in WRITES and not one.patient]  # those in test_waiting.py
BODY = {"officer_ids": ["o-000001", "o-000002"]}


@pytest.mark.parametrize("question", READS, ids=[question.path for question in READS])
def test_no_desk_finishes_an_answer_that_nobody_waits_for(question: Question) -> None:
    desk = WITHOUT_A_MODEL.get(question.path) or question.desk(demo_desks())
    assert not isinstance(desk, Absent)
    asked = question.request.model_validate_json(json.dumps(question.example))
    over = Waiting()
    assert over.give_up()
    more: tuple[tuple[bool, Any], ...] = (
        (question.sighted, EVERYWHERE),
        (question.told_caller, OPERATOR),
        (question.patient, Waiting()),
    )
    with worked_for(over), pytest.raises(NobodyWaits):
        desk.answer(asked, "r-1", NOW, *(one for told, one in more if told))


def test_courses_are_not_sought_for_the_next_officer_once_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = demo_desks().of("/v1/courses")
    assert isinstance(desk, CourseDesk)
    officers = sorted(desk.records(None, date(2026, 1, 1), ("officers",))["officers"]["officer_id"].astype(str))[:5]
    over, asked = Waiting(), list[Any]()

    def counted(*args: Any) -> Any:
        asked.append(args)
        if len(asked) == 2:
            over.give_up()
        return advise_courses(*args)

    monkeypatch.setattr("serving.courses.advice.advise_courses", counted)
    question = next(one for one in QUESTIONS if one.path == "/v1/courses")
    body = question.request.model_validate({"officer_ids": officers})
    with worked_for(over), pytest.raises(NobodyWaits):
        desk.answer(body, "r-1", NOW)  # type: ignore[arg-type]
    assert len(asked) == 2


def test_outside_a_request_nobody_is_hurried() -> None:
    still_wanted()
    assert list(while_wanted("ab")) == ["a", "b"]


@dataclass
class Long:
    """A desk that would work for half a minute; `worked` is how long it did."""

    ended: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: Any, request_id: str, now: datetime, *_: Any) -> Any:
        self.began.set()
        try:
            for _step in while_wanted(range(600)):
                time.sleep(0.05)
        finally:
            self.ended.set()


@pytest.mark.server
@pytest.mark.parametrize("path", ["/v1/next_posts", "/v1/courses", "/v1/risk"])
def test_the_thread_of_an_answer_is_free_a_second_after_its_time_or_its_caller_went(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds, patience in ((0.4, 10.0), (20.0, 0.4)):
        long = Long()
        monkeypatch.setattr(service, "Guard", functools.partial(Guard, limits=Limits(answer_seconds=seconds)))
        with served(replace(demo_desks(), fixed={path: long}), monkeypatch) as client:
            answered = _asked(client, path, patience)
            assert answered == ([504] if patience > seconds else [])
            assert long.began.is_set()
            assert long.ended.wait(1.5)


@pytest.mark.server
def test_an_answer_that_is_given_up_leaves_no_words_of_a_span(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service, "Guard", functools.partial(Guard, limits=Limits(answer_seconds=0.3)))
    with caplog.at_level(logging.WARNING), served(replace(demo_desks(), fixed={"/v1/risk": Long()}), monkeypatch) as it:
        assert [_asked(it, "/v1/risk", 10.0) for _ in range(3)] == [[504]] * 3
        time.sleep(0.5)
    assert [one for one in caplog.records if "opentelemetry" in one.name] == []


def _asked(client: httpx.Client, path: str, patience: float) -> Sequence[int]:
    """The status, where the caller waits long enough for one."""
    try:
        return [client.post(path, json=BODY, timeout=patience).status_code]
    except httpx.ReadTimeout:
        return []
