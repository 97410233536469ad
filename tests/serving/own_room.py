"""A room for officers, helpers and data scientists: tokens beside keys, a model of paths and one of concerns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import sync_playwright

from data_contracts.settings import Settings
from serving.api.opened import Desks
from serving.champions.records import ModelsDesk
from tests.serving.authority import office
from tests.serving.live import listening
from tests.serving.model_records import recorded
from tests.serving.modelled_desks import modelled_desks
from tests.serving.page_room import Room, chromium
from tests.serving.test_tokens import AUDIENCE, ISSUER, KEY, published, token

OFFICER_SCOPES = "recommend:read risk:read feedback:write events:write"


@contextmanager
def own_room(folder: Path, pictures: Path) -> Iterator[Room]:
    """Everything opened, and closed again."""
    pictures.mkdir(parents=True, exist_ok=True)
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [published(KEY, "k1")]}))
    use = Settings(state=folder, oidc_issuer=ISSUER, oidc_audience=AUDIENCE, oidc_jwks=str(jwks))
    models = recorded(folder / "models")
    with office(use) as opened, listening(opened.app) as client, sync_playwright() as playwright:
        desks: Desks = opened.web.state.desks
        more = {**modelled_desks(), "/pages/models": ModelsDesk(models)}
        opened.web.state.desks = replace(desks, guidance={**desks.guidance, **more})
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield Room(str(client.base_url).rstrip("/"), opened, use, browser, pictures)
        finally:
            browser.close()


def officers_token(officer_id: str) -> str:
    """As the issuer would give it to an officer."""
    return token(pharos_units=None, pharos_officer_id=officer_id, scope=OFFICER_SCOPES, sub=f"officer {officer_id}")
