"""When an officer's service ends by age, as far as a path may know it.

The year of birth is for audits alone and no reader of paths ever sees it. The caller, the personnel system, may give
the day of retirement itself; without it, the day of joining says by when it must have come: nobody joined younger than
policy allows. A path ends there; where neither is known, the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from data_contracts.asof import add_months, months_until
from data_contracts.pathing import PathPolicy
from data_contracts.vocabulary import Bilingual

Basis = Literal["given", "latest", "unknown"]
PAST: Mapping[Basis, Bilingual] = {
    "latest": Bilingual(
        "退休日期未知；按入警日期，最晚应为 {on}，该日已过而记录仍为在职：请更正入警日期，或在请求中给出 retires_on",
        "day of retirement unknown; by the day of joining it was {on} at the latest, which is past though the record "
        "says still serving: correct the day of joining, or send retires_on",
    ),
    "given": Bilingual(
        "退休日期 {on}，由请求给出，该日已过而记录仍为在职：请更正 retires_on",
        "retires on {on}, as the request says, which is past though the record says still serving: correct retires_on",
    ),
}
WORDS: Mapping[Basis, Bilingual] = {
    "given": Bilingual("退休日期 {on}，由请求给出", "retires on {on}, as the request says"),
    "latest": Bilingual(
        "退休日期未知；按入警日期，最晚 {on}", "day of retirement unknown; by the day of joining, {on} at the latest"
    ),
    "unknown": Bilingual(
        "退休日期未知，路径未考虑退休", "day of retirement unknown; these paths take no account of it"
    ),
}


@dataclass(frozen=True)
class ServiceEnd:
    """The day of retirement, or the last it can be; None where nothing is known."""

    on: date | None
    basis: Basis

    def words_on(self, day: date) -> Bilingual:
        """What is known, for people, of one who serves on a day.

        >>> ServiceEnd(date(2025, 1, 1), "latest").words_on(date(2025, 1, 1)).en
        'day of retirement unknown; by the day of joining, 2025-01-01 at the latest'
        """
        text = PAST.get(self.basis, WORDS[self.basis]) if self.on is not None and self.on < day else WORDS[self.basis]
        return Bilingual(text.zh.format(on=self.on), text.en.format(on=self.on))

    def months_from(self, day: date) -> float | None:
        """Months of service left on a day by the calendar, 0 after it, None where unknown.

        >>> ServiceEnd(date(2027, 1, 1), "given").months_from(date(2026, 1, 1))
        12.0
        """
        return None if self.on is None else months_until(day, self.on)


def service_end(given: date | None, entered_on: date | None, policy: PathPolicy) -> ServiceEnd:
    """The day given, else the latest that the day of joining allows: that of one who joined at the least age.

    >>> from data_contracts.policy import policy
    >>> service_end(None, date(1990, 7, 1), policy().paths)
    ServiceEnd(on=datetime.date(2032, 7, 1), basis='latest')
    """
    if given is not None:
        return ServiceEnd(given, "given")
    if entered_on is None:
        return ServiceEnd(None, "unknown")
    return ServiceEnd(add_months(entered_on, 12 * (policy.retirement_age - policy.least_entry_age)), "latest")
