"""Next posts on a small simulated history with a small fitted model: rules, vacancies, fit, families, and the day."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.decisions import EligibilityRule
from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.careers import career_frame
from features.history import History
from features.sequences import posting_sequences
from models.eligibility.rules import bars_of_posts, judgement, posts_of
from models.eligibility.standing_facts import facts_of
from models.posts.background import background_of
from models.posts.histories import CareerState
from models.posts.newcomers import Newcomers
from models.posts.next_post import NextPostModel
from serving.builders import CareerRanker, career_state
from serving.freshness import FeatureSource
from serving.posts import advice
from serving.posts.advice import Ranks, with_background
from serving.posts.career_records import CareerRecords
from serving.posts.recommend import Asked, CareerDesk, PostRanker
from serving.schemas import NextPostsRequest, NotScored, PostsRanked
from tests.features.histories import records
from tests.features.test_record import framed
from tests.serving.desks import CAREER_MODEL
from tests.serving.feedback_room import plain_suggester
from training.posts.background_data import background_data
from training.posts.data import Frames, known_by, training_data
from training.posts.evidence import moved_within
from training.posts.fit import FitSettings, fit_pharos

DAY, NOW = date(2022, 11, 16), datetime(2022, 11, 16, 9)
TABLES = (
    "officers", "postings", "units", "posts", "promotions", "rank_steps", "courses", "course_completions", "honours",
    "competency_assessments", "competency_standards", "appraisals", "career_goals", "preferences", "vacancies",
)  # fmt: skip


@dataclass(frozen=True)
class Bureau:
    """A history on disk, what it holds, and a model fitted on what was known before the day."""

    settings: Settings
    frames: Frames
    model: NextPostModel

    def source(self) -> Rows:
        return Rows(career_frame(self.frames, DAY).set_index("officer_id"))

    def desk(self, settings: Settings | None = None, model: NextPostModel | None = None) -> CareerDesk:
        source: FeatureSource = self.source()
        ranker: PostRanker = CareerRanker(Ranks(model or self.model), {})
        return CareerDesk(
            CAREER_MODEL, ranker, source, plain_suggester(), policy(), CareerRecords.of(settings or self.settings)
        )

    @property
    def officers(self) -> list[str]:
        """Those who serve on the day."""
        people = self.frames["officers"]
        gone = set(people.loc[people["left_on"] <= pd.Timestamp(DAY), "officer_id"].astype(str))
        return [one for one in career_frame(self.frames, DAY)["officer_id"].astype(str) if one not in gone]


@dataclass(frozen=True)
class Rows:
    """The online store filled as of the day, without tenure and rank."""

    rows: pd.DataFrame

    def online(self, ids: Sequence[str], service: str, as_of: date | None = None) -> pd.DataFrame:
        known = [name in self.rows.index for name in ids]
        found = self.rows.reindex(list(ids)).drop(columns="as_of").reset_index(names="officer_id")
        stamps = pd.Series([pd.Timestamp(DAY) if one else pd.NaT for one in known], dtype="datetime64[us]")
        status = ["present" if one else "unknown" for one in known]
        return found.assign(status=status, feature_timestamp=stamps, rank_code=None, tenure_days=None)

    def service_hash(self, service: str) -> str:
        return "h2"

    def filled_as_of(self, service: str) -> date | None:
        return DAY


def written(root: Path, frames: Mapping[str, pd.DataFrame]) -> Settings:
    use = Settings(state=root, today=DAY)
    History(use.history_dir).append_all(dict(frames), "test")
    return use


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    made = simulate(150, 5, 3, date(2023, 1, 1))
    tables = {name: framed(name, records(made[name])) for name in TABLES}
    some = np.arange(len(tables["vacancies"])) % 4 == 0  # these are open on the day, the others were long ago
    for name, days in (("opened_on", -10), ("known_on", -10), ("closes_on", 20)):
        tables["vacancies"].loc[some, name] = pd.Timestamp(DAY) + pd.Timedelta(days=days)
    use = written(tmp_path_factory.mktemp("bureau"), tables)
    frames = History(use.history_dir).frames()
    data = training_data(frames, date(2022, 11, 15))
    model = fit_pharos(data, FitSettings(nets=1, min_steps=20, passes=0.1), ease_weight=1.0)
    within = moved_within(frames, date(2022, 11, 15), data.catalogue, policy().suggestions.counts)
    return Bureau(use, frames, replace(model, within=within))


def ranked(desk: CareerDesk, ids: Sequence[str], **more: object) -> list[PostsRanked]:
    found = desk.answer(NextPostsRequest.model_validate({"officer_ids": list(ids), **more}), "r", NOW).results
    assert all(isinstance(one, PostsRanked) for one in found)
    return [one for one in found if isinstance(one, PostsRanked)]


def test_a_request_reads_the_same_background_as_training(bureau: Bureau, tmp_path: Path) -> None:
    """What is known on the day itself counts for a request but not for a move of that day: such rows are taken out."""
    tables = {name: plain(bureau, name) for name in TABLES}
    use = written(tmp_path, {name: rows[rows["known_on"] != pd.Timestamp(DAY)] for name, rows in tables.items()})
    frames, ids = History(use.history_dir).frames(), bureau.officers[:120]
    steps = posting_sequences(known_by(frames["postings"], DAY))
    units = steps.drop_duplicates("officer_id", keep="last").set_index("officer_id")["unit_id"].reindex(ids)
    asked = pd.DataFrame({"officer_id": ids, "started_on": pd.Timestamp(DAY), "unit_id": units.to_numpy(object)})
    trained = background_data(frames, asked, steps, bureau.model.courses, bureau.model.catalogue)
    record = CareerRecords.of(use)(ids, DAY)
    assert record is not None
    states = [with_background(CareerState((), (), as_of=DAY), one, record) for one in ids]
    served = background_of(states, bureau.model.catalogue, bureau.model.courses)
    assert np.array_equal(served.courses, trained.courses)
    assert np.array_equal(served.goal, trained.goal)
    assert np.array_equal(served.numbers, trained.numbers)
    assert (trained.courses >= 0).any()
    assert (trained.goal >= 0).any()
    assert (trained.numbers != 0).any(axis=0).all()


def test_rules_take_posts_out_and_each_barred_post_says_what_is_lacking(bureau: Bureau) -> None:
    desk = bureau.desk()
    both = ranked(desk, bureau.officers[:60], with_barred=True, top=20)
    free = {one.officer_id: {post.post_id for post in one.posts} for one in both}
    assert all(one.rules_checked and not one.cold_start for one in both)
    assert all(not post.blocked_by for one in both for post in one.posts)
    barred = [(one.officer_id, post) for one in both for post in one.barred]
    assert len(barred) > 50
    assert all(post.blocked_by and post.blocked_by[0].text.zh and post.likelihood > 0 for _, post in barred)
    assert not any(post.post_id in free[officer] for officer, post in barred)
    assert len({post.blocked_by[0].rule for _, post in barred}) > 2
    plain = ranked(desk, bureau.officers[:60], top=20)
    assert all(bool(one.barred) == (not one.posts) for one in plain), "told unasked only where nothing is open"
    assert {bool(one.posts) for one in plain} == {True, False}


def test_bars_of_many_posts_at_once_are_those_of_each(bureau: Bureau) -> None:
    facts = facts_of(bureau.frames, bureau.officers[:12], DAY)
    posts, rules, seen = posts_of(bureau.frames), policy(), 0
    for place in range(12):
        each = {post.post_id: judgement(facts, place, post, rules).blocked_by for post in posts}
        assert bars_of_posts(facts, place, posts, rules) == {post: bars for post, bars in each.items() if bars}
        seen += sum(map(len, each.values()))
    assert seen > 100


def test_where_every_post_is_barred_the_answer_says_why_and_from_when_one_could_be_open(bureau: Bureau) -> None:
    every = ranked(bureau.desk(), bureau.officers[:60], top=20)
    assert all((one.because is None) == bool(one.posts) for one in every)
    none = [one for one in every if one.because is not None and re.search(r"before \d{4}", one.because.en)]
    assert none
    for one in none:
        assert one.because is not None
        day = date.fromisoformat(re.findall(r"before (\S+),", one.because.en)[0])
        assert day > DAY
        for post in one.barred:  # no post shown falls free sooner by its own days
            days = [re.findall(r"(\d{4}-\d{2}-\d{2}) at the earliest", rule.text.en) for rule in post.blocked_by]
            known = [date.fromisoformat(found[-1]) for found in days if found]
            assert max(known, default=DAY) >= day
        assert str(day) in one.because.zh


def test_only_open_places_are_suggested_and_each_vacancy_is_named(bureau: Bureau) -> None:
    rows = bureau.frames["vacancies"]
    open_now = rows[(rows["opened_on"] <= pd.Timestamp(DAY)) & (rows["known_on"] <= pd.Timestamp(DAY))]
    open_now = open_now[open_now["closes_on"].isna() | (open_now["closes_on"] >= pd.Timestamp(DAY))]
    assert len(open_now)
    answer = bureau.desk().answer(NextPostsRequest(officer_ids=bureau.officers[:60], open_only=True, top=20), "r", NOW)
    shown = [post for one in answer.results if isinstance(one, PostsRanked) for post in (*one.posts, *one.barred)]
    assert {post.post_id for post in shown} <= set(open_now["post_id"])
    named = {vacancy.vacancy_id for post in shown for vacancy in post.vacancies}
    assert all(post.vacancies for post in shown)
    assert named <= set(open_now["vacancy_id"])
    everything = ranked(bureau.desk(), bureau.officers[:60], top=20)
    told = [bool(post.vacancies) for one in everything for post in one.posts]
    assert any(told), "vacancies are named without open_only too"
    assert not all(told)


def test_without_any_open_place_nobody_is_scored_and_is_told_why(bureau: Bureau, tmp_path: Path) -> None:
    without = written(tmp_path, {name: plain(bureau, name) for name in ("officers", "postings")})
    request = NextPostsRequest(officer_ids=[bureau.officers[0], "stranger"], open_only=True)
    known, stranger = bureau.desk(without).answer(request, "r", NOW).results
    assert isinstance(known, NotScored)
    assert isinstance(stranger, NotScored)
    assert known.because == stranger.because
    assert known.because.code == "no_open_places"


def opened(bureau: Bureau, root: Path, **told: Any) -> Settings:
    """The bureau with a post that the model was not trained on, and three places of it open on the day."""
    early, close = pd.Timestamp("2022-11-10"), pd.Timestamp("2022-12-10")
    called: dict[str, Any] = {
        "post_id": "drone-1",
        "name_zh": "无人机民警",
        "name_en": "Drone officer",
        "known_on": early,
    }
    frames = {name: plain(bureau, name) for name in TABLES}
    like = frames["posts"][frames["posts"]["post_id"] == "patrol-1"]
    more = {
        "posts": like.assign(**{**called, **told}),
        "competency_standards": frames["competency_standards"][frames["competency_standards"]["post_id"] == "patrol-1"]
        .iloc[:2]
        .assign(post_id="drone-1"),
        "vacancies": frames["vacancies"]
        .iloc[:1]
        .assign(
            vacancy_id="v-drone", post_id="drone-1", places=3, opened_on=early, known_on=early, closes_on=close,
        ),
    }  # fmt: skip
    rows = {name: [*records(frame), *(records(more[name]) if name in more else ())] for name, frame in frames.items()}
    return written(root, {name: framed(name, some) for name, some in rows.items()})


def test_a_post_newer_than_the_model_is_scored_by_the_post_most_like_it_and_says_so(
    bureau: Bureau, tmp_path: Path
) -> None:
    desk = bureau.desk(opened(bureau, tmp_path))
    request = NextPostsRequest(officer_ids=bureau.officers[:60], open_only=True, top=20, with_barred=True)
    answer = desk.answer(request, "r", NOW)
    assert answer.notices == []
    every = [one for one in answer.results if isinstance(one, PostsRanked)]
    lists = [[post for post in (*one.posts, *one.barred) if post.post_id == "drone-1"] for one in every]
    assert all(len(found) == 1 for found in lists)
    told = [post for (post,) in lists]
    assert {(post.name.zh, post.name.en) for post in told} == {("无人机民警", "Drone officer")}
    assert {tuple(v.places for v in post.vacancies) for post in told} == {(3,)}
    assert all(post.few_moves for post in told)
    assert {reason.theme for post in told for reason in post.reasons} == {"new_post"}
    assert any("scored as the post most like it, “Patrol officer”" in post.reasons[0].text.en for post in told)
    assert {bool(post.blocked_by) for post in told} == {True, False}  # its rules are checked as those of any post
    everything = ranked(desk, bureau.officers[:60], top=20)
    assert any(post.post_id == "drone-1" for one in everything for post in one.posts)
    assert all(sum(post.likelihood for post in one.posts) <= 1.001 for one in everything)


def test_a_new_post_that_is_like_none_known_waits_for_training_and_the_answer_says_so(
    bureau: Bureau, tmp_path: Path
) -> None:
    desk = bureau.desk(opened(bureau, tmp_path, job_family=None, track=None))
    answer = desk.answer(NextPostsRequest(officer_ids=bureau.officers[:3], top=20), "r", NOW)
    (notice,) = answer.notices
    assert notice.code == "posts_wait_for_training"
    assert "new posts wait for the next training and are not suggested until then: drone-1;" in notice.en
    assert "drone-1" in notice.zh
    shown = [post.post_id for one in answer.results if isinstance(one, PostsRanked) for post in one.posts]
    assert "drone-1" not in shown


def test_fit_is_told_part_by_part_and_never_moves_the_likelihood(bureau: Bureau) -> None:
    told = [post for one in ranked(bureau.desk(), bureau.officers[:60]) for post in one.posts]
    parts = {part.part for post in told for part in post.fit_parts}
    assert {"competencies", "goal"} <= parts
    assert all((post.fit is None) == (not post.fit_parts) for post in told)
    assert all(post.score == post.likelihood for post in told)
    assert len({post.fit for post in told}) > 10


def test_a_stated_goal_that_is_no_part_of_the_fit_is_told_and_why(bureau: Bureau, tmp_path: Path) -> None:
    """Its term is over from the day after its last, and a rank step is no post."""
    ids, stated = bureau.officers[:3], pd.Timestamp(2020, 11, 16)
    goals = plain(bureau, "career_goals")
    rows = goals.head(len(ids)).assign(
        officer_id=ids, occurred_on=[stated, stated - pd.Timedelta(days=1), stated], known_on=stated,
        goal_kind=["job_family", "job_family", "rank_step"], goal=["legal", "legal", "nosuch"], horizon_months=24,
    )  # fmt: skip
    use = written(tmp_path, {**{name: plain(bureau, name) for name in TABLES}, "career_goals": rows})
    runs, over, rank = ranked(bureau.desk(use), ids, with_barred=True)
    assert runs.notices == []
    assert "goal" in {part.part for post in (*runs.posts, *runs.barred) for part in post.fit_parts}
    for one, code, words in (
        (over, "goal_term_over", ("2022-11-15", "state it again")), (rank, "goal_of_no_post", ("nosuch", "neither")),
    ):  # fmt: skip
        (notice,) = one.notices
        assert notice.code == code
        assert all(word in notice.en for word in words)
        assert "goal" not in {part.part for post in (*one.posts, *one.barred) for part in post.fit_parts}


def test_the_order_is_spread_over_job_families(bureau: Bureau) -> None:
    family = bureau.frames["posts"].set_index("post_id")["job_family"].to_dict()
    found = [one for one in ranked(bureau.desk(), bureau.officers, top=5) if len(one.posts) == 5]
    assert len(found) > 20
    most = policy().suggestions.most_of_a_family
    for one in found:
        names = [family[post.post_id] for post in one.posts]
        assert max(names.count(name) for name in names) <= most
        assert one.posts[0].likelihood == max(post.likelihood for post in one.posts)
    assert any([post.likelihood for post in one.posts] != sorted((p.likelihood for p in one.posts), reverse=True)
               for one in found)  # fmt: skip


def test_what_became_known_later_changes_nothing(bureau: Bureau, tmp_path: Path) -> None:
    """A completion, a goal and an award of before the day, known the day after, and a posting of a colleague."""
    tables = {name: plain(bureau, name) for name in TABLES}
    later = {"known_on": pd.Timestamp(DAY) + pd.Timedelta(days=1)}
    before = {name: rows.head(40).assign(**later) for name, rows in tables.items() if name in LATER}
    for rows in before.values():
        event = "started_on" if "started_on" in rows else "occurred_on"
        rows[event] = pd.Timestamp(DAY) - pd.Timedelta(days=30)
        rows["officer_id"] = bureau.officers[:40]
    more = {name: pd.concat([rows, before[name]]) if name in before else rows for name, rows in tables.items()}
    use = written(tmp_path, {name: rows.astype(tables[name].dtypes) for name, rows in more.items()})
    asked = {"top": 10, "with_barred": True}
    assert ranked(bureau.desk(use), bureau.officers[:40], **asked) == ranked(
        bureau.desk(), bureau.officers[:40], **asked
    )
    tomorrow = CareerRecords.of(use)(bureau.officers[:40], date(2022, 11, 17))
    today = CareerRecords.of(use)(bureau.officers[:40], DAY)
    assert tomorrow is not None
    assert today is not None
    assert not tomorrow.background["courses"].equals(today.background["courses"])


LATER = ("course_completions", "career_goals", "honours", "postings")


def plain(bureau: Bureau, name: str) -> pd.DataFrame:
    """Every version of a table, as it was delivered."""
    return bureau.frames[name][list(catalog().table(name).column_names)]


def test_a_stranger_starts_cold_and_no_rule_is_asked_of_them(bureau: Bureau) -> None:
    known, stranger = ranked(bureau.desk(), [bureau.officers[0], "nobody"])
    assert (known.cold_start, stranger.cold_start, stranger.rules_checked) == (False, True, False)
    assert stranger.short_history
    assert len(stranger.posts) == 5
    assert all(post.fit is None and not post.fit_parts for post in stranger.posts)


@pytest.mark.parametrize("tables", [(), ("postings",)])
def test_without_more_than_postings_posts_are_ranked_and_rules_are_said_to_be_unchecked(
    bureau: Bureau, tmp_path: Path, tables: tuple[str, ...]
) -> None:
    use = written(tmp_path, {name: plain(bureau, name) for name in tables})
    for one in ranked(bureau.desk(use), bureau.officers[:20], with_barred=True):
        assert not one.rules_checked
        assert len(one.posts) == 5
        assert one.barred == []
        assert all(post.fit is None and not post.vacancies and post.reasons for post in one.posts)


def test_a_day_before_any_posting_or_without_anybody_is_no_record(bureau: Bureau) -> None:
    read = CareerRecords.of(bureau.settings)
    assert read(bureau.officers[:2], date(1950, 1, 1)) is None
    nobody = read(["nobody"], DAY)
    assert nobody is not None
    assert (nobody.known, len(nobody.background)) == (frozenset(), 0)


def test_postings_of_everybody_are_reckoned_once_a_day(bureau: Bureau) -> None:
    read = CareerRecords.of(bureau.settings)
    read(bureau.officers[:2], DAY)
    first = read._force
    read(bureau.officers[2:4], DAY)
    assert read._force is first is not None
    read(bureau.officers[:2], date(2022, 11, 17))
    assert read._force is not first


def test_the_officer_s_own_courses_and_counts_stand_in_the_reasons(bureau: Bureau) -> None:
    codes = {reason.theme for one in ranked(bureau.desk(), bureau.officers) for post in one.posts
             for reason in post.reasons}  # fmt: skip
    assert "moved_within" in codes
    assert codes & {"kindred", "after", "two_step", "exchange"}
    assert codes.isdisjoint({"popular", "together"})


def test_what_rests_on_little_is_marked(bureau: Bureau) -> None:
    """An officer with few posts, one on record without any, and a post to which hardly anybody moved."""
    moved = posting_sequences(known_by(bureau.frames["postings"], DAY)).groupby("officer_id").size()
    found = ranked(bureau.desk(), bureau.officers, top=20)
    assert {one.short_history for one in found} == {True, False}
    assert all(one.short_history == (moved[one.officer_id] <= 2) for one in found)
    to = bureau.model.moved_to
    marks = {(post.post_id, post.few_moves) for one in found for post in one.posts}
    assert {mark for _, mark in marks} == {True, False}
    assert all(mark == (to[post] < policy().suggestions.counts.least_officers) for post, mark in marks)
    desk = bureau.desk()
    source = desk.source.online(bureau.officers[:1], "career_v1")
    row = source.assign(recent_posts=None, recent_started=None)
    (one,) = desk.ranker(row.assign(as_of=pd.Timestamp(DAY)), Asked(3), None, policy())
    assert one.posts_held == 0


def test_who_is_on_record_without_a_posting_starts_cold(bureau: Bureau) -> None:
    class Unposted(Rows):
        def online(self, ids: Sequence[str], service: str, as_of: date | None = None) -> pd.DataFrame:
            return super().online(ids, service, as_of).assign(recent_posts=None, recent_started=None)

    desk = replace(bureau.desk(), source=Unposted(bureau.source().rows))
    (one,) = ranked(desk, bureau.officers[:1])
    assert one.cold_start


def recruits(bureau: Bureau, root: Path, tracks: Sequence[str], **more: object) -> Settings:
    """The same history with officers who joined two weeks ago and were not posted yet: r0, r1, ... of these tracks."""
    tables = {name: plain(bureau, name) for name in TABLES}
    joined = [
        {**tables["officers"].iloc[0].to_dict(), "officer_id": f"r{place}", "track": track, "education": "bachelor",
         "entered_on": pd.Timestamp(2022, 11, 1), "left_on": pd.NaT, "leave_kind": None,
         "known_on": pd.Timestamp(2022, 11, 1), **more}
        for place, track in enumerate(tracks)
    ]  # fmt: skip
    tables["officers"] = framed("officers", [*records(tables["officers"]), *joined])
    return written(root, tables)


def test_a_recruit_is_told_where_those_of_the_same_track_began(bureau: Bureau, tmp_path: Path) -> None:
    use = recruits(bureau, tmp_path, ["enforcement", "general", "technical"])
    found = ranked(bureau.desk(use), ["r0", "r1", "r2"], top=4)
    assert [one.cold_start for one in found] == [True] * 3
    people = bureau.frames["officers"].drop_duplicates("officer_id", keep="last").set_index("officer_id")
    first = posting_sequences(known_by(bureau.frames["postings"], DAY)).query("position == 0")
    joined = first["officer_id"].map(people["entered_on"])
    first = first[((first["started_on"] - joined).dt.days.abs() < 300).to_numpy(bool)]
    family = dict(zip(bureau.frames["posts"]["post_id"], bureau.frames["posts"]["track"], strict=True))
    for one, track in zip(found, ["enforcement", "general", "technical"], strict=True):
        own = first[(first["officer_id"].map(people["track"]) == track).to_numpy(bool)]["post_id"].value_counts()
        best = one.posts[0]
        assert own[best.post_id] == own.max(), "where most of the track began stands first"
        assert family[best.post_id] == track
        (told,) = [reason.text.en for reason in best.reasons if reason.theme == "first_post"]
        assert told.startswith(f"{own.max()} of {own.sum()} officers on record who joined on the track ")
        assert "ranking_alone" not in {reason.theme for reason in best.reasons}
        assert one.likelihood_of.en.startswith("chance that the first post")
        assert best.few_moves == bool(own.max() < policy().suggestions.counts.least_officers)


def test_the_rules_that_can_be_are_checked_of_a_recruit_and_the_others_are_named(
    bureau: Bureau, tmp_path: Path
) -> None:
    desk = bureau.desk(recruits(bureau, tmp_path, ["technical"], education="college"))
    (one,) = ranked(desk, ["r0"], top=20, with_barred=True)
    assert one.rules_checked
    barred = {rule.rule for post in one.barred for rule in post.blocked_by}
    assert {"technical_education", "investigation_experience"} <= barred
    assert barred.isdisjoint({"probation", "settled_in_post", "required_course"}), "nobody could ever begin"
    assert one.posts
    open_codes = {rule.rule for rule in one.rules_not_checked}
    assert {"probation", "settled_in_post"} <= open_codes
    assert "technical_education" not in open_codes
    texts = [rule.text.en for rule in one.rules_not_checked]
    assert len(texts) == len(set(texts))
    assert "one year of probation served: not asked of a first post, checked once it is held" in texts
    (least,) = ranked(desk, ["r0"], top=1)
    names = bureau.frames["posts"].merge(bureau.frames["courses"], left_on="required_course_id", right_on="course_id")
    own = set(names.loc[names["post_id"] == least.posts[0].post_id, "name_en_y"])
    asked = [rule.text.en for rule in least.rules_not_checked if rule.rule == "required_course"]
    assert len(asked) == len(own), "only of the posts that are shown"


def test_what_the_record_does_not_tell_of_a_rule_is_told_and_bars_nobody(bureau: Bureau, tmp_path: Path) -> None:
    tables = {name: plain(bureau, name) for name in TABLES}
    levels = tables["competency_assessments"]
    tables["competency_assessments"] = levels[levels["competency"] != "fitness"]
    rule = EligibilityRule("fit", "体能要求", "fitness asked of all", minimum_levels={"fitness": 3.0})
    rules = replace(policy(), eligibility=(*policy().eligibility, rule))
    asked = bureau.officers[:6]
    desk = bureau.desk(written(tmp_path, tables))
    before = ranked(desk, asked, with_barred=True)
    after = ranked(replace(desk, policy=rules), asked, with_barred=True)
    for one, other in zip(before, after, strict=True):
        assert [post.post_id for post in one.posts] == [post.post_id for post in other.posts]
    told = [post for one in after for post in (*one.posts, *one.barred)]
    assert told
    assert all([unknown.rule for unknown in post.not_checked].count("fit") == 1 for post in told)
    (text,) = {unknown.text.en for post in told for unknown in post.not_checked if unknown.rule == "fit"}
    assert text.startswith("fitness asked of all")
    assert text.endswith("not on record")
    assert all("fit" not in [rule.rule for rule in post.blocked_by] for post in told)


def test_a_day_that_has_not_come_is_refused(bureau: Bureau) -> None:
    with pytest.raises(InvalidInput, match="has not come yet"):
        bureau.desk().answer(NextPostsRequest(officer_ids=["a"], as_of=date(2022, 11, 17)), "r", NOW)


def test_the_row_of_the_store_still_tells_posts_and_days(bureau: Bureau) -> None:
    row = bureau.source().online(bureau.officers[:1], "career_v1").assign(as_of=pd.Timestamp(DAY)).to_dict("records")[0]
    assert career_state({str(name): value for name, value in row.items()}).as_of == DAY


def test_posts_newer_than_the_model_are_reckoned_once_for_the_tables_as_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[int] = []

    def reckoned(frames: Mapping[str, pd.DataFrame], known: Collection[str]) -> Newcomers:
        counted.append(len(frames["posts"]))
        return Newcomers(waiting=tuple(sorted(set(frames["posts"]["post_id"]) - set(known))))

    monkeypatch.setattr(advice, "newcomers_of", reckoned)
    model: Any = SimpleNamespace(catalogue=SimpleNamespace(codes={"a": 0}))
    ranks = Ranks(model)
    posts, standards = pd.DataFrame({"post_id": ["a", "b"]}), pd.DataFrame({"post_id": ["a"]})
    for _ in range(3):
        assert ranks.newcomers({"posts": posts, "competency_standards": standards}).waiting == ("b",)
    assert counted == [2], "requests of a day share the tables"
    more = pd.DataFrame({"post_id": ["a", "b", "c"]})
    assert ranks.newcomers({"posts": more, "competency_standards": standards}).waiting == ("b", "c")
    ranks.newcomers({"posts": more, "competency_standards": standards.copy()})
    assert counted == [2, 3, 3], "a post or a standard that came makes others"
