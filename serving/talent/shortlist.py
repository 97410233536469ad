"""`POST /v1/shortlist` without the web: talent fields in, a list with its evidence out.

A list is made over the whole force, so that nobody's rank depends on who asks; officers outside of what the caller may
see are counted and not named. It is for talent only: there is no list by anything else, and none from the bottom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from data_contracts.asof import AsOf
from data_contracts.policy import Policy
from data_contracts.vocabulary import TalentField
from models.talent.evidence import Day
from models.talent.shortlist import COMMITTEE, Candidate, FieldScores
from models.talent.words import LineTold
from serving.access.reach import EVERYWHERE, Sight
from serving.schemas import Because, ModelName
from serving.talent.records import UNKNOWN_OFFICER, RecordReader, Records, day_asked, old
from serving.talent.shortlist_schemas import (
    EvidenceItem,
    EvidenceLine,
    FieldListed,
    FieldNotListed,
    ListedOfficer,
    OfficerNotListed,
    ShortlistAnswer,
    ShortlistRequest,
)
from serving.words import because_of, text_of

NO_EVIDENCE = Because(
    code="no_evidence",
    zh="本方向没有足够证据列出任何人",
    en="there is too little evidence to list anybody in this field",
)
MODEL = ModelName(name="shortlist", version="policy", features="talent.toml")


@dataclass(frozen=True)
class _Made:
    """The list of a field on a day, and the unit of everybody who serves."""

    scores: FieldScores
    candidates: tuple[Candidate, ...]
    could_be_listed: int
    units: Mapping[str, str]

    @classmethod
    def of(cls, scores: FieldScores) -> _Made:
        """Everything that does not depend on who asks."""
        units = scores.day.peers.places["unit_id"]
        named = {str(officer): str(unit) for officer, unit in units.items()}
        return cls(scores, tuple(scores.candidates()), int(scores.table["because"].isna().sum()), named)


@dataclass
class ShortlistDesk:
    """Everything that `/v1/shortlist` needs: how to read the records of a day, and the policy."""

    read: RecordReader
    policy: Policy
    _day: tuple[Records, Day] | None = None
    _made: dict[TalentField, _Made] = field(default_factory=dict)

    def answer(
        self, request: ShortlistRequest, request_id: str, now: datetime, sight: Sight = EVERYWHERE
    ) -> ShortlistAnswer:
        """One result for each field, in order; raises NotReady where there are no records."""
        records = self.read(day_asked(request.as_of, now))
        return ShortlistAnswer(
            request_id=request_id,
            model=MODEL,
            as_of=records.as_of,
            feature_age_hours=records.age_hours(now),
            degraded=old(records, now, self.policy),
            results=[self._field(one, records, request.officer_ids, sight) for one in request.fields],
        )

    def _list(self, name: TalentField, records: Records) -> _Made:
        """Made once for the records of a day and a field."""
        if self._day is None or self._day[0] is not records:
            day = Day.of(records.frames, AsOf(records.as_of), self.policy.talent.least_peers)
            self._day, self._made = (records, day), {}
        if name not in self._made:
            self._made[name] = _Made.of(FieldScores.of(name, self.policy.talent, self._day[1]))
        return self._made[name]

    def _field(
        self, name: TalentField, records: Records, asked: list[str], sight: Sight
    ) -> FieldListed | FieldNotListed:
        made = self._list(name, records)
        scores, candidates, units = made.scores, made.candidates, made.units
        if not candidates:
            return FieldNotListed(field=name, because=NO_EVIDENCE)
        seen = [one for one in candidates if sight.names(one.officer_id, units[one.officer_id])]
        known = {officer: officer in units and sight.names(officer, units[officer]) for officer in asked}
        reasons = [_not_listed(scores, officer, known[officer]) for officer in dict.fromkeys(asked)]
        return FieldListed(
            field=name,
            size=scores.rule.size,
            could_be_listed=made.could_be_listed,
            candidates=[_candidate(one) for one in seen],
            beyond=len(candidates) - len(seen),
            not_listed=[reason for reason in reasons if reason is not None],
            notice=text_of(COMMITTEE),
        )


def _not_listed(scores: FieldScores, officer_id: str, visible: bool) -> OfficerNotListed | None:
    if not visible:
        return OfficerNotListed(officer_id=officer_id, because=UNKNOWN_OFFICER)
    why = scores.not_listed(officer_id)
    if why is None:
        return None
    return OfficerNotListed(officer_id=officer_id, because=because_of(why.code, why.text))


def _candidate(one: Candidate) -> ListedOfficer:
    return ListedOfficer(
        officer_id=one.officer_id,
        rank=one.rank,
        score=one.score,
        tied=one.tied,
        tied_at_edge=one.tied_at_edge,
        self_nominated=one.nominated,
        evidence=[_line(line) for line in one.lines],
    )


def _line(line: LineTold) -> EvidenceLine:
    return EvidenceLine(
        line=line.code,
        name=text_of(line.name),
        points=line.points,
        text=text_of(line.text),
        rows=line.rows,
        items=[EvidenceItem(day=item.day, until=item.until, amount=item.amount) for item in line.items],
    )
