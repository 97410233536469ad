"""Concerns: what officers, their families and the community raise, and when it is acknowledged and resolved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.policy import policy
from data_contracts.simulator.concern_texts import CLOSERS, COMMUNITY_SENTENCES, FAMILY_OPENERS, OPENERS, SENTENCES
from data_contracts.simulator.concern_urgency import BY_URGENCY
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import NO_DAY, FloatArray, IntArray
from data_contracts.simulator.roster import World, chosen

CHANCE = 0.012
COMMUNITY_CHANCE = 0.004
PRESSED = {"work_pressure": 4.0, "psychological_support": 3.0, "compensatory_leave": 3.0, "annual_leave": 2.0}
STAGNANT = {"rank_step_promotion": 4.0, "post_adjustment": 3.0, "rotation": 2.0, "competition": 2.0}
CHANNEL_SHARES = (0.6, 0.25, 0.15)
FAMILY_SHARE = 0.08
OVERDUE_SHARE = 0.2
SIGNED_LATE_SHARE = 0.1
UNRESOLVED_SHARE = 0.03
# which sentence is taken: a plain one, or one of concern_urgency.py where its subcategory has any
WORDED = ("plain", "normal", "soon", "urgent")
WORDED_SHARES = (0.78, 0.12, 0.06, 0.04)
# what makes it later, as odds: a visit and a call take longer than what comes online, and a week-end stands in the way
CHANNEL_ODDS = np.array([0.7, 1.2, 2.2])
WEEKEND_ODDS, WEEK_BEFORE = 1.8, 3  # from Friday on; 1970-01-01 was a Thursday


class Concerns:
    """Raises concerns; overtime and stagnation change what is raised and how often."""

    def __init__(self, world: World) -> None:
        self._world, self._rng, self._urgency = world, world.rng("concerns"), world.rng("urgency of concerns")
        categories = policy().concerns
        self._category = {sub.code: category for category in categories for sub in category.subcategories}
        self._codes = tuple(code for code in self._category if code in SENTENCES)
        self._raised = 0

    def step(self, month: int, overtime: FloatArray) -> None:
        """One month of concerns."""
        roster = self._world.roster
        stagnant = roster.stagnation(month) > self._world.effects.departure.stagnation_months
        chance = CHANCE * np.exp(0.4 * overtime + 0.4 * stagnant)
        slots = chosen(chance, roster.active, self._rng)
        codes = [self._subcategory(bool(overtime[slot] > 0.5), bool(stagnant[slot])) for slot in slots]
        family = self._rng.random(len(slots)) < FAMILY_SHARE
        texts = [self._said(code, FAMILY_OPENERS if by_family else OPENERS)
                 for code, by_family in zip(codes, family.tolist(), strict=True)]  # fmt: skip
        self._write(roster.person[slots], roster.unit[slots], family.astype(np.int64), codes, texts, month)
        self._community(month)

    def _community(self, month: int) -> None:
        """The community speaks of a unit, never of an officer."""
        units = np.flatnonzero(self._rng.random(len(self._world.units.ids)) < COMMUNITY_CHANCE * 3)
        codes = [str(self._rng.choice(list(COMMUNITY_SENTENCES))) for _ in units]
        texts = [self._text(COMMUNITY_SENTENCES[code], ("",)) for code in codes]
        raised_by = np.full(len(units), ENUMS["raised_by"].index("community"))
        self._write(np.full(len(units), -1), units, raised_by, codes, texts, month)

    def _subcategory(self, pressed: bool, stagnant: bool) -> str:
        weight = np.array(
            [(PRESSED.get(code, 1.0) if pressed else 1.0) * (STAGNANT.get(code, 1.0) if stagnant else 1.0)
             for code in self._codes]
        )  # fmt: skip
        return self._codes[int(self._rng.choice(len(self._codes), p=weight / weight.sum()))]

    def _said(self, code: str, openers: tuple[str, ...]) -> str:
        """What is written: mostly a plain sentence, now and then one that says, or seems to say, how soon help is
        needed. Those come from a stream of their own, so that dates and channels are drawn as they were without."""
        usual = self._text(SENTENCES[code], openers)
        level = self._urgency.choice(len(WORDED), p=WORDED_SHARES)
        worded = BY_URGENCY[WORDED[level]].get(code) if level else None
        if worded is None:
            return usual
        parts = (openers, worded, CLOSERS)
        return "".join(part[int(self._urgency.integers(len(part)))] for part in parts)

    def _text(self, sentences: tuple[str, ...], openers: tuple[str, ...]) -> str:
        rng = self._rng
        parts = (openers, sentences, CLOSERS)
        return "".join(part[int(rng.integers(len(part)))] for part in parts)

    def _write(
        self, persons: IntArray, units: IntArray, raised_by: IntArray, codes: list[str], texts: list[str], month: int
    ) -> None:
        rng, world, count = self._rng, self._world, len(codes)
        raised = world.calendar.days(month, rng, count)
        drawn = _Drawn.of(rng, count)
        ids = [f"n-{world.block}-{self._raised + place}" for place in range(count)]
        self._raised += count
        channel = rng.choice(len(CHANNEL_SHARES), count, p=CHANNEL_SHARES)
        acknowledged, resolved = self._handled(raised, codes, channel, drawn)
        world.ledger.add(
            "concerns", concern_id=np.array(ids, dtype=object), officer_id=persons, unit_id=units,
            raised_by=raised_by, channel=channel,
            category=np.array([self._category[code].code for code in codes], dtype=object),
            subcategory=np.array(codes, dtype=object), text=np.array(texts, dtype=object), raised_on=raised,
            acknowledged_on=acknowledged, resolved_on=resolved, known_on=raised,
        )  # fmt: skip

    def _handled(
        self, raised: IntArray, codes: list[str], channel: IntArray, drawn: _Drawn
    ) -> tuple[IntArray, IntArray]:
        """Mostly within the policy's deadlines; some late, by channel and day of the week, a few never."""
        due = np.array([self._category[code].resolve_within_days for code in codes], dtype=float)
        sign = np.array([self._category[code].acknowledge_within_days for code in codes], dtype=float)
        odds = CHANNEL_ODDS[channel] * np.where((raised + WEEK_BEFORE) % 7 >= 4, WEEKEND_ODDS, 1.0)
        late = np.where(drawn.overdue < _share(OVERDUE_SHARE, odds), drawn.long, drawn.short)
        signed_late = drawn.signed > 1.0 - _share(SIGNED_LATE_SHARE, odds)
        acknowledged = raised + np.where(signed_late, sign + 1 + 2 * drawn.overdue, sign * drawn.signed).astype(
            np.int64
        )
        resolved = acknowledged + np.maximum(due * late, 1.0).astype(np.int64)
        return acknowledged, np.where(drawn.never < UNRESOLVED_SHARE, NO_DAY, resolved)


@dataclass(frozen=True)
class _Drawn:
    """What chance says of each concern, (count,) each: whether it is overdue, how long it then takes and else takes (in
    deadlines), how soon it is signed, and whether it is never resolved."""

    overdue: FloatArray
    long: FloatArray
    short: FloatArray
    signed: FloatArray
    never: FloatArray

    @classmethod
    def of(cls, rng: np.random.Generator, count: int) -> _Drawn:
        return cls(rng.random(count), rng.uniform(1.1, 4.0, count), rng.uniform(0.2, 1.0, count),
                   rng.uniform(0, 1.0, count), rng.random(count))  # fmt: skip


def _share(base: float, odds: FloatArray) -> FloatArray:
    """A share whose odds are so many times those of the base."""
    raised = odds * base / (1.0 - base)
    return np.asarray(raised / (1.0 + raised))
