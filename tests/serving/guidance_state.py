"""The desks of career guidance over a real small history, as the service opens them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from data_contracts.catalog import catalog
from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.history import History
from features.store import FeatureReader
from serving.access.placements import ReadPlacements
from serving.api.opened import Absent, Desk
from serving.freshness import FeatureSource
from serving.ground import Ground
from serving.guidance import NO_COURSE_MODEL, course_desk, open_guidance
from serving.loading import Loaded
from serving.review.opened import open_review

END = date(2026, 11, 1)


@cache
def guidance() -> Mapping[str, Desk | Absent]:
    """Opened once for all tests; the folder goes when the process ends."""
    use = _state()[1]
    no_store = cast(FeatureSource, None)  # events are kept, and no features are brought forward
    ground = replace(Ground.of(use, no_store), placements=ReadPlacements(use, lambda: END))
    review = open_review(replace(ground, source=FeatureReader(use)), None)
    return {**open_guidance(ground, course_desk(ground, NO_COURSE_MODEL), _no_champion), **review}


def small_force() -> Settings:
    """Where that history lies."""
    return _state()[1]


def _no_champion(name: str) -> Loaded:
    raise NotReady(f"{name} has no champion")


@cache
def _state() -> tuple[TemporaryDirectory[str], Settings]:
    folder = TemporaryDirectory()
    use = Settings(state=Path(folder.name))
    frames = simulate(80, 3, 3, END)
    History(use.history_dir).append_all({name: frames[name] for name in catalog().tables if len(frames[name])}, "test")
    return folder, use
