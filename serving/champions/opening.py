"""The desks of a deployment with the watch over their models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from data_contracts.settings import Settings
from models.audit import audit_chain
from serving.api.opened import Desks
from serving.champions.canary import Canary, CanaryRules, sampled_officers
from serving.champions.records import PATH, ModelsDesk
from serving.champions.watching import ChampionWatch, Watched
from serving.clock import clock_of
from serving.freshness import FeatureSource
from serving.ground import Ground
from serving.loading import Builders, Find, desks_on
from serving.schemas import Because


def watched_desks(
    settings: Settings, source: FeatureSource, builders: Builders, rules: CanaryRules | None = None
) -> Desks:
    """Desks whose champions are followed once somebody asks for it; raises as `open_desks` does."""
    return champion_watch(settings, source, builders, rules).desks


def champion_watch(
    settings: Settings, source: FeatureSource, builders: Builders, rules: CanaryRules | None = None
) -> ChampionWatch:
    """The watch itself, with the desks opened; every desks object that it ever opens knows it."""
    ground = Ground.of(settings, source)

    def open_with(watch: ChampionWatch, find: Find, notices: Callable[[], list[Because]]) -> Desks:
        desks = desks_on(ground, builders, find, notices)
        models = {PATH: ModelsDesk(settings, watch.standing)}  # which of them answers, only the watch knows
        return replace(desks, champions=watch, guidance={**desks.guidance, **models})

    chosen = rules or CanaryRules()
    around = Watched(
        settings, open_with, Canary(partial(sampled_officers, settings, chosen.officers), chosen),
        audit_chain(settings).append, clock_of(settings), ground.built.keep_only,
    )  # fmt: skip
    return ChampionWatch(around)
