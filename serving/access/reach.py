"""How far a caller sees: whom and which units it may name, so that who is elsewhere and who does not exist look alike.

Before a desk is asked, every id outside the caller's reach is exchanged for one that cannot exist, and the answer gets
the asked ids back. A desk therefore treats both in the same way because it sees the same thing, and a desk that is
added later cannot forget to.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from serving.access.credential import Credential
from serving.access.placements import Placements

OFFICER_FIELDS, UNIT_FIELDS = ("officer_id", "officer_ids", "supervisor_id"), ("unit_id", "unit_ids")
Asked = TypeVar("Asked", bound=BaseModel)


@dataclass(frozen=True)
class Sight:
    """The units a caller may see, with everything under them (None is every unit), and the one officer it may see
    wherever they serve."""

    units: frozenset[str] | None = None
    officer_id: str | None = None

    @classmethod
    def of(cls, caller: Credential, placements: Callable[[], Placements]) -> Sight:
        """The sight of a caller; an officer who comes for themselves sees no unit at all."""
        if caller.officer_id is not None:
            return cls(frozenset(), caller.officer_id)
        if caller.units is None:
            return EVERYWHERE
        return cls(placements().subtree(caller.units))

    def covers(self, unit_id: str) -> bool:
        """Whether a unit and its officers may be named."""
        return self.units is None or unit_id in self.units

    def names(self, officer_id: str, unit_id: str | None) -> bool:
        """Whether an officer who serves in a unit may be named; one without a unit only where everybody may."""
        if self.units is None or officer_id == self.officer_id:
            return True
        return unit_id is not None and unit_id in self.units


EVERYWHERE = Sight()


@dataclass(frozen=True)
class Denied:
    """Whom and what a request asked about in vain, as it named them: elsewhere or nowhere, nobody here knows which.

    `stand_ins` are what a desk saw instead; they name nobody.
    """

    officers: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    stand_ins: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything was asked in vain."""
        return bool(self.officers or self.units or self.cases)


NOTHING = Denied()


@dataclass
class Veil:
    """The ids of one request that are out of reach, and what stands for each."""

    hidden: dict[str, str] = field(default_factory=dict)
    _units: set[str] = field(default_factory=set)
    _officers: set[str] = field(default_factory=set)
    _salt: str = field(default_factory=lambda: secrets.token_hex(12))

    def over(self, name: str, asked: str) -> str:
        """What a desk is asked instead of the id in a field."""
        (self._officers if name in OFFICER_FIELDS else self._units).add(asked)
        return self.hidden.setdefault(asked, f"out-of-reach-{self._salt}-{len(self.hidden)}.")

    @property
    def denied(self) -> Denied:
        """Whom and what it hides."""
        return Denied(frozenset(self._officers), frozenset(self._units), stand_ins=frozenset(self.hidden.values()))

    def lifted(self, answer: str) -> str:
        """The JSON of an answer with the asked ids put back."""
        for asked, stand_in in self.hidden.items():
            answer = answer.replace(stand_in, json.dumps(asked, ensure_ascii=False)[1:-1])
        return answer


def veiled(request: Asked, sight: Sight, placements: Callable[[], Placements]) -> tuple[Asked, Veil]:
    """The request as its caller may ask it, and the veil that its answer is to be lifted with."""
    veil = Veil()
    if sight == EVERYWHERE:
        return request, veil
    where = placements()

    def seen(name: str, value: str) -> str:
        known = sight.names(value, where.unit_of.get(value)) if name in OFFICER_FIELDS else sight.covers(value)
        return value if known else veil.over(name, value)

    return _exchanged(request, seen), veil


def _exchanged(model: Asked, seen: Callable[[str, str], str]) -> Asked:
    changed = {name: _value(name, getattr(model, name), seen) for name in type(model).model_fields}
    return model.model_copy(update=changed)


def _value(name: str, value: Any, seen: Callable[[str, str], str]) -> Any:
    if isinstance(value, BaseModel):
        return _exchanged(value, seen)
    if isinstance(value, list | tuple):
        return type(value)(_value(name, one, seen) for one in value)
    if isinstance(value, Mapping):  # a row: an id that was sent as a number would be read as text behind the veil
        return {key: _value(key, str(one) if _is_id(key) and one is not None else one, seen)
                for key, one in value.items()}  # fmt: skip
    if isinstance(value, str) and _is_id(name):
        return seen(name, value)
    return value


def _is_id(name: str) -> bool:
    return name in (*OFFICER_FIELDS, *UNIT_FIELDS)


def ids_named(answer: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Every id of an officer, and every id of a unit, anywhere in an answer."""
    officers: set[str] = set()
    units: set[str] = set()
    waiting: list[Mapping[str, Any]] = [answer]
    while waiting:
        for name, value in waiting.pop().items():
            found = value if isinstance(value, list) else [value]
            texts = [one for one in found if isinstance(one, str)]
            officers.update(texts if name in OFFICER_FIELDS else ())
            units.update(texts if name in UNIT_FIELDS else ())
            waiting.extend(one for one in found if isinstance(one, Mapping))
    return officers, units
