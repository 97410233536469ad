"""Texts to learn from, made of the phrases of the department: greetings and endings around, other clauses between,
words of dialects, typing errors. Every draw is of a seed, and a phrase that is held out is held out in all its forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data_contracts.concern_phrases import PLACE, SLOT, PhraseBank, Taught
from models.concerns.syllables import alike
from models.concerns.text_model import URGENCIES

NORMAL, SOON, URGENT = (URGENCIES.index(one) for one in ("normal", "soon", "urgent"))
MARKS = "，。！？、；："


@dataclass(frozen=True)
class Share:
    """Which phrases take part: those of one part in `parts`, or (`held` False) all others; all where `parts` is 1."""

    part: int = 0
    parts: int = 1
    held: bool = False

    def keeps(self, place: int) -> bool:
        """Whether the phrase at a place of its list takes part."""
        return self.parts == 1 or ((place * 7 + 3) % self.parts == self.part) == self.held

    def of(self, some: Sequence[str]) -> list[str]:
        """Those of a list that take part."""
        return [one for place, one in enumerate(some) if self.keeps(place)]


@dataclass(frozen=True)
class Noise:
    """How often each thing happens to a text."""

    opener: float = 0.35
    setting: float = 0.25
    closer: float = 0.7
    longer: float = 0.2
    second: float = 0.2
    pressing: float = 0.3
    calm: float = 0.2
    dialect: float = 0.25
    typing: float = 0.3
    bare: float = 0.15


@dataclass(frozen=True)
class Example:
    """One text with its subcategory, its urgency, and the phrase that it was made of."""

    text: str
    subcategory: str
    urgency: int
    phrase: str


def examples(bank: PhraseBank, share: Share, variants: int, seed: int, noise: Noise | None = None) -> list[Example]:
    """Each phrase that takes part as it stands, and in `variants` - 1 further forms."""
    rng = np.random.default_rng(seed)
    maker = _Maker(bank, share, noise or Noise(), rng)
    return [one for code in bank.subcategories for one in maker.of(code, variants)]


def everyday(bank: PhraseBank, share: Share, variants: int, seed: int, noise: Noise | None = None) -> list[str]:
    """The sentences that are no concern and take part, as they stand and in `variants` - 1 further forms: what stands
    around a concern stands around them too, so that a greeting or a thank-you tells nothing."""
    maker = _Maker(bank, share, noise or Noise(), np.random.default_rng(seed))
    some = share.of(bank.everyday)
    return [made for one in some for made in (one, *(maker.beside(one) for _ in range(variants - 1)))]


def part_of(bank: PhraseBank, share: Share) -> PhraseBank:
    """The phrases of a share alone, as if nobody had written the others."""
    taught = {
        code: replace(one, about=_some(one.about, share), says=_some(one.says, share), soon=_some(one.soon, share),
                      urgent=_some(one.urgent, share))
        for code, one in bank.subcategories.items()
    }  # fmt: skip
    around = bank.around
    slots = {name: _some(some, share) for name, some in around.slots.items()}
    return PhraseBank(taught, replace(
        around, slots=slots, normal=_some(around.normal, share), soon=_some(around.soon, share),
        urgent=_some(around.urgent, share),
    ), _some(bank.everyday, share))  # fmt: skip


def _some(some: Sequence[str], share: Share) -> tuple[str, ...]:
    return tuple(share.of(some))


def worn(
    bank: PhraseBank, some: Sequence[Example], variants: int, seed: int, noise: Noise | None = None
) -> list[Example]:  # fmt: skip
    """Finished sentences as they stand, and in `variants` - 1 further forms that leave how urgent they are as it is."""
    wear = replace(noise or Noise(), pressing=0.0, calm=0.0)
    maker = _Maker(bank, Share(), wear, np.random.default_rng(seed))
    return [made for one in some for made in (one, *(maker.worn(one) for _ in range(variants - 1)))]


class _Maker:
    def __init__(self, bank: PhraseBank, share: Share, noise: Noise, rng: np.random.Generator) -> None:
        self._bank, self._share, self._noise, self._rng = bank, share, noise, rng
        around = bank.around
        self._pressing = {level: share.of(some) for level, some in
                          ((SOON, around.soon), (URGENT, around.urgent), (NORMAL, around.normal))}  # fmt: skip
        self._slots = {name: share.of(some) for name, some in around.slots.items()}
        self._others = [
            (code, one) for code, told in bank.subcategories.items() for one in share.of(told.says) if len(one) < 30
        ]

    def of(self, code: str, variants: int) -> Iterator[Example]:
        """Every form of every phrase of a subcategory."""
        told: Taught = self._bank.subcategories[code]
        for level, some in ((NORMAL, told.says), (SOON, told.soon), (URGENT, told.urgent)):
            for phrase in self._share.of(some):
                yield Example(phrase, code, level, phrase)
                for _ in range(variants - 1):
                    yield self._changed(phrase, code, level, phrase)
        for name in self._share.of(told.about):
            yield Example(name, code, NORMAL, name)
            for _ in range(variants - 1):
                frame = self._one(self._bank.around.frames)
                yield self._changed(frame.replace(PLACE, name), code, NORMAL, name)

    def worn(self, one: Example) -> Example:
        """One form of a finished sentence."""
        return self._changed(one.text, one.subcategory, one.urgency, one.phrase)

    def beside(self, text: str) -> str:
        """One form of a sentence that is no concern."""
        text = self._between(text)
        return mistyped(text, self._rng) if self._happens(self._noise.typing) else text

    def _changed(self, text: str, code: str, level: int, phrase: str) -> Example:
        noise, happens = self._noise, self._happens
        text = self._in_dialect(text) if happens(noise.dialect) else text
        if happens(noise.pressing):
            more = SOON if happens(0.6) else URGENT
            text, level = self._pressed(text, more), max(level, more)
        elif happens(noise.calm):
            text = self._pressed(text, NORMAL)
        text = self._longer(text, code) if happens(noise.longer) else text
        text = self._with_second(text, code) if happens(noise.second) else text
        text = self._between(text)
        text = mistyped(text, self._rng) if happens(noise.typing) else text
        if happens(noise.bare):
            text = "".join(one for one in text if one not in MARKS)
        return Example(text, code, level, phrase)

    def _between(self, text: str) -> str:
        """With what stands in front and behind."""
        noise, around = self._noise, self._bank.around
        text = self._one(around.settings) + text if self._happens(noise.setting) else text
        text = self._one(around.openers) + text if self._happens(noise.opener) else text
        return text + self._one(around.closers) if self._happens(noise.closer) else text

    def _with_second(self, text: str, code: str) -> str:
        """With another matter behind, which is not what is asked for."""
        other, second = self._others[int(self._rng.integers(len(self._others)))]
        return text if other == code else text + self._one(self._bank.around.joins) + second

    def _longer(self, text: str, code: str) -> str:
        """With one to three further sentences of the same matter, and other clauses: length says nothing of urgency."""
        more = self._share.of(self._bank.subcategories[code].says)
        parts = [self._one(self._bank.around.settings).rstrip("，"), text]
        parts += [self._one(more) for _ in range(1 + int(self._rng.integers(3)))]
        return "，".join(parts)

    def _pressed(self, text: str, level: int) -> str:
        """With a clause that says how urgent it is, mostly behind, now and then in front."""
        clause = SLOT.sub(lambda found: self._one(self._slots[found[1]]), self._clause(level))
        return text + clause if self._happens(0.75) else f"{clause.removeprefix('，')}，{text}"

    def _clause(self, level: int) -> str:
        """Every other one has places to fill, which are the more varied ones."""
        some = self._pressing[level]
        open_ = [one for one in some if SLOT.search(one)]
        return self._one(open_ if open_ and self._happens(0.5) else some)

    def _in_dialect(self, text: str) -> str:
        for plain, said in self._bank.around.dialect.items():
            if plain in text and self._happens(0.7):
                text = text.replace(plain, self._one(said))
        return text

    def _happens(self, chance: float) -> bool:
        return bool(self._rng.random() < chance)

    def _one(self, some: Sequence[str]) -> str:
        return some[int(self._rng.integers(len(some)))]


def mistyped(text: str, rng: np.random.Generator) -> str:
    """A text with one typing error for about each dozen characters: a character of the same sound, one lost, one
    doubled, two exchanged."""
    for _ in range(1 + int(rng.integers(1 + len(text) // 12))):
        place = int(rng.integers(len(text))) if text else 0
        text = ERRORS[int(rng.choice(len(ERRORS), p=CHANCES))](text, place, rng)
    return text


def _misheard(text: str, place: int, rng: np.random.Generator) -> str:
    others = alike().get(text[place : place + 1], "")
    return text[:place] + others[int(rng.integers(len(others)))] + text[place + 1 :] if others else text


def _lost(text: str, place: int, _: np.random.Generator) -> str:
    return text[:place] + text[place + 1 :] if len(text) > 6 else text


def _doubled(text: str, place: int, _: np.random.Generator) -> str:
    return text[: place + 1] + text[place:]


def _exchanged(text: str, place: int, _: np.random.Generator) -> str:
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


ERRORS: tuple[Callable[[str, int, np.random.Generator], str], ...] = (_misheard, _lost, _doubled, _exchanged)
CHANCES = (0.6, 0.15, 0.15, 0.1)
