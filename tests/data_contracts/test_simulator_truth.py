"""The planted effects are really there: who knows the truth can read it back from the tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import policy
from data_contracts.simulator.bureau import build_units
from data_contracts.simulator.catalogue import build_catalogue
from data_contracts.simulator.conduct import CONDUCT_HEAT, Conduct
from data_contracts.simulator.effects import Effects
from data_contracts.simulator.families import family_index, post_ids
from data_contracts.simulator.fields import FIELDS
from data_contracts.simulator.ladders import climb
from data_contracts.simulator.ledger import Ledger
from data_contracts.simulator.months import Calendar
from data_contracts.simulator.moves import move_facts
from data_contracts.simulator.roster import Roster, World
from tests.data_contracts.simulated_bureau import END, bureau, first_versions

CALENDAR = Calendar(END, 12)


@pytest.fixture(scope="module")
def frames() -> Mapping[str, pd.DataFrame]:
    return bureau()


@pytest.fixture(scope="module")
def officer_months(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Truth with what happened: one row an officer and month, `sustained` and `opened` counts, load and training."""
    truth = frames["truth"].copy()
    key = ["officer_id", "month"]
    complaints = frames["complaints"].assign(month=lambda rows: rows["opened_on"].dt.to_period("M").dt.start_time)
    sustained = complaints[complaints["finding"] == "sustained"].groupby(key).size().rename("sustained")
    opened = first_versions(complaints).groupby(key).size().rename("opened")
    duty = frames["duty_months"].set_index(key)[["overtime_hours", "sick_days", "nights"]]
    rows = truth.join(sustained, on=key).join(opened, on=key).join(duty, on=key)
    return rows.fillna({"sustained": 0, "opened": 0}).sort_values(key, ignore_index=True)


def rate_ratio(rows: pd.DataFrame, raised: pd.Series, outcome: str = "sustained") -> float:
    """Events a month where `raised`, over those elsewhere."""
    return float(rows.loc[raised, outcome].mean() / rows.loc[~raised, outcome].mean())


def test_counts_agree_with_the_planted_hazards(officer_months: pd.DataFrame) -> None:
    expected, seen = officer_months["any_complaint"].sum(), officer_months["opened"].sum()
    assert abs(seen - expected) < 4 * np.sqrt(expected) + 0.02 * expected
    strained = (officer_months["sick_days"] >= 10).sum()
    assert abs(strained - officer_months["strain"].sum()) < 4 * np.sqrt(strained)


def test_rates_rise_with_the_hazard_in_every_fifth(officer_months: pd.DataFrame) -> None:
    fifth = pd.qcut(officer_months["any_complaint"], 5, labels=False)
    assert officer_months.groupby(fifth)["opened"].mean().is_monotonic_increasing


def test_base_rates_leave_enough_to_learn_from(officer_months: pd.DataFrame) -> None:
    year = officer_months[officer_months["month"].dt.year == 2019].groupby("officer_id")
    assert 0.04 < (year["sustained"].sum() > 0).mean() < 0.08
    assert 0.15 < (year["opened"].sum() > 0).mean() < 0.28


def test_past_complaints_excite_new_ones(officer_months: pd.DataFrame) -> None:
    rows = officer_months.assign(log_hazard=np.log(officer_months["conduct"]))
    jump = rows.groupby("officer_id")["log_hazard"].diff().shift(-1)
    once = rows["opened"] == 1
    assert jump[once].median() == pytest.approx(Effects().conduct.past_complaints, abs=0.1)
    assert abs(jump[~once].median()) < 0.05
    past = rows.groupby("officer_id")["opened"].shift().rolling(12).sum()
    known = rows.groupby("officer_id").cumcount() >= 12
    assert rate_ratio(rows[known], past[known] > 0) > 1.6


def test_short_tenure_raises_conduct(frames: Mapping[str, pd.DataFrame], officer_months: pd.DataFrame) -> None:
    entered = officer_months["officer_id"].map(frames["officers"].set_index("officer_id")["entered_on"])
    new = (officer_months["month"] - entered).dt.days < 365 * 3
    assert rate_ratio(officer_months, new) > 1.2


def test_a_completed_conduct_course_lowers_conduct(
    frames: Mapping[str, pd.DataFrame], officer_months: pd.DataFrame
) -> None:
    valid = _within(officer_months, frames["course_completions"].query("course_id == 'k-conduct'"), months=24)
    assert rate_ratio(officer_months[officer_months["month"].dt.year >= 2018], ~valid) > 1.3


def test_commendations_change_nothing(frames: Mapping[str, pd.DataFrame], officer_months: pd.DataFrame) -> None:
    assert Effects().conduct.commendations == 0.0
    praised = _within(officer_months, frames["honours"].query("level == 'commendation'"), months=12)
    assert 0.75 < rate_ratio(officer_months, praised) < 1.3


def test_overtime_above_peers_strains(frames: Mapping[str, pd.DataFrame], officer_months: pd.DataFrame) -> None:
    usual = officer_months.groupby("officer_id")["overtime_hours"].shift().rolling(6).mean()
    high = (usual > usual.quantile(0.8)) & (officer_months.groupby("officer_id").cumcount() >= 6)
    spells = officer_months.assign(spell=(officer_months["sick_days"] >= 10).astype(float))
    assert rate_ratio(spells, high, "spell") > 1.3


def test_findings_come_late_with_a_long_tail(frames: Mapping[str, pd.DataFrame]) -> None:
    complaints = frames["complaints"]
    found = complaints[complaints["finding"].notna()]
    assert (found["known_on"] == found["closed_on"]).all()
    old = found[(found["finding"] == "sustained") & (found["opened_on"] < "2019-01-01")]
    years = (old["closed_on"] - old["opened_on"]).dt.days / 365.25
    assert 0.30 < (years > 2).mean() < 0.45
    assert 0.03 < (years > 4.3).mean() < 0.16


def test_an_opened_complaint_tells_no_finding(frames: Mapping[str, pd.DataFrame]) -> None:
    opened = first_versions(frames["complaints"])
    assert (opened["known_on"] == opened["opened_on"]).all()
    assert opened["finding"].isna().all()
    assert opened["closed_on"].isna().all()


def test_stagnation_and_short_tenure_drive_departure(officer_months: pd.DataFrame) -> None:
    last = officer_months.groupby("officer_id")["month"].transform("max")
    leaving = officer_months.assign(left=(officer_months["month"] == last) & (last < "2025-12-01"))
    high = leaving["departure"] > leaving["departure"].quantile(0.75)
    assert rate_ratio(leaving, high, "left") > 1.3


def test_two_step_patterns_beat_what_the_present_post_alone_tells(frames: Mapping[str, pd.DataFrame]) -> None:
    moves = _moves(frames["postings"])
    follows = move_facts().two_step[moves["before"], moves["present"]]
    planted = moves[follows >= 0].assign(follows=follows[follows >= 0])
    assert len(planted) > 0.15 * len(moves)
    hits = (planted["following"] == planted["follows"]).mean()
    alone = move_facts().chain[planted["present"], planted["follows"]].mean()
    assert hits > 0.4 > 2 * alone


def test_officers_return_to_earlier_posts(frames: Mapping[str, pd.DataFrame]) -> None:
    postings = frames["postings"].sort_values(["officer_id", "started_on"])
    moved = postings[postings["post_id"] != postings.groupby("officer_id")["post_id"].shift()]
    again = moved.duplicated(["officer_id", "post_id"])
    assert 0.05 < again.mean() < 0.4


def test_an_elective_leads_to_its_job_family(frames: Mapping[str, pd.DataFrame]) -> None:
    postings = frames["postings"].sort_values(["officer_id", "started_on"])
    arrived = postings.assign(family=postings["post_id"].str.rsplit("-", n=1).str[0])
    arrived = arrived[arrived["family"] != arrived.groupby("officer_id")["family"].shift()]
    arrived = arrived[arrived["started_on"] >= "2020-01-01"]
    trained = _took(frames["course_completions"], "e-traffic-1")
    came = arrived.merge(trained, on="officer_id", how="left")
    before = came["occurred_on"] < came["started_on"]
    to_traffic = came["family"] == "traffic"
    assert before[to_traffic].mean() > 1.5 * before[~to_traffic].mean()


def test_small_courses_are_on_offer_and_nobody_has_taken_one(frames: Mapping[str, pd.DataFrame]) -> None:
    """Half an hour and an hour of each competency, since the last month: spare time has something to offer, and what
    models learn from stays as it was."""
    courses = frames["courses"]
    small = courses[courses["hours"] <= 1.0]
    assert sorted(small.groupby("competency")["hours"].agg(tuple)) == [(0.5, 1.0)] * 9
    assert small["issued_on"].eq(courses["known_on"].max().replace(day=1)).all()
    assert not frames["course_completions"]["course_id"].isin(small["course_id"]).any()


def test_posts_that_require_a_course_are_taken_after_it(frames: Mapping[str, pd.DataFrame]) -> None:
    required = frames["posts"].set_index("post_id")["required_course_id"].dropna()
    moves = frames["postings"].query("occasion != 'entry'")
    moves = moves[moves["post_id"].isin(required.index)].assign(course_id=lambda rows: rows["post_id"].map(required))
    done = frames["course_completions"].groupby(["officer_id", "course_id"])["occurred_on"].min()
    day = moves.join(done, on=["officer_id", "course_id"])["occurred_on"]
    assert (day < moves["started_on"]).all()


def test_steps_keep_the_least_time_of_the_policy(frames: Mapping[str, pd.DataFrame]) -> None:
    steps = frames["promotions"].sort_values(["officer_id", "ladder", "occurred_on"])
    before = steps.groupby(["officer_id", "ladder"])[["rank_step", "occurred_on"]].shift()
    climbed = (steps["kind"] == "step") & before["rank_step"].notna()
    years = (steps["occurred_on"] - before["occurred_on"]).dt.days[climbed] / 365.25
    least = {(ladder.code, step.code): step.minimum_years for ladder in policy().ladders for step in ladder.steps}
    keys = zip(steps["ladder"][climbed], before["rank_step"][climbed], strict=True)
    wanted = np.array([least[key] for key in keys], dtype=float)
    assert (years.to_numpy() >= wanted - 0.01).all()


def test_a_post_is_kept_for_a_year(frames: Mapping[str, pd.DataFrame]) -> None:
    moved = frames["postings"].query("occasion != 'entry'")
    before = frames["postings"].sort_values("started_on").groupby("officer_id")["started_on"].shift()
    assert ((moved["started_on"] - before.reindex(moved.index)).dt.days >= 360).all()


def test_hazards_differ_by_sex_only_through_the_work(frames: Mapping[str, pd.DataFrame]) -> None:
    sex = frames["truth"]["officer_id"].map(frames["protected_attributes"].set_index("officer_id")["sex"])
    conduct = frames["truth"].groupby(sex)["conduct"].mean()
    assert 0.8 < conduct["male"] / conduct["female"] < 1.25
    first = (
        frames["postings"]
        .query("occasion == 'entry'")
        .assign(sex=lambda rows: rows["officer_id"].map(frames["protected_attributes"].set_index("officer_id")["sex"]))
    )
    shares = first["post_id"].str.startswith(("patrol", "special_police")).groupby(first["sex"]).mean()
    assert 1.0 < shares["male"] / shares["female"] < 1.5


def test_some_stagnate(frames: Mapping[str, pd.DataFrame]) -> None:
    done = frames["course_completions"]
    recent = done[done["occurred_on"] >= "2024-01-01"]["officer_id"]
    months = frames["duty_months"]
    present = months.loc[months["month"] == pd.Timestamp(2025, 12, 1), "officer_id"]
    assert 0.01 < (~present.isin(recent)).mean() < 0.12


@pytest.fixture(scope="module")
def talent(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The planted levels of the last month, by officer."""
    rows = frames["talent"]
    last: pd.DataFrame = rows[rows["month"] == rows["month"].max()].set_index("officer_id")[list(FIELDS)]
    return last


def test_talent_shows_in_measured_competencies(frames: Mapping[str, pd.DataFrame], talent: pd.DataFrame) -> None:
    levels = frames["competency_assessments"].groupby(["officer_id", "competency"])["level"].mean().unstack()
    levels = levels.reindex(talent.index)
    for field, competency in (("intelligence_it", "analysis"), ("traffic", "communication")):
        related = levels[competency].corr(talent[field])
        assert related > 0.3
        assert related > levels[competency].corr(talent["fire_supervision"]) + 0.1


def test_talent_brings_honours_courses_and_nominations_of_its_field(
    frames: Mapping[str, pd.DataFrame], talent: pd.DataFrame
) -> None:
    high, low = talent["traffic"] > 1.0, talent["traffic"] < -0.5
    honours, courses = frames["honours"], frames["course_completions"]
    nominations = frames["self_nominations"]
    for rows, least in (
        (honours[honours["honour"] == "交通管理先进个人"], 3.0),
        (courses[courses["course_id"] == "t-traffic"], 1.8),
        (nominations[nominations["talent_field"] == "traffic"], 1.4),
    ):
        number = rows.groupby("officer_id").size().reindex(talent.index, fill_value=0)
        assert number[high].mean() > least * number[low].mean()
    scores = courses[courses["course_id"] == "t-traffic"].groupby("officer_id")["score"].mean().reindex(talent.index)
    assert scores[high].mean() > scores[low].mean() + 5


def test_talent_shows_in_appraisals_of_related_work_and_grows_with_it(
    frames: Mapping[str, pd.DataFrame], talent: pd.DataFrame
) -> None:
    postings = frames["postings"]
    now = postings[postings["ended_on"].isna()].set_index("officer_id")["post_id"].str.rsplit("-", n=1).str[0]
    here = now.reindex(talent.index) == "traffic"
    last = frames["appraisals"].query("kind == 'performance' and occurred_on >= '2024-01-01'")
    scores = last.groupby("officer_id")["score"].mean().reindex(talent.index)
    assert scores[here].corr(talent.loc[here, "traffic"]) > scores[~here].corr(talent.loc[~here, "traffic"]) + 0.1
    assert talent.loc[here, "traffic"].mean() > talent.loc[~here, "traffic"].mean() + 0.2


@pytest.fixture(scope="module")
def conduct() -> tuple[World, Conduct]:
    """A small block with everybody in their first post and nothing that raises a hazard but that."""
    catalogue = build_catalogue(CALENDAR, 0)
    world = World(0, 0, CALENDAR, build_units(60, 0), climb(), Effects(), Roster(60, catalogue.electives), Ledger({}))
    world.climate = np.zeros(len(world.units.ids))
    world.roster.entered_month[:] = -120
    return world, Conduct(world)


@pytest.mark.parametrize("covariate", ["overtime_above_peers", "nights", "missing_training"])
def test_a_unit_of_load_multiplies_the_hazard_by_its_effect(conduct: tuple[World, Conduct], covariate: str) -> None:
    world, drawn = conduct
    none, one = np.zeros(world.roster.size), np.ones(world.roster.size)
    loads = [one if name == covariate else none for name in ("overtime_above_peers", "nights", "missing_training")]
    ratio = drawn.hazards(0, *loads).sustained / drawn.hazards(0, none, none, none).sustained
    assert ratio == pytest.approx(np.exp(getattr(world.effects.conduct, covariate)))


def test_climate_past_frailty_and_family_multiply_the_hazard(conduct: tuple[World, Conduct]) -> None:
    world, drawn = conduct
    none = np.zeros(world.roster.size)
    world.roster.post[0] = 4 * family_index("legal")
    world.roster.unit[1], world.climate[1] = 1, 0.5
    drawn.excitation[2:4] = 2.0, 99.0
    world.roster.frailty[4] = 1.0
    world.roster.entered_month[5] = -6
    hazard, facts = drawn.hazards(0, none, none, none).sustained, world.effects.conduct
    heat = [facts.job_family * (CONDUCT_HEAT[family_index("legal")] - CONDUCT_HEAT[0]), 0.5 * facts.unit_climate,
            2.0 * facts.past_complaints, 4.0 * facts.past_complaints, facts.frailty, facts.short_tenure]  # fmt: skip
    assert np.log(hazard[:6] / hazard[6]) == pytest.approx(heat)


def _moves(postings: pd.DataFrame) -> pd.DataFrame:
    """Consecutive post numbers of each officer, repeated posts merged: before, present, following."""
    numbers = {post: number for number, post in enumerate(post_ids())}
    rows = postings.sort_values(["officer_id", "started_on"]).assign(post=lambda frame: frame["post_id"].map(numbers))
    rows = rows[rows["post"] != rows.groupby("officer_id")["post"].shift()]
    posts = rows.groupby("officer_id")["post"]
    moves = pd.DataFrame({"before": posts.shift(2), "present": posts.shift(), "following": rows["post"]})
    return moves.dropna().astype("int64")


def _took(completions: pd.DataFrame, course: str) -> pd.DataFrame:
    first = completions[completions["course_id"] == course].sort_values("occurred_on")
    return first.drop_duplicates("officer_id")[["officer_id", "occurred_on"]]


def _within(rows: pd.DataFrame, events: pd.DataFrame, months: int) -> pd.Series:
    """Whether each officer had such an event in the `months` before the month of the row."""
    happened = events[["officer_id", "occurred_on"]].sort_values("occurred_on")
    asked = rows[["officer_id", "month"]].assign(place=rows.index).sort_values("month")
    latest = pd.merge_asof(asked, happened, left_on="month", right_on="occurred_on", by="officer_id",
                           allow_exact_matches=False)  # fmt: skip
    recent = (latest["month"] - latest["occurred_on"]).dt.days <= 30.44 * months
    return recent.set_axis(latest["place"]).sort_index()
