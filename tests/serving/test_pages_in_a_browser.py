"""What leaders do on the pages, in a real browser, in both languages: sign in, look at units, act on a case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from serving.review.cases import CaseStore
from serving.talent.profile import ProfileDesk
from serving.waiting import NobodyWaits
from tests.serving.authority import as_opened, cases, places
from tests.serving.guidance_state import small_force
from tests.serving.page_room import PHONE, Room, room

pytestmark = [pytest.mark.server, pytest.mark.slow]
LANGUAGES = ("zh", "en")
NAMES = {"zh": "灯塔", "en": "Pharos"}
ID = re.compile(r"o-\d+|u-\d|[0-9a-f]{32}")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    pictures = tmp_path_factory.getbasetemp() / "screenshots"
    with room(tmp_path_factory.mktemp("pages"), pictures) as opened:
        yield opened


def said(page: Page) -> str:
    return page.inner_text("body")


def press_on(page: Page, wanted: str) -> None:
    """Press tab until what is wanted has the focus; no pointer is used."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{wanted} cannot be reached by keyboard")


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_no_good_key_stays_outside_and_hears_why(pages: Room, language: str) -> None:
    with pages.visitor() as page:
        pages.open(page, "/pages/unit")
        assert page.url.endswith("/pages/sign-in")
        pages.open(page, f"/pages/sign-in?language={language}")
        pages.checked(page, f"sign-in-{language}")
        page.fill("#key", "pharos_000000000000_wrong")
        page.click("main button")
        page.wait_for_selector("[role=alert]")
        assert NAMES[language] in page.title()
        pages.checked(page, f"sign-in-wrong-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_leader_walks_down_the_tree_and_previews_a_limit(pages: Room, language: str) -> None:
    with pages.signed_in(language) as page:
        pages.open(page, "/pages")
        assert page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[language]
        page.wait_for_selector("#preview-part")
        before = page.inner_text("#preview-part dd")
        assert {"zh": "本块面现有预警", "en": "alerts in this block now"}[language] in before
        assert {"zh": "往年全员", "en": "over the whole force"}[language] in before
        page.select_option("#share", "0.1")
        page.wait_for_function("before => document.querySelector('#preview-part dd').innerText != before", arg=before)
        assert page.input_value("#share") == "0.1"
        pages.checked(page, f"unit-{language}")
        page.click(".block h3 a")
        page.wait_for_url("**/pages/unit?unit=*")
        page.wait_for_load_state("networkidle")
        assert page.locator(".crumbs li").count() == 2
        pages.checked(page, f"sub-bureau-{language}")
        shapes = page.locator(".grade svg.shape").count()
        assert shapes == page.locator(".grade:not(.grade-none)").count() > 0  # never colour alone


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_goes_its_whole_way(pages: Room, language: str) -> None:
    where = {"zh": "below a station", "en": "the other sub-bureau"}[language]
    officer_id = places()[where].officer_id
    helper, far = f"Li Ming {language}", f"Far Away {language}"
    pages.key(units=None, name=helper)
    pages.key(units=("u-0-2-2",), name=far)  # sees neither of the two officers
    pages.key(("risk:read",), name=f"Reads Only {language}")
    pages.key(name=f"nightly job {language}", for_system=True)
    with pages.visitor() as page:
        pages.sign_in(page, pages.key(name=f"Wang Fang {language}")[1], language)
        pages.open(page, "/pages/cases")
        pages.checked(page, f"cases-{language}")
        assert page.inner_text("tbody th >> nth=0").startswith("o-")  # an id stays as it is
        page.click(f"th a:text-is('{officer_id}')")
        page.wait_for_url("**/pages/case?case=*")
        pages.checked(page, f"case-new-{language}")
        assert {"zh": "须先由人确认", "en": "has to acknowledge"}[language] in page.inner_text(".steps")
        offered = page.locator("#assign_to option").all_text_contents()
        assert f"Wang Fang {language}" in offered[0]
        assert helper in offered
        assert not [
            name for name in offered if far in name or "Reads Only" in name or "nightly" in name or "key:" in name
        ]
        page.locator("details:has(input[value=assign]) summary").click()
        page.select_option("#assign_to", label=helper)
        page.locator("form:has(input[value=assign]) button").click()
        page.wait_for_selector("[role=status]")
        assert page.inner_text(".history").count(helper) == 1
        step(page, "acknowledge")
        told = page.inner_text("main")
        assert "key:" not in told
        assert "UTC" not in told
        assert {"zh": "北京时间", "en": "Beijing time"}[language] in told
        pages.checked(page, f"case-reviewed-{language}")
        step(page, "support", reason="a talk on Monday")
        step(page, "outcome", reason="rested")
        pages.checked(page, f"case-supported-{language}")
        assert "rested" in said(page)
    (case,) = CaseStore.of(small_force()).of_officers([officer_id])
    assert (case.case_id, case.state.value, case.version) == (cases()[officer_id], "supported", 5)


def step(page: Page, action: str, reason: str | None = None) -> None:
    """Open the form of a step, fill it in and send it."""
    form = page.locator(f"form:has(input[name=action][value={action}])")
    page.locator(f"details:has(input[name=action][value={action}]) summary").click()
    if reason is not None:
        form.locator("textarea").fill(reason)
    form.locator("button").click()
    page.wait_for_selector("[role=status]")


def test_a_false_alarm_needs_a_reason_no_protected_thing_and_nobody_who_came_first(pages: Room) -> None:
    officer_id = places()["a station"].officer_id
    with pages.signed_in("zh") as page:
        pages.open(page, "/pages/cases")
        page.click(f"th a:text-is('{officer_id}')")
        page.wait_for_selector("#steps")
        second = page.context.new_page()
        second.goto(page.url)
        step(page, "acknowledge")
        page.locator("details:has(input[value=false_positive]) summary").click()
        form = page.locator("form:has(input[value=false_positive])")
        form.locator("button").click()
        assert page.locator("[role=status]").count() == 1  # the browser kept it: a reason is needed
        form.locator("textarea").fill("本人信教")
        form.locator("button").click()
        page.wait_for_selector(".refused")
        assert "受保护的属性" in said(page)
        pages.checked(page, "refused-zh")
        page.click(".refused a.main")
        page.wait_for_selector("#steps")
        second.locator("details:has(input[value=acknowledge]) summary").click()
        second.locator("form:has(input[value=acknowledge]) textarea").fill("周一谈过，值班过多")
        second.locator("form:has(input[value=acknowledge]) button").click()
        second.wait_for_selector(".refused")
        assert second.input_value("#typed") == "周一谈过，值班过多"  # nothing typed is lost
        assert second.locator(".top nav a").count() > 0
        pages.checked(second, "case-overtaken-zh")
        second.click(".refused a.main")
        second.wait_for_selector(".state-reviewed")
        step(page, "false_positive", reason="值班表录错了")
        assert page.locator(".verdict .grade-poor").count() == 0
        assert "曾评为较差" in page.inner_text(".verdict")
        pages.checked(page, "case-dismissed-zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_contest_is_marked_counted_and_found_by_a_filter(pages: Room, language: str) -> None:
    officer_id = places()[{"zh": "the bureau", "en": "the sub-bureau itself"}[language]].officer_id
    as_opened(officer_id)
    with pages.signed_in(language) as page:
        pages.open(page, "/pages/cases")
        page.click(f"th a:text-is('{officer_id}')")
        page.wait_for_selector("#steps")
        step(page, "contest", reason="值班表记错了")
        counted = {"zh": "有异议、待答复", "en": "contested, awaiting an answer"}[language]
        pages.open(page, "/pages/unit")
        assert counted in page.inner_text(".actions .contests")
        pages.open(page, "/pages/cases")
        marked = page.locator("tbody tr", has=page.locator(f"th a:text-is('{officer_id}')"))
        assert marked.locator(".state-contested svg.contest").count() == 1  # never by colour alone
        many = page.locator("svg.contest").count() - 1
        assert str(many) in page.inner_text(".verdict .contests")
        page.click(".verdict .contests")
        page.wait_for_url("**which=contested**")
        assert page.input_value("#which") == "contested"
        assert page.locator("tbody tr").count() == page.locator("tbody .state-contested").count() == many
        assert officer_id in page.locator("tbody th").all_inner_texts()
        pages.checked(page, f"cases-contested-{language}")
        page.click("tbody th a")
        page.wait_for_selector("#steps")
        step(page, "correct", reason="值班表已更正")
        pages.open(page, "/pages/cases?which=corrected")
        assert page.locator("tbody tr").count() == page.locator("tbody .state-corrected").count() > 0
        if many == 1:
            pages.open(page, "/pages/unit")
            assert page.locator(".contests").count() == 0


def test_who_reads_alone_is_told_no_count_of_contests(pages: Room) -> None:
    with pages.signed_in("zh", ("risk:read",)) as page:
        for path in ("/pages/unit", "/pages/cases"):
            pages.open(page, path)
            assert page.locator(".contests").count() == 0


def test_who_reads_and_does_not_review_hears_why_the_list_is_empty(pages: Room) -> None:
    with pages.signed_in("zh", ("risk:read",), ("u-0-1-1",)) as page:
        pages.open(page, "/pages/cases")
        assert "等待复核" in page.inner_text(".empty")


def test_the_whole_way_by_keyboard_alone(pages: Room) -> None:
    with pages.visitor() as page:
        pages.open(page, "/pages/sign-in")
        page.keyboard.type(pages.key()[1])  # the field has the focus already
        page.keyboard.press("Enter")
        page.wait_for_url("**/pages/unit")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        press_on(page, ".block h3 a")
        page.keyboard.press("Enter")
        page.wait_for_url("**/pages/unit?unit=*")
        press_on(page, ".actions a")
        page.keyboard.press("Enter")
        page.wait_for_url("**/pages/cases?unit=*")
        press_on(page, "button.quiet[lang=en]")
        page.keyboard.press("Enter")
        page.wait_for_selector("html[lang=en]")
        assert "/pages/cases?unit=" in page.url  # where it was asked for


def test_on_a_phone_the_whole_way_fits(pages: Room) -> None:
    with pages.signed_in("zh", size=PHONE) as page:
        for path in ("/pages/unit", "", "/pages/cases"):
            if path:
                pages.open(page, path)
            else:
                page.click(".block h3 a")  # the unit below
                page.wait_for_url("**/pages/unit?unit=*")
                page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
            small = page.evaluate(
                "[...document.querySelectorAll('button, select, summary')].filter(e => e.offsetHeight && e.offsetHeight"
                " < 36).length"
            )
            assert small == 0  # a finger hits them


def test_no_id_of_an_officer_is_in_an_address_and_a_handle_leads_nowhere_in_another_session(pages: Room) -> None:
    as_opened(places()["a station"].officer_id)  # other tests may have closed every case
    with pages.signed_in("zh") as page, pages.signed_in("zh") as other:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        pages.open(page, "/pages/unit")
        page.click(".block h3 a")
        page.wait_for_url("**/pages/unit?unit=*")
        page.click(".actions a")
        page.wait_for_url("**/pages/cases?unit=*")
        page.click(".filter button")
        page.wait_for_load_state("networkidle")
        pages.open(page, "/pages/cases")
        page.locator("th a").first.click()
        page.wait_for_url("**/pages/case?case=*")
        assert [url for url in asked if ID.search(url)] == []
        handle = parse_qs(urlsplit(page.url).query)["case"][0]
        assert handle not in set(cases().values())
        answer = other.goto(page.url)
        assert answer is not None
        assert answer.status == 404


def test_without_scripts_everything_can_still_be_reached(pages: Room) -> None:
    with pages.visitor(java_script_enabled=False) as page:
        pages.sign_in(page, pages.key()[1], "en")
        pages.open(page, "/pages/unit")
        page.click(".later a >> nth=0")
        page.wait_for_selector("#preview-part")
        page.select_option("#share", "0.02")
        page.click("#preview-part button")
        page.wait_for_url("**share=0.02")
        assert page.input_value("#share") == "0.02"


def test_a_part_that_took_too_long_says_so_and_is_asked_for_again(pages: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise NobodyWaits("nobody waits", zh="无人等待")

    with monkeypatch.context() as patched, pages.signed_in("en") as page:
        patched.setattr(ProfileDesk, "answer", slow)
        pages.open(page, "/pages/unit")
        page.wait_for_selector(".part-problem")
        assert "took too long" in page.inner_text(".part-problem")
        pages.checked(page, "unit-part-late-en")
        patched.undo()
        page.click(".part-problem a")
        page.wait_for_selector("#skills ~ .part")
        assert page.locator(".part-problem").count() == 0


def test_a_page_prints_without_what_is_for_the_screen(pages: Room) -> None:
    with pages.signed_in("zh") as page:
        pages.open(page, "/pages/unit")
        page.emulate_media(media="print")
        assert not page.locator(".top").is_visible()
        assert page.locator("table.outcomes").is_visible()
        page.screenshot(path=pages.pictures / "unit-print.png", full_page=True)
