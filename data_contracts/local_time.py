"""The day it is where the bureau is. Moments are kept in UTC without a zone; a *day* is the calendar's on its wall.

The zone is the process's own (`PHAROS_TIME_ZONE`, else the machine's), as its threads are, so that two parts of a
process never differ about the day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from data_contracts.settings import Settings, settings


def local_time(moment: datetime) -> datetime:
    """What clocks of the bureau show at a moment, without a zone as it is given (in UTC).

    >>> from datetime import timedelta
    >>> abs(local_time(datetime(2026, 1, 1, 18, 30)) - datetime(2026, 1, 1, 18, 30)) < timedelta(days=1)
    True
    """
    return moment.replace(tzinfo=UTC).astimezone(zone_of(settings())).replace(tzinfo=None)


def local_day(moment: datetime) -> date:
    """The day it is for the bureau at a moment (UTC without a zone)."""
    return local_time(moment).date()


def moment_of(day: date, at: time = time()) -> datetime:
    """The moment (UTC without a zone) at which clocks of the bureau show a time of a day, by default its midnight.

    >>> local_day(moment_of(date(2026, 1, 2))), local_time(moment_of(date(2026, 1, 2), time(18, 30)))
    (datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 18, 30))
    """
    shown, zone = datetime.combine(day, at.replace(tzinfo=None)), zone_of(settings())
    return (shown if zone is None else shown.replace(tzinfo=zone)).astimezone(UTC).replace(tzinfo=None)


def utc_now() -> datetime:
    """This moment, in UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def today_of(configured: Settings) -> date:
    """The frozen day where one is set, else the bureau's own."""
    return configured.today or local_day(utc_now())


def zone_of(configured: Settings) -> ZoneInfo | None:
    """The zone of a deployment; None is the machine's own, whatever it is called."""
    return ZoneInfo(configured.time_zone) if configured.time_zone else None
