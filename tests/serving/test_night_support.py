"""What the night tells beside a grade: flags from earlier nights, support with courses; and what requests hear."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from data_contracts.asof import add_months
from data_contracts.errors import ResultsDamaged
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Outcome
from features.history import History
from models.risk.course_book import Course, CourseBook, Limits, Wanted
from models.risk.flags import best_below
from models.risk.grades import cut_offs
from serving.night.batch import ScoreReport, Terms, score
from serving.night.courses import courses_at, published_courses
from serving.night.followed import FOLLOWED, published_followed
from serving.night.input_checks import Fault
from serving.night.learners import Learners
from serving.night.past import Chances, PublishedPast, earlier_runs
from serving.night.results import latest_run, results_root
from serving.night.tables import as_table
from serving.risk.flagging import Bounds, Trends, bounds_of_force, flags_of, followed_of, measured
from serving.risk.grading import Grading
from serving.risk.schemas import RiskRequest, RiskScored, Support
from serving.risk.supporting import About, support_column, support_for
from serving.risk.warn import RiskDesk
from tests.serving.desks import CUTS, NOW, RISK_MODEL, FakeScorer, FakeSource
from tests.serving.night_force import AS_OF, CountScorer, force, reader, write_snapshot

RULES = policy().grades
TRENDS = Trends(AS_OF, [], {"conduct": 12, "strain": 12})
OLD = Terms(frozenset([Fault.LATE]))  # the records here end long before the nights
RISING, STEADY, BEST = "o-5", "o-9", "o-7"
MERIT = json.dumps({"text": {"zh": "近两年受表彰1次", "en": "1 honour in two years"}, "since": "2016-05-01"})


@dataclass
class MovingScorer(CountScorer):
    """Chances by officer where they are given, else a spread; reasons are complaints, BEST has a merit."""

    answers: tuple[tuple[str, int], ...] = (("conduct", 12),)
    chances: Mapping[str, float] = field(default_factory=dict)

    def _outcome(self, chunk: pd.DataFrame, name: str, months: int) -> pd.DataFrame:
        rows = super()._outcome(chunk, name, months)
        number = chunk["officer_id"].str.removeprefix("o-").astype(int)
        spread = 0.02 + 0.3 * number / 200
        rows["probability"] = [self.chances.get(officer, usual)
                               for officer, usual in zip(chunk["officer_id"], spread, strict=True)]  # fmt: skip
        rows["merits"] = [MERIT if officer == BEST else None for officer in chunk["officer_id"]]
        rows.loc[rows["officer_id"] == "o-0", "probability"] = None
        return rows


def _night(
    state: Settings, back: int, rising: float, version: str = "1", best: float = 0.001, officers: int = 200
) -> pd.DataFrame:
    day = add_months(AS_OF, -back)
    write_snapshot(state, force(officers), day)
    scorer = MovingScorer(chances={RISING: rising, BEST: best}, version=version)
    report = score(day, state, scorer, rules=RULES, reader=reader(state), chunk_officers=60, terms=OLD)
    assert report.new
    return pd.concat([pd.read_parquet(path) for path in sorted(report.folder.glob("part-*.parquet"))]).set_index(
        "officer_id"
    )


def _flags(rows: pd.DataFrame) -> dict[str, list[str]]:
    told = {str(officer): json.loads(flags) for officer, flags in rows["flags"].items() if isinstance(flags, str)}
    return {officer: [flag["kind"] for flag in flags] for officer, flags in told.items() if flags}


def _approached(rows: pd.DataFrame) -> dict[str, str]:
    told = {str(officer): json.loads(flags) for officer, flags in rows["flags"].items() if isinstance(flags, str)}
    return {
        officer: flag["text"]["en"] for officer, flags in told.items() for flag in flags if flag["kind"] == "approach"
    }


def test_a_chance_near_a_limit_is_an_approach_and_earlier_nights_tell_what_it_is_worth(state: Settings) -> None:
    rows = _night(state, 4, 0.3075, officers=240)
    told = _approached(rows)
    assert RISING in told
    assert all("not measured yet" in text for text in told.values())
    assert not set(told) & set(rows.index[rows["grade"].isin(["poor", "excellent"])])
    assert "approach" not in str(rows.loc[STEADY, "flags"])
    assert rows["flags"].isna()["o-0"]  # not scored, not flagged
    for back in (3, 2, 1):
        assert _approached(
            _night(state, back, 0.3075, officers=240)
        )  # the nights do not span the days that policy looks ahead
    rows = _night(state, 0, 0.3075, officers=240)
    assert rows.loc[RISING, "grade"] == "good"
    assert _flags(rows) == {BEST: ["commend"]}  # of who was near nobody was graded worse: it is no news


def test_another_model_version_is_followed_by_nothing_yet(state: Settings) -> None:
    for back in (4, 3, 2, 1):
        _night(state, back, 0.2585)
    told = _approached(_night(state, 0, 0.2585, version="2"))
    assert "not measured yet" in told[RISING]


def _crossers(state: Settings, back: int, *, crossed: bool, officers: int = 240) -> pd.DataFrame:
    """A night in which three officers who are just good have become poor, or not yet."""
    some = {**dict.fromkeys(("o-189", "o-190", "o-191"), 0.4), **dict.fromkeys(("o-200", "o-201", "o-202"), 0.1)}
    day = add_months(AS_OF, -back)
    write_snapshot(state, force(officers), day)
    scorer = MovingScorer(chances=some if crossed else {})
    report = score(day, state, scorer, rules=RULES, reader=reader(state), terms=OLD)
    files = [pd.read_parquet(path) for path in sorted(report.folder.glob("part-*.parquet"))]
    return pd.concat(files).set_index("officer_id")


def test_a_missed_month_makes_the_promise_of_an_alert_older_and_does_not_lose_it(state: Settings) -> None:
    for back in (5, 4, 3, 2):  # the month before the day was missed
        _crossers(state, back, crossed=back == 2)
    told = _approached(_crossers(state, 0, crossed=False))
    since, until = add_months(AS_OF, -5), add_months(AS_OF, -2)
    assert told
    assert all(f"officers as near on {since}, 3 (" in text and f"graded worse by {until}" in text
               for text in told.values())  # fmt: skip
    (found,) = PublishedPast(state, MovingScorer().models, RULES.flags.nights).followed().values()
    assert (found.since, found.until, found.crossed) == (since, until, 3)
    assert f"{found.share:.0%} were graded worse by {until}" in _caption_of(state)


def test_a_night_that_saw_few_officers_does_not_lose_the_promise_either(state: Settings) -> None:
    for back in (5, 4, 3, 2):
        _crossers(state, back, crossed=back == 2)
    _crossers(state, 1, crossed=True, officers=195)  # those who were near are not among them
    told = _approached(_crossers(state, 0, crossed=False))
    assert told
    assert all(f"graded worse by {add_months(AS_OF, -2)}" in text for text in told.values())


def test_a_request_tells_what_the_night_published_though_earlier_nights_are_gone_from_its_store(
    state: Settings,
) -> None:
    for back in (4, 3, 2, 1):
        _crossers(state, back, crossed=back == 1)
    told = _approached(_crossers(state, 0, crossed=False))
    for back in (4, 3):  # a store that was filled again holds only the newest nights
        shutil.rmtree(results_root(state) / f"as_of={add_months(AS_OF, -back)}")
    officer, night = next(iter(told.items()))
    number = int(officer.removeprefix("o-"))
    desk = _desk(state, {officer: (0.02 + 0.3 * number / 200, None)})
    (answer,) = desk.answer(RiskRequest(officer_ids=[officer]), "r", datetime.combine(AS_OF, NOW.time())).results
    assert isinstance(answer, RiskScored)
    (flag,) = answer.flags
    assert flag.text.en == night
    assert "were graded worse by" in night
    other = PublishedPast(state, MovingScorer(version="2").models, RULES.flags.nights)
    assert other.followed() == {}  # another model's alerts are worth what is not known yet


def test_a_run_whose_measure_was_changed_is_told_as_damaged(state: Settings) -> None:
    _crossers(state, 0, crossed=False)
    folder = latest_run(state).folder
    assert published_followed(folder) == {}  # nothing was measured, and that is published too
    (folder / FOLLOWED).chmod(0o644)
    (folder / FOLLOWED).write_text('[{"outcome": "conduct"}]')
    with pytest.raises(ResultsDamaged, match=r"followed\.json"):
        published_followed(folder)
    with pytest.raises(ResultsDamaged, match=r"followed\.json"):
        latest_run(state, verify=True)
    (folder / FOLLOWED).unlink()
    assert published_followed(folder) == {}  # a run of before it was kept


def _caption_of(state: Settings) -> str:
    run = latest_run(state)
    report = ScoreReport(run.folder, run.manifest, new=False, chunks_kept=0, in_force=True, moved=False)
    return str(as_table(report).caption)


def test_nights_that_cannot_be_read_long_ago_stop_no_night(state: Settings) -> None:
    old = [_crossers(state, back, crossed=False) is not None for back in (8, 1)]
    assert all(old)
    _spoil(state, 8)
    assert _approached(_crossers(state, 0, crossed=False))


def test_a_night_of_late_that_cannot_be_read_is_told_and_not_passed_over(state: Settings) -> None:
    for back in (2, 1):  # the newest of them is in force and read in other places too
        _crossers(state, back, crossed=False)
    _spoil(state, 2)
    with pytest.raises(ResultsDamaged, match=r"manifest\.json cannot be read"):
        _crossers(state, 0, crossed=False)


def _spoil(state: Settings, back: int) -> None:
    (path,) = results_root(state).glob(f"as_of={add_months(AS_OF, -back)}/*/manifest.json")
    path.chmod(0o644)
    path.write_text("{", "utf-8")


def test_what_came_of_who_was_near_is_measured_on_nights_that_span_the_days() -> None:
    officers, asked = pd.Index([f"o-{number}" for number in range(200)]), ("conduct", 12)
    first = np.linspace(0.001, 0.3, 200)
    last = first.copy()
    last[np.arange(157, 160)], last[np.arange(170, 173)] = 0.29, 0.1  # three just good change places with three fair
    days = [add_months(AS_OF, -back) for back in (4, 3, 2, 1)]
    nights = [Chances(day, officers, np.full(200, "u", object), {asked: table})
              for day, table in zip(days, (first, first, first, last), strict=True)]  # fmt: skip
    found = followed_of(nights, RULES)[asked]
    assert (found.since, found.until) == (days[0], days[-1])
    assert found.officers == 10  # a twentieth of the force
    assert found.crossed >= 3
    assert followed_of(nights[1:], RULES) == followed_of([], RULES) == {}
    read = dict(zip(days, nights, strict=True))
    assert measured(days, read.get, [asked], RULES) == {asked: found}
    asked_for: list[date] = []

    def one_that_fails(day: date) -> Chances | None:
        asked_for.append(day)
        return None if day == days[0] else read[day]

    assert measured(days, one_that_fails, [asked], RULES) == {}
    assert measured(days[:1], one_that_fails, [asked], RULES) == {}
    assert asked_for == days


def test_a_chance_at_the_limit_is_flagged_by_a_request_as_by_the_night() -> None:
    """Nights keep chances in single precision, so a request must not compare the longer number."""
    longer = 0.1 - 1e-10  # below 0.1 as nights keep it, and the same number there
    kept = float(np.float32(longer))
    rows = pd.DataFrame({"officer_id": ["a"], "outcome": "conduct", "horizon_months": 12, "status": "scored",
                         "grade": "excellent", "overall_grade": "excellent", "merits": MERIT,
                         "finding_days": np.nan})  # fmt: skip
    bounds = Bounds({}, kept)
    night, request = (
        flags_of(rows.assign(probability=chance), TRENDS, RULES, lambda *_: bounds)[0] for chance in (kept, longer)
    )
    assert (night, request) == ("[]", "[]")


def _kinds(rows: pd.DataFrame) -> list[list[str]]:
    """Kinds of flags of rows that are all among the best."""
    told = flags_of(rows, TRENDS, RULES, lambda *_: Bounds({"fair": 0.02}, 0.5))
    return [[flag["kind"] for flag in json.loads(flags)] for flags in told]


def _praised(outcome: str = "conduct", months: int = 12) -> pd.DataFrame:
    return pd.DataFrame({"officer_id": ["a", "b", "c"], "outcome": outcome, "horizon_months": months,
                         "status": "scored", "probability": 0.01, "grade": "good", "overall_grade": "good",
                         "merits": MERIT, "finding_days": np.nan})  # fmt: skip


def test_who_has_a_recent_finding_is_not_praised_and_policy_says_how_recent() -> None:
    assert _kinds(_praised().assign(finding_days=[1100.0, 90.0, np.nan])) == [["commend"], [], ["commend"]]
    rules = replace(RULES, flags=replace(RULES.flags, commend_clear_months=0))
    told = flags_of(_praised().assign(finding_days=90.0), TRENDS, rules, lambda *_: Bounds({}, 0.5))
    assert ["commend" in flags for flags in told] == [True] * 3


@pytest.mark.parametrize(
    ("chances", "told"),
    [
        (np.r_[np.full(600, 1e-4), np.full(200, 1e-6), np.full(200, 0.05)], []),  # no grade excellent exists
        (np.r_[np.full(120, 1e-4), np.linspace(0.002, 0.05, 880)], []),  # it does, but the best tenth are all equals
        (np.r_[np.full(50, 1e-4), np.linspace(0.002, 0.05, 950)], ["commend"]),  # equals, and all of them the best
    ],
)
def test_nobody_is_praised_for_a_figure_that_is_told_as_everybodys(chances: np.ndarray, told: list[str]) -> None:
    """By the night's force, and by what a model of an earlier version kept of its own."""
    asked, least = ("conduct", 12), float(np.sort(chances)[0])
    of_night = bounds_of_force(asked, chances, RULES)
    kept = {asked: best_below(chances, RULES.unit.commend_share)}
    of_model = Grading(RULES, {asked: cut_offs(chances, RULES)}, kept).bounds(asked)
    rows = _praised().iloc[:1].assign(probability=least)
    for bounds in (of_night, of_model):
        (flags,) = flags_of(rows, TRENDS, RULES, lambda *_, bounds=bounds: bounds)
        assert [flag["kind"] for flag in json.loads(flags)] == told


def test_a_fall_among_figures_that_are_told_as_equal_is_none() -> None:
    before = Chances(
        add_months(AS_OF, -3), pd.Index(["a"]), np.array(["u"], object), {("conduct", 12): np.array([9e-4])}
    )
    trends, bounds = replace(TRENDS, earlier=[before]), Bounds({}, 0.5)
    rows = _praised().iloc[:1].assign(merits=None)
    quiet, heard = (
        flags_of(rows.assign(probability=1e-5), now, RULES, lambda *_: bounds)[0]
        for now in (trends, replace(trends, earlier=[replace(before, table={("conduct", 12): np.array([0.01])})]))
    )
    assert quiet == "[]"
    assert "fallen" in heard


def test_praise_is_at_the_horizon_that_grades_and_never_beside_an_alert() -> None:
    assert _kinds(_praised(months=24)) == [[]] * 3
    near = pd.DataFrame({"officer_id": ["b"], "outcome": "strain", "horizon_months": 12, "status": "scored",
                         "probability": 0.019, "grade": "good", "overall_grade": "good", "merits": None,
                         "finding_days": np.nan})  # fmt: skip
    rows = pd.concat([_praised(), near], ignore_index=True)
    told = flags_of(rows, TRENDS, RULES, lambda *_: Bounds({"fair": 0.02}, 0.5))
    assert [[flag["kind"] for flag in json.loads(flags)] for flags in told] == [
        ["commend"], [], ["commend"], ["approach"],
    ]  # fmt: skip


def test_praise_is_suggested_with_its_flag_and_never_without() -> None:
    rows = _praised().assign(reasons="[]", grade=["good", "good", "excellent"])
    flags = ['[{"kind": "commend"}]', '[{"kind": "approach"}]', "[]"]
    first, *others = support_column(rows.assign(flags=flags), {"conduct": 12}, CourseBook(), AS_OF)
    assert [(one["kind"], one["horizon_months"]) for one in json.loads(str(first))] == [
        ("commendation", 12),
        ("training", 12),
    ]
    approached, best_of_others = others
    assert [one["kind"] for one in json.loads(str(approached))] == ["training"], "what makes the officer's grade"
    assert pd.isna(best_of_others), "excellent here, but not the officer's grade, and not commended"
    best = About("conduct", 12, "excellent")
    assert support_for("a", best, None, AS_OF, CourseBook()) == []
    (praise,) = support_for("a", replace(best, commended=True), None, AS_OF, CourseBook())
    assert praise["kind"] == "commendation"


def test_nobody_with_a_warning_is_praised(state: Settings) -> None:
    rows = _night(state, 0, 0.2, best=0.9)
    assert rows.loc[BEST, "grade"] == "poor"
    assert "commend" not in {kind for kinds in _flags(rows).values() for kind in kinds}


def test_a_night_that_knows_more_earlier_nights_is_another_run_and_the_same_one_is_not_made_twice(
    state: Settings,
) -> None:
    write_snapshot(state, force(200))
    scorer = MovingScorer()
    first = score(AS_OF, state, scorer, rules=RULES, reader=reader(state))
    assert not score(AS_OF, state, scorer, rules=RULES, reader=reader(state)).new
    _night(state, 1, 0.2)
    again = score(AS_OF, state, scorer, rules=RULES, reader=reader(state))
    assert again.new
    assert again.manifest.inputs["earlier_runs"] != first.manifest.inputs["earlier_runs"]
    assert not score(AS_OF, state, scorer, rules=RULES, reader=reader(state)).new


def test_the_night_nearest_to_each_month_stands_for_it(state: Settings) -> None:
    for back in (3, 1):
        _night(state, back, 0.2)
    root, models = results_root(state), MovingScorer().models
    days = [run.manifest.as_of for run in earlier_runs(root, AS_OF, models, 3)]
    assert days == [date(2016, 9, 1), date(2016, 11, 1)]
    assert earlier_runs(root, date(2016, 12, 25), models, 1) == []  # the last night is not near to a month before
    assert earlier_runs(root, AS_OF, MovingScorer(version="9").models, 3) == []


def _history(state: Settings) -> None:
    day = pd.Timestamp
    courses = pd.DataFrame(
        {
            "course_id": ["k-talk", "k-duty", "k-old", "k-late", "k-cook"],
            "name_zh": ["沟通", "规范执法", "旧课", "新课", "烹饪"],
            "name_en": ["Talking", "Duty", "Old", "Late", None],
            "competency": ["communication", "law", "law", "law", "cooking"],
            "mandated": [False, True, True, True, False],
            "hours": [8.0, 16.0, 4.0, 4.0, 4.0],
            "issued_on": [None, None, day("2012-01-01"), day("2016-11-01"), None],
            "valid_months": [None, 12, None, None, None],
            "known_on": [day("1900-01-01")] * 3 + [day("2016-12-02"), day("1900-01-01")],
        }
    )
    texts = dict.fromkeys(("course_id", "name_zh", "name_en", "competency"), "string")
    days = dict.fromkeys(("issued_on", "known_on"), "datetime64[us]")
    courses = courses.astype({**texts, **days, "valid_months": "Int64", "mandated": "boolean"})
    taken = pd.DataFrame(
        {
            "officer_id": ["o-199", "o-198", "o-197", "o-196", "o-195"],
            "course_id": ["k-talk", "k-duty", "k-duty", "k-talk", "k-talk"],
            "occurred_on": pd.to_datetime(["2010-01-01", "2016-06-01", "2015-11-30", "2016-11-30", "2016-12-01"]),
            "known_on": pd.to_datetime(["2010-01-01", "2016-06-01", "2015-11-30", "2016-12-05", "2016-12-01"]),
        }
    ).astype({"officer_id": "string", "course_id": "string", "occurred_on": "datetime64[us]",
              "known_on": "datetime64[us]"})  # fmt: skip
    history = History(state.history_dir)
    history.append("courses", courses)
    history.append("course_completions", taken.assign(score=np.nan, hours=np.nan))


def test_courses_are_those_on_offer_that_the_officer_has_not_got(state: Settings) -> None:
    _history(state)
    book = courses_at(state, AS_OF)
    assert [course.course_id for course in book.courses] == ["k-cook", "k-duty", "k-talk"]  # not over, not yet known
    asked = [Wanted("complaints", ("law", "communication"))]
    offered = {officer: [one.course.course_id for one in book.addressing(officer, asked, Limits(), AS_OF)]
               for officer in ("o-1", "o-199", "o-198", "o-197", "o-196", "o-195")}  # fmt: skip
    assert offered == {
        "o-1": ["k-duty", "k-talk"],  # what is mandated first
        "o-199": ["k-duty"],
        "o-198": ["k-talk"],
        "o-197": ["k-duty", "k-talk"],  # expired after its twelve months
        "o-196": ["k-duty", "k-talk"],  # taken, but nobody knew it then
        "o-195": ["k-duty", "k-talk"],  # what happens on the day itself is not seen yet
    }
    assert courses_at(state.model_copy(update={"state": state.state / "none"}), AS_OF) == CourseBook()


def test_a_warning_carries_support_with_courses_and_requests_read_them_from_the_run(state: Settings) -> None:
    _history(state)
    rows = _night(state, 0, 0.2)
    (training,) = [one for one in json.loads(str(rows.loc["o-199", "support"])) if one["kind"] == "training"]
    assert [one["course_id"] for one in training["courses"]] == ["k-duty"]
    assert training["courses"][0]["name"] == {"zh": "规范执法", "en": "Duty"}
    (other,) = [one for one in json.loads(str(rows.loc["o-198", "support"])) if one["kind"] == "training"]
    assert [one["course_id"] for one in other["courses"]] == ["k-talk"]
    assert all(one["courses"] == [] for one in json.loads(str(rows.loc["o-199", "support"])) if one["kind"] == "talk")
    assert rows.index[rows["support"].notna()].tolist() == rows.index[rows["grade"].notna()].tolist()
    assert [one["kind"] for one in json.loads(str(rows.loc[BEST, "support"]))] == ["commendation"]
    assert {one["horizon_months"] for one in json.loads(str(rows.loc["o-199", "support"]))} == {12}
    run = latest_run(state, verify=True)
    book = published_courses(run.folder)
    assert isinstance(book.learner, Learners)
    assert [set(book.learner(officer).taken) for officer in ("o-199", "o-1")] == [{"k-talk"}, set()]
    assert {"courses.json", "courses_had.parquet", "learners.parquet"} <= set(run.manifest.files)


Rows = Mapping[str, tuple[float | None, float | None]]


def _desk(state: Settings, rows: Rows, think: Callable[[pd.DataFrame], pd.DataFrame] | None = None) -> RiskDesk:
    past = PublishedPast(state, MovingScorer().models, RULES.flags.nights)
    source = FakeSource(dict.fromkeys(rows, 2.0))
    return RiskDesk(RISK_MODEL, FakeScorer(rows), CUTS, source, policy(), past=past, what_if=think)


@pytest.fixture
def published(state: Settings) -> Settings:
    """Three nights before the service's day, in which o-5 climbed."""
    _history(state)
    for back, rising in ((3, 0.17), (2, 0.20), (1, 0.23)):
        day = add_months(NOW.date(), -back)
        write_snapshot(state, force(200), day)
        score(day, state, MovingScorer(chances={RISING: rising}), rules=RULES, reader=reader(state), terms=OLD)
    return state


def test_a_request_hears_that_a_limit_is_near(published: Settings) -> None:
    desk = _desk(published, {RISING: (0.26, 0.01), STEADY: (0.034, 0.01)})
    first, second = desk.answer(RiskRequest(officer_ids=[RISING, STEADY]), "r", NOW).results
    assert isinstance(first, RiskScored)
    assert isinstance(second, RiskScored)
    assert [(flag.kind, flag.outcome, flag.horizon_months) for flag in first.flags] == [("approach", "conduct", 12)]
    assert first.flags[0].since == NOW.date().isoformat()
    assert second.flags == []
    (quiet,) = _desk(published, {RISING: (0.12, 0.01)}).answer(RiskRequest(officer_ids=[RISING]), "r", NOW).results
    assert isinstance(quiet, RiskScored)
    assert quiet.flags == []


def test_a_request_names_courses_and_praises_only_who_has_no_warning_anywhere(published: Settings) -> None:
    @dataclass(frozen=True)
    class Praised(FakeScorer):
        def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
            return super().__call__(chunk).assign(merits=MERIT)

    rows: Rows = {"o-1": (0.01, 0.01), "o-2": (0.01, 0.6), "o-199": (0.6, 0.01)}
    scorer = Praised(rows)
    source = FakeSource(dict.fromkeys(rows, 2.0))
    past = PublishedPast(published, MovingScorer().models, 3)
    desk = RiskDesk(RISK_MODEL, scorer, CUTS, source, policy(), {("conduct", 12): 0.05, ("strain", 6): 0.0}, past)
    asked = RiskRequest(officer_ids=list(rows), outcomes=[Outcome.CONDUCT])
    good, strained, poor = desk.answer(asked, "r", NOW).results
    assert isinstance(good, RiskScored)
    assert isinstance(strained, RiskScored)
    assert isinstance(poor, RiskScored)
    assert [flag.kind for flag in good.flags] == ["commend"]
    assert [action.kind.value for action in good.support] == ["commendation"]
    assert strained.flags == []  # strain is poor, though only conduct was asked for
    training = next(action for action in poor.support if action.kind == "training")
    assert [course.course_id for course in training.courses] == ["k-duty"]


def test_results_that_cannot_be_read_cost_flags_and_never_the_answer(published: Settings) -> None:
    (results_root(published) / "LATEST").write_text("[]", "utf-8")
    for path in results_root(published).glob("as_of=*/*/manifest.json"):
        path.chmod(0o644)
        path.write_text("{", "utf-8")
    (answer,) = _desk(published, {RISING: (0.26, 0.01)}).answer(RiskRequest(officer_ids=[RISING]), "r", NOW).results
    assert isinstance(answer, RiskScored)
    assert answer.flags == []


def test_the_past_is_read_again_when_the_pointer_moves(state: Settings) -> None:
    past = PublishedPast(state, MovingScorer().models, 3)
    assert list(past.chances(AS_OF)) == []
    assert past.courses() == CourseBook()
    _history(state)
    _night(state, 1, 0.2)
    (chances,) = past.chances(AS_OF)
    assert chances.at(("conduct", 12), [RISING, "nobody"])[0] == pytest.approx(0.2)
    assert np.isnan(chances.at(("conduct", 12), ["nobody"])[0])
    assert np.isnan(chances.at(("strain", 12), [RISING])[0])
    assert past.chances(AS_OF) is past.chances(AS_OF)
    assert isinstance(past.courses().courses[0], Course)


def test_changes_are_thought_through_only_when_asked(state: Settings) -> None:
    calls: list[int] = []

    def think(frame: pd.DataFrame) -> pd.DataFrame:
        calls.append(len(frame))
        told = [{"change": "days_off", "who": "leader", "text": {"zh": "休假", "en": "leave"}, "probability": 0.2,
                 "difference": -0.06}]  # fmt: skip
        rows = [(officer, "conduct", 12, json.dumps(told)) for officer in frame["officer_id"]]
        return pd.DataFrame(rows, columns=["officer_id", "outcome", "horizon_months", "what_if"])

    desk = _desk(state, {RISING: (0.26, 0.01)}, think)
    now = datetime(2026, 11, 1, 12)
    (plain,) = desk.answer(RiskRequest(officer_ids=[RISING]), "r", now).results
    (asked,) = desk.answer(RiskRequest(officer_ids=[RISING], what_if=True), "r", now).results
    assert isinstance(plain, RiskScored)
    assert isinstance(asked, RiskScored)
    assert calls == [1]
    assert [risk.what_if for risk in plain.outcomes] == [None, None]
    told = {risk.outcome.value: risk.what_if for risk in asked.outcomes}
    assert told["strain"] is None
    assert told["conduct"] is not None
    assert (told["conduct"][0].change, told["conduct"][0].difference) == ("days_off", -0.06)


def test_the_night_and_a_request_give_the_same_support_to_good_grades_too(published: Settings) -> None:
    rows = _night_rows(published)
    good = [officer for officer in rows.index if rows.loc[officer, "grade"] in ("good", "excellent")]
    asked = [RISING, "o-199", good[0], good[-1]]
    chances: Rows = {officer: (float(rows["probability"][officer]), None) for officer in asked}
    for officer, result in zip(asked, _answers(published, chances), strict=True):
        assert isinstance(result, RiskScored)
        (risk,) = result.outcomes
        assert risk.grade.value == rows.loc[officer, "grade"]
        told = [action.model_dump(mode="json") for action in result.support if action.outcome == Outcome.CONDUCT]
        night = [
            Support.model_validate(one).model_dump(mode="json") for one in json.loads(rows.loc[officer, "support"])
        ]
        assert told == night
        assert told or risk.grade.value == "excellent", "praise goes with a flag"


def _night_rows(state: Settings) -> pd.DataFrame:
    run = latest_run(state)
    rows = run.officers(["officer_id", "grade", "probability", "support", "reasons"]).set_index("officer_id")
    return rows[rows["grade"].notna()]


def _answers(state: Settings, chances: Rows) -> list[object]:
    @dataclass(frozen=True)
    class OneOutcome(FakeScorer):
        answers: tuple[tuple[str, int], ...] = (("conduct", 12),)

        def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
            found = super().__call__(chunk)
            rows = _night_rows(state)["reasons"]
            found["reasons"] = [rows[officer] for officer in found["officer_id"]]
            return found[found["outcome"] == "conduct"].reset_index(drop=True)

    past = PublishedPast(state, MovingScorer().models, RULES.flags.nights)
    source = FakeSource(dict.fromkeys(chances, 2.0))
    desk = RiskDesk(RISK_MODEL, OneOutcome(chances), CUTS, source, policy(), past=past)
    asked = RiskRequest(officer_ids=list(chances))
    return list(desk.answer(asked, "r", NOW).results)
