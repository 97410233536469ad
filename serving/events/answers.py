"""`POST /v1/events` without the web: events into the history, and the officers they are about brought forward.

The rows are safe before any feature is touched. Where features cannot be brought forward now, the answer says so, and
the next event, or the night, does it; until then answers about these officers say that they lack the events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Protocol

import structlog

from data_contracts.errors import PharosError
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, Refusal
from features.arrivals import ID_TAKEN, NOT_YET, UNKNOWN_COLUMN, UNKNOWN_TABLE, Arrival, Arrivals, Became
from features.event_log import EventLog
from features.history import History
from features.live import LiveFeatures
from features.pending import Pending
from features.store import FeatureReader
from serving.access.reach import EVERYWHERE, Sight
from serving.events.schemas import Event, EventCounts, EventFault, EventResult, EventsAnswer, EventsRequest, Features
from serving.freshness import FeatureSource

WHY: Mapping[str, Bilingual] = {
    **{str(one.value): Bilingual(one.zh, one.en) for one in Refusal},
    UNKNOWN_TABLE: Bilingual("没有可接收事件的此表", "no table of this name takes events"),
    UNKNOWN_COLUMN: Bilingual("该表没有此列", "the table has no such column"),
    NOT_YET: Bilingual("发生日期在今天之后", "the day has not come yet"),
    ID_TAKEN: Bilingual("此编号已有内容不同的事件，请换新编号", "this id is taken by another event; use a new id"),
}


class BringsForward(Protocol):
    """Brings features of officers forward to a day, and tells how many officers it did."""

    def __call__(self, officer_ids: Sequence[str], as_of: date, /) -> int:
        """Do it; raises PharosError, or what the store raises, where it cannot."""
        ...


@dataclass(frozen=True)
class EventDesk:
    """Everything that `/v1/events` needs, fixed at start."""

    arrivals: Arrivals
    bring_forward: BringsForward
    waiting: Callable[[], Set[str]] = set  # officers whose features could not be brought forward yet
    prepare: Callable[[], None] = lambda: None

    def warm(self) -> None:
        """Do beforehand what the first event would wait for; what is wrong is told when an event comes."""
        try:
            self.prepare()
        except Exception as error:
            structlog.get_logger("pharos.serving").info("events_not_prepared", kind=type(error).__name__)

    def answer(self, request: EventsRequest, request_id: str, now: datetime, sight: Sight = EVERYWHERE) -> EventsAnswer:
        """One result for each event, in order; raises NotReady where nothing can be written."""
        events = [Arrival(one.event_id, one.table, one.row) for one in request.events]
        became = self.arrivals.take(events, now.date(), may_register=sight == EVERYWHERE)
        officers = {str(one.row["officer_id"]) for one, end in zip(events, became, strict=True) if end.outcome == TAKEN}
        counts = Counter[str](one.outcome for one in became)
        return EventsAnswer(
            request_id=request_id,
            counts=EventCounts(received=len(events), **{name: counts[name] for name in OUTCOMES}),
            features=self._brought_forward(officers, now.date()),
            results=[_result(*one) for one in zip(request.events, became, strict=True)],
        )

    def _brought_forward(self, officers: Set[str], today: date) -> Features:
        if not officers:
            return "unchanged"
        try:
            brought = self.bring_forward(sorted(officers | self.waiting()), today)
        except Exception as error:  # the events are written, whatever ails the feature store; they must not be refused
            kind = error.code if isinstance(error, PharosError) else type(error).__name__
            structlog.get_logger("pharos.serving").error("features_wait", kind=kind)
            return "waiting"
        return "current" if brought else "unchanged"


TAKEN = "accepted"
OUTCOMES = ("accepted", "duplicate", "conflict", "quarantined")


def open_events(settings: Settings, source: FeatureSource) -> EventDesk:
    """The desk of a deployment; only the real feature store can be brought forward."""
    history, pending = History(settings.history_dir), Pending(settings.feast_dir)
    live = LiveFeatures(history)
    arrivals = Arrivals(
        history, EventLog.of(settings), pseudonyms(settings.keys_dir), settings.quarantine_dir, pending.add
    )
    if not isinstance(source, FeatureReader):
        return EventDesk(arrivals, lambda *_: 0)
    return EventDesk(arrivals, partial(source.bring_forward, live), pending.waiting, live.warm)


def _result(event: Event, became: Became) -> EventResult:
    officer = event.row.get("officer_id")
    return EventResult(
        event_id=event.event_id,
        officer_id=officer if isinstance(officer, str) and 0 < len(officer) <= 64 else None,
        status=became.outcome,
        counts_from=became.counts_from,
        faults=[EventFault(field=name, code=code, zh=WHY[code].zh, en=WHY[code].en) for name, code in became.faults],
    )
