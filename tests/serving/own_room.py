"""A room for officers, helpers and data scientists: tokens beside keys, a model of paths and one of concerns."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import sync_playwright

from data_contracts.concern_phrases import phrases
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from models.concerns.model import ConcernModel
from models.concerns.text_model import Settling, TextModel
from models.eligibility.standing_facts import NEEDS
from models.paths.bundle import PathBundle
from models.points.lines import tables_needed
from serving.api.opened import Desks
from serving.champions.records import ModelsDesk
from serving.concerns.answers import OpenDesk, ThemesDesk, TriageDesk
from serving.concerns.triage import Triage
from serving.feedback.exposures import exposure_log
from serving.feedback.suggesting import suggester
from serving.night.manifest import ModelIdentity
from serving.paths.answers import PathDesk
from serving.paths.plan_log import plan_log
from serving.paths.source import OWN_TABLES, RecordPaths
from serving.points.answers import HistoryRecords
from tests.serving.authority import office, placements
from tests.serving.guidance_state import END, small_force
from tests.serving.live import listening
from tests.serving.model_records import recorded
from tests.serving.page_room import Room, chromium
from tests.serving.path_office import IDENTITY
from tests.serving.test_tokens import AUDIENCE, ISSUER, KEY, published, token
from training.concerns.corpus import Share, examples
from training.concerns.fit import ConcernFit, fit_heads, labels_of_policy
from training.paths.train import fit_bundle

OFFICER_SCOPES = "recommend:read risk:read feedback:write events:write"


@cache
def bundle() -> PathBundle:
    """Fitted on the careers of the small force itself."""
    history = History(small_force().history_dir)
    tables = dict.fromkeys((*NEEDS, *OWN_TABLES, "courses", "rank_steps", *tables_needed(policy().points)))
    return fit_bundle({name: history.frame(name) for name in tables if history.rows(name)}, END)


@cache
def triage() -> Triage:
    """A small model of concerns that tells every subcategory."""
    labels, fit = labels_of_policy(), ConcernFit(variants=1)
    settling = Settling(tell_subcategory=0.3, tell_category=0.3, urgent_from=0.5)
    text = TextModel(labels, *fit_heads(examples(phrases(), Share(), 1, 0), labels, fit), settling)
    return Triage(ConcernModel(text, {}), policy())


def concerns(as_of: date) -> pd.DataFrame:
    """Two hundred and forty concerns of the last ten months on each way, some of them open, late or not sorted yet."""
    kinds = [("leave", "annual_leave", "想休年假，一直不批"), ("welfare", "housing", "申请周转房没有下文"),
             (None, None, "连续值班，腰疼得厉害"), (None, None, "我不想活了，遗书写好了")]  # fmt: skip
    ways = list(itertools.product(("online", "hotline", "visit"), kinds, ("u-0-1-3", "u-0-2-2"), range(10)))
    rows = []
    for number, (channel, (category, subcategory, text), unit_id, step) in enumerate(ways):
        raised = pd.Timestamp(as_of) - pd.Timedelta(days=1 + 33 * step)
        answered, over = raised + pd.Timedelta(days=1), raised + pd.Timedelta(days=5)
        rows.append(
            {"concern_id": f"n-{number}", "officer_id": f"o-{number}", "unit_id": unit_id, "raised_by": "officer",
             "channel": channel, "category": category, "subcategory": subcategory, "text": text, "raised_on": raised,
             "acknowledged_on": answered if number % 3 else pd.NaT,
             "resolved_on": over if number % 4 and over < pd.Timestamp(as_of) else pd.NaT, "known_on": raised}
        )  # fmt: skip
    return pd.DataFrame(rows).astype({"acknowledged_on": "datetime64[us]", "resolved_on": "datetime64[us]"})


def more_desks(models: Settings) -> Mapping[str, Any]:
    """Desks with models, over the records of the small force."""
    use, rules = small_force(), policy()
    suggesting = suggester(use, rules, exposure_log(use))
    paths = RecordPaths(bundle(), HistoryRecords.of(use), rules)
    return {
        "/v1/paths": PathDesk(IDENTITY, paths, plan_log(use), suggesting, rules),
        "/v1/concerns": TriageDesk(ModelIdentity("concerns", "1", "", "concerns_v1", ""), triage(), concerns),
        "/v1/concerns/open": OpenDesk(concerns, rules, placements, triage()),
        "/v1/concerns/themes": ThemesDesk(concerns, rules, placements),
        "/pages/models": ModelsDesk(models),
    }  # fmt: skip


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
        opened.web.state.desks = replace(desks, guidance={**desks.guidance, **more_desks(models)})
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield Room(str(client.base_url).rstrip("/"), opened, use, browser, pictures)
        finally:
            browser.close()


def officers_token(officer_id: str) -> str:
    """As the issuer would give it to an officer."""
    return token(pharos_units=None, pharos_officer_id=officer_id, scope=OFFICER_SCOPES, sub=f"officer {officer_id}")
