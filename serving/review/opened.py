"""The desks of review and rights, as the service opens them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from features.history import History
from serving.access.api_keys import api_keys
from serving.api.opened import Desk
from serving.ground import Ground
from serving.night.results import latest_run
from serving.review.desks import ActDesk, CasesDesk
from serving.review.mine import MineDesk, OptOutDesk
from serving.review.one_case import BlockCasesDesk, CaseDesk, ContestsDesk
from serving.review.reviewers import Reviewers


def open_review(ground: Ground, service: str | None) -> Mapping[str, Desk]:
    """Each desk by the path that it answers; `service` names the features of the risk model, None without one."""
    settings, policy, reviews, placements = ground.settings, ground.policy, ground.reviews, ground.placements
    store, opt_outs = reviews.cases, reviews.opt_outs
    mine = MineDesk(
        History(settings.history_dir), ground.source, service, partial(latest_run, settings), store, opt_outs, reviews,
        placements, policy,
    )  # fmt: skip
    cases, reviewers = CasesDesk(store, placements), Reviewers(api_keys(settings).all, placements)
    return {
        "/v1/cases": cases,
        "/v1/cases/act": ActDesk(store, placements, policy, reviewers),
        "/v1/mine": mine,
        "/v1/opt_out": OptOutDesk(opt_outs, placements, policy),
        "/pages/case": CaseDesk(store, placements, policy, reviewers),
        "/pages/cases": BlockCasesDesk(cases),
        "/pages/contests": ContestsDesk(store, placements),
    }
