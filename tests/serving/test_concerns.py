"""Concerns without the web: triage, who helps, what is open and where it goes, monthly themes that name no few."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import structlog

from data_contracts.audit.chain import Action
from data_contracts.concern_phrases import phrases
from data_contracts.errors import InvalidInput, NotReady, UntrustedArtifact
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.triaging import Asked, TriagePolicy, triage_faults
from data_contracts.vocabulary import Bilingual
from features.erasing import without
from features.history import History
from models.concerns.deadlines import DeadlineModel
from models.concerns.model import ConcernModel
from models.concerns.text_model import Settling, TextModel
from serving.access.placements import Placements
from serving.access.reach import EVERYWHERE, Sight
from serving.concerns.answers import ConcernRecords, OpenDesk, ThemesDesk, TriageDesk
from serving.concerns.follow_up import follow_up
from serving.concerns.following import open_concerns
from serving.concerns.schemas import ConcernsRequest, OpenConcernsRequest, ThemesRequest
from serving.concerns.telling import as_table
from serving.concerns.themes import months_before, themes
from serving.concerns.triage import Triage
from serving.night.manifest import ModelIdentity
from tests.serving.desks import demo_desks
from tests.serving.live import served
from tests.training.test_concerns_training import made_up
from training.concerns.corpus import Share, examples
from training.concerns.deadlines import fit_deadlines, situations
from training.concerns.fit import ConcernFit, fit_heads, labels_of_policy

NOW = datetime(2026, 3, 1, 9)
AS_OF = NOW.date()
SECRET = "我家住在小河边第三棵树旁"
PARENTS = {"u-1": "u-0", "u-2": "u-0", "u-1-1": "u-1"}


@pytest.fixture(scope="module")
def triage() -> Triage:
    labels, fit = labels_of_policy(), ConcernFit(variants=1)
    settling = Settling(tell_subcategory=0.5, tell_category=0.5, urgent_from=0.5)
    text = TextModel(labels, *fit_heads(examples(phrases(), Share(), 1, 0), labels, fit), settling)
    deadlines: dict[str, DeadlineModel] = fit_deadlines(situations(made_up(400), text), AS_OF)[0]
    return Triage(ConcernModel(text, deadlines), policy())


def concern(number: int, days: int, **more: Any) -> dict[str, Any]:
    """One row of the record, raised so many days ago."""
    raised = pd.Timestamp(AS_OF) - pd.Timedelta(days=days)
    row = {"concern_id": f"n-{number}", "officer_id": f"o-{number}", "unit_id": "u-1", "raised_by": "officer",
           "channel": "online", "category": "leave", "subcategory": "annual_leave", "text": "想休年假，一直不批",
           "raised_on": raised, "acknowledged_on": pd.NaT, "resolved_on": pd.NaT, "known_on": raised}  # fmt: skip
    return row | more


def record(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).astype({"acknowledged_on": "datetime64[us]", "resolved_on": "datetime64[us]"})


# --- triage


def asked(triage: Triage, *texts: str, **more: Any) -> list[Any]:
    desk = TriageDesk(ModelIdentity("concerns", "1", "", "concerns_v1", ""), triage, nothing)
    body = ConcernsRequest.model_validate(
        {"concerns": [{"concern_id": f"n-{at}", "text": text, **more} for at, text in enumerate(texts)]}
    )
    return desk.answer(body, "r", NOW).results


def nothing(_: date) -> pd.DataFrame:
    raise NotReady("the history has no concerns")


def test_words_are_sorted_and_what_says_nothing_is_left_to_a_person(triage: Triage) -> None:
    told, unsure = asked(triage, "攒了十几天年休假，申请老是不批", "。。。", channel="visit")
    assert (told.status, told.category, told.subcategory) == ("sorted", "leave", "annual_leave")
    assert [len(told.categories), len(told.subcategories)] == [3, 3]
    assert told.handler.zh == "考勤休假岗"
    assert told.answer_by.zh.startswith("当面")
    assert [one.deadline for one in told.deadlines] == ["acknowledge", "resolve"]
    assert told.deadlines[1].due_on == AS_OF + timedelta(days=7)
    assert told.deadlines[0].chance_missed is None, "nothing was learned of it"
    assert (unsure.status, unsure.category, unsure.deadlines) == ("unsure", None, [])


def test_what_is_past_is_told_as_missed_and_a_day_to_come_is_refused(triage: Triage) -> None:
    words = "攒了十几天年休假，申请老是不批"
    due = asked(triage, words, channel="visit")[0].deadlines[1].due_on - AS_OF
    for days, past in ((due.days, False), (due.days + 1, True)):
        resolve = asked(triage, words, channel="visit", raised_on=AS_OF - timedelta(days=days))[0].deadlines[1]
        assert (resolve.overdue, resolve.chance_missed is None) == (past, past)
    chances = [
        asked(triage, words, channel="visit", raised_on=AS_OF - timedelta(days=gone))[0].deadlines[1].chance_missed
        for gone in (0, due.days - 1, due.days)
    ]
    assert chances[0] < chances[1] <= chances[2], "a deadline that runs out is likelier to be missed"
    assert chances[2] > chances[0] + 0.1
    with pytest.raises(InvalidInput, match=r"concerns\.0\.raised_on 2026-03-02 has not come yet; give 2026-03-01"):
        asked(triage, words, raised_on=AS_OF + timedelta(days=1))


def test_a_visit_is_likelier_to_be_late_where_the_record_says_so(triage: Triage) -> None:
    chances = {way: asked(triage, "攒了十几天年休假，申请老是不批", channel=way)[0].deadlines[1].chance_missed
               for way in ("online", "visit")}  # fmt: skip
    assert chances["visit"] > chances["online"] + 0.2


def test_danger_goes_to_the_leader_on_duty(triage: Triage) -> None:
    told = asked(triage, "我不想活了，遗书写好了，刀就在手上", "想了解一下年休假的天数")
    assert [one.urgency for one in told] == ["urgent", "normal"]
    assert {one.kind for one in told[0].helpers} == {"duty_leader", "counsellor"}
    assert [one.kind for one in told[1].helpers] == ["desk"]


@pytest.mark.parametrize(
    ("known", "kinds"),
    [
        (Asked("urgent", "online", None, None, "officer"), ["duty_leader", "counsellor"]),
        (Asked("normal", "online", "suggestion", None, "community"), ["community"]),
        (Asked("normal", "hotline", "welfare", "housing", "family"), ["welfare", "peer"]),
        (Asked("normal", "online", "welfare", "housing", "family"), ["welfare"]),
        (Asked("normal", "visit", "leave", "annual_leave", "officer"), ["desk", "unit_leader"]),
        (Asked("normal"), ["desk"]),
    ],
)
def test_urgency_and_channel_decide_who_helps(known: Asked, kinds: list[str]) -> None:
    assert [one.code for one in policy().triage.helpers_for(known)] == kinds


def test_a_policy_that_leaves_a_concern_without_help_is_refused() -> None:
    from data_contracts.catalog import catalog

    held = policy().triage
    broken: TriagePolicy = replace(
        held, helper_rule=(replace(held.helper_rule[0], helpers=("nobody",)),),
        step=(replace(held.step[0], after_days=2),), channel=held.channel[:1], urgency=held.urgency[:2],
    )  # fmt: skip
    told = [key for key, _, _ in triage_faults(broken, policy().concerns, catalog())]
    assert told == ["urgency", "channel", "helper_rule[1].helpers", "helper_rule[1]", "step[1]"]


# --- what is open


def test_what_stays_open_goes_further_step_by_step(triage: Triage) -> None:
    rows = record(
        concern(1, 0), concern(2, 3), concern(3, 9), concern(4, 9, acknowledged_on=pd.Timestamp(2026, 2, 21)),
        concern(5, 9, resolved_on=pd.Timestamp(2026, 2, 25)), concern(6, 0, text="有人要跳楼，快来救人，人就在楼顶"),
        concern(7, 2, channel="visit", category=None, subcategory=None),
    )  # fmt: skip
    found = {one.concern_id: one for one in open_concerns(rows, triage, policy(), AS_OF)}
    assert set(found) == {"n-1", "n-2", "n-3", "n-4", "n-6", "n-7"}
    to = {name: one.escalation.to.code if one.escalation else None for name, one in found.items()}
    assert to == {"n-1": None, "n-2": "unit_leader", "n-3": "political_officer", "n-4": "political_officer",
                  "n-6": "duty_leader", "n-7": "unit_leader"}  # fmt: skip
    assert found["n-3"].due[1].overdue
    assert found["n-3"].due[1].chance_missed is None
    assert 0 < (found["n-2"].due[1].chance_missed or 0) < 1
    assert found["n-4"].acknowledged
    assert next(iter(found)) == "n-6"
    assert found["n-2"].escalation is not None
    assert found["n-2"].escalation.since == AS_OF - timedelta(days=1)


def test_the_deadline_day_itself_is_in_time() -> None:
    rows = record(concern(1, 1), concern(2, 2))
    late = {one.concern_id: one.due[0].overdue for one in open_concerns(rows, None, policy(), AS_OF)}
    assert late == {"n-1": False, "n-2": True}


def test_without_a_model_dates_alone_speak() -> None:
    one = open_concerns(record(concern(1, 3)), None, policy(), AS_OF)[0]
    assert (one.urgency, one.suggested) == (None, None)
    assert one.escalation is not None
    assert open_concerns(record(concern(1, 3)).iloc[:0], None, policy(), AS_OF) == []


def desk(rows: pd.DataFrame, triage: Triage | None = None) -> OpenDesk:
    return OpenDesk(lambda _: rows, policy(), lambda: Placements({}, PARENTS), triage)


def test_a_caller_sees_what_lies_in_reach_and_an_officer_their_own() -> None:
    rows = record(concern(1, 3, unit_id="u-1-1"), concern(2, 3, unit_id="u-2"), concern(3, 3, unit_id=None))
    for sight, expected in (
        (EVERYWHERE, {"n-1", "n-2", "n-3"}),
        (Sight(frozenset({"u-1", "u-1-1"})), {"n-1"}),
        (Sight(frozenset(), "o-3"), {"n-3"}),
        (Sight(frozenset()), set()),
    ):
        told = desk(rows).answer(OpenConcernsRequest(), "r", NOW, sight)
        assert {one.concern_id for one in told.results} == expected
        assert told.open == len(expected)


def test_units_channels_and_what_goes_further_are_asked_for() -> None:
    rows = record(concern(1, 0, unit_id="u-1-1"), concern(2, 5, channel="visit"), concern(3, 5, unit_id="u-2"))

    def ask(**body: Any) -> set[str]:
        told = desk(rows).answer(OpenConcernsRequest.model_validate(body), "r", NOW, EVERYWHERE)
        return {one.concern_id for one in told.results}

    assert ask(unit_ids=["u-1"]) == {"n-1", "n-2"}
    assert ask(channel="visit") == {"n-2"}
    assert ask(escalated_only=True) == {"n-2", "n-3"}
    assert len(ask(top=1)) == 1


def test_units_that_nobody_knows_or_that_may_not_be_seen_are_told_by_name() -> None:
    asked_for = OpenConcernsRequest(unit_ids=["u-1", "out-of-reach", "u-1-1", "out-of-reach"])
    told = desk(record(concern(1, 0))).answer(asked_for, "r", NOW, EVERYWHERE)
    assert (told.open, told.unknown_units) == (1, ["out-of-reach"])
    assert desk(record(concern(1, 0))).answer(OpenConcernsRequest(), "r", NOW, EVERYWHERE).unknown_units == []


def test_what_is_no_chinese_or_no_concern_is_not_sorted_and_never_urgent(triage: Triage) -> None:
    from models.concerns.aside import Aside
    from models.concerns.grams import Cut, Grams

    grams = Grams.of(["电影院", "电影院"], Cut(2, 0))
    aside = Aside(grams, np.full(len(grams.known), -1.0), 0.5, concern_from=0.0)
    taught = replace(triage, model=replace(triage.model, text=replace(triage.model.text, aside=aside)))
    english, keys, cinema, danger = asked(
        taught, "Please help me, I cannot sleep", "asdfghjkl", "请问电影院今晚放什么", "我不想活了，遗书都写好了"
    )
    for one, code in ((english, "not_chinese"), (keys, "not_chinese"), (cinema, "no_concern")):
        assert (one.status, one.category, one.urgency, one.urgent_chance) == ("unsure", None, None, None)
        assert one.urgency_name is None, "nobody files as normal what nobody read"
        assert (one.categories, one.subcategories) == ([], []), "nor by a guess from words that were not read"
        assert one.unread.code == code
        assert one.deadlines == []
    assert "只读中文" in english.unread.zh
    assert (danger.unread, danger.urgency) == (None, "urgent")


# --- themes


def crowd(unit: str, category: str, people: int, first: int) -> list[dict[str, Any]]:
    return [concern(first + at, 20, unit_id=unit, category=category, subcategory=f"{category}-{at % 2}")
            for at in range(people)]  # fmt: skip


def told_of(rows: pd.DataFrame, least: int = 5) -> dict[tuple[str, str], int]:
    found = themes(rows, PARENTS, months_before(AS_OF, 1), least)
    return {(one.unit_id or "", one.category): one.concerns for one in found if one.subcategory is None}


def test_small_groups_are_left_out_and_so_is_what_differences_tell() -> None:
    rows = record(*crowd("u-1", "leave", 6, 0), *crowd("u-2", "leave", 2, 100), *crowd("u-2", "health", 4, 200))
    told = told_of(rows)
    assert ("u-2", "leave") not in told
    assert not (("u-0", "leave") in told and ("u-1", "leave") in told), "8 - 6 would tell of two people"
    assert ("u-0", "health") not in told


def test_a_person_who_writes_often_is_one_person() -> None:
    assert told_of(record(*(concern(at, 20, officer_id="o-1") for at in range(9)))) == {}


def test_who_is_not_known_is_one_person_in_a_month_and_unit() -> None:
    known = crowd("u-1", "leave", 3, 0)
    unknown = [one | {"officer_id": None, "raised_by": "community"} for one in crowd("u-1", "leave", 3, 50)]
    assert told_of(record(*known, *unknown)) == {}, "3 people and somebody are not 6 people"
    more = crowd("u-1", "leave", 1, 90)
    told = told_of(record(*known, *unknown, *more))
    assert told["u-1", "leave"] == 7, "4 people and somebody are enough, and all their concerns are counted"


def test_a_unit_without_any_theme_is_told_why_and_from_where_up_there_are_some() -> None:
    rows = record(*crowd("u-1-1", "leave", 3, 0), *crowd("u-1", "leave", 4, 100), *crowd("u-2", "health", 9, 200))
    names = {"u-1": Bilingual("东城分局", "East bureau"), "u-0": Bilingual("市局", "City bureau")}
    themed = ThemesDesk(lambda _: rows, policy(), lambda: Placements({}, PARENTS, names))
    own = Sight(frozenset({"u-1-1"}))
    told = themed.answer(ThemesRequest(months=2), "r", NOW, own)
    assert told.results == []
    assert "自“东城分局”起有可以给出的主题" in told.not_told.zh
    assert "last 2 whole months was any category raised by at least 5 people" in told.not_told.en
    assert "There are some from East bureau up" in told.not_told.en
    none = ThemesDesk(lambda _: record(*crowd("u-1-1", "leave", 3, 0)), policy(), lambda: Placements({}, PARENTS))
    alone = none.answer(ThemesRequest(months=2), "r", NOW, own).not_told
    assert "上级单位也没有" in alone.zh
    shown = {text for text in (told.not_told.zh, alone.zh) if "3" in text}
    assert not shown, "how many there were is not given away"


def test_months_are_whole_and_told_as_they_were_known_then() -> None:
    early = crowd("u-1", "leave", 5, 0)
    late = [one | {"known_on": pd.Timestamp(2026, 3, 9)} for one in crowd("u-1", "leave", 5, 50)]
    assert told_of(record(*early, *late))["u-1", "leave"] == 5
    assert told_of(record(*(concern(at, 0) for at in range(9)))) == {}


@pytest.mark.parametrize("seed", range(25))
def test_no_sum_or_difference_of_shown_figures_tells_of_few(seed: int) -> None:
    """Every group of cells whose count follows from shown figures is of nobody or of enough people."""
    rng = np.random.default_rng(seed)
    units, categories = ("u-0", "u-1", "u-2", "u-1-1"), ("leave", "health")
    cells = {(unit, category, f"{category}-{at}"): int(rng.integers(0, 7))
             for unit, category, at in itertools.product(units, categories, range(2))}  # fmt: skip
    filled = enumerate(one for one, many in cells.items() for _ in range(many))
    rows = [concern(number, 20, unit_id=unit, category=category, subcategory=sub)
            for number, (unit, category, sub) in filled]  # fmt: skip
    if not rows:
        return
    names = list(cells)
    under = {"u-0": set(units), "u-1": {"u-1", "u-1-1"}, "u-2": {"u-2"}, "u-1-1": {"u-1-1"}}
    sets = [np.ones(len(names))]
    for one in themes(record(*rows), PARENTS, months_before(AS_OF, 1), 5):
        inside = under[one.unit_id] if one.unit_id else set(units)
        sets.append(np.array([float(unit in inside and category == one.category
                                    and one.subcategory in (None, sub)) for unit, category, sub in names]))  # fmt: skip
        counted = sum(cells[name] for name, at in zip(names, sets[-1], strict=True) if at)
        assert one.concerns == counted >= 5
    shown, people = np.array(sets), np.array([cells[name] for name in names], float)
    for signs in itertools.product((-1, 0, 1), repeat=min(len(shown), 6)):
        for some in itertools.combinations(range(len(shown)), len(signs)) if len(shown) <= 8 else [range(len(signs))]:
            made = np.array(signs) @ shown[list(some)]
            if set(np.unique(made)) <= {0.0, 1.0} and made.any():
                assert made @ people == 0 or made @ people >= 5


def test_themes_are_shown_to_who_may_see_the_unit() -> None:
    rows = record(*crowd("u-1", "leave", 9, 0), *crowd("u-2", "leave", 9, 100))
    themed = ThemesDesk(lambda _: rows, policy(), lambda: Placements({}, PARENTS))
    everything = themed.answer(ThemesRequest(months=2), "r", NOW, EVERYWHERE)
    assert {one.unit_id for one in everything.results} == {"u-0", "u-1", "u-2"}
    assert everything.subcategories
    some = themed.answer(ThemesRequest(months=2), "r", NOW, Sight(frozenset({"u-2"})))
    assert {one.unit_id for one in some.results} == {"u-2"}
    assert some.subcategories == []
    asked_of = themed.answer(ThemesRequest(unit_ids=["u-1"]), "r", NOW, EVERYWHERE)
    assert {one.unit_id for one in asked_of.results} == {"u-1"}


# --- words go nowhere


def test_words_are_in_no_log_no_audit_line_no_figure_and_no_error(
    triage: Triage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept: list[str] = []
    ours = TriageDesk(ModelIdentity("concerns", "1", "", "concerns_v1", ""), triage, nothing)
    desks = replace(demo_desks(), guidance={"/v1/concerns": ours}, record=lambda _, told: kept.append(told))
    with structlog.testing.capture_logs() as logs, served(desks, monkeypatch) as client:
        good = client.post("/v1/concerns", json={"concerns": [{"concern_id": "n-1", "text": SECRET}]})
        bad = client.post("/v1/concerns", json={"concerns": [{"concern_id": "n-1", "text": SECRET, "mood": SECRET}]})
        long = client.post("/v1/concerns", json={"concerns": [{"concern_id": "n-1", "text": SECRET * 400}]})
        metrics = client.get("/metrics")
    assert (good.status_code, bad.status_code, long.status_code) == (200, 422, 422)
    assert len(kept) == 1
    printed = capsys.readouterr()
    for told in (good.text, bad.text, long.text, metrics.text, str(logs), *kept, printed.out, printed.err):
        assert SECRET not in told
        assert SECRET[:6] not in told


def test_the_follow_up_keeps_an_audit_line_and_shows_no_words(tmp_path: Path) -> None:
    use = Settings(state=tmp_path, today=AS_OF)
    with pytest.raises(NotReady, match="no concerns"):
        follow_up(use, AS_OF)
    History(use.history_dir).append_all({"concerns": record(concern(1, 9, text=SECRET), concern(2, 0))}, "test")
    found = follow_up(use, AS_OF)
    assert [one.concern_id for one in found] == ["n-1"]
    from rich.console import Console

    console = Console(width=200, record=True)
    console.print(as_table(found, AS_OF, 10))
    told = console.export_text()
    assert "n-1" in told
    assert SECRET not in told
    held = b"".join(one.read_bytes() for one in use.state.rglob("*.db*"))
    assert Action.CONCERNS_READ.value.encode() in held
    assert SECRET.encode() not in held
    assert b"o-1" not in held


def test_a_model_that_is_not_what_was_signed_stops_the_follow_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is absent leaves the dates; one that is wrong is not the same as absent."""

    def forged(*_: object) -> None:
        raise UntrustedArtifact("the signature is not ours")

    use = Settings(state=tmp_path, today=AS_OF)
    History(use.history_dir).append_all({"concerns": record(concern(1, 9))}, "test")
    monkeypatch.setattr("serving.concerns.follow_up.champion", forged)
    with pytest.raises(UntrustedArtifact, match="not ours"):
        follow_up(use, AS_OF)


def test_whoever_is_erased_is_gone_with_their_words_and_all_that_was_told_of_them(tmp_path: Path) -> None:
    """Nothing that is told of a concern is kept, so the record is the only place there is."""
    use = Settings(state=tmp_path)
    history = History(use.history_dir)
    history.append_all({"concerns": record(concern(1, 9, text=SECRET), concern(2, 9))}, "test")
    read = ConcernRecords(use)
    assert len(read(AS_OF)) == 2
    history.rewritten(lambda table: without(table, "o-1")[0])
    left = read(AS_OF)
    assert left["concern_id"].tolist() == ["n-2"]
    assert [one.concern_id for one in open_concerns(left, None, policy(), AS_OF)] == ["n-2"]
    assert not [one for one in use.state.rglob("*") if one.is_file() and SECRET.encode() in one.read_bytes()]
