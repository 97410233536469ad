"""Events through the door one by one: each has its answer, replays change nothing, and order does not matter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from data_contracts.catalog import catalog
from data_contracts.errors import NotReady
from data_contracts.intake import take_in_all
from data_contracts.pseudonyms import Pseudonyms
from data_contracts.service_log import EVENTS
from data_contracts.settings import Settings
from features import arrivals as arrivals_module
from features.arrivals import Arrival, Arrivals, Became
from features.event_log import EventLog
from features.history import History
from features.record import records_at
from features.versions import valid_at
from models.posts.vacancies import open_on

TODAY = date(2026, 3, 10)
POSTED = {"post_id": "p-1", "unit_id": "u-1", "started_on": "2020-01-01", "known_on": "2020-01-01"}
FRAMES = {
    "postings": pd.DataFrame([{"officer_id": name, **POSTED} for name in ("o-1", "o-2")]),
    "courses": pd.DataFrame(
        [{"course_id": name, "name_zh": "课", "name_en": "course", "known_on": "2020-01-01"} for name in ("c-1", "c-2")]
    ),
    "units": pd.DataFrame([{"unit_id": name, "level": "station", "known_on": "2020-01-01"} for name in ("u-1", "u-2")]),
}


class Room:
    """A small history with its arrivals, and who was told to be pending."""

    def __init__(self, folder: Path) -> None:
        self.history = History(folder / "history")
        self.history.append_all(take_in_all(FRAMES).frames, "test")
        self.quarantine, self.pending = folder / "quarantine", set[str]()
        url = f"sqlite:///{folder / 'log' / 'log.db'}"
        self.log = EventLog(url)
        self.arrivals = Arrivals(
            self.history, self.log, Pseudonyms(b"key"), self.quarantine, lambda ids, _: self.pending.update(ids)
        )

    def take(
        self, *events: Arrival, today: date = TODAY, may_register: bool = True, sender: str = "key:a"
    ) -> list[Became]:
        return self.arrivals.take(events, today, may_register=may_register, sender=sender)

    def outcomes(self, *events: Arrival, today: date = TODAY) -> list[str]:
        return [one.outcome for one in self.take(*events, today=today)]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def course(number: int = 1, **changed: Any) -> Arrival:
    row = {"officer_id": "o-1", "course_id": "c-1", "occurred_on": "2026-03-01"}
    return Arrival(f"e-{number}", "course_completions", {**row, **changed})


def complaint(number: int, **changed: Any) -> Arrival:
    row = {"complaint_id": "k-1", "officer_id": "o-1", "opened_on": "2026-02-01", "category": "other"}
    return Arrival(f"k-{number}", "complaints", {**row, **changed})


def test_an_event_enters_once_and_is_known_from_the_day_it_came(room: Room) -> None:
    (became,) = room.take(course())
    assert became == Became("accepted", counts_from=TODAY)
    (row,) = room.history.frame("course_completions").to_dict("records")
    assert row["known_on"] == pd.Timestamp(TODAY)
    assert room.pending == {"o-1"}
    before = room.history.fingerprint()
    assert room.outcomes(course()) == ["duplicate"]
    assert room.outcomes(course(), today=date(2026, 3, 12)) == ["duplicate"]  # its id is known
    assert room.outcomes(course(2), today=date(2026, 3, 12)) == ["duplicate"]  # its content is
    assert room.history.fingerprint() == before
    assert room.take(course(3, occurred_on=str(TODAY)))[0].counts_from == date(2026, 3, 11)


def test_each_event_has_its_own_answer_and_they_add_up(room: Room) -> None:
    events = [
        course(1), course(1), course(2), course(1, course_id="c-2"), course(3, course_id="c-9"),
        course(4, officer_id="o-9"), course(5, occurred_on="2026-03-11"), course(6, occurred_on="soon"),
        course(7, known_on="2026-03-11"), course(8, secret=1), Arrival("e-9", "protected_attributes", {"sex": "f"}),
        course(11, occurred_on="2026-03-02", known_on="2026-03-03"),
        course(3, course_id="c-9"), Arrival("e-12", "officers", {"officer_id": "o-3", "entered_on": "2026-03-01"}),
        course(13, officer_id="o-3"),
    ]  # fmt: skip
    became = room.take(*events)
    told = [(one.outcome, *one.faults) for one in became]
    assert told == [
        ("accepted",), ("duplicate",), ("duplicate",), ("conflict", ("event_id", "event_id_taken")),
        ("quarantined", ("course_id", "unknown_reference")), ("quarantined", ("officer_id", "unknown_reference")),
        ("quarantined", ("occurred_on", "not_yet")), ("quarantined", ("occurred_on", "not_a_date")),
        ("quarantined", ("known_on", "in_future")), ("quarantined", ("secret", "unknown_column")),
        ("quarantined", ("table", "unknown_table")), ("accepted",),
        ("quarantined", ("course_id", "unknown_reference")), ("accepted",), ("accepted",),
    ]  # fmt: skip
    assert sum(Counter(one.outcome for one in became).values()) == len(events)
    assert room.history.rows("course_completions") == 3
    assert room.take(course(20, score=90)) == [Became("conflict", (("known_on", "conflict"),))]
    kept = json.dumps([json.loads(path.read_text()) for path in room.quarantine.rglob("*.json")])
    assert "unknown_reference" in kept
    assert "o-1|" not in kept
    assert "o-9" not in kept


def vacancy(number: int, **changed: Any) -> Arrival:
    row: dict[str, Any] = {
        "vacancy_id": "v-1",
        "post_id": "p-1",
        "unit_id": "u-1",
        "places": 1,
        "opened_on": "2026-03-09",
    }
    return Arrival(f"v-{number}", "vacancies", {**row, **changed})


def test_a_vacancy_counts_from_the_day_on_which_answers_show_it(room: Room) -> None:
    """One that opens today is shown today, by the same reading of records that answers use."""
    (became,) = room.take(vacancy(1, opened_on=str(TODAY)))
    assert became == Became("accepted", counts_from=TODAY)
    shown = records_at(room.history, ["o-1"], TODAY, ("vacancies",))["vacancies"]
    assert open_on(shown, TODAY, None).tolist() == [True]
    (late,) = room.take(vacancy(2, vacancy_id="v-2"))
    assert late.counts_from == TODAY, "opened yesterday, told today"


def test_a_vacancy_comes_by_event_and_belongs_to_its_unit(room: Room) -> None:
    """It touches no officer's features; who may not name its unit can neither open nor change it."""
    (became,) = room.take(vacancy(1))
    assert became == Became("accepted", counts_from=TODAY)
    assert (room.history.rows("vacancies"), room.pending) == (1, set())
    assert room.outcomes(vacancy(2), vacancy(3, places=2)) == ["duplicate", "conflict"]
    assert room.take(vacancy(4, unit_id="u-9", vacancy_id="v-2"))[0].faults == (("unit_id", "unknown_reference"),)
    tomorrow = date(2026, 3, 11)
    taken_over = room.arrivals.take(
        [vacancy(5, unit_id="u-2"), vacancy(6, unit_id="u-2", vacancy_id="v-2")], tomorrow, may_register=False,
        sees=lambda unit: unit == "u-2",
    )  # fmt: skip
    assert [(one.outcome, one.faults) for one in taken_over] == [
        ("quarantined", (("vacancy_id", "of_another_unit"),)), ("accepted", ()),
    ]  # fmt: skip
    assert room.outcomes(vacancy(7, closes_on="2026-03-12"), today=tomorrow) == ["accepted"]  # closed early
    assert valid_at(room.history.frame("vacancies"), tomorrow)["closes_on"].notna().sum() == 1


def test_what_was_refused_may_be_sent_again_when_it_is_mended(room: Room) -> None:
    assert room.outcomes(course(1, occurred_on="soon")) == ["quarantined"]
    assert room.outcomes(course(1)) == ["accepted"]
    assert room.outcomes(course(1, score=50)) == ["conflict"]


def test_nobody_is_registered_for_who_may_not(room: Room) -> None:
    joins = Arrival("e-1", "officers", {"officer_id": "o-3", "entered_on": "2026-03-01"})
    (became,) = room.take(joins, may_register=False)
    assert became == Became("quarantined", (("officer_id", "unknown_reference"),))
    leaves = Arrival("e-2", "officers", {"officer_id": "o-1", "left_on": "2026-03-01"})
    assert room.take(leaves, may_register=False)[0].outcome == "accepted"
    assert "o-3" not in set(room.history.frame("officers")["officer_id"])


def test_an_older_version_that_comes_late_leaves_the_newer_in_force(room: Room) -> None:
    closed = complaint(2, closed_on="2026-03-05", finding="unfounded", known_on="2026-03-05")
    opened = complaint(1, known_on="2026-02-01")
    assert room.outcomes(closed) == ["accepted"]
    assert room.outcomes(opened) == ["accepted"]
    in_force = valid_at(room.history.frame("complaints"), TODAY)
    assert in_force["finding"].tolist() == ["unfounded"]
    assert valid_at(room.history.frame("complaints"), date(2026, 3, 1))["finding"].isna().all()


def test_a_second_word_on_one_day_is_a_conflict_and_a_later_one_a_correction(room: Room) -> None:
    assert room.outcomes(complaint(1)) == ["accepted"]
    assert room.outcomes(complaint(2, category="traffic")) == ["conflict"]
    assert room.outcomes(complaint(3, category="traffic"), today=date(2026, 3, 11)) == ["accepted"]
    assert room.outcomes(complaint(4), today=date(2026, 3, 12)) == ["duplicate"]  # an old word, told again
    in_force = valid_at(room.history.frame("complaints"), date(2026, 3, 12))
    assert in_force["category"].tolist() == ["traffic"]


def test_twins_of_a_table_without_a_key_are_one(room: Room) -> None:
    row = {"officer_id": "o-1", "honour": "merit", "occurred_on": "2026-03-01"}
    first, second, third = (Arrival(f"h-{number}", "honours", row) for number in range(3))
    assert room.outcomes(first, second) == ["accepted", "duplicate"]
    assert room.outcomes(third) == ["duplicate"]


def test_events_wait_for_an_ingest_and_then_say_so(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals_module, "WAIT_SECONDS", 0.05)
    with room.history.batch("ingest"), pytest.raises(NotReady, match="being written"):
        room.take(course())
    assert room.outcomes(course()) == ["accepted"]


def test_without_its_log_nothing_is_taken(room: Room, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "log.db").write_text("no database at all, but long enough to be read as one" * 20)
    with pytest.raises(NotReady, match="log of events"):
        room.take(course())
    assert room.history.rows("course_completions") == 0


def test_who_dies_between_history_and_log_is_told_of_duplicates(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(EventLog, "keep", _dead)
        with pytest.raises(NotReady):
            room.take(course())
    assert room.outcomes(course()) == ["duplicate"]
    assert room.log.known([Pseudonyms(b"key").own_id("key:a", "e-1")]) != {}
    room.log.close()


def test_an_id_is_its_senders_own(room: Room) -> None:
    other = course(1, course_id="c-2")
    assert room.outcomes(course(1)) == ["accepted"]
    assert [one.outcome for one in room.take(other)] == ["conflict"]
    assert [one.outcome for one in room.take(other, sender="key:b")] == ["accepted"]  # nobody's id but their own
    for sender, again in (("key:a", course(1)), ("key:b", other)):
        assert [one.outcome for one in room.take(again, sender=sender)] == ["duplicate"]
    assert [one.outcome for one in room.take(course(1), sender="key:c")] == ["duplicate"]  # the same row, of another
    assert room.history.rows("course_completions") == 2
    with room.log.transaction() as connection:
        kept = connection.execute(EVENTS.select()).all()
    assert not [row for row in kept if "e-1" in row.event_id or "o-1" in f"{row.event_id}{row.about}"]
    room.log.close()


def _dead(*_: object) -> None:
    raise NotReady("killed")


STREAM = (
    complaint(1, known_on="2026-02-01"),
    complaint(2, known_on="2026-02-10", category="traffic"),
    complaint(3, known_on="2026-03-05", closed_on="2026-03-05", finding="sustained"),
    complaint(4, complaint_id="k-2", officer_id="o-2", known_on="2026-02-03"),
    course(5), course(6, course_id="c-2"), course(7, officer_id="o-2", known_on="2026-03-02"),
    Arrival("p-8", "postings", {"officer_id": "o-1", **POSTED, "ended_on": "2026-02-28", "known_on": "2026-02-28"}),
    Arrival("p-9", "postings", {"officer_id": "o-1", "post_id": "p-1", "unit_id": "u-2", "started_on": "2026-03-01"}),
    Arrival("h-10", "honours", {"officer_id": "o-2", "honour": "merit", "occurred_on": "2026-03-01"}),
)  # fmt: skip


def state_of(history: History) -> dict[str, list[tuple[Any, ...]]]:
    frames = {name: history.frame(name) for name in history.tables()}
    return {
        name: sorted(map(tuple, frame.astype("string").fillna("").values.tolist())) for name, frame in frames.items()
    }


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    room = Room(tmp_path_factory.mktemp("in_order"))
    assert room.outcomes(*STREAM) == ["accepted"] * len(STREAM)
    return state_of(room.history)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    sent=st.permutations(STREAM).flatmap(
        lambda one: st.lists(st.sampled_from(STREAM), max_size=6).map(lambda again: [*one, *again])
    ),
    sizes=st.lists(st.integers(1, 9), min_size=16, max_size=16),
)
def test_any_order_with_any_replays_ends_in_the_same_state(
    in_order: dict[str, list[tuple[Any, ...]]], tmp_path_factory: pytest.TempPathFactory, sent: Sequence[Arrival],
    sizes: list[int],
) -> None:  # fmt: skip
    room, left, told = Room(tmp_path_factory.mktemp("stream")), list(sent), list[str]()
    for size in sizes:
        told += room.outcomes(*left[:size])
        del left[:size]
    assert left == []
    assert (told.count("accepted"), told.count("duplicate")) == (len(STREAM), len(sent) - len(STREAM))
    assert state_of(room.history) == in_order
    room.history.verify()
    room.log.close()


def test_events_and_ingest_know_the_same_rows(room: Room, state: Settings) -> None:
    """A monthly export brings what an event told before: nothing changes."""
    row = {"officer_id": "o-1", "course_id": "c-1", "occurred_on": "2026-03-01", "known_on": "2026-03-10"}
    assert room.outcomes(course()) == ["accepted"]
    again = take_in_all({"course_completions": pd.DataFrame([row])}, known=room.history.known(), required=())
    assert room.history.append("course_completions", again.frames["course_completions"]).duplicates == 1
    assert catalog().table("course_completions").key
