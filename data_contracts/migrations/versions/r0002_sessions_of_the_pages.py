"""Who is signed in at the pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Make the table of sessions."""
    op.create_table(
        "sessions",
        sa.Column("session_sha256", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("key_id", sa.String(length=12), nullable=True),
        sa.Column("claims", sa.Text(), nullable=True),
        sa.Column("officer_id", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session_sha256"),
    )
    op.create_index("sessions_of_a_subject", "sessions", ["subject", "opened_at"], unique=False)
