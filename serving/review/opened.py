"""The desks of review and rights, as the service opens them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from data_contracts.policy import Policy
from data_contracts.settings import Settings
from features.history import History
from serving.access.placements import Placements
from serving.api.opened import Desk
from serving.freshness import FeatureSource
from serving.night.results import latest_run
from serving.review.desks import ActDesk, CasesDesk
from serving.review.mine import MineDesk, OptOutDesk
from serving.review.standing import KeptReviews


def open_review(
    settings: Settings,
    policy: Policy,
    source: FeatureSource,
    service: str | None,
    placements: Callable[[], Placements],
) -> Mapping[str, Desk]:
    """Each desk by the path that it answers; `service` names the features of the risk model, None without one."""
    reviews = KeptReviews.of(settings)
    store, opt_outs = reviews.cases, reviews.opt_outs
    mine = MineDesk(
        History(settings.history_dir), source, service, partial(latest_run, settings), store, opt_outs, reviews,
        placements, policy,
    )  # fmt: skip
    return {
        "/v1/cases": CasesDesk(store, placements),
        "/v1/cases/act": ActDesk(store, placements, policy),
        "/v1/mine": mine,
        "/v1/opt_out": OptOutDesk(opt_outs, placements, policy),
    }
