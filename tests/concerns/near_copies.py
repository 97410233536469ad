"""Texts of the hand-written sets that training has met: phrase for phrase, whatever stands between the words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from data_contracts.concern_phrases import PLACE, SLOT, PhraseBank

LEAST_HELD = 6  # characters: what is shorter stands inside other texts by chance
_APART = re.compile(r"[\W_]+")


def bare(text: str) -> str:
    """Without marks and spaces, half width, small letters.

    >>> bare("想休年假，攒了１２天！ OK?")
    '想休年假攒了12天ok'
    """
    return _APART.sub("", unicodedata.normalize("NFKC", text).lower())


def sentences_taught(bank: PhraseBank) -> Iterator[str]:
    """Whatever of the phrases is said: sentences, clauses with their place filled or left out, what stands around."""
    for told in bank.subcategories.values():
        yield from (*told.says, *told.soon, *told.urgent)
    around = bank.around
    yield from (*around.openers, *around.closers, *around.settings, *bank.everyday)
    for clause in (*around.soon, *around.urgent, *around.normal):
        yield SLOT.sub("", clause)
        slots = SLOT.findall(clause)
        if len(slots) == 1:
            yield from (clause.replace(f"{{{slots[0]}}}", one) for one in around.slots[slots[0]])


def names_taught(bank: PhraseBank) -> Iterator[str]:
    """Names of matters, bare and in each frame. A name is a word of the trade, which people cannot say otherwise."""
    for told in bank.subcategories.values():
        for name in told.about:
            yield name
            yield from (frame.replace(PLACE, name) for frame in bank.around.frames)


def met(texts: Iterable[str], bank: PhraseBank, least: int = LEAST_HELD) -> list[tuple[str, str]]:
    """Texts and the phrases they were met in: equal when both are bare, or one of at least `least` characters stands
    whole in the other. A name of a matter may stand in a longer text, but may not be or hold one."""
    sentences, names = ({bare(one): one for one in some} for some in (sentences_taught(bank), names_taught(bank)))
    all_phrases = "\n".join([*sentences, *names])
    found = list[tuple[str, str]]()
    for text in texts:
        own = bare(text)
        if not own:
            continue
        taught = sentences.get(own) or names.get(own)
        if taught is None and len(own) >= least and own in all_phrases:
            taught = next(told for plain, told in {**sentences, **names}.items() if own in plain)
        if taught is None:
            taught = next((told for plain, told in sentences.items() if len(plain) >= least and plain in own), None)
        if taught is not None:
            found.append((text, taught))
    return found
