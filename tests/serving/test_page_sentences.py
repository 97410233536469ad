"""What pages make of answers, piece by piece: each figure is told as what it is a figure of, and nothing runs together.

The templates are rendered as they are, without a server; the browser tests look at whole pages.
"""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest

from data_contracts.figures import shown
from models.stated_goals import StatedGoal
from serving.champions.record_schemas import GateLine
from serving.pages import helper
from serving.pages.faces import templates
from serving.pages.models import check_named
from serving.pages.officer import Told, in_the_way, new_key, not_on_record
from serving.pages.telling import Teller
from serving.paths.schemas import PathInstead
from serving.paths.terms import term_of
from serving.paths.wishes import Chosen, StatedWish, WishesAnswer
from serving.review.schemas import CaseTold
from serving.risk.previewing import PreviewAnswer
from serving.schemas import PostsRanked, Text
from training.gate import coverage
from training.gate.evidence import NOTHING, Checked
from training.gate.verdict import CONCERN_CHECKS, COURSES_CHECKS, NEXT_POST_CHECKS, PATH_CHECKS

LANGUAGES = ("zh", "en")


def plain(markup: str) -> str:
    """The words of a piece as they are read, blanks joined."""
    apart = re.sub(r"</(p|li|h\d|dd|dt|summary)>", " ", markup)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", apart))).strip()


def page(language: str) -> dict[str, Any]:
    """What every page gives its template, and what may be said of suggestions where nothing may."""
    tell = Teller(language)
    return {"t": tell.word, "say": tell.say, "tell": tell, "say_path": None}


def piece(language: str, template: str, macro: str, *arguments: Any) -> str:
    """What a macro makes of its arguments, as it is read."""
    return plain(getattr(templates().get_template(template).make_module(page(language)), macro)(*arguments))


def posts_part(language: str, result: PostsRanked) -> str:
    """The part of the officer's page about posts, as it is read."""
    shown = {"told": Told(SimpleNamespace(results=[result], notices=[], request_id="r")), "name_of": None}
    way = in_the_way(result.barred)
    told = templates().get_template("me_posts.part.html.j2").render({**page(language), **shown, "in_the_way": way})
    return plain(told)


def barred(name: str, *rules: str) -> dict[str, Any]:
    """A post that rules bar."""
    told = [{"rule": rule, "text": {"zh": f"规则{rule}", "en": f"rule {rule}"}} for rule in rules]
    return {"post_id": name, "name": {"zh": f"岗{name}", "en": f"post {name}"}, "score": 0.1, "likelihood": 0.1,
            "reasons": [], "blocked_by": told}  # fmt: skip


def change(kind: str, chance: float, before: float | None, **more: Any) -> PathInstead:
    text = {"zh": "改变", "en": "the change"}
    return PathInstead.model_validate({"kind": kind, "text": text, "chance": chance, "before": before, **more})


@pytest.mark.parametrize(
    ("language", "nearer", "longer"),
    [
        ("zh", "改变 · 到达“法制民警”的可能性：6.1%", "改变 · 经任一路径达到目标的可能性由0.2%升至7.0%"),
        ("en", "the change · the chance of reaching legal officer: 6.1%",
         "the change · the chance of the goal by any way, from 0.2% to 7.0%"),
    ],
)  # fmt: skip
def test_the_chance_of_a_nearer_goal_is_told_as_that_goals_own(language: str, nearer: str, longer: str) -> None:
    goal = Text(zh="法制民警", en="legal officer")
    some = [change("nearer_goal", 0.0609, None, goal_id="post:x", goal=goal), change("horizon", 0.07, 0.002)]
    told = piece(language, "changes.html.j2", "told", some, Teller(language))
    assert told == f"{nearer} {longer}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chance_of_a_goal_says_that_declined_ways_are_counted_in_and_what_it_is_without_them(language: str) -> None:
    """6.9 % by any way stood over one way of 0.2 %, after the likely one was declined."""

    def told(wanted: float | None) -> str:
        result = SimpleNamespace(chance=0.069, horizon_months=120, chance_without_declined=wanted)
        return piece(language, "goal_chance.html.j2", "told", result, Teller(language))

    assert told(None).startswith({"zh": "6.9% 120个月内", "en": "6.9% Chance of the goal within 120 months"}[language])
    declined = {"zh": "不感兴趣", "en": "declined"}[language]
    assert declined not in told(None)
    for wanted, share in ((0.002, "0.2%"), (0.0, "0.0%")):
        assert told(wanted).startswith(told(None)[:20])
        assert declined in told(wanted)
        assert told(wanted).endswith({"zh": f"不计入时为{share}", "en": f"without them it is {share}"}[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_change_brings_a_path_no_figure_seems_to_rise(language: str) -> None:
    told = piece(language, "changes.html.j2", "told", [change("none", 0.002, 0.002)], Teller(language))
    assert "%" not in told


def case(**more: Any) -> SimpleNamespace:
    """As much of a case as the page tells of its warning."""
    told = {"probability": 0.4, "unsure": False, "reasons": [], "strengths": [], "support": [], **more}
    return SimpleNamespace(told=CaseTold.model_validate(told), horizon_months=12)


def reason(zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {"theme": "x", "text": {"zh": zh, "en": en}, **more}


@pytest.mark.parametrize(
    ("whole", "told"), [(0.495517, "49.6%"), (0.00096, "0.1%"), (0.00004, "<0.1%"), (0.1, "10.0%")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_one_chance_reads_alike_whole_in_a_case_and_rounded_in_an_answer(
    language: str, whole: float, told: str
) -> None:
    tell = Teller(language)
    assert (tell.share(whole), tell.share(shown(whole))) == (told, told)
    assert tell.of_hundred(whole) == tell.of_hundred(shown(whole))


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_hundred_people_as_many_are_told_for_one_chance(language: str) -> None:
    tell = Teller(language)
    assert [tell.of_hundred(one) for one in (0.494996, shown(0.494996))] == [50, 50]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_day_of_the_last_event_is_no_since(language: str) -> None:
    some = reason("2021-01-01以来使用武力报告14次；最近一次在2025-09-09",
                  "14 reports of force used since 2021-01-01; the last on 2025-09-09", since="2025-09-09",
                  strength=0.4)  # fmt: skip
    told = piece(language, "case_told.html.j2", "told_of", case(reasons=[some]))
    end = {
        "zh": "最近一次在2025-09-09 占全部影响的40%",
        "en": "the last on 2025-09-09 40% of all that moves the chance",
    }
    assert end[language] in told
    assert {"zh": "自2025年9月9日", "en": "since 9 Sept 2025"}[language] not in told


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "培训：参加法律培训 · 建议30天内开始"), ("en", "training: take a course in law · to begin within 30 days")],
)
def test_support_is_told_in_sentences_that_do_not_run_together(language: str, said: str) -> None:
    why = [reason("针对原因，培养法律。", "addresses “complaints”: it builds law and procedure."),
           reason("法律测评为1.1级", "law and procedure was assessed at level 1.1")]  # fmt: skip
    course = {"course_id": "k", "name": {"zh": "法律更新", "en": "update in law"}, "reasons": why}
    support = {"outcome": "conduct", "kind": "training", "text": {"zh": "参加法律培训", "en": "take a course in law"},
               "within_days": 30, "courses": [course]}  # fmt: skip
    told = piece(language, "case_told.html.j2", "told_of", case(support=[support]))
    joined = {"zh": "法律更新 · 针对原因，培养法律；法律测评为1.1级",
              "en": "update in law · addresses “complaints”: it builds law and procedure; law and procedure was "
                    "assessed at level 1.1"}  # fmt: skip
    assert joined[language] in told
    assert said in told


@pytest.mark.parametrize(("language", "unknown"), [("zh", "不详"), ("en", "not known")])
def test_one_text_came_by_one_channel_or_by_one_that_is_not_known(language: str, unknown: str) -> None:
    names = helper._channels()
    module = templates().get_template("concern_marks.html.j2").make_module({**page(language), "token": "t"})
    form = module.form("/pages/x", names, None, "")  # type: ignore[attr-defined]
    options = re.findall(r"<option[^>]*>(.*?)</option>", form)
    assert options == [unknown, *(getattr(one, language) for one in names.values())]
    assert len(options) == 4


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "现在没有可建议的岗位，因为尚不满足以下规则： 规则试用期至2026-11-01 规则年限 · 所限岗位：岗m"),
        ("en", "No post can be suggested now, because of rules not met yet: rule 试用期至2026-11-01 rule 年限 · it "
               "bars post m"),
    ],
)  # fmt: skip
def test_who_is_offered_no_post_is_told_which_rules_stand_in_the_way(language: str, said: str) -> None:
    some = [barred("m", "年限", "试用期至2026-11-01"), barred("z", "试用期至2026-11-01")]
    ranked = {"officer_id": "o", "posts": [], "barred": some, "rules_checked": True, "cold_start": True}
    assert said in posts_part(language, PostsRanked.model_validate(ranked))
    nothing = PostsRanked.model_validate({**ranked, "barred": []})
    assert Teller(language).word("posts.none") in posts_part(language, nothing)


@pytest.mark.parametrize(
    ("language", "said", "listed", "button"),
    [
        ("zh", "已于2022-07-14届满", "期限已于2022年7月14日届满，请重新登记", "重新登记：特警，24个月"),
        ("en", "that term ended on 2022-07-14", "its term ended on 14 Jul 2022; state it again",
         "State it again: special police, within 24 months"),
    ],
)  # fmt: skip
def test_a_term_that_is_over_is_told_with_a_way_to_state_the_goal_again(
    language: str, said: str, listed: str, button: str
) -> None:
    stated = StatedGoal("job_family", "special_police", 24, date(2020, 7, 14))
    over, runs = (term_of(stated, day, 24) for day in (date(2026, 1, 1), date(2021, 1, 1)))
    tell = Teller(language)
    assert said in piece(language, "terms.html.j2", "told", over, tell)
    assert piece(language, "terms.html.j2", "told", runs, tell) == ""
    name = {"zh": "特警", "en": "special police"}
    chosen = {"kind": "job_family", "goal": "special_police", "name": name}
    wish = StatedWish.model_validate(
        {"goal": chosen, "horizon_months": 24, "stated_on": stated.stated_on, "ends_on": stated.ends_on, "over": True}
    )
    assert listed in piece(language, "terms.html.j2", "stated", wish, tell)
    assert piece(language, "terms.html.j2", "stated", wish.model_copy(update={"over": False}), tell) == ""
    form = templates().get_template("terms.html.j2").make_module({**page(language), "token": "t", "new_key": new_key})
    markup = form.again(wish, "/pages/me/goal", tell)  # type: ignore[attr-defined]
    assert plain(markup) == button
    assert 'name="goal" value="job_family:special_police"' in markup
    assert 'name="months" value="24"' in markup


def test_a_goal_on_record_is_not_told_as_one_that_is_not() -> None:
    name = {"zh": "特警", "en": "special police"}
    mine, other = ({"kind": "job_family", "goal": goal, "name": name} for goal in ("special_police", "legal"))
    term = {"horizon_months": 24, "stated_on": "2026-01-01", "ends_on": "2028-01-01"}
    for when in ("stated", "coming"):
        wishes = WishesAnswer.model_validate(
            {"request_id": "r", "officer_id": "x", "choices": [mine, other], when: {"goal": mine, **term}}
        )
        assert not not_on_record(Chosen.model_validate(mine), wishes)
        assert not_on_record(Chosen.model_validate(other), wishes)


CHECKS = [
    *(("risk", line.check.removeprefix("conduct.")) for line in Checked("conduct", 9, 9, 0.1, NOTHING, 0.1, 0.1,
      over_past=NOTHING).lines), *(("risk", code) for code in coverage.WORDS),
    *(("next-post", code) for code in NEXT_POST_CHECKS), *(("courses", code) for code in COURSES_CHECKS),
    *(("paths", code) for code in PATH_CHECKS), *(("concerns", code) for code in CONCERN_CHECKS),
]  # fmt: skip


@pytest.mark.parametrize(("model", "code"), CHECKS)
def test_every_check_of_the_gate_has_words_on_the_page(model: str, code: str) -> None:
    for language in LANGUAGES:
        named = check_named(Teller(language), model, code)
        assert named != code
        assert "_" not in named
    zh, en = (check_named(Teller(language), model, code) for language in LANGUAGES)
    assert zh != en


def preview_part(language: str, **more: Any) -> str:
    """The part of a unit's page about another limit, of one outcome, as it is read."""
    one = {"outcome": "conduct", "horizon_months": 12, "alerts_now": 150, "new_a_month": None, "flagged": 445,
           "precision": 0.22, "low": 0.18, "high": 0.26, "recall": 0.166, **more}  # fmt: skip
    answer = PreviewAnswer.model_validate(
        {"request_id": "r", "unit_id": "u-0", "as_of": date(2026, 1, 1), "results": [one]}
    )
    shown = {"answer": answer, "place": SimpleNamespace(unit_id="u-0"), "shares": [0.05], "share": 0.05,
             "in_force": 0.03, "preview_path": "/p", "visit": SimpleNamespace(handle=lambda *_: "h")}  # fmt: skip
    return plain(templates().get_template("preview.part.html.j2").render({**page(language), **shown}))


OPEN = {
    "zh": ("这些比例所依据的600起事件中，有322起只是尚未了结事项的可能性之和，并非查实结果。",
           "每10人中约2人已出现或预计会出现"),
    "en": ("Of the 600 events behind these shares 322 are the chances of what is still open, no findings.",
           "of 10 alerted in the past it came, or is expected to come, to about 2."),
}  # fmt: skip
FACTS = {"zh": ("确实出现", "准确率", "。出现者"), "en": ("of 10 were right", "of them right")}


@pytest.mark.parametrize("new", [None, 14.2])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_another_limit_gives_tells_no_chance_as_a_fact(language: str, new: float | None) -> None:
    told = preview_part(language, new_a_month=new, events=599.7, events_expected=321.7)
    assert all(one in told for one in OPEN[language])
    assert not any(one in told for one in FACTS[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_every_event_came_another_limit_is_told_by_facts(language: str) -> None:
    told = preview_part(language, events=543.0, events_expected=0.0)
    assert FACTS[language][0] in told
    assert {"zh": "尚未了结", "en": "still open"}[language] not in told


def test_a_check_is_told_by_words_and_one_that_is_not_known_by_its_name() -> None:
    line = GateLine.model_validate({
        "check": "conduct.events", "subject": {"zh": "查实", "en": "conduct"}, "group": None, "measure": "events",
        "status": "pass", "value": 1.0, "low": None, "high": None, "suspect": False})  # fmt: skip
    told = piece("en", "checks.html.j2", "named", line, check_named(Teller("en"), "risk", "events"), Teller("en"))
    assert told == "conduct: events on the later years events"
    some = line.model_copy(update={"expected": 321.7})
    told = piece("en", "checks.html.j2", "named", some, check_named(Teller("en"), "risk", "events"), Teller("en"))
    assert told.endswith("events · 322 of them are the chances of what is still open, no findings")
    new = line.model_copy(update={"measure": "brand.new"})
    said = check_named(Teller("zh"), "risk", "brand.new")
    assert piece("zh", "checks.html.j2", "named", new, said, Teller("zh")) == "查实：brand.new"
