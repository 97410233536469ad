"""The rule table: plain SQL agrees, caps and expiry hold on the day, no day of service counts twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.asof import add_months
from data_contracts.decisions import PointsRule
from data_contracts.policy import policy
from models.points.lines import Account, accounts, totals, totals_on
from models.points.words import Records, line_text, merit_text
from tests.models.records import DAY, officers_of, record, simulated

RULES = policy().points
UNITS = [
    {"unit_id": "s1", "unit_level": "station", "name_zh": "一所", "name_en": "Station 1"},
    {"unit_id": "s2", "unit_level": "community"},
    {"unit_id": "b", "unit_level": "bureau"},
]


def rule(code: str, **more: Any) -> PointsRule:
    """A rule of policy, changed."""
    return replace(next(one for one in RULES if one.code == code), **more)


def posted(unit: str, started: str, ended: str | None = None, officer: str = "a") -> dict[str, Any]:
    """One posting."""
    return {"officer_id": officer, "post_id": "p", "unit_id": unit, "started_on": started, "ended_on": ended}


def honour(on: str, level: str | None = "commendation", name: str = "嘉奖") -> dict[str, Any]:
    """One award."""
    return {"officer_id": "a", "honour": name, "level": level, "occurred_on": on}


def account(frames: Mapping[str, pd.DataFrame], rules: Sequence[PointsRule], day: date) -> Account:
    """Of officer a; the counting form must agree."""
    (told,) = accounts(frames, ["a"], rules, day)
    counted = totals(frames, ["a"], rules, day)
    assert counted.iloc[0].tolist() == [*(line.points for line in told.lines), told.total]
    return told


def grass_roots(day: str, *postings: dict[str, Any], **tables: Any) -> list[str]:
    """The anniversaries that count."""
    frames = record(postings=postings, units=UNITS, **tables)
    (line,) = account(frames, [rule("grassroots_years")], date.fromisoformat(day)).lines
    return [str(merit.earned_on) for merit in line.merits]


# Told a second time in SQL: rows by counting, years by asking each anniversary whether its whole year was served.
ROWS = """
    SELECT o.officer_id, count(r.officer_id) AS n FROM officers o LEFT JOIN ({rows}) r
    ON r.officer_id = o.officer_id AND r.day < $day AND ($months IS NULL OR r.day + to_months($months) > $day)
    GROUP BY ALL
"""
SQL: Mapping[str, str] = {
    "first_class_merit": "SELECT officer_id, occurred_on AS day FROM honours WHERE level IN ('first_class', 'title')",
    "second_class_merit": "SELECT officer_id, occurred_on AS day FROM honours WHERE level = 'second_class'",
    "third_class_merit": "SELECT officer_id, occurred_on AS day FROM honours WHERE level = 'third_class'",
    "commendation": "SELECT officer_id, occurred_on AS day FROM honours WHERE level = 'commendation'",
    "law_exam": "SELECT t.officer_id, t.occurred_on AS day FROM course_completions t "
    "JOIN courses c USING (course_id) WHERE c.competency = 'law' AND t.score >= 80",
    "training_passed": "SELECT officer_id, occurred_on AS day FROM course_completions WHERE score >= 60",
    "excellent_appraisal": "SELECT officer_id, occurred_on AS day FROM appraisals WHERE grade = 'excellent'",
}
YEARS = """
    WITH served AS (
        SELECT DISTINCT p.officer_id,
            unnest(generate_series(p.started_on, coalesce(p.ended_on, $day) - to_days(1), to_days(1))) AS day
        FROM postings p JOIN units u USING (unit_id) WHERE u.unit_level IN ('station', 'community')
    ), numbered AS (
        SELECT officer_id, day, day - to_days(row_number() OVER (PARTITION BY officer_id ORDER BY day)::INT) AS island
        FROM served
    ), stretches AS (
        SELECT officer_id, min(day) AS begun, max(day) + to_days(1) AS ended FROM numbered GROUP BY officer_id, island
    ), years AS (
        SELECT officer_id, (SELECT count(*) FROM range(1, 60) t(k) WHERE begun + to_months((12 * k)::INT) <= ended) AS n
        FROM stretches
    ) SELECT o.officer_id, coalesce(sum(n), 0) AS n FROM officers o LEFT JOIN years USING (officer_id) GROUP BY ALL
"""


@pytest.mark.parametrize("code", [one.code for one in RULES])
def test_plain_sql_agrees(code: str) -> None:
    frames, ids = simulated(), officers_of(simulated())
    base = duckdb.connect()
    for name, rows in frames.items():
        base.register(name, rows)
    one, given_by = rule(code), dict[str, Any](day=pd.Timestamp(DAY))
    sql = YEARS if one.per == "year" else ROWS.format(rows=SQL[code])
    if one.per == "row":
        given_by["months"] = one.expires_months
    told = dict(base.execute(sql, given_by).fetchall())
    wanted = [min(int(told[officer]) * one.points, one.cap) for officer in ids]
    assert totals(frames, ids, RULES, DAY)[code].tolist() == wanted
    assert len(set(wanted)) > 1


@pytest.mark.parametrize("months", [0, 9, 31])
def test_counting_and_telling_agree_to_the_last_bit_on_this_and_later_days(months: int) -> None:
    frames, ids, day = simulated(), [*officers_of(simulated())[::4], "nobody"], add_months(DAY, months)
    odd = [replace(one, points=one.points / 7, cap=one.cap / 3) for one in RULES]
    for rules in (RULES, odd):
        told = accounts(frames, ids, rules, day)
        counted = totals(frames, ids, rules, day)
        assert [one.total for one in told] == counted["total"].tolist()
        for number, one in enumerate(rules):
            assert [each.lines[number].points for each in told] == counted[one.code].tolist()


def test_each_officer_is_counted_on_a_day_of_their_own() -> None:
    honours = [{**honour(f"{year}-06-01"), "officer_id": one} for one in "abc" for year in range(2016, 2022)]
    postings = [posted("s1", "2016-01-01", None if one == "a" else "2020-01-01", one) for one in "abc"]
    frames = record(honours=honours, postings=postings, units=UNITS)
    days = {"a": date(2021, 1, 1), "b": date(2018, 6, 1), "c": date(2022, 7, 9), "nobody": date(2020, 1, 1)}
    told = totals_on(frames, days, RULES)
    assert told == {one: float(totals(frames, [one], RULES, day)["total"].iloc[0]) for one, day in days.items()}
    assert len(set(told.values())) == 4


DAYS = st.dates(date(2015, 1, 1), date(2022, 3, 1))


@given(st.lists(DAYS, max_size=8), DAYS, st.integers(1, 60), st.sampled_from([3.0, 0.1]), st.sampled_from([9.0, 0.25]))
@settings(max_examples=60, deadline=None)
def test_caps_and_expiry_hold_whatever_the_days(
    days: list[date], day: date, months: int, points: float, cap: float
) -> None:
    frames = record(honours=[honour(str(one)) for one in days])
    one = rule("commendation", expires_months=months, points=points, cap=cap)
    (line,) = account(frames, [one], day).lines
    alive = [each for each in days if each < day < add_months(each, months)]
    assert line.points == min(len(alive) * points, cap)
    assert [merit.earned_on for merit in line.merits] == sorted(each for each in days if each < day)
    assert sum(merit.counted for merit in line.merits) == pytest.approx(line.points)
    assert line.points + line.cut_off == pytest.approx(line.subtotal)
    assert sum(merit.cut_off for merit in line.merits) == pytest.approx(line.cut_off)


@given(
    st.lists(st.tuples(DAYS, st.none() | st.integers(1, 900), st.sampled_from(["s1", "s2", "b"])), max_size=6),
    DAYS,
    st.randoms(use_true_random=False),
)
@settings(max_examples=25, deadline=None)
def test_no_day_of_service_counts_twice(served: list[tuple[date, int | None, str]], day: date, shuffle: Any) -> None:
    rows = [posted(u, str(begun), str(begun + timedelta(days=n)) if n else None) for begun, n, u in served]
    days = set()
    for begun, length, unit in served:
        end = min(begun + timedelta(days=length), day) if length else day
        days |= {begun + timedelta(days=n) for n in range((end - begun).days)} if unit != "b" else set()
    wanted, anniversaries = 0, set[date]()
    for each in sorted(days):
        if not {each - timedelta(days=n) for n in (1, 2)} & days:  # a gap of one day is no break
            anniversaries = {add_months(each, 12 * k) for k in range(1, 9)}
        wanted += each + timedelta(days=1) in anniversaries
    shuffled = shuffle.sample(rows, len(rows))
    found = grass_roots(str(day), *shuffled)
    assert len(found) == wanted == len(grass_roots(str(day), *rows))
    assert found == sorted(found)


def test_full_years_by_anniversary_leap_days_and_stretches() -> None:
    assert grass_roots("2021-02-27", posted("s1", "2020-02-29")) == []
    assert grass_roots("2021-02-28", posted("s1", "2020-02-29")) == ["2021-02-28"]
    assert grass_roots("2024-02-28", posted("s1", "2020-02-29"))[-1] == "2023-02-28"
    assert grass_roots("2024-02-29", posted("s1", "2020-02-29"))[-1] == "2024-02-29"
    first, following = posted("s1", "2018-01-01", "2019-07-01"), posted("s2", "2019-07-01", "2021-01-01")
    assert grass_roots("2022-01-01", first, following) == ["2019-01-01", "2020-01-01", "2021-01-01"]
    assert grass_roots("2022-01-01", first, {**following, "started_on": "2019-07-03"}) == ["2019-01-01", "2020-07-03"]
    assert grass_roots("2022-01-01", first, posted("b", "2019-07-01")) == ["2019-01-01"]
    left = [{"officer_id": "a", "left_on": "2020-01-15"}]
    assert grass_roots("2022-01-01", posted("s1", "2018-01-01"), officers=left) == ["2019-01-01", "2020-01-01"]


def test_years_can_expire_too() -> None:
    frames = record(postings=[posted("s1", "2015-01-01")], units=UNITS)
    (line,) = account(frames, [rule("grassroots_years", expires_months=24)], date(2020, 1, 1)).lines
    assert [merit.expired for merit in line.merits] == [True, True, True, False, False]
    assert line.points == 4.0


def test_tables_that_nobody_keeps_give_lines_of_nothing() -> None:
    told = account(record(postings=[posted("s1", "2015-01-01")]), RULES, DAY)
    assert (told.total, len(told.lines)) == (0.0, len(RULES))
    assert account({}, RULES, DAY).total == 0.0
    completions = [{"officer_id": "a", "course_id": "q", "occurred_on": "2022-01-01", "score": 90.0}]
    assert account(record(course_completions=completions), RULES, DAY).total == 0.5  # no table of courses: law unknown


def test_every_merit_and_line_is_told_in_both_languages() -> None:
    frames = record(
        honours=[
            honour("2021-01-01"),
            honour("2022-01-01", name="优秀民警"),
            honour("2018-01-01"),
            honour("2022-02-01"),
        ],
        postings=[posted("s1", "2020-06-01")],
        units=UNITS,
        course_completions=[{"officer_id": "a", "course_id": "q", "occurred_on": "2022-01-01", "score": 90.5}],
        courses=[{"course_id": "q", "name_zh": "法律", "competency": "law"}],
        appraisals=[{"officer_id": "a", "kind": "performance", "grade": "excellent", "occurred_on": "2021-12-31"}],
    )
    told = account(frames, [rule("commendation", cap=8.0), *RULES[4:]], DAY)
    zh = [merit_text(Records(frames), line.rule, merit).zh for line in told.lines for merit in line.merits]
    en = [merit_text(Records(frames), line.rule, merit).en for line in told.lines for merit in line.merits]
    assert zh[:4] == [
        "2018-01-01，嘉奖，原计3分，自2021-01-01起不再计分",
        "2021-01-01，嘉奖，计3分，计分至2024-01-01（当日起不再计）",
        "2022-01-01，嘉奖“优秀民警”，计3分，计分至2025-01-01（当日起不再计）",
        "2022-02-01，嘉奖，3分中计2分，其余超出上限，计分至2025-02-01（当日起不再计）",
    ]
    assert en[4:7] == [
        "2021-06-01: posting in “Station 1”, full year 1 of the stretch, 2 points, for good",
        "2022-06-01: posting in “Station 1”, full year 2 of the stretch, 2 points, for good",
        "2022-01-01: course “法律” with a score of 90.5, 4 points, until it expires on 2025-01-01",
    ]
    assert en[-1].startswith("2021-12-31: appraisal of performance: excellent, 3 points")
    lines = [line_text(line) for line in told.lines]
    assert lines[0].zh == "嘉奖：3项有效，计8分（上限8分，超出上限的1分不计），另有1项已过期；依据：嘉奖决定"
    assert lines[0].en.startswith("commendation: 3 in force, 8 points (cap 8, 1 above the cap not counted), 1 more exp")


def test_words_do_without_what_is_not_recorded() -> None:
    any_honour = rule("commendation", where={})
    any_course = rule("training_passed", at_least={})
    any_grade = rule("excellent_appraisal", where={})
    goal = replace(any_honour, code="goals", table="career_goals")
    frames = record(
        honours=[honour("2022-01-01", level=None, name="奖")],
        course_completions=[{"officer_id": "a", "course_id": "q", "occurred_on": "2022-01-01"}],
        appraisals=[{"officer_id": "a", "kind": "supervision", "occurred_on": "2021-12-31"}],
        career_goals=[{"officer_id": "a", "occurred_on": "2021-12-31"}],
    )
    told = account(frames, [any_honour, any_course, any_grade, goal], DAY)
    words = [
        merit_text(Records(frames), line.rule, merit).en.split(",")[0] for line in told.lines for merit in line.merits
    ]
    assert [each.split(": ", 1)[1] for each in words] == [
        "“奖”",
        "course “q”",
        "appraisal of supervision",
        "commendation",
    ]


def test_a_hundred_thousand_rows_are_counted_not_told() -> None:
    draw = np.random.default_rng(3)
    ids = [f"o{number}" for number in range(20_000)]
    days = pd.to_datetime("2015-01-01") + pd.to_timedelta(draw.integers(0, 2500, 100_000), unit="D")
    honours = pd.DataFrame({"officer_id": draw.choice(ids, 100_000), "level": "commendation", "occurred_on": days})
    told = totals({"honours": honours}, ids, [rule("commendation")], DAY)
    assert told["total"].between(0.0, 9.0).all()
    assert told["total"].max() == 9.0
