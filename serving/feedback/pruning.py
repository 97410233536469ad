"""Rows of the service's own log that have been kept long enough, deleted: suggestions shown, feedback, plans.

Policy says how long (`retention.toml`); who left the service long enough ago, or asks to be forgotten, goes whole.
What was learned from the rows stays in the models: those hold figures of items, not of officers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time

import pandas as pd
import sqlalchemy as sa

from data_contracts import service_log
from data_contracts.asof import add_months
from data_contracts.audit.chain import Action, Entry
from data_contracts.errors import NotReady
from data_contracts.policy import Policy
from data_contracts.pseudonyms import pseudonyms
from data_contracts.service_log import EXPOSURES, FEEDBACK, PLANS
from data_contracts.settings import Settings
from features.history import History
from models.audit import audit_chain, now_of, operator

TABLES = {"exposures": EXPOSURES, "feedback": FEEDBACK, "plans": PLANS}
AT_ONCE = 500  # officers named in one statement


def prune(settings: Settings, rules: Policy, as_of: date, officer_id: str | None = None) -> dict[str, int]:
    """Delete what is too old on a day, by table; with an officer also everything about that one.

    Raises NotReady where there is no log, or where it or its line in the audit chain cannot be written; then nothing
    was deleted.
    """
    gone = [*_left(settings, add_months(as_of, -rules.retention_of("feedback").after_leaving_months))]
    named = [*gone, *([officer_id] if officer_id else [])]
    engine = service_log.opened(settings.feedback_url, make=False)
    try:
        with engine.begin() as connection:
            rows = {name: _deleted(connection, name, _which(name, rules, as_of, named)) for name in TABLES}
            _audit(settings, as_of, officer_id, rows)
            return rows
    except sa.exc.DatabaseError as error:
        cause = type(error.orig).__name__
        raise NotReady(f"the service's log cannot be written ({cause}); nothing was deleted") from error
    finally:
        engine.dispose()


def _audit(settings: Settings, as_of: date, officer_id: str | None, rows: Mapping[str, int]) -> None:
    """The line, before the rows are gone for good; about the officer who is forgotten, if one is named."""
    action = Action.RETENTION_KEPT if officer_id is None else Action.ERASED
    about = () if officer_id is None else (pseudonyms(settings.keys_dir).of(officer_id),)
    details = {"as_of": as_of.isoformat(), "rows": dict(rows)}
    audit_chain(settings).append(Entry(now_of(settings), operator(), action, about=about, details=details))


def _deleted(connection: sa.Connection, name: str, which: Iterator[sa.ColumnElement[bool]]) -> int:
    return sum(connection.execute(TABLES[name].delete().where(one)).rowcount for one in which)


def _which(name: str, rules: Policy, as_of: date, officers: Sequence[str]) -> Iterator[sa.ColumnElement[bool]]:
    """What to delete of a table: rows before their day, then rows of officers."""
    kept = add_months(as_of, -rules.retention.results.suggestions_months)
    if name == "feedback":
        yield FEEDBACK.c.occurred_on < kept
    elif name == "plans":
        yield PLANS.c.made_on < kept
    else:
        yield EXPOSURES.c.shown_at < datetime.combine(kept, time())
    for start in range(0, len(officers), AT_ONCE):
        yield TABLES[name].c.officer_id.in_(officers[start : start + AT_ONCE])


def _left(settings: Settings, day: date) -> list[str]:
    """Officers known to have left by a day."""
    history = History(settings.history_dir)
    if "officers" not in history.tables():
        return []
    rows = history.frame("officers", ["officer_id", "left_on"])
    rows = rows[rows["superseded_on"].isna() & (rows["left_on"] <= pd.Timestamp(day))]
    return sorted(rows["officer_id"].astype(str).unique())
