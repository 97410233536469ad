"""Everything that posts, courses, points and profiles of a simulated bureau tell people, read word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.courses.crowd import crowd_at
from models.courses.record import course_history
from serving.builders import CareerRanker
from serving.courses.advice import CourseDesk
from serving.courses.crowds import COUNTS
from serving.courses.crowds import TABLES as CROWD
from serving.courses.schemas import CoursesRequest
from serving.feedback.declines import DeclineBook, Declined
from serving.feedback.suggesting import Suggester
from serving.guidance import NO_COURSE_MODEL
from serving.points.answers import HistoryRecords, PointsDesk
from serving.points.schemas import PointsRequest, PointsTarget
from serving.posts.advice import Ranks
from serving.posts.career_records import CareerRecords
from serving.posts.recommend import CareerDesk
from serving.schemas import NextPostsRequest
from serving.talent.profile import TABLES, ProfileDesk
from serving.talent.profile_schemas import ProfileRequest
from serving.talent.records import ForceRecords
from tests.serving.desks import CAREER_MODEL
from tests.serving.feedback_room import NoLog, plain_suggester
from tests.serving.test_next_posts import DAY, NOW, Bureau, bureau

__all__ = ["bureau"]  # the fixture

LATIN = re.compile(r"[A-Za-z]")
CHINESE = re.compile("[\u3400-\u9fff]")
RAW = re.compile(r"\d\.\d{3}")
AWARDS = ".results.points.evidence.text"  # of an award the contract holds one name, in whatever language it has
LEAST_TEXTS = 400


def declining() -> Suggester:
    """Whoever is asked about has declined a course."""

    class Declining(DeclineBook):
        def away(self, officer_ids: Any, as_of: date) -> Any:
            return {one: (_declined(one),) for one in officer_ids}

    plain = plain_suggester()
    book = Declining(NoLog("sqlite://"), policy().feedback.declining, plain.book.changes)
    return Suggester(plain.log, book, plain.policy, plain.names)


def _declined(officer_id: str) -> Declined:
    return Declined(officer_id, "course", "e-legal-1", DAY - timedelta(days=9), DAY + timedelta(days=99))


@pytest.fixture(scope="module")
def answers(bureau: Bureau) -> dict[str, Any]:
    """What forty officers and every unit are answered, as plain JSON, by route."""
    ids = [one for one in bureau.officers if one in set(bureau.frames["career_goals"]["officer_id"].astype(str))][:40]
    records = HistoryRecords.of(bureau.settings)
    posts = bureau.frames["posts"]
    names = {str(code): Bilingual(str(zh), str(en)) for code, zh, en in
             zip(posts["post_id"], posts["name_zh"], posts["name_en"], strict=True)}  # fmt: skip
    history = course_history({name: bureau.frames[name] for name in CROWD})
    crowd = crowd_at(history, DAY, COUNTS, policy().courses.wave)
    ranker = CareerRanker(Ranks(bureau.model), names)
    desk = CareerDesk(CAREER_MODEL, ranker, bureau.source(), plain_suggester(), policy(),
                      CareerRecords.of(bureau.settings))  # fmt: skip
    courses = CourseDesk(NO_COURSE_MODEL.model, records, lambda _: crowd, declining(), policy())
    units = bureau.frames["units"]["unit_id"].astype(str).tolist()
    target = PointsTarget(deadline=date(2024, 1, 1), missing=10.0)
    made = {
        "posts": desk.answer(NextPostsRequest(officer_ids=ids, as_of=DAY, with_barred=True), "r", NOW),
        "courses": courses.answer(CoursesRequest(officer_ids=ids, as_of=DAY, spare_hours=4.0, top=30), "r", NOW),
        "points": PointsDesk(records, policy()).answer(
            PointsRequest(officer_ids=ids, as_of=DAY, target=target), "r", NOW
        ),
        "profile": ProfileDesk(ForceRecords(bureau.settings, TABLES), policy()).answer(
            ProfileRequest(officer_ids=ids, unit_ids=units, as_of=DAY), "r", NOW
        ),
    }
    return {name: answer.model_dump(mode="json") for name, answer in made.items()}


def texts(told: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """Every text in two languages with its place."""
    if isinstance(told, dict):
        if {"zh", "en"} <= set(told):
            yield place, told["zh"], told["en"]
        else:
            for key, value in told.items():
                yield from texts(value, f"{place}.{key}")
    elif isinstance(told, list):
        for value in told:
            yield from texts(value, place)


@pytest.mark.parametrize("route", ["posts", "courses", "points", "profile"])
def test_no_chinese_text_holds_a_code_and_no_english_one_a_chinese_name(answers: dict[str, Any], route: str) -> None:
    found = list(texts(answers[route]))
    assert len(found) > LEAST_TEXTS
    assert not sorted({f"{place}: {zh}" for place, zh, _ in found if LATIN.search(zh)})
    assert not sorted({f"{place}: {zh} {en}" for place, zh, en in found if RAW.search(zh + en)})
    assert not sorted({f"{place}: {en}" for place, _, en in found if CHINESE.search(en) and place != AWARDS})


def test_every_kind_of_text_was_read(answers: dict[str, Any]) -> None:
    """A test that reads nothing proves nothing."""
    places = {f"{route}{place}" for route, told in answers.items() for place, _, _ in texts(told)}
    for needed in ("posts.results.posts.reasons.text", "posts.results.posts.fit_parts.text",
                   "posts.results.barred.blocked_by.text", "courses.results.courses.reasons.text",
                   "courses.results.declined.name", "courses.results.declined.text", "points.results.plan.text",
                   "points.results.points.evidence.text", "profile.results.gaps.text",
                   "profile.units.competencies.text", "profile.units.suppressed.name",
                   "profile.units.unit_name"):  # fmt: skip
        assert needed in places, needed
    kinds = {one["kind"] for told in answers["courses"]["results"] for one in told["courses"]}
    assert {"required", "goal", "gap"} <= kinds
