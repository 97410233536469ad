"""The desks of the short list and of the profile on a small simulated bureau: order, refusals, and who may see whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from data_contracts.vocabulary import TalentField
from features.history import History
from models.talent.shortlist import Candidate, FieldScores
from serving.access.credential import AccessScope, Credential
from serving.access.reach import EVERYWHERE, Sight
from serving.schemas import NotScored
from serving.talent.balance import ProtectedRecords
from serving.talent.profile import ProfileDesk
from serving.talent.profile_schemas import OfficerProfiled, ProfileRequest, UnitNotProfiled, UnitProfiled
from serving.talent.records import Records
from serving.talent.shortlist import ShortlistDesk
from serving.talent.shortlist_schemas import FieldListed, FieldNotListed, ShortlistRequest
from tests.models.records import framed
from tests.serving.guidance_state import guidance

DAY, NOW = date(2025, 12, 1), datetime(2025, 12, 1, 6)


@cache
def frames() -> Mapping[str, pd.DataFrame]:
    """The rows as they stood on the day."""
    made = simulate(400, 4, 7, date(2026, 1, 1))
    found = {}
    for name, table in catalog().tables.items():
        known = made[name][made[name]["known_on"] <= pd.Timestamp(DAY)]
        found[name] = known.drop_duplicates(list(table.key), keep="last") if table.key else known
    return found


READS: list[date] = []


@cache
def records() -> Records:
    return Records(DAY, frames())


def read(as_of: date) -> Records:
    READS.append(as_of)
    return records()


def lists(
    *fields: TalentField, officers: tuple[str, ...] = (), sight: Sight = EVERYWHERE
) -> list[FieldListed | FieldNotListed]:
    request = ShortlistRequest(fields=list(fields), officer_ids=list(officers))
    return ShortlistDesk(read, policy()).answer(request, "r-1", NOW, sight).results


def test_each_field_has_its_list_in_the_order_asked() -> None:
    answer = ShortlistDesk(read, policy()).answer(
        ShortlistRequest(fields=[TalentField.TRAFFIC, TalentField.FIRE_SUPERVISION, TalentField.TRAFFIC]),
        "r-1",
        NOW,
        EVERYWHERE,
    )
    assert [one.field.value for one in answer.results] == ["traffic", "fire_supervision", "traffic"]
    assert answer.results[0] == answer.results[2]
    assert (answer.request_id, answer.as_of, answer.feature_age_hours, answer.degraded) == ("r-1", DAY, 6.0, False)
    traffic = answer.results[0]
    assert isinstance(traffic, FieldListed)
    assert len(traffic.candidates) >= traffic.size == 20
    assert [one.score for one in traffic.candidates] == sorted((one.score for one in traffic.candidates), reverse=True)
    for one in traffic.candidates:
        assert one.score == pytest.approx(sum(line.points for line in one.evidence), abs=0.1)
        assert len(one.evidence) == len(policy().talent.rule("traffic").lines)
        assert all(line.text.zh and line.text.en and line.name.zh for line in one.evidence)
    assert "委员会" in traffic.notice.zh


def test_officers_outside_of_what_the_caller_may_see_are_counted_and_not_named() -> None:
    (whole,) = lists(TalentField.TRAFFIC)
    assert isinstance(whole, FieldListed)
    units = frozenset(unit for unit in frames()["units"]["unit_id"] if str(unit).startswith("u-0-1"))
    (part,) = lists(TalentField.TRAFFIC, sight=Sight(units))
    assert isinstance(part, FieldListed)
    assert part.beyond == len(whole.candidates) - len(part.candidates) > 0
    ranks = {one.officer_id: one.rank for one in whole.candidates}
    assert all(one.rank == ranks[one.officer_id] for one in part.candidates)
    hidden = next(name for name in ranks if name not in {one.officer_id for one in part.candidates})
    (asked,) = lists(TalentField.TRAFFIC, officers=(hidden, "nobody"), sight=Sight(units))
    assert isinstance(asked, FieldListed)
    assert asked.not_listed[0].because == asked.not_listed[1].because
    assert asked.not_listed[0].because.code == "unknown_officer"


def test_who_was_asked_about_and_is_not_listed_gets_a_reason() -> None:
    (whole,) = lists(TalentField.TRAFFIC)
    assert isinstance(whole, FieldListed)
    best = whole.candidates[0].officer_id
    listed = {one.officer_id for one in whole.candidates}
    serving = frames()["postings"].query("ended_on.isna()")["officer_id"]
    other = next(str(name) for name in serving if name not in listed)
    (asked,) = lists(TalentField.TRAFFIC, officers=(best, other, other))
    assert isinstance(asked, FieldListed)
    assert [one.officer_id for one in asked.not_listed] == [other]
    assert asked.not_listed[0].because.code in {"low_score", "others_higher", "short_service", "too_little_evidence"}


AUDITOR = Credential("committee", frozenset({AccessScope.RECOMMEND_READ, AccessScope.AUDIT_READ}), None)
READER = replace(AUDITOR, scopes=frozenset({AccessScope.RECOMMEND_READ}))
SELF = replace(AUDITOR, units=(), officer_id="o-1")


# in so small a bureau, so that groups are large enough to be told of whatever the lines weigh
LENIENT = replace(policy(), talent=replace(policy().talent, least_score=0.0))


def audited(caller: Credential | None, frame: pd.DataFrame | None = None) -> FieldListed:
    protected = frames()["protected_attributes"] if frame is None else frame
    desk = ShortlistDesk(read, LENIENT, lambda _: protected)
    (found,) = desk.answer(ShortlistRequest(fields=[TalentField.TRAFFIC]), "r-1", NOW, EVERYWHERE, caller).results
    assert isinstance(found, FieldListed)
    return found


def test_who_may_audit_is_told_of_groups_and_nobody_else_is() -> None:
    found = audited(AUDITOR).balance
    assert found is not None
    assert {one.attribute for one in found.groups} == {"sex", "ethnicity", "age_band", "unit_size"}
    women = next(one for one in found.groups if one.group == "sex=female")
    men = next(one for one in found.groups if one.group == "sex=male")
    assert (women.name.zh, women.name.en) == ("性别：女", "women")
    assert women.listed + men.listed == audited(AUDITOR).listed
    assert women.could_be_listed + men.could_be_listed == audited(AUDITOR).could_be_listed
    assert women.low is not None
    assert women.ratio is not None
    assert women.high is not None
    assert women.low <= women.ratio <= women.high
    assert women.text.en.startswith("women: ")
    assert all(one.could_be_listed >= policy().talent.least_group for one in found.groups)
    assert [audited(caller).balance for caller in (None, READER, SELF)] == [None] * 3
    assert ShortlistDesk(read, LENIENT).answer(
        ShortlistRequest(fields=[TalentField.TRAFFIC]), "r", NOW, EVERYWHERE, AUDITOR
    ).results[0] == audited(None), "nothing to audit by"


def test_no_group_of_fewer_than_policy_allows_is_told_of() -> None:
    """Nine officers of one ethnicity: named as a group they would be nearly named one by one."""
    protected = frames()["protected_attributes"].assign(ethnicity="han", sex=None)
    protected.loc[protected.index[:60], "ethnicity"] = "dai"
    able = audited(AUDITOR).could_be_listed
    strict = replace(policy(), talent=replace(policy().talent, least_group=able // 2 + 1))
    desk = ShortlistDesk(read, strict, lambda _: protected)
    (found,) = desk.answer(ShortlistRequest(fields=[TalentField.TRAFFIC]), "r", NOW, EVERYWHERE, AUDITOR).results
    assert isinstance(found, FieldListed)
    assert found.balance is not None
    assert found.balance.groups == []
    assert [one.en for one in found.balance.lacking] == ["sex"]
    assert [one.en for one in found.balance.withheld] == ["ethnicity", "age", "unit size"]
    told = found.model_dump_json(include={"balance"})
    assert "dai" not in told
    assert not any(one.officer_id in told for one in found.candidates)


def test_protected_attributes_are_those_known_on_the_day(tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state")
    read_protected = ProtectedRecords(use)
    assert len(read_protected(DAY)) == 0
    rows = [{"officer_id": "a", "sex": sex, "birth_year": 1990, "known_on": known}
            for sex, known in (("male", "2020-01-01"), ("female", "2024-01-01"), ("male", "2026-01-01"))]  # fmt: skip
    History(use.history_dir).append("protected_attributes", framed("protected_attributes", rows))
    assert read_protected(DAY)["sex"].tolist() == ["female"]
    assert read_protected(date(2023, 1, 1))["sex"].tolist() == ["male"]
    assert read_protected(DAY) is not None


def test_fields_posts_and_units_carry_their_names() -> None:
    (found,) = lists(TalentField.TRAFFIC)
    assert isinstance(found, FieldListed)
    assert (found.name.zh, found.name.en) == ("交通管理", "traffic")
    units, posts = (frames()[name].drop_duplicates(key).set_index(key) for name, key in
                    (("units", "unit_id"), ("posts", "post_id")))  # fmt: skip
    for one in found.candidates:
        assert (one.unit_name.zh, one.unit_name.en) == tuple(units.loc[one.unit_id, ["name_zh", "name_en"]])
        assert (one.post_name.zh, one.post_name.en) == tuple(posts.loc[one.post_id, ["name_zh", "name_en"]])


def test_a_field_without_evidence_says_so() -> None:
    bare = {name: frames()[name] for name in ("officers", "postings")}
    desk = ShortlistDesk(lambda _: Records(DAY, bare), policy())
    (one,) = desk.answer(ShortlistRequest(fields=[TalentField.TRAFFIC]), "r", NOW, EVERYWHERE).results
    assert isinstance(one, FieldNotListed)
    assert one.because.code == "no_evidence"


def test_old_records_are_marked() -> None:
    later = datetime(2025, 12, 4)
    asked = ShortlistRequest(fields=[TalentField.TRAFFIC], as_of=DAY)
    assert ShortlistDesk(read, policy()).answer(asked, "r", later, EVERYWHERE).degraded
    assert READS[-1] == DAY
    assert ProfileDesk(read, policy()).answer(ProfileRequest(unit_ids=["u-0"]), "r", later, EVERYWHERE).degraded


def test_profiles_come_in_the_order_asked_and_units_beside_them() -> None:
    serving = [str(name) for name in frames()["postings"].query("ended_on.isna()")["officer_id"][:2]]
    request = ProfileRequest(officer_ids=[serving[1], "nobody", serving[0], serving[1]], unit_ids=["u-0", "nowhere"])
    answer = ProfileDesk(read, policy()).answer(request, "r-1", NOW, EVERYWHERE)
    assert [one.officer_id for one in answer.results] == [serving[1], "nobody", serving[0], serving[1]]
    assert answer.results[0] == answer.results[3]
    nobody = answer.results[1]
    assert isinstance(nobody, NotScored)
    assert nobody.because.code == "unknown_officer"
    first = answer.results[0]
    assert isinstance(first, OfficerProfiled)
    assert {one.theme for one in first.profile} == {"activity", "competency", "growth", "learning"}
    assert all(one.text.zh and one.text.en for one in first.profile)
    assert all(one.text.zh and one.text.en for one in first.gaps)
    bureau, nowhere = answer.units
    assert isinstance(bureau, UnitProfiled)
    assert isinstance(nowhere, UnitNotProfiled)
    assert nowhere.because.code == "unknown_unit"
    shares = [one.share for one in bureau.competencies]
    assert shares == sorted(shares)
    assert all(one.low <= one.share <= one.high for one in bureau.competencies)


def test_who_holds_no_post_is_told_so_and_is_not_unknown() -> None:
    """One who left, one between two posts, and a recruit without a posting; elsewhere than the caller may see they
    look like nobody."""
    table = frames()["officers"]
    gone = str(next(one for one in table.loc[table["left_on"].notna(), "officer_id"]
                    if one in set(frames()["postings"]["officer_id"])))  # fmt: skip
    recruit = table[table["left_on"].isna()].iloc[:1].assign(officer_id="recruit")
    postings = frames()["postings"]
    between = str(next(one for one in table.loc[table["left_on"].isna(), "officer_id"]
                       if one in set(postings["officer_id"])))  # fmt: skip
    over = postings["ended_on"].where(postings["officer_id"] != between, pd.Timestamp(DAY) - pd.Timedelta(days=4))
    more = Records(DAY, {
        **frames(), "officers": pd.concat([table, recruit], ignore_index=True),
        "postings": postings.assign(ended_on=over),
    })  # fmt: skip
    ids, part = [gone, between, "recruit", "nobody"], Sight(frozenset({"elsewhere"}))
    told = [("not_serving", "当日不在队"), ("no_post_held", "当日未任职：最近一次任职已结束，没有同岗位人员可比"),
            ("no_posting", "尚无任职记录"), ("unknown_officer", "查无此人")]  # fmt: skip
    for sight, reasons in ((EVERYWHERE, told), (part, told[3:] * 4)):
        profiles = ProfileDesk(lambda _: more, policy()).answer(ProfileRequest(officer_ids=ids), "r", NOW, sight)
        assert [(one.because.code, one.because.zh) for one in profiles.results if isinstance(one, NotScored)] == reasons
        asked = ShortlistRequest(fields=[TalentField.TRAFFIC], officer_ids=ids)
        (listed,) = ShortlistDesk(lambda _: more, policy()).answer(asked, "r", NOW, sight).results
        assert isinstance(listed, FieldListed)
        assert [(one.because.code, one.because.zh) for one in listed.not_listed] == reasons


def test_a_small_unit_is_not_told_of_and_names_a_unit_above_only_if_it_may_be_seen() -> None:
    desk = ProfileDesk(read, policy())
    asked = ProfileRequest(unit_ids=["u-0-1-1-1"])
    (whole,) = desk.answer(asked, "r", NOW, EVERYWHERE).units
    assert isinstance(whole, UnitProfiled)
    assert (whole.competencies, whole.rolled_up_to is not None) == ([], True)
    (part,) = desk.answer(asked, "r", NOW, Sight(frozenset({"u-0-1-1-1"}))).units
    assert isinstance(part, UnitProfiled)
    assert part.rolled_up_to is None
    (none,) = desk.answer(asked, "r", NOW, Sight(frozenset({"u-0-2"}))).units
    assert isinstance(none, UnitNotProfiled)


def test_a_unit_on_record_that_nobody_serves_in_is_not_called_unknown() -> None:
    units = frames()["units"]
    new = framed("units", [{"unit_id": "u-new", "parent_id": "u-0-1", "unit_level": "community", "name_zh": "新社区",
                            "known_on": "2025-01-01"}])  # fmt: skip
    desk = ProfileDesk(lambda _: Records(DAY, {**frames(), "units": pd.concat([units, new])}), policy())
    asked = ProfileRequest(unit_ids=["u-new", "u-0-1", "nowhere"])
    empty, above, nowhere = desk.answer(asked, "r", NOW, EVERYWHERE).units
    assert isinstance(empty, UnitNotProfiled)
    assert (empty.because.code, empty.because.en[:26]) == ("no_officers", "no officer serves in this ")
    assert isinstance(above, UnitProfiled)
    assert isinstance(nowhere, UnitNotProfiled)
    (hidden, *_) = desk.answer(asked, "r", NOW, Sight(frozenset({"u-0-2"}))).units
    assert isinstance(hidden, UnitNotProfiled)
    assert hidden.because == nowhere.because, "what may not be seen looks as if it were not there"


def test_without_standards_a_unit_says_so() -> None:
    bare = {name: rows for name, rows in frames().items() if name != "competency_standards"}
    desk = ProfileDesk(lambda _: Records(DAY, bare), policy())
    (one,) = desk.answer(ProfileRequest(unit_ids=["u-0"]), "r", NOW, EVERYWHERE).units
    assert isinstance(one, UnitNotProfiled)
    assert one.because.code == "no_standards"


def test_a_request_must_name_somebody() -> None:
    with pytest.raises(ValidationError, match="at least one officer or one unit"):
        ProfileRequest()
    with pytest.raises(ValidationError):
        ShortlistRequest(fields=[])


def test_a_list_is_made_once_for_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FieldScores] = []
    once = FieldScores.candidates

    def counted(scores: FieldScores) -> list[Candidate]:
        made.append(scores)
        return once(scores)

    monkeypatch.setattr(FieldScores, "candidates", counted)
    desk = ShortlistDesk(read, policy())
    asked = ShortlistRequest(fields=[TalentField.TRAFFIC, TalentField.FIRE_SUPERVISION])
    first, again = (desk.answer(asked, "r-1", NOW, EVERYWHERE) for _ in range(2))
    assert first.results == again.results
    assert len(made) == 2


def test_profiles_and_short_lists_of_the_service_share_one_reading() -> None:
    profile, listed = guidance()["/v1/profile"], guidance()["/v1/shortlist"]
    assert isinstance(profile, ProfileDesk)
    assert isinstance(listed, ShortlistDesk)
    assert profile.read is listed.read
