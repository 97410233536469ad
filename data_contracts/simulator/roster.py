"""Who works in the block: one slot per established position, filled by one officer after another.

All arrays are by slot. An officer who leaves frees the slot; the next recruit gets a new officer number.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from data_contracts.simulator.bureau import UnitTree
from data_contracts.simulator.effects import Effects
from data_contracts.simulator.families import SENIORITIES
from data_contracts.simulator.ladders import Climb
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.ledger import Ledger
from data_contracts.simulator.months import BoolArray, Calendar, FloatArray, IntArray

HISTORY = 40
"""Most distinct posts remembered for one officer."""
PERSONS_PER_BLOCK = 1_000_000
TALENT_FIELDS = len(ENUMS["talent_field"])


class Roster:
    """The officers in the slots and what their careers have come to."""

    def __init__(self, size: int, electives: int) -> None:
        self.size = size
        self.persons = 0
        self.person = _numbers(size, -1)
        self.active = np.zeros(size, dtype=bool)
        self.entered_day = _numbers(size)
        self.entered_month = _numbers(size)
        self.birth_year = _numbers(size)
        self.sex = _numbers(size)
        self.ethnicity = _numbers(size)
        self.education = _numbers(size)
        self.track = _numbers(size)
        self.skill = np.zeros(size)
        self.talent = np.zeros((size, TALENT_FIELDS))
        self.frailty = np.zeros(size)
        self.post = _numbers(size)
        self.unit = _numbers(size)
        self.post_month = _numbers(size)
        self.step = _numbers(size)
        self.step_month = _numbers(size)
        self.police_step = _numbers(size)
        self.police_month = _numbers(size)
        self.goal_family = _numbers(size, -1)
        self.past_posts = np.full((size, HISTORY), -1, dtype=np.int64)
        self.past_units = np.full((size, HISTORY), -1, dtype=np.int64)
        self.past_count = _numbers(size)
        self.grassroots = _numbers(size)
        self.trains = np.ones(size)
        self.holds = np.zeros((size, electives), dtype=bool)

    @property
    def family(self) -> IntArray:
        """The job family of each slot's post."""
        return self.post // SENIORITIES

    def tenure(self, month: int) -> IntArray:
        """Months since entry."""
        return month - self.entered_month

    def stagnation(self, month: int) -> IntArray:
        """Months since the last step on the ladder."""
        return month - self.step_month

    def present(self) -> IntArray:
        """The filled slots."""
        return np.flatnonzero(self.active)

    def above_family(self, values: FloatArray) -> FloatArray:
        """How far each slot's value stands above the mean of its job family, in standard deviations of all."""
        family, weight = self.family, self.active.astype(float)
        count = np.maximum(np.bincount(family, weight, minlength=1), 1.0)
        gap = values - (np.bincount(family, weight * values) / count)[family]
        spread = float(np.sqrt(np.mean(gap[self.active] ** 2))) if self.active.any() else 0.0
        result: FloatArray = gap / max(spread, 1e-9)
        return result


@dataclass
class World:
    """One block of the bureau as it is simulated."""

    seed: int
    block: int
    calendar: Calendar
    units: UnitTree
    climb: Climb
    effects: Effects
    roster: Roster
    ledger: Ledger
    climate: FloatArray = field(default_factory=lambda: np.zeros(0))

    def rng(self, name: str) -> np.random.Generator:
        """A stream of random numbers of its own for each noun, so that one does not disturb another."""
        return np.random.default_rng([self.seed, self.block, zlib.crc32(name.encode())])

    def officer_ids(self) -> list[str]:
        """Opaque ids by officer number; the multiplier scatters them, so that order tells nothing."""
        first = self.block * PERSONS_PER_BLOCK
        numbers = (np.arange(first, first + self.roster.persons) * 61_803_399 + 31_415_926) % 100_000_000
        return [f"o-{number:08d}" for number in numbers.tolist()]


def _numbers(size: int, value: int = 0) -> IntArray:
    return np.full(size, value, dtype=np.int64)


def chosen(chance: FloatArray | float, among: BoolArray, rng: np.random.Generator) -> IntArray:
    """The slots among `among` to which something of this chance happens now.

    >>> chosen(1.0, np.array([True, False, True]), np.random.default_rng(0)).tolist()
    [0, 2]
    """
    return np.flatnonzero(among & (rng.random(len(among)) < chance))
