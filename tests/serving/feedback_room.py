"""A log in a test's own folder, a model's name, rankings and feedback, for the tests of the feedback loop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd

from data_contracts import service_log
from data_contracts.feedback_rules import ExploringPolicy
from data_contracts.policy import policy
from data_contracts.pseudonyms import Pseudonyms
from models.feedback.exploration import ShownItem
from serving.feedback.declines import DeclineBook
from serving.feedback.exposures import ExposureLog, Given, Showing
from serving.feedback.schemas import FeedbackRequest
from serving.feedback.suggesting import Suggester
from serving.night.manifest import ModelIdentity

NOW = datetime(2026, 3, 10, 9, 30)
MODEL = ModelIdentity(name="next-post", version="3", sha256="a" * 64, service="career_v1", service_hash="b" * 64)
NOTHING = pd.DataFrame({"officer_id": [], "cause": [], "since": pd.to_datetime([]), "item": []})


class NoLog(ExposureLog):
    """Keeps nothing and knows nothing."""

    def show(self, answers: object) -> None:
        """Nothing is logged."""

    def kept_away(self, officer_ids: Sequence[str]) -> pd.DataFrame:
        """Nobody declined anything."""
        return pd.DataFrame(columns=["officer_id", "item_kind", "item", "action", "reason", "occurred_on"])


def plain_suggester() -> Suggester:
    """Shows each ranking as it is."""
    rules, log = policy().feedback, NoLog("sqlite://")
    book = DeclineBook(log, rules.declining, lambda _officers, _day: NOTHING)
    return Suggester(log, book, replace(rules.exploring, share=0.0), Pseudonyms(b"a key"))


def kept_suggester(log: ExposureLog, share: float = 0.0, changes: pd.DataFrame = NOTHING) -> Suggester:
    """With a log and its declines; `share` of the answers try one item of five below the list."""
    book = DeclineBook(log, policy().feedback.declining, lambda _officers, _day: changes)
    return Suggester(log, book, ExploringPolicy(share=share, places=1, depth=5), Pseudonyms(b"a key"))


def decline(log: ExposureLog, officer_id: str, kind: str, item: str, day: date) -> None:
    """The officer does not want it."""
    name = f"no-{officer_id}-{kind}-{item}"[:64]
    log.take([Given(name, officer_id, kind, item, "declined", "far away", day, day)])


def shown_rows(log: ExposureLog, kind: str) -> pd.DataFrame:
    """What the log says was shown of a kind, by request, officer and place."""
    with service_log.reading(log.url) as connection:
        rows = service_log.exposures(connection)
    return rows[rows["item_kind"] == kind].sort_values(["request_id", "officer_id", "position"], ignore_index=True)


def ranking(*items: str) -> list[tuple[str, float]]:
    """Items with falling scores."""
    return [(item, 1.0 / (place + 1)) for place, item in enumerate(items)]


def show(log: ExposureLog, officer_id: str, *items: str, request_id: str = "r-1") -> None:
    """Log items as shown to an officer in this order, the day before."""
    showing = Showing(request_id, officer_id, "post", "next-post", "3", date(2026, 3, 1), NOW - timedelta(days=1))
    log.show([(showing, [ShownItem(item, place, 0.5, 1.0) for place, item in enumerate(items, start=1)])])


def given(number: int = 1, **changed: object) -> Given:
    """A piece of feedback as the desk hands it to the log."""
    values: dict[str, object] = {
        "feedback_id": f"f-{number}", "officer_id": "o-1", "item_kind": "post", "item": "p-1", "action": "opened",
        "reason": None, "occurred_on": date(2026, 3, 9), "known_on": date(2026, 3, 10), "request_id": "r-1",
    }  # fmt: skip
    return Given(**{**values, **changed})  # type: ignore[arg-type]


def request(*items: dict[str, object]) -> FeedbackRequest:
    """A body of feedback; what an item does not say is a plain opened post."""
    plain = {"officer_id": "o-1", "item_kind": "post", "item": "p-1", "action": "opened", "occurred_on": "2026-03-09"}
    full = [{"feedback_id": f"f-{number}", **plain, **item} for number, item in enumerate(items, start=1)]
    return FeedbackRequest.model_validate_json(json.dumps({"items": full}))
