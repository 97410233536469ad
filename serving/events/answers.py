"""`POST /v1/events` without the web: events into the history, and the officers they are about brought forward.

The rows are safe before any feature is touched. Where features cannot be brought forward now, the answer says so, and
the service does it once the store is back (catching_up.py), or the next event, or the night; until then answers about
these officers say that they lack the events. It is settled that the answer leaves before anything is written: who hears
that the time is over has written nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import structlog

from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput, PharosError
from data_contracts.local_time import local_day
from data_contracts.pseudonyms import pseudonyms
from data_contracts.schema import allowed_values
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, Refusal
from features.arrivals import (
    ELSEWHERE,
    ID_TAKEN,
    NOT_YET,
    OF_UNITS,
    UNKNOWN_COLUMN,
    UNKNOWN_TABLE,
    Arrival,
    Arrivals,
    Became,
    event_tables,
)
from features.event_log import EventLog
from features.history import History
from features.live import LiveFeatures
from features.pending import Pending
from features.store import FeatureReader
from serving.access.credential import OPERATOR, Credential
from serving.access.reach import EVERYWHERE, Sight
from serving.clock import clock_of
from serving.events.catching_up import BringsForward, CatchUp, Waiters
from serving.events.schemas import Event, EventCounts, EventFault, EventResult, EventsAnswer, EventsRequest, Features
from serving.freshness import FeatureSource
from serving.waiting import Waiting

WHY: Mapping[str, Bilingual] = {
    **{str(one.value): Bilingual(one.zh, one.en) for one in Refusal},
    UNKNOWN_TABLE: Bilingual(
        f"没有可接收事件的此表；可接收：{'、'.join(event_tables())}",
        f"no table of this name takes events; these do: {', '.join(event_tables())}",
    ),
    UNKNOWN_COLUMN: Bilingual("该表没有此列", "the table has no such column"),
    ELSEWHERE: Bilingual(
        "此空缺编号已由其他单位使用，请换新编号", "another unit has a vacancy of this id; use a new id"
    ),
    NOT_YET: Bilingual("发生日期在今天之后", "the day has not come yet"),
    ID_TAKEN: Bilingual("此编号已有内容不同的事件，请换新编号", "this id is taken by another event; use a new id"),
}


@dataclass(frozen=True)
class EventDesk:
    """Everything that `/v1/events` needs, fixed at start."""

    arrivals: Arrivals
    bring_forward: BringsForward
    waiting: Callable[[], Set[str]] = set  # officers whose features could not be brought forward yet
    prepare: Callable[[], None] = lambda: None
    catch_up: CatchUp | None = None  # for those who wait, while a service is up

    def warm(self) -> None:
        """Do beforehand what the first event would wait for; what is wrong is told when an event comes."""
        try:
            self.prepare()
        except Exception as error:
            structlog.get_logger("pharos.serving").info("events_not_prepared", kind=type(error).__name__)

    def start(self) -> None:
        """From now on bring those forward who wait, beside the requests."""
        if self.catch_up is not None:
            self.catch_up.start()

    def stop(self) -> None:
        """No more of that."""
        if self.catch_up is not None:
            self.catch_up.stop()

    def answer(
        self,
        request: EventsRequest,
        request_id: str,
        now: datetime,
        sight: Sight = EVERYWHERE,
        caller: Credential = OPERATOR,
        waiting: Waiting | None = None,
    ) -> EventsAnswer:
        """One result for each event, in order.

        Raises InvalidInput where officers tell what is not theirs to tell, NotReady where nothing can be written,
        NobodyWaits where the answer was given up.
        """
        waited = waiting or Waiting()
        if caller.officer_id is not None:
            _check_theirs(request)
        events = [Arrival(one.event_id, one.table, one.row) for one in request.events]
        waited.leave()
        became = self.arrivals.take(
            events, local_day(now), may_register=sight == EVERYWHERE, sender=caller.subject, sees=sight.covers
        )
        taken = [one for one, end in zip(events, became, strict=True) if end.outcome == TAKEN]
        officers = {str(one.row["officer_id"]) for one in taken if one.table not in OF_UNITS}
        counts = Counter[str](one.outcome for one in became)
        return EventsAnswer(
            request_id=request_id,
            counts=EventCounts(received=len(events), **{name: counts[name] for name in OUTCOMES}),
            features=self._brought_forward(officers, local_day(now), waited.left),
            results=[_result(*one) for one in zip(request.events, became, strict=True)],
        )

    def _brought_forward(self, officers: Set[str], today: date, seconds: float) -> Features:
        """In the seconds left; where they are too few, those who catch up beside the requests do it."""
        if not officers:
            return "unchanged"
        if seconds < LEAST_SECONDS and self.catch_up is not None:
            return "waiting"
        try:
            brought = self.bring_forward(sorted(officers | self.waiting()), today)
        except Exception as error:  # the events are written, whatever ails the feature store; they must not be refused
            kind = error.code if isinstance(error, PharosError) else type(error).__name__
            structlog.get_logger("pharos.serving").error("features_wait", kind=kind)
            return "waiting"
        return "current" if brought else "unchanged"


TAKEN = "accepted"
LEAST_SECONDS = 2.0  # for bringing officers forward within an answer; usually it takes some tenths
THEIRS = ("career_goals", "preferences", "self_nominations")  # what an officer says for themselves
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

    def prepare() -> None:
        source.open_beside()
        source.wait_until_open()  # one after the other: requests get their turn beside one of them, not two
        live.warm()

    now, forward = clock_of(settings), partial(source.bring_forward, live)
    lock = settings.feast_dir / ".catching_up.lock"

    def today() -> date:
        return local_day(now())

    def waiting() -> Set[str]:
        return pending.waiting(today())

    waiters = Waiters(waiting, source.readable, forward, today, lock)
    return EventDesk(arrivals, forward, waiting, prepare, CatchUp(waiters))


def _check_theirs(request: EventsRequest) -> None:
    """An officer says what they want; what they did and how it was judged is for others to say."""
    wrong = sorted({one.table for one in request.events} - set(THEIRS))
    if wrong:
        raise InvalidInput(
            f"events.table: {', '.join(wrong)} is not an officer's own to tell; send {', '.join(THEIRS)} alone",
            zh=f"events.table：{'、'.join(wrong)} 不能由本人写入；本人只可写入 {'、'.join(THEIRS)}",
        )


def _result(event: Event, became: Became) -> EventResult:
    return EventResult(
        event_id=event.event_id,
        officer_id=_id(event, "officer_id"),
        unit_id=_id(event, "unit_id") if event.table in OF_UNITS else None,
        status=became.outcome,
        counts_from=became.counts_from,
        faults=[_fault(event.table, name, code) for name, code in became.faults],
    )


def _id(event: Event, column: str) -> str | None:
    value = event.row.get(column)
    return value if isinstance(value, str) and 0 < len(value) <= 64 else None


def _fault(table: str, column: str, code: str) -> EventFault:
    """What is wrong with a column, with what may stand there where the contract says it."""
    told = WHY[code]
    may = _may_stand(table, column, code)
    return EventFault(
        field=column,
        code=code,
        zh=told.zh if may is None else f"{told.zh}：{may.zh}",
        en=told.en if may is None else f"{told.en}: {may.en}",
    )


def _may_stand(table: str, column: str, code: str) -> Bilingual | None:
    """What the contract allows in a column: its values, a bound, the length, the date to follow or the table to know.

    >>> _may_stand("course_completions", "score", "above_maximum")
    Bilingual(zh='100', en='100')
    """
    if table not in event_tables() or column not in catalog().table(table).column_names:
        return None
    found = catalog().table(table).column(column)
    values = allowed_values(found)
    if code == Refusal.NOT_IN_LIST.value and values:
        return Bilingual("、".join(values), ", ".join(values))
    bounds = {Refusal.BELOW_MINIMUM.value: found.minimum, Refusal.ABOVE_MAXIMUM.value: found.maximum,
              Refusal.TOO_LONG.value: found.max_length}  # fmt: skip
    bound = bounds.get(code)
    if bound is None:
        return None
    text = f"{bound:g}" if isinstance(bound, float | int) else str(bound)
    return Bilingual(text, text)
