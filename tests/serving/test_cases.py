"""Cases on both engines: opened once, changed one step at a time by who may, ended by time, and every step audited."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from data_contracts.audit.chain import METADATA as AUDIT
from data_contracts.audit.chain import lines
from data_contracts.audit.verdict import verified
from data_contracts.errors import InvalidInput, NoLine, NotReady, NotThere, Refused, Stale
from data_contracts.policy import policy
from serving.access.credential import Credential
from serving.api.problems import problem_of
from serving.review.cases import insert
from serving.review.logs import ServiceLog
from serving.review.states import MOVES, CaseAction, CaseState, Role, moved
from serving.review.tables import CASE_NIGHTS, CASES, METADATA
from serving.review.timing import expire_cases, retain
from tests.data_contracts.test_audit_chain import KEY
from tests.postgres import postgresql
from tests.serving import review_room
from tests.serving.review_room import (
    AS_OF,
    CHIEF,
    EAST,
    NOW,
    OFFICER_A,
    OFFICER_B,
    READER,
    WAYS,
    WEST,
    WHERE,
    FakeRun,
    Room,
)

ROLES = {Role.REVIEWER: CHIEF, Role.OFFICER: OFFICER_A, Role.READER: READER}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    url = f"sqlite:///{tmp_path / 'service.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("server")
    made = Room(url, tmp_path)
    yield made
    for metadata in (METADATA, AUDIT):
        with made.database.writing(metadata) as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
    made.database.close()


def audited(room: Room) -> list[dict[str, object]]:
    return [json.loads(row["body"]) for row in lines(room.database)]


def test_a_night_opens_a_case_for_each_poor_grade_that_is_served_and_only_once(room: Room) -> None:
    night = FakeRun({"a": ("conduct", "force"), "b": ("conduct", "strain")})
    assert room.open(night).cases == 3  # `force` is not served
    again = room.open(night)
    assert (again.new, again.cases) == (False, 0)
    later = room.open(replace(night, name="run-2"))
    assert (later.new, later.cases, later.standing) == (True, 0, 3)
    case = room.case()
    assert (case.state, case.version, case.opened_on, case.night) == (CaseState.NEW, 1, AS_OF, "2026-10-01/run-1")
    assert case.expires_on == AS_OF + timedelta(days=90)
    assert case.due_on == AS_OF + timedelta(days=14)
    assert case.told["probability"] == 0.4
    first, _ = audited(room)
    assert (first["action"], first["about"]) == ("case_changed", sorted(map(room.names.of, ("a", "b"))))
    assert {"a", "b"}.isdisjoint(json.dumps(first["details"]).split('"'))


def test_one_case_stands_at_a_time_whoever_writes(room: Room) -> None:
    room.open()
    with (
        pytest.raises(NotReady, match=r"IntegrityError|UniqueViolation"),
        room.database.writing(METADATA) as connection,
    ):
        insert(connection, [replace(room.case(), case_id="f" * 32)])


@pytest.mark.parametrize(
    ("way", "opens"),
    [
        ((), False),
        (("acknowledge",), False),
        (("acknowledge", "support"), False),
        (("acknowledge", "false_positive"), False),
        (("contest",), False),
        (("contest", "correct"), True),
    ],
)
def test_a_new_night_leaves_what_people_decided_and_starts_afresh_after_a_correction(
    room: Room, way: tuple[str, ...], opens: bool
) -> None:
    room.open()
    before = room.through(*way)
    same_day = replace(FakeRun({"a": ("conduct",)}), as_of=NOW.date(), name="same-day")
    assert room.open(same_day).cases == 0
    later = replace(same_day, as_of=NOW.date() + timedelta(days=1), name="later")
    assert room.open(later, NOW + timedelta(days=1)).cases == opens
    assert room.store.case(before.case_id) == before


def test_a_night_whose_warnings_are_over_opens_nothing(room: Room) -> None:
    night = FakeRun({"a": ("conduct",)})
    assert room.open(night, datetime.combine(AS_OF + timedelta(days=90), NOW.time())).cases == 0
    other = replace(night, name="run-2")
    assert room.open(other, datetime.combine(AS_OF + timedelta(days=89), NOW.time())).cases == 1


@pytest.mark.parametrize(("opened", "last"), [(date(2028, 2, 29), date(2028, 5, 28)), (AS_OF, date(2026, 12, 29))])
def test_a_warning_stands_ninety_days_and_not_one_more(room: Room, opened: date, last: date) -> None:
    morning = datetime.combine(opened, NOW.time())
    room.open(replace(FakeRun({"a": ("conduct",)}), as_of=opened), morning)
    case = room.case()
    assert not case.expired(last)
    assert case.expired(last + timedelta(days=1))
    assert expire_cases(room.store, last, morning) == 0
    assert expire_cases(room.store, last + timedelta(days=1), morning) == 1
    assert expire_cases(room.store, last + timedelta(days=1), morning) == 0
    over = room.case()
    assert (over.expired_on, over.due_on, over.state) == (last + timedelta(days=1), None, CaseState.NEW)
    with pytest.raises(Stale):
        room.act(case, "acknowledge")
    with pytest.raises(Refused, match="expired"):
        room.act(over, "acknowledge")
    assert [line["details"] for line in audited(room)][-1] == {
        "step": "expire", "as_of": str(last + timedelta(days=1)), "cases": 1,
    }  # fmt: skip
    night = replace(FakeRun({"a": ("conduct",)}), as_of=last + timedelta(days=1), name="next")
    assert room.open(night, datetime.combine(last + timedelta(days=1), NOW.time())).cases == 1


def test_a_warning_that_is_over_takes_no_step_though_no_job_has_run(room: Room) -> None:
    room.open()
    late = datetime.combine(AS_OF + timedelta(days=90), NOW.time())
    with pytest.raises(Refused, match="expired"):
        room.act(room.case(), "acknowledge", now=late)
    room.through("contest")
    assert room.act(room.case(), "correct", now=late).case.state is CaseState.CORRECTED  # a contest is answered


EVERY = list(itertools.product(CaseState, CaseAction, Role))


def test_every_state_action_and_role(room: Room) -> None:
    """All 162 cells: what is allowed leads where the table says, and what is not changes nothing."""
    for number, (state, action, role) in enumerate(EVERY):
        room.open(replace(FakeRun({"a": ("conduct",)}), name=f"run-{number}"))
        case = room.through(*WAYS[state])
        assert case.state is state
        allowed, leads = role in MOVES[action].roles, moved(state, action)
        count = len(audited(room))
        if not allowed or leads is None:
            with pytest.raises(NotThere if role is Role.READER else Refused):
                room.act(case, action.value, ROLES[role])
            assert room.store.case(case.case_id) == case, (state, action, role)
            assert len(audited(room)) == count
        else:
            answer = room.act(case, action.value, ROLES[role])
            assert answer.case.state is leads
            assert answer.case.version == case.version + 1
            assert len(audited(room)) == count + (2 if action is CaseAction.CORRECT else 1)
        with room.database.writing(METADATA) as connection:
            connection.execute(CASES.delete())
    assert verified(lines(room.database), KEY.public_key(), []).good


def test_the_same_step_again_counts_once_and_another_under_its_key_is_refused(room: Room) -> None:
    room.open()
    case = room.case()
    first = room.act(case, "acknowledge", idempotency_key="the-same-1")
    count = len(audited(room))
    again = room.act(case, "acknowledge", idempotency_key="the-same-1")
    assert (first.status, again.status, again.case) == ("done", "duplicate", first.case)
    with pytest.raises(Refused, match="idempotency key"):
        room.act(room.case(), "support", idempotency_key="the-same-1")
    assert len(audited(room)) == count
    room.act(room.case(), "support", EAST, idempotency_key="the-same-1")  # somebody else's key is another key
    again = room.act(case, "acknowledge", idempotency_key="the-same-1")
    assert (again.status, again.case.state) == ("duplicate", CaseState.SUPPORTED)


def test_of_two_at_once_one_is_told_that_the_other_came_first(room: Room) -> None:
    room.open()
    case, told = room.case(), list[str]()

    def work(action: str, caller: Credential) -> None:
        try:
            told.append(room.act(case, action, caller).status)
        except Stale:
            told.append("stale")

    threads = [threading.Thread(target=work, args=("acknowledge", one)) for one in (CHIEF, EAST)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == ["done", "stale"]
    assert room.case().version == 2


def test_a_change_whose_line_cannot_be_written_is_not_made(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.open()
    case = room.case()

    def broken(*_: object) -> None:
        raise sa.exc.OperationalError("the disk is full", None, ValueError())

    monkeypatch.setattr("data_contracts.audit.chain.add_line", broken)
    with pytest.raises(NotReady):
        room.act(case, "acknowledge")
    assert room.case() == case
    assert room.store.events([case.case_id]) == []


def test_who_sees_which_case(room: Room) -> None:
    room.open(FakeRun({"a": ("conduct",), "b": ("strain",)}))

    def seen(caller: Credential) -> list[tuple[str, bool]]:
        return sorted((case.officer_id, case.told is not None) for case in room.list(caller).results)

    assert seen(CHIEF) == [("a", True), ("b", True)]
    assert seen(EAST) == [("a", True)]
    assert seen(WEST) == [("b", True)]
    assert seen(READER) == []  # nobody has reviewed them
    assert seen(OFFICER_A) == [("a", False)]
    assert seen(OFFICER_B) == [("b", False)]
    room.through("acknowledge")
    assert seen(READER) == [("a", True)]
    assert seen(OFFICER_A) == [("a", True)]
    (own,) = room.list(OFFICER_A).results
    assert [(step.action, step.actor) for step in own.steps] == [(CaseAction.ACKNOWLEDGE, None)]
    (whole,) = room.list(EAST).results
    assert [(step.action, step.actor) for step in whole.steps] == [(CaseAction.ACKNOWLEDGE, "key:chief")]
    (read,) = room.list(READER).results
    assert (read.steps, read.assigned_to) == ([], None)


def test_a_case_out_of_reach_and_one_that_does_not_exist_are_told_alike(room: Room) -> None:
    room.open()
    case = room.case()
    told = set()
    for caller, asked in ((WEST, case), (READER, case), (OFFICER_B, case), (CHIEF, replace(case, case_id="0" * 32))):
        with pytest.raises(NotThere) as refused:
            room.act(asked, "acknowledge", caller)
        told.add(str(refused.value))
    assert len(told) == 1


def test_pages_hold_every_case_once_the_first_to_expire_first(room: Room) -> None:
    for place, officer in enumerate(("b", "a", "c")):
        day = AS_OF + timedelta(days=place)
        night = replace(FakeRun({officer: ("conduct", "strain")}), as_of=day, name=officer)
        room.open(night, NOW + timedelta(days=place))
    found, after = list[str](), None
    for _ in range(3):
        page = room.list(top=2, after=after)
        found += [case.officer_id for case in page.results]
        after = page.next
    assert found == ["b", "b", "a", "a", "c", "c"]
    assert after is None
    assert room.list(WEST, top=2).next is None, "a page does not tell that others have more"
    with pytest.raises(InvalidInput, match="after is no place"):
        room.list(after="2026-13-01." + "0" * 32)
    room.act(room.case("c", "strain"), "assign", assign_to="key:east")
    assert [case.officer_id for case in room.list(assigned_to="key:east").results] == ["c"]
    assert room.list(states=[CaseState.DISMISSED]).results == []


@pytest.mark.parametrize("whom", ["key:east", "key:reader", "key:nobody", "key:", "key:nightly"])
def test_a_case_is_assigned_to_no_key_that_may_not_review_it(room: Room, whom: str) -> None:
    room.open()
    case = room.case("b", "strain")  # of the west
    with pytest.raises(InvalidInput, match="a key that may not review this case now") as refused:
        room.act(case, "assign", assign_to=whom)
    assert "密钥" in str(refused.value.zh)
    assert room.case("b", "strain") == case
    assert room.act(case, "assign", assign_to="key:west").case.assigned_to == "key:west"


@pytest.mark.parametrize("whom", ["east", "keys:east", "somebody"])
def test_a_case_is_assigned_to_nobody_by_a_name_that_no_caller_has(room: Room, whom: str) -> None:
    room.open()
    with pytest.raises(InvalidInput, match=f"assign_to is key:ID of a key.*'{whom}' is neither") as refused:
        room.act(room.case(), "assign", assign_to=whom)
    assert "无人会看到" in str(refused.value.zh)
    assert room.case().assigned_to is None


def test_whoever_comes_with_a_token_is_taken_as_named_and_a_step_done_stays_done(room: Room) -> None:
    room.open()
    assert room.act(room.case(), "assign", assign_to="oidc:somebody").case.assigned_to == "oidc:somebody"
    case, key = room.case(), "step-again"
    room.act(case, "assign", assign_to="key:east", idempotency_key=key)
    left = replace(WHERE, unit_of={**WHERE.unit_of, "a": "station-2"})  # the officer went where east does not see
    with patch.object(review_room, "WHERE", left):
        assert room.act(case, "assign", assign_to="key:east", idempotency_key=key).status == "duplicate"


def test_a_step_whose_line_is_refused_is_not_taken_and_has_the_code_of_every_such_question(tmp_path: Path) -> None:
    room = Room(f"sqlite:///{tmp_path / 'service.db'}", tmp_path)
    room.open()
    with room.database.writing(METADATA) as connection:
        why = "CREATE TRIGGER full BEFORE INSERT ON audit_lines BEGIN SELECT RAISE(ABORT, 'no room'); END"
        connection.exec_driver_sql(why)
    case = room.case()
    with pytest.raises(NoLine, match="cannot be used") as refused:
        room.act(case, "acknowledge")
    assert (problem_of(refused.value).code, room.case()) == ("audit_away", case)
    room.database.close()


@pytest.mark.parametrize(
    ("action", "more", "told"),
    [
        ("acknowledge", {"assign_to": "x"}, "assign_to does not belong to the step acknowledge"),
        ("assign", {"assign_to": None}, "assign_to is needed"),
        ("contest", {"reason": None}, "reason is needed"),
        ("contest", {"reason": "  "}, "reason is needed"),
        ("acknowledge", {"reason": "因其民族"}, "protected attribute"),
        ("acknowledge", {"reason": "her Pregnancy"}, "protected attribute"),
    ],
)
def test_a_step_that_lacks_what_it_needs_is_refused(room: Room, action: str, more: dict[str, Any], told: str) -> None:
    room.open()
    with pytest.raises(InvalidInput, match=told):
        room.act(room.case(), action, **more)
    assert room.case().version == 1


def test_who_contests_may_say_why_whatever_it_is(room: Room) -> None:
    room.open()
    answer = room.act(room.case(), "contest", OFFICER_A, reason="我认为与我的民族有关")
    assert answer.case.state is CaseState.CONTESTED
    assert answer.case.due_on == NOW.date() + timedelta(days=15)
    assert answer.case.steps[0].reason == "我认为与我的民族有关"
    assert "民族" not in json.dumps(audited(room), ensure_ascii=False)


def test_a_closed_case_opens_again_unless_a_newer_one_is_open(room: Room) -> None:
    room.open()
    room.through("acknowledge", "false_positive")
    assert room.through("reopen").closed_on is None
    old = room.through("false_positive")
    with room.database.writing(METADATA) as connection:
        insert(connection, [replace(old, case_id="e" * 32, state=CaseState.NEW, closed_on=None)])
    with pytest.raises(Refused, match="a newer case"):
        room.act(old, "reopen")


def test_cases_go_when_policy_keeps_them_no_longer(room: Room, tmp_path: Path) -> None:
    room.open()
    room.through("acknowledge")
    log = ServiceLog(f"sqlite:///{tmp_path / 'none' / 'feedback.db'}")
    last = date(2028, 12, 29)  # expired on 2026-12-30, kept for 24 months
    assert retain(room.store, log, policy(), last, NOW).rows["cases"] == 0
    assert room.case().expired_on == date(2026, 12, 30)
    gone = retain(room.store, log, policy(), last + timedelta(days=1), NOW).rows
    assert (gone["cases"], gone["case_events"], gone["feedback"]) == (2, 1, 0)
    with room.database.reading(METADATA) as connection:
        assert connection.execute(CASE_NIGHTS.select()).all() == []
    assert room.store.of_officers(["a", "b"]) == []
    assert audited(room)[-1]["action"] == "retention_kept"


def test_the_moment_of_a_step_says_its_zone(room: Room) -> None:
    """RFC 3339, which the description promises: without a zone no reader knows which moment is meant."""
    room.open()
    shown = room.act(room.case(), "acknowledge").case
    assert json.loads(shown.model_dump_json())["steps"][-1]["at"].endswith("Z")
