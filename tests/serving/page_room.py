"""The pages over the small force on a real server, a real headless Chromium, and what every page is checked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from data_contracts.settings import Settings
from serving.access.api_keys import KeyAsked
from serving.access.credential import AccessScope
from tests.serving.authority import TODAY, Office, office
from tests.serving.key_room import added
from tests.serving.live import listening

CHROMIUM = Path("/usr/bin/chromium")
DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
PATIENCE_MS = 60_000  # the machine may be busy; no page is waited for longer
REVIEWS = ("risk:read", "risk:review", "recommend:read")


def chromium() -> Path:
    """Where Debian puts it; skips aloud where it is absent, fails in CI."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is absent; install Debian's chromium (tests/debian.sh)"
        if os.environ.get("CI"):
            pytest.fail(f"in CI nothing may be skipped: {reason}")
        pytest.skip(reason)
    return CHROMIUM


@dataclass
class Room:
    """A server with its office, and a browser."""

    url: str
    office: Office
    use: Settings
    browser: Browser
    pictures: Path
    outside: list[str] = field(default_factory=list)  # requests that went anywhere else
    complaints: list[str] = field(default_factory=list)  # of the browser, as of something that the policy forbids

    def key(
        self, scopes: tuple[str, ...] = REVIEWS, units: tuple[str, ...] | None = None, name: str = "a reader of pages",
        for_system: bool = False,
    ) -> tuple[str, str]:  # fmt: skip
        """A new key: its id and its text."""
        days = TODAY + timedelta(days=9)
        asked = KeyAsked(name, AccessScope.of(scopes), units, days, for_system=for_system)
        key, text = added(self.use, asked, TODAY)
        self.office.web.state.front.callers._read_at = float("-inf")  # the table is read again every few seconds
        return key.key_id, text

    @contextmanager
    def visitor(self, size: ViewportSize = DESK, **more: Any) -> Iterator[Page]:
        """A page of a browser that nobody used before."""
        context: BrowserContext = self.browser.new_context(viewport=size, **more)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("request", lambda request: self._heard(request.url))
        page.on("console", lambda told: self.complaints.append(told.text) if "Policy" in told.text else None)
        try:
            yield page
        finally:
            context.close()

    @contextmanager
    def signed_in(
        self, language: str = "zh", scopes: tuple[str, ...] = REVIEWS, units: tuple[str, ...] | None = None,
        size: ViewportSize = DESK,
    ) -> Iterator[Page]:  # fmt: skip
        """A page of somebody who signed in with a new key."""
        with self.visitor(size) as page:
            self.sign_in(page, self.key(scopes, units)[1], language)
            yield page

    def sign_in(self, page: Page, key: str, language: str = "zh") -> None:
        """As people do."""
        page.goto(f"{self.url}/pages/sign-in?language={language}")
        page.fill("#key", key)
        page.click("main button")
        page.wait_for_url(lambda url: "sign-in" not in url)

    def open(self, page: Page, path: str) -> None:
        """Go to a page and wait for its parts."""
        page.goto(f"{self.url}{path}")
        page.wait_for_load_state("networkidle")

    def checked(self, page: Page, name: str) -> None:
        """Keep a picture at a desk and on a phone; no barrier for anybody, and nothing that runs out at the side."""
        size = page.viewport_size
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], f"{name} runs out at the side"
        page.screenshot(path=self.pictures / f"{name}-phone.png", full_page=True)
        if size is not None:
            page.set_viewport_size(size)
        assert page.locator(".scroll:not([tabindex='0'])").count() == 0  # what scrolls is reached by keyboard
        assert self.outside == []
        assert self.complaints == []

    def _heard(self, url: str) -> None:
        if not url.startswith(self.url):
            self.outside.append(url)


@contextmanager
def room(folder: Path, pictures: Path) -> Iterator[Room]:
    """Everything opened, and closed again."""
    pictures = Path(os.environ.get("PHAROS_SCREENSHOTS", pictures))
    pictures.mkdir(parents=True, exist_ok=True)
    use = Settings(state=folder, time_zone="Asia/Shanghai")
    with office(use) as opened, listening(opened.app) as client, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield Room(str(client.base_url).rstrip("/"), opened, use, browser, pictures)
        finally:
            browser.close()
