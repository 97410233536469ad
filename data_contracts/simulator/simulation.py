"""The months of one block of the bureau, and the blocks put together.

A block is a group of sub-bureaus with about 4,000 officers, simulated on its own, so that memory does not grow
with the number of officers while tables are written block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import FIRST_DAY
from data_contracts.errors import InvalidInput
from data_contracts.simulator.bureau import build_units
from data_contracts.simulator.careers import Careers
from data_contracts.simulator.catalogue import COMPETENCIES, Catalogue, build_catalogue
from data_contracts.simulator.concerns import Concerns
from data_contracts.simulator.conduct import Conduct, Hazards
from data_contracts.simulator.departure import Departure
from data_contracts.simulator.development import Development
from data_contracts.simulator.duty import Duty
from data_contracts.simulator.effects import Effects
from data_contracts.simulator.entry import LONGEST_CAREER_MONTHS, Entry
from data_contracts.simulator.families import FAMILIES, TRACKS, post_ids, posts_frame
from data_contracts.simulator.ladders import climb
from data_contracts.simulator.layout import TABLES
from data_contracts.simulator.ledger import Ledger
from data_contracts.simulator.months import Calendar, FloatArray, IntArray
from data_contracts.simulator.promotion import Promotion
from data_contracts.simulator.roster import Roster, World
from data_contracts.simulator.talent import Talent
from data_contracts.simulator.training import Training
from data_contracts.simulator.wishes import Wishes

BLOCK_OFFICERS = 4_000
FROM_THE_BEGINNING = pd.Timestamp(FIRST_DAY)
Tick = Callable[[], None]


@dataclass(frozen=True)
class Plan:
    """What to simulate: the strength of the force, how many years of records, the seed, the last day."""

    officers: int
    years: int
    seed: int
    end: date

    def __post_init__(self) -> None:
        if self.officers < 50 or self.years < 1 or self.seed < 0:
            raise InvalidInput(
                f"cannot simulate {self.officers} officers over {self.years} years with seed {self.seed}; "
                "use at least 50 officers, at least 1 year and a seed of 0 or more"
            )

    @property
    def calendar(self) -> Calendar:
        """The simulated months."""
        return Calendar(self.end, 12 * self.years)

    def blocks(self) -> list[int]:
        """How many officers each block has."""
        count = max(1, round(self.officers / BLOCK_OFFICERS))
        return [self.officers // count + (number < self.officers % count) for number in range(count)]

    def ticks(self) -> int:
        """How many steps `simulate` reports."""
        return len(self.blocks()) * self.calendar.months


def simulate(officers: int, years: int, seed: int, end: date, tick: Tick | None = None) -> dict[str, pd.DataFrame]:
    """All 22 tables, `truth` and `talent` in the contracts' shape; the same arguments give the same frames.

    `officers` is the strength of the force at any time; those who leave are replaced, so more ids appear.
    `truth` holds the planted monthly hazards of each officer, `talent` the planted levels in the talent fields; neither
    may ever be ingested.

    >>> frames = simulate(60, 1, 3, date(2026, 1, 1))
    >>> len(frames), frames["duty_months"]["month"].nunique()
    (24, 12)
    """
    plan = Plan(officers, years, seed, end)
    parts = [Block(plan, number).run(tick) for number in range(len(plan.blocks()))]
    parts.append(static_frames(plan))
    names = sorted({name for part in parts for name in part})
    return {name: pd.concat([part[name] for part in parts if name in part], ignore_index=True) for name in names}


def static_frames(plan: Plan) -> dict[str, pd.DataFrame]:
    """The tables that all blocks share."""
    ladders, catalogue = climb(), build_catalogue(plan.calendar, plan.seed)
    steps = {track: list(ladders.steps[number]) for number, track in enumerate(TRACKS)}
    required = {post: catalogue.ids[course] for post, course in enumerate(catalogue.required().tolist()) if course >= 0}
    return {
        "posts": in_types(posts_frame(steps, required, FROM_THE_BEGINNING)),
        "rank_steps": in_types(ladders.frame(FROM_THE_BEGINNING)),
        "courses": in_types(catalogue.frame(plan.calendar, FROM_THE_BEGINNING)),
        "competency_standards": in_types(catalogue.standards(post_ids(), FROM_THE_BEGINNING)),
    }


class Block:
    """One block of the bureau, month by month."""

    def __init__(self, plan: Plan, number: int) -> None:
        officers = plan.blocks()[number]
        self._catalogue: Catalogue = build_catalogue(plan.calendar, plan.seed)
        ladders, units = climb(), build_units(officers, number)
        words = {"post": post_ids(), "unit": units.ids, "course": self._catalogue.ids, "rank_step": ladders.names,
                 "ladder": ladders.ladders, "competency": [key for key, _ in COMPETENCIES],
                 "family": [family.key for family in FAMILIES]}  # fmt: skip
        self._world = World(plan.seed, number, plan.calendar, units, ladders, Effects(),
                            Roster(officers, self._catalogue.electives), Ledger(words))  # fmt: skip
        self._climate_rng = self._world.rng("climate")
        self._world.climate = self._climate_rng.normal(0, self._world.effects.unit_climate_sd, len(units.ids))
        self._entry, self._promotion, self._duty = Entry(self._world), Promotion(self._world), Duty(self._world)
        self._careers = Careers(self._world, self._catalogue.family, self._catalogue.required())
        self._training, self._conduct = Training(self._world, self._catalogue), Conduct(self._world)
        self._development, self._departure = Development(self._world), Departure(self._world)
        self._concerns, self._wishes = Concerns(self._world), Wishes(self._world)
        self._talent = Talent(self._world, self._catalogue)

    @property
    def world(self) -> World:
        """The bureau as it stands."""
        return self._world

    @property
    def catalogue(self) -> Catalogue:
        """The courses."""
        return self._catalogue

    def run(self, tick: Tick | None = None) -> dict[str, pd.DataFrame]:
        """The block's rows of every table that is not shared by all."""
        self.begin()
        for month in range(self._world.calendar.months):
            self.advance(month)
            if tick is not None:
                tick()
        self.close()
        return dict(self.frames())

    def begin(self) -> None:
        """The careers before the records begin."""
        for month in range(-LONGEST_CAREER_MONTHS, 0):
            self._enter(self._entry.early(month), month)
            self._careers.step(month)
            self._promotion.step(month)
            self._talent.grow()
        self._training.begin()

    def close(self) -> None:
        """Write what is still open; the block cannot go on after it."""
        self._careers.finish()
        self._world.ledger.name("officer", self._world.officer_ids())

    def frames(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """The block's tables, once it is closed."""
        world = self._world
        yield "units", in_types(world.units.frame(FROM_THE_BEGINNING, with_bureau=world.block == 0))
        for table in TABLES:
            yield table, world.ledger.frame(table, world.calendar.end_day)

    def _enter(self, slots: IntArray, month: int) -> None:
        if not len(slots):
            return
        self._entry.enter(slots, month)
        self._careers.enter(slots, month)
        self._promotion.enter(slots)
        self._talent.enter(slots)
        self._duty.enter(slots)
        self._training.enter(slots, month)
        self._conduct.enter(slots)
        self._development.enter(slots, month)

    def advance(self, month: int) -> None:
        """One month; months come one after another from 0."""
        self._drift()
        self._enter(self._entry.open(month), month)
        duty, missing = self._duty, self._training.missing(month).astype(float)
        hazards = self._conduct.hazards(month, duty.overtime, duty.nights, missing)
        leaving = self._departure.hazard(month, duty.overtime)
        self._tell(month, hazards, duty.strain_hazard(month), leaving)
        self._talent.tell(month)
        self._careers.step(month)
        self._promotion.step(month)
        duty.step(month)
        self._training.step(month)
        for slots, competency in self._training.learnt:
            self._development.learn(slots, competency)
        self._conduct.step(month, hazards)
        self._development.step(month, self._conduct.excitation)
        self._concerns.step(month, duty.overtime)
        self._wishes.step(month)
        self._talent.step(month, self._wishes.nominated)
        self._talent.grow()
        self._careers.leave(*self._departure.step(month, leaving))

    def _drift(self) -> None:
        """The climate of each unit changes slowly, around zero."""
        world, facts = self._world, self._world.effects
        sd = facts.unit_climate_sd * np.sqrt(1 - facts.unit_climate_memory**2)
        noise = self._climate_rng.normal(0, sd, len(world.climate))
        world.climate = facts.unit_climate_memory * world.climate + noise

    def _tell(self, month: int, hazards: Hazards, strain: FloatArray, leaving: FloatArray) -> None:
        """The truth of a month, from what happened before it: hazards, and what overtime and stagnation follow from."""
        at, calendar = self._world.roster.present(), self._world.calendar
        courses = self._training.usual() + self._talent.courses()
        self._world.ledger.add(
            "truth", officer_id=self._world.roster.person[at], month=calendar.start(month),
            conduct=hazards.sustained[at], force=hazards.any_force[at], any_complaint=hazards.any_complaint[at],
            strain=strain[at], departure=leaving[at], usual_overtime=self._duty.usual_overtime()[at],
            step=self._promotion.chance()[at], courses=courses[at], level=self._development.level()[at],
            growth=self._development.growth[at], known_on=calendar.start(month),
        )  # fmt: skip


WHOLE = ("position", "headcount_per_unit")


def in_types(frame: pd.DataFrame) -> pd.DataFrame:
    """A small frame in the contract's types: texts as `string`, dates in microseconds."""
    result = frame.copy()
    for name in result.columns:
        if name in WHOLE:
            result[name] = result[name].astype("Int64")
        elif name == "mandated":
            result[name] = result[name].astype("boolean")
        elif name.endswith("_on"):
            result[name] = pd.to_datetime(result[name]).astype("datetime64[us]")
        elif result[name].dtype == object:
            result[name] = result[name].astype("string")
    return result.reset_index(drop=True)
