"""Who gets through the doors of the pages: by session, by key through a proxy, or on this machine alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from data_contracts.audit.chain import lines
from data_contracts.errors import NotThere
from data_contracts.settings import Settings
from features.declared import declared_features
from models.audit import audit_database
from serving.access.credential import AccessScope, Credential
from serving.access.recorder import Recorder
from serving.api.app import ADDRESSES, build_app
from serving.api.asking import Asking
from serving.api.guard import Guard, Limits
from serving.api.meters import Meters
from serving.api.problems import ProblemError
from serving.pages import case
from serving.pages.book import BOOK
from serving.pages.faces import PageFaces
from serving.pages.front import Front
from serving.pages.sessions import Session
from serving.pages.visit import CASE, PERSON, SPOT, UNIT, Visit
from serving.pages.web import PAGE_ROUTES
from serving.review.cases import CaseStore
from serving.review.states import OPEN
from serving.waiting import Waiting
from tests.serving.authority import (
    EVERY_SCOPE,
    EVERYWHERE,
    NOBODYS,
    ROOTS,
    TODAY,
    Office,
    as_opened,
    cases,
    office,
    places,
    roles,
)
from tests.serving.desks import demo_desks
from tests.serving.guidance_state import small_force
from tests.serving.live import listening
from tests.serving.test_authorisation_matrix import opens

TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
LEADS_ON = "/pages/concerns/triage"  # the answer to a form, which is kept nowhere: to ask for it leads to the list
SHOWN = sorted(page.path for page in BOOK if page.show and page.path != LEADS_ON)


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(state=tmp_path_factory.mktemp("doors"))


@pytest.fixture(scope="module")
def service(use: Settings) -> Iterator[Office]:
    with office(use, Recorder.of(use)) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(service: Office) -> Iterator[str]:
    with listening(service.app) as client:
        yield str(client.base_url)


@pytest.fixture
def browser(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60.0) as client:
        yield client


def key(service: Office, role: str = EVERY_SCOPE, root: str = EVERYWHERE) -> str:
    return service.keys[role, root]["x-api-key"]


def signed_in(browser: httpx.Client, text: str) -> httpx.Response:
    form = TOKEN.findall(browser.get("/pages/sign-in").text)
    return browser.post("/pages/sign-in", data={"token": form[0], "key": text, "language": "zh"})


def done(use: Settings) -> list[str]:
    return [json.loads(row["body"])["action"] for row in lines(audit_database(use))]


@pytest.mark.parametrize("path", SHOWN)
def test_a_page_opens_for_its_scope_alone_and_looks_like_no_page_without_it(
    service: Office, browser: httpx.Client, path: str
) -> None:
    def plain(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, re.sub("[0-9a-f]{32}", "ID", answer.text)

    nowhere = plain(browser.get("/pages/nothing", headers=service.keys[EVERY_SCOPE, EVERYWHERE]))
    assert nowhere[0] == 404
    for role in roles():
        for root in ROOTS:
            answer = browser.get(path, headers=service.keys[role, root])
            browser.cookies.clear()
            if role in NOBODYS:
                assert (answer.status_code, answer.headers["location"]) == (303, "/pages/sign-in"), (role, root)
            elif not opens(path, role):
                assert plain(answer) == nowhere, (role, root)
            else:
                assert answer.headers["content-type"].startswith("text/html")
                assert answer.status_code in (200, 404, 422), (role, root, answer.status_code)


def handle(browser: httpx.Client, kind: str, one: str) -> str:
    """As the pages of this session would name it; nobody else can."""
    caller = Credential("key:whoever", frozenset(), None)
    return Session(browser.cookies["pharos"], caller).handles.of(kind, one)


def test_a_unit_out_of_reach_looks_like_one_that_is_not(service: Office, browser: httpx.Client, use: Settings) -> None:
    signed_in(browser, key(service, root="the sub-bureau"))
    for path in ("/pages/unit", "/pages/unit/skills", "/pages/unit/preview"):
        told = []
        for unit in ("u-0-1", "u-404"):
            answer = browser.get(path, params={"unit": handle(browser, UNIT, unit)})
            told.append((answer.status_code, re.sub("[0-9a-f]{32}", "ID", answer.text)))
        assert told[0] == told[1]
        assert told[0][0] == 404
        assert done(use)[-1] == "access_denied"


def test_an_id_of_a_unit_or_a_case_in_an_address_opens_nothing(service: Office, browser: httpx.Client) -> None:
    signed_in(browser, key(service))
    raw = f"2027-01-01.{next(iter(cases().values()))}"
    for path, name, kind, one in (
        ("/pages/unit", "unit", UNIT, "u-0-1"), ("/pages/unit/skills", "unit", UNIT, "u-0-1"),
        ("/pages/unit/preview", "unit", UNIT, "u-0-1"), ("/pages/cases", "unit", UNIT, "u-0-1"),
        ("/pages/cases", "after", SPOT, raw),
    ):  # fmt: skip
        assert browser.get(path, params={name: one}).status_code == 404, (path, name)
        assert browser.get(path, params={name: handle(browser, kind, one)}).status_code == 200, (path, name)


def test_a_list_of_cases_goes_on_without_an_id_in_the_address(
    service: Office, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case, "TOP", 1)
    for officer_id in cases():
        as_opened(officer_id)
    signed_in(browser, key(service))
    seen: list[str] = []
    path = "/pages/cases"
    while path:
        page = browser.get(path).text
        seen += re.findall(r"\?case=([^\"]+)\"", page)
        (path, *_) = [*re.findall(r'hx-get="([^"]+)"', page), ""]
        path = path.replace("&amp;", "&")
        assert not any(one in path for one in cases().values())
    waiting = [one for one in CaseStore.of(small_force()).of_officers(list(cases())) if one.state in OPEN]
    assert len(seen) == len(set(seen)) == len(waiting) > 1


def test_a_case_is_assigned_to_nobody_who_may_not_review_it_and_no_note_is_lost(
    service: Office, browser: httpx.Client, use: Settings
) -> None:
    signed_in(browser, key(service))
    case_id = cases()[places()["the bureau"].officer_id]
    name = handle(browser, CASE, case_id)
    token = TOKEN.findall(browser.get("/pages/case", params={"case": name}).text)[0]
    far = key(service, root="a station of it").split("_")[1]
    for who in ("", "key:000000000000", f"key:{far}", handle(browser, PERSON, f"key:{far}")):
        form = {"token": token, "case": name, "version": "1", "key": "0" * 16, "action": "assign", "assign_to": who,
                "reason": "请尽快看"}  # fmt: skip
        answer = browser.post("/pages/case", data=form)
        assert answer.status_code == 422, who
        assert "请尽快看" in answer.text
        assert f"/pages/case?case={name}" in answer.text
    assert CaseStore.of(small_force()).case(case_id).assigned_to is None


def test_the_answer_to_typed_words_leads_back_to_the_list_where_it_is_asked_for_again(
    service: Office, browser: httpx.Client
) -> None:
    signed_in(browser, key(service))
    answer = browser.get(LEADS_ON)
    assert (answer.status_code, answer.headers["location"]) == (303, "/pages/concerns")


@pytest.mark.parametrize("by", ["session", "proxy"])
def test_who_holds_a_key_that_opens_no_page_is_told_so(service: Office, browser: httpx.Client, by: str) -> None:
    if by == "session":
        signed_in(browser, key(service, "recommend:read"))
    headers = service.keys["recommend:read", EVERYWHERE] if by == "proxy" else {}
    answer = browser.get("/pages", headers=headers)
    assert answer.status_code == 200
    assert "此密钥不打开任何页面" in answer.text
    assert "recommend:read" in answer.text
    token = TOKEN.findall(answer.text)[0]
    assert browser.post("/pages/sign-out", data={"token": token}, headers=headers).status_code == 303


def test_a_list_of_a_unit_out_of_reach_is_that_of_no_unit(service: Office, browser: httpx.Client) -> None:
    signed_in(browser, key(service, root="the sub-bureau"))
    for unit in ("u-0-1", "u-404"):
        answer = browser.get("/pages/cases", params={"unit": handle(browser, UNIT, unit)})
        assert answer.status_code == 404
        assert places()["the other sub-bureau"].officer_id not in answer.text


def test_what_is_read_is_in_the_chain(service: Office, browser: httpx.Client, use: Settings) -> None:
    signed_in(browser, key(service))
    before = len(done(use))
    browser.get("/pages/unit")
    browser.get("/pages/cases")
    contests = "units_read"  # how many wait for an answer, beside what each page shows
    assert done(use)[before:] == ["units_read", contests, "risk_read", contests]


def test_a_session_is_opaque_strict_and_ends_with_signing_out(service: Office, browser: httpx.Client) -> None:
    assert browser.get("/pages").headers["location"] == "/pages/sign-in"
    answer = signed_in(browser, key(service))
    assert (answer.status_code, answer.headers["location"]) == (303, "/pages")
    cookies = answer.headers.get_list("set-cookie")
    assert all("HttpOnly" in one and "SameSite=Strict" in one for one in cookies)
    assert "Secure" not in cookies[0]  # this machine, no proxy
    assert key(service) not in str(cookies)
    page = browser.get("/pages/unit")
    assert page.status_code == 200
    kept = browser.cookies["pharos"]
    token = TOKEN.findall(page.text)[0]
    out = browser.post("/pages/sign-out", data={"token": token})
    assert out.headers["location"] == "/pages/sign-in"
    again = browser.get("/pages/unit", headers={"cookie": f"pharos={kept}"})
    assert again.headers["location"] == "/pages/sign-in"


def test_behind_a_proxy_cookies_are_for_https_and_this_host_alone(service: Office, browser: httpx.Client) -> None:
    headers = {**service.keys[EVERY_SCOPE, EVERYWHERE], "x-forwarded-for": "10.0.0.7", "host": "pharos.example"}
    answer = browser.get("/pages/unit", headers=headers)
    assert answer.status_code == 200
    (told,) = answer.headers.get_list("set-cookie")
    assert told.startswith("__Host-pharos=")
    assert "Secure" in told


@pytest.mark.parametrize("wrong", ["no token", "another token", "from elsewhere"])
def test_a_forged_form_does_nothing(service: Office, browser: httpx.Client, use: Settings, wrong: str) -> None:
    signed_in(browser, key(service))
    token = TOKEN.findall(browser.get("/pages/cases").text)[0]
    form: dict[str, Any] = {"token": "" if wrong == "no token" else "0" * 64 if wrong == "another token" else token}
    headers = {"sec-fetch-site": "cross-site"} if wrong == "from elsewhere" else {}
    before = len(done(use))
    for path in ("/pages/sign-out", "/pages/language", "/pages/case"):
        answer = browser.post(path, data={**form, "language": "en", "action": "acknowledge"}, headers=headers)
        assert answer.status_code == 409
        assert answer.headers["content-type"].startswith("text/html")
    assert done(use)[before:] == []
    assert browser.get("/pages/unit").status_code == 200


def test_nobody_is_signed_in_by_a_form_of_another_site(service: Office, browser: httpx.Client) -> None:
    token = TOKEN.findall(browser.get("/pages/sign-in").text)[0]
    browser.cookies.clear()  # a form of another site comes without the cookie of a strict site
    answer = browser.post("/pages/sign-in", data={"token": token, "key": key(service), "language": "zh"})
    assert answer.status_code == 403
    assert "pharos=" not in str(answer.headers.get_list("set-cookie"))


def test_the_switch_of_language_stays_on_our_pages(service: Office, browser: httpx.Client) -> None:
    signed_in(browser, key(service))
    token = TOKEN.findall(browser.get("/pages/unit").text)[0]
    for back, leads in (("/pages/unit?unit=x", "/pages/unit?unit=x"), ("//evil.example/pages", "/pages"),
                        ("https://evil.example", "/pages"), ("/v1/risk", "/pages")):  # fmt: skip
        answer = browser.post("/pages/language", data={"token": token, "language": "en", "back": back})
        assert answer.headers["location"] == leads
    assert 'lang="en"' in browser.get("/pages/unit").text


def test_the_policy_forbids_whatever_is_not_in_our_files(service: Office, browser: httpx.Client) -> None:
    signed_in(browser, key(service))
    for path in ("/pages/unit", "/pages/cases", "/pages/sign-in", "/pages/nothing"):
        answer = browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert " style=" not in answer.text
        assert not re.search(r"<script(?! src=)|<style| on[a-z]+=", answer.text)
    assert "immutable" in browser.get("/pages/static/pages.css").headers["cache-control"]


def test_a_form_that_is_no_form_is_refused(service: Office, browser: httpx.Client) -> None:
    signed_in(browser, key(service))
    assert browser.post("/pages/case", json={"token": "x"}).status_code == 415
    assert browser.get("/pages/unit?unit=a&unit=b").status_code == 422
    assert (
        browser.post("/v1/risk", data={"officer_ids": "o-1"}, headers=service.keys[EVERY_SCOPE, EVERYWHERE]).status_code
        == 415
    )


def test_no_feature_is_made_of_concerns_as_the_page_of_ones_records_says() -> None:
    declared = declared_features()
    chosen = {name for service in declared.services for name in service.chosen}
    assert chosen
    assert [name for name in chosen if "concern" in name] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_part_that_is_late_at_the_door_is_told_where_it_would_stand(language: str) -> None:
    session = Session("s", Credential("key:none", frozenset(), None), language)
    scope = {"path": "/pages/unit/skills", "query_string": b"unit=x&a=%22", "headers": [(b"hx-request", b"true")],
             "state": {"session": session}}  # fmt: skip
    status, headers, body = PageFaces().of(ProblemError("deadline"), "r", scope)
    text = body.decode()
    assert (status, headers["retry-after"]) == (504, "5")
    assert {"zh": "处理超时", "en": "took too long"}[language] in text
    assert "<html" not in text
    assert 'hx-get="/pages/unit/skills?unit=x&amp;a=%22"' in text


def test_a_session_opens_no_address_of_the_api(service: Office, browser: httpx.Client) -> None:
    signed_in(browser, key(service))
    assert browser.get("/v1/model").status_code == 401
    assert browser.post("/v1/units", json={"unit_ids": ["u-0"]}).status_code == 401


def test_without_keys_this_machine_alone_reads_pages(tmp_path: Any) -> None:
    web, use = build_app(), Settings(state=tmp_path)
    web.state.desks, web.state.front = demo_desks(), Front.of(use, lambda: TODAY)
    guard = Guard(web, ADDRESSES, Limits(), web.state.front.admission, faces=PageFaces())
    with listening(guard) as client:
        answer = client.get("/pages")
        assert (answer.status_code, answer.headers["location"]) == (303, "/pages/unit")
        assert client.get("/pages", headers={"x-forwarded-for": "10.0.0.7"}).status_code == 403
        assert client.get("/pages", headers={"host": "pharos.example"}).status_code == 403
    assert set(PAGE_ROUTES) < set(ADDRESSES)


@pytest.mark.parametrize("path", ["/v1/risk", "/pages/preview", "/v1/profile"])
def test_a_page_asks_nothing_for_a_reader_who_lacks_its_scope(service: Office, path: str) -> None:
    caller = Credential("key:none", frozenset({AccessScope.METRICS_READ}), None)
    asking = Asking(service.web.state.desks, caller, "r", Waiting(), Meters())
    with pytest.raises(NotThere):
        Visit(asking, Session("s", caller), {}).ask(path, unit_id="u-0")
