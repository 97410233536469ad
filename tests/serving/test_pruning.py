"""The log keeps what policy says and forgets the rest: what is old, who left, and who asks."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.audit.chain import lines
from data_contracts.errors import NotReady
from data_contracts.policy import policy
from data_contracts.pseudonyms import pseudonyms
from data_contracts.service_log import opened
from data_contracts.settings import Settings, settings
from features.history import History
from models.audit import audit_database
from models.feedback.exploration import ShownItem
from models.paths.told_plan import Plan, PlannedStep
from serving.feedback.exposures import ExposureLog, Showing, exposure_log
from serving.feedback.pruning import TABLES, prune
from serving.paths.plan_log import PlanKey, plan_log
from tests.models.records import framed
from tests.serving.feedback_room import given

AS_OF = date(2026, 3, 1)
OLD, NEW = date(2024, 2, 28), date(2024, 3, 1)  # 24 months before, to the day


@pytest.fixture
def log(state: Settings) -> ExposureLog:
    """Something old and something new of each officer, in each table."""
    found, plans = exposure_log(state), plan_log(state)
    for officer in ("a", "left", "left-lately"):
        for number, day in enumerate((OLD, NEW)):
            name = f"{officer}-{number}"
            showing = Showing(name, officer, "post", "next-post", "3", day, datetime(day.year, day.month, day.day, 8))
            found.show([(showing, [ShownItem("p-1", 1, 0.5, 1.0)])])
            found.take([given(feedback_id=name, officer_id=officer, occurred_on=day, known_on=day)])
            plans.keep({PlanKey(officer, "", 60): Plan("p", day, (PlannedStep("p", day, day, day),), 0.5)})
    officers = [{"officer_id": "left", "left_on": "2025-08-01", "known_on": "2025-08-01"},
                {"officer_id": "left-lately", "left_on": "2025-12-01", "known_on": "2025-12-01"}]  # fmt: skip
    History(state.history_dir).append("officers", framed("officers", officers))
    return found


def _rows(log: ExposureLog) -> dict[str, list[str]]:
    """Whose rows are left, by table."""
    engine = opened(log.url, make=False)
    with engine.connect() as connection:
        found = {name: sorted(row.officer_id for row in connection.execute(table.select()))
                 for name, table in TABLES.items()}  # fmt: skip
    engine.dispose()
    return found


def test_what_is_old_goes_and_who_left_long_ago_goes_whole(state: Settings, log: ExposureLog) -> None:
    assert prune(state, policy(), AS_OF) == dict.fromkeys(TABLES, 4)
    assert _rows(log) == {name: ["a", "left-lately"] for name in TABLES}
    assert prune(state, policy(), AS_OF) == dict.fromkeys(TABLES, 0)


def test_who_asks_to_be_forgotten_goes_whole(state: Settings, log: ExposureLog) -> None:
    prune(state, policy(), date(2024, 4, 1), "a")
    assert _rows(log) == {name: ["left", "left", "left-lately", "left-lately"] for name in TABLES}


def test_without_a_log_it_says_so(state: Settings) -> None:
    with pytest.raises(NotReady, match="has logged nothing yet"):
        prune(state, policy(), AS_OF)


def test_the_command_says_what_it_deleted(state: Settings, log: ExposureLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_STATE", str(state.state))
    settings.cache_clear()
    try:
        found = CliRunner().invoke(pharos.app, ["feedback", "prune", "--as-of", "2026-03-01"], catch_exceptions=False)
    finally:
        settings.cache_clear()
    assert found.exit_code == 0
    assert "deleted 4 exposures, 4 feedback, 4 plans" in found.output
    assert _rows(log)["plans"] == ["a", "left-lately"]


def test_what_is_deleted_is_audited_or_stays(state: Settings, log: ExposureLog) -> None:
    prune(state, policy(), AS_OF)
    prune(state, policy(), AS_OF, "a")
    told = [json.loads(row["body"]) for row in lines(audit_database(state))]
    assert [one["action"] for one in told] == ["retention_kept", "erased"]
    assert told[1]["about"] == [pseudonyms(state.keys_dir).of("a")]
    before = _rows(log)
    state.audit_head.unlink()
    with pytest.raises(NotReady, match="the audit chain takes no line"):
        prune(state, policy(), AS_OF, "left-lately")
    assert _rows(log) == before
