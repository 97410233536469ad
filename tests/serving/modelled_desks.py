"""Desks with models of paths and of concerns, over the records of the small force."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date
from functools import cache

import pandas as pd

from data_contracts.concern_phrases import phrases
from data_contracts.policy import policy
from features.history import History
from models.concerns.model import ConcernModel
from models.concerns.text_model import Settling, TextModel
from models.eligibility.standing_facts import NEEDS
from models.paths.bundle import PathBundle
from models.points.lines import tables_needed
from serving.api.opened import Desk
from serving.concerns.answers import OpenDesk, ThemesDesk, TriageDesk
from serving.concerns.triage import Triage
from serving.feedback.exposures import exposure_log
from serving.feedback.suggesting import suggester
from serving.night.manifest import ModelIdentity
from serving.paths.answers import PathDesk
from serving.paths.plan_log import plan_log
from serving.paths.source import OWN_TABLES, RecordPaths
from serving.points.answers import HistoryRecords
from tests.serving.authority import placements
from tests.serving.guidance_state import END, small_force
from tests.serving.path_office import IDENTITY
from training.concerns.corpus import Share, examples
from training.concerns.fit import ConcernFit, fit_heads, labels_of_policy
from training.paths.train import fit_bundle


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
    """Two hundred and forty concerns of the last ten months on each way, some of them open, late or not sorted yet.

    Nothing is on record of days before 1990.
    """
    until = max(as_of, date(1990, 1, 1))
    kinds = [("leave", "annual_leave", "想休年假，一直不批"), ("welfare", "housing", "申请周转房没有下文"),
             (None, None, "连续值班，腰疼得厉害"), (None, None, "我不想活了，遗书写好了")]  # fmt: skip
    ways = list(itertools.product(("online", "hotline", "visit"), kinds, ("u-0-1-3", "u-0-2-2"), range(10)))
    rows = []
    for number, (channel, (category, subcategory, text), unit_id, step) in enumerate(ways):
        raised = pd.Timestamp(until) - pd.Timedelta(days=1 + 33 * step)
        answered, over = raised + pd.Timedelta(days=1), raised + pd.Timedelta(days=5)
        rows.append(
            {"concern_id": f"n-{number}", "officer_id": f"o-{number}", "unit_id": unit_id, "raised_by": "officer",
             "channel": channel, "category": category, "subcategory": subcategory, "text": text, "raised_on": raised,
             "acknowledged_on": answered if number % 3 else pd.NaT,
             "resolved_on": over if number % 4 and over < pd.Timestamp(until) else pd.NaT, "known_on": raised}
        )  # fmt: skip
    record = pd.DataFrame(rows).astype({"acknowledged_on": "datetime64[us]", "resolved_on": "datetime64[us]"})
    return record[record["known_on"] <= pd.Timestamp(as_of)]


def modelled_desks() -> Mapping[str, Desk]:
    """Each by the path that it answers."""
    use, rules = small_force(), policy()
    suggesting = suggester(use, rules, exposure_log(use))
    paths = RecordPaths(bundle(), HistoryRecords.of(use), rules)
    return {
        "/v1/paths": PathDesk(IDENTITY, paths, plan_log(use), suggesting, rules),
        "/v1/concerns": TriageDesk(ModelIdentity("concerns", "1", "", "concerns_v1", ""), triage(), concerns),
        "/v1/concerns/open": OpenDesk(concerns, rules, placements, triage()),
        "/v1/concerns/themes": ThemesDesk(concerns, rules, placements),
    }  # fmt: skip
