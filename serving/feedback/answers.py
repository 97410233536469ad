"""`POST /v1/feedback` without the web: what officers did with suggestions, kept once and never lost.

What is wrong with one item is told with that item; the others are kept. An officer or an item that no table knows is
refused: it would stand in the log as a suggestion that never was. So is an officer whom the caller does not see, in the
same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from data_contracts.asof import FIRST_DAY
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, FeedbackAction, ItemKind
from serving.access.credential import OPERATOR, Credential
from serving.access.reach import EVERYWHERE, Sight
from serving.feedback.declines import DeclineBook, Declined, decline_book
from serving.feedback.exposures import ExposureLog, Given, Taken, exposure_log
from serving.feedback.known_items import KnownItems
from serving.feedback.schemas import (
    FeedbackAnswer,
    FeedbackGiven,
    FeedbackRefused,
    FeedbackRequest,
    FeedbackTaken,
)
from serving.schemas import Because
from serving.words import because_of

ONE_DAY = timedelta(days=1)
WHY: Mapping[str, Because] = {
    one.code: one
    for one in (
        Because(
            code="unknown_item_kind",
            zh="建议类别未知，应为 post、path 或 course",
            en="the kind is unknown; it is post, path or course",
        ),
        Because(
            code="unknown_action",
            zh="反应未知，应为 shown、opened、saved、declined 或 done",
            en="the action is unknown; it is shown, opened, saved, declined or done",
        ),
        Because(
            code="reason_needed", zh="不感兴趣须说明原因", en="a declined suggestion needs a reason"
        ),
        Because(
            code="not_yet", zh="发生日期在今天之后", en="the day has not come yet"
        ),
        Because(
            code="too_early", zh="发生日期早于 1900-01-01", en="the day is before 1900-01-01"
        ),
        Because(
            code="conflict",
            zh="此编号已有内容不同的反馈，请换新编号",
            en="this id is taken by another feedback; send it under a new id",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class FeedbackDesk:
    """Everything that `/v1/feedback` needs, fixed at start."""

    log: ExposureLog
    book: DeclineBook
    policy: Policy
    items: KnownItems
    names: Pseudonyms

    def answer(
        self,
        request: FeedbackRequest,
        request_id: str,
        now: datetime,
        sight: Sight = EVERYWHERE,
        caller: Credential = OPERATOR,
    ) -> FeedbackAnswer:
        """One result for each item, in order; the ids are those of the caller: another's are others.

        Raises NotReady where nothing can be kept.
        """
        today = local_day(now)
        answered = self.log.answered({one.request_id for one in request.items if one.request_id is not None})
        faults = [
            self._fault(one, place, today, sight) or _no_answer(one, place, answered)
            for place, one in enumerate(request.items)
        ]
        good = [
            self._given(one, today, caller) for one, fault in zip(request.items, faults, strict=True) if fault is None
        ]
        taken = iter(self.log.take(good))
        results = [
            _result(one, next(taken)) if fault is None else _refused(one, fault)
            for one, fault in zip(request.items, faults, strict=True)
        ]
        return FeedbackAnswer(request_id=request_id, results=results)

    def declines(self, officer_id: str, as_of: date) -> tuple[Declined, ...]:
        """What must not be shown to this officer on a day, and why; for the desks that suggest."""
        return self.book.declines(officer_id, as_of)

    def _given(self, one: FeedbackGiven, today: date, caller: Credential) -> Given:
        key, reason = self.names.own_id(caller.subject, one.feedback_id), (one.reason or "").strip() or None
        return Given(
            key, one.officer_id, one.item_kind, one.item, one.action, reason, one.occurred_on, today, one.request_id,
            one.feedback_id,
        )  # fmt: skip

    def _fault(self, one: FeedbackGiven, place: int, today: date, sight: Sight) -> Because | None:
        """What is wrong with the item at a place, None for nothing."""
        if (code := self._wrong(one, today)) is not None:
            return WHY[code]
        stranger = self.items.stranger(one.officer_id, sight)
        if stranger is not None:
            return _told("unknown_officer", f"items[{place}].officer_id", stranger)
        unknown = self.items.fault(ItemKind(one.item_kind), one.item)
        return None if unknown is None else _told("unknown_item", f"items[{place}].item", unknown)

    def _wrong(self, one: FeedbackGiven, today: date) -> str | None:
        """The code of what is wrong with the words of an item, None for nothing."""
        if one.item_kind not in {kind.value for kind in ItemKind}:
            return "unknown_item_kind"
        if one.action not in {action.value for action in FeedbackAction}:
            return "unknown_action"
        needed = self.policy.feedback.declining.reason_needed and one.action == FeedbackAction.DECLINED.value
        if needed and not (one.reason or "").strip():
            return "reason_needed"
        if one.occurred_on > today:
            return "not_yet"
        return "too_early" if one.occurred_on < FIRST_DAY else None


def feedback_desk(settings: Settings, rules: Policy, log: ExposureLog | None = None) -> FeedbackDesk:
    """The desk of this service; `log` where the process has opened it already."""
    used = log or exposure_log(settings)
    book, names = decline_book(settings, rules, used), pseudonyms(settings.keys_dir)
    return FeedbackDesk(used, book, rules, KnownItems.of(settings), names)


NO_ANSWER = Bilingual(
    "没有此请求编号的答复向该民警作过建议；请填写该答复的 request_id，或不填",
    "no answer of this request id suggested anything to this officer; send the request_id of the answer, or leave it "
    "out",
)


def _no_answer(one: FeedbackGiven, place: int, answered: Mapping[tuple[str, str], date]) -> Because | None:
    """What is wrong with the answer that an item names, None for nothing. Days of the log are of the clock of the
    world, so that the day before is no fault."""
    if one.request_id is None:
        return None
    day = answered.get((one.request_id, one.officer_id))
    if day is not None and one.occurred_on >= day - ONE_DAY:
        return None
    if day is not None:
        early = Bilingual(
            f"{one.occurred_on} 早于该答复的日期 {day}；请填写作出反应的日期",
            f"{one.occurred_on} is before {day}, the day of that answer; send the day on which it was said",
        )
        return _told("before_answer", f"items[{place}].occurred_on", early)
    return _told("unknown_request", f"items[{place}].request_id", NO_ANSWER)


def _told(code: str, where: str, what: Bilingual) -> Because:
    return because_of(code, Bilingual(f"{where}：{what.zh}", f"{where}: {what.en}"))


def _result(one: FeedbackGiven, taken: Taken) -> FeedbackTaken | FeedbackRefused:
    if taken.outcome == "conflict":
        return _refused(one, WHY["conflict"])
    return FeedbackTaken(feedback_id=one.feedback_id, status=taken.outcome, unseen=taken.unseen)


def _refused(one: FeedbackGiven, because: Because) -> FeedbackRefused:
    return FeedbackRefused(feedback_id=one.feedback_id, because=because)
