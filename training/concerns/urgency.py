"""From which chance on a text is urgent, or soon: chosen on the simulator's sentences, which nothing is fitted to.

Held-out phrases are no measure of it: most of their urgent forms are bare clauses that were put behind another matter.
A limit that finds four of five of those calls every fourth concern urgent. The sentences of the simulator say whole
what a desk reads, dangers that are over and angers among them; they are asked in the forms that a text takes in life.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data_contracts.concern_phrases import PhraseBank
from data_contracts.policy import policy
from data_contracts.simulator.concern_texts import COMMUNITY_SENTENCES, SENTENCES
from data_contracts.simulator.concern_urgency import BY_URGENCY
from models.base import Numbers
from models.concerns.text_model import URGENCIES, TextModel
from training.concerns.corpus import NORMAL, Example, Share, worn

SOON, URGENT = URGENCIES.index("soon"), URGENCIES.index("urgent")
PRESSING: Mapping[str, int] = {"soon": SOON, "urgent": URGENT}
FORMS, SEED, HALVES = 4, 5, 2
Levels = NDArray[np.int64]


def sentences(share: Share | None = None) -> list[Example]:
    """What the simulator says, with how urgent it is; those of a share, by their place.

    >>> every, half = sentences(), sentences(Share(0, 2, held=True))
    >>> {one.urgency for one in half}, abs(2 * len(half) - len(every)) <= 1
    ({0, 1, 2}, True)
    """
    plain = [(NORMAL, table) for table in (SENTENCES, COMMUNITY_SENTENCES)]
    told = [(URGENCIES.index(name), table) for name, table in BY_URGENCY.items()]
    every = [Example(text, code, level, text)
             for level, table in (*plain, *told) for code, some in table.items() for text in some]  # fmt: skip
    return [one for place, one in enumerate(every) if share is None or share.keeps(place)]


def asked(bank: PhraseBank, share: Share | None = None) -> list[Example]:
    """The sentences as they stand, and in the forms that a text takes: greetings, other matters, typing errors.

    A department that has other subcategories is not asked about ours.
    """
    return worn(bank, [one for one in sentences(share) if one.subcategory in bank.subcategories], FORMS, SEED)


def limits(urgency: Numbers, right: Levels) -> dict[str, float]:
    """`urgent_from` and `soon_from` of a Settling that keep what policy promises, of chances (n, 3)."""
    rules = policy().triage.telling
    return {
        "urgent_from": found_from(urgency[:, URGENT], right == URGENT, rules.urgent_found),
        "soon_from": found_from(urgency[:, SOON] + urgency[:, URGENT], right >= SOON, rules.soon_found),
    }


def found_from(chances: Numbers, right: NDArray[np.bool_], promise: float) -> float:
    """The chance from which on a share `promise` of those that are so is found; never above a half.

    >>> found_from(np.array([0.9, 0.4, 0.3, 0.1]), np.array([True, True, True, False]), 0.9)
    0.3
    """
    own = np.sort(chances[right])
    return min(0.5, float(own[int(np.floor((1.0 - promise) * len(own)))])) if len(own) else 0.5


def urgency_figures(model: TextModel, bank: PhraseBank) -> dict[str, float]:
    """How well urgency is told, each half of the sentences with limits that were chosen on the other half."""
    halves = [asked(bank, Share(0, HALVES, held=held)) for held in (False, True)]
    chances = [model.chances([one.text for one in some]).urgency for some in halves]
    right = [levels_of(some) for some in halves]
    told = [
        replace(model, settling=replace(model.settling, **limits(chances[1 - half], right[1 - half]))).urgency_of(
            chances[half]
        )
        for half in range(HALVES)
    ]
    return level_figures(np.concatenate(told), np.concatenate(right))


def level_figures(told: Levels, right: Levels) -> dict[str, float]:
    """Shares found and right of urgent and soon ones, and how many normal ones were called urgent."""
    called = {"soon": told == SOON, "urgent": told == URGENT}
    sure = {f"{name}_precision": float((right == PRESSING[name])[rows].mean()) if rows.any() else float("nan")
            for name, rows in called.items()}  # fmt: skip
    return {
        "urgent_found": float(called["urgent"][right == URGENT].mean()),
        "soon_found": float((told >= SOON)[right == SOON].mean()), **sure,
        "urgent_false_alarms": float(called["urgent"][right == NORMAL].mean()),
        "urgency_right": float((told == right).mean()),
    }  # fmt: skip


def levels_of(some: Sequence[Example]) -> Levels:
    """The right level of each, (n,)."""
    return np.array([one.urgency for one in some], dtype=np.int64)
