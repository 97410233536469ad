"""Cases of a published night: one for each officer and outcome that it grades poor, unless one is standing.

A night opens cases and does nothing else: what people decided stays as they left it. The same night again opens none.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from data_contracts.audit.chain import Action, Entry
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.vocabulary import Grade
from models.audit import operator
from serving.night.results import PublishedRun
from serving.review.cases import Case, CaseStore, cases_of, insert
from serving.review.states import CaseState
from serving.review.tables import CASE_NIGHTS, METADATA
from serving.review.timing import expire

JSON_COLUMNS = ("reasons", "strengths", "support")
COLUMNS = ["officer_id", "outcome", "horizon_months", "grade", "probability", "low", "high", "unsure", *JSON_COLUMNS]


@dataclass(frozen=True)
class Opened:
    """What a night did: `new` is False when it had opened its cases before."""

    night: str
    cases: int
    standing: int = 0
    new: bool = True

    @property
    def sentence(self) -> str:
        """For people."""
        if not self.new:
            return f"night {self.night}: its cases were opened before"
        return f"night {self.night}: {self.cases:,} cases opened, {self.standing:,} poor grades stand in cases already"


def open_cases(
    run: PublishedRun, store: CaseStore, policy: Policy, now: datetime, new_id: Callable[[], str] | None = None
) -> Opened:
    """Open what a published night asks for, in one transaction with its audit line; raises NotReady where it cannot.

    A night whose warnings would have expired by `now` opens nothing.
    """
    night, as_of = f"{run.manifest.as_of}/{run.manifest.run}", run.manifest.as_of
    expires_on = as_of + timedelta(days=policy.grades.scoring.warning_expiry_days)
    poor = _poor(run, policy) if local_day(now) < expires_on else []
    with store.chain.together(METADATA) as (connection, write):
        if _opened_before(connection, night):
            return Opened(night, 0, new=False)
        expire(connection, local_day(now))
        known = cases_of(connection, [str(row["officer_id"]) for row in poor])
        standing = {(case.officer_id, case.outcome) for case in known if stands_against(case, as_of, local_day(now))}
        fresh = [row for row in poor if (str(row["officer_id"]), str(row["outcome"])) not in standing]
        due_on = min(as_of + timedelta(days=policy.review.review_within_days), expires_on)
        version = run.manifest.models[0].version
        cases = [
            Case(
                (new_id or _random_id)(), str(row["officer_id"]), str(row["outcome"]), int(row["horizon_months"]),
                night, version, told(row), CaseState.NEW, 1, as_of, expires_on, due_on,
            )
            for row in fresh
        ]  # fmt: skip
        insert(connection, cases)
        connection.execute(CASE_NIGHTS.insert().values(night=night, as_of=as_of, opened=len(cases)))
        about = tuple(sorted({store.names.of(case.officer_id) for case in cases}))
        details = {"step": "open", "night": night, "cases": len(cases)}
        write(Entry(now, operator(), Action.CASE_CHANGED, about=about, details=details))
    return Opened(night, len(cases), len(poor) - len(fresh))


def stands_against(case: Case, as_of: date, today: date) -> bool:
    """Whether a case keeps a night from opening another of the same officer and outcome.

    One that is open does, and one that people closed does until it expires: they have decided. After a correction a
    night of a later day starts afresh, and so does any night after an expiry.
    """
    if case.expired(today):
        return False
    if case.state is CaseState.CORRECTED and case.closed_on is not None:
        return as_of <= case.closed_on
    return True


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the night as a case keeps it."""
    numbers = {
        name: None if pd.isna(row[name]) else round(float(row[name]), 6) for name in ("probability", "low", "high")
    }
    texts = {name: json.loads(row[name]) if isinstance(row[name], str) else [] for name in JSON_COLUMNS}
    return {**numbers, "unsure": bool(row["unsure"]) if not pd.isna(row["unsure"]) else False, **texts}


def _poor(run: PublishedRun, policy: Policy) -> list[dict[str, Any]]:
    """One row for each officer and served outcome with a poor grade, of policy's own horizon where that is poor."""
    rows = run.officers(COLUMNS)
    rows = rows[(rows["grade"] == Grade.POOR.value) & rows["outcome"].isin(policy.served_outcomes)]
    own = {name: policy.outcome(name).horizon_months for name in policy.served_outcomes}
    away = (rows["horizon_months"] - rows["outcome"].map(own)).abs()
    ordered = rows.assign(away=away).sort_values(["officer_id", "outcome", "away", "horizon_months"], kind="stable")
    first = ordered.drop_duplicates(["officer_id", "outcome"])
    return [{str(name): value for name, value in row.items()} for row in first.to_dict("records")]


def _opened_before(connection: sa.Connection, night: str) -> bool:
    asked = sa.select(CASE_NIGHTS.c.night).where(CASE_NIGHTS.c.night == night)
    return connection.execute(asked).first() is not None


def _random_id() -> str:
    return secrets.token_hex(16)
