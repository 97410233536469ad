"""What officers, helpers and data scientists do on their pages, in a real browser, in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page

from features.history import History
from serving.review.cases import CaseStore
from serving.review.opt_outs import OptOuts, Wish
from tests.serving.authority import as_opened, cases, places
from tests.serving.desks import NOW
from tests.serving.guidance_state import small_force
from tests.serving.own_room import officers_token, own_room
from tests.serving.page_room import DESK, PHONE, Room

pytestmark = [pytest.mark.server, pytest.mark.slow]
LANGUAGES = ("zh", "en")
ON_THE_WAY = "o-97979078"  # wants a post two steps away, and there are several ways to it
CONCERNS, MODELS = ("concerns:read",), ("model:promote",)
ID = re.compile(r"o-\d+")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    kept = os.environ.get("PHAROS_SCREENSHOTS")
    pictures = Path(kept) if kept else tmp_path_factory.getbasetemp() / "screenshots"
    with own_room(tmp_path_factory.mktemp("own"), pictures) as opened:
        yield opened


@contextmanager
def officer(own: Room, language: str, officer_id: str = ON_THE_WAY, phone: bool = False) -> Iterator[Page]:
    """An officer who signed in with a token of their own."""
    with own.visitor(PHONE if phone else DESK) as page:
        own.sign_in(page, officers_token(officer_id), language)
        yield page


def done(page: Page) -> str:
    page.wait_for_selector("[role=status]")
    return page.inner_text("[role=status]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_sees_the_path_as_a_picture_and_what_is_missing(own: Room, language: str) -> None:
    with officer(own, language) as page:
        assert page.url.endswith("/pages/me")
        page.wait_for_selector("#posts-part")
        page.wait_for_selector("#courses-part")
        page.wait_for_load_state("networkidle")
        drawn = page.locator("svg.wide-path")
        words = drawn.locator("text").all_text_contents()
        assert drawn.is_visible()
        assert {"zh": {"现在", "下一步"}, "en": {"Now", "Next"}}[language] <= set(words)
        assert page.locator(".steps-of h3").count() >= 2
        ways = page.locator("h3.way, .other-way").count()
        dashed = {"zh": "虚线", "en": "dashed"}[language] in page.inner_text(".picture figcaption")
        assert dashed == (ways > 1)
        any_way = {"zh": "经任一路径", "en": "by any way"}[language]
        assert any_way in page.inner_text(".towards .chance")
        assert {"zh": "只沿此路", "en": "this very way"}[language] in page.inner_text("h3.way")
        assert {"zh": "也可经其他路径达到", "en": "reached by other ways"}[language] in page.inner_text(".my-way .adds")
        page.click(".why-step summary >> nth=0")
        assert "%" in page.inner_text(".why-step p >> nth=0")
        own.checked(page, f"me-{language}")
        assert page.locator(".top nav a").count() == 3  # no page of leaders in the menu


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_looks_at_another_goal_and_states_it(own: Room, language: str) -> None:
    goal = {"zh": "job_family:traffic", "en": "talent_field:intelligence_it"}[language]
    with officer(own, language) as page:
        page.select_option("#goal", goal)
        page.select_option("#months", "120")
        page.click(".goal-form button")
        page.wait_for_selector(".state-goal")
        page.wait_for_load_state("networkidle")
        own.checked(page, f"me-other-goal-{language}")
        page.click(".state-goal button")
        assert "2026" in done(page)  # the day from which it counts
        day = {"zh": "自2026年11月2日起计入", "en": "counts from 2 Nov 2026"}[language]
        assert day in page.inner_text("#wishes ~ .halves .coming")
        own.checked(page, f"me-goal-stated-{language}")
    rows = History(small_force().history_dir).frame("career_goals")
    stated = rows[(rows["officer_id"] == ON_THE_WAY) & (rows["occurred_on"] == pd.Timestamp("2026-11-01"))]
    assert goal in set(stated["goal_kind"] + ":" + stated["goal"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_declines_a_way_to_another_goal_or_saves_a_course_stays_with_that_goal(own: Room, language: str) -> None:
    officer_id = {"zh": "o-22901442", "en": "o-30602871"}[language]
    looked_at = "goal=job_family%3Atraffic&months=120"
    with officer(own, language, officer_id) as page:
        own.open(page, f"/pages/me?{looked_at}")
        page.wait_for_selector("#courses-part .offer")
        page.locator("#courses-part button[value=saved]").first.click()
        page.wait_for_url(f"**/pages/me?done=saved&{looked_at}")
        ways = page.locator(".my-way .steps-of").count()
        page.locator(".my-way .say summary").first.click()
        page.locator(".my-way .say input[name=reason]").first.fill("不想去")
        page.locator(".my-way .say button[value=declined]").first.click()
        page.wait_for_url(f"**/pages/me?done=declined&{looked_at}")
        assert page.input_value("#goal") == "job_family:traffic"
        assert ways > 1
        assert {"zh": "不感兴趣", "en": "declined"}[language] in page.inner_text(".towards .chance")
        own.checked(page, f"me-other-goal-declined-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_saves_one_suggestion_and_declines_another_with_a_reason(own: Room, language: str) -> None:
    officer_id = {"zh": "o-22901442", "en": "o-30602871"}[language]
    with officer(own, language, officer_id) as page:
        page.wait_for_selector("#courses-part .offer")
        page.wait_for_load_state("networkidle")
        elective = "#courses-part .offer:has(summary)"  # nobody declines what is required
        name = page.inner_text(f"{elective} h3 >> nth=0")
        assert page.locator("#courses-part .offer:has(.tag-required):has(summary)").count() == 0
        offer = page.locator("#courses-part .offer:has(button[value=saved])").first
        saved = offer.locator("h3").inner_text()
        offer.locator("button[value=saved]").click()
        assert "✓" in done(page)
        page.wait_for_selector("#courses-part .offer")
        page.wait_for_load_state("networkidle")
        row = page.locator("#courses-part .offer").filter(has=page.locator(f"h3:text-is('{saved}')"))
        assert row.locator(".saved").is_visible()
        assert row.locator("button[value=saved]").count() == 0  # it is not offered again
        assert saved in page.inner_text(".saved-list")
        own.checked(page, f"me-saved-{language}")
        page.locator("#courses-part .say summary").first.click()
        page.locator("#courses-part .say button[value=declined]").first.click()
        assert page.locator("#courses-part .offer").count() > 0  # the browser kept it: a reason is needed
        page.locator("#courses-part .say input[name=reason]").first.fill("学过同样的内容")
        page.locator("#courses-part .say button[value=declined]").first.click()
        page.wait_for_url("**/pages/me?done=declined")
        page.wait_for_selector("#courses-part")
        assert name not in page.locator("#courses-part .offer h3").all_inner_texts()
        own.checked(page, f"me-declined-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_points_are_told_line_by_line_and_what_would_earn_more(own: Room, language: str) -> None:
    with officer(own, language) as page:
        own.open(page, "/pages/me/points")
        page.locator(".points-line summary").first.click()
        page.fill("#missing", "3")
        page.fill("#by", "2027-12-31")
        page.click(".filter button")
        page.wait_for_url("**missing=3**")
        assert page.input_value("#by") == "2027-12-31"
        page.locator(".points-line summary").nth(1).click()
        own.checked(page, f"points-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_contests_a_warning_and_opts_out_and_in_again(own: Room, language: str) -> None:
    elsewhere = ("a station", "below a station", "the other sub-bureau")  # reviewed by another file of tests
    others = {places()[one].officer_id for one in elsewhere}
    officer_id = sorted(set(cases()) - others)[{"zh": 0, "en": 1}[language]]
    # The force is shared with other files of tests of this process, and one of them opts people out.
    OptOuts.of(small_force()).keep(Wish(officer_id, out=False, at=NOW, actor="test"))
    as_opened(officer_id)
    with officer(own, language, officer_id) as page:
        own.open(page, "/pages/me/records")
        own.checked(page, f"records-{language}")
        page.click(".my-case summary")
        page.fill(".my-case textarea", "值班表记错了")
        page.click(".my-case button")
        assert "✓" in done(page)
        page.click("button[value=out]")
        page.wait_for_selector("button[value=in]")
        page.click("button[value=in]")
        page.wait_for_selector("button[value=out]")
        assert "值班表记错了" in page.inner_text(".my-case blockquote")  # one's own words stay
        row = page.locator("tr", has_text={"zh": "诉求", "en": "concern"}[language]).first
        assert {"zh": "不用于对您的任何估算", "en": "in no estimate about you"}[language] in row.inner_text()
        own.checked(page, f"records-contested-{language}")
    (case,) = CaseStore.of(small_force()).of_officers([officer_id])
    assert case.state.value == "contested"


def test_nobody_else_has_a_path_of_their_own_and_an_officer_sees_no_list(own: Room) -> None:
    with own.signed_in("zh", ("recommend:read", "risk:read")) as page:
        assert [(answer.status if (answer := page.goto(f"{own.url}{path}")) else 0)
                for path in ("/pages/me", "/pages/me/points", "/pages/me/records")] == [404] * 3  # fmt: skip
    with officer(own, "zh") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in ("/pages/me", "/pages/me/points", "/pages/me/records"):
            own.open(page, path)
        assert [url for url in asked if ID.search(url)] == []
        answer = page.goto(f"{own.url}/pages/concerns")
        assert answer is not None
        assert answer.status == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_helper_sees_what_presses_and_has_words_sorted(own: Room, language: str) -> None:
    with own.signed_in(language, CONCERNS) as page:
        assert page.url.endswith("/pages/concerns")
        page.wait_for_selector("#themes-part")
        page.wait_for_load_state("networkidle")
        all_of_them = page.locator(".concerns tbody tr").count()
        assert all_of_them == 20  # a page of them
        done_ones = page.locator(".due:has-text('✓')").all_inner_texts()
        late = {"zh": ("按期完成", "逾期完成"), "en": ("in time", "late")}[language]
        assert done_ones
        assert all(any(word in one for word in late) for one in done_ones)  # never by colour alone
        assert page.locator(".themes thead th").count() > 8
        wide = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
        assert page.evaluate(wide) == 0  # nothing is cut off at a desk
        own.checked(page, f"concerns-{language}")
        page.select_option("#channel", "hotline")
        page.select_option("#when", "overdue")
        page.click(".filter button >> nth=0")
        page.wait_for_url("**channel=hotline**")
        assert page.locator(".concerns tbody tr").count() < all_of_them
        secret = "攒了十几天年休假，申请老是不批"
        page.fill("#text", secret)
        page.click("form:has(#text) button")
        page.wait_for_selector("#sorted")
        assert "年休假" in page.inner_text(".likely >> nth=1") if language == "zh" else True
        assert "%" not in page.url
        own.checked(page, f"concern-read-{language}")
        page.click(".session button.quiet >> nth=0")  # the other language: the words are kept nowhere
        page.wait_for_url("**/pages/concerns")
        page.wait_for_selector(f"html[lang={'en' if language == 'zh' else 'zh-CN'}]")


def test_on_a_phone_the_months_of_themes_fold_and_on_paper_they_stand_across(own: Room) -> None:
    with own.signed_in("zh", CONCERNS, size=PHONE) as page:
        page.wait_for_selector("#themes-part")
        folds, across = page.locator(".folded-themes details"), page.locator(".wide-themes")
        assert folds.count() > 8
        assert [one.get_attribute("open") is not None for one in folds.all()] == [True] + [False] * (folds.count() - 1)
        assert not across.is_visible()
        names = page.locator(".folded-themes details[open] dt").all_inner_texts()
        newest = page.locator(".folded-themes details[open] dd").all_inner_texts()
        assert page.locator(".wide-themes tbody th").all_text_contents() == names
        assert [one.split() for one in page.locator(".wide-themes tbody td:last-child").all_text_contents()] == [
            one.split() for one in newest
        ]
        assert page.evaluate("document.querySelector('#themes-part').offsetHeight") < 1400
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        summary = folds.nth(1).locator("summary")
        summary.focus()
        page.keyboard.press("Enter")
        assert folds.nth(1).locator("dl").is_visible()
        page.emulate_media(media="print")
        assert across.is_visible()
        assert not folds.first.is_visible()
        tops = page.evaluate("[...document.querySelectorAll('.wide-themes thead th')].map(e => e.offsetTop)")
        assert len(tops) > 8
        assert len({round(top / 40) for top in tops}) == 1  # months stand across, not one under the other


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_data_scientist_sees_who_answers_what_the_gate_found_and_who_decided(own: Room, language: str) -> None:
    with own.signed_in(language, MODELS) as page:
        assert page.url.endswith("/pages/models")
        own.checked(page, f"models-{language}")
        page.click(".model-list a")
        page.wait_for_url("**/pages/model?name=risk")
        said = page.inner_text("main")
        assert all(
            words in said
            for words in ("Ann Li", "operator:ann", "sustained complaint" if language == "en" else "查实投诉")
        )
        assert page.locator(".gate svg.shape").count() == page.locator(".gate").count() > 0  # never colour alone
        page.locator("#card ~ details summary").click()
        own.checked(page, f"model-{language}")


def test_on_a_phone_the_path_stands_upright(own: Room) -> None:
    with officer(own, "zh", phone=True) as page:
        page.wait_for_load_state("networkidle")
        assert page.locator("svg.upright-path").is_visible()
        assert not page.locator("svg.wide-path").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_path_prints(own: Room) -> None:
    with officer(own, "zh") as page:
        page.wait_for_load_state("networkidle")
        page.emulate_media(media="print")
        assert page.locator("svg.wide-path").is_visible()
        assert not page.locator(".say").first.is_visible()
        page.screenshot(path=own.pictures / "me-print.png", full_page=True)
