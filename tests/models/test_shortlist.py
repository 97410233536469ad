"""Short lists: points line by line, ties as ties, refusals with their reason, nominations that give nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from data_contracts.policy import policy
from data_contracts.talent_pool import FieldRule, TalentLine, TalentPolicy
from data_contracts.vocabulary import TalentField
from models.talent.evidence import OWN, Day, line_totals
from models.talent.shortlist import COMMITTEE, FieldScores, short_lists
from tests.models.small_force import DAY, force, rows

HONOURS = TalentLine("honours", "表彰", "honours", "honours", "occurred_on", "count", 4.0, 10.0,
                     where={"honour": ("star",)})  # fmt: skip
YEARS = TalentLine("years", "年限", "years", "postings", "started_on", "years", 1.0, 5.0,
                   where={"posts.job_family": ("patrol",)})  # fmt: skip
LAW = TalentLine("law", "法律", "law", "competency_assessments", "occurred_on", "above_peers", 2.0, 3.0,
                 where={"competency": ("law",)}, value="level", steady_rows=1.0)  # fmt: skip


def rule(*lines: TalentLine, **more: Any) -> TalentPolicy:
    """Two places, one kind of evidence enough."""
    asked: dict[str, Any] = {"size": 2, "nomination": "shown", **more}
    field = FieldRule(TalentField.TRAFFIC, ("traffic",), lines=lines, **asked)
    return TalentPolicy(36, 1, 2, 0.5, 24, 10, (field,))


def scored(frames: dict[str, pd.DataFrame], policy_of: TalentPolicy) -> FieldScores:
    return short_lists(frames, DAY, policy_of, ["traffic"])["traffic"]


def praised(*names: str, on: str = "2024-05-01") -> pd.DataFrame:
    return rows(
        "honours", *({"officer_id": name, "honour": "star", "level": "other", "occurred_on": on} for name in names)
    )


def test_rows_count_up_to_the_cap_and_are_named_with_their_days() -> None:
    frames = {**force("abc"), "honours": praised("a", "b", "b", "b")}
    found = scored(frames, rule(HONOURS)).candidates()
    assert [(one.officer_id, one.rank, one.score) for one in found] == [("b", 1, 10.0), ("a", 2, 4.0)]
    line = found[0].lines[0]
    assert (line.points, line.rows, [item.day for item in line.items]) == (10.0, 3, ["2024-05-01"] * 3)
    assert line.text.en == "3 from 2024-05-01 to 2024-05-01 (the most it can count)"
    assert line.text.zh == "2024-05-01至2024-05-01共3次（封顶）"
    assert found[1].lines[0].text.en == "1 on 2024-05-01"


def test_everybody_equal_to_the_last_place_is_named_and_marked() -> None:
    frames = {**force("abcde"), "honours": praised("a", "a", "b", "c", "d")}
    found = scored(frames, rule(HONOURS))
    told = [(one.officer_id, one.rank, one.tied, one.tied_at_edge) for one in found.candidates()]
    assert told == [("a", 1, False, False), ("b", 2, True, True), ("c", 2, True, True), ("d", 2, True, True)]
    assert found.not_listed("b") is None


def test_equals_inside_the_list_are_tied_but_not_at_its_edge() -> None:
    frames = {**force("abc"), "honours": praised("a", "b")}
    told = [(one.rank, one.tied, one.tied_at_edge) for one in scored(frames, rule(HONOURS)).candidates()]
    assert told == [(1, True, False), (1, True, False)]


def test_who_is_not_listed_is_told_why() -> None:
    frames = {**force("abcdef"), "honours": praised("a", "a", "b", "b", "c", "f")}
    frames["officers"].loc[5, "entered_on"] = pd.Timestamp("2025-01-01")
    frames["postings"].loc[4, "ended_on"] = pd.Timestamp("2025-12-31")
    found = scored(frames, rule(HONOURS))
    why = {name: None if (one := found.not_listed(name)) is None else one.code for name in "abcdef"}
    assert why == {"a": None, "b": None, "c": "others_higher", "d": "too_little_evidence", "e": "not_serving",
                   "f": "short_service"}  # fmt: skip
    told = found.not_listed("c")
    assert told is not None
    assert (told.text.zh, told.text.en) == ("得分4.0，末位入选者8.0", "a score of 4.0; the last one listed has 8.0")
    few = found.not_listed("d")
    assert few is not None
    assert few.text.en == "0 kinds of evidence in this field, 1 are needed"
    new = found.not_listed("f")
    assert new is not None
    assert "36 months" in new.text.en


def test_a_list_stays_short_rather_than_name_somebody_without_a_score() -> None:
    frames = {**force("abc"), "honours": praised("a")}
    assert [one.officer_id for one in scored(frames, rule(HONOURS)).candidates()] == ["a"]
    low = scored(frames, replace(rule(HONOURS), least_score=4.1))
    assert low.candidates() == []
    told = low.not_listed("a")
    assert told is not None
    assert told.text.en == "a score of 4.0, below the least one of 4.1"


def test_a_self_nomination_is_marked_and_gives_nothing() -> None:
    asked = (("a", "traffic", "2025-06-01"), ("b", "traffic", "2020-06-01"), ("c", "fire_supervision", "2025-06-01"))
    wishes = [{"officer_id": name, "talent_field": field, "occurred_on": day} for name, field, day in asked]
    named = rows("self_nominations", *wishes)
    frames = {**force("abc"), "honours": praised("a", "b", "b", "c")}
    without = scored(frames, rule(HONOURS, size=3)).candidates()
    found = scored({**frames, "self_nominations": named}, rule(HONOURS, size=3)).candidates()
    assert [(one.officer_id, one.score) for one in found] == [(one.officer_id, one.score) for one in without]
    assert {one.officer_id: one.nominated for one in found} == {"b": False, "a": True, "c": False}
    required = scored({**frames, "self_nominations": named}, rule(HONOURS, nomination="required"))
    assert [one.officer_id for one in required.candidates()] == ["a"]
    told = required.not_listed("b")
    assert told is not None
    assert (told.code, told.text.en) == ("not_nominated", "no self-nomination within 24 months")


def test_years_in_related_posts_count_to_the_day_and_not_beyond() -> None:
    frames = force("ab")
    frames["postings"] = rows(
        "postings",
        {
            "officer_id": "a",
            "post_id": "patrol-1",
            "unit_id": "u-1",
            "started_on": "2023-01-01",
            "ended_on": "2025-01-01",
        },
        {"officer_id": "a", "post_id": "traffic-1", "unit_id": "u-1", "started_on": "2025-01-01"},
        {"officer_id": "b", "post_id": "patrol-1", "unit_id": "u-1", "started_on": "2025-01-01"},
    )
    totals = line_totals(YEARS, Day.of(frames, DAY, 2))
    assert totals["points"].round(2).to_dict() == {"a": 2.0, "b": 1.0}
    (line,) = scored(frames, rule(YEARS)).lines(["a"])["a"]
    assert [(item.day, item.until) for item in line.items] == [("2023-01-01", "2025-01-01")]
    assert line.text.en == "2.0 years since 2023-01-01"


def levels(**of: float) -> pd.DataFrame:
    day = "2025-03-01"
    measured = [
        {"officer_id": name, "competency": "law", "occurred_on": day, "level": value} for name, value in of.items()
    ]
    return rows("competency_assessments", *measured)


def test_a_mean_counts_against_peers_in_the_same_post_and_takes_points_off_below_them() -> None:
    day = Day.of({**force("abcd"), "competency_assessments": levels(a=3.0, b=2.0, c=1.0)}, DAY, 2)
    totals = line_totals(LAW, day)
    # one row counts 1 / (1 + 1); 2 points a level: a stands 1.5 above (2 + 1) / 2
    assert totals["points"].to_dict() == {"a": 1.5, "b": 0.0, "c": -1.5}
    assert list(totals[["mean", "peer_mean", "peers", "circle"]].to_dict("index")["a"].values()) == [
        3.0,
        1.5,
        2.0,
        "post",
    ]
    (line,) = FieldScores.of("traffic", rule(LAW), day).lines(["a"])["a"]
    assert line.text.en == "mean 3.00 of 1, against 1.50 of 2 others in the same post, last on 2025-03-01"
    (fading,) = FieldScores.of("traffic", rule(replace(LAW, half_life_months=48)), day).lines(["a"])["a"]
    assert fading.text.en == (
        "mean 3.00 of 1 (recent ones count more: half after 48 months), against 1.50 of 2 others in the same post, "
        "last on 2025-03-01"
    )
    assert fading.text.zh.startswith("1次平均3.00（近期的权重更大，每过48个月减半），")
    capped = line_totals(replace(LAW, cap=1.0), day)
    assert capped["points"].to_dict() == {"a": 1.0, "b": 0.0, "c": -1.0}


def test_without_peers_a_mean_gives_no_points_and_says_so() -> None:
    day = Day.of({**force("ab"), "competency_assessments": levels(a=3.0)}, DAY, 2)
    found = FieldScores.of("traffic", rule(LAW), day)
    (line,) = found.lines(["a"])["a"]
    assert (line.points, line.text.en) == (0.0, "nothing to compare with, so no points")
    assert found.table["kinds"]["a"] == 0
    assert [one.text.en for one in found.lines(["b"])["b"]] == ["nothing recorded"]


def test_standing_out_is_measured_against_ones_own_other_rows() -> None:
    own_levels = {"law": 3.0, "fitness": 2.0, "analysis": 1.0}
    measured = [{"officer_id": "a", "competency": what, "occurred_on": "2025-03-01", "level": level}
                for what, level in own_levels.items()]  # fmt: skip
    taken = rows("competency_assessments", *measured)
    day = Day.of({**force("ab"), "competency_assessments": taken}, DAY, 2)
    own = replace(LAW, how="above_own")
    totals = line_totals(own, day)
    assert list(totals[["mean", "peer_mean", "peers", "circle", "points"]].to_dict("index")["a"].values()) == [
        3.0,
        1.5,
        2,
        OWN,
        1.5,
    ]
    (line,) = FieldScores.of("traffic", rule(own), day).lines(["a"])["a"]
    assert line.text.zh == "1次平均3.00，本人其余2次平均1.50，最近2025-03-01"
    alone = Day.of({**force("ab"), "competency_assessments": levels(a=3.0)}, DAY, 2)
    assert line_totals(own, alone)["points"].tolist() == [0.0]


def test_rows_of_related_posts_stand_out_against_those_of_other_times() -> None:
    frames = force("ab")
    frames["postings"] = rows(
        "postings",
        {
            "officer_id": "a",
            "post_id": "patrol-1",
            "unit_id": "u-1",
            "started_on": "2020-01-01",
            "ended_on": "2023-01-01",
        },
        {"officer_id": "a", "post_id": "traffic-1", "unit_id": "u-1", "started_on": "2023-01-01"},
    )
    given = (
        ("performance", "2022-12-31", 70.0),
        ("performance", "2023-12-31", 80.0),
        ("supervision", "2021-12-31", 99.0),
    )
    appraised = [{"officer_id": "a", "kind": kind, "occurred_on": day, "score": score} for kind, day, score in given]
    frames["appraisals"] = rows("appraisals", *appraised)
    line = TalentLine("work", "考核", "appraisals", "appraisals", "occurred_on", "above_own", 1.0, 20.0,
                      where={"kind": ("performance",)}, value="score", job_families=("traffic",))  # fmt: skip
    totals = line_totals(line, Day.of(frames, DAY, 2))
    assert list(totals[["mean", "peer_mean", "points"]].to_dict("index")["a"].values()) == [80.0, 70.0, 10.0]


def test_old_rows_fade_or_drop_out() -> None:
    frames = {**force("ab"), "honours": praised("a", on="2016-01-01")}
    day = Day.of(frames, DAY, 2)
    assert line_totals(replace(HONOURS, months=60), day).empty
    faded = line_totals(replace(HONOURS, half_life_months=60), day)
    assert float(faded["points"]["a"]) == pytest.approx(1.0, abs=0.01)  # two half-lives of four points
    (line,) = FieldScores.of("traffic", rule(replace(HONOURS, half_life_months=60)), day).lines(["a"])["a"]
    assert line.text.en == "1 on 2016-01-01, 0.2 after fading"


def test_nothing_of_the_day_itself_or_later_counts() -> None:
    frames = {**force("ab"), "honours": praised("a", on="2026-01-01")}
    assert scored(frames, rule(HONOURS)).candidates() == []


def test_absent_tables_hold_no_evidence() -> None:
    found = short_lists({"postings": force("ab")["postings"]}, DAY, policy().talent)
    assert list(found) == [field.value for field in TalentField]
    assert all(not one.candidates() for one in found.values())
    told = found["traffic"].not_listed("a")
    assert told is not None
    assert told.code == "too_little_evidence"


def test_the_list_says_that_a_committee_decides() -> None:
    assert "由委员会决定" in COMMITTEE.zh
    assert "committee that decides" in COMMITTEE.en


def test_the_lines_of_a_short_list_add_up_to_its_score_as_they_are_shown() -> None:
    """Of many fading lines each is rounded where it is shown, and what was cut off is in no sum."""
    days = ["2023-01-17", "2022-03-05", "2021-08-29", "2024-02-11", "2020-11-23"]
    given = [praised(*"abcde"[place:], on=day) for place, day in enumerate(days)]
    frames = {**force("abcde"), "honours": pd.concat(given, ignore_index=True)}
    lines = [
        replace(HONOURS, code=f"h{months}", points=0.7, cap=100.0, half_life_months=months) for months in range(5, 60)
    ]
    found = scored(frames, rule(*lines, size=5)).candidates()
    assert len(found) == 5
    for one in found:
        hundredths = sum(round(100 * line.points) for line in one.lines)
        assert round(10 * one.score) == (hundredths + 5) // 10, "added up as shown, halves up"
