"""`pharos recommend`: the service's own answer as a plan in two languages and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

import pharos
from data_contracts.audit.search import Sought
from data_contracts.errors import AuditAway, InvalidInput
from data_contracts.policy import Policy, policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, ItemKind
from experiments.advice import recommend as advice
from experiments.advice import tables
from experiments.advice.path_picture import path_figure
from experiments.advice.recommend import WIDEST, Recommendation, recommend
from experiments.advice.tables import courses_told, paths_told, posts_told
from experiments.advice.words import Say
from features.history import History
from models.audit import search
from models.eligibility.rules import BlockedBy
from models.paths.telling import ToldPath
from models.posts.reasons import moved_here
from models.posts.suggestions import Suggestion, Suggestions
from serving import service
from serving.access.recorder import Recorder
from serving.api.opened import Absent, Desk, Desks
from serving.courses.advice import CourseDesk
from serving.courses.schemas import CoursesSuggested, CourseSuggestion
from serving.feedback.declines import Declined
from serving.feedback.suggesting import Suggested, Suggester
from serving.paths.schemas import Gap, NoPathFound
from serving.points.answers import HistoryRecords, PointsDesk
from serving.posts.career_records import CareerRecord
from serving.posts.recommend import Advised, Asked, CareerDesk
from serving.schemas import Because, PostsRanked, PostSuggestion, Text
from tests.models.records import framed
from tests.serving.desks import CAREER_MODEL, FakeSource, demo_desks
from tests.serving.feedback_room import plain_suggester
from tests.serving.path_office import IDENTITY, desk, office

GOAL = "post:z"


@dataclass(frozen=True)
class Barring:
    """One post that is open to nobody, with its rule, and others where `open_too` says so."""

    open_too: bool

    @property
    def names(self) -> Mapping[str, Bilingual]:
        return {"z": Bilingual("岗z", "post z"), "m": Bilingual("岗m", "post m")}

    def __call__(
        self, frame: pd.DataFrame, asked: Asked, record: CareerRecord | None, policy: Policy
    ) -> Sequence[Advised]:
        lacking = BlockedBy("rank", "职级不足", "rank too low")
        barred = Suggestion("z", 0.4, None, (moved_here(6, 10),), (lacking,))
        free = (Suggestion("m", 0.031, None, (moved_here(5, 10),)),) if self.open_too else ()
        return [Advised(str(one), Suggestions(free, (barred,)), True, 3) for one in frame["officer_id"]]


@dataclass(frozen=True)
class Refusing:
    """A suggester whose officers declined one item of each kind."""

    plain: Suggester

    def away(self, officer_ids: Sequence[str], _day: date) -> dict[str, tuple[Declined, ...]]:
        since, until = date(2020, 12, 1), date(2021, 6, 1)
        items = (("post", "m"), ("course", "k-law"), ("path", "b>z"))
        return {one: tuple(Declined(one, kind, item, since, until) for kind, item in items) for one in officer_ids}

    def away_on(self, officer_ids: Sequence[str], _days: object) -> dict[str, tuple[Declined, ...]]:
        return self.away(officer_ids, date(2021, 1, 1))

    def needed(self, top: int, away: object) -> int:
        return top

    def shown(self, asked: Any, ranked: Mapping[str, Any], *more: Any) -> dict[str, Suggested]:
        found = self.plain.shown(asked, ranked, more[0], {}, more[2] if len(more) > 2 else None)
        out = self.away(list(ranked), date(2021, 1, 2)) if asked.item_kind == ItemKind.POST.value else {}
        return {one: replace(shown, away=tuple(away for away in out.get(one, ()) if away.item_kind == "post"))
                for one, shown in found.items()}  # fmt: skip


def careers(suggester: Any, *, open_too: bool = True) -> CareerDesk:
    return CareerDesk(CAREER_MODEL, Barring(open_too), FakeSource({"x": 2.0}), suggester, policy())


def desks_of(state: Settings, suggester: Any, *, open_too: bool = True) -> Desks:
    """Posts, paths, courses and points over a small history."""
    office(state)
    records = HistoryRecords.of(state)
    free = replace(policy(), training=())  # a course that a rule requires closes no gap and cannot be declined
    guidance: dict[str, Desk | Absent] = {
        "/v1/paths": desk(state),
        "/v1/courses": CourseDesk(IDENTITY, records, lambda _: None, suggester, free),
        "/v1/points": PointsDesk(records, policy()),
    }
    made = demo_desks()
    return replace(
        made, careers=careers(suggester, open_too=open_too), guidance=guidance, now=lambda: datetime(2021, 1, 2)
    )


@pytest.fixture
def desks(state: Settings) -> Desks:
    """Everybody may take post m and nobody post z."""
    return desks_of(state, plain_suggester())


def said(asked: Recommendation, desks: Desks, pictures: Path, width: int = 160) -> tuple[str, Path | None]:
    """The plan, which is never wider than a hundred columns whatever the console is."""
    console = Console(record=True, width=width)
    file = recommend(asked, desks, pictures, console)
    text = console.export_text()
    assert all(cell_len(line) <= WIDEST for line in text.splitlines() if str(pictures) not in line)
    return text, file


def test_a_plan_is_told_in_both_languages_and_drawn(desks: Desks, tmp_path: Path) -> None:
    text, file = said(Recommendation("x", GOAL, 48), desks, tmp_path)
    assert file == tmp_path / "path-x-post-z.png"
    assert "以上下一岗位不随" in text, "next posts do not follow the goal, and say so"
    assert file.read_bytes().startswith(b"\x89PNG")
    for words in (
        "从 岗a 到 岗z：48 个月内",
        "路径 1",
        "执法规范：2，标准3",
        "体能与警务技能：未测，",
        "课must",
        "首次制定路径",
        "须完成培训“课must”",
    ):
        assert words in text
    english, there = said(Recommendation("x", out=tmp_path / "else", language="en"), desks, tmp_path)
    assert there == tmp_path / "else" / "path-x-z.png", "each officer and goal has a picture of its own"
    assert "--goal" not in english
    for words in ("from post a to post z", "within 60 months", "law and", "progress: the first plan"):
        assert words in english
    assert "no picture" not in english


def test_each_chance_is_told_beside_what_it_is_a_chance_of(desks: Desks, tmp_path: Path) -> None:
    """Below the chance by any way stood the sentence of the chance by one way, and nothing said which was which."""
    ends = {"zh": ("╰", "路径 1"), "en": ("╰", "path 1")}
    whose = {"zh": ("以任一路径到达", "每条路径的可能性：从现在起48个月内，恰好沿此路径", "每一步的可能性：若在该步"),
             "en": ("by any way found", "the chance of a path: chance of getting to the goal within 48 months by this",
                    "the chance of a step: if a move")}  # fmt: skip
    for language in ("zh", "en"):
        text, _ = said(Recommendation("x", GOAL, 48, language=language), desks, tmp_path)
        box, rest = text.split(ends[language][0], 1)
        above = rest.split(ends[language][1], 1)[0]
        for words, here in zip(whose[language], (box, above, above), strict=True):
            assert words in here, words
            assert text.count(words) == 1


def test_no_path_and_no_officer_are_answers(desks: Desks, tmp_path: Path) -> None:
    text, file = said(Recommendation("x", "post:a", language="en"), desks, tmp_path)
    assert (file, "paths: the goal post a is reached: post a is held now" in text) == (None, True)
    undrawn = "no picture was drawn, as there is no path for it: "
    assert f"{undrawn}the goal post a is reached: post a is held now" in text
    said(Recommendation("x", GOAL, 48), desks, tmp_path)
    text, file = said(Recommendation("nobody", GOAL, language="en"), desks, tmp_path)
    assert (file, f"{undrawn}no such officer" in text) == (None, True)
    text, file = said(Recommendation("x", "post:b", 1, language="en"), desks, tmp_path)
    (why,) = (line.removeprefix("no path: ")[:30] for line in text.splitlines() if line.startswith("no path: "))
    assert (file, f"{undrawn}{why}" in text, "picture /" in text) == (None, True, False)


def test_the_plan_tells_barred_posts_courses_and_points_as_the_service_does(desks: Desks, tmp_path: Path) -> None:
    text, _ = said(Recommendation("x", "post:m", 48, points=4.0, points_by=date(2022, 1, 1)), desks, tmp_path)
    for words in (
        "下一岗位建议", "岗m", "3.1%", "离开您现岗位的 10 人次中有 5 人次调入此岗位",
        "因规则暂不可选的岗位", "岗z", "40%", "职级不足",
        "课程建议", "目标岗位要求", "课must（8学时）", "补差距", "课k-law（8学时）",
        "积分：共 2 分", "基层工作年限", "三等功", "由他人评定，不能列入计划", "目标6分", "办法 1",
        "如培训“课k-law”8学时",
    ):  # fmt: skip
        assert words in text, words
    english, _ = said(Recommendation("x", "post:m", 48, language="en"), desks, tmp_path)
    for words in ("posts that rules bar for now", "rank too low", "for the goal", "course must (8 hours)", "points: 2"):
        assert words in english, words


def test_an_officer_whose_posts_are_all_barred_is_told_so_with_each_rule(state: Settings, tmp_path: Path) -> None:
    text, _ = said(Recommendation("x", GOAL), desks_of(state, plain_suggester(), open_too=False), tmp_path, width=80)
    assert "下一岗位建议：目前没有符合条件的岗位" in text
    assert "职级不足" in text


def test_what_rests_on_little_and_a_goal_that_could_not_count_are_said() -> None:
    post = PostSuggestion(
        post_id="m", name=Text(zh="岗m", en="m"), score=0.1, likelihood=0.1, reasons=[], few_moves=True
    )
    found = PostsRanked(officer_id="x", cold_start=False, short_history=True, rules_checked=True, posts=[post])
    notice = Because(code="no_small_course", zh="没有合适的小课程", en="no small course")
    courses = CoursesSuggested(officer_id="x", cold_start=False, courses=[], notices=[notice])
    console = Console(record=True, width=100)
    for part in (*posts_told(found, Say("zh"), {}), *courses_told(courses, Say("zh"))):
        console.print(part)
    text = console.export_text()
    for words in ("已知的任职岗位不超过两个", "以往调入此岗位的人次很少", "没有合适的小课程"):
        assert words in text


def test_what_would_open_a_way_is_told_with_what_its_chance_is_of() -> None:
    nearer = {"kind": "nearer_goal", "text": {"zh": "先以岗m为目标", "en": "aim first for post m"}, "chance": 0.061,
              "goal_id": "m", "goal": {"zh": "岗m", "en": "post m"}}  # fmt: skip
    longer = {"kind": "horizon", "text": {"zh": "放宽期限", "en": "allow 60 months"}, "chance": 0.2, "before": 0.01}
    found = NoPathFound.model_validate(
        {"officer_id": "x", "because": {"code": "unlikely", "zh": "不大可能", "en": "unlikely"},
         "change": nearer | {"before": None}, "other_changes": [longer],
         "retirement": {"basis": "unknown", "on": None, "text": {"zh": "未知", "en": "not known"}}}
    )  # fmt: skip
    told = {language: [str(one) for one in paths_told(found, Say(language), {})] for language in ("zh", "en")}
    assert "可打开路径的改变：先以岗m为目标（到达“岗m”的可能性：6.1%）" in told["zh"]
    assert "what would open a way: aim first for post m (the chance of reaching post m: 6.1%)" in told["en"]
    assert "what would open a way: allow 60 months (1.0% to 20%)" in told["en"]


def test_what_was_declined_is_said_as_declined(state: Settings, tmp_path: Path) -> None:
    refusing = Refusing(plain_suggester())
    made = desks_of(state, refusing)
    paths = replace(made.guidance["/v1/paths"], suggester=refusing)  # type: ignore[type-var]
    made = replace(made, guidance={**made.guidance, "/v1/paths": paths})
    text, _ = said(Recommendation("x", GOAL, 48), made, tmp_path)
    assert "因本人不感兴趣未列出：岗m（本人于 2020-12-01 表示不感兴趣，2021-06-01 前不再建议）" in text
    assert "因本人不感兴趣未列出：课k-law（" in text
    english, _ = said(Recommendation("x", GOAL, 48, language="en"), made, tmp_path)
    assert "left out because it was declined: course k-law (declined on 2020-12-01;" in english


def test_what_is_absent_is_said_with_the_remedy_and_the_rest_is_told(desks: Desks, tmp_path: Path) -> None:
    none = replace(desks, careers=Absent(Bilingual("没有岗位模型；请训练", "no next posts; train")))
    text, file = said(Recommendation("x", GOAL), none, tmp_path)
    assert file is not None
    assert "下一岗位建议：尚不能作答（没有岗位模型；请训练）" in text
    bare = replace(none, guidance={**desks.guidance, "/v1/paths": Absent(Bilingual("没有路径模型", "no paths"))})
    text, file = said(Recommendation("x", GOAL), bare, tmp_path)
    assert file is None
    for words in ("职业路径：尚不能作答（没有路径模型）", "课程建议", "积分：共 2 分", "未生成图：没有路径模型"):
        assert words in text
    gone = {path: Absent(Bilingual("未开放", "closed")) for path in desks.guidance}
    text, _ = said(Recommendation("x", GOAL, language="en"), replace(none, guidance=gone), tmp_path)
    assert text.count("no answer yet (closed)") == 3


def test_who_is_unknown_is_told_so_for_each_part(desks: Desks, tmp_path: Path) -> None:
    text, file = said(Recommendation("nobody", GOAL), desks, tmp_path)
    assert file is None
    assert text.count("查无此人") >= 2
    assert "没有路径可画，未生成图：查无此人" in text


def test_a_plan_is_an_export_on_record_before_it_is_made(desks: Desks, tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "audited")
    said(Recommendation("x", GOAL), replace(desks, record=Recorder.of(use)), tmp_path)
    (line,) = search(use, Sought(), "x")[:-1]
    assert (line.told["action"], line.told["request_id"]) == ("exported", "recommend")
    assert line.told["actor"].startswith("operator:")
    use.audit_head.unlink()
    console = Console(record=True)
    with pytest.raises(AuditAway, match="pharos audit accept"):
        recommend(Recommendation("x", GOAL), replace(desks, record=Recorder.of(use)), tmp_path, console)
    assert not console.export_text()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"goal": "z"}, "KIND:CODE"),
        ({"goal": "dream:z"}, "KIND:CODE"),
        ({"goal": "post:"}, "KIND:CODE"),
        ({"horizon_months": 0}, "horizon_months"),
        ({"officer_id": ""}, "officer_ids"),
        ({"language": "fr"}, "zh, en"),
        ({"as_of": date(2030, 1, 1)}, "has not come yet"),
        ({"points": -1.0}, "target.missing"),
        ({"points_by": date(2021, 1, 1)}, "not after"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(
    desks: Desks, tmp_path: Path, wrong: dict[str, object], told: str
) -> None:
    asked = replace(Recommendation("x", GOAL), **wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=told):
        said(asked, replace(desks, careers=Absent(Bilingual("没有", "none"))), tmp_path)


def test_the_command_asks_the_desks_of_the_service(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "opened_desks", lambda: desks)
    arguments = ["recommend", "x", "--goal", GOAL, "--as-of", "2021-01-01", "--language", "en"]
    found = CliRunner().invoke(pharos.app, arguments, catch_exceptions=False)
    assert found.exit_code == 0
    assert "progress: the first plan" in found.output


def test_a_course_whose_offer_ends_before_its_step_is_told_with_its_last_day(
    state: Settings, desks: Desks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = {"course_id": "k-law", "name_zh": "课k-law", "name_en": "course k-law", "competency": "law",
              "mandated": False, "hours": 8.0, "issued_on": "2019-03-01", "known_on": "2020-12-01"}  # fmt: skip
    History(state.history_dir).append("courses", framed("courses", [ending]))
    drawn: list[ToldPath] = []
    monkeypatch.setattr(advice, "draw_paths", lambda _, paths, *more: drawn.extend(paths))
    text, _ = said(Recommendation("x", GOAL, 48, language="en"), desks, tmp_path)
    assert "(8 hours), by 2021-03-01" in " ".join(line.split("│")[5].strip() for line in text.splitlines()
                                                  if line.count("│") == 6)  # fmt: skip
    told = {course.course_id: course.take_by for path in drawn for step in path.steps for course in step.courses}
    assert told == {"must": None, "k-law": date(2021, 3, 1)}
    figure = path_figure(drawn, "start", "goal", lambda item: Bilingual(item, item), "en")
    words = [one.get_text() for one in figure.axes[0].texts]
    assert "take: course k-law (by 2021-03-01) and 1 more" in words


def test_a_required_course_of_a_path_is_told_with_the_day_it_is_due_where_that_is_before_the_end_of_its_offer(
    state: Settings, desks: Desks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edition that everybody takes once is due before its offer is over, and the later day alone would mislead."""
    had = {"course_id": "k-old", "competency": "law", "mandated": False, "issued_on": "2019-07-15",
           "known_on": "2019-07-15"}  # fmt: skip
    taken = {"officer_id": "x", "course_id": "k-old", "occurred_on": "2020-11-01", "known_on": "2020-11-01"}
    edition = {"course_id": "k-law", "name_zh": "课k-law", "name_en": "course k-law", "competency": "law",
               "mandated": True, "hours": 8.0, "issued_on": "2020-07-15", "known_on": "2020-12-01"}  # fmt: skip
    history = History(state.history_dir)
    history.append("courses", framed("courses", [had, edition]))
    history.append("course_completions", framed("course_completions", [taken]))
    drawn: list[ToldPath] = []
    monkeypatch.setattr(advice, "draw_paths", lambda _, paths, *more: drawn.extend(paths))
    told = {language: said(Recommendation("x", GOAL, 48, language=language), desks, tmp_path)[0]
            for language in ("en", "zh")}  # fmt: skip
    (course,) = {one for path in drawn for step in path.steps for one in step.courses if one.course_id == "k-law"}
    assert course.due_on is not None
    assert course.take_by is None, "the end of its offer comes later"
    cells = {language: " ".join(line.split("│")[5].strip() for line in text.splitlines() if line.count("│") == 6)
             for language, text in told.items()}  # fmt: skip
    assert f"(8 hours), due date {course.due_on}" in cells["en"]
    assert f"（8学时），到期日{course.due_on}" in cells["zh"].replace(" ", "")  # a cell breaks inside the day
    assert "2022-07-15" not in cells["en"], "the end of its offer"
    figure = path_figure(drawn, "start", "goal", lambda item: Bilingual(item, item), "en")
    words = [one.get_text() for one in figure.axes[0].texts]
    assert f"take: course k-law (due date {course.due_on}) and 1 more" in words


def test_a_level_that_a_rule_asks_for_is_told_with_the_name_of_the_rule() -> None:
    rule = Text(zh="特警岗位须体能达标", en="fitness standard for special police")
    gap = Gap(competency="fitness", name=Text(zh="体能", en="fitness"), level=2.4, standard=3.0)
    told = {language: (tables._gap(gap, say), tables._gap(gap.model_copy(update={"rule": rule}), say))
            for language in ("zh", "en") for say in (Say(language),)}  # fmt: skip
    assert told == {
        "zh": ("体能：2.4，标准3", "体能：2.4，规则“特警岗位须体能达标”要求3"),
        "en": ("fitness: 2.4, standard 3", "fitness: 2.4, fitness standard for special police asks for 3"),
    }


def test_that_others_on_this_way_took_a_course_is_said_only_where_somebody_counted_them() -> None:
    def kind(*codes: str) -> str:
        reasons = [{"theme": code, "text": {"zh": "因", "en": "why"}} for code in codes]
        body = {"course_id": "k", "name": {"zh": "课", "en": "course"}, "kind": "next", "score": 1.0, "overdue": False,
                "due_on": None, "hours": 8.0, "month": 1, "reasons": reasons}  # fmt: skip
        return tables._kind(CourseSuggestion.model_validate(body), Say("en"))

    assert [kind("same_way"), kind("ranking_alone", "taken_rank"), kind("ranking_alone")] == [
        "others on this way", "others on this way", "ranked by the model",
    ]  # fmt: skip


def test_a_suggested_course_is_told_with_the_last_day_of_its_offer() -> None:
    body = {"course_id": "k", "name": Text(zh="课", en="course"), "kind": "gap", "score": 1.0, "overdue": False,
            "due_on": None, "hours": 8.0, "month": 1, "take_by": date(2026, 3, 1), "reasons": []}  # fmt: skip
    found = CoursesSuggested.model_validate({"officer_id": "x", "cold_start": False, "courses": [body]})
    for language, words in (("zh", "下个月，2026-03-01 前（含）修"), ("en", "next month, by 2026-03-01")):
        console = Console(record=True, width=WIDEST)
        for part in courses_told(found, Say(language)):
            console.print(part)
        assert words in console.export_text()
