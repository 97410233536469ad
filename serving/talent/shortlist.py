"""`POST /v1/shortlist` without the web: talent fields in, a list with its evidence out.

A list is made over the whole force, so that nobody's rank depends on who asks; officers outside of what the caller may
see are counted and not named. It is for talent only: there is no list by anything else, and none from the bottom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from data_contracts.asof import AsOf
from data_contracts.policy import Policy
from data_contracts.vocabulary import TalentField
from models.points.words import Records as Names
from models.talent.evidence import Day
from models.talent.shortlist import COMMITTEE, Candidate, FieldScores
from models.talent.words import LineTold
from serving.access.credential import Credential
from serving.access.reach import EVERYWHERE, Sight
from serving.on_force import UNKNOWN_OFFICER, without_place
from serving.schemas import Because, ModelName
from serving.talent.balance import ProtectedReader, balance_of, may_audit, told_balance
from serving.talent.records import RecordReader, Records, day_asked, old
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
from serving.waiting import while_wanted
from serving.words import because_of, text_of

NO_EVIDENCE = Because(
    code="no_evidence",
    zh="本方向没有足够证据列出任何人",
    en="there is too little evidence to list anybody in this field",
)
MODEL = ModelName(name="shortlist", version="policy", features="talent.toml")


@dataclass(frozen=True)
class _Made:
    """The list of a field on a day, who could be listed, and the post and unit of everybody who serves."""

    scores: FieldScores
    candidates: tuple[Candidate, ...]
    able: pd.Index
    posts: Mapping[str, str]
    units: Mapping[str, str]

    @classmethod
    def of(cls, scores: FieldScores) -> _Made:
        """Everything that does not depend on who asks."""
        able = scores.table.index[scores.table["because"].isna()]
        posts, units = (
            {str(officer): str(place) for officer, place in scores.day.peers.places[name].items()}
            for name in ("post", "unit_id")
        )
        return cls(scores, tuple(scores.candidates()), able, posts, units)


@dataclass
class ShortlistDesk:
    """Everything that `/v1/shortlist` needs: how to read a day's records, the policy, and what only audits read."""

    read: RecordReader
    policy: Policy
    protected: ProtectedReader | None = None
    _day: tuple[Records, Day] | None = None
    _made: dict[TalentField, _Made] = field(default_factory=dict)

    def answer(
        self, request: ShortlistRequest, request_id: str, now: datetime, sight: Sight = EVERYWHERE,
        caller: Credential | None = None,
    ) -> ShortlistAnswer:  # fmt: skip
        """One result for each field, in order; raises NotReady where there are no records."""
        records = self.read(day_asked(request.as_of, now))
        told = [self._field(one, records, request.officer_ids, sight) for one in while_wanted(request.fields)]
        return ShortlistAnswer(
            request_id=request_id,
            model=MODEL,
            as_of=records.as_of,
            feature_age_hours=records.age_hours(now),
            degraded=old(records, now, self.policy),
            results=[self._audited(one, records) for one in told] if caller is not None and may_audit(caller) else told,
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
        made, called = self._list(name, records), text_of(name)
        scores, candidates, units = made.scores, made.candidates, made.units
        if not candidates:
            return FieldNotListed(field=name, name=called, because=NO_EVIDENCE)
        names = Names(records.frames)
        seen = [one for one in candidates if sight.names(one.officer_id, units[one.officer_id])]
        placeless = without_place(records.frames) if any(officer not in units for officer in asked) else {}
        reasons = [_not_listed(made, officer, sight, placeless) for officer in dict.fromkeys(asked)]
        return FieldListed(
            field=name,
            name=called,
            size=scores.rule.size,
            listed=len(candidates),
            could_be_listed=len(made.able),
            candidates=[_candidate(one, made, names) for one in seen],
            beyond=len(candidates) - len(seen),
            not_listed=[reason for reason in reasons if reason is not None],
            notice=text_of(COMMITTEE),
        )

    def _audited(self, told: FieldListed | FieldNotListed, records: Records) -> FieldListed | FieldNotListed:
        """The same with the balance of the whole list."""
        if self.protected is None or isinstance(told, FieldNotListed):
            return told
        made = self._list(told.field, records)
        listed = [one.officer_id for one in made.candidates]
        units = made.scores.day.peers.places["unit_id"]
        found = balance_of(self.protected(records.as_of), made.able, listed, units, records.as_of, self.policy)
        return told.model_copy(update={"balance": told_balance(found, self.policy)})


def _not_listed(
    made: _Made, officer_id: str, sight: Sight, placeless: Mapping[str, tuple[str | None, Because]]
) -> OfficerNotListed | None:
    """Why not; of one who holds no post the record says why, to whoever may see the unit held last."""
    unit_id, absent = placeless.get(officer_id, (None, UNKNOWN_OFFICER))
    unit_id = made.units.get(officer_id, unit_id)
    if not sight.names(officer_id, unit_id):
        return OfficerNotListed(officer_id=officer_id, because=UNKNOWN_OFFICER)
    if officer_id not in made.units:
        return OfficerNotListed(officer_id=officer_id, because=absent)
    why = made.scores.not_listed(officer_id)
    if why is None:
        return None
    return OfficerNotListed(officer_id=officer_id, because=because_of(why.code, why.text))


def _candidate(one: Candidate, made: _Made, names: Names) -> ListedOfficer:
    post, unit = made.posts[one.officer_id], made.units[one.officer_id]
    return ListedOfficer(
        officer_id=one.officer_id,
        post_id=post,
        post_name=text_of(names.name("posts", "post_id", post)),
        unit_id=unit,
        unit_name=text_of(names.name("units", "unit_id", unit)),
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
