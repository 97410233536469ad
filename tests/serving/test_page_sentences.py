"""What pages make of answers, piece by piece: each figure is told as what it is a figure of, and nothing runs together.

The templates are rendered as they are, without a server; the browser tests look at whole pages.
"""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest

from serving.pages import helper
from serving.pages.faces import templates
from serving.pages.officer import Told
from serving.pages.telling import Teller
from serving.paths.schemas import PathInstead
from serving.review.schemas import CaseTold
from serving.schemas import Text

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


def part(language: str, template: str, answer: Any) -> str:
    """A part of the officer's page with the answer that it shows, as it is read."""
    told = Told(answer)
    return plain(templates().get_template(template).render({**page(language), "told": told, "name_of": None}))


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
def test_where_no_change_brings_a_path_no_figure_seems_to_rise(language: str) -> None:
    told = piece(language, "changes.html.j2", "told", [change("none", 0.002, 0.002)], Teller(language))
    assert "%" not in told


def case(**more: Any) -> SimpleNamespace:
    """As much of a case as the page tells of its warning."""
    told = {"probability": 0.4, "unsure": False, "reasons": [], "strengths": [], "support": [], **more}
    return SimpleNamespace(told=CaseTold.model_validate(told), horizon_months=12)


def reason(zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {"theme": "x", "text": {"zh": zh, "en": en}, **more}


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
    form = getattr(module, "form")("/pages/x", names, None, "")  # noqa: B009 - the module's names are the template's
    options = re.findall(r"<option[^>]*>(.*?)</option>", form)
    assert options == [unknown, *(getattr(one, language) for one in names.values())]
    assert len(options) == 4
