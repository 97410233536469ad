"""The clock of a service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time

from data_contracts.settings import Settings


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The frozen day of the setting, else now; naive UTC, as feature times are."""
    if settings.today is not None:
        frozen = datetime.combine(settings.today, time())
        return lambda: frozen
    return lambda: datetime.now(UTC).replace(tzinfo=None)
