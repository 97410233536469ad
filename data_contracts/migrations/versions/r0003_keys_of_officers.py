"""Keys that open what concerns one officer alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Add the officer of a key; the keys that there are belong to systems and leaders."""
    op.add_column("api_keys", sa.Column("officer_id", sa.String(length=64), nullable=True))
