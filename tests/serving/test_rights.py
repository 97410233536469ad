"""What is shown before a person has reviewed it, who opted out, and who was erased: on both engines, and over HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import sqlalchemy as sa
from rich.console import Console

from data_contracts.audit.chain import METADATA as AUDIT
from data_contracts.audit.chain import lines
from data_contracts.database import Database
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import policy
from data_contracts.pseudonyms import Pseudonyms
from data_contracts.settings import Settings
from data_contracts.vocabulary import Outcome
from models.audit import audit_database, verify
from serving.access.api_keys import KeyAsked
from serving.access.callers import callers_of
from serving.access.credential import AccessScope, Credential
from serving.access.placements import Placements
from serving.access.recorder import Recorder
from serving.api.admission import admission_of
from serving.api.app import ROUTES, build_app
from serving.api.guard import Guard
from serving.api.opened import Absent
from serving.feedback.exposures import ExposureLog
from serving.ground import Ground
from serving.night.nightly import NightAsked, score_night
from serving.night.results import latest_run
from serving.review.cases import CaseStore
from serving.review.commands import check_proof, erase_officer, expire
from serving.review.erasure import erase, read_proof
from serving.review.opened import open_review
from serving.review.opening import open_cases
from serving.review.opt_outs import OptOuts, Wish
from serving.review.standing import WAITS, KeptReviews
from serving.review.tables import METADATA
from serving.review.withholding import withheld_rows
from serving.risk.schemas import RiskNotScored, RiskRequest, RiskScored, RiskWithheld
from tests.postgres import postgresql
from tests.serving.desks import NOW, FakeSource, demo_desks, risk_desk
from tests.serving.feedback_room import given, show
from tests.serving.key_room import added
from tests.serving.live import listening
from tests.serving.night_force import AS_OF, CountScorer, force, write_snapshot
from tests.serving.review_room import CHIEF, READER, FakeRun, Room, row
from tests.serving.test_batch_nightly import BUILDERS, small_declared

__all__ = ["small_declared"]
TODAY = NOW.date()
WHERE = Placements({"o-000001": "station-1", "o-000002": "station-2"}, {"station-1": "bureau", "station-2": "bureau"})
OWN = Credential("oidc:a", AccessScope.of(["risk:read"]), (), "a")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, state: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A state with its service database on either engine; what was opened is closed, and the server left empty."""
    used = state
    if request.param == "postgresql":
        used = state.model_copy(update={"database_url": request.getfixturevalue("server")})
    opened, original = list[sa.Engine](), Database._opened

    def remembered(database: Database) -> sa.Engine:
        opened.append(original(database))
        return opened[-1]

    monkeypatch.setattr(Database, "_opened", remembered)
    yield used
    with opened[0].begin() as connection:
        for metadata in (METADATA, AUDIT):
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
    for engine in opened:
        engine.dispose()


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(f"sqlite:///{tmp_path / 'service.db'}", tmp_path)


# --- before a review ---------------------------------------------------------------------------------------------


def answered(room: Room, caller: Credential) -> RiskScored | RiskWithheld | RiskNotScored:
    rows: dict[str, tuple[float | None, float | None]] = {"a": (0.6, 0.12)}
    desk = replace(risk_desk(FakeSource({"a": 1.0}), rows), reviews=room.reviews)
    (result,) = desk.answer(RiskRequest(officer_ids=["a"]), "r", NOW, caller).results
    return result


def test_a_poor_grade_is_shown_to_reviewers_alone_until_a_person_has_looked_at_it(room: Room) -> None:
    room.open(replace(FakeRun({"a": ("conduct",)}), as_of=TODAY), NOW)
    assert isinstance(answered(room, CHIEF), RiskScored)
    for caller in (READER, OWN):
        hidden = answered(room, caller)
        assert isinstance(hidden, RiskWithheld)
        assert (hidden.because.code, hidden.outcomes) == ("under_review", [])
        assert {one.outcome.value for one in hidden.outcomes_not_scored} == {"conduct", "strain"}
        assert "0.6" not in hidden.model_dump_json()
        assert '"poor"' not in hidden.model_dump_json()
    steps = [
        ("acknowledge", True), ("contest", False), ("uphold", True), ("support", True), ("reopen", True),
        ("false_positive", False), ("reopen", True), ("contest", False), ("correct", False),
    ]  # fmt: skip
    for action, shown in steps:
        room.act(room.case(), action, now=NOW)
        result = answered(room, READER)
        assert isinstance(result, RiskScored) == shown, action
        if isinstance(result, RiskWithheld):  # what people decided of a case would tell that there is one
            assert {one.because for one in result.outcomes_not_scored} == {result.because} == {WAITS}
    assert isinstance(answered(room, CHIEF), RiskScored)


def test_a_poor_grade_without_a_case_or_with_an_old_one_waits(room: Room) -> None:
    assert isinstance(answered(room, READER), RiskWithheld)
    early = datetime(2026, 8, 1)
    room.open(replace(FakeRun({"a": ("conduct",)}), as_of=early.date()), early)
    room.act(room.case(), "acknowledge", now=early)
    result = answered(room, READER)  # on 2026-11-01: 92 days later
    assert isinstance(result, RiskWithheld)
    assert result.because.code == "under_review"


def seen_by_a_reader(room: Room, rows: dict[str, tuple[float | None, float | None]]) -> dict[str, dict[str, Any]]:
    desk = replace(risk_desk(FakeSource(dict.fromkeys(rows, 1.0)), rows), reviews=room.reviews)
    results = desk.answer(RiskRequest(officer_ids=list(rows)), "r", NOW, READER).results
    return {one.officer_id: {**one.model_dump(mode="json"), "officer_id": ""} for one in results}


def test_what_is_withheld_does_not_say_poor(room: Room) -> None:
    """Poor and fair look alike to the letter, in whichever outcome and however many, a case of theirs or not."""
    rows: dict[str, tuple[float | None, float | None]] = {
        "a": (0.6, 0.12), "b": (0.35, 0.12), "c": (0.6, 0.6), "other": (0.05, 0.6), "both": (0.35, 0.35),
        "good": (0.2, 0.05),
    }  # fmt: skip
    desk = risk_desk(FakeSource(dict.fromkeys(rows, 1.0)), rows)
    grades = {one.officer_id: [risk.grade.value for risk in sorted(one.outcomes, key=lambda risk: risk.outcome)]
              for one in desk.answer(RiskRequest(officer_ids=list(rows)), "r", NOW, CHIEF).results
              if isinstance(one, RiskScored)}  # fmt: skip
    assert (grades["a"], grades["b"], grades["other"]) == (["poor", "good"], ["fair", "good"], ["excellent", "poor"])
    assert (grades["both"], grades["good"]) == (["fair", "fair"], ["good", "excellent"])
    room.open(replace(FakeRun({"a": ("conduct",), "c": ("conduct", "strain")}), as_of=TODAY), NOW)
    room.through("acknowledge", "false_positive", officer_id="c", now=NOW)
    told = seen_by_a_reader(room, rows)
    assert told["good"]["status"] == "scored"
    assert all(told[one] == told["a"] for one in rows if one != "good")
    alone = desk.answer(RiskRequest(officer_ids=["b"], outcomes=[Outcome.STRAIN]), "r", NOW, READER).results
    assert isinstance(alone[0], RiskWithheld)  # nor does asking for one outcome at a time tell more


def test_rows_of_a_night_leave_without_what_nobody_has_reviewed(room: Room) -> None:
    room.open(FakeRun({"a": ("conduct",), "b": ("conduct",)}))
    room.through("acknowledge", officer_id="b")
    rows = pd.DataFrame([row("a", "conduct", "poor"), row("a", "strain", "good"), row("b", "conduct", "poor")])
    told = withheld_rows(rows, room.reviews, date(2026, 10, 2))
    assert told["status"].tolist() == ["withheld", "withheld", "scored"]
    assert told["grade"].tolist() == [None, None, "poor"]
    assert told["overall_grade"].tolist() == [None, None, "poor"]
    assert pd.isna(told.loc[0, ["probability", "low", "reasons", "flags", "support"]]).all()
    assert json.loads(told["because"].tolist()[0])["code"] == "under_review"
    assert rows["grade"].tolist() == ["poor", "good", "poor"]
    calm = rows[rows["grade"] != "poor"]
    assert withheld_rows(calm, room.reviews, TODAY)["grade"].tolist() == ["good"]


def test_rows_that_leave_without_figures_do_not_say_poor(room: Room) -> None:
    room.open(FakeRun({"a": ("conduct",)}))
    rows = pd.DataFrame([row(one, outcome, grade) for one, grades in {
        "a": ("poor", "good"), "b": ("fair", "good"), "c": ("good", "fair"), "d": ("good", "excellent"),
    }.items() for outcome, grade in zip(("conduct", "strain"), grades, strict=True)])  # fmt: skip
    told = withheld_rows(rows, room.reviews, date(2026, 10, 2))
    assert told[told["officer_id"] == "d"]["grade"].tolist() == ["good", "excellent"]
    each = {one: part.drop(columns="officer_id").to_json(orient="values") for one, part in told.groupby("officer_id")}
    assert each["a"] == each["b"] == each["c"] != each["d"]


# --- opting out --------------------------------------------------------------------------------------------------


def test_an_opt_out_is_kept_as_a_pseudonym_and_can_be_taken_back(either: Settings) -> None:
    kept = OptOuts.of(either)
    before = len(list(lines(audit_database(either))))
    wish = Wish("o-9", True, NOW, "oidc:o-9", "r-1")
    assert kept.keep(wish) == TODAY
    assert kept.keep(replace(wish, at=NOW + timedelta(days=3))) == TODAY
    assert kept.among(["o-8", "o-9"]) == {"o-9": TODAY}
    other = replace(kept, names=Pseudonyms(b"another key"))
    with pytest.raises(NotReady, match="the key of pseudonyms"):
        other.among(["o-8"])
    assert kept.keep(replace(wish, out=False)) is None
    assert kept.among(["o-9"]) == {}
    told = [json.loads(line["body"]) for line in lines(audit_database(either))][before:]
    assert [(line["action"], line["details"]) for line in told] == [
        ("opt_out_changed", {"opted_out": True}), ("opt_out_changed", {"opted_out": False}),
    ]  # fmt: skip
    assert "o-9" not in json.dumps([line["about"] for line in told])


def test_who_opted_out_is_not_looked_at_by_a_request(room: Room) -> None:
    room.opt_outs.keep(Wish("a", True, NOW, "x"))
    source = FakeSource({"a": 1.0, "b": 1.0})
    desk = replace(risk_desk(source, {"b": (0.1, 0.1)}), reviews=room.reviews)
    first, second = desk.answer(RiskRequest(officer_ids=["a", "b"]), "r", NOW, CHIEF).results
    assert isinstance(first, RiskNotScored)
    assert (first.because.code, second.status, source.reads) == ("opted_out", "scored", [["b"]])
    (alone,) = desk.answer(RiskRequest(officer_ids=["a"]), "r", NOW, CHIEF).results
    assert alone == first


def test_from_the_next_night_on_who_opted_out_is_not_scored(state: Settings, small_declared: None) -> None:
    write_snapshot(state, force(200))
    console = Console(file=None, quiet=True)
    first = score_night(NightAsked(AS_OF), state, BUILDERS, console, CountScorer())
    OptOuts.of(state).keep(Wish("o-5", True, NOW, "x"))
    second = score_night(NightAsked(AS_OF), state, BUILDERS, console, CountScorer())
    assert second.new
    assert second.in_force
    assert second.manifest.run != first.manifest.run
    rows = latest_run(state, verify=True).officers()
    own = rows[rows["officer_id"] == "o-5"]
    assert own["status"].tolist() == ["not_scored"] * 2
    assert {json.loads(text)["code"] for text in own["because"]} == {"opted_out"}
    assert own[["probability", "grade", "reasons", "overall_grade"]].isna().all(axis=None)
    assert (second.manifest.counts.not_scored, second.manifest.counts.scored) == (2, 198)
    OptOuts.of(state).keep(Wish("o-5", False, NOW, "x"))
    assert score_night(NightAsked(AS_OF), state, BUILDERS, console, CountScorer()).manifest.run == first.manifest.run


def test_a_night_in_force_opens_its_cases(state: Settings, small_declared: None) -> None:
    use = state.model_copy(update={"today": AS_OF + timedelta(days=1)})
    write_snapshot(use, force(200))
    told = Console(record=True, quiet=True)
    score_night(NightAsked(AS_OF), use, BUILDERS, told, CountScorer())
    rows = latest_run(use).officers()
    poor = set(rows.loc[rows["grade"] == "poor", "officer_id"])
    found = CaseStore.of(use).of_officers(sorted(set(rows["officer_id"])))
    assert {case.officer_id for case in found} == poor
    assert found[0].told["reasons"][0]["theme"] == "complaints"
    now = datetime.combine(AS_OF + timedelta(days=1), NOW.time())
    assert not open_cases(latest_run(use), CaseStore.of(use), policy(), now).new


def test_no_warning_ends_by_a_day_that_has_not_come(state: Settings) -> None:
    room = filled(state)
    over = date(2026, 12, 30)  # the warning of 2026-10-01 stands ninety days
    told = Console(file=io.StringIO(), record=True, width=200)
    early = state.model_copy(update={"today": over - timedelta(days=2)})
    with pytest.raises(InvalidInput, match=r"2026-12-30 has not come yet; it is 2026-12-28 \(PHAROS_TODAY sets it\)"):
        expire(early, over, told)
    assert (room.case().expired_on, told.export_text()) == (None, "")
    expire(state.model_copy(update={"today": over}), over, told)
    assert room.case().expired_on == over
    assert "2 warnings expired" in told.export_text()


# --- erasure -----------------------------------------------------------------------------------------------------


def filled(use: Settings) -> Room:
    made = Room(use.service_url, use.state / "service")
    made.store = CaseStore.of(use)
    made.chain = made.store.chain
    made.open(FakeRun({"a": ("conduct",), "b": ("conduct",)}))
    made.act(made.case(), "acknowledge", reason="a-reviewer-said-this")
    OptOuts.of(use).keep(Wish("a", True, NOW, "oidc:a"))
    log = ExposureLog(use.feedback_url)
    show(log, "a", "the-item-of-a", request_id="r-1")
    show(log, "b", "p-1", request_id="r-2")
    log.take([given(1, officer_id="a", reason="only-a-said-this")])
    log.close()
    return made


def test_an_officer_is_erased_with_a_signed_proof_that_claims_no_more(either: Settings, tmp_path: Path) -> None:
    filled(either)
    proof, path = erase(either, "a", NOW)
    told = {name: count for name, count in proof.erased.items() if count}
    assert told == {"exposures": 1, "feedback": 1, "case_events": 1, "cases": 1}
    assert set(proof.left.values()) == {0}
    assert "history" not in proof.not_reached
    assert sum(proof.looked.values()) > 3
    assert '"a"' not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    store = CaseStore.of(either)
    assert [case.officer_id for case in store.of_officers(["a", "b"])] == ["b"]
    assert OptOuts.of(either).among(["a", "b"]) == {"a": TODAY}
    last = [json.loads(line["body"]) for line in lines(audit_database(either))][-1]
    assert (last["action"], last["about"], last["details"]["rows"]) == ("erased", [proof.pseudonym], dict(proof.erased))
    if not either.database_url:
        assert verify(either).good
    for file in either.state.rglob("*.db*"):
        assert b"only-a-said-this" not in file.read_bytes(), file
        assert b"the-item-of-a" not in file.read_bytes(), file
        assert b"a-reviewer-said-this" not in file.read_bytes(), file
    again, other = erase(either, "a", NOW)
    assert (sum(again.erased.values()), other != path) == (0, True)
    assert read_proof(either, path) == proof
    forged = tmp_path / "forged.json"
    forged.write_text(path.read_text().replace('"cases": 1', '"cases": 2'))
    for wrong in (forged, tmp_path / "absent.json"):
        with pytest.raises(InvalidInput, match="no proof of erasure"):
            read_proof(either, wrong)


def test_the_commands_say_what_was_erased_and_what_was_not(state: Settings) -> None:
    told = Console(record=True, width=500, file=io.StringIO())
    steps: list[str] = []
    erase_officer(state, "nobody", told, steps.append)
    assert [one.split(";")[0].split(",")[0] for one in steps] == [
        "history", "snapshots", "online store", "offline store", "nights", "other files and pictures",
        "the service's database", "copies", "reading all that is left",
    ]  # fmt: skip
    (path,) = (state.state / "service" / "erasures").iterdir()
    check_proof(state, path, told)
    text = told.export_text()
    assert text.count("Not erased: files of a PostgreSQL server") == 2
    assert text.count("files and tables afterwards, none is left") == 2
    assert "0 of exposures" in text


# --- over HTTP ---------------------------------------------------------------------------------------------------


def key(use: Settings, *scopes: str, units: tuple[str, ...] | None = None) -> dict[str, str]:
    asked = KeyAsked("a system", AccessScope.of(scopes), units, TODAY + timedelta(days=30))
    return {"x-api-key": added(use, asked, TODAY)[1]}


@pytest.fixture
def client(state: Settings) -> Iterator[httpx.Client]:
    key(state, "risk:read")
    night: Any = FakeRun({"o-000001": ("conduct",), "o-000002": ("strain",)}, as_of=TODAY)
    night = _Named(night)
    open_cases(night, CaseStore.of(state), policy(), NOW)
    made = demo_desks()
    assert not isinstance(made.risk, Absent)
    review = open_review(replace(Ground.of(state, FakeSource({"o-000001": 1.0})), placements=lambda: WHERE), "risk_v1")
    web = build_app()
    web.state.desks = replace(
        made, placements=lambda: WHERE, record=Recorder.of(state), guidance={**made.guidance, **review},
        risk=replace(made.risk, reviews=KeptReviews.of(state)),
    )  # fmt: skip
    with listening(Guard(web, ROUTES, admit=admission_of(callers_of(state, lambda: TODAY)))) as client:
        yield client


class _Named:
    """The night with the officers of these desks."""

    def __init__(self, night: FakeRun) -> None:
        self.manifest = night.manifest
        self._night = night

    def officers(self, columns: Any = None) -> pd.DataFrame:
        return pd.DataFrame([row(officer, one, "poor") for officer, few in self._night.poor.items() for one in few])


def test_keys_of_different_reach_see_and_do_different_things(state: Settings, client: httpx.Client) -> None:
    east = key(state, "risk:read", "risk:review", units=("station-1",))
    west = key(state, "risk:read", "risk:review", units=("station-2",))
    reader = key(state, "risk:read")
    none = key(state, "recommend:read")
    assert client.post("/v1/cases", json={}, headers=none).status_code == 404
    (case,) = client.post("/v1/cases", json={}, headers=east).json()["results"]
    assert (case["officer_id"], case["state"], case["told"]["probability"]) == ("o-000001", "new", 0.4)
    assert client.post("/v1/cases", json={}, headers=reader).json()["results"] == []
    asked = {"officer_ids": ["o-000001"], "outcomes": ["conduct"]}
    hidden = client.post("/v1/risk", json=asked, headers=reader).json()["results"][0]
    assert (hidden["status"], hidden["because"]["code"]) == ("withheld", "under_review")
    assert client.post("/v1/risk", json=asked, headers=east).json()["results"][0]["grade"] == "poor"
    step = {"case_id": case["case_id"], "version": 1, "action": "acknowledge", "idempotency_key": "key-00001"}
    absent = {**step, "case_id": "0" * 32}
    refused = [client.post("/v1/cases/act", json=step, headers=who) for who in (west, reader)]
    refused.append(client.post("/v1/cases/act", json=absent, headers=east))
    told = [{**one.json(), "request_id": ""} for one in refused]
    assert [one.status_code for one in refused] == [404] * 3
    assert told[0] == told[1] == told[2]
    done = client.post("/v1/cases/act", json=step, headers=east).json()
    assert (done["status"], done["case"]["state"], done["case"]["version"]) == ("done", "reviewed", 2)
    assert client.post("/v1/cases/act", json=step, headers=east).json()["status"] == "duplicate"
    stale = client.post("/v1/cases/act", json={**step, "idempotency_key": "key-00002"}, headers=east)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    wrong = {**step, "version": 2, "idempotency_key": "key-00003"}
    conflict = client.post("/v1/cases/act", json=wrong, headers=east)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "conflict")
    after = client.post("/v1/risk", json=asked, headers=reader).json()["results"][0]
    assert [one["grade"] for one in after["outcomes"]] == ["poor"]
    assert len(client.post("/v1/cases", json={}, headers=reader).json()["results"]) == 1
    assert verify(state).good


def test_a_reviewer_reads_what_was_used_and_writes_an_opt_out_down(state: Settings, client: httpx.Client) -> None:
    east = key(state, "risk:read", "risk:review", units=("station-1",))
    reader = key(state, "risk:read")
    mine = client.post("/v1/mine", json={"officer_id": "o-000001"}, headers=east).json()
    assert {"zh", "en"} == set(mine["notice"])
    held = {one["table"]: one for one in mine["data"]}
    assert (held["protected_attributes"]["rows"], held["protected_attributes"]["used"]) == (None, False)
    assert held["complaints"]["kept_months"] == 120
    assert client.post("/v1/mine", json={"officer_id": "o-000001"}, headers=reader).status_code == 404
    wish = {"officer_id": "o-000001", "opted_out": True}
    assert client.post("/v1/opt_out", json=wish, headers=reader).status_code == 404
    assert client.post("/v1/opt_out", json={**wish, "officer_id": "o-000002"}, headers=east).status_code == 404
    assert client.post("/v1/opt_out", json=wish, headers=east).json()["opted_out_since"] == "2026-11-01"
    risk = client.post("/v1/risk", json={"officer_ids": ["o-000001"]}, headers=east).json()["results"][0]
    assert (risk["status"], risk["because"]["code"]) == ("not_scored", "opted_out")
