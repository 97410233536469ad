"""`POST /v1/events` over HTTP on a small simulated bureau with a real Feast store: the next answer reflects it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from data_contracts.audit.chain import lines
from data_contracts.catalog import catalog
from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.building import build_features
from features.history import History
from features.live import COSTLY, LiveFeatures
from features.pending import Late, Pending
from features.store import FeatureReader
from models.audit import audit_database
from serving.access.api_keys import OFFICERS_OWN, KeyAsked
from serving.access.callers import callers_of
from serving.access.credential import OPERATOR, AccessScope
from serving.access.placements import ReadPlacements
from serving.access.reach import EVERYWHERE
from serving.api.admission import admission_of
from serving.api.app import ROUTES, build_app
from serving.api.guard import Guard
from serving.builders import builders
from serving.events.answers import EventDesk
from serving.events.schemas import EventsAnswer, EventsRequest
from serving.loading import open_desks
from serving.waiting import NobodyWaits, Waiting
from tests.serving.key_room import added
from tests.serving.live import listening

END = date(2026, 11, 1)
pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Bureau:
    """A running service over a filled store, and what a test needs to look behind it."""

    use: Settings
    reader: FeatureReader
    client: httpx.Client
    officers: list[str]
    desk: EventDesk

    def post(self, path: str, body: Mapping[str, Any], key: str = "all") -> dict[str, Any]:
        response = self.client.post(path, json=body, headers={"x-api-key": KEYS[key]})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def send(self, *rows: tuple[str, str, Mapping[str, Any]], key: str = "all") -> dict[str, Any]:
        events = [{"event_id": name, "table": table, "row": dict(row)} for name, table, row in rows]
        return self.post("/v1/events", {"events": events}, key)

    def feature(self, officer_id: str, name: str, service: str = "risk_v1") -> Any:
        return self.reader.online([officer_id], service, END).iloc[0][name]


KEYS: dict[str, str] = {}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    use = Settings(state=tmp_path_factory.mktemp("events"), today=END)
    frames = simulate(60, 3, 3, END)
    History(use.history_dir).append_all({n: frames[n] for n in catalog().tables if len(frames[n])}, "test")
    build_features(use, [END])
    reader = FeatureReader(use)
    reader.apply()
    reader.materialize(END)
    unit_of = ReadPlacements(use, lambda: END)().unit_of
    serving = sorted(frames["postings"].query("ended_on.isna()")["officer_id"].astype(str).unique())
    reads = AccessScope.of(["recommend:read"])
    every = frozenset(AccessScope)
    for name, scopes, units in (
        ("all", every, None), ("second", every, None), ("here", every, (unit_of[serving[0]],)), ("reader", reads, None)
    ):  # fmt: skip
        asked = KeyAsked(name, scopes, units, END + timedelta(days=30))
        KEYS[name] = added(use, asked, END)[1]
    own = KeyAsked("own", OFFICERS_OWN, (), END + timedelta(days=30), serving[1])
    KEYS["own"] = added(use, own, END)[1]
    desks = open_desks(use, reader, builders())
    web = build_app()
    web.state.desks = desks
    desk = desks.of("/v1/events")
    assert isinstance(desk, EventDesk)
    desk.warm()
    with listening(Guard(web, ROUTES, admit=admission_of(callers_of(use, lambda: END)))) as client:
        yield Bureau(use, reader, client, serving, desk)


def test_a_course_finished_is_no_longer_required_and_adds_points(bureau: Bureau) -> None:
    asked = {"officer_ids": bureau.officers, "top": 20}
    for one in bureau.post("/v1/courses", asked)["results"]:
        required = [course["course_id"] for course in one.get("courses", ()) if course["kind"] == "required"]
        if required:
            break
    else:
        pytest.fail("nobody in this bureau lacks a required course")
    officer, course = one["officer_id"], required[0]
    points = bureau.post("/v1/points", {"officer_ids": [officer]})["results"][0]["total"]
    taken = bureau.feature(officer, "courses_3m")
    row = {"officer_id": officer, "course_id": course, "occurred_on": "2026-10-30", "score": 95, "hours": 40}
    answer = bureau.send(("c-1", "course_completions", row))
    assert answer["features"] == "current"
    assert answer["results"] == [
        {
            "event_id": "c-1",
            "officer_id": officer,
            "unit_id": None,
            "status": "accepted",
            "counts_from": "2026-11-01",
            "faults": [],
        }
    ]
    (after,) = bureau.post("/v1/courses", {**asked, "officer_ids": [officer]})["results"]
    assert course not in [found["course_id"] for found in after["courses"] if found["kind"] == "required"]
    assert bureau.post("/v1/points", {"officer_ids": [officer]})["results"][0]["total"] >= points
    assert bureau.feature(officer, "courses_3m") == taken + 1
    again = bureau.send(("c-1", "course_completions", row), ("c-2", "course_completions", row))
    assert (again["counts"]["duplicate"], again["features"]) == (2, "unchanged")
    assert bureau.feature(officer, "courses_3m") == taken + 1


def test_nobody_can_take_anothers_event_id_or_learn_that_it_was_used(bureau: Bureau) -> None:
    rows = [
        {"officer_id": bureau.officers[number], "honour": "merit", "occurred_on": f"2026-10-0{number + 1}"}
        for number in (4, 5)
    ]
    assert bureau.send(("shared", "honours", rows[0]))["counts"]["accepted"] == 1
    assert bureau.send(("shared", "honours", rows[1]))["counts"]["conflict"] == 1
    assert bureau.send(("shared", "honours", rows[1]), key="second")["counts"]["accepted"] == 1
    assert bureau.send(("shared", "honours", rows[1]), key="second")["counts"]["duplicate"] == 1


def test_a_posting_changed_moves_the_unit_and_the_recent_posts(bureau: Bureau) -> None:
    officer = bureau.officers[1]
    held = bureau.reader.online([officer], "career_v1", END).iloc[0]
    units = ReadPlacements(bureau.use, lambda: END)()
    other = next(unit for unit in sorted(set(units.unit_of.values())) if unit != units.unit_of[officer])
    post = next(post for post in sorted(_posts(bureau)) if post not in held["recent_posts"])
    row = {"officer_id": officer, "post_id": post, "unit_id": other, "started_on": "2026-10-31"}
    assert bureau.send(("p-1", "postings", row))["counts"]["accepted"] == 1
    now = bureau.reader.online([officer], "career_v1", END).iloc[0]
    assert now["recent_posts"][-1] == post
    assert now["posts_held"] == held["posts_held"] + 1
    assert ReadPlacements(bureau.use, lambda: END)().unit_of[officer] == other


def test_a_complaint_closed_moves_the_risk_features_and_an_older_word_does_not(bureau: Bureau) -> None:
    officer = bureau.officers[2]
    before = {name: bureau.feature(officer, name) for name in ("complaints_24m", "complaints_sustained_24m")}
    opened = {"complaint_id": "k-new", "officer_id": officer, "opened_on": "2026-09-01", "category": "other"}
    closed = {**opened, "closed_on": "2026-10-20", "finding": "sustained", "known_on": "2026-10-20"}
    bureau.send(("k-2", "complaints", closed))
    late = bureau.send(("k-1", "complaints", {**opened, "known_on": "2026-09-01"}))
    assert late["counts"]["accepted"] == 1
    now = {name: bureau.feature(officer, name) for name in before}
    assert now == {name: value + 1 for name, value in before.items()}


def test_who_is_elsewhere_and_who_does_not_exist_get_the_same_answer(bureau: Bureau) -> None:
    units = ReadPlacements(bureau.use, lambda: END)().unit_of
    here = bureau.officers[0]
    there = next(one for one in bureau.officers if units[one] != units[here])
    before = History(bureau.use.history_dir).fingerprint()
    told = []
    for officer in (there, "nobody", 12345):
        row = {"officer_id": officer, "course_id": _course(bureau), "occurred_on": "2026-10-29"}
        answer = bureau.send(("x", "course_completions", row), ("y", "officers", {"officer_id": officer}), key="here")
        told.append([{**one, "officer_id": ""} for one in answer["results"]])
    assert told[0] == told[1] == told[2]
    assert {fault["code"] for one in told[0] for fault in one["faults"]} == {"unknown_reference"}
    away = {"officer_id": here, "post_id": next(iter(_posts(bureau))), "started_on": "2026-10-30"}
    moved = bureau.send(("z", "postings", {**away, "unit_id": units[there]}), key="here")
    assert [one["field"] for one in moved["results"][0]["faults"]] == ["unit_id"]
    assert History(bureau.use.history_dir).fingerprint() == before
    row = {"officer_id": here, "course_id": _course(bureau), "occurred_on": "2026-10-29"}
    assert bureau.send(("w", "course_completions", row), key="here")["results"][0]["officer_id"] == here


@pytest.mark.parametrize("table", ["honours", "appraisals", "course_completions", "postings", "complaints"])
def test_an_officer_tells_what_they_want_and_not_what_they_did(bureau: Bureau, table: str) -> None:
    me = bureau.officers[1]
    goal = {"officer_id": me, "occurred_on": END.isoformat(), "goal_kind": "job_family", "goal": "patrol",
            "horizon_months": 60}  # fmt: skip
    mixed = [("g-1", "career_goals", goal), ("h-1", table, {"officer_id": me, "occurred_on": END.isoformat()})]
    events = [{"event_id": name, "table": kind, "row": row} for name, kind, row in mixed]
    refused = bureau.client.post("/v1/events", json={"events": events}, headers={"x-api-key": KEYS["own"]})
    assert refused.status_code == 422
    assert f"{table} is not an officer's own to tell" in refused.json()["detail"]
    assert bureau.send(("g-1", "career_goals", goal), key="own")["counts"]["received"] == 1


def test_an_older_row_never_takes_the_place_of_a_newer_one(bureau: Bureau) -> None:
    officer = bureau.officers[3]
    live = LiveFeatures(History(bureau.use.history_dir))
    assert bureau.reader.bring_forward(live, [officer], END - timedelta(days=1)) == 0
    assert bureau.reader.online([officer], "risk_v1", END)["feature_timestamp"].iloc[0] == pd.Timestamp(END)
    tomorrow = END + timedelta(days=1)
    assert bureau.reader.bring_forward(live, [officer], tomorrow) == 1
    bureau.reader.pending.add({officer}, tomorrow)
    done = bureau.reader.materialize(END)  # a snapshot that knows none of the events of this bureau
    assert {one.because for one in done} == {"already there"}
    stamps = bureau.reader.online(bureau.officers[:4], "risk_v1", tomorrow)["feature_timestamp"]
    assert stamps.tolist() == [pd.Timestamp(END)] * 3 + [pd.Timestamp(tomorrow)]
    live.close()


def test_features_planned_without_the_costly_rule_are_the_same(bureau: Bureau) -> None:
    live = LiveFeatures(History(bureau.use.history_dir))
    found = _by_officer(bureau, live)
    assert live._rows is not None
    engine = live._rows.backend.con
    assert engine.execute("SELECT current_setting('disabled_optimizers')").fetchall() == [(COSTLY,)]
    engine.execute("SET disabled_optimizers = ''")
    pd.testing.assert_frame_equal(_by_officer(bureau, live), found)
    live.close()


def _by_officer(bureau: Bureau, live: LiveFeatures) -> pd.DataFrame:
    """Everybody's row, in the order of ids: that of the engine changes from run to run."""
    return live.rows(bureau.officers, END)["officers"].sort_values("officer_id", ignore_index=True)


def test_a_night_from_an_older_history_does_not_take_an_event_back(bureau: Bureau) -> None:
    officer = bureau.officers[4]
    taken = bureau.feature(officer, "courses_3m")
    row = {"officer_id": officer, "course_id": _course(bureau), "occurred_on": "2026-10-28"}
    assert bureau.send(("n-1", "course_completions", row))["counts"]["accepted"] == 1
    marks = bureau.use.feast_dir / "materialized.json"
    marks.write_text(marks.read_text().replace('"content": "', '"content": "other'))  # as if this night came later
    assert {one.because for one in bureau.reader.materialize(END)} == {"moved forward"}
    assert bureau.feature(officer, "courses_3m") == taken + 1
    build_features(bureau.use, [END])
    bureau.reader.materialize(END)
    assert bureau.feature(officer, "courses_3m") == taken + 1
    assert officer not in bureau.reader.pending.held()  # the snapshot knows it now


def test_events_are_kept_where_features_cannot_be_brought_forward(bureau: Bureau) -> None:
    def broken(*_: object) -> int:
        raise NotReady("the store is locked")

    def mend(officer_ids: Sequence[str], _: date) -> int:
        calls.append(list(officer_ids))
        return len(officer_ids)

    officer, calls = bureau.officers[5], list[list[str]]()
    desk = replace(bureau.desk, bring_forward=broken)
    web = build_app()
    web.state.desks = replace(open_desks(bureau.use, bureau.reader, builders()), guidance={"/v1/events": desk})
    with listening(Guard(web, ROUTES, admit=admission_of(callers_of(bureau.use, lambda: END)))) as client:
        other = replace(bureau, client=client)
        row = {"officer_id": officer, "course_id": _course(bureau), "occurred_on": "2026-10-27"}
        answer = other.send(("b-1", "course_completions", row))
        assert (answer["counts"]["accepted"], answer["features"]) == (1, "waiting")
        told = bureau.reader.online([officer, bureau.officers[6]], "risk_v1", END)
        assert told["without_events_since"].tolist() == [END, None]
        assert FeatureReader(bureau.use).pending.waiting(END) == {officer}, "a service that starts again knows it too"
        mended = replace(desk, bring_forward=mend)
        web.state.desks = replace(web.state.desks, guidance={"/v1/events": mended})
        later = other.send(("b-2", "course_completions", {**row, "officer_id": bureau.officers[6]}))
    assert later["features"] == "current"
    assert calls == [sorted([officer, bureau.officers[6]])]
    live = LiveFeatures(History(bureau.use.history_dir))
    assert bureau.reader.bring_forward(live, calls[0], END) == 2
    live.close()
    assert bureau.reader.pending.waiting(END) == set()
    assert "without_events_since" not in bureau.reader.online([officer], "risk_v1", END)


def test_who_hears_that_the_time_is_over_has_written_nothing_and_what_is_written_is_told(bureau: Bureau) -> None:
    officer, course = bureau.officers[7], _course(bureau)
    now, clock, calls = datetime.combine(END, time(9)), [0.0], list[Sequence[str]]()

    def slow(officer_ids: Sequence[str], _: date) -> int:
        calls.append(officer_ids)
        clock[0] += 60.0
        return len(officer_ids)

    desk = replace(bureau.desk, bring_forward=slow)

    def told(name: str, waiting: Waiting) -> EventsAnswer:
        row = {"officer_id": officer, "course_id": course, "occurred_on": f"2026-10-2{name[-1]}"}
        asked = EventsRequest.model_validate(
            {"events": [{"event_id": name, "table": "course_completions", "row": row}]}
        )
        return desk.answer(asked, "r", now, EVERYWHERE, OPERATOR, waiting)

    gone = Waiting()
    assert gone.give_up()
    with pytest.raises(NobodyWaits):
        told("t-1", gone)
    hurried = told("t-1", Waiting(1.0, lambda: clock[0]))
    assert (hurried.counts.accepted, hurried.features, calls) == (1, "waiting", []), "it was not written before"
    late = told("t-2", Waiting(20.0, lambda: clock[0]))
    assert (late.features, len(calls), clock[0] > 20.0) == ("current", 1, True), "its time ended after it was settled"
    live = LiveFeatures(History(bureau.use.history_dir))
    assert bureau.reader.bring_forward(live, [officer], END) == 1
    live.close()


def test_an_event_that_comes_while_features_are_computed_waits_on(tmp_path: Path) -> None:
    pending = Pending(tmp_path)
    pending.add({"a", "b"}, END)
    seen = pending.late()
    pending.add({"b"}, END)
    pending.brought(["a", "b"], seen, END)
    assert pending.waiting(END) == {"b"}
    assert pending.late()["a"] == Late(END, END, 1, in_store=True, brought_to=END)
    pending.add({"a"}, END + timedelta(days=1))
    assert Pending(tmp_path).late()["a"] == Late(END, END + timedelta(days=1), 2)


def test_what_counts_from_tomorrow_is_brought_forward_once_that_day_begins(tmp_path: Path) -> None:
    pending, next_day = Pending(tmp_path), END + timedelta(days=1)
    pending.add({"a"}, END)
    pending.brought(["a"], pending.late(), END)
    assert (pending.waiting(END), Pending(tmp_path).waiting(next_day)) == (set(), {"a"})
    pending.brought(["a"], pending.late(), next_day)
    assert pending.waiting(next_day + timedelta(days=1)) == set()


def test_every_call_is_a_line_in_the_chain_and_needs_its_scope(bureau: Bureau) -> None:
    before = [row["body"] for row in lines(audit_database(bureau.use))]
    bureau.send(("l-1", "honours", {"officer_id": bureau.officers[0], "honour": "x"}))
    (line,) = [row["body"] for row in lines(audit_database(bureau.use))][len(before) :]
    assert '"action":"events_taken"' in line
    assert bureau.officers[0] not in line
    body = {"events": [{"event_id": "s", "table": "honours", "row": {"honour": "x"}}]}
    assert bureau.client.post("/v1/events", json=body, headers={"x-api-key": KEYS["reader"]}).status_code == 404


def test_a_vacancy_by_event_is_in_the_next_answer_and_only_from_its_own_units(bureau: Bureau) -> None:
    units = ReadPlacements(bureau.use, lambda: END)().unit_of
    here = units[bureau.officers[0]]
    there = next(unit for unit in sorted(set(units.values())) if unit != here)
    post = sorted(_posts(bureau))[0]
    row = {"vacancy_id": "v-new", "post_id": post, "places": 2, "opened_on": "2026-10-30", "closes_on": "2026-12-01"}
    wishes = [{"officer_id": bureau.officers[0], "vacancy_id": "v-new", "preference_order": 1}]
    asked = {"officer_ids": bureau.officers[:1], "wishes": wishes, "vacancy_ids": ["v-new"]}
    assert bureau.post("/v1/match", asked)["vacancies"] == 0
    told = [bureau.send(("a", "vacancies", {**row, "unit_id": unit}), key="here") for unit in (there, "nowhere", 12)]
    assert [one["results"][0]["faults"][0]["code"] for one in told] == ["unknown_reference"] * 3
    before = [line["body"] for line in lines(audit_database(bureau.use))]
    answer = bureau.send(("b", "vacancies", {**row, "unit_id": here}), key="here")
    assert (answer["features"], answer["results"][0]["unit_id"]) == ("unchanged", here)
    assert here in [line["body"] for line in lines(audit_database(bureau.use))][len(before)]
    assert bureau.post("/v1/match", asked)["vacancies"] == 1


def test_a_fault_lists_what_may_be_sent(bureau: Bureau) -> None:
    posting = {"officer_id": bureau.officers[0], "post_id": sorted(_posts(bureau))[0], "started_on": "2026-10-30",
               "unit_id": ReadPlacements(bureau.use, lambda: END)().unit_of[bureau.officers[0]]}  # fmt: skip
    taken = {"officer_id": bureau.officers[0], "course_id": _course(bureau), "occurred_on": "2026-10-29", "score": 101}
    answer = bureau.send(
        ("t", "courses", {"course_id": "c"}), ("o", "postings", {**posting, "occasion": "whim"}),
        ("s", "course_completions", taken),
    )  # fmt: skip
    table, occasion, score = (one["faults"][0] for one in answer["results"])
    assert (table["code"], occasion["code"], score["code"]) == ("unknown_table", "not_in_list", "above_maximum")
    assert "postings, " in table["en"]
    assert "vacancies" in table["zh"]
    assert "courses," not in table["en"]
    assert occasion["en"] == "not one of the allowed values: entry, rotation, promotion, request, secondment, unknown"
    assert score["zh"] == "大于最大值：100"


def _posts(bureau: Bureau) -> set[str]:
    return set(History(bureau.use.history_dir).frame("posts", ["post_id"])["post_id"].astype(str))


def _course(bureau: Bureau) -> str:
    return str(History(bureau.use.history_dir).frame("courses", ["course_id"])["course_id"].iloc[0])
