"""What was shown, to whom, by which chance, and what officers did with it: written once, never changed.

The tables lie in `data_contracts/service_log.py`. Several threads may write; a repeated request or feedback changes
nothing. Rows leave by the rule of retention only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import pandas as pd
import sqlalchemy as sa

from data_contracts.log_store import LogStore, insert_new
from data_contracts.service_log import EXPOSURES, FEEDBACK
from data_contracts.settings import Settings
from data_contracts.sources.service import read_log
from data_contracts.vocabulary import ItemKind
from models.feedback.exploration import ShownItem

Outcome = Literal["accepted", "duplicate", "conflict"]
ItemKey = tuple[str, str, str]  # officer, kind, item


@dataclass(frozen=True)
class Showing:
    """What the suggestions of one answer have in common; `shown_at` is UTC without a zone."""

    request_id: str
    officer_id: str
    item_kind: str
    model_name: str
    model_version: str
    as_of: date | None
    shown_at: datetime


@dataclass(frozen=True)
class Given:
    """One piece of feedback that passed the desk; `known_on` is the day it came in.

    `feedback_id` is what it is kept under, its sender's own; `sent_as` is the id as it was sent, under which earlier
    versions kept it whoever sent it.
    """

    feedback_id: str
    officer_id: str
    item_kind: str
    item: str
    action: str
    reason: str | None
    occurred_on: date
    known_on: date
    request_id: str | None = None
    sent_as: str | None = None

    @property
    def row(self) -> dict[str, Any]:
        """As it is kept, without what only the log knows."""
        return {name: value for name, value in asdict(self).items() if name != "sent_as"}

    @property
    def key(self) -> ItemKey:
        """What it is about."""
        return (self.officer_id, self.item_kind, self.item)


@dataclass(frozen=True)
class Taken:
    """What became of a piece of feedback: `conflict` is another content under an id that is known."""

    outcome: Outcome
    unseen: bool


@dataclass
class ExposureLog(LogStore):
    """The log at an address; its tables are made when something is first written or asked."""

    holds = "suggestions"

    def show(self, answers: Iterable[tuple[Showing, Sequence[ShownItem]]]) -> None:
        """Log what is shown, in one transaction; an answer that is logged already stays as it is.

        Raises NotReady where it cannot; then nothing was logged.
        """
        rows = [_exposure(showing, item) for showing, items in answers for item in items]
        if rows:
            with self.transaction() as connection:
                connection.execute(insert_new(connection, EXPOSURES), rows)

    def take(self, given: Sequence[Given]) -> list[Taken]:
        """Log feedback, in order; the same id with the same content again is a duplicate.

        Raises NotReady where nothing can be written; then nothing of `given` was.
        """
        with self.transaction() as connection:  # of its own: a writer must not stand on what it read before
            said = dict.fromkeys((one.key, one.occurred_on) for one in given)
            seen = {(key, day): _seen(connection, key, day) for key, day in said}
        with self.transaction() as connection:
            earlier = _held(connection, {one.sent_as for one in given if one.sent_as is not None})
            # By the machine's clock: the order on a day, which the service's clock may hold still.
            came = time.time_ns()
            return [
                self._taken(
                    connection,
                    one,
                    {"unseen": not seen[one.key, one.occurred_on], "received": came + place},
                    earlier.get(one.sent_as),
                )
                for place, one in enumerate(given)
            ]

    def answered(self, request_ids: Collection[str]) -> dict[tuple[str, str], date]:
        """Of these answers, those that showed something, each with the officers it was shown to, and the day of it."""
        if not request_ids:
            return {}
        asked = (
            sa.select(EXPOSURES.c.request_id, EXPOSURES.c.officer_id, sa.func.min(EXPOSURES.c.shown_at))
            .where(EXPOSURES.c.request_id.in_(sorted(request_ids)))
            .group_by(EXPOSURES.c.request_id, EXPOSURES.c.officer_id)
        )
        with self.transaction() as connection:
            return {(str(answer), str(officer)): at.date() for answer, officer, at in connection.execute(asked)}

    def kept_away(self, officer_ids: Sequence[str]) -> pd.DataFrame:
        """Newest word of each officer on each item, where it is a no, or of a course that it is done: officer_id,
        item_kind, item, action, reason, occurred_on.

        An item that was saved after it was declined is not declined any more; of words of one day the one that was
        received last counts, a no first where earlier versions kept no such order.
        """
        rows = self._last_words(officer_ids)
        done = (rows["action"] == "done") & (rows["item_kind"] == ItemKind.COURSE.value)
        return rows[(rows["action"] == "declined") | done].reset_index(drop=True)

    def saved(self, officer_ids: Sequence[str]) -> pd.DataFrame:
        """Where the newest word is that it was saved: an item that was declined or done since is not there."""
        rows = self._last_words(officer_ids)
        return rows[rows["action"] == "saved"].reset_index(drop=True)

    def _last_words(self, officer_ids: Sequence[str]) -> pd.DataFrame:
        """Of each officer and item the newest word that settles anything; a no goes before a yes of the same day."""
        said = (
            FEEDBACK.select()
            .where(FEEDBACK.c.officer_id.in_(list(officer_ids)), FEEDBACK.c.action.in_(("declined", "saved", "done")))
            .order_by(
                FEEDBACK.c.occurred_on,
                FEEDBACK.c.known_on,
                sa.func.coalesce(FEEDBACK.c.received, 0),
                FEEDBACK.c.action == "declined",
            )
        )
        with self.transaction() as connection:
            rows = pd.DataFrame([dict(row) for row in connection.execute(said).mappings()], columns=FEEDBACK.c.keys())
        return rows.drop_duplicates(["officer_id", "item_kind", "item"], keep="last")

    def _taken(
        self, connection: sa.Connection, one: Given, own: Mapping[str, Any], before: sa.RowMapping | None
    ) -> Taken:
        """`own` is what only the log knows; `before` what an earlier version kept under the id as it was sent."""
        if before is not None and _same(before, one, "feedback_id", "known_on"):
            return Taken("duplicate", bool(before["unseen"]))
        if connection.execute(insert_new(connection, FEEDBACK), {**one.row, **own}).rowcount == 1:
            return Taken("accepted", bool(own["unseen"]))
        held = connection.execute(FEEDBACK.select().where(FEEDBACK.c.feedback_id == one.feedback_id)).mappings().one()
        return Taken("duplicate" if _same(held, one, "known_on") else "conflict", bool(held["unseen"]))


def _held(connection: sa.Connection, feedback_ids: Collection[str]) -> Mapping[str | None, sa.RowMapping]:
    """What is kept under ids, in one question."""
    if not feedback_ids:
        return {}
    asked = FEEDBACK.select().where(FEEDBACK.c.feedback_id.in_(sorted(feedback_ids)))
    return {row["feedback_id"]: row for row in connection.execute(asked).mappings()}


def _same(held: sa.RowMapping, one: Given, *but: str) -> bool:
    return all(held[name] == value for name, value in one.row.items() if name not in but)


def exposure_log(settings: Settings) -> ExposureLog:
    """The log of this service; nothing is opened yet."""
    return ExposureLog(settings.feedback_url)


def collected(settings: Settings) -> pd.DataFrame:
    """Feedback as the contract of the table `feedback` wants it; raises NotReady where nothing was logged yet."""
    return read_log(settings.feedback_url).tables["feedback"]


def _exposure(showing: Showing, item: ShownItem) -> dict[str, Any]:
    pool = json.dumps(item.pool, ensure_ascii=False) if item.pool else None
    return {**asdict(showing), **asdict(item), "pool": pool}


def _seen(connection: sa.Connection, key: ItemKey, day: date) -> bool:
    """Whether the item was shown to the officer by a day: what came first afterwards was nothing to act upon."""
    columns = (EXPOSURES.c.officer_id, EXPOSURES.c.item_kind, EXPOSURES.c.item)
    by_then = EXPOSURES.c.shown_at < datetime.combine(day + timedelta(days=1), datetime.min.time())
    here = sa.and_(by_then, *(column == value for column, value in zip(columns, key, strict=True)))
    return connection.execute(sa.select(sa.literal(1)).select_from(EXPOSURES).where(here).limit(1)).first() is not None
