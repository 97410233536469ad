"""What the night refuses to score, and what a person may accept for once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.errors import InputRefused, InvalidInput, WrongModel
from data_contracts.nightly_rules import NightPolicy, RecordRules
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from serving.night.batch import ScoreReport, Terms, score
from serving.night.input_checks import Checks, Fault, accepted_faults, newest_day, newest_record, refuse_old_records
from serving.night.results import latest_run
from tests.serving.night_force import AS_OF, PARENTS, RULES, CountScorer, force, reader, write_snapshot

BEFORE = date(2016, 11, 1)
CHECKS = Checks(policy().night)
Spoil = Callable[[Path], object]


def run(settings: Settings, as_of: date = AS_OF, *accept: Fault, nan_for: str = "") -> ScoreReport:
    terms = Terms(frozenset(accept))
    scorer = CountScorer(nan_for=nan_for)
    return score(as_of, settings, scorer, rules=RULES, parents=PARENTS, reader=reader(settings), terms=terms)


def two_parts(path: Path) -> None:
    force(50).to_parquet(path, index=False)
    force(50).assign(rate_12m="many").to_parquet(path.with_name("part-1.parquet"), index=False)


@pytest.mark.parametrize(
    ("spoil", "fault", "says"),
    [
        (lambda path: path.unlink(), "missing", "run `pharos features`"),
        (lambda path: force(0).to_parquet(path), "empty", "no officer"),
        (lambda path: force(50).to_parquet(path), "smaller", "50 officers .* had 100; policy allows 20% fewer"),
        (lambda path: force(160).to_parquet(path), "larger", "160 officers .* had 100; policy allows 50% more"),
        (lambda path: force(100).drop(columns="rate_12m").to_parquet(path), "drifted", "rate_12m"),
        (lambda path: force(100).drop(columns="officer_id").to_parquet(path), "drifted", "cannot be read as features"),
        (lambda path: force(100).assign(rate_12m="many").to_parquet(path), "drifted", "cannot be read as features"),
        (two_parts, "unreadable", "cannot be read as features"),
        (lambda path: path.write_bytes(b"PAR1 but no more"), "unreadable", "cannot be read as features"),
        (lambda path: force(100).assign(officer_id=None).to_parquet(path), "bad_rows", "of 100 rows 100 are bad"),
        (lambda path: pd.concat([force(100)] * 2).to_parquet(path), "bad_rows", "100 are there twice"),
    ],
)
def test_an_input_that_cannot_be_trusted_is_refused_by_name(
    state: Settings, spoil: Spoil, fault: str, says: str
) -> None:
    write_snapshot(state, force(100), BEFORE)
    before = run(state, BEFORE)
    spoil(write_snapshot(state, force(100)))
    with pytest.raises(InputRefused, match=says) as told:
        run(state)
    assert (told.value.fault, told.value.code) == (fault, f"input_{fault}")
    assert "many" not in str(told.value)
    assert latest_run(state, verify=True).folder == before.folder


def test_a_model_that_knows_nobody_is_refused_as_bad_rows(state: Settings) -> None:
    write_snapshot(state, force(100))
    with pytest.raises(InputRefused, match="none of 100 officers was scored"):
        run(state, nan_for="*")


def test_too_many_chances_that_are_no_number_are_refused_after_scoring(
    state: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_snapshot(state, pd.concat([force(100), force(9)], ignore_index=True))
    assert run(state).manifest.counts.duplicates == 9
    strict = replace(policy().night, rows=replace(policy().night.rows, largest_refused=0.085))
    monkeypatch.setattr("serving.night.batch.policy", lambda: replace(policy(), night=strict))
    write_snapshot(state, pd.concat([force(100), force(9)], ignore_index=True).assign(extra=1))
    with pytest.raises(InputRefused, match="of 109 rows 1 are bad and 9 are there twice"):
        run(state, nan_for="o-9")


def test_a_person_may_accept_that_the_force_is_smaller_for_once(state: Settings) -> None:
    write_snapshot(state, force(100), BEFORE)
    run(state, BEFORE)
    write_snapshot(state, force(50))
    with pytest.raises(InputRefused, match="or `--accept smaller` if it is so"):
        run(state, AS_OF, Fault.LARGER)
    assert run(state, AS_OF, Fault.SMALLER).in_force


def test_a_large_unit_whose_officers_are_all_gone_is_a_file_that_was_lost(state: Settings) -> None:
    whole = force(200)
    whole.loc[whole.index < 40, "unit_id"] = "u9"
    write_snapshot(state, whole, BEFORE)
    run(state, BEFORE)
    write_snapshot(state, whole[whole["unit_id"] != "u9"])
    with pytest.raises(InputRefused, match="nobody is left of unit u9, which had at least 30 officers") as told:
        run(state)
    assert told.value.fault == Fault.UNIT_GONE
    moved = whole.assign(unit_id=whole["unit_id"].replace("u9", "u8"))  # renamed: its officers are all there
    write_snapshot(state, moved)
    assert run(state).new


@pytest.mark.parametrize(
    ("now", "fault"),
    [(datetime(2016, 12, 4), None), (datetime(2016, 12, 4, 1), "late"), (datetime(2016, 10, 31), "missing")],
)
def test_the_newest_snapshot_must_be_as_fresh_as_policy_says(now: datetime, fault: str | None) -> None:
    days = [BEFORE, AS_OF, date(2017, 1, 1)]
    if fault is None:
        assert newest_day(days, now, 72.0, CHECKS) == AS_OF
        return
    with pytest.raises(InputRefused, match="run `pharos features --as-of") as told:
        newest_day(days, now, 72.0, CHECKS)
    assert told.value.fault == fault


def test_a_late_snapshot_may_be_accepted() -> None:
    assert newest_day([BEFORE], datetime(2016, 12, 4), 72.0, Checks(policy().night, frozenset([Fault.LATE]))) == BEFORE


def test_a_new_snapshot_of_old_records_is_late_too(state: Settings) -> None:
    history = History(state.history_dir)
    assert newest_record(history, AS_OF) is None
    refuse_old_records(AS_OF, history, CHECKS)
    days = ["2016-10-01", "2016-10-18", "2017-03-01"]  # the last is not known yet
    units = pd.DataFrame(
        {"unit_id": ["u1", "u2", "u3"], "name_zh": ["甲", "乙", "丙"], "known_on": pd.to_datetime(days).as_unit("us")}
    )
    columns = {column.name: units.get(column.name) for column in catalog().table("units").columns}
    history.append("units", pd.DataFrame(columns, index=units.index))
    assert newest_record(history, AS_OF) == date(2016, 10, 18)
    refuse_old_records(AS_OF, history, CHECKS)
    with pytest.raises(InputRefused, match="newest record known by then is of 2016-10-18, 44 days before"):
        refuse_old_records(AS_OF, history, replace(CHECKS, rules=_older_by(43)))
    write_snapshot(state, force(100), date(2016, 12, 3))
    with pytest.raises(InputRefused, match="46 days before, and policy allows 45"):
        run(state, date(2016, 12, 3))


def _older_by(days: int) -> NightPolicy:
    return replace(policy().night, records=RecordRules(days))


def test_what_cannot_be_accepted_is_said() -> None:
    with pytest.raises(InvalidInput, match="--accept empty is not possible; it takes late, smaller, larger, unit_gone"):
        accepted_faults(["late", "empty"])


def test_a_model_of_a_service_that_is_not_there_is_the_wrong_one(state: Settings) -> None:
    write_snapshot(state, force(100))
    scorer = CountScorer()
    other = replace(scorer.models[0], service="risk_v0")

    class Other(CountScorer):
        models = (other,)

    with pytest.raises(WrongModel, match="trained on another risk_v0"):
        score(AS_OF, state, Other(), rules=RULES, reader=reader(state))
