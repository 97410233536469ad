"""The clock of a service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from data_contracts.local_time import moment_of, utc_now
from data_contracts.settings import Settings


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The moment at which the frozen day of the setting begins for the bureau, else now; UTC without a zone."""
    if settings.today is not None:
        frozen = moment_of(settings.today)
        return lambda: frozen
    return utc_now
