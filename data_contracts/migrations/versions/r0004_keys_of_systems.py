"""Keys that a program holds and no person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Add whether a key is a system's; nobody said so of the keys that there are, and they stay people's."""
    op.add_column("api_keys", sa.Column("for_system", sa.Boolean(), nullable=False, server_default=sa.false()))
