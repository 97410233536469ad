"""The shape of the service's database, revision by revision: keys, audit lines, cases, rights, sessions.

`HEAD` is the revision that this checkout's tables have. A fresh database is made at it; an older one is brought to it
by `pharos database upgrade` and is refused until then (decision 0019). Alembic itself is imported only for that.
"""

from __future__ import annotations

import sqlalchemy as sa

HEAD = "0004"
METADATA = sa.MetaData()
VERSION = sa.Table("pharos_version", METADATA, sa.Column("version_num", sa.String(32), primary_key=True))
BEFORE_REVISIONS = ("api_keys", "audit_lines")  # tables that were made before revisions were counted
