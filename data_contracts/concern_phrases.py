"""The phrases that the sorting of concerns is taught with: `policy/phrases/*.toml`, which a department adds its own to.

What officers wrote is never learned from (the contract says so of `concerns.text`); these sentences were written for
teaching. A phrase belongs to one subcategory; `soon` and `urgent` ones say by themselves how soon help is needed.
What is no concern at all has a file of its own, `everyday.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from data_contracts.decisions import STRICT
from data_contracts.errors import ContractViolation
from data_contracts.policy import policy

T = TypeVar("T")
PHRASES_DIR = Path(__file__).parent / "policy" / "phrases"
AROUND, EVERYDAY = "around", "everyday"
PLACE = "{about}"
SLOT = re.compile(r"{(\w+)}")
LEAST_PHRASES = 20
Phrase = Annotated[str, Field(min_length=2, max_length=200)]
Phrases = Annotated[tuple[Phrase, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Taught:
    """What is said about one subcategory: names of the matter, whole sentences, and those that cannot wait."""

    __pydantic_config__ = STRICT

    about: Phrases
    says: Phrases
    soon: tuple[Phrase, ...] = ()
    urgent: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Around:
    """What stands around any matter: frames with a place for it, greetings, endings, other clauses, what tells how
    urgent it is (`soon`, `urgent`) and what does not (`normal`), what fills their braces, and words of dialects."""

    __pydantic_config__ = STRICT

    frames: Phrases
    openers: Phrases
    closers: Annotated[tuple[str, ...], Field(min_length=1)]
    joins: Annotated[tuple[str, ...], Field(min_length=1)]
    settings: Phrases
    soon: Phrases
    urgent: Phrases
    normal: Phrases
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dialect: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Everyday:
    """What is written into the box and is no concern."""

    __pydantic_config__ = STRICT

    says: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]


@dataclass(frozen=True)
class PhraseBank:
    """By subcategory, what is common to all, and sentences that are no concern: without any, nothing is told apart."""

    subcategories: Mapping[str, Taught]
    around: Around
    everyday: tuple[str, ...] = ()


@cache
def phrases() -> PhraseBank:
    """The phrases of this checkout, read and checked once.

    >>> bank = phrases()
    >>> len(bank.subcategories), PLACE in bank.around.frames[0]
    (35, True)
    """
    return read_phrases(PHRASES_DIR)


def read_phrases(folder: Path) -> PhraseBank:
    """Every file of a folder; raises ContractViolation naming the file and the remedy of each fault."""
    faults: list[str] = []
    told = {path.stem: _read(path, faults) for path in sorted(folder.glob("*.toml"))}
    around = _typed(f"{AROUND}.toml", Around, told.pop(AROUND, None), faults)
    everyday = _typed(f"{EVERYDAY}.toml", Everyday, told.pop(EVERYDAY, {"says": ()}), faults)
    found: dict[str, Taught] = {}
    for category in policy().concerns:
        given = told.pop(category.code, {})
        for sub in category.subcategories:
            taught = _typed(f"{category.code}.toml, [{sub.code}]", Taught, given.pop(sub.code, None), faults)
            if taught is not None:
                found[sub.code] = taught
        faults.extend(f"{category.code}.toml: no subcategory {code!r}; take it out" for code in given)
    faults.extend(f"{name}.toml: no category of that name; name it as concerns.toml does" for name in told)
    said = () if everyday is None else everyday.says
    faults.extend(_wrong(found, around, said))
    if around is None or faults:
        raise ContractViolation("\n".join(f"policy/phrases/{fault}" for fault in faults))
    return PhraseBank(found, around, said)


def _read(path: Path, faults: list[str]) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{path.name}: not TOML: {error}; mend that line")
        return {}


def _typed(place: str, shape: type[T], given: object, faults: list[str]) -> T | None:
    if given is None:
        faults.append(f"{place}: absent; write the phrases it is taught with")
        return None
    try:
        return TypeAdapter(shape).validate_python(given)
    except ValidationError as error:
        for fault in error.errors():
            key = ".".join(map(str, fault["loc"]))
            faults.append(f"{place}, key {key}: {fault['msg']}; mend it")
        return None


def _wrong(found: Mapping[str, Taught], around: Around | None, everyday: tuple[str, ...]) -> list[str]:
    faults: list[str] = []
    seen: dict[str, str] = {}
    for code, taught in found.items():
        if len(taught.says) < LEAST_PHRASES:
            faults.append(f"[{code}]: {len(taught.says)} sentences teach too little; write at least {LEAST_PHRASES}")
        for phrase in (*taught.about, *taught.says, *taught.soon, *taught.urgent):
            if seen.setdefault(phrase, code) != code:
                faults.append(f"[{code}]: {phrase!r} stands under {seen[phrase]} as well; keep one of them")
    faults.extend(
        f"{EVERYDAY}.toml: {phrase!r} stands under {seen[phrase]} as well; keep one of them"
        for phrase in everyday if phrase in seen
    )  # fmt: skip
    if 0 < len(everyday) < LEAST_PHRASES:
        faults.append(f"{EVERYDAY}.toml: {len(everyday)} sentences teach too little; write at least {LEAST_PHRASES}")
    if around is not None:
        faults.extend(
            f"{AROUND}.toml, frames: {frame!r} has no {PLACE}; add it" for frame in around.frames if PLACE not in frame
        )
        clauses = (*around.soon, *around.urgent, *around.normal)
        slots = {slot for clause in clauses for slot in SLOT.findall(clause)} - set(around.slots)
        faults.extend(f"{AROUND}.toml: nothing fills {{{slot}}}; add it to [slots]" for slot in sorted(slots))
    return faults
