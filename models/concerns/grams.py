"""A concern's words as numbers: runs of characters, and runs of what they sound like, weighted by how rare they are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from models.base import Numbers
from models.concerns.syllables import sound

APART = re.compile(r"[^\w]+|_+")
NUMBER = re.compile(r"\d+")
SOUND_OF = 0xE000  # a sound stands as one character of the private use area, which no text may bring along
PRIVATE = re.compile("[\ue000-\uf8ff]")


@dataclass(frozen=True)
class Cut:
    """How words are cut: the longest run of characters and of sounds (0 for none), and what a sound weighs."""

    characters: int = 3
    sounds: int = 3
    sound_weight: float = 0.7


def plain(text: str) -> list[str]:
    """The clauses of a text, written one way: half and full width alike, every number the same.

    >>> plain("想休年假，攒了１２天！OK?")
    ['想休年假', '攒了0天', 'ok']
    """
    written = PRIVATE.sub(" ", unicodedata.normalize("NFKC", text)).lower()
    return [one for one in APART.split(NUMBER.sub("0", written)) if one]


def grams_of(text: str, cut: Cut) -> Iterator[str]:
    """Every run of characters, then of sounds, in a text; none goes over a mark.

    >>> [len(one) for one in grams_of("年假", Cut(2, 0))]
    [1, 1, 2]
    """
    for clause in plain(text):
        yield from _runs(clause, 1, cut.characters)
        if cut.sounds:
            told = (sound(one) for one in clause)
            heard = "".join(one if said is None else chr(SOUND_OF + said)
                            for one, said in zip(clause, told, strict=True))  # fmt: skip
            yield from (run for run in _runs(heard, 2, cut.sounds) if ord(run[0]) >= SOUND_OF)


def _runs(clause: str, least: int, most: int) -> Iterator[str]:
    for length in range(least, most + 1):
        for begin in range(len(clause) - length + 1):
            yield clause[begin : begin + length]


@dataclass(frozen=True)
class Grams:
    """The runs that are known, in the order of their columns, and the weight of each, (columns,)."""

    cut: Cut
    known: tuple[str, ...]
    weights: Numbers

    @classmethod
    def of(cls, texts: Sequence[str], cut: Cut, least: int = 2) -> Grams:
        """Those of at least `least` texts; a run weighs 1 + log((1 + texts) / (1 + texts that have it))."""
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(set(grams_of(text, cut)))
        known = tuple(sorted(run for run, times in seen.items() if times >= least))
        many = len(texts)
        rare = np.array([1.0 + math.log((1 + many) / (1 + seen[run])) for run in known])
        heard = np.array([ord(run[0]) >= SOUND_OF for run in known], bool)
        return cls(cut, known, np.where(heard, cut.sound_weight, 1.0) * rare)

    @cached_property
    def columns(self) -> dict[str, int]:
        """The column of each run."""
        return {run: place for place, run in enumerate(self.known)}

    def matrix(self, texts: Iterable[str]) -> sp.csr_matrix:
        """(texts, columns): 1 + log of how often a run stands there, times its weight; rows of length 1, or empty."""
        columns, starts = self.columns, [0]
        places: list[int] = []
        values: list[float] = []
        for text in texts:
            counted = Counter(columns[run] for run in grams_of(text, self.cut) if run in columns)
            row = np.fromiter(counted, np.int64, len(counted))
            told = (1.0 + np.log(np.fromiter(counted.values(), float, len(counted)))) * self.weights[row]
            length = float(np.linalg.norm(told))
            places.extend(row.tolist())
            values.extend((told / length if length else told).tolist())
            starts.append(len(places))
        shape = (len(starts) - 1, len(self.known))
        made: Any = sp.csr_matrix((np.array(values), np.array(places, np.int32), np.array(starts)), shape=shape)
        made.sort_indices()
        return made
