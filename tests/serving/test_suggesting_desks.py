"""Next posts and paths through the loop of feedback: declined ones stay away, chance tries a little, all is logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from data_contracts.errors import NotReady
from data_contracts.policy import policy
from data_contracts.settings import Settings
from serving.feedback.exposures import ExposureLog, Given, exposure_log
from serving.feedback.suggesting import Suggester
from serving.paths.answers import PathDesk
from serving.paths.schemas import NoPathFound, PathsFound, PathsRequest
from serving.paths.unwanted import path_id
from serving.posts.recommend import CareerDesk
from serving.schemas import NextPostsRequest, NotScored, PostsRanked
from tests.serving.desks import NOW, FakeSource, career_desk
from tests.serving.feedback_room import NOTHING, decline, kept_suggester, shown_rows
from tests.serving.test_paths_desk import MODEL, FakePaths, KeptPlans

DAY = date(2026, 10, 20)
MOVED = pd.DataFrame({"officer_id": ["o-000001"], "cause": ["posting"], "since": [pd.Timestamp("2026-10-25")],
                      "item": [None]})  # fmt: skip


@pytest.fixture
def log(state: Settings) -> ExposureLog:
    return exposure_log(state)


def _careers(suggester: Suggester) -> CareerDesk:
    return replace(career_desk(FakeSource({"o-000001": 2.0, "o-000002": 2.0})), suggester=suggester)


def _posts(desk: CareerDesk, *officers: str, top: int = 3, request_id: str = "r-1") -> list[PostsRanked | NotScored]:
    return desk.answer(NextPostsRequest(officer_ids=list(officers), top=top), request_id, NOW).results


def _ids(found: PostsRanked | NotScored) -> list[str]:
    assert isinstance(found, PostsRanked)
    return [post.post_id for post in found.posts]


def test_of_two_days_what_either_keeps_away_stays_away_each_once(log: ExposureLog) -> None:
    """Asked in December about May: the word of February held then, though it does not now; that of June holds now."""
    decline(log, "o-000001", "post", "p1", date(2026, 2, 2))
    decline(log, "o-000001", "post", "p2", date(2026, 6, 20))
    suggester, may, december = kept_suggester(log), date(2026, 5, 1), date(2026, 12, 10)
    away = suggester.away_on(["o-000001", "o-000002"], (may, december))
    assert {name: [one.item for one in some] for name, some in away.items()} == {"o-000001": ["p1", "p2"]}
    july = suggester.away_on(["o-000001"], (date(2026, 7, 1), date(2026, 7, 2)))
    assert [one.item for one in july["o-000001"]] == ["p1", "p2"]
    assert suggester.away_on(["o-000001"], (date(2027, 1, 1),)) == {}


def test_a_declined_post_makes_room_and_comes_back_only_with_a_cause(log: ExposureLog) -> None:
    decline(log, "o-000001", "post", "p1", DAY)
    one, other = _posts(_careers(kept_suggester(log)), "o-000001", "o-000002")
    assert (_ids(one), _ids(other)) == (["p2", "p3", "p4"], ["p1", "p2", "p3"])
    assert isinstance(one, PostsRanked)
    assert [(kept.item, kept.until) for kept in one.declined] == [("p1", date(2027, 4, 20))]
    assert "2026-10-20" in one.declined[0].text.zh
    assert isinstance(other, PostsRanked)
    assert other.declined == []
    (back,) = _posts(_careers(kept_suggester(log, changes=MOVED)), "o-000001", request_id="r-2")
    assert _ids(back) == ["p1", "p2", "p3"]


def test_posts_shown_are_logged_with_their_propensities(log: ExposureLog) -> None:
    desk = _careers(kept_suggester(log, share=0.5))
    found = {n: _ids(_posts(desk, "o-000001", request_id=f"r-{n}")[0]) for n in range(40)}
    assert {tuple(ids[:2]) for ids in found.values()} == {("p1", "p2")}
    last = {ids[2] for ids in found.values()}
    assert {"p3"} < last <= {f"p{n}" for n in range(3, 9)}
    rows = shown_rows(log, "post")
    for n, ids in found.items():
        assert rows[rows["request_id"] == f"r-{n}"]["item"].tolist() == ids
    assert set(rows.loc[rows["position"] < 3, "propensity"]) == {1.0}
    assert set(rows.loc[rows["position"] == 3, "propensity"].round(4)) == {round(0.5 + 0.5 / 6, 4), round(0.5 / 6, 4)}
    assert set(rows["model_name"]) == {"next-post"}


def test_posts_are_ranked_where_the_log_cannot_be_used(log: ExposureLog) -> None:
    class Broken(ExposureLog):
        def show(self, answers: object) -> None:
            raise NotReady("the disk is full")

        def kept_away(self, officer_ids: object) -> pd.DataFrame:
            raise NotReady("the disk is full")

    desk = _careers(kept_suggester(Broken("sqlite://"), share=0.5))
    for n in range(10):
        assert _ids(_posts(desk, "o-000001", request_id=f"r-{n}")[0]) == ["p1", "p2", "p3"]


def test_a_decline_holds_even_where_what_is_shown_cannot_be_logged(log: ExposureLog) -> None:
    class ReadOnly(ExposureLog):
        def show(self, answers: object) -> None:
            raise NotReady("the disk is full")

    decline(log, "o-000001", "post", "p1", DAY)
    desk = _careers(kept_suggester(ReadOnly(log.url), share=0.5))
    assert _ids(_posts(desk, "o-000001")[0]) == ["p2", "p3", "p4"]


def test_an_officer_who_declined_all_there_is_hears_so(log: ExposureLog) -> None:
    for n in range(1, 10):
        decline(log, "o-000001", "post", f"p{n}", DAY)
    desk = _careers(kept_suggester(log))
    (found,) = _posts(desk, "o-000001", top=1)
    assert _ids(found) == ["p10"], "as many more are ranked as were declined"


def _paths(suggester: Suggester, plans: KeptPlans | None = None) -> PathDesk:
    return PathDesk(MODEL, FakePaths(), plans or KeptPlans(), suggester, policy())


def _way(desk: PathDesk, now: datetime = NOW, **asked: object) -> PathsFound | NoPathFound:
    body = {"officer_ids": ["a"], "goal": {"kind": "post", "goal": "p3"}, "top": 2, **asked}
    number = asked.pop("number", 1)
    body.pop("number", None)
    (found,) = desk.answer(PathsRequest.model_validate(body), f"r-{number}", now).results
    assert isinstance(found, (PathsFound, NoPathFound))
    return found


def _shown(found: PathsFound | NoPathFound) -> list[str]:
    assert isinstance(found, PathsFound)
    assert [path.path_id for path in found.paths] == [path_id([step.post_id for step in p.steps]) for p in found.paths]
    return [path.path_id for path in found.paths]


def test_a_declined_path_stays_away_and_the_plan_changes_with_the_reason(log: ExposureLog) -> None:
    plans = KeptPlans()
    before = _shown(_way(_paths(kept_suggester(log), plans)))
    decline(log, "a", "path", before[0], NOW.date())
    after = _way(_paths(kept_suggester(log), plans))
    assert isinstance(after, PathsFound)
    assert before[0] not in _shown(after)
    assert [kept.item for kept in after.declined] == [before[0]]
    assert (after.progress.changed, [why.code for why in after.progress.why]) == (True, ["declined"])
    again = _way(_paths(kept_suggester(log), plans))
    assert isinstance(again, PathsFound)
    assert (_shown(again)[0], again.progress.changed) == (_shown(after)[0], False)


def test_paths_that_begin_with_a_declined_post_stay_away(log: ExposureLog) -> None:
    before = _shown(_way(_paths(kept_suggester(log)), top=10))
    starts = {path.split(">")[0] for path in before}
    assert len(starts) > 1
    gone = before[0].split(">")[0]
    if gone == "p3":
        gone = next(iter(starts - {"p3"}))
    decline(log, "a", "post", gone, DAY)
    after = _shown(_way(_paths(kept_suggester(log)), top=10))
    assert after == [path for path in before if path.split(">")[0] != gone]


def test_a_goal_asked_about_by_name_is_answered_but_a_stated_one_that_was_declined_is_not(log: ExposureLog) -> None:
    decline(log, "b", "post", "p3", DAY)
    desk = _paths(kept_suggester(log))
    assert _shown(_way(desk, officer_ids=["b"]))
    stated = _way(desk, officer_ids=["b"], goal=None)
    assert isinstance(stated, NoPathFound)
    assert (stated.because.code, [kept.item for kept in stated.declined]) == ("declined", ["p3"])
    assert "state another goal" in stated.because.en


def test_paths_shown_are_logged_and_the_plan_that_holds_is_never_left_to_chance(log: ExposureLog) -> None:
    desk = _paths(kept_suggester(log, share=0.5))
    found = {n: _shown(_way(desk, number=n)) for n in range(30)}
    assert len({ids[0] for ids in found.values()}) == 1
    assert len({ids[1] for ids in found.values()}) > 1
    rows = shown_rows(log, "path")
    assert set(rows.loc[rows["position"] == 1, "propensity"]) == {1.0}
    assert rows.loc[rows["position"] == 2, "propensity"].max() < 1.0
    for n, ids in found.items():
        assert rows[rows["request_id"] == f"r-{n}"]["item"].tolist() == ids
    assert set(rows["model_name"]) == {"paths"}


def test_a_long_path_has_a_short_code() -> None:
    assert path_id(["p1", "p2"]) == "p1>p2"
    assert len(path_id([f"post-{n}" for n in range(60)])) == 64


def test_nothing_is_kept_from_who_declined_nothing(log: ExposureLog) -> None:
    assert kept_suggester(log, changes=NOTHING).away(["a"], DAY) == {}


def test_a_new_post_brings_back_what_was_declined_and_not_what_is_done(log: ExposureLog) -> None:
    decline(log, "o-000001", "course", "law", DAY)
    log.take([Given("done", "o-000001", "course", "radio", "done", None, DAY, DAY)])
    day = MOVED["since"][0].date() + timedelta(days=1)
    for changes, kept in ((NOTHING, {"law", "radio"}), (MOVED, {"radio"})):
        away = kept_suggester(log, changes=changes).away(["o-000001"], day)
        assert {one.item for one in away["o-000001"]} == kept
