"""Looking lines of the audit chain up: who did what, when, to whom. A search itself is a line (models/audit.py)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.audit.chain import Action, wrong
from data_contracts.errors import InvalidInput

COLUMNS = ("line", "at", "actor", "action", "request_id", "about", "details", "wrong")


@dataclass(frozen=True)
class Sought:
    """What lines must have; whatever is None or empty is not asked for.

    `about` are pseudonyms of which a line names one. `actor` is as the chain has it, as `key:ID`, or only the part
    after the colon. Days are those of the lines, in UTC, first and last included.
    """

    about: frozenset[str] = frozenset()
    unit_id: str | None = None
    actor: str | None = None
    actions: frozenset[Action] = frozenset()
    request_id: str | None = None
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        """Raises InvalidInput for days in the wrong order."""
        if self.first is not None and self.last is not None and self.last < self.first:
            raise InvalidInput(f"--to {self.last} is before --from {self.first}; exchange them")

    def has(self, told: Mapping[str, Any]) -> bool:
        """Whether the body of a line is one of these.

        >>> told = {"at": "2026-03-01T09:00:00", "actor": "key:a", "action": "risk_read", "request_id": "r",
        ...         "about": ["p1", "p2"], "details": {}}
        >>> Sought(about=frozenset({"p2"}), actor="a").has(told), Sought(last=date(2026, 2, 28)).has(told)
        (True, False)
        """
        day, actor = datetime.fromisoformat(told["at"]).date(), told["actor"]
        return (
            (not self.about or not self.about.isdisjoint(told["about"]))
            and (self.unit_id is None or self.unit_id in _units(told["details"]))
            and (self.actor is None or self.actor in (actor, actor.partition(":")[2]))
            and (not self.actions or told["action"] in self.actions)
            and (self.request_id is None or told["request_id"] == self.request_id)
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
        )


@dataclass(frozen=True)
class Found:
    """A line as it was written, and what is wrong with it taken alone; empty when nothing is."""

    number: int
    told: Mapping[str, Any] = field(repr=False)
    wrong: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As text, in the order of COLUMNS."""
        told = self.told
        details = json.dumps(told["details"], sort_keys=True, ensure_ascii=False) if told["details"] else ""
        about = " ".join(told["about"])
        return (
            str(self.number),
            told["at"],
            told["actor"],
            told["action"],
            told["request_id"],
            about,
            details,
            self.wrong,
        )


def actions_of(names: Iterable[str]) -> frozenset[Action]:
    """The actions of these names; raises InvalidInput for one that there is not.

    >>> actions_of(["risk_read"])
    frozenset({<Action.RISK_READ: 'risk_read'>})
    """
    try:
        return frozenset(Action(name) for name in names)
    except ValueError as error:
        raise InvalidInput(f"{error}; the actions are {', '.join(Action)}") from error


def found_in(rows: Iterable[Mapping[str, Any]], sought: Sought, key: Ed25519PublicKey) -> Iterator[Found]:
    """The lines that have what is sought, in their order; whether the chain is whole, `verify` tells and not this.

    A line whose body cannot be read counts as found: nobody knows what it said.
    """
    for row in rows:
        try:
            told = json.loads(row["body"])
            is_it = sought.has(told)
        except (ValueError, TypeError, KeyError, AttributeError):
            told = {"at": "", "actor": "", "action": "", "request_id": "", "about": [], "details": {}}
            is_it = True
        if is_it:
            yield Found(row["number"], told, wrong(row, row["number"], row["previous"], key))


def as_csv(found: Sequence[Found]) -> str:
    """All of them as CSV with a header.

    >>> told = {"at": "2026-03-01T09:00:00", "actor": "key:a", "action": "risk_read", "request_id": "r",
    ...         "about": ["p1", "p2"], "details": {}}
    >>> print(as_csv([Found(7, told)]), end="")
    line,at,actor,action,request_id,about,details,wrong
    7,2026-03-01T09:00:00,key:a,risk_read,r,p1 p2,,
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(cell) for cell in one.cells] for one in found)
    return out.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an actor's name comes from whoever issued its token."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def _units(details: Mapping[str, Any]) -> Sequence[str]:
    units = details.get("units")
    return units if isinstance(units, list) else ()
