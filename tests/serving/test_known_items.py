"""Feedback about what does not exist is refused line by line, with the place, the value and what to send."""

from __future__ import annotations

import pytest

from data_contracts import service_log
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import ItemKind
from features.history import History
from models.points.lines import Frames
from serving.access.reach import EVERYWHERE, Sight
from serving.feedback.answers import feedback_desk
from serving.feedback.exposures import exposure_log
from serving.feedback.known_items import KnownItems
from serving.feedback.schemas import FeedbackRefused
from tests.models.records import record
from tests.serving.feedback_room import NOW, request

POSTS = [{"post_id": "p-1", "known_on": "1900-01-01"}, {"post_id": "p-2", "known_on": "1900-01-01"}]
COURSES = [{"course_id": "c-1", "known_on": "1900-01-01"}]


def kept(state: Settings, frames: Frames) -> None:
    History(state.history_dir).append_all(dict(frames), "test")


@pytest.fixture
def told(state: Settings) -> Settings:
    """A bureau with two posts, one course and the step of a ladder."""
    steps = [{"ladder": "own", "rank_step": "二级警长", "step_order": 1, "known_on": "1900-01-01"}]
    officers = [{"officer_id": "o-1", "entered_on": "2010-01-01", "known_on": "2010-01-01"}]
    kept(state, record(posts=POSTS, courses=COURSES, rank_steps=steps, officers=officers))
    return state


def test_an_unknown_item_is_refused_and_the_other_lines_are_kept(told: Settings) -> None:
    desk = feedback_desk(told, policy(), exposure_log(told))
    lines = request({"feedback_id": "f-1"}, {"feedback_id": "f-2", "item": "p-99"}, {"feedback_id": "f-3"},
                    {"feedback_id": "f-4", "item_kind": "course", "item": "c-9"},
                    {"feedback_id": "f-5", "item_kind": "course", "item": "c-1"})  # fmt: skip
    results = desk.answer(lines, "r", NOW).results
    assert [one.status for one in results] == ["accepted", "refused", "accepted", "refused", "accepted"]
    refused = [one.because for one in results if isinstance(one, FeedbackRefused)]
    assert {one.code for one in refused} == {"unknown_item"}
    assert refused[0].zh == "items[1].item：没有编号为“p-99”的岗位；请填写建议中的 post_id"
    assert refused[0].en == "items[1].item: there is no post “p-99”; send the post_id of a suggestion"
    assert refused[1].en == "items[3].item: there is no course “c-9”; send the course_id of a suggestion"


def test_feedback_of_an_officer_whom_the_history_does_not_know_is_refused_and_not_kept(told: Settings) -> None:
    log = exposure_log(told)
    desk = feedback_desk(told, policy(), log)
    lines = request({"feedback_id": "f-1"}, {"feedback_id": "f-2", "officer_id": "o-nope"},
                    {"feedback_id": "f-3", "officer_id": "posted"})  # fmt: skip
    results = desk.answer(lines, "r", NOW).results
    assert [one.status for one in results] == ["accepted", "refused", "refused"]
    refused = results[1]
    assert isinstance(refused, FeedbackRefused)
    assert refused.because.code == "unknown_officer"
    assert refused.because.zh == "items[1].officer_id：没有此编号的民警；请核对编号，或先导入其履历"
    assert (
        refused.because.en
        == "items[1].officer_id: there is no officer of this id; correct it, or ingest the record first"
    )
    with log.transaction() as connection:
        assert [row.officer_id for row in connection.execute(service_log.FEEDBACK.select())] == ["o-1"]
    posting = {"officer_id": "posted", "post_id": "p-1", "unit_id": "u", "started_on": "2019-01-01"}
    kept(told, record(postings=[{**posting, "known_on": "2019-01-01"}]))
    assert [one.status for one in desk.answer(lines, "r", NOW).results] == ["duplicate", "refused", "accepted"]


def test_where_no_officer_is_known_only_those_whom_the_caller_may_always_name_are_believed(state: Settings) -> None:
    """Without records nobody serves anywhere: what a caller of one unit sends is behind the veil, and is not kept."""
    log = exposure_log(state)
    desk = feedback_desk(state, policy(), log)
    lines = request({"officer_id": "out-of-reach-1."})
    assert [one.status for one in desk.answer(lines, "r", NOW, Sight(frozenset({"u-1"}))).results] == ["refused"]
    mine = request({"officer_id": "o-1"}, {"feedback_id": "f-2", "officer_id": "o-2"})
    results = desk.answer(mine, "r", NOW, Sight(frozenset(), "o-1")).results
    assert [one.status for one in results] == ["accepted", "refused"]
    with log.transaction() as connection:
        assert [row.officer_id for row in connection.execute(service_log.FEEDBACK.select())] == ["o-1"]


@pytest.mark.parametrize(
    ("kind", "item", "unknown"),
    [
        (ItemKind.POST, "p-1", ""), (ItemKind.POST, "二级警长", ""), (ItemKind.POST, "p-3", "p-3"),
        (ItemKind.PATH, "p-1>p-2", ""), (ItemKind.PATH, "p-1>p-9", "p-9"), (ItemKind.PATH, "a" * 64, ""),
        (ItemKind.COURSE, "c-1", ""), (ItemKind.COURSE, "p-1", "p-1"),
    ],
)  # fmt: skip
def test_posts_paths_and_courses_are_known_each_in_its_way(
    told: Settings, kind: ItemKind, item: str, unknown: str
) -> None:
    fault = KnownItems.of(told).fault(kind, item)
    assert (fault is None) == (not unknown)
    assert fault is None or f"“{unknown}”" in fault.zh


def test_what_the_history_knows_nothing_of_is_refused_to_nobody_until_it_grows(state: Settings) -> None:
    known = KnownItems.of(state)
    assert [known.fault(kind, "x") for kind in ItemKind] == [None, None, None]
    assert known.stranger("x", EVERYWHERE) is None
    taken = {"officer_id": "o", "post_id": "p", "unit_id": "u", "started_on": "2020-01-01"}
    kept(state, record(postings=[taken]))
    assert known.fault(ItemKind.POST, "p") is None
    assert known.fault(ItemKind.POST, "x") is not None
    assert known.fault(ItemKind.COURSE, "x") is None
