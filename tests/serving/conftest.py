"""Fixtures of the tests of the service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from data_contracts import database


@pytest.fixture
def let_go(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a process keeps open until it ends."""
    opened: list[sa.Engine] = []
    real = database.Database._opened

    def kept(self: database.Database) -> sa.Engine:
        opened.append(real(self))
        return opened[-1]

    monkeypatch.setattr(database.Database, "_opened", kept)
    yield
    for engine in opened:
        engine.dispose()
