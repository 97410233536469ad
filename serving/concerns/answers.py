"""The desks for concerns: triage of words, what is open, monthly themes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import pandas as pd

from data_contracts.decisions import Named
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.figures import shown
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from features.history import History
from features.record import records_at
from serving.access.placements import Placements
from serving.access.reach import Sight
from serving.concerns.following import Due, Open, open_concerns
from serving.concerns.schemas import (
    ConcernsAnswer,
    ConcernsRequest,
    ConcernText,
    Deadline,
    Escalation,
    Helper,
    OpenConcern,
    OpenConcernsAnswer,
    OpenConcernsRequest,
    Subtheme,
    SuggestedCategory,
    Theme,
    ThemesAnswer,
    ThemesRequest,
    TriagedConcern,
)
from serving.concerns.themes import ThemeCount, months_before, themes
from serving.concerns.triage import (
    Came,
    DueDay,
    Reading,
    Suggestion,
    Triage,
    Unread,
    category_of,
    due_days,
    helpers_for,
)
from serving.night.manifest import ModelIdentity
from serving.schemas import Because, ModelName, Text
from serving.talent.records import day_asked
from serving.waiting import still_wanted
from serving.words import because_of, text_of

TABLE = "concerns"
TOO_FEW = "too_few_people"
UNREAD: Mapping[Unread, Bilingual] = {
    "not_chinese": Bilingual(
        "这段文字没有可读的中文；系统只读中文，类别与紧急程度均未判断，请由人阅读",
        "there is no Chinese in it that can be read; only Chinese is read, neither category nor urgency was told: "
        "a person should read it",
    ),
    "no_concern": Bilingual(
        "这段文字不像诉求，类别与紧急程度均未判断；如确有诉求，请由人阅读",
        "the words do not look like a concern, neither category nor urgency was told; a person should look whether one "
        "is meant",
    ),
}


class ConcernReader(Protocol):
    """The concerns of everybody as they stood on a day; never to be changed."""

    def __call__(self, as_of: date, /) -> pd.DataFrame:
        """Rows of the contract's table."""
        ...


class ConcernRecords:
    """From the history, read once for each day asked about, and again when it has grown."""

    def __init__(self, settings: Settings) -> None:
        self._history = History(settings.history_dir)
        self._lock = threading.Lock()
        self._held: tuple[tuple[str, date], pd.DataFrame] | None = None

    def __call__(self, as_of: date) -> pd.DataFrame:
        """The rows of a day; raises NotReady where no concern was ever taken in."""
        with self._lock:
            still_wanted()
            if not self._history.rows(TABLE):
                raise NotReady("the history has no concerns; run `pharos ingest` with that table first")
            key = (self._history.fingerprint(), as_of)
            if self._held is None or self._held[0] != key:
                found = records_at(self._history, None, as_of, (TABLE,))
                rows = found.get(TABLE)
                self._held = key, self._history.frame(TABLE).iloc[:0] if rows is None else rows
            return self._held[1]


def no_record(_: date) -> pd.DataFrame:
    """Where nothing was ever taken in: triage of words needs no record."""
    return pd.DataFrame(columns=["unit_id", "category", "raised_on", "resolved_on"])


@dataclass(frozen=True)
class TriageDesk:
    """Everything that `/v1/concerns` needs."""

    model: ModelIdentity
    triage: Triage
    records: ConcernReader

    def answer(self, request: ConcernsRequest, request_id: str, now: datetime) -> ConcernsAnswer:
        """One result for each concern, in order; its words are read and forgotten.

        Raises InvalidInput for a day of raising that has not come yet.
        """
        still_wanted()
        some, today = request.concerns, local_day(now)
        _check_raised(some, today)
        readings = self.triage.read([one.text for one in some])
        came = [Came(one.raised_on or today, one.channel, one.raised_by, one.unit_id) for one in some]
        still_wanted()
        missed = self.triage.missed(readings, came, self._record(today), today)
        rows = zip(some, readings, came, missed, strict=True)
        name = ModelName(name=self.model.name, version=self.model.version, features=self.model.service)
        return ConcernsAnswer(request_id=request_id, model=name, results=[self._told(today, *row) for row in rows])

    def _record(self, day: date) -> pd.DataFrame:
        try:
            return self.records(day)
        except NotReady:
            return no_record(day)

    def _told(
        self, today: date, asked: ConcernText, read: Reading, came: Came, missed: Mapping[str, float]
    ) -> TriagedConcern:
        policy = self.triage.policy
        category, channel = category_of(policy, read.category), policy.triage.channel_of(asked.channel)
        known = None if read.unread is not None else read.urgency  # nobody is to file as normal what nobody read
        urgency = next((one for one in policy.triage.urgency if one.code == known), None)
        guessed = ((), ()) if read.unread is not None else (read.categories, read.subcategories)
        return TriagedConcern(
            concern_id=asked.concern_id,
            officer_id=asked.officer_id,
            unit_id=asked.unit_id,
            status=read.status,
            category=read.category,
            subcategory=read.subcategory,
            categories=[_suggested(one) for one in guessed[0]],
            subcategories=[_suggested(one) for one in guessed[1]],
            urgency=known,
            urgency_name=None if urgency is None else _named(urgency),
            urgent_chance=None if read.urgent_chance is None else shown(read.urgent_chance),
            alarm=None if read.alarm is None else _named(read.alarm),
            unread=None if read.unread is None else because_of(read.unread, UNREAD[read.unread]),
            helpers=_helpers(helpers_for(policy, known, came, read.category, read.subcategory)),
            handler=None if category is None else text_of(Bilingual(category.handler_zh, category.handler_en)),
            answer_by=None if channel is None else text_of(channel.answer),
            deadlines=[] if category is None else [
                _deadline(one, today, missed.get(one.deadline)) for one in due_days(category, came.raised_on)
            ],
        )  # fmt: skip


def _check_raised(some: Sequence[ConcernText], today: date) -> None:
    """Raises InvalidInput for the first concern raised on a day that has not come yet."""
    for place, one in enumerate(some):
        if one.raised_on is not None and one.raised_on > today:
            raise InvalidInput(
                f"concerns.{place}.raised_on {one.raised_on} has not come yet; give {today} or earlier, or null for "
                f"today",
                zh=f"concerns.{place}.raised_on {one.raised_on} 尚未到来；请填 {today} 或更早的日期，空为今天",
            )


def _deadline(one: DueDay, today: date, missed: float | None) -> Deadline:
    """What is past is missed, and has no chance of it any more."""
    overdue = today > one.due_on
    chance = None if missed is None or overdue else shown(missed)
    return Deadline(deadline=one.deadline, due_on=one.due_on, overdue=overdue, chance_missed=chance)


@dataclass(frozen=True)
class OpenDesk:
    """Everything that `/v1/concerns/open` needs; `triage` None where no model answers."""

    records: ConcernReader
    policy: Policy
    placements: PlacementsNow
    triage: Triage | None = None

    def answer(self, request: OpenConcernsRequest, request_id: str, now: datetime, sight: Sight) -> OpenConcernsAnswer:
        """Open concerns that the caller may see, most pressing first; raises NotReady without any record."""
        as_of = day_asked(request.as_of, now)
        record = self.records(as_of)
        seen = record[_seen(record, sight)]
        unknown: list[str] = []
        if request.unit_ids is not None:
            placed = self.placements()
            known = placed.units | set(record["unit_id"].dropna())
            unknown = [one for one in dict.fromkeys(request.unit_ids) if one not in known]
            inside = placed.subtree(tuple(request.unit_ids)) | set(request.unit_ids)
            seen = seen[seen["unit_id"].isin(inside)]
        if request.channel is not None:
            seen = seen[seen["channel"] == request.channel]
        still_wanted()
        found = open_concerns(seen, self.triage, self.policy, as_of, record)
        told = [one for one in found if one.escalation is not None or not request.escalated_only]
        return OpenConcernsAnswer(
            request_id=request_id,
            as_of=as_of,
            open=len(found),
            escalated=sum(one.escalation is not None for one in found),
            unknown_units=unknown,
            results=[_open(one) for one in told[: request.top]],
        )


class PlacementsNow(Protocol):
    """Where everybody serves now, and the unit tree."""

    def __call__(self) -> Placements:
        """In force."""
        ...


@dataclass(frozen=True)
class ThemesDesk:
    """Everything that `/v1/concerns/themes` needs."""

    records: ConcernReader
    policy: Policy
    placements: PlacementsNow

    def answer(self, request: ThemesRequest, request_id: str, now: datetime, sight: Sight) -> ThemesAnswer:
        """Themes of units that the caller may see; who may be seen is found among all, so that two callers who
        compare learn no more than one."""
        rules, as_of = self.policy.triage.themes, day_asked(request.as_of, now)
        months = months_before(as_of, request.months or rules.months)
        placements = self.placements()
        found = themes(self.records(as_of), placements.parents, months, rules.least_people)
        still_wanted()
        wanted = None if request.unit_ids is None else set(request.unit_ids)
        names = {one.code: Bilingual(one.name_zh, one.name_en) for category in self.policy.concerns
                 for one in (category, *category.subcategories)}  # fmt: skip
        told = [one for one in found if one.unit_id and sight.covers(one.unit_id)
                and (wanted is None or one.unit_id in wanted)]  # fmt: skip
        whole = sight.units is None and wanted is None
        return ThemesAnswer(
            request_id=request_id,
            as_of=as_of,
            least_people=rules.least_people,
            results=list(_themes(told, names)),
            subcategories=list(_subthemes(found, names)) if whole else [],
            not_told=_too_few(rules.least_people)
            if told
            else _nothing_told(rules.least_people, len(months), _first_with(found, placements, wanted, sight)),
        )


def _seen(record: pd.DataFrame, sight: Sight) -> pd.Series:
    """Which rows a caller may see: of units within reach, and an officer's own."""
    if sight.units is None:
        return pd.Series(True, index=record.index)
    own = record["officer_id"].eq(sight.officer_id) if sight.officer_id else pd.Series(False, index=record.index)
    return record["unit_id"].isin(list(sight.units)) | own.fillna(False)


def _open(one: Open) -> OpenConcern:
    came = one.came
    return OpenConcern(
        concern_id=one.concern_id,
        officer_id=one.officer_id,
        unit_id=one.unit_id,
        status="acknowledged" if one.acknowledged else "new",
        channel=came.channel or "",
        raised_by=came.raised_by or "",
        raised_on=came.raised_on,
        days_open=one.days_open,
        category=one.category,
        subcategory=one.subcategory,
        suggested=None if one.suggested is None else _suggested(one.suggested),
        urgency=one.urgency,
        alarm=None if one.alarm is None else _named(one.alarm),
        helpers=_helpers(one.helpers),
        handler=None if one.handler is None else text_of(one.handler),
        answer_by=None if one.answer_by is None else text_of(one.answer_by),
        deadlines=[_due(due) for due in one.due],
        escalation=None if one.escalation is None else Escalation(
            to=_helper(one.escalation.to), since=one.escalation.since, text=text_of(one.escalation.text)),
    )  # fmt: skip


def _due(due: Due) -> Deadline:
    chance = None if due.chance_missed is None else shown(due.chance_missed)
    return Deadline(
        deadline=due.deadline, due_on=due.due_on, overdue=due.overdue, done_on=due.done_on, chance_missed=chance
    )


def _themes(found: Sequence[ThemeCount], names: Mapping[str, Bilingual]) -> Iterator[Theme]:
    for one in found:
        if one.unit_id is not None:
            name = text_of(names.get(one.category, Bilingual(one.category, one.category)))
            yield Theme(month=one.month, unit_id=one.unit_id, category=one.category, name=name, concerns=one.concerns)


def _subthemes(found: Sequence[ThemeCount], names: Mapping[str, Bilingual]) -> Iterator[Subtheme]:
    for one in found:
        if one.subcategory is not None:
            name = text_of(names.get(one.subcategory, Bilingual(one.subcategory, one.subcategory)))
            yield Subtheme(month=one.month, category=one.category, subcategory=one.subcategory, name=name,
                           concerns=one.concerns)  # fmt: skip


def _too_few(least: int) -> Because:
    return because_of(TOO_FEW, Bilingual(
        f"不足 {least} 人的组，以及由其他数字相减可得出这种组的，均不给出",
        f"groups of fewer than {least} people are left out, and figures whose differences would tell of such a group",
    ))  # fmt: skip


def _nothing_told(least: int, months: int, above: Bilingual | None) -> Because:
    """Why a unit has no theme at all, without a figure of it: the rule, and who has some."""
    zh = (
        f"近 {months} 个整月里，没有一个月、没有一个类别有至少 {least} 人提出诉求且无法由其他数字推得，故均不给出；"
        "没有民警编号的诉求，同月同单位只算一人。"
    )
    en = (
        f"in none of the last {months} whole months was any category raised by at least {least} people in a way that "
        "no other figures would tell of fewer, so none is given; concerns without an officer's id count as one person "
        "a month and unit. "
    )
    if above is None:
        return because_of(TOO_FEW, Bilingual(zh + "上级单位也没有可以给出的主题", en + "No unit above has one either"))
    return because_of(
        TOO_FEW, Bilingual(f"{zh}自“{above.zh}”起有可以给出的主题", f"{en}There are some from {above.en} up")
    )


def _first_with(
    found: Sequence[ThemeCount], placements: Placements, wanted: set[str] | None, sight: Sight
) -> Bilingual | None:  # fmt: skip
    """The nearest unit above those asked for (or within reach) that has a theme; None where none has, or all of it
    lies within reach."""
    having = {one.unit_id for one in found if one.unit_id}
    starts = set(sight.units or ()) if wanted is None else wanted
    level, seen = {placements.parents.get(one) for one in starts}, set[str | None]()
    while level - {None} - seen:
        named = sorted(one for one in level if one in having and one is not None)
        if named:
            return placements.name(named[0])
        seen |= level
        level = {placements.parents.get(one) for one in level if one is not None}
    return None


def _suggested(one: Suggestion) -> SuggestedCategory:
    return SuggestedCategory(code=one.code, category=one.category, name=text_of(one.name), chance=shown(one.chance))


def _helpers(some: Sequence[Named]) -> list[Helper]:
    return [_helper(one) for one in some]


def _helper(one: Named) -> Helper:
    return Helper(kind=one.code, name=_named(one))


def _named(one: Named) -> Text:
    return text_of(Bilingual(one.name_zh, one.name_en))
