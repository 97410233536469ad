"""An answer that nobody waits for stops and keeps nothing; one that is settled is sent; too many are refused."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.paths.telling import Question, Told
from serving.api.listening import while_waited_for
from serving.api.problems import ProblemError, problem_of
from serving.paths import answers
from serving.paths.answers import PathDesk
from serving.paths.schemas import PathsRequest
from serving.waiting import NobodyWaits, TooMuchAtOnce, Waiting
from tests.serving.desks import NOW
from tests.serving.feedback_room import plain_suggester
from tests.serving.test_paths_desk import MODEL, FakePaths, KeptPlans

BODY = PathsRequest.model_validate({"officer_ids": ["a", "b"], "goal": {"kind": "post", "goal": "p3"}})


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class SlowPaths(FakePaths):
    """Something happens while each part is told; `parts` counts them."""

    during: Callable[[], None] = lambda: None
    parts: list[int] = field(default_factory=list)

    def on(self, officer_ids: Sequence[str], as_of: date) -> SlowPaths:
        return self

    def tell_all(self, questions: Sequence[Question], top: int) -> Sequence[Told]:
        self.parts.append(len(questions))
        self.during()
        return super().tell_all(questions, top)


def _desk(paths: FakePaths, plans: KeptPlans) -> PathDesk:
    return PathDesk(MODEL, paths, plans, plain_suggester(), policy())


def test_given_up_or_on_its_way_never_both() -> None:
    given_up, leaving, late = Waiting(), Waiting(), Waiting(1.0, Clock(1.0))
    assert given_up.give_up()
    for one in (given_up, late):
        with pytest.raises(NobodyWaits):
            one.check()
        with pytest.raises(NobodyWaits):
            one.leave()
    leaving.leave()
    assert not leaving.give_up()
    leaving.check()
    assert problem_of(NobodyWaits("x")).status == 504


def test_a_plan_of_an_answer_that_was_given_up_is_not_kept_and_its_work_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "TRIAL", (1,))
    waiting, plans = Waiting(), KeptPlans()

    def go_away() -> None:
        waiting.give_up()

    paths = SlowPaths(during=go_away)
    with pytest.raises(NobodyWaits):
        _desk(paths, plans).answer(BODY, "r-1", NOW, waiting)
    assert plans.kept == {}, "nobody saw it"
    assert paths.parts == [1], "the second officer was not worked on any more"
    again = _desk(FakePaths(), plans).answer(BODY, "r-2", NOW, Waiting())
    assert again.results[0].progress.why[0].code == "first"  # type: ignore[union-attr]
    assert len(plans.kept) == 2


def test_a_plan_is_not_kept_when_the_time_ends_with_the_last_officer() -> None:
    clock, plans = Clock(), KeptPlans()

    def late() -> None:
        clock.now = 30.0

    with pytest.raises(NobodyWaits):
        _desk(SlowPaths(during=late), plans).answer(BODY, "r-1", NOW, Waiting(20.0, clock))
    assert plans.kept == {}


def test_more_officers_than_fit_are_refused_early_with_the_number_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "TRIAL", ())
    monkeypatch.setattr(answers, "TOLD_TOGETHER", 1)
    clock, plans = Clock(), KeptPlans()
    ids = ["a", "b", "there"]

    def slow() -> None:
        clock.now += 4.0

    paths = SlowPaths(during=slow)
    body = PathsRequest.model_validate({"officer_ids": ids, "goal": {"kind": "post", "goal": "p3"}})
    with pytest.raises(TooMuchAtOnce, match=r"3 officers cannot.*1 took 4\.0 s; ask for at most 2 at once") as told:
        _desk(paths, plans).answer(body, "r-1", NOW, Waiting(10.0, clock))
    assert (paths.parts, plans.kept) == ([1], {})
    problem = problem_of(told.value)
    assert (problem.status, problem.code) == (422, "too_much_at_once")
    assert "at most 2" in problem.detail.en
    assert problem.detail.zh == "时限内无法答复 3 名民警：1 名民警已用 4.0 秒；请一次至多询问 2 名民警"


def test_a_small_trial_tells_how_many_fit_before_a_whole_part_takes_all_the_time() -> None:
    """Fifty together took twenty seconds where there were ten: a 504, which no retry could help."""
    clock, seen = Clock(), list[int]()

    def answered(officers: int, slow: float) -> None:
        for part in Waiting(10.0, clock).parts(range(officers), 50, Bilingual("名民警", "officers"), (2, 6)):
            seen.append(len(part))
            clock.now += slow * len(part) + (3.0 if len(seen) == 1 else 0.0)  # the first finds nothing ready

    with pytest.raises(TooMuchAtOnce, match=r"200 officers cannot.*8 took 6\.2 s; ask for at most 15 at once"):
        answered(200, 0.4)
    assert seen == [2, 6]
    clock.now = 0.0
    seen.clear()
    answered(200, 0.01)
    assert seen == [2, 6, 50, 50, 50, 42], "what the first part found missing is no pace"


def _connected(gone_after: float | None = None) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60.0 if gone_after is None else gone_after)
        return {"type": "http.disconnect"}

    return receive


async def _waited(seconds: float, work: Callable[[], bytes], waiting: Waiting, gone_after: float | None) -> bytes:
    async with asyncio.timeout(seconds):
        return await while_waited_for(asyncio.to_thread(work), waiting, _connected(gone_after))


def test_an_answer_whose_time_ends_is_given_up_and_one_that_was_settled_before_is_sent() -> None:
    waiting, settled, plans = Waiting(), threading.Event(), list[str]()

    def slow() -> bytes:
        settled.wait(5.0)
        waiting.leave()
        plans.append("kept")
        return b"never"

    with pytest.raises(TimeoutError):
        asyncio.run(_then_set(_waited(0.05, slow, waiting, None), settled))
    assert plans == []
    leaving = Waiting()

    def late() -> bytes:
        leaving.leave()
        time.sleep(0.2)
        plans.append("kept")
        return b"sent"

    assert asyncio.run(_waited(0.05, late, leaving, None)) == b"sent"
    assert plans == ["kept"]


async def _then_set(work: Awaitable[bytes], event: threading.Event) -> bytes:
    try:
        return await work
    finally:
        event.set()


def test_a_caller_who_goes_away_ends_the_work_unless_the_answer_is_on_its_way() -> None:
    waiting = Waiting()

    def slow() -> bytes:
        for _ in range(200):
            time.sleep(0.01)
            waiting.check()
        return b"never"

    began = time.monotonic()
    with pytest.raises(ProblemError, match="went away"):
        asyncio.run(_waited(5.0, slow, waiting, 0.05))
    assert time.monotonic() - began < 1.5, "the thread stopped: the loop would have waited for it"
    leaving = Waiting()

    def late() -> bytes:
        leaving.leave()
        time.sleep(0.2)
        return b"sent"

    assert asyncio.run(_waited(5.0, late, leaving, 0.05)) == b"sent"


def test_what_is_settled_and_never_ends_is_a_timeout_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.api.listening.LEAVING_SECONDS", 0.05)
    waiting, end = Waiting(), threading.Event()

    def hung() -> bytes:
        waiting.leave()
        end.wait(5.0)
        return b""

    with pytest.raises(TimeoutError):
        asyncio.run(_then_set(_waited(0.05, hung, waiting, None), end))
