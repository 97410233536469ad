"""`POST /v1/profile` without the web: officers against peers in the same post, units by competency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from data_contracts.asof import AsOf
from data_contracts.figures import half_up
from data_contracts.policy import Policy, policy
from models.talent.capability import Capabilities, Capability, UnitCapability
from models.talent.filling import TOLD_DIGITS
from models.talent.profile import Figure, Gap, OfficerProfile, Profiles
from serving.access.reach import EVERYWHERE, Sight
from serving.names import Names
from serving.on_force import UNKNOWN_OFFICER, without_place
from serving.schemas import Because, ModelName, NotScored, Text
from serving.talent.profile_schemas import (
    CompetencyGap,
    CompetencyNamed,
    CourseNeeded,
    OfficerProfiled,
    ProfileAnswer,
    ProfileFigure,
    ProfileRequest,
    UnitCompetency,
    UnitNotProfiled,
    UnitProfiled,
)
from serving.talent.records import RecordReader, Records, day_asked, old
from serving.waiting import while_wanted
from serving.words import text_of

UNKNOWN_UNIT = Because(code="unknown_unit", zh="记录中没有此单位", en="no unit of this id is on record")
NOBODY = Because(
    code="no_officers", zh="本单位及所辖单位目前没有在岗民警，无从评估",
    en="no officer serves in this unit or under it, so there is nothing to measure",
)  # fmt: skip
TABLES = (
    "officers", "postings", "posts", "units", "courses", "course_completions", "competency_standards",
    "competency_assessments", "appraisals", "honours", "duty_months",
)  # fmt: skip
NO_STANDARDS = Because(
    code="no_standards", zh="没有岗位能力标准，无法评估", en="no post has a standard of competency to measure against"
)
MODEL = ModelName(name="profile", version="policy", features="records")


@dataclass(frozen=True)
class _Named:
    """What posts and units are called."""

    posts: Names
    units: Names
    placeless: Mapping[str, tuple[str | None, Because]]  # why whoever is on record may have no profile
    on_record: frozenset[str]  # units, also those that nobody serves in


@dataclass
class ProfileDesk:
    """Everything that `/v1/profile` needs: how to read the records of a day, and the policy."""

    read: RecordReader
    policy: Policy
    _made: tuple[Records, Profiles, Capabilities, _Named] | None = None

    def answer(
        self, request: ProfileRequest, request_id: str, now: datetime, sight: Sight = EVERYWHERE
    ) -> ProfileAnswer:
        """One result for each officer and unit, in order; raises NotReady where there are no records."""
        records = self.read(day_asked(request.as_of, now))
        made, units, names = self._force(records)
        return ProfileAnswer(
            request_id=request_id,
            model=MODEL,
            as_of=records.as_of,
            feature_age_hours=records.age_hours(now),
            degraded=old(records, now, self.policy),
            results=[_officer(made, officer_id, sight, names) for officer_id in while_wanted(request.officer_ids)],
            units=[_unit(units, unit_id, sight, names) for unit_id in while_wanted(request.unit_ids)],
        )

    def _force(self, records: Records) -> tuple[Profiles, Capabilities, _Named]:
        """Made once for the records of a day."""
        if self._made is None or self._made[0] is not records:
            day = AsOf(records.as_of)
            made = Profiles.of(records.frames, day, self.policy.talent.least_peers)
            names = _Named(
                Names.of(records.frames, "posts", "post_id"), Names.of(records.frames, "units", "unit_id"),
                without_place(records.frames), _units_on_record(records),
            )  # fmt: skip
            self._made = records, made, Capabilities.of(made, records.frames, day), names
        return self._made[1:]


def _units_on_record(records: Records) -> frozenset[str]:
    rows = records.frames.get("units")
    return frozenset() if rows is None else frozenset(rows["unit_id"].astype(str))


def _officer(made: Profiles, officer_id: str, sight: Sight, names: _Named) -> OfficerProfiled | NotScored:
    found = made.officer(officer_id)
    unit_id, why = names.placeless.get(officer_id, (None, UNKNOWN_OFFICER))
    if found is None:
        seen = sight.names(officer_id, unit_id)
        return NotScored(officer_id=officer_id, because=why if seen else UNKNOWN_OFFICER)
    if not sight.names(officer_id, found.unit_id):
        return NotScored(officer_id=officer_id, because=UNKNOWN_OFFICER)
    return _profiled(found, names)


def _profiled(found: OfficerProfile, names: _Named) -> OfficerProfiled:
    return OfficerProfiled(
        officer_id=found.officer_id,
        post_id=found.post_id,
        post_name=names.posts(found.post_id),
        unit_id=found.unit_id,
        unit_name=names.units(found.unit_id),
        profile=[_figure(one) for one in found.figures],
        gaps=[_gap(one) for one in found.gaps],
    )


def _figure(one: Figure) -> ProfileFigure:
    said = {name: getattr(one, name) for name in ("theme", "value", "median", "percentile", "peers", "circle")}
    return ProfileFigure(figure=one.code, name=text_of(one.name), text=text_of(one.text), **said)


def _gap(one: Gap) -> CompetencyGap:
    said = {name: getattr(one, name) for name in ("competency", "standard", "level", "gap", "measured_on")}
    return CompetencyGap(name=text_of(one.name), text=text_of(one.text), **said)


def _unit(units: Capabilities, unit_id: str, sight: Sight, names: _Named) -> UnitProfiled | UnitNotProfiled:
    seen = sight.covers(unit_id)
    found = units.unit(unit_id) if seen else None
    if found is None:
        return UnitNotProfiled(unit_id=unit_id, because=NOBODY if seen and unit_id in names.on_record else UNKNOWN_UNIT)
    if not found.competencies and not found.suppressed:
        return UnitNotProfiled(unit_id=unit_id, because=NO_STANDARDS)
    return _capable(found, sight, names)


def _capable(found: UnitCapability, sight: Sight, names: _Named) -> UnitProfiled:
    above = found.rolled_up_to if found.rolled_up_to is not None and sight.covers(found.rolled_up_to) else None
    return UnitProfiled(
        unit_id=found.unit_id,
        unit_name=names.units(found.unit_id),
        officers=found.officers,
        competencies=[_competency(one) for one in found.competencies],
        suppressed=[CompetencyNamed(competency=one, name=_competency_named(one)) for one in found.suppressed],
        rolled_up_to=above,
        rolled_up_to_name=None if above is None else names.units(above),
    )


def _competency_named(code: str) -> Text:
    return text_of(policy().names.competency_named(code))


def _competency(one: Capability) -> UnitCompetency:
    said = {name: getattr(one, name) for name in ("competency", "officers", "measured", "below", "thin")}
    said |= {name: half_up(getattr(one, name), TOLD_DIGITS) for name in ("share", "low", "high", "mean_gap")}
    courses = [
        CourseNeeded(course_id=course.course_id, name=text_of(course.name), officers=course.officers,
                     levels=half_up(course.levels, TOLD_DIGITS), hours=course.hours, hours_in_all=course.hours_in_all,
                     text=text_of(course.text))
        for course in one.courses
    ]  # fmt: skip
    return UnitCompetency(name=text_of(one.name), courses=courses, text=text_of(one.text), **said)
