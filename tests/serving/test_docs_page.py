"""The page of the API: everything that the description says, for people, and not a byte from anywhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from serving.api.app import ROUTES
from serving.api.docs_page import page
from tests.serving.desks import demo_desks
from tests.serving.live import served


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch, served(demo_desks(), patch) as client:
        yield client


class Tags(HTMLParser):
    """What a page would fetch or run, its anchors and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        if tag in ("script", "link", "img", "iframe", "object", "embed", "form"):
            self.fetched.append(tag)
        self.fetched += [name for name in told if name.startswith("on") or name in ("src", "style")]
        self.anchors.add(told.get("id") or "")
        self.links.add(told.get("href") or "")


def test_the_page_tells_every_address_and_fetches_nothing(client: httpx.Client) -> None:
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    tags = Tags()
    tags.feed(answer.text)
    assert tags.fetched == []
    for path in ROUTES:
        assert path in answer.text
    within = {link[1:] for link in tags.links if link.startswith("#")}
    assert within <= tags.anchors
    assert {link for link in tags.links if link and not link.startswith("#")} == {"/openapi.json"}
    assert set(re.findall(r"https?://[^\s\"<]+", answer.text)) <= {"http://127.0.0.1:3017" + path for path in ROUTES}


def test_what_a_description_says_cannot_become_markup(client: httpx.Client) -> None:
    document = json.loads(client.get("/openapi.json").text)
    document["info"]["description"] = "<script>alert(1)</script>"
    assert "<script>" not in page(document)


def test_every_answer_carries_the_headers_that_browsers_heed(client: httpx.Client) -> None:
    for path in ("/livez", "/docs", "/nowhere", "/v1/model"):
        headers = client.get(path).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers
