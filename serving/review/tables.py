"""The tables of cases, of rights and of who is signed in at the pages, in the service's database.

data_contracts/migrations makes the same ones. A change here is a change there: add a revision
(decision 0019), or the test of migrations goes red.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
STANDS = sa.text("closed_on IS NULL AND expired_on IS NULL")
CASES = sa.Table(
    "cases",
    METADATA,
    sa.Column("case_id", sa.String(32), primary_key=True),  # random: it tells of nothing and leads nowhere
    sa.Column("officer_id", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(32), nullable=False),
    sa.Column("horizon_months", sa.Integer, nullable=False),
    sa.Column("night", sa.String(64), nullable=False),  # the run that opened it
    sa.Column("model_version", sa.String(64), nullable=False),
    sa.Column("told", sa.Text, nullable=False),  # JSON: the result as the night told it
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("assigned_to", sa.String(200)),
    sa.Column("opened_on", sa.Date, nullable=False),  # the night's day
    sa.Column("due_on", sa.Date),  # the last day for the next step; null where none is owed
    sa.Column("expires_on", sa.Date, nullable=False),  # the first day on which the warning stands no more
    sa.Column("expired_on", sa.Date),  # the same day, once it was told to be over
    sa.Column("closed_on", sa.Date),  # supported, dismissed or corrected since
    sa.Index("one_case_at_a_time", "officer_id", "outcome", unique=True, sqlite_where=STANDS, postgresql_where=STANDS),
    sa.Index("cases_of_an_officer", "officer_id", "outcome", "opened_on"),
    sa.Index("cases_by_state", "state", "expires_on", "case_id"),
)
CASE_EVENTS = sa.Table(
    "case_events",
    METADATA,
    sa.Column("case_id", sa.String(32), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),  # the version that it made
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # the one after it
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),  # UTC without a zone
    sa.Column("reason", sa.Text),
    sa.Column("details", sa.Text, nullable=False),  # JSON: the kind of support, what came of it, who was assigned
    sa.Column("idempotency_key", sa.String(64), nullable=False),
    sa.UniqueConstraint("actor", "idempotency_key", name="one_event_a_key"),
)
CASE_NIGHTS = sa.Table(
    "case_nights",
    METADATA,
    sa.Column("night", sa.String(64), primary_key=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("opened", sa.Integer, nullable=False),
)
OPT_OUTS = sa.Table(
    "opt_outs",
    METADATA,
    sa.Column("pseudonym", sa.String(32), primary_key=True),  # keyed: it outlives the officer's id
    sa.Column("key_mark", sa.String(32), nullable=False),  # a pseudonym of nobody: tells by which key the other is
    sa.Column("since", sa.Date, nullable=False),
)
SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("session_sha256", sa.String(64), primary_key=True),  # of what the browser holds, which is kept nowhere
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("key_id", sa.String(12)),  # of an API key: what it opens is read anew each time
    sa.Column("claims", sa.Text),  # JSON of a token: scopes and units, as it had them
    sa.Column("officer_id", sa.String(64)),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("opened_at", sa.DateTime, nullable=False),  # UTC without a zone, as all of these
    sa.Column("seen_at", sa.DateTime, nullable=False),
    sa.Column("ends_at", sa.DateTime, nullable=False),
    sa.Index("sessions_of_a_subject", "subject", "opened_at"),
)
