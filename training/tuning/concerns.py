"""What `pharos tune concerns` searches, for the linear model and for the network that challenges it: on held-out
phrases, never on the hand-written test set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from data_contracts.concern_phrases import phrases
from data_contracts.settings import Settings
from models import run_files
from models.concerns.model import NAME, SERVICE, service_hash
from models.concerns.text_net import NAME as NET
from training.concerns.challenger import NetFit, worth_of_net
from training.concerns.fit import ConcernFit, worth_of_settings
from training.concerns.train import phrases_hash
from training.tuning.record import experiment_of, record_search
from training.tuning.search import Choice, Found, Number, Objective, Report, Search, Space, best, search

LINEAR_SPACE: Space = {
    "characters": Choice((2, 3)),
    "sounds": Choice((0, 2, 3)),
    "sound_weight": Number(0.2, 1.2),
    "strength": Number(0.03, 1.0, log=True),
    "flat_share": Number(0.0, 1.0),
    "typing": Number(0.1, 0.6),
    "second": Number(0.0, 0.4),
}
NET_SPACE: Space = {
    "learning_rate": Number(5e-4, 5e-3, log=True),
    "decay": Number(1e-4, 0.1, log=True),
    "width": Choice((32, 48, 64)),
    "filters": Choice((48, 64, 96)),
    "dropout": Number(0.2, 0.7),
}
CONCERNS, CHALLENGER = NAME, NET
SEARCH_VARIANTS = 3  # of each phrase: enough to compare settings, and sooner
Step = Callable[[int, float | None], None]


def concern_fit(settings: Settings, say: Callable[[str], None] = lambda _: None) -> ConcernFit:
    """The settings the last search found best, or the defaults; `say` hears what the search was made on."""
    found = best(settings, NAME)
    if found.params:
        changed = found.about.get("data_hash") != phrases_hash(phrases())
        since = "; the phrases changed since, so `pharos tune concerns` may find better ones" if changed else ""
        say(f"{NAME}: settings of the search as of {found.about.get('as_of', 'an unknown day')} are used{since}")
    return replace(ConcernFit(), **found.params)


def tune_concerns(settings: Settings, as_of: date, trials: int, progress: Step | None = None) -> Found:
    """Search the linear model's settings; resumable, and on record in MLflow."""

    def judge(params: Mapping[str, Any], report: Report) -> float:
        return worth_of_settings(phrases(), replace(ConcernFit(variants=SEARCH_VARIANTS), **params), report)

    usual = {name: getattr(ConcernFit(), name) for name in LINEAR_SPACE}
    return _searched(settings, (NAME, LINEAR_SPACE, usual), as_of, trials, judge, progress)


def tune_challenger(settings: Settings, as_of: date, trials: int, progress: Step | None = None) -> Found:
    """The same of the network."""

    def judge(params: Mapping[str, Any], report: Report) -> float:
        return worth_of_net(phrases(), replace(NetFit(), **params), report)

    usual = {name: getattr(NetFit(), name) for name in NET_SPACE}
    return _searched(settings, (NET, NET_SPACE, usual), as_of, trials, judge, progress)


def _searched(settings: Settings, asked: tuple[str, Space, Mapping[str, Any]], as_of: date, trials: int,
              judge: Objective, progress: Step | None) -> Found:  # fmt: skip
    name, space, usual = asked
    run_files.check(settings, experiment_of(name))
    data_hash = phrases_hash(phrases())
    about = {"data_hash": data_hash, "service": SERVICE, "service_hash": service_hash(), "as_of": as_of.isoformat()}
    in_force = {**usual, **best(settings, name).params}
    what = Search(name, f"{data_hash}:{service_hash()}", space, (usual, in_force), about=about)
    found = search(what, judge, trials=trials, settings=settings, progress=progress)
    return record_search(settings, what, found, as_of, "phrases")
