"""The enums and the contracts say the same, in code and in both languages."""

from __future__ import annotations

import pytest

from data_contracts import vocabulary
from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual, Grade, Outcome, Refusal, Word

PLACES = {
    "Track": ("officers.track", "posts.track"),
    "UnitLevel": ("units.unit_level", "posts.unit_level"),
    "Education": ("officers.education",),
    "LeaveKind": ("officers.leave_kind",),
    "Occasion": ("postings.occasion",),
    "PromotionKind": ("promotions.kind",),
    "AppraisalKind": ("appraisals.kind",),
    "AppraisalGrade": ("appraisals.grade",),
    "HonourLevel": ("honours.level",),
    "ComplaintCategory": ("complaints.category",),
    "ComplaintFinding": ("complaints.finding",),
    "ComplainantType": ("complaints.complainant_type",),
    "Lighting": ("force_reports.lighting",),
    "RaisedBy": ("concerns.raised_by",),
    "Channel": ("concerns.channel",),
    "GoalKind": ("career_goals.goal_kind",),
    "TalentField": ("self_nominations.talent_field",),
    "ItemKind": ("feedback.item_kind",),
    "FeedbackAction": ("feedback.action",),
}


def words(name: str) -> type[Word]:
    found: type[Word] = getattr(vocabulary, name)
    return found


@pytest.mark.parametrize(("name", "place"), [(name, place) for name, places in PLACES.items() for place in places])
def test_enum_and_contract_agree(name: str, place: str) -> None:
    table, column = place.split(".")
    contract = catalog().table(table).column(column)
    assert tuple(word.value for word in words(name)) == contract.enum
    assert {word.value: word.zh for word in words(name)} == contract.labels_zh
    assert {word.value: word.en for word in words(name)} == contract.labels_en


def test_every_enumeration_of_the_contracts_has_an_enum() -> None:
    listed = {place for places in PLACES.values() for place in places}
    tables = catalog().tables.values()
    assert {f"{table.name}.{column.name}" for table in tables for column in table.columns if column.enum} == listed


def test_policy_names_the_ladders_and_outcomes_of_the_vocabulary() -> None:
    assert [ladder.code for ladder in policy().ladders] == [word.value for word in vocabulary.Ladder]
    assert [(ladder.name_zh, ladder.name_en) for ladder in policy().ladders] == [
        (word.zh, word.en) for word in vocabulary.Ladder
    ]
    assert {rule.name for rule in policy().outcomes} == set(Outcome)


def test_a_word_is_its_code_and_knows_both_labels() -> None:
    assert Grade("poor") is Grade.POOR
    assert f"{Grade.POOR}" == "poor"
    assert Refusal.MISSING.label == Bilingual("必填项为空", "a required value is empty")
    assert [grade.severity for grade in Grade] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="awful"):
        Grade("awful")


def test_no_two_words_of_one_enum_share_a_chinese_label() -> None:
    for name in PLACES:
        labels = [word.zh for word in words(name)]
        assert len(set(labels)) == len(labels), name
