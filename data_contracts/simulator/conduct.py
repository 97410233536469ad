"""Complaints with findings that close later, and force reports, from planted log-linear hazards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.simulator.families import FAMILIES
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import NO_DAY, FloatArray, IntArray
from data_contracts.simulator.roster import World, chosen

CONDUCT_HEAT = np.array([family.conduct_heat for family in FAMILIES])
FORCE_HEAT = np.array([family.force_heat for family in FAMILIES])
CATEGORY_SHARES = np.array([0, 0.17, 0.24, 0.2, 0.12, 0.03, 0.08, 0.01, 0.02, 0.08, 0.01, 0.04])
SUSTAINED_FORCE_SHARE = 0.08
UNSUSTAINED_SHARES = (0.35, 0.25, 0.12, 0.28)
SUSTAINED = 0
LIGHTING_SHARES = (0.34, 0.08, 0.22, 0.22, 0.08, 0.06)
MOST_EXCITATION = 4.0
DAYS_A_MONTH = 30.44  # not asof's: it would move days on which complaints close, and every bureau simulated before


@dataclass(frozen=True)
class Hazards:
    """Chances a month by slot: complaints that will be sustained, force complaints that will not, all others."""

    sustained: FloatArray
    force: FloatArray
    other: FloatArray

    @property
    def any_force(self) -> FloatArray:
        """A complaint of the force category, sustained or not."""
        return self.force + SUSTAINED_FORCE_SHARE * self.sustained

    @property
    def any_complaint(self) -> FloatArray:
        """A complaint of any kind."""
        return self.sustained + self.force + self.other


class Conduct:
    """Draws complaints and force reports; `excitation` is the decayed count of an officer's past complaints."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng("conduct")
        self.excitation = np.zeros(world.roster.size)
        self._complaints = 0

    def enter(self, slots: IntArray) -> None:
        """A recruit has no past complaints."""
        self.excitation[slots] = 0.0

    def hazards(self, month: int, overtime: FloatArray, nights: FloatArray, missing_training: FloatArray) -> Hazards:
        """The planted hazards of this month, from what happened before it."""
        roster, facts = self._world.roster, self._world.effects
        climate, past = self._world.climate[roster.unit], np.minimum(self.excitation, MOST_EXCITATION)
        new = roster.tenure(month) < facts.conduct.short_tenure_months
        heat, force_heat = CONDUCT_HEAT[roster.family], FORCE_HEAT[roster.family]
        c, f, o = facts.conduct, facts.force, facts.other_complaint
        sustained = (c.past_complaints * past + c.overtime_above_peers * overtime + c.nights * nights
                     + c.unit_climate * climate + c.short_tenure * new + c.missing_training * missing_training
                     + c.job_family * heat + c.frailty * roster.frailty)  # fmt: skip
        force = (f.past_complaints * past + f.nights * nights + f.unit_climate * climate + f.short_tenure * new
                 + f.job_family * force_heat + f.frailty * roster.frailty)  # fmt: skip
        other = (o.past_complaints * past + o.overtime_above_peers * overtime + o.unit_climate * climate
                 + o.job_family * heat + o.frailty * roster.frailty)  # fmt: skip
        return Hazards(*(np.minimum(base * np.exp(score), 0.4) for base, score in
                         ((c.base, sustained), (f.base, force), (o.base, other))))  # fmt: skip

    def step(self, month: int, hazards: Hazards) -> None:
        """Draw this month's complaints and force reports."""
        roster, rng = self._world.roster, self._rng
        self.excitation *= np.exp(-1.0 / self._world.effects.conduct.past_complaints_decay_months)
        for kind, hazard in (("sustained", hazards.sustained), ("force", hazards.force), ("other", hazards.other)):
            slots = chosen(1.0 - np.exp(-hazard), roster.active, rng)
            self.excitation[slots] += 1.0
            self._write(slots, kind, month)
        self._report_force(chosen(np.minimum(6.0 * hazards.any_force, 0.6), roster.active, rng), month)

    def _write(self, slots: IntArray, kind: str, month: int) -> None:
        """Two versions of each complaint: opened, and found."""
        rng, count, world = self._rng, len(slots), self._world
        if not count:
            return
        opened = world.calendar.days(month, rng, count)
        numbers = self._complaints + np.arange(count)
        self._complaints += count
        rows = {
            "complaint_id": np.array([f"c-{world.block}-{number}" for number in numbers.tolist()], dtype=object),
            "officer_id": world.roster.person[slots],
            "occurred_on": np.maximum(
                opened - rng.exponential(25.0, count).astype(np.int64), world.roster.entered_day[slots]
            ),
            "opened_on": opened,
            "category": self._categories(kind, count),
            "officer_filed": (rng.random(count) < 0.12).astype(np.int64),
        }
        rows["complainant_type"] = np.where(rows["officer_filed"] == 1, 1, np.where(rng.random(count) < 0.93, 0, 2))
        finding, closed = self._findings(kind, opened)
        world.ledger.add("complaints", **rows, closed_on=NO_DAY, finding=-1, known_on=opened)
        ended = np.flatnonzero(closed != NO_DAY)
        rows = {name: values[ended] for name, values in rows.items()}
        world.ledger.add("complaints", **rows, closed_on=closed[ended], finding=finding[ended], known_on=closed[ended])

    def _categories(self, kind: str, count: int) -> IntArray:
        others = self._rng.choice(len(CATEGORY_SHARES), count, p=CATEGORY_SHARES / CATEGORY_SHARES.sum())
        if kind == "other":
            return others
        force = self._rng.random(count) < (1.0 if kind == "force" else SUSTAINED_FORCE_SHARE)
        return np.where(force, ENUMS["category"].index("use_of_force"), others)

    def _findings(self, kind: str, opened: IntArray) -> tuple[IntArray, IntArray]:
        delays, rng, count = self._world.effects.delays, self._rng, len(opened)
        if kind == "sustained":
            finding = np.full(count, SUSTAINED)
            months = delays.sustained_median_months * rng.lognormal(0.0, delays.sustained_sigma, count)
        else:
            finding = 1 + rng.choice(len(UNSUSTAINED_SHARES), count, p=UNSUSTAINED_SHARES)
            months = delays.other_median_months * rng.lognormal(0.0, delays.other_sigma, count)
        closed = opened + np.maximum(months * DAYS_A_MONTH, 10.0).astype(np.int64)
        return finding, np.where(rng.random(count) < delays.never_closed, NO_DAY, closed)

    def _report_force(self, slots: IntArray, month: int) -> None:
        world, rng, count = self._world, self._rng, len(slots)
        days = world.calendar.days(month, rng, count)
        firearm = rng.random(count) < 0.01
        world.ledger.add(
            "force_reports", officer_id=world.roster.person[slots], occurred_on=days, taser=rng.random(count) < 0.1,
            firearm_used=firearm, subject_armed=rng.random(count) < 0.2, subject_injured=rng.random(count) < 0.3,
            officer_injured=rng.random(count) < 0.2, on_duty=rng.random(count) < 0.96,
            in_uniform=rng.random(count) < 0.8, indoor=rng.random(count) < 0.3,
            lighting=rng.choice(len(LIGHTING_SHARES), count, p=LIGHTING_SHARES),
            shots=np.where(firearm, 1 + rng.poisson(1.0, count), 0),
            place=rng.choice(6, count, p=(0.5, 0.15, 0.1, 0.1, 0.05, 0.1)),
            unit_id=world.roster.unit[slots], known_on=days + rng.integers(1, 5, count),
        )  # fmt: skip
